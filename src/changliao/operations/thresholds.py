"""Thresholds of refunds: asking them, making them stricter, and loosening them by two."""

from collections.abc import Iterable
from typing import Final

from changliao.core.acts import Facts
from changliao.core.clock import Instant
from changliao.core.ids import MerchantId
from changliao.core.members import Right, may
from changliao.core.outcome import Refused
from changliao.core.refunds import RefundOrder
from changliao.core.thresholds import (
    HANDS,
    NETWORK,
    DecideThreshold,
    SetThreshold,
    Threshold,
    decide_alone,
    decide_change,
    decide_threshold,
    facts,
)
from changliao.operations.operation import Operation, Place
from changliao.store.members import MEMBERS, member_from_row
from changliao.store.orders import ORDERS
from changliao.store.refunds import REFUNDS_BY_REFERENCE
from changliao.store.thresholds import THRESHOLDS
from changliao.store.unit import UnitOfWork


def alone(
    tx: UnitOfWork, organisation: MerchantId, command: RefundOrder, *, by_key: bool = False
) -> Refused | None:
    """May this refund be made without another member? One that was made may be found again."""
    asked = command.refund
    order = tx.find(ORDERS, (asked.merchant_id, asked.order_id))
    if order is None:
        return None
    if tx.find_by(REFUNDS_BY_REFERENCE, REFUNDS_BY_REFERENCE.key(asked)) is not None:
        return None
    known = tx.find(THRESHOLDS, (organisation, order.amount.currency.number))
    return decide_alone(known, order, asked.amount, by_key=by_key)


def _set(tx: UnitOfWork, command: SetThreshold, now: Instant) -> Threshold | Refused:
    """From the next refund on, if it is stricter."""
    known = _known(tx, command)
    return _kept(tx, known, decide_threshold(command, known, _hands(tx, command.organisation)))


def _decide(tx: UnitOfWork, command: DecideThreshold, now: Instant) -> Threshold | Refused:
    """From the next refund on."""
    known = _known(tx, command)
    return _kept(tx, known, decide_change(command, known))


def _known(tx: UnitOfWork, command: SetThreshold | DecideThreshold) -> Threshold | None:
    return tx.find(THRESHOLDS, (command.organisation, command.currency))


def _kept(
    tx: UnitOfWork, known: Threshold | None, after: Threshold | Refused
) -> Threshold | Refused:
    if isinstance(after, Threshold) and after is not known:
        tx.put(THRESHOLDS, (after.organisation, after.currency), after)
    return after


def _hands(tx: UnitOfWork, organisation: MerchantId) -> int:
    """How many may refund, and still may when this is committed.

    Operators' keys are made when they are needed: they are not counted.
    """
    if organisation == NETWORK:
        return HANDS
    rows = tx.select("members_all", {"organisation": organisation})
    tx.load(MEMBERS, [member_from_row(row).id for row in rows])
    found = [one for one in tx.held(MEMBERS) if one.organisation == organisation]
    able = [one for one in found if may(one, Right.PORTAL_REFUND)][:HANDS]
    for one in able:
        tx.rely(MEMBERS, one.id)
    return len(able)


def _keys(command: SetThreshold | DecideThreshold) -> Iterable[Place]:
    yield THRESHOLDS, (command.organisation, command.currency)


def _facts(tx: UnitOfWork, command: SetThreshold | DecideThreshold, now: Instant) -> Facts:
    return facts(_known(tx, command) or Threshold(command.organisation, command.currency))


SET: Final = Operation("thresholds.set", _set, _keys, _facts)
DECIDE: Final = Operation("thresholds.decide", _decide, _keys, _facts)
