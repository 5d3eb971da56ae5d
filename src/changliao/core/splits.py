"""Profit sharing: parts of a held payment go to receivers, and may come back from merchants.

A receiver is another merchant or a user with whom the merchant has declared a relation. A share
request names all its receivers and moves everything in one commit, or nothing.
Refuses: more than is held, more than the merchant's largest ratio of the order, receivers without
a relation or named twice, more than fifty requests; returns of more than was received, after 180
days, or of money the receiver does not have.
"""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core import chart, holds
from changliao.core.clock import DAY, Instant
from changliao.core.holds import Holding, HoldingEvent, HoldingState
from changliao.core.ids import MerchantId, OrderId, ReturnId, ShareId, UserId, made_at
from changliao.core.ledger import Account, Code, Transfer
from changliao.core.money import Currency, portion
from changliao.core.orders import Intended, Order, OrderState
from changliao.core.outcome import Reason, Refused

# Source: WeChat Pay v3, profit sharing: 30 % unless agreed otherwise, at most 50 requests an order
# with at most 50 receivers each, returns within 180 days.
USUAL_RATIO_BPS: Final = 3000
# A platform may be a receiver of its own sub-merchants' orders under this relation.
PLATFORM: Final = "PLATFORM"
# How a share is named that a payment makes, and the one that settles what a store sold.
AT_PAYMENT: Final = "payment@"
SETTLEMENT: Final = "settlement@"
MOST_REQUESTS: Final = 50
MOST_RECEIVERS: Final = 50
RETURN_WINDOW: Final = 180 * DAY
_TAKEN: Final = {
    Reason.TRANSFER_TO_SELF: "is the sharing merchant",
    Reason.RECEIVER_REPEATED: "named twice",
}


class PartyKind(IntEnum):
    """Who receives. The number is stored."""

    __hash__ = int.__hash__

    MERCHANT = 1
    USER = 2


class ReceiverState(IntEnum):
    """The number is stored."""

    __hash__ = int.__hash__

    ACTIVE = 1
    REMOVED = 2


class ReceiverEvent(IntEnum):
    """What can be asked of a relation. Asking for what is already so changes nothing."""

    __hash__ = int.__hash__

    ADD = 1
    REMOVE = 2


RECEIVER_TRANSITIONS: Final[Mapping[tuple[ReceiverState, ReceiverEvent], ReceiverState]] = {
    (ReceiverState.ACTIVE, ReceiverEvent.ADD): ReceiverState.ACTIVE,
    (ReceiverState.ACTIVE, ReceiverEvent.REMOVE): ReceiverState.REMOVED,
    (ReceiverState.REMOVED, ReceiverEvent.ADD): ReceiverState.ACTIVE,
    (ReceiverState.REMOVED, ReceiverEvent.REMOVE): ReceiverState.REMOVED,
}


class Receiver(Struct, frozen=True):
    """Somebody a merchant may share with, and what they are to each other in the door's words."""

    merchant_id: MerchantId
    kind: PartyKind
    party_id: int
    relation: str
    state: ReceiverState = ReceiverState.ACTIVE


class RemoveReceiver(Struct, frozen=True):
    """A merchant shares with somebody no more."""

    merchant_id: MerchantId
    kind: PartyKind
    party_id: int


class Sharing(Struct, frozen=True):
    """How a merchant may share: the largest part of an order, and where it hears of receipts."""

    merchant_id: MerchantId
    ratio_bps: int = USUAL_RATIO_BPS
    notify_url: str = ""


class Part(Struct, frozen=True):
    """What one receiver gets of one share; `returned` of it came back. `place` is its order.

    `account` is how the request named the receiver.
    """

    share_id: ShareId
    merchant_id: MerchantId
    kind: PartyKind
    party_id: int
    place: int
    amount: int
    account: str
    description: str
    returned: int = 0


class Share(Struct, frozen=True):
    """A request to share or to release. `reference` is the merchant's own number for it.

    `released` went to the merchant itself; `refunded` had gone back to the payer before. A share
    with neither parts nor release was never made.
    """

    id: ShareId
    merchant_id: MerchantId
    order_id: OrderId
    reference: str
    digest: bytes
    partner_id: MerchantId = MerchantId(0)
    description: str = ""
    released: int = 0
    refunded: int = 0


class ShareOrder(Struct, frozen=True):
    """Share a held order, and then release: `rest` all that is left, `release` an amount of it."""

    share: Share
    parts: tuple[Part, ...]
    rest: bool = False
    release: int = 0


class Planned(Struct, frozen=True):
    """What an order shares by itself when it is paid; unless it `keeps`, the rest is then free."""

    merchant_id: MerchantId
    order_id: OrderId
    intended: tuple[Intended, ...]
    keeps: bool = False


class Take(Struct, frozen=True):
    """A merchant receiver gives a part of its share back together with a refund."""

    share_id: ShareId
    receiver_id: MerchantId
    amount: int


class Shared(Struct, frozen=True):
    """The share as made, the holding after it, and the money that moved."""

    share: Share
    parts: tuple[Part, ...]
    holding: Holding
    transfers: tuple[Transfer, ...]


class Return(Struct, frozen=True):
    """A merchant receiver gives back. `reference` is the sharing merchant's own number for it."""

    id: ReturnId
    merchant_id: MerchantId
    share_id: ShareId
    receiver_id: MerchantId
    reference: str
    amount: int
    digest: bytes
    partner_id: MerchantId = MerchantId(0)
    description: str = ""


class Returned(Struct, frozen=True):
    """The part and the holding after a return, and the money that moved."""

    returned: Return
    part: Part
    holding: Holding
    transfers: tuple[Transfer, ...]


def decide_receiver(known: Receiver | None, asked: Receiver) -> Receiver | Refused:
    """Declare a relation, or say it anew."""
    own = asked.kind is PartyKind.MERCHANT and asked.party_id == asked.merchant_id
    if own and asked.relation != PLATFORM:
        return Refused(Reason.TRANSFER_TO_SELF)
    state = known.state if known else ReceiverState.REMOVED
    return replace(asked, state=RECEIVER_TRANSITIONS[state, ReceiverEvent.ADD])


def decide_removal(known: Receiver) -> Receiver:
    """End a relation; what was shared stays shared."""
    return replace(known, state=RECEIVER_TRANSITIONS[known.state, ReceiverEvent.REMOVE])


def decide_share(
    command: ShareOrder,
    order: Order,
    holding: Holding,
    sharing: Sharing,
    receivers: Sequence[Receiver | None],
) -> Shared | Refused:
    """Move parts of what is held to receivers, in the order named, then what is to be released."""
    refused = _may_share(command, order, holding, sharing, receivers)
    if refused is not None:
        return refused
    total = sum(part.amount for part in command.parts)
    left = holds.changed(
        holding,
        held=holding.held - total,
        shared=holding.shared + total,
        requests=holding.requests + 1,
    )
    freed = holds.Released(left, ())
    if command.rest or command.release:
        outcome = holds.decide_release(left, None if command.rest else command.release)
        if isinstance(outcome, Refused):
            return outcome
        freed = outcome
    released = holding.held - total - freed.holding.held
    moved = tuple(_to_receiver(part, holding) for part in command.parts)
    share = replace(command.share, released=released)
    return Shared(share, command.parts, freed.holding, moved + freed.transfers)


def planned_share(planned: Planned, order: Order, share_id: ShareId) -> ShareOrder:
    """The request that a payment makes of itself."""
    parts = tuple(
        Part(share_id, order.merchant_id, PartyKind(one.kind), one.party_id, place, one.amount,
             one.account, one.description)
        for place, one in enumerate(planned.intended)
    )  # fmt: skip
    reference = f"{AT_PAYMENT}{order.id}"
    share = Share(share_id, order.merchant_id, order.id, reference, b"payment", order.partner_id)
    return ShareOrder(share, parts, rest=not planned.keeps)


def decide_plan(
    wanted: ShareOrder, order: Order, sharing: Sharing, receivers: Sequence[Receiver | None]
) -> Refused | None:
    """May an order intend these shares? Its payment asks again: much may change meanwhile."""
    refused = _may_receive(wanted.parts, order, receivers)
    if refused is not None:
        return refused
    total = sum(part.amount for part in wanted.parts)
    if total > order.amount.amount - portion(order.amount.amount, order.fee_bps):
        return Refused(Reason.SHARE_EXCEEDS_HOLD)
    return _within_ratio(total, portion(order.amount.amount, sharing.ratio_bps))


def decide_return(
    asked: Return,
    part: Part,
    holding: Holding,
    receiver: Account,
) -> Returned | Refused:
    """Take back from a merchant receiver: into the holding while it lasts, else to the merchant."""
    if asked.amount <= 0:
        return Refused(Reason.AMOUNT_NOT_POSITIVE)
    if asked.amount > part.amount - part.returned:
        return Refused(Reason.RETURN_EXCEEDS_SHARE)
    if receiver.spendable < asked.amount:
        return Refused(Reason.MERCHANT_FUNDS_INSUFFICIENT)

    holds_on = holding.state is not HoldingState.RELEASED
    after = holds.changed(
        holding,
        held=holding.held + asked.amount * holds_on,
        shared=holding.shared - asked.amount,
        released=holding.released + asked.amount * (not holds_on),
    )
    payable = chart.payable(holding.merchant_id, holding.currency)
    target = holding.account if holds_on else payable
    moved = Transfer(receiver.id, target, asked.amount, Code.SHARE_RETURN, asked.id)
    return Returned(asked, replace(part, returned=part.returned + asked.amount), after, (moved,))


def returnable(share: Share, now: Instant) -> Refused | None:
    """May a merchant ask for shares back? What refunds take back by themselves has no such end.

    What a store's sale was divided into is the platform's and the others' to keep.
    """
    if share.reference.startswith(SETTLEMENT):
        return Refused(Reason.HOLD_OF_STORE, "what was settled comes back with refunds only")
    late = now >= made_at(share.id) + RETURN_WINDOW
    return Refused(Reason.RETURN_TOO_LATE) if late else None


def shareable(order: Order, holding: Holding, sharing: Sharing) -> int:
    """How much may still go to receivers: what is held, within the merchant's largest ratio."""
    if holding.state is not HoldingState.HELD:
        return 0
    most = portion(order.amount.amount, sharing.ratio_bps)
    return max(0, min(unshared(order, holding), most - holding.shared))


def unshared(order: Order, holding: Holding) -> int:
    """What is held and not owed back: a refund the merchant paid itself is not shared again."""
    earned = order.amount.amount - order.refunded - (order.fee - order.fee_returned)
    return max(0, min(holding.held, earned - holding.shared - holding.released))


def account_of(kind: PartyKind, party_id: int, currency: Currency) -> chart.AccountId:
    """Where a receiver's money goes."""
    match kind:
        case PartyKind.MERCHANT:
            return chart.payable(MerchantId(party_id), currency)
        case PartyKind.USER:
            return chart.wallet(UserId(party_id), currency)


def _may_share(
    command: ShareOrder,
    order: Order,
    holding: Holding,
    sharing: Sharing,
    receivers: Sequence[Receiver | None],
) -> Refused | None:
    state = holds.TRANSITIONS[holding.state, HoldingEvent.SHARE]
    if isinstance(state, Reason):
        return Refused(state)
    if order.state is not OrderState.PAID:
        return Refused(Reason.ORDER_NOT_PAID)
    if command.release < 0 or not (command.parts or command.rest or command.release):
        return Refused(Reason.AMOUNT_NOT_POSITIVE)
    if holding.requests >= MOST_REQUESTS:
        return Refused(Reason.SHARES_TOO_MANY)
    refused = _may_receive(command.parts, order, receivers)
    if refused is not None:
        return refused
    total = sum(part.amount for part in command.parts)
    left = unshared(order, holding)
    if total > left:
        said = f"receivers: {total} is more than the {left} left"
        return Refused(Reason.SHARE_EXCEEDS_HOLD, said)
    if total + command.release > holding.held:
        said = f"release: {command.release} is more than the {holding.held - total} left"
        return Refused(Reason.SHARE_EXCEEDS_HOLD, said)
    most = portion(order.amount.amount, sharing.ratio_bps)
    return _within_ratio(total, max(0, most - holding.shared))


def _within_ratio(total: int, left: int) -> Refused | None:
    if total <= left:
        return None
    said = f"receivers: {total} is more than the {left} that the ratio leaves"
    return Refused(Reason.SHARE_EXCEEDS_RATIO, said)


def _may_receive(
    parts: Sequence[Part], order: Order, receivers: Sequence[Receiver | None]
) -> Refused | None:
    if len(parts) > MOST_RECEIVERS:
        return Refused(Reason.SHARES_TOO_MANY, f"receivers: at most {MOST_RECEIVERS}")
    seen = {(PartyKind.MERCHANT, int(order.merchant_id)): Reason.TRANSFER_TO_SELF}
    for place, (part, known) in enumerate(zip(parts, receivers, strict=True)):
        party, field = (part.kind, part.party_id), f"receivers[{place}]"
        if part.amount <= 0:
            return Refused(Reason.AMOUNT_NOT_POSITIVE, f"{field}.amount: not positive")
        if known is None or known.state is not ReceiverState.ACTIVE:
            said = f"{field}: no relation with it is declared"
            return Refused(Reason.RECEIVER_NOT_FOUND, said)
        if party in seen:
            return Refused(seen[party], f"{field}: {_TAKEN[seen[party]]}")
        seen[party] = Reason.RECEIVER_REPEATED
    return None


def _to_receiver(part: Part, holding: Holding) -> Transfer:
    target = account_of(part.kind, part.party_id, holding.currency)
    return Transfer(holding.account, target, part.amount, Code.SHARE, part.share_id)
