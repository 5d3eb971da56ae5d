"""Simulated payers, by command and by REST: the shop sees what it would see of real ones."""

import secrets
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.served import Rest, Served, Shop, serve
from tests.waiting import becomes, eventually
from tests.workers.receiver import Receiver, receiving
from tests.workers.till import PRICE, Till, opened

ACTS = "/api/v1/sandbox/acts"


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture(scope="module")
def till(sandbox: tuple[Served, Rest]) -> Iterator[Till]:
    with opened(*sandbox) as one:
        yield one


def state(shop: Shop, number: str) -> str:
    path = f"/v3/pay/transactions/out-trade-no/{number}?mchid={shop.mchid}"
    return str(shop.get(path).json()["trade_state"])


def act(till: Till, what: str, code: str, *options: str) -> Any:
    return till.served.command("sandbox", "payer", "act", what, code, *options)


@pytest.mark.parametrize("scene", ["native", "app", "h5"])
def test_a_payer_pays_whatever_the_shop_hands_out(
    till: Till, receiver: Receiver, scene: str
) -> None:
    box = receiver.mailbox()
    h5 = {"scene_info": {"payer_client_ip": "127.0.0.1", "h5_info": {"type": "Wap"}}}
    number, credential = till.shop.place(scene, notify_url=box.url, **(h5 if scene == "h5" else {}))
    [code] = credential.values()
    done = act(till, "pay", code)
    assert (done["outcome"], done["state"]) == ("done", "paid")
    assert state(till.shop, number) == "SUCCESS"
    box.wait(1)


def test_a_jsapi_order_is_paid_by_its_own_user(till: Till) -> None:
    phone = f"139{secrets.randbelow(10**8):08d}"
    made = till.served.command("sandbox", "user", phone, "--appid", till.shop.appid)
    number, credential = till.shop.place("jsapi", payer={"openid": made["openid"]})
    done = act(till, "pay", credential["prepay_id"])
    assert (done["outcome"], done["payer_id"]) == ("done", made["id"])
    assert state(till.shop, number) == "SUCCESS"


def test_the_shops_own_number_names_an_order_too(till: Till) -> None:
    number, _ = till.shop.place()
    done = act(till, "pay", number, "--merchant", till.shop.mchid)
    assert done["outcome"] == "done"
    again = till.rest.post(ACTS, reference=number)
    assert (again.status_code, again.json()["outcome"]) == (200, "order_already_paid")
    placed = till.place(None)
    assert till.rest.post(ACTS, order_id=placed["id"]).json()["state"] == "paid"


def test_whoever_scans_has_the_order(till: Till) -> None:
    number, credential = till.shop.place()
    scanned = act(till, "scan", credential["code_url"])
    assert (scanned["outcome"], scanned["state"]) == ("done", "open")
    assert state(till.shop, number) == "NOTPAY"
    assert act(till, "pay", credential["code_url"])["payer_id"] == scanned["payer_id"]
    assert state(till.shop, number) == "SUCCESS"


def test_a_wrong_pin_pays_nothing(till: Till) -> None:
    number, credential = till.shop.place()
    done = till.rest.post(ACTS, act="wrong-pin", code=credential["code_url"]).json()
    assert (done["outcome"], done["state"]) == ("credential_wrong", "open")
    assert state(till.shop, number) == "NOTPAY"


def test_one_who_never_pays_does_nothing(till: Till) -> None:
    number, credential = till.shop.place()
    assert act(till, "never", credential["code_url"])["outcome"] == "done"
    assert state(till.shop, number) == "NOTPAY"


def test_one_who_comes_too_late_is_told_so_and_pays_nothing(till: Till) -> None:
    placed = till.place(None, expires_in_s=1)
    done = act(till, "late", placed["id"], "--merchant", till.made["mchid"])
    assert done["outcome"] in ("order_expired", "order_closed")
    query = f"/api/v1/orders/{placed['id']}"
    assert till.rest.get(query).json()["state"] in ("open", "closed")


def test_a_payer_takes_their_time(till: Till) -> None:
    placed = till.place(None)
    answer = till.rest.post(ACTS, order_id=placed["id"], after_ms=1_500)
    assert answer.json()["outcome"] == "coming"
    path = f"/api/v1/orders/{placed['id']}"
    becomes(lambda: till.rest.get(path).json()["state"], "paid")
    shown = till.rest.get(path).json()
    placed_at, paid_at = (datetime.fromisoformat(shown[name]) for name in ("created_at", "paid_at"))
    assert paid_at - placed_at >= timedelta(seconds=1)  # they are told in whole seconds


def test_every_new_order_pays_itself_while_that_is_asked(till: Till, receiver: Receiver) -> None:
    box = receiver.mailbox()
    number = till.made["mchid"]
    assert till.served.command("sandbox", "payer", "auto", number, "--after-ms", "30")["act"]
    try:
        numbers = [till.shop.place(notify_url=box.url)[0] for _ in range(5)]
        box.wait(5)
        assert [state(till.shop, one) for one in numbers] == ["SUCCESS"] * 5
    finally:
        assert till.rest.post("/api/v1/sandbox/payer", act=None).json()["act"] is None
    number, _ = till.shop.place(notify_url=box.url)
    assert state(till.shop, number) == "NOTPAY"


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({}, 400, "malformed"),
        ({"code": "x", "reference": "y"}, 400, "malformed"),
        ({"code": "weixin://wxpay/bizpayurl?pr=" + "A" * 44}, 404, "order_not_found"),
        ({"reference": "nobody's"}, 404, "order_not_found"),
        ({"act": "steal", "code": "x"}, 400, "malformed"),
    ],
)
def test_an_act_without_an_order_is_refused(
    till: Till, fields: Any, status: int, code: str
) -> None:
    answer = till.rest.post(ACTS, **fields)
    assert (answer.status_code, answer.json()["reason"]) == (status, code)


def test_a_merchant_sends_no_payers_to_anothers_order(
    till: Till, sandbox: tuple[Served, Rest]
) -> None:
    with opened(*sandbox) as other:
        _, credential = till.shop.place()
        answer = other.rest.post(ACTS, code=credential["code_url"])
        assert (answer.status_code, answer.json()["reason"]) == (404, "order_not_found")


# The clock


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Till, Rest]]:
    """A network of its own: moving its clock disturbs nobody."""
    data = tmp_path_factory.mktemp("moved") / "data"
    with serve(data, "changliao.db") as (served, operator):
        with opened(served, operator) as one:
            yield one, operator
        assert served.audit()["clean"]


@pytest.mark.xdist_group("moved")
def test_time_moved_ahead_expires_orders_and_retries_notifications(
    moved: tuple[Till, Rest], receiver: Receiver
) -> None:
    till, operator = moved
    broken = receiver.mailbox(lambda handler: handler.hang_up())
    waiting = till.shop.place()[0]
    till.sell(broken)
    broken.wait(1)
    before = operator.get("/api/v1/sandbox/clock").json()["ahead_s"]
    shown = till.served.command("sandbox", "clock", "+31d")
    assert int(shown["ahead_s"]) == before + 31 * 86_400
    broken.wait(2)
    eventually(lambda: state(till.shop, waiting) == "CLOSED")
    # Signatures are checked against real time: the shop's clock was not moved, and it is let in.
    placed = till.place(None)
    assert till.pay(placed["id"])["state"] == "paid"
    signed_at = int(broken.told[1].headers["Changliao-Timestamp"])
    assert abs(signed_at - time.time()) < 3_600


@pytest.mark.xdist_group("moved")
def test_the_same_move_again_is_no_change_and_back_is_refused(moved: tuple[Till, Rest]) -> None:
    till, operator = moved
    path = "/api/v1/sandbox/clock"
    ahead = operator.get(path).json()["ahead_s"] + 100
    assert operator.post(path, ahead_s=ahead).json()["ahead_s"] == ahead
    assert operator.post(path, ahead_s=ahead).json()["ahead_s"] == ahead
    for wrong in (ahead - 1, 11 * 365 * 86_400):
        answer = operator.post(path, ahead_s=wrong)
        assert (answer.status_code, answer.json()["reason"]) == (409, "clock_not_moved")
    assert operator.get(path).json()["ahead_s"] == ahead
    assert till.rest.post(path, ahead_s=ahead + 1).status_code == 403


@pytest.mark.xdist_group("moved")
def test_a_moved_clock_stays_moved_after_a_restart(moved: tuple[Till, Rest]) -> None:
    till, operator = moved
    ahead = operator.get("/api/v1/sandbox/clock").json()["ahead_s"]
    till.served.stop()
    till.served.restart()
    placed = till.place(None)
    assert placed["amount"] == PRICE
    made = time.mktime(time.strptime(placed["created_at"][:19], "%Y-%m-%dT%H:%M:%S"))
    assert operator.get("/api/v1/sandbox/clock").json()["ahead_s"] == ahead
    assert made > time.time() + ahead - 86_400
