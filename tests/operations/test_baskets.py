"""Baskets: several merchants' orders, one payer, all or none."""

from typing import Any

import pytest
from msgspec.structs import replace

from changliao.core import chart
from changliao.core.baskets import Basket, CloseBasket, Filled, PayBasket, PlaceBasket
from changliao.core.clock import HOUR, Instant
from changliao.core.events import EventKind
from changliao.core.ids import BasketId, MerchantId, PaymentId, UserId
from changliao.core.money import CNY, CURRENCIES, Money
from changliao.core.orders import CloseOrder, ExpireOrder, Hold, OrderState
from changliao.core.outcome import Reason
from changliao.operations import baskets, orders
from tests.world import World, refused

PRICES = (300, 500, 200)
TOTAL = sum(PRICES)


def a_basket(world: World, *prices: int, **changes: Any) -> PlaceBasket:
    basket_id = BasketId(world.ids.new())
    placings = tuple(
        world.an_order(
            price, merchant_id=MerchantId(world.ids.new()), basket_id=basket_id, notifies=False
        )
        for price in prices or PRICES
    )
    basket = Basket(
        id=basket_id,
        merchant_id=world.merchant,
        reference=f"B{basket_id}",
        amount=Money(sum(one.order.amount.amount for one in placings), CNY),
        digest=b"0123456789abcdef",
        members=tuple((one.order.merchant_id, one.order.id) for one in placings),
    )
    return PlaceBasket(replace(basket, **changes), placings)


def placed(world: World) -> Filled:
    outcome = world.do(baskets.PLACE, a_basket(world))
    assert isinstance(outcome, Filled), outcome
    return outcome


def a_payment(world: World, filled: Filled, payer: UserId, **changes: Any) -> PayBasket:
    payment_ids = tuple(PaymentId(world.ids.new()) for _ in filled.orders)
    basket = filled.basket
    pay = PayBasket(basket.id, basket.merchant_id, payment_ids, payer, basket.amount)
    return replace(pay, **changes)


def states(world: World) -> list[int]:
    return sorted(row[12] for row in world.rows()["orders"])


def test_one_payment_pays_every_merchant_once(world: World) -> None:
    payer, filled = world.user(5000), placed(world)
    command = a_payment(world, filled, payer)
    paid = world.do(baskets.PAY, command)
    assert {order.state for order in paid.orders} == {OrderState.PAID}
    assert world.do(baskets.PAY, command).orders == paid.orders
    assert world.balance(chart.wallet(payer, CNY)) == 5000 - TOTAL
    for order in paid.orders:
        earned = order.amount.amount - order.fee
        assert world.balance(chart.payable(order.merchant_id, CNY)) == earned
    kinds = [row[2] for row in world.rows()["events"]]
    assert kinds == [int(EventKind.BASKET_PAID)]


def test_a_part_may_hold_its_money(world: World) -> None:
    payer, command = world.user(5000), a_basket(world)
    held = replace(command.placings[1].order, hold=Hold.SPLIT)
    placings = (command.placings[0], replace(command.placings[1], order=held), command.placings[2])
    filled = world.do(baskets.PLACE, replace(command, placings=placings))
    world.do(baskets.PAY, a_payment(world, filled, payer))
    assert world.balance(chart.escrow(held.merchant_id, CNY)) > 0
    assert world.balance(chart.payable(held.merchant_id, CNY)) == 0


def test_sixteen_payers_pay_a_basket_once(world: World) -> None:
    filled = placed(world)
    payers = [world.user(5000) for _ in range(16)]
    outcomes = world.batch([(baskets.PAY, a_payment(world, filled, one)) for one in payers])
    assert [isinstance(one, Filled) for one in outcomes] == [True] + [False] * 15
    assert all(refused(one, Reason.ORDER_ALREADY_PAID) for one in outcomes[1:])
    left = sum(world.balance(chart.wallet(one, CNY)) for one in payers)
    assert left == 16 * 5000 - TOTAL


def test_a_part_is_neither_paid_nor_missing_alone(world: World) -> None:
    payer, filled = world.user(5000), placed(world)
    assert refused(world.pay(filled.orders[0], payer), Reason.ORDER_IN_BASKET)
    last = filled.orders[-1]
    close = CloseOrder(last.merchant_id, last.id)
    assert refused(world.do(orders.CLOSE, close), Reason.ORDER_IN_BASKET)
    world.now = Instant(world.now + 2 * HOUR)
    world.do(orders.EXPIRE, ExpireOrder(last.merchant_id, last.id))
    world.now = Instant(world.now - HOUR)
    assert refused(world.do(baskets.PAY, a_payment(world, filled, payer)), Reason.ORDER_CLOSED)
    assert world.balance(chart.wallet(payer, CNY)) == 5000
    assert states(world) == [OrderState.OPEN, OrderState.OPEN, OrderState.CLOSED]


@pytest.mark.parametrize(
    ("balance", "changes", "reason"),
    [
        (TOTAL - 1, {}, Reason.INSUFFICIENT_FUNDS),
        (5000, {"amount": Money(TOTAL - 1, CNY)}, Reason.AMOUNT_CHANGED),
        (5000, {"amount": Money(TOTAL, CURRENCIES["USD"])}, Reason.CURRENCY_MISMATCH),
        (5000, {"issue": 7}, Reason.ORDER_EXPIRED),
        (5000, {"basket_id": BasketId(7)}, Reason.ORDER_NOT_FOUND),
    ],
)
def test_what_is_refused_moves_nothing_and_keeps_its_answer(
    world: World, balance: int, changes: dict[str, Any], reason: Reason
) -> None:
    payer, filled = world.user(balance), placed(world)
    command = a_payment(world, filled, payer, **changes)
    assert refused(world.do(baskets.PAY, command), reason)
    world.top_up(payer, 5000)
    assert refused(world.do(baskets.PAY, command), reason)
    assert world.balance(chart.wallet(payer, CNY)) == balance + 5000
    assert states(world) == [OrderState.OPEN] * 3


def test_each_part_is_refunded_alone(world: World) -> None:
    payer, filled = world.user(5000), placed(world)
    paid = world.do(baskets.PAY, a_payment(world, filled, payer)).orders
    world.refund(paid[1], 500)
    assert refused(world.refund(paid[1], 1), Reason.REFUND_EXCEEDS_PAYMENT)
    assert world.balance(chart.wallet(payer, CNY)) == 5000 - TOTAL + 500


def test_the_same_number_finds_the_basket_and_others_are_refused(world: World) -> None:
    command = a_basket(world)
    first = world.do(baskets.PLACE, command)
    again = world.do(baskets.PLACE, command)
    assert again.orders[0].issue == first.orders[0].issue + 1
    other = a_basket(world, reference=command.basket.reference, digest=b"other")
    assert refused(world.do(baskets.PLACE, other), Reason.REFERENCE_REUSED)
    taken = a_basket(world)
    stolen = replace(taken.placings[0].order, reference="taken", merchant_id=world.merchant)
    world.place(reference="taken")
    mixed = replace(taken, placings=(replace(taken.placings[0], order=stolen), *taken.placings[1:]))
    before = world.rows()
    assert refused(world.do(baskets.PLACE, mixed), Reason.REFERENCE_REUSED)
    assert world.rows() == before


def test_bad_baskets_are_not_taken(world: World) -> None:
    before = world.rows()
    none = replace(a_basket(world), placings=())
    assert refused(world.do(baskets.PLACE, none), Reason.BASKET_INCOMPLETE)
    many = a_basket(world, *[1] * 51)
    assert refused(world.do(baskets.PLACE, many), Reason.BASKET_INCOMPLETE)
    less = a_basket(world, amount=Money(TOTAL - 1, CNY))
    assert refused(world.do(baskets.PLACE, less), Reason.AMOUNT_CHANGED)
    other = a_basket(world, amount=Money(TOTAL, CURRENCIES["USD"]))
    assert refused(world.do(baskets.PLACE, other), Reason.CURRENCY_MISMATCH)
    free = a_basket(world, 100, 0)
    assert refused(world.do(baskets.PLACE, free), Reason.AMOUNT_NOT_POSITIVE)
    twice = a_basket(world)
    twice = replace(twice, placings=(twice.placings[0], twice.placings[0]))
    assert refused(world.do(baskets.PLACE, twice), Reason.REFERENCE_REUSED)
    assert world.rows() == before


def test_closing_names_every_part_and_stands(world: World) -> None:
    payer, filled = world.user(5000), placed(world)
    basket = filled.basket
    some = CloseBasket(basket.id, basket.merchant_id, frozenset(basket.members[1:]))
    assert refused(world.do(baskets.CLOSE, some), Reason.BASKET_INCOMPLETE)
    every = CloseBasket(basket.id, basket.merchant_id, frozenset(basket.members))
    assert isinstance(world.do(baskets.CLOSE, every), Filled)
    assert isinstance(world.do(baskets.CLOSE, every), Filled)
    assert refused(world.do(baskets.PAY, a_payment(world, filled, payer)), Reason.ORDER_CLOSED)
    paid = placed(world)
    world.do(baskets.PAY, a_payment(world, paid, payer))
    late = CloseBasket(paid.basket.id, world.merchant, frozenset(paid.basket.members))
    assert refused(world.do(baskets.CLOSE, late), Reason.ORDER_ALREADY_PAID)


def test_a_basket_whose_time_is_over_is_not_paid(world: World) -> None:
    payer, filled = world.user(5000), placed(world)
    world.now = Instant(world.now + 2 * HOUR)
    assert refused(world.do(baskets.PAY, a_payment(world, filled, payer)), Reason.ORDER_EXPIRED)
    for order in filled.orders:
        world.do(orders.EXPIRE, ExpireOrder(order.merchant_id, order.id))
    assert states(world) == [OrderState.CLOSED] * 3
