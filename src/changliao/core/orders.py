"""Orders: a merchant asks for an amount, one payer pays it once, or it is closed.

Refuses: paying twice, late, after closing, for another payer, or with money that is not there.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core import chart
from changliao.core.clock import NEVER, Instant
from changliao.core.confirmations import Act, ActKind, Proven
from changliao.core.ids import (
    AppId,
    BasketId,
    BudgetId,
    CouponId,
    MerchantId,
    OrderId,
    PaymentId,
    UserId,
)
from changliao.core.ledger import Account, Code, Transfer
from changliao.core.money import MAX_AMOUNT, Money, portion
from changliao.core.outcome import Reason, Refused


class OrderState(IntEnum):
    """The number is stored. A refund changes what is left of a paid order, not its state."""

    __hash__ = int.__hash__

    OPEN = 1
    PAID = 2
    CLOSED = 3


class OrderEvent(IntEnum):
    """What can be asked of an order."""

    __hash__ = int.__hash__

    PAY = 1
    CLOSE = 2
    EXPIRE = 3
    REFUND = 4


TRANSITIONS: Final[Mapping[tuple[OrderState, OrderEvent], OrderState | Reason]] = {
    (OrderState.OPEN, OrderEvent.PAY): OrderState.PAID,
    (OrderState.OPEN, OrderEvent.CLOSE): OrderState.CLOSED,
    (OrderState.OPEN, OrderEvent.EXPIRE): OrderState.CLOSED,
    (OrderState.OPEN, OrderEvent.REFUND): Reason.ORDER_NOT_PAID,
    (OrderState.PAID, OrderEvent.PAY): Reason.ORDER_ALREADY_PAID,
    (OrderState.PAID, OrderEvent.CLOSE): Reason.ORDER_ALREADY_PAID,
    (OrderState.PAID, OrderEvent.EXPIRE): Reason.ORDER_ALREADY_PAID,
    (OrderState.PAID, OrderEvent.REFUND): OrderState.PAID,
    (OrderState.CLOSED, OrderEvent.PAY): Reason.ORDER_CLOSED,
    (OrderState.CLOSED, OrderEvent.CLOSE): OrderState.CLOSED,
    (OrderState.CLOSED, OrderEvent.EXPIRE): Reason.ORDER_CLOSED,
    (OrderState.CLOSED, OrderEvent.REFUND): Reason.ORDER_NOT_PAID,
}


class Scene(IntEnum):
    """Where the payer meets the order. The number is stored."""

    __hash__ = int.__hash__

    NATIVE = 1
    JSAPI = 2
    APP = 3
    H5 = 4
    PC = 5
    COUNTER = 6


class Hold(IntEnum):
    """What a paid order's money waits for before the merchant has it. The number is stored."""

    __hash__ = int.__hash__

    NONE = 0
    SPLIT = 1
    RECEIPT = 2


class Order(Struct, frozen=True):
    """What an order is and how far it has come. `reference` is the merchant's own number.

    `payer_id` is who alone may pay (jsapi, or the first who opened the link), then who paid; 0 is
    nobody yet. `digest` identifies the terms, so that a changed repeat is refused. `issue` counts
    the payment links given out: only the newest works. `refunded` and `fee_returned` are sums.
    `notifies` says that the terms hold an address to tell. `hold` is what the money waits for after
    payment; `basket_id` is the basket whose orders are paid together, 0 for an order paid alone.
    `discount` is what a budget gave the payer for it: see core/budgets.py. `method` is the code of
    the method that paid it, empty for a wallet of the network: core/tenders.py.
    """

    id: OrderId
    merchant_id: MerchantId
    app_id: AppId
    reference: str
    amount: Money
    scene: Scene
    expires_at: Instant
    fee_bps: int
    digest: bytes
    partner_id: MerchantId = MerchantId(0)
    notifies: bool = False
    state: OrderState = OrderState.OPEN
    issue: int = 1
    payer_id: UserId = UserId(0)
    payment_id: PaymentId = PaymentId(0)
    paid_at: Instant = NEVER
    fee: int = 0
    refunded: int = 0
    refunds: int = 0
    fee_returned: int = 0
    hold: Hold = Hold.NONE
    basket_id: BasketId = BasketId(0)
    discount: int = 0
    method: str = ""


class Terms(Struct, frozen=True):
    """What never changes about an order and is read only to be shown or sent.

    `door` is where the order came in and how its merchant is told; `details` is that door's own
    JSON.
    """

    order_id: OrderId
    merchant_id: MerchantId
    title: str
    attach: str
    notify_url: str
    door: str
    details: bytes = b""


class Intended(Struct, frozen=True):
    """What somebody gets of an order when it is paid. `kind` is a PartyKind of core/splits.py."""

    kind: int
    party_id: int
    amount: int
    account: str
    description: str


class PlaceOrder(Struct, frozen=True):
    """A merchant asks for a payment. The reference names it: the same terms find the same order.

    `held_days` is how long a held order's money waits at most; 0: as long as usual. `intended` is
    shared at the payment; what is left is then free, unless it `keeps` waiting.
    """

    order: Order
    terms: Terms
    held_days: int = 0
    intended: tuple[Intended, ...] = ()
    keeps: bool = False


class CloseOrder(Struct, frozen=True):
    """A merchant wants an order never to be paid."""

    merchant_id: MerchantId
    order_id: OrderId


class ExpireOrder(Struct, frozen=True):
    """Time has come for an order that nobody paid."""

    merchant_id: MerchantId
    order_id: OrderId


class Discount(Struct, frozen=True):
    """What a budget is to pay of an order, `amount` being what the payer saw: core/budgets.py.

    `coupon_id` is the payer's coupon, 0 for a subsidy.
    """

    owner_id: MerchantId
    budget_id: BudgetId
    amount: int
    coupon_id: CouponId = CouponId(0)


class PayOrder(Struct, frozen=True):
    """A payer confirms an order. One payment id gets one answer, however often it is sent.

    `amount` is what the payer saw. `issue` is the payment link's, 0 for the order itself.
    `basket_id` is the basket this is a part of: a basket's order is never paid alone.
    `proof` is the PIN's; None when an operator that has confirmed the payer in its own way speaks
    for the wallet.
    """

    payment_id: PaymentId
    merchant_id: MerchantId
    order_id: OrderId
    payer_id: UserId
    amount: Money
    proof: Proven | None = None
    issue: int = 0
    basket_id: BasketId = BasketId(0)
    discount: Discount | None = None

    def act(self) -> Act:
        """What a passkey confirms."""
        off = self.discount.amount if self.discount else 0
        amount, subject = self.amount, f"{self.merchant_id} {self.order_id} {off}"
        kind, number = ActKind.PAYMENT, amount.currency.number
        return Act(kind, self.payment_id, amount.amount, number, subject)


class OpenOrder(Struct, frozen=True):
    """A person opened the payment link: from now on the order is theirs to pay."""

    merchant_id: MerchantId
    order_id: OrderId
    payer_id: UserId
    issue: int


class Payment(Struct, frozen=True):
    """The order as paid, and the money that moved."""

    order: Order
    transfers: tuple[Transfer, ...]


class Attempt(Struct, frozen=True):
    """A payer's try and its answer, kept even when it is a no. `reason` is empty for a payment.

    By which method and on which terminal: see core/acceptance.py.
    """

    payment_id: PaymentId
    merchant_id: MerchantId
    order_id: OrderId
    payer_id: UserId
    reason: str
    method_id: int = 0
    terminal_id: int = 0


def decide_placing(order: Order, now: Instant) -> Refused | None:
    """May this order be taken at all?"""
    if order.amount.amount <= 0:
        return Refused(Reason.AMOUNT_NOT_POSITIVE)
    if order.amount.amount > MAX_AMOUNT:
        return Refused(Reason.AMOUNT_TOO_LARGE, f"at most {MAX_AMOUNT} minor units")
    if order.expires_at <= now:
        return Refused(Reason.EXPIRY_PASSED)
    return None


def decide_repeat(earlier: Order, again: Order) -> Order | Refused:
    """The same reference again: the same terms get a fresh link, others are refused."""
    if earlier.digest != again.digest:
        return Refused(Reason.REFERENCE_REUSED)
    if earlier.state is OrderState.PAID:
        return Refused(Reason.ORDER_ALREADY_PAID)
    if earlier.state is OrderState.CLOSED:
        return Refused(Reason.ORDER_CLOSED)
    payer_id = earlier.payer_id if earlier.scene is Scene.JSAPI else UserId(0)
    return replace(earlier, issue=earlier.issue + 1, payer_id=payer_id)


def decide_closing(order: Order, event: OrderEvent, now: Instant) -> Order | Refused:
    """Close by the merchant's wish or by time. Closing a closed order is no change."""
    state = TRANSITIONS[order.state, event]
    if isinstance(state, Reason):
        return Refused(state)
    if event is OrderEvent.EXPIRE and now < order.expires_at:
        return Refused(Reason.ORDER_NOT_EXPIRED)
    return order if state is order.state else replace(order, state=state)


def payable_by(order: Order, payer_id: UserId, issue: int, now: Instant) -> Refused | None:
    """May this person pay the order now, through the link of this issue (0: any)?"""
    state = TRANSITIONS[order.state, OrderEvent.PAY]
    if isinstance(state, Reason):
        return Refused(state)
    if now >= order.expires_at:
        return Refused(Reason.ORDER_EXPIRED)
    if issue and issue != order.issue:
        return Refused(Reason.ORDER_EXPIRED, "a newer payment link was issued")
    if order.payer_id and order.payer_id != payer_id:
        return Refused(Reason.PAYER_MISMATCH)
    return None


def decide_opening(command: OpenOrder, order: Order, now: Instant) -> Order | Refused:
    """Keep the order for whoever opened its link first."""
    refused = payable_by(order, command.payer_id, command.issue, now)
    if refused is not None:
        return refused
    return order if order.payer_id else replace(order, payer_id=command.payer_id)


def decide_payment(
    command: PayOrder, order: Order, wallet: Account, now: Instant
) -> Payment | Refused:
    """Move the order's amount from the payer to the merchant, less the network's fee.

    A held order's money goes to the merchant's escrow instead.
    """
    refused = payable_by(order, command.payer_id, command.issue, now)
    if refused is not None:
        return refused
    if order.basket_id != command.basket_id:
        return Refused(Reason.ORDER_IN_BASKET)
    if command.amount.currency.number != order.amount.currency.number:
        return Refused(Reason.CURRENCY_MISMATCH)
    if command.amount.amount != order.amount.amount:
        return Refused(Reason.AMOUNT_CHANGED)
    if wallet.spendable < order.amount.amount:
        return Refused(Reason.INSUFFICIENT_FUNDS)

    fee = portion(order.amount.amount, order.fee_bps)
    paid = replace(
        order,
        state=OrderState.PAID,
        payer_id=command.payer_id,
        payment_id=command.payment_id,
        paid_at=now,
        fee=fee,
        discount=command.discount.amount if command.discount else 0,
    )
    return Payment(paid, _payment_transfers(paid, wallet, fee))


def _payment_transfers(order: Order, wallet: Account, fee: int) -> tuple[Transfer, ...]:
    currency = order.amount.currency
    earns = chart.payable if order.hold is Hold.NONE else chart.escrow
    earned = earns(order.merchant_id, currency)
    cause = order.payment_id
    payment = Transfer(wallet.id, earned, order.amount.amount, Code.PAYMENT, cause)
    if not fee:
        return (payment,)
    fees = chart.fees(order.merchant_id, currency)
    return payment, Transfer(earned, fees, fee, Code.FEE, cause)
