"""Reversals: in the end nobody has paid, whatever happened before, and never more goes back."""

import pytest
from msgspec.structs import replace

from changliao.core import chart
from changliao.core.ids import OrderId, RefundId
from changliao.core.money import CNY
from changliao.core.orders import OrderState
from changliao.core.outcome import Reason
from changliao.core.refunds import Refund
from changliao.core.reversals import ReverseOrder
from changliao.operations import reversals
from tests.world import refused


def reverse(world, order):
    refund = Refund(
        id=RefundId(world.ids.new()), merchant_id=order.merchant_id, order_id=order.id,
        reference=f"reverse@{order.id}", amount=0, digest=b"reverse",
    )  # fmt: skip
    return world.do(reversals.REVERSE, ReverseOrder(order.merchant_id, order.id, refund))


def test_an_open_order_is_closed_and_stays_closed(world):
    order = world.place(1000)
    for _ in range(2):
        done = reverse(world, order)
        assert (done.order.state, done.refund) == (OrderState.CLOSED, None)
    assert refused(world.pay(order, world.user(1000)), Reason.ORDER_CLOSED)


@pytest.mark.parametrize("before", [0, 1, 999])
def test_what_is_left_of_a_payment_goes_back_once(world, before):
    payer = world.user(1000)
    order = world.place(1000)
    world.pay(order, payer)
    if before:
        world.refund(order, before)
    done = reverse(world, order)
    assert (done.refund.amount, done.order.refunded) == (1000 - before, 1000)
    assert world.balance(chart.wallet(payer, CNY)) == 1000
    again = reverse(world, order)
    assert (again.refund, again.order.refunded) == (None, 1000)
    assert world.balance(chart.wallet(payer, CNY)) == 1000


def test_an_order_that_nobody_knows_is_refused(world):
    order = world.place(1000)
    unknown = replace(order, id=OrderId(order.id + 2))
    assert refused(reverse(world, unknown), Reason.ORDER_NOT_FOUND)
