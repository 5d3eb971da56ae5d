"""Large refunds over REST: refused alone, proposed, approved by another."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.doors.test_rest_packets import Sandbox, refused
from tests.phones import new_phone
from tests.served import Rest, Shop
from tests.wallets import somebody

THRESHOLDS = "/api/v1/refund-thresholds"
PROPOSALS = "/api/v1/refund-proposals"
FROM_500 = {"currency": "CNY", "amount": 500, "keys": False}


def unversioned(fields: dict[str, Any]) -> dict[str, Any]:
    """A threshold without what names how it stands."""
    return {name: value for name, value in fields.items() if name != "version"}


@pytest.fixture
def second(sandbox: Sandbox) -> Iterator[Rest]:
    """Another operator; 5.00 of an order's refunds need two of them."""
    made = sandbox[0].command("sandbox", "operator-key")
    client = Rest(sandbox[0].base_url, made["operator_key"], made["operator_secret"])
    assert unversioned(client.post(THRESHOLDS, amount=500).json()) == FROM_500
    yield client
    # The network is shared: the others refund alone.
    waits = client.post(THRESHOLDS, amount=0).json()
    assert (waits["amount"], waits["waiting"]["amount"]) == (500, 0)
    own = client.post(f"{THRESHOLDS}/approve", amount=0)
    assert refused(own) == (403, "refund_proposal_self_approval")
    other = sandbox[1].post(f"{THRESHOLDS}/approve", amount=1)
    assert refused(other) == (409, "refund_proposal_decided")
    rejected = sandbox[1].post(f"{THRESHOLDS}/reject", amount=0)
    assert unversioned(rejected.json()) == FROM_500
    assert client.post(THRESHOLDS, amount=0).status_code == 200
    approved = sandbox[1].post(f"{THRESHOLDS}/approve", amount=0)
    assert unversioned(approved.json()) == FROM_500 | {"amount": 0}
    client.http.close()


def test_a_large_refund_is_proposed_by_one_and_approved_by_another(
    sandbox: Sandbox, second: Rest, shop: Shop
) -> None:
    operator = sandbox[1]
    buyer = somebody(sandbox, "", new_phone(), "买家", balance=5_000)
    number, answer = shop.place(amount={"total": 1_000, "currency": "CNY"})
    buyer.pay(answer["code_url"])
    merchant = operator.get(f"/api/v1/merchants/{shop.mchid}").json()["id"]
    named = f"?merchant_id={merchant}"
    found = operator.get(f"/api/v1/orders{named}&reference={number}").json()["data"]
    orders = f"/api/v1/orders/{found[0]['id']}"

    def ask(what: str, reference: str, amount: int) -> Any:
        path = f"{orders}/{what}{named}"
        return operator.post(path, reference=reference, amount=amount, reason="damaged")

    assert ask("refunds", f"{number}-1", 499).status_code == 201
    assert refused(ask("refunds", f"{number}-2", 1)) == (409, "refund_needs_second")
    one = ask("refund-proposals", f"{number}-2", 501).json()
    assert (one["state"], one["amount"]) == ("open", 501)
    path = f"{PROPOSALS}/{one['id']}"
    assert refused(operator.post(f"{path}/approve")) == (403, "refund_proposal_self_approval")
    before = buyer.balance()
    done = second.post(f"{path}/approve").json()
    assert (done["state"], buyer.balance()) == ("approved", before + 501)
    assert done["proposed_by"] != done["decided_by"]
    assert refused(second.post(f"{path}/reject")) == (409, "refund_proposal_decided")
    listed = operator.get(f"{PROPOSALS}?order_id={found[0]['id']}&state=approved").json()["data"]
    assert listed == [done]
    assert [unversioned(one) for one in operator.get(THRESHOLDS).json()["data"]] == [FROM_500]
    assert operator.get(path).json() == done
    assert refused(ask("refund-proposals", f"{number}-3", 1)) == (422, "refund_exceeds_payment")
    buyer.close()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"amount": -1}, (400, "malformed")),
        ({"amount": 1, "currency": "XXX"}, (422, "currency_unknown")),
    ],
    ids=str,
)
def test_a_threshold_that_is_none_is_refused(sandbox: Sandbox, fields: Any, expected: Any) -> None:
    assert refused(sandbox[1].post(THRESHOLDS, **fields)) == expected
