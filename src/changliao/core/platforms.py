"""Platforms, their stores, and the three ways of selling.

A platform is a merchant that has stores. What a store sells through its platform, which is the
service provider of the order, is sold in the store's mode:

- SELF_OPERATED: the money is the platform's own, held or not as the platform asks.
- OPEN: it waits; at settlement the platform's commission and other receivers are split off.
- C2C: it waits until the buyer confirms receipt, or its time has come.

Refuses: selling for a store that is not open; stores that promise more than all of a payment.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core.acts import Facts
from changliao.core.clock import NEVER, Instant
from changliao.core.ids import MerchantId, MergerId, ShareId
from changliao.core.money import BPS, split
from changliao.core.orders import Hold, Order
from changliao.core.outcome import Reason, Refused
from changliao.core.splits import SETTLEMENT, Part, PartyKind, Receiver, Share, ShareOrder

MOST_RECEIVERS: Final = 10
MOST_DAYS: Final = 180
_DIGEST: Final = b"settlement"


class StoreMode(IntEnum):
    """The number is stored."""

    __hash__ = int.__hash__

    SELF_OPERATED = 1
    OPEN = 2
    C2C = 3


class StoreState(IntEnum):
    """The number is stored."""

    __hash__ = int.__hash__

    APPLIED = 1
    OPEN = 2
    REFUSED = 3
    SUSPENDED = 4
    CLOSED = 5
    MOVED = 6


class StoreEvent(IntEnum):
    """What can be asked of a store."""

    __hash__ = int.__hash__

    APPLY = 1
    APPROVE = 2
    REFUSE = 3
    SUSPEND = 4
    RESUME = 5
    CLOSE = 6
    MOVE = 7


_S, _E, _NO = StoreState, StoreEvent, Reason.STORE_STATE
TRANSITIONS: Final[Mapping[tuple[StoreState, StoreEvent], StoreState | Reason]] = {
    (_S.APPLIED, _E.APPLY): _S.APPLIED,
    (_S.APPLIED, _E.APPROVE): _S.OPEN,
    (_S.APPLIED, _E.REFUSE): _S.REFUSED,
    (_S.APPLIED, _E.SUSPEND): _NO,
    (_S.APPLIED, _E.RESUME): _NO,
    (_S.APPLIED, _E.CLOSE): _S.CLOSED,
    (_S.OPEN, _E.APPLY): _NO,
    (_S.OPEN, _E.APPROVE): _S.OPEN,
    (_S.OPEN, _E.REFUSE): _NO,
    (_S.OPEN, _E.SUSPEND): _S.SUSPENDED,
    (_S.OPEN, _E.RESUME): _S.OPEN,
    (_S.OPEN, _E.CLOSE): _S.CLOSED,
    (_S.REFUSED, _E.APPLY): _S.APPLIED,
    (_S.REFUSED, _E.APPROVE): _NO,
    (_S.REFUSED, _E.REFUSE): _S.REFUSED,
    (_S.REFUSED, _E.SUSPEND): _NO,
    (_S.REFUSED, _E.RESUME): _NO,
    (_S.REFUSED, _E.CLOSE): _S.CLOSED,
    (_S.SUSPENDED, _E.APPLY): _NO,
    (_S.SUSPENDED, _E.APPROVE): _NO,
    (_S.SUSPENDED, _E.REFUSE): _NO,
    (_S.SUSPENDED, _E.SUSPEND): _S.SUSPENDED,
    (_S.SUSPENDED, _E.RESUME): _S.OPEN,
    (_S.SUSPENDED, _E.CLOSE): _S.CLOSED,
    (_S.CLOSED, _E.APPLY): _NO,
    (_S.CLOSED, _E.APPROVE): _NO,
    (_S.CLOSED, _E.REFUSE): _NO,
    (_S.CLOSED, _E.SUSPEND): _NO,
    (_S.CLOSED, _E.RESUME): _NO,
    (_S.CLOSED, _E.CLOSE): _S.CLOSED,
    (_S.APPLIED, _E.MOVE): _S.MOVED,
    (_S.OPEN, _E.MOVE): _S.MOVED,
    (_S.REFUSED, _E.MOVE): _NO,
    (_S.SUSPENDED, _E.MOVE): _S.MOVED,
    (_S.CLOSED, _E.MOVE): _NO,
    (_S.MOVED, _E.APPLY): _NO,
    (_S.MOVED, _E.APPROVE): _NO,
    (_S.MOVED, _E.REFUSE): _NO,
    (_S.MOVED, _E.SUSPEND): _NO,
    (_S.MOVED, _E.RESUME): _NO,
    (_S.MOVED, _E.CLOSE): _NO,
    (_S.MOVED, _E.MOVE): _S.MOVED,
}
_HOLDS: Final[Mapping[StoreMode, Hold]] = {
    StoreMode.OPEN: Hold.SPLIT,
    StoreMode.C2C: Hold.RECEIPT,
}


class Platform(Struct, frozen=True):
    """A merchant that has stores; once merged, they are its heir's.

    `merger_id` is the merger it takes part in from its approval to its end, or was merged by.
    """

    merchant_id: MerchantId
    name: str
    created_at: Instant
    heir_id: MerchantId = MerchantId(0)
    merger_id: MergerId = MergerId(0)


class Cut(Struct, frozen=True):
    """A merchant that gets a part of every sale, beside the platform."""

    merchant_id: MerchantId
    bps: int


class Terms(Struct, frozen=True):
    """What a store had agreed to `until` a merger of platforms gave it other terms."""

    until: Instant
    mode: StoreMode
    commission_bps: int
    cuts: tuple[Cut, ...]
    days: int


class Store(Struct, frozen=True):
    """A merchant's store on a platform. `days` is how long a payment waits at most (OPEN, C2C).

    `reason` says why it was refused, suspended or closed. A store that moved with its platform is
    its heir's since `decided_at`.
    """

    platform_id: MerchantId
    merchant_id: MerchantId
    title: str
    mode: StoreMode
    applied_at: Instant
    commission_bps: int = 0
    cuts: tuple[Cut, ...] = ()
    days: int = 7
    state: StoreState = StoreState.APPLIED
    reason: str = ""
    decided_at: Instant = NEVER
    earlier: tuple[Terms, ...] = ()


def facts(store: Store) -> Facts:
    """How a store stands, in words."""
    said = {"state": store.state.name.lower(), "title": store.title, "reason": store.reason}
    return {name: text for name, text in said.items() if text}


class DecideStore(Struct, frozen=True):
    """Somebody decides about a store."""

    platform_id: MerchantId
    merchant_id: MerchantId
    event: StoreEvent
    reason: str = ""


def decide_application(known: Store | None, asked: Store) -> Store | Refused:
    """Apply, or apply again after a refusal; the same application again is no change.

    While one waits its terms stay: what is approved is what was looked at.
    """
    if asked.merchant_id == asked.platform_id and asked.mode is not StoreMode.SELF_OPERATED:
        return Refused(Reason.STORE_INVALID, "mode: a platform's own store is self-operated")
    if asked.merchant_id != asked.platform_id and asked.mode is StoreMode.SELF_OPERATED:
        return Refused(Reason.STORE_INVALID, "mode: only the platform's own store is self-operated")
    if not 1 <= asked.days <= MOST_DAYS:
        return Refused(Reason.STORE_INVALID, f"days: from 1 to {MOST_DAYS}")
    if len(asked.cuts) > MOST_RECEIVERS:
        return Refused(Reason.STORE_INVALID, f"receivers: at most {MOST_RECEIVERS}")
    taken = {asked.merchant_id, asked.platform_id}
    for place, cut in enumerate(asked.cuts):
        if cut.merchant_id in taken or cut.bps <= 0:
            return Refused(
                Reason.STORE_INVALID, f"receivers[{place}]: named twice, or gets nothing"
            )
        taken.add(cut.merchant_id)
    if asked.commission_bps < 0 or sum(parts_of(asked)[1:]) > BPS:
        return Refused(Reason.STORE_INVALID, "commission_bps: more than all of a payment")
    if known is None:
        return asked
    state = TRANSITIONS[known.state, StoreEvent.APPLY]
    if isinstance(state, Reason):
        return Refused(state, f"the store is {known.state.name.lower()}")
    if replace(asked, applied_at=known.applied_at) == known:
        return known
    if known.state is state:
        return Refused(Reason.STORE_STATE, "an application with other terms waits for its review")
    return asked


def decide_store(command: DecideStore, known: Store, now: Instant) -> Store | Refused:
    """Move a store on. What is already so is no change."""
    state = TRANSITIONS[known.state, command.event]
    if isinstance(state, Reason):
        return Refused(state, f"the store is {known.state.name.lower()}")
    if state is known.state:
        return known
    return replace(known, state=state, reason=command.reason, decided_at=now)


def decide_sale(order: Order, store: Store, now_at: Store) -> Order | Refused:
    """The order as the store's mode sells it; `now_at` is the store where it is now."""
    if now_at.state is not StoreState.OPEN:
        why = f": {now_at.reason}" if now_at.reason else ""
        return Refused(Reason.STORE_NOT_OPEN, f"the store is {now_at.state.name.lower()}{why}")
    return replace(order, hold=_HOLDS.get(store.mode, order.hold))


def terms_of(store: Store) -> tuple[StoreMode, int, tuple[Cut, ...], int]:
    """What a sale is divided by, and when: mode, commission, receivers, days."""
    return store.mode, store.commission_bps, store.cuts, store.days


def as_at(store: Store, at: Instant) -> Store:
    """The store with the terms it had at a moment."""
    for terms in store.earlier:
        if at < terms.until:
            return replace(
                store, mode=terms.mode, commission_bps=terms.commission_bps, cuts=terms.cuts,
                days=terms.days,
            )  # fmt: skip
    return store


def parts_of(store: Store) -> tuple[int, ...]:
    """Basis points of the store, the platform, and the others in the order agreed."""
    given = (store.commission_bps, *(cut.bps for cut in store.cuts))
    return (BPS - sum(given), *given)


def settlement(order: Order, store: Store, total: int) -> tuple[ShareOrder, tuple[Receiver, ...]]:
    """How a sale of an OPEN store is settled, and the relations that the agreement stands for.

    Each party gets what is due rounded down; units left over go one each to the parties in their
    order, the store first (core/money.py). 15 by 80, 8 and 12 % is 13, 1 and 1.
    """
    share_id = ShareId(order.payment_id)
    share = Share(
        share_id, order.merchant_id, order.id, f"{SETTLEMENT}{order.id}", _DIGEST,
        order.partner_id, "settlement", refunded=order.refunded,
    )  # fmt: skip
    amounts = split(total, parts_of(store))[1:]
    parties = (store.platform_id, *(cut.merchant_id for cut in store.cuts))
    parts = tuple(
        Part(share_id, order.merchant_id, PartyKind.MERCHANT, party, place, amount, str(party),
             "commission" if not place else "share")
        for place, (party, amount) in enumerate(zip(parties, amounts, strict=True))
        if amount
    )  # fmt: skip
    receivers = tuple(
        Receiver(order.merchant_id, part.kind, part.party_id, "STORE") for part in parts
    )
    return ShareOrder(share, parts, rest=True), receivers


def due_back(part: Part, share: Share, order: Order, refunded: int) -> int:
    """What a receiver gives back when so much of an order has gone back in all.

    In proportion to what was left of the order when it was divided.
    """
    if refunded >= order.amount.amount:
        return part.amount - part.returned
    divided = order.amount.amount - share.refunded
    return max(0, part.amount * (refunded - share.refunded) // divided - part.returned)
