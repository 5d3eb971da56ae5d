"""Settlement runs from outside: a real process whose clock is moved, and that is killed."""

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from tests.doors.test_rest_budgets import earn
from tests.doors.test_rest_packets import Sandbox, refused
from tests.doors.test_rest_platforms import rest_of
from tests.served import Rest, Served, Shop, merchant, serve

CLOCK = "/api/v1/sandbox/clock"
CYCLES, RUNS = "/api/v1/settlement-cycles", "/api/v1/settlements"
TO = {"channel": "sandbox_bank", "account": "6222 0000 0000 0001"}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Rest, Shop, str]]:
    """A network of its own, and a merchant that has earned 50.00."""
    data = tmp_path_factory.mktemp("settlements") / "data"
    with (
        serve(data, "changliao.db") as (served, operator),
        merchant(served, "店", fee_bps=0) as shop,
    ):
        found = operator.get("/api/v1/merchants").json()["data"]
        number = next(one["id"] for one in found if one["mchid"] == shop.mchid)
        key = rest_of(shop)
        earn(operator, number, key, 5_000)
        key.http.close()
        yield served, operator, shop, number
        assert served.audit()["clean"]


def ahead(operator: Rest, days: int) -> None:
    """Move the clock to ten past the midnight so many days on."""
    known = operator.get(CLOCK).json()
    now = datetime.fromisoformat(known["now"])
    today = now.replace(hour=0, minute=10, second=0, microsecond=0)
    moved = known["ahead_s"] + int((today - now).total_seconds()) + days * 86_400
    assert operator.post(CLOCK, ahead_s=moved).status_code == 200


def settled(operator: Rest, count: int) -> list[Any]:
    """So many settlements that are paid, the newest first; the clock goes on meanwhile."""
    for _ in range(300):
        found = operator.get(RUNS).json()["data"]
        if len(found) >= count and all(one["state"] in ("paid", "empty") for one in found):
            return list(found)
        moved = operator.get(CLOCK).json()["ahead_s"] + 5
        operator.post(CLOCK, ahead_s=moved)
        time.sleep(0.1)
    raise AssertionError(found)


def test_a_day_is_paid_out_whenever_the_process_is_killed(
    own: tuple[Served, Rest, Shop, str],
) -> None:
    served, operator, shop, merchant_id = own
    cycle = operator.post(CYCLES, merchant_id=merchant_id, **TO)
    assert (cycle.status_code, cycle.json()["days"]) == (200, 1)
    ahead(operator, 1)
    served.kill()
    served.restart()
    (one,) = settled(operator, 1)
    assert (one["closing"], one["amount"], one["paid"]) == (5_000, 5_000, 5_000)
    key = rest_of(shop)
    shown = key.get(f"{RUNS}/{one['id']}").json()
    assert shown["holds"] == [{"kind": "payment", "count": 1, "amount": 5_000}]
    assert key.get(f"/api/v1/withdrawals/{one['withdrawal_id']}").json()["paid"] == 5_000
    assert [it["account"] for it in key.get(CYCLES).json()["data"]] == [TO["account"]]
    earn(operator, merchant_id, key, 700)
    ahead(operator, 1)
    served.kill()
    served.restart()
    assert [it["paid"] for it in settled(operator, 2)] == [700, 5_000]
    assert operator.get(f"{RUNS}?state=returned").json()["data"] == []
    key.http.close()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"days": 0}, (400, "malformed")),
        ({"days": 31}, (400, "malformed")),
        ({"account": ""}, (400, "malformed")),
        ({"account": "  "}, (422, "cycle_invalid")),
        ({"currency": "XXX"}, (422, "currency_unknown")),
        ({"channel": "nobody"}, (404, "channel_not_found")),
        ({"merchant_id": "mch_0000000000001"}, (404, "merchant_not_found")),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(
    sandbox: Sandbox, shop: Shop, fields: Any, expected: Any
) -> None:
    known = sandbox[1].get(f"/api/v1/merchants/{shop.mchid}").json()
    form = {"merchant_id": known["id"], **TO} | fields
    assert refused(sandbox[1].post(CYCLES, **form)) == expected


def test_a_merchant_sees_its_own_and_sets_nothing(sandbox: Sandbox, shop: Shop) -> None:
    key = rest_of(shop)
    assert key.get(RUNS).json()["data"] == []
    unknown = key.get(f"{RUNS}/stl_0000000000001")
    assert refused(unknown) == (404, "settlement_not_found")
    assert refused(key.post(CYCLES, merchant_id="mch_0000000000001", **TO)) == (
        403,
        "not_permitted",
    )
    key.http.close()
