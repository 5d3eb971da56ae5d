"""Holds: what a paid order's money waits for, how much still waits, and how it leaves.

A held payment credits the merchant's escrow, less the network's fee. The money leaves it as shares
(core/splits.py), by refunds (core/refunds.py), or by release to the merchant: on request, in parts
or whole, or when its time has come.
Refuses: releasing more than is held, twice, or before its time; extending to an earlier time.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core import chart
from changliao.core.chart import AccountId
from changliao.core.clock import DAY, Instant
from changliao.core.ids import MerchantId, OrderId
from changliao.core.ledger import Code, Transfer
from changliao.core.money import BY_NUMBER, Currency
from changliao.core.orders import Order
from changliao.core.outcome import Reason, Refused

# Source: WeChat Pay v3, profit sharing: what is not shared after 30 days goes to the merchant.
LONGEST_DAYS: Final = 30
# With every extension, from the payment on. A store's usual time is at most half of it.
MOST_EXTENDED_DAYS: Final = 360


class HoldingState(IntEnum):
    """The number is stored."""

    __hash__ = int.__hash__

    HELD = 1
    RELEASED = 2
    DISPUTED = 3


class Stage(IntEnum):
    """How far held money has come, as operators look for it. The number is in queries.

    What has ended went to the seller and whoever shares with it, or whole back to the buyer.
    """

    __hash__ = int.__hash__

    WAITING = 1
    DISPUTED = 2
    RELEASED = 3
    REFUNDED = 4


class HoldingEvent(IntEnum):
    """What can be asked of held money. A release in parts ends the hold with its last part."""

    __hash__ = int.__hash__

    SHARE = 1
    RELEASE = 2
    EXPIRE = 3
    DISPUTE = 4
    RESOLVE = 5
    EXTEND = 6


TRANSITIONS: Final[Mapping[tuple[HoldingState, HoldingEvent], HoldingState | Reason]] = {
    (HoldingState.HELD, HoldingEvent.SHARE): HoldingState.HELD,
    (HoldingState.HELD, HoldingEvent.RELEASE): HoldingState.RELEASED,
    (HoldingState.HELD, HoldingEvent.EXPIRE): HoldingState.RELEASED,
    (HoldingState.HELD, HoldingEvent.DISPUTE): HoldingState.DISPUTED,
    (HoldingState.HELD, HoldingEvent.RESOLVE): Reason.HOLD_NOT_DISPUTED,
    (HoldingState.HELD, HoldingEvent.EXTEND): HoldingState.HELD,
    (HoldingState.DISPUTED, HoldingEvent.EXTEND): Reason.HOLD_DISPUTED,
    (HoldingState.RELEASED, HoldingEvent.EXTEND): Reason.HOLD_RELEASED,
    (HoldingState.DISPUTED, HoldingEvent.SHARE): Reason.HOLD_DISPUTED,
    (HoldingState.DISPUTED, HoldingEvent.RELEASE): Reason.HOLD_DISPUTED,
    (HoldingState.DISPUTED, HoldingEvent.EXPIRE): Reason.HOLD_DISPUTED,
    (HoldingState.DISPUTED, HoldingEvent.DISPUTE): HoldingState.DISPUTED,
    (HoldingState.DISPUTED, HoldingEvent.RESOLVE): HoldingState.HELD,
    (HoldingState.RELEASED, HoldingEvent.DISPUTE): Reason.HOLD_RELEASED,
    (HoldingState.RELEASED, HoldingEvent.RESOLVE): Reason.HOLD_RELEASED,
    (HoldingState.RELEASED, HoldingEvent.SHARE): Reason.HOLD_RELEASED,
    (HoldingState.RELEASED, HoldingEvent.RELEASE): Reason.HOLD_RELEASED,
    (HoldingState.RELEASED, HoldingEvent.EXPIRE): Reason.HOLD_RELEASED,
}


class Holding(Struct, frozen=True):
    """An order's held money. `amount` was held at payment: what was paid less the fee.

    `held` is what is left of it: `amount` less `shared` (returned shares taken off), `released` and
    `refunded` (less the fee that came back). `requests` counts shares and requested releases, and
    guards every change. `revision` rises with every change.
    """

    order_id: OrderId
    merchant_id: MerchantId
    currency: Currency
    amount: int
    held: int
    until: Instant
    shared: int = 0
    released: int = 0
    refunded: int = 0
    requests: int = 0
    revision: int = 0
    state: HoldingState = HoldingState.HELD

    @property
    def account(self) -> AccountId:
        """Where the money is."""
        return chart.escrow(self.merchant_id, self.currency)

    def of_buyer(self, paid: int) -> int:
        """What of a payment still waits: all of it, the fee too, while nothing went back or on."""
        return paid if self.held == self.amount else self.held

    @property
    def stage(self) -> Stage:
        """How far it has come. What was sent back whole ends before its time."""
        if self.state is HoldingState.DISPUTED:
            return Stage.DISPUTED
        if self.held:
            return Stage.WAITING
        return Stage.RELEASED if self.released + self.shared else Stage.REFUNDED


class HoldTerms(Struct, frozen=True):
    """An order whose money waits another time than usual."""

    merchant_id: MerchantId
    order_id: OrderId
    days: int


class ExpireHold(Struct, frozen=True):
    """Time has come for money that is still held."""

    merchant_id: MerchantId
    order_id: OrderId


class ExtendHold(Struct, frozen=True):
    """Let money wait for its buyer, or for settlement, until a later time.

    `by` is the seller or its platform; nobody: an operator.
    """

    merchant_id: MerchantId
    order_id: OrderId
    until: Instant
    by: MerchantId = MerchantId(0)


class Released(Struct, frozen=True):
    """The holding after a release, and the money that moved: nothing when nothing was left."""

    holding: Holding
    transfers: tuple[Transfer, ...]


def hold_of(order: Order, days: int = LONGEST_DAYS) -> Holding:
    """The holding of an order that was just paid and waits so many days at most."""
    amount = order.amount.amount - order.fee
    until = Instant(order.paid_at + days * DAY)
    currency = BY_NUMBER[order.amount.currency.number]
    return Holding(order.id, order.merchant_id, currency, amount, amount, until)


def decide_expiry(holding: Holding, now: Instant) -> Released | Refused:
    """Give the merchant what is still held when its time has come."""
    state = TRANSITIONS[holding.state, HoldingEvent.EXPIRE]
    if isinstance(state, Reason):
        return Refused(state)
    if now < holding.until:
        return Refused(Reason.HOLD_NOT_EXPIRED)
    return release(holding, holding.held, state)


def decide_release(holding: Holding, amount: int | None) -> Released | Refused:
    """Give the merchant a part of what is held, or (None) all of it, which ends the hold."""
    state = TRANSITIONS[holding.state, HoldingEvent.RELEASE]
    if isinstance(state, Reason):
        return Refused(state)
    if amount is None:
        return release(holding, holding.held, state)
    if amount <= 0:
        return Refused(Reason.AMOUNT_NOT_POSITIVE)
    if amount > holding.held:
        return Refused(Reason.SHARE_EXCEEDS_HOLD)
    return release(holding, amount, state if amount == holding.held else holding.state)


def decide_receipt(holding: Holding, released: int | None) -> Released | Refused | None:
    """Give the seller so much in all, or (None) all that is left. None: it has that already."""
    if holding.state is HoldingState.RELEASED:
        return None
    if released is None:
        return decide_release(holding, None)
    if released <= holding.released:
        return None
    return decide_release(holding, released - holding.released)


def decide_extension(command: ExtendHold, holding: Holding, paid_at: Instant) -> Holding | Refused:
    """Move the time to a later one; to the time that is set already is no change."""
    state = TRANSITIONS[holding.state, HoldingEvent.EXTEND]
    if isinstance(state, Reason):
        return Refused(state)
    if command.until == holding.until:
        return holding
    if not holding.until < command.until <= paid_at + MOST_EXTENDED_DAYS * DAY:
        most = f"within {MOST_EXTENDED_DAYS} days of the payment"
        return Refused(Reason.HOLD_EXTENSION_INVALID, f"until: later than it is, and {most}")
    return changed(holding, until=command.until)


def release(holding: Holding, amount: int, state: HoldingState) -> Released:
    """Move an amount that is held to the merchant."""
    after = changed(
        holding, held=holding.held - amount, released=holding.released + amount, state=state
    )
    if not amount:
        return Released(after, ())
    payable = chart.payable(holding.merchant_id, holding.currency)
    moved = Transfer(holding.account, payable, amount, Code.RELEASE, holding.order_id)
    return Released(after, (moved,))


def changed(holding: Holding, **fields: int | HoldingState) -> Holding:
    """A holding with other sums, one revision later."""
    return replace(holding, revision=holding.revision + 1, **fields)


def refund_from(holding: Holding | None, amount: int, fee_back: int) -> tuple[int, Holding | None]:
    """How much of a refund its holding gives, the returned fee joining it first; and what is left.

    Nothing is asked of a holding that has nothing: the merchant's own money then pays.
    """
    if holding is None or not holding.held:
        return 0, None
    given = min(amount, holding.held + fee_back)
    net = given - fee_back
    after = changed(holding, held=holding.held - net, refunded=holding.refunded + net)
    return given, after
