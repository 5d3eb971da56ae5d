"""Disputes over REST: opened for a buyer, argued by both sides, decided by the platform."""

from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from changliao.core import ids
from changliao.core.clock import NEVER
from changliao.core.disputes import (
    BY_DISPUTE,
    DecideDispute,
    Dispute,
    DisputeState,
    Note,
    OpenDispute,
    WithdrawDispute,
)
from changliao.core.ids import DisputeId, MerchantId, NoteId, OrderId, RefundId, UserId, made_at
from changliao.core.members import Right
from changliao.core.outcome import Reason, Refused
from changliao.core.refunds import Refund
from changliao.doors.rest.call import Call, Door, perform, read_id
from changliao.doors.rest.endpoint import Endpoint, Who
from changliao.doors.rest.errors import refusal
from changliao.doors.rest.fields import (
    Count,
    CursorText,
    DisputeIdText,
    Limit,
    MerchantIdText,
    Moment,
    Nothing,
    OrderIdText,
    Page,
    UserIdText,
    moment,
    page,
)
from changliao.doors.rest.orders import WhoseQuery, whose
from changliao.operations.disputes import DECIDE, NOTE, OPEN, WITHDRAW
from changliao.store.views import disputes, orders

StateName = Literal["open", "decided", "withdrawn"]
Words = Annotated[str, Meta(min_length=1, max_length=1_000)]
_NETWORK: Final = "network"


class NewDispute(Struct, frozen=True, forbid_unknown_fields=True):
    """Which buyer disputes which order, and why."""

    merchant_id: MerchantIdText
    order_id: OrderIdText
    payer_id: UserIdText
    reason: Words


class NewNote(Struct, frozen=True, forbid_unknown_fields=True):
    """What is said. Operators may speak for the buyer."""

    text: Words
    author: Literal["buyer", "network"] = "network"


class Decision(Struct, frozen=True, forbid_unknown_fields=True):
    """What goes back to the buyer; the rest goes to the seller."""

    refund: Count
    words: Words


class NoteShown(Struct, frozen=True):
    """What somebody said: the buyer, the seller or the network."""

    author: str
    text: str
    at: Moment


class DisputeShown(Struct, frozen=True):
    """A dispute. `notes` only where one dispute is shown."""

    id: DisputeIdText
    merchant_id: MerchantIdText
    order_id: OrderIdText
    payer_id: UserIdText
    reason: str
    state: StateName
    opened_at: Moment
    refunded: Count | UnsetType = UNSET
    decision: str | UnsetType = UNSET
    ended_at: Moment | UnsetType = UNSET
    notes: list[NoteShown] | UnsetType = UNSET


class DisputesQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """A merchant's disputes."""

    merchant_id: MerchantIdText | None = None
    order_id: OrderIdText | None = None
    state: StateName | None = None
    cursor: CursorText | None = None
    limit: Limit = 50


async def begin(door: Door, call: Call[NewDispute, Nothing]) -> Any:
    """Open a dispute for a buyer: what is in escrow stays there.

    The operator answers for the buyer.
    """
    form = call.form
    asked = Dispute(
        id=DisputeId(door.network.ids.new()),
        merchant_id=MerchantId(read_id("mch", form.merchant_id)),
        order_id=OrderId(read_id("ord", form.order_id)),
        payer_id=UserId(read_id("usr", form.payer_id)),
        reason=form.reason,
    )
    return await perform(door, call, OPEN, OpenDispute(asked), show_dispute)


async def search(door: Door, call: Call[Nothing, DisputesQuery]) -> Page[DisputeShown]:
    """List a merchant's disputes, newest first."""
    asked = call.query
    found = await door.network.read(
        disputes.disputes,
        whose(call, asked.merchant_id),
        order_id=read_id("ord", asked.order_id) if asked.order_id else 0,
        state=int(DisputeState[asked.state.upper()]) if asked.state else 0,
        before=read_id("cur", asked.cursor) if asked.cursor else ids.NEWEST,
        most=asked.limit + 1,
    )
    return page([show_dispute(one) for one in found], [one.id for one in found], asked.limit)


async def show(door: Door, call: Call[Nothing, WhoseQuery]) -> DisputeShown:
    """Show a dispute with everything that was said."""
    known = await _find(door, call)
    notes = await door.network.read(disputes.notes, known.merchant_id, known.id)
    return show_dispute(known, [_note(one) for one in notes])


async def note(door: Door, call: Call[NewNote, WhoseQuery]) -> Any:
    """Say something: merchants as the seller, operators for the network or the buyer."""
    known = await _find(door, call)
    author = call.form.author if call.caller.is_operator else "seller"
    note_id = NoteId(door.network.ids.new())
    said = Note(note_id, known.merchant_id, known.id, author, call.form.text)
    return await perform(door, call, NOTE, said, _note)


async def decide(door: Door, call: Call[Decision, WhoseQuery]) -> Any:
    """Decide a dispute: a part or all to the buyer, the rest to the seller, at once."""
    form, known = call.form, await _find(door, call)
    placed = await door.network.read(orders.order, known.merchant_id, known.order_id)
    if placed is None:
        raise refusal(Refused(Reason.ORDER_NOT_FOUND))
    refund = Refund(
        id=RefundId(door.network.ids.new()),
        merchant_id=known.merchant_id,
        order_id=known.order_id,
        reference=f"{BY_DISPUTE}{known.id}",
        amount=form.refund,
        digest=b"dispute",
        partner_id=placed.order.partner_id,
        reason=form.words[:80],
    )
    command = DecideDispute(
        known.merchant_id, known.id, refund, form.words, call.caller.name or _NETWORK
    )
    return await perform(door, call, DECIDE, command, show_dispute)


async def withdraw(door: Door, call: Call[Nothing, WhoseQuery]) -> Any:
    """Take a dispute back for its buyer; the escrow waits on.

    Withdrawing again is no change. The body is not read.
    """
    known = await _find(door, call)
    command = WithdrawDispute(known.merchant_id, known.id)
    return await perform(door, call, WITHDRAW, command, show_dispute)


def show_dispute(known: Dispute, notes: list[NoteShown] | UnsetType = UNSET) -> DisputeShown:
    """A dispute as this API shows it."""
    decided = known.state is DisputeState.DECIDED
    return DisputeShown(
        id=ids.show("dsp", known.id),
        merchant_id=ids.show("mch", known.merchant_id),
        order_id=ids.show("ord", known.order_id),
        payer_id=ids.show("usr", known.payer_id),
        reason=known.reason,
        state=_STATES[known.state],
        opened_at=moment(made_at(known.id)),
        refunded=known.refunded if decided else UNSET,
        decision=known.decision if decided else UNSET,
        ended_at=moment(known.ended_at) if known.ended_at != NEVER else UNSET,
        notes=notes,
    )


def _note(said: Note) -> NoteShown:
    return NoteShown(said.author, said.text, moment(made_at(said.id)))


async def _find(door: Door, call: Call[Any, WhoseQuery]) -> Dispute:
    """A dispute about the merchant's order. Raises Problem."""
    number = read_id("dsp", call.path["dispute_id"])
    merchant_id = whose(call, call.query.merchant_id)
    found = await door.network.read(disputes.dispute, merchant_id, number)
    if found is None:
        raise refusal(Refused(Reason.DISPUTE_NOT_FOUND))
    return found


_STATES: Final[dict[DisputeState, StateName]] = {
    DisputeState.OPEN: "open",
    DisputeState.DECIDED: "decided",
    DisputeState.WITHDRAWN: "withdrawn",
}
_ONE: Final = "/disputes/{dispute_id}"
_MISSING: Final = ("merchant_missing", Reason.DISPUTE_NOT_FOUND)
ENDPOINTS: Final = (
    Endpoint(
        "POST", "/disputes", begin, Who.OPERATOR, NewDispute, Nothing, DisputeShown, 201,
        (Reason.HOLD_DISPUTED, Reason.HOLD_MISSING, Reason.HOLD_RELEASED,
         Reason.ORDER_NOT_FOUND),
    ),
    Endpoint(
        "GET", "/disputes", search, Who.EITHER, Nothing, DisputesQuery, Page[DisputeShown], 200,
        ("merchant_missing",),
    ),
    Endpoint("GET", _ONE, show, Who.EITHER, Nothing, WhoseQuery, DisputeShown, 200, _MISSING),
    Endpoint(
        "POST", f"{_ONE}/notes", note, Who.EITHER, NewNote, WhoseQuery, NoteShown, 201,
        (*_MISSING, Reason.DISPUTE_ENDED), right=Right.DECIDE_DISPUTES,
    ),
    Endpoint(
        "POST", f"{_ONE}/decide", decide, Who.OPERATOR, Decision, WhoseQuery, DisputeShown, 200,
        (*_MISSING, Reason.DISPUTE_ENDED, Reason.HOLD_MISSING, Reason.HOLD_NOT_DISPUTED,
         Reason.MERCHANT_FUNDS_INSUFFICIENT, Reason.ORDER_NOT_FOUND,
         Reason.REFUND_EXCEEDS_PAYMENT, Reason.REFUND_REFERENCE_REUSED, Reason.REFUND_TOO_LATE,
         Reason.REFUNDS_TOO_MANY), right=Right.DECIDE_DISPUTES,
    ),
    Endpoint(
        "POST", f"{_ONE}/withdraw", withdraw, Who.OPERATOR, Nothing, WhoseQuery, DisputeShown,
        200, (*_MISSING, Reason.DISPUTE_ENDED, Reason.HOLD_MISSING), repeats=True,
    ),
)  # fmt: skip
