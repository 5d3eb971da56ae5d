"""Telling merchants of stores, escrow, disputes and budgets, in the commit that makes it so."""

from collections.abc import Iterable
from typing import Final

from changliao.core.clock import Instant
from changliao.core.events import Event, EventKind
from changliao.core.ids import EventId, MerchantId, made_at
from changliao.core.notices import Noticed
from changliao.core.outcome import Reason, Refused
from changliao.operations.operation import Operation, Place
from changliao.store.events import EVENTS
from changliao.store.notices import NOTICES
from changliao.store.parties import MERCHANTS
from changliao.store.unit import UnitOfWork


def tell(tx: UnitOfWork, merchant_id: MerchantId, kind: EventKind, subject_id: int) -> None:
    """A notice for a merchant that said where it wants to hear of such things."""
    known = tx.find(NOTICES, merchant_id)
    if known is not None and known.notify_url:
        event_id = EventId(tx.new_id())
        tx.insert(EVENTS, Event(event_id, merchant_id, kind, subject_id, made_at(event_id)))


def _set(tx: UnitOfWork, command: Noticed, now: Instant) -> Noticed | Refused:
    """Say where notices go. The same address again is no change."""
    if tx.find(MERCHANTS, command.merchant_id) is None:
        return Refused(Reason.MERCHANT_NOT_FOUND)
    if tx.find(NOTICES, command.merchant_id) != command:
        tx.put(NOTICES, command.merchant_id, command)
    return command


def _keys(command: Noticed) -> Iterable[Place]:
    yield MERCHANTS, command.merchant_id
    yield NOTICES, command.merchant_id


SET: Final = Operation("notices.set", _set, _keys)
