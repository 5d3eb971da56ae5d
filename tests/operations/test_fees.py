"""Fees by method: copied when the order is paid, returned as they were taken."""

from typing import Any

import pytest

from changliao.core import chart
from changliao.core.fees import AS_WALLET, MethodFee
from changliao.core.ids import MerchantId
from changliao.core.money import CNY
from changliao.core.orders import Order, Scene
from changliao.core.outcome import Reason, Refused
from changliao.operations import fees
from tests.operations import test_tenders as tendering
from tests.operations.test_acceptance import known
from tests.world import World, refused


def set_fee(world: World, fee_bps: int, method: int = tendering.NETBANK, **changes: Any) -> Any:
    merchant_id = known(world, world.merchant)
    fields = {"merchant_id": merchant_id, "method_id": method, "fee_bps": fee_bps}
    return world.do(fees.SET, MethodFee(**fields | changes))


def paid_by_bank(world: World, amount: int = 10_000) -> Order:
    order = world.place(amount, scene=Scene.PC)
    tendering.instruct(world, tendering.begin(world, order, world.user()))
    return tendering.stored(world, order)


def taken(world: World) -> int:
    return world.balance(chart.fees(world.merchant, CNY))


def test_a_methods_rate_is_copied_when_it_pays_and_returned_as_it_was(world: World) -> None:
    tendering.accept(world, tendering.NETBANK)
    assert paid_by_bank(world).fee == 60
    set_fee(world, 25)
    paid = paid_by_bank(world)
    assert (paid.fee_bps, paid.fee) == (25, 25)
    wallet = world.pay(world.place(10_000, scene=Scene.PC), world.user(10_000))
    assert (wallet.fee_bps, wallet.fee) == (60, 60)
    set_fee(world, 100)
    world.refund(paid, 4_000)
    assert tendering.stored(world, paid).fee_returned == 10
    world.refund(paid, 6_000)
    after = tendering.stored(world, paid)
    assert (after.fee_bps, after.fee, after.fee_returned) == (25, 25, 25)
    assert taken(world) == 120
    tendering.settle(world)


def test_a_rate_may_be_nothing_and_may_be_the_usual_one_again(world: World) -> None:
    tendering.accept(world, tendering.NETBANK)
    set_fee(world, 0)
    assert (paid_by_bank(world).fee, taken(world)) == (0, 0)
    assert set_fee(world, AS_WALLET) == set_fee(world, AS_WALLET)
    assert paid_by_bank(world).fee == 60


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"fee_bps": 10_001}, Reason.FEE_INVALID, "fee_bps"),
        ({"fee_bps": -2}, Reason.FEE_INVALID, "fee_bps"),
        ({"method_id": 1}, Reason.FEE_INVALID, "method"),
        ({"method_id": 77}, Reason.METHOD_UNKNOWN, ""),
        ({"merchant_id": MerchantId(7)}, Reason.MERCHANT_NOT_FOUND, ""),
    ],
)
def test_a_rate_that_makes_no_sense_is_refused(
    world: World, changes: Any, reason: Reason, field: str
) -> None:
    known(world, world.merchant)
    before = world.rows()
    no = set_fee(world, **{"fee_bps": 10} | changes)
    assert refused(no, reason)
    assert isinstance(no, Refused)
    assert no.detail.split(":")[0] == field
    assert world.rows() == before
