"""What paid orders hold, over REST: looking, settling, confirming receipt, giving more time."""

from typing import Any, Final, Literal

from msgspec import Struct

from changliao.core import ids
from changliao.core.holds import ExtendHold, Holding, HoldingState
from changliao.core.ids import MerchantId, OrderId, UserId
from changliao.core.outcome import Reason, Refused
from changliao.doors.rest.call import Call, Door, perform, read_id, read_moment
from changliao.doors.rest.endpoint import Endpoint, Who
from changliao.doors.rest.errors import refusal
from changliao.doors.rest.fields import (
    Count,
    MerchantIdText,
    Minor,
    Moment,
    Nothing,
    OrderIdText,
    UserIdText,
    moment,
)
from changliao.doors.rest.orders import WhoseQuery, find_placed, whose
from changliao.doors.rest.platforms import be_platform
from changliao.operations.settling import CONFIRM, EXTEND, SETTLE, ConfirmReceipt, Settle
from changliao.store.views import splits

HoldingName = Literal["held", "released", "disputed"]


class Settlement(Struct, frozen=True, forbid_unknown_fields=True):
    """Which sale of which store is settled now."""

    platform_id: MerchantIdText
    merchant_id: MerchantIdText
    order_id: OrderIdText


class Receipt(Struct, frozen=True, forbid_unknown_fields=True):
    """Which buyer has which order. `released`: a part; what the seller then has of it in all."""

    merchant_id: MerchantIdText
    order_id: OrderIdText
    payer_id: UserIdText
    released: Minor | None = None


class Extension(Struct, frozen=True, forbid_unknown_fields=True):
    """Until when an order's money waits now. Merchants leave `merchant_id` out for their own."""

    order_id: OrderIdText
    until: Moment
    merchant_id: MerchantIdText | None = None


class HoldingShown(Struct, frozen=True):
    """What an order holds: `amount` in all, of which `held` still waits."""

    order_id: OrderIdText
    merchant_id: MerchantIdText
    state: HoldingName
    amount: Count
    held: Count
    shared: Count
    released: Count
    refunded: Count
    until: Moment


async def show(door: Door, call: Call[Nothing, WhoseQuery]) -> HoldingShown:
    """Show what an order holds, and until when."""
    placed = await find_placed(door, call)
    found = await door.network.read(splits.holding, placed.order.merchant_id, placed.order.id)
    if found is None:
        raise refusal(Refused(Reason.HOLD_MISSING))
    return show_holding(found)


async def settle(door: Door, call: Call[Settlement, Nothing]) -> Any:
    """Settle a sale of an open store before its time.

    Settling again is no change.
    """
    form = call.form
    platform_id = MerchantId(read_id("mch", form.platform_id))
    be_platform(call, platform_id)
    command = Settle(
        platform_id,
        MerchantId(read_id("mch", form.merchant_id)),
        OrderId(read_id("ord", form.order_id)),
    )
    return await perform(door, call, SETTLE, command, show_holding)


async def confirm(door: Door, call: Call[Receipt, Nothing]) -> Any:
    """Confirm receipt for a buyer, whole or in part: the seller has the money.

    The operator answers for the buyer. Confirming the same again is no change.
    """
    form = call.form
    command = ConfirmReceipt(
        MerchantId(read_id("mch", form.merchant_id)),
        OrderId(read_id("ord", form.order_id)),
        UserId(read_id("usr", form.payer_id)),
        form.released,
    )
    return await perform(door, call, CONFIRM, command, show_holding)


async def extend(door: Door, call: Call[Extension, Nothing]) -> Any:
    """Give a buyer more time before the seller has the money, or a sale before it is settled.

    The seller asks, its platform, or an operator. Asking for the same time again is no change.
    """
    form = call.form
    named = form.merchant_id
    merchant_id = read_id("mch", named) if named else whose(call, None)
    command = ExtendHold(
        MerchantId(merchant_id),
        OrderId(read_id("ord", form.order_id)),
        read_moment(form.until, "until"),
        MerchantId(0 if call.caller.is_operator else call.caller.key.merchant_id),
    )
    return await perform(door, call, EXTEND, command, show_holding)


def show_holding(known: Holding) -> HoldingShown:
    """A holding as this API shows it."""
    return HoldingShown(
        order_id=ids.show("ord", known.order_id),
        merchant_id=ids.show("mch", known.merchant_id),
        state=_STATES[known.state],
        amount=known.amount,
        held=known.held,
        shared=known.shared,
        released=known.released,
        refunded=known.refunded,
        until=moment(known.until),
    )


_STATES: Final[dict[HoldingState, HoldingName]] = {
    HoldingState.HELD: "held",
    HoldingState.RELEASED: "released",
    HoldingState.DISPUTED: "disputed",
}
ENDPOINTS: Final = (
    Endpoint(
        "GET", "/orders/{order_id}/holding", show, Who.EITHER, Nothing, WhoseQuery, HoldingShown,
        200, ("merchant_missing", Reason.HOLD_MISSING, Reason.ORDER_NOT_FOUND),
    ),
    Endpoint(
        "POST", "/stores/settlements", settle, Who.EITHER, Settlement, Nothing, HoldingShown, 200,
        (Reason.HOLD_MISSING, Reason.ORDER_NOT_FOUND, Reason.PLATFORM_NOT_FOUND),
    ),
    Endpoint(
        "POST", "/stores/receipts", confirm, Who.OPERATOR, Receipt, Nothing, HoldingShown, 200,
        (Reason.HOLD_DISPUTED, Reason.HOLD_MISSING, Reason.ORDER_NOT_FOUND,
         Reason.SHARE_EXCEEDS_HOLD),
    ),
    Endpoint(
        "POST", "/stores/extensions", extend, Who.EITHER, Extension, Nothing, HoldingShown, 200,
        ("merchant_missing", Reason.HOLD_DISPUTED, Reason.HOLD_EXTENSION_INVALID,
         Reason.HOLD_MISSING, Reason.HOLD_RELEASED, Reason.ORDER_NOT_FOUND),
    ),
)  # fmt: skip
