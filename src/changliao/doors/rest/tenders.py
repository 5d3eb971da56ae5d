"""Paying orders by channels over REST, on the word of an operator that has confirmed the payer."""

from typing import Any, Final, Literal

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from changliao.core import chart, ids
from changliao.core.channels import Asked, ChannelRequest
from changliao.core.ids import PaymentId, UserId
from changliao.core.outcome import Reason, Refused
from changliao.core.tenders import TenderState
from changliao.doors.rest.asking import Codes, codes, terminal
from changliao.doors.rest.budgets import DiscountAsked
from changliao.doors.rest.call import Answer, Call, Door, perform, read_id
from changliao.doors.rest.endpoint import RISKY, Endpoint, Who
from changliao.doors.rest.errors import refusal
from changliao.doors.rest.fields import (
    ChannelCode,
    Count,
    CurrencyCode,
    MerchantIdText,
    MethodCode,
    Minor,
    Moment,
    Nothing,
    OrderIdText,
    Page,
    PaymentIdText,
    UserIdText,
    moment,
)
from changliao.operations import checkout
from changliao.operations.tenders import ASK
from changliao.store.views import acceptance, orders, tenders
from changliao.store.views.tenders import Tried

_NO_DISCOUNT: Final = "discount: a payment by a channel takes none"
TenderStateName = Literal["asked", "paid", "returned", "refused"]


class NewTender(Struct, frozen=True, forbid_unknown_fields=True):
    """Pay an order by a method its platform takes, once for each `id`. `amount` is the order's.

    `terminal` is where the payer sits, if that is not the order's own: a channel may serve on PC
    pages only. A `discount` is refused (`budget_unsuited`): discounts are for wallets.
    """

    merchant_id: MerchantIdText
    order_id: OrderIdText
    method: MethodCode
    amount: Minor
    terminal: str | None = None
    discount: DiscountAsked | None = None
    id: PaymentIdText | None = None


class TenderShown(Struct, frozen=True):
    """`paid`: the order was. `returned`: money came that cannot pay it and goes back; see `reason`.

    While `asked` it is not known yet; the payer may have to go on to `page_url`. `brought` is what
    the channel took from the payer.
    """

    id: PaymentIdText
    payer_id: UserIdText
    merchant_id: MerchantIdText
    order_id: OrderIdText
    method: MethodCode
    channel: ChannelCode
    amount: Minor
    currency: CurrencyCode
    state: TenderStateName
    brought: Count
    asked_at: Moment
    reason: str | UnsetType = UNSET
    page_url: str | UnsetType = UNSET


class TendersQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Of which order."""

    order_id: OrderIdText


async def pay(door: Door, call: Call[NewTender, Nothing]) -> Any:
    """Pay an order with money that a channel brings, such as a bank's.

    The channel is asked once. Under an Idempotency-Key the answer was kept when it was asked.
    """
    form, network = call.form, door.network
    if form.discount is not None:
        raise refusal(Refused(Reason.BUDGET_UNSUITED, _NO_DISCOUNT))
    payer_id = UserId(read_id("usr", call.path["user_id"]))
    merchant_id, order_id = read_id("mch", form.merchant_id), read_id("ord", form.order_id)
    placed = await network.read(orders.order, merchant_id, order_id)
    if placed is None:
        raise refusal(Refused(Reason.ORDER_NOT_FOUND))
    page_terminal_id = await terminal(door, form.terminal)
    offers = await checkout.offers(network, door.desk, placed.order, page_terminal_id)
    offer = next((one for one in offers if one.method.code == form.method), None)
    if offer is None:
        basket = bool(placed.order.basket_id)
        reason = Reason.ORDER_IN_BASKET if basket else Reason.METHOD_NOT_CONNECTED
        raise refusal(Refused(reason, form.method))
    payment_id = PaymentId(read_id("pay", form.id) if form.id else network.ids.new())
    command = checkout.tendered(
        offer, placed.order, payer_id, payment_id, network.clock(),
        page_terminal_id=page_terminal_id,
    )  # fmt: skip
    if isinstance(command, Refused):
        raise refusal(command)
    command = replace(command, request=replace(command.request, amount=form.amount))
    names = await _names(door)
    fresh: list[ChannelRequest] = []

    def shown(outcome: Asked) -> TenderShown:
        # It runs again when the commit does: only the last time counts.
        fresh[:] = [outcome.request] if outcome.fresh else []
        return show_tender(Tried(command.tender, outcome.request), *names)

    answer = await perform(door, call, ASK, command, shown)
    if fresh:
        await door.desk.ask(fresh[0])
    return answer if isinstance(answer, Answer) else await _show(door, payer_id, payment_id)


async def show(door: Door, call: Call[Nothing, Nothing]) -> TenderShown:
    """Show what became of a payment by a channel."""
    payer_id = read_id("usr", call.path["user_id"])
    return await _show(door, payer_id, read_id("pay", call.path["payment_id"]))


async def search(door: Door, call: Call[Nothing, TendersQuery]) -> Page[TenderShown]:
    """List a payer's tries to pay one order by channels, newest first."""
    payer_id, order_id = read_id("usr", call.path["user_id"]), read_id("ord", call.query.order_id)
    found = await door.network.read(tenders.of_order, payer_id, order_id)
    names = await _names(door)
    return Page([show_tender(one, *names) for one in found])


async def _show(door: Door, payer_id: int, payment_id: int) -> TenderShown:
    found = await door.network.read(tenders.tried, payer_id, payment_id)
    if found is None:
        raise refusal(Refused(Reason.CHANNEL_REQUEST_NOT_FOUND))
    page_url = await door.desk.page(found.request)
    return replace(show_tender(found, *await _names(door)), page_url=page_url or UNSET)


async def _names(door: Door) -> tuple[Codes, Codes]:
    methods = await door.network.look_up(acceptance.methods)
    return {one.id: one.code for one in methods}, await codes(door)


def show_tender(one: Tried, methods: Codes, channels: Codes) -> TenderShown:
    """A tender as this API shows it."""
    tender, request = one.tender, one.request
    return TenderShown(
        id=ids.show("pay", tender.payment_id),
        payer_id=ids.show("usr", tender.payer_id),
        merchant_id=ids.show("mch", tender.merchant_id),
        order_id=ids.show("ord", tender.order_id),
        method=methods.get(tender.method_id, ""),
        channel=channels.get(request.channel_id, ""),
        amount=request.amount,
        currency=chart.currency(request.home).code,
        state=_STATES[tender.state],
        brought=request.settled,
        asked_at=moment(request.asked_at),
        reason=tender.reason or UNSET,
    )


_STATES: Final[dict[TenderState, TenderStateName]] = {
    TenderState.ASKED: "asked",
    TenderState.PAID: "paid",
    TenderState.RETURNED: "returned",
    TenderState.REFUSED: "refused",
}
ENDPOINTS: Final = (
    Endpoint(
        "POST", "/users/{user_id}/tenders", pay, Who.OPERATOR, NewTender, Nothing, TenderShown, 201,
        (*RISKY, Reason.AMOUNT_CHANGED, Reason.BUDGET_UNSUITED, Reason.CHANNEL_ELSEWHERE,
         Reason.CHANNEL_SUSPENDED, Reason.METHOD_BANNED, Reason.METHOD_NOT_CONNECTED,
         Reason.METHOD_SUSPENDED, Reason.ORDER_ALREADY_PAID, Reason.ORDER_CLOSED,
         Reason.ORDER_EXPIRED, Reason.ORDER_IN_BASKET, Reason.ORDER_NOT_FOUND,
         Reason.PAYER_MISMATCH, Reason.PAYMENT_ID_REUSED, Reason.TERMINAL_UNKNOWN,
         Reason.USER_NOT_FOUND),
    ),
    Endpoint(
        "GET", "/users/{user_id}/tenders", search, Who.OPERATOR, Nothing, TendersQuery,
        Page[TenderShown],
    ),
    Endpoint(
        "GET", "/users/{user_id}/tenders/{payment_id}", show, Who.OPERATOR, Nothing, Nothing,
        TenderShown, 200, (Reason.CHANNEL_REQUEST_NOT_FOUND,),
    ),
)  # fmt: skip
