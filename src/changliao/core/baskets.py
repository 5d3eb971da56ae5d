"""Baskets: orders of several merchants that one payer pays together, all or none.

Each member stays an order of its merchant, with its own fee and refunds; only placing, paying and
closing are of the whole. Source: wechatpay-v3.md §8.7.
Refuses: a member that is missing or cannot be paid refuses the whole basket.
"""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from changliao.core.clock import Instant
from changliao.core.confirmations import Act, ActKind, Proven
from changliao.core.ids import BasketId, MerchantId, OrderId, PaymentId, UserId
from changliao.core.ledger import Account
from changliao.core.money import Money
from changliao.core.orders import (
    Discount,
    Order,
    Payment,
    PayOrder,
    PlaceOrder,
    decide_payment,
    decide_placing,
    payable_by,
)
from changliao.core.outcome import Reason, Refused

FEWEST: Final = 1
MOST: Final = 50
Member = tuple[MerchantId, OrderId]


class Basket(Struct, frozen=True):
    """`merchant_id` is who sells the whole; `reference` its number, `amount` the members' sum.

    `digest` identifies what was asked, so that a changed repeat is refused. The first member's link
    and terms are the basket's.
    """

    id: BasketId
    merchant_id: MerchantId
    reference: str
    amount: Money
    digest: bytes
    members: tuple[Member, ...]


class Filled(Struct, frozen=True):
    """A basket and how far each of its orders has come, in the order of `members`."""

    basket: Basket
    orders: tuple[Order, ...]


class PlaceBasket(Struct, frozen=True):
    """A merchant asks for one payment of several orders."""

    basket: Basket
    placings: tuple[PlaceOrder, ...]


class PayBasket(Struct, frozen=True):
    """A payer confirms the whole. The first payment id names the attempt; each order has one.

    `discounts` are what the payer saw of each part, none for all of them when it is empty. A budget
    pays of one part: of several it would have to be known what the earlier ones left.
    """

    basket_id: BasketId
    merchant_id: MerchantId
    payment_ids: tuple[PaymentId, ...]
    payer_id: UserId
    amount: Money
    proof: Proven | None = None
    issue: int = 0
    discounts: tuple[Discount | None, ...] = ()

    def part(self, place: int, order: Order) -> PayOrder:
        """The payment of one of the basket's orders."""
        return PayOrder(
            payment_id=self.payment_ids[place],
            merchant_id=order.merchant_id,
            order_id=order.id,
            payer_id=self.payer_id,
            amount=order.amount,
            basket_id=self.basket_id,
            discount=self.discounts[place] if self.discounts else None,
        )

    def act(self) -> Act:
        """What a passkey confirms."""
        off = sum(one.amount for one in self.discounts if one is not None)
        amount, subject = self.amount, f"{self.merchant_id} {self.basket_id} {off}"
        kind, number = ActKind.PAYMENT, amount.currency.number
        return Act(kind, self.payment_ids[0], amount.amount, number, subject)


class CloseBasket(Struct, frozen=True):
    """A merchant wants none of these orders to be paid; it must name them all."""

    basket_id: BasketId
    merchant_id: MerchantId
    members: frozenset[Member]


def decide_basket(command: PlaceBasket, now: Instant) -> Refused | None:
    """May this basket be taken at all?"""
    orders = [placing.order for placing in command.placings]
    if not FEWEST <= len(orders) <= MOST:
        return Refused(Reason.BASKET_INCOMPLETE, f"{FEWEST} to {MOST} orders")
    if len({(one.merchant_id, one.partner_id, one.reference) for one in orders}) < len(orders):
        return Refused(Reason.REFERENCE_REUSED)
    whole = command.basket.amount
    if any(one.amount.currency.number != whole.currency.number for one in orders):
        return Refused(Reason.CURRENCY_MISMATCH)
    if sum(one.amount.amount for one in orders) != whole.amount:
        return Refused(Reason.AMOUNT_CHANGED, "the whole is the sum of its parts")
    return next((no for one in orders if (no := decide_placing(one, now)) is not None), None)


def decide_discounts(command: PayBasket, filled: Filled) -> Refused | None:
    """Can these be discounts of this basket? Whether each fits its part is its budget's to say."""
    given = [one for one in command.discounts if one is not None]
    if command.discounts and len(command.discounts) != len(filled.orders):
        return Refused(Reason.BASKET_INCOMPLETE, "a discount or none for each part")
    if len({one.budget_id for one in given}) < len(given):
        return Refused(Reason.BUDGET_TAKEN, "a budget pays of one part of a basket")
    return None


def decide_basket_payment(
    command: PayBasket, filled: Filled, wallet: Account, now: Instant
) -> tuple[Payment, ...] | Refused:
    """Pay every order of the basket from one wallet, or none."""
    basket, orders = filled.basket, filled.orders
    for place, order in enumerate(orders):
        issue = command.issue if place == 0 else 0
        refused = payable_by(order, command.payer_id, issue, now)
        if refused is not None:
            return refused
    if command.amount.currency.number != basket.amount.currency.number:
        return Refused(Reason.CURRENCY_MISMATCH)
    if command.amount.amount != basket.amount.amount:
        return Refused(Reason.AMOUNT_CHANGED)
    if wallet.spendable < basket.amount.amount:
        return Refused(Reason.INSUFFICIENT_FUNDS)
    return _payments(command, orders, wallet, now)


def _payments(
    command: PayBasket, orders: Sequence[Order], wallet: Account, now: Instant
) -> tuple[Payment, ...] | Refused:
    payments = []
    for place, order in enumerate(orders):
        payment = decide_payment(command.part(place, order), order, wallet, now)
        if isinstance(payment, Refused):
            return payment
        payments.append(payment)
    return tuple(payments)
