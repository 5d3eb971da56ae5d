"""Opening stores, and selling in their modes. See operations/settling.py for what follows."""

from typing import Final

from changliao.core import platforms
from changliao.core.clock import Instant
from changliao.core.events import EventKind
from changliao.core.holds import LONGEST_DAYS
from changliao.core.ids import MerchantId
from changliao.core.orders import Hold, Order
from changliao.core.outcome import Reason, Refused
from changliao.core.parties import Partnership
from changliao.core.platforms import DecideStore, Platform, Store, StoreEvent, StoreMode
from changliao.operations import heirs, notices
from changliao.operations.operation import Operation, standing
from changliao.store.holds import HOLD_TERMS
from changliao.store.parties import MERCHANTS, PARTNERSHIPS
from changliao.store.platforms import PLATFORMS, STORES
from changliao.store.unit import UnitOfWork


def sold_by(order: Order) -> tuple[MerchantId, MerchantId]:
    """The key of the store that sells an order, if there is one: a platform's own is its own."""
    return (order.partner_id or order.merchant_id, order.merchant_id)


def sold_for(tx: UnitOfWork, order: Order) -> Order | Refused:
    """The order in the mode of the store it is sold by; as it is when there is no such store."""
    store = tx.find(STORES, sold_by(order))
    if store is None:
        return order
    return platforms.decide_sale(order, heirs.sold_under(tx, order, store), heirs.now_at(tx, store))


def store_of(tx: UnitOfWork, order: Order) -> Store | None:
    """Which store sold an order through its service provider, with the terms of then."""
    if not order.partner_id:
        return None
    store = tx.find(STORES, (order.partner_id, order.merchant_id))
    return heirs.sold_under(tx, order, store) if store is not None else None


def holds(tx: UnitOfWork, order: Order) -> bool:
    """Does a store's agreement say where the money of an order goes, and when?"""
    if order.hold is Hold.RECEIPT:
        return True
    store = store_of(tx, order)
    return store is not None and store.mode is not StoreMode.SELF_OPERATED


def days_held(tx: UnitOfWork, order: Order) -> int:
    """For how long a paid order may hold its money: the store says, the order, or the protocol."""
    if order.hold is Hold.NONE:
        return LONGEST_DAYS
    store = store_of(tx, order)
    if store is not None:
        return store.days
    own = tx.find(HOLD_TERMS, (order.merchant_id, order.id))
    return own.days if own is not None else LONGEST_DAYS


def _make(tx: UnitOfWork, command: Platform, now: Instant) -> Platform | Refused:
    """A merchant becomes a platform; making it again is no change."""
    if tx.find(MERCHANTS, command.merchant_id) is None:
        return Refused(Reason.MERCHANT_NOT_FOUND)
    known = tx.find(PLATFORMS, command.merchant_id)
    if known is not None:
        return known
    tx.insert(PLATFORMS, command)
    return command


def _apply(tx: UnitOfWork, command: Store, now: Instant) -> Store | Refused:
    """A merchant applies for a store on a platform."""
    platform = tx.find(PLATFORMS, command.platform_id)
    if platform is None:
        return Refused(Reason.PLATFORM_NOT_FOUND)
    if platform.heir_id:
        return Refused(Reason.PLATFORM_MERGED, "platform_id: was merged into another")
    tx.rely(PLATFORMS, command.platform_id)
    for party in (command.merchant_id, *(cut.merchant_id for cut in command.cuts)):
        if tx.find(MERCHANTS, party) is None:
            return Refused(Reason.MERCHANT_NOT_FOUND)
    for place, cut in enumerate(command.cuts):
        if _belongs_elsewhere(tx, cut.merchant_id, command.platform_id):
            detail = f"receivers[{place}]: a store of another platform"
            return Refused(Reason.STORE_INVALID, detail)
    key = (command.platform_id, command.merchant_id)
    known = tx.find(STORES, key)
    asked = platforms.decide_application(known, command)
    if isinstance(asked, Store) and asked is not known:
        tx.put(STORES, key, asked)
        if command.platform_id != command.merchant_id:
            applied = EventKind.STORE_APPLIED
            notices.tell(tx, command.platform_id, applied, command.merchant_id)
    return asked


def _belongs_elsewhere(tx: UnitOfWork, merchant_id: MerchantId, platform_id: MerchantId) -> bool:
    """Has this merchant stores, and none of them on this platform?"""
    rows = tx.select("store_platforms_of_merchant", {"merchant_id": merchant_id})
    return bool(rows) and platform_id not in [row[0] for row in rows]


def _decide(tx: UnitOfWork, command: DecideStore, now: Instant) -> Store | Refused:
    """Review, suspend, resume or close a store. Opening lets the platform sell for it."""
    known = tx.find(STORES, (command.platform_id, command.merchant_id))
    if known is None:
        return Refused(Reason.STORE_NOT_FOUND)
    after = platforms.decide_store(command, known, now)
    if isinstance(after, Refused) or after is known:
        return after
    tx.update(STORES, after)
    notices.tell(tx, command.merchant_id, EventKind.STORE_DECIDED, command.platform_id)
    key = (command.platform_id, command.merchant_id)
    own = command.platform_id == command.merchant_id
    opens = command.event is StoreEvent.APPROVE and not own
    if opens and tx.find(PARTNERSHIPS, key) is None:
        tx.insert(PARTNERSHIPS, Partnership(*key, now))
    return after


MAKE: Final = Operation("platforms.make", _make, lambda command: ())
_FACTS: Final = standing(STORES, lambda one: (one.platform_id, one.merchant_id), platforms.facts)
APPLY: Final = Operation("stores.apply", _apply, lambda command: (), _FACTS)
DECIDE: Final = Operation("stores.decide", _decide, lambda command: (), _FACTS)
