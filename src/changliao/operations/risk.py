"""Asking risk rules before money leaves a wallet, and remembering what they count.

`judge` after every other decision, `keep` when the movement is written: in its commit. A refused
one moves nothing, and leaves its hits. Without rules one look at a row that is not there is all of
it, and a movement that no rule judges is done with as soon.
"""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from changliao.core import chart, risk, risk_unseen
from changliao.core.acceptance import OWN_METHOD, TERMINAL_OF
from changliao.core.clock import NEVER, Instant
from changliao.core.ids import MerchantId, OrderId, RiskHitId, UserId
from changliao.core.money import Money
from changliao.core.orders import Order
from changliao.core.outcome import Refused
from changliao.core.risk import (
    UNTOUCHED,
    Attempted,
    Checks,
    Hit,
    Judged,
    Movement,
    Seen,
    decide_risk,
    made,
)
from changliao.core.risk_memory import Memory, RecentKind, after
from changliao.core.risk_unseen import Unseen
from changliao.operations.operation import Place
from changliao.store import ledger
from changliao.store.risk import (
    CLEARANCES,
    MEMORIES,
    RULEBOOKS,
    THE_RULEBOOK,
    UNSEEN,
    add_hit,
)
from changliao.store.unit import UnitOfWork

# What every movement announces.
KEY: Final[Place] = (RULEBOOKS, THE_RULEBOOK)
_NOTHING_SEEN: Final = Seen()
_NOBODY: Final = UserId(0)
_RETURN: Final = (RecentKind.RETURN,)


class Passed(Struct, frozen=True, gc=False):
    """A movement that rules let pass; `checks` say what is to be remembered when it is written."""

    attempted: Attempted
    judged: Judged
    checks: Checks


def judge_order(
    tx: UnitOfWork, order: Order, payer_id: UserId, now: Instant, method_id: int = OWN_METHOD
) -> Passed | Refused | None:
    """May somebody pay this order, as far as rules go? None: nothing to keep."""
    checks = _checks(tx, Movement.PAYMENT)
    if checks is None:
        return None
    return _judged(tx, checks, of_order(order, payer_id, method_id), now)


def of_order(order: Order, payer_id: UserId, method_id: int = OWN_METHOD) -> Attempted:
    """An order that somebody is about to pay."""
    return Attempted(
        payer_id, order.merchant_id, order.id, order.amount, method_id, TERMINAL_OF[order.scene]
    )


def judge_movement(
    tx: UnitOfWork,
    movement: Movement,
    payer_id: UserId,
    amount: Money,
    now: Instant,
    *,
    receiver_id: UserId = _NOBODY,
) -> Passed | Refused | None:
    """May somebody send this to people or to the own bank? None: nothing to keep."""
    checks = _checks(tx, movement)
    if checks is None:
        return None
    attempted = Attempted(
        payer_id,
        MerchantId(0),
        OrderId(0),
        amount,
        method_id=risk.ANY,
        terminal_id=risk.ANY,
        movement=movement,
        receiver_id=receiver_id,
    )
    return _judged(tx, checks, attempted, now)


def judge(tx: UnitOfWork, attempted: Attempted, now: Instant) -> Passed | Refused | None:
    """May this be made, as far as rules go? None: nothing to keep."""
    checks = _checks(tx, attempted.movement)
    if checks is None:
        return None
    return _judged(tx, checks, attempted, now)


def keep(tx: UnitOfWork, passed: Passed | None, now: Instant) -> None:
    """Write what is to be remembered of a movement that is made."""
    if passed is None:
        return
    attempted, checks = passed.attempted, passed.checks
    if passed.judged.met:
        _keep_hits(tx, attempted, passed.judged, now)
    if checks.windows:
        payer_id = attempted.payer_id
        before = _memory(tx, payer_id)
        memory = made(before, attempted, checks.windows, now)
        if memory is not before:
            tx.put(MEMORIES, payer_id, memory)
    if checks.returns:
        for merchant_id in _paid(attempted):
            _hold_still(tx, merchant_id)


def wrong_pin(tx: UnitOfWork, user_id: UserId, now: Instant) -> None:
    """Somebody typed a wrong PIN; remembered while a rule counts them."""
    _happened(tx, user_id, RecentKind.WRONG_PIN, now)


def returned(tx: UnitOfWork, merchant_id: MerchantId, now: Instant) -> None:
    """A merchant had a refund or a dispute; remembered while a rule counts them."""
    _happened(tx, merchant_id, RecentKind.RETURN, now)


def _checks(tx: UnitOfWork, movement: Movement) -> Checks | None:
    """What judges this, if there is anything."""
    book = tx.find(RULEBOOKS, THE_RULEBOOK)
    return None if book is None else book.checks.get(movement)


def _judged(
    tx: UnitOfWork, checks: Checks, attempted: Attempted, now: Instant
) -> Passed | Refused | None:
    seen = _seen(tx, checks, attempted) if checks.asks else _NOTHING_SEEN
    judged = decide_risk(checks.rules, attempted, seen, now)
    if judged.refused is not None:
        _keep_hits(tx, attempted, judged, now)
        return judged.refused
    if not checks.asks and judged is UNTOUCHED:
        return None
    return Passed(attempted, judged, checks)


def _seen(tx: UnitOfWork, checks: Checks, attempted: Attempted) -> Seen:
    """What these rules ask about; what none asks about is not read."""
    payer_id = attempted.payer_id
    memory = risk.NO_MEMORY
    if checks.payer:
        if tx.untouched(MEMORIES):
            # The first to ask asks for everybody in the batch.
            book = chart.wallet(_NOBODY, attempted.amount.currency).book
            tx.load(MEMORIES, ledger.owners(tx, book))
        memory = tx.find(MEMORIES, payer_id) or memory
    returns: tuple[Sequence[Instant], ...] = ()
    if checks.returns:
        returns = tuple(_memory(tx, one).times(_RETURN) for one in _paid(attempted))
    new_receiver = checks.receivers and _is_new(tx, payer_id, attempted.receiver_id)
    cleared = tx.find(CLEARANCES, payer_id) if checks.reviews else None
    until = NEVER if cleared is None else cleared.until
    return Seen(memory, returns, new_receiver, until)


def _paid(attempted: Attempted) -> tuple[MerchantId, ...]:
    return attempted.merchants or (attempted.merchant_id,)


def _hold_still(tx: UnitOfWork, merchant_id: MerchantId) -> None:
    """A return that another process commits meanwhile is counted: this batch begins again."""
    tx.put(MEMORIES, merchant_id, _memory(tx, merchant_id))
    tx.rely(MEMORIES, merchant_id)


def _memory(tx: UnitOfWork, owner_id: int) -> Memory:
    return tx.find(MEMORIES, owner_id) or Memory(owner_id)


def _is_new(tx: UnitOfWork, payer_id: UserId, payee_id: UserId) -> bool:
    """Was nothing transferred to them before, as of what is committed?"""
    keys = {"payer_id": payer_id, "payee_id": payee_id}
    return not tx.select("wallet_transfer_between", keys)


def _keep_hits(tx: UnitOfWork, attempted: Attempted, judged: Judged, now: Instant) -> None:
    passed, payer_id = judged.refused is None, attempted.payer_id
    unseen = tx.find(UNSEEN, payer_id) or Unseen(payer_id)
    cleared = tx.find(CLEARANCES, payer_id)
    for one in judged.met:
        hit = Hit(RiskHitId(tx.new_id()), one.id, one.action, attempted, passed)
        add_hit(tx, hit)
        unseen = risk_unseen.met(unseen, one, hit.id, cleared, now)
    if unseen.hits:
        tx.put(UNSEEN, payer_id, unseen)


def _happened(tx: UnitOfWork, owner_id: int, kind: RecentKind, now: Instant) -> None:
    book = tx.find(RULEBOOKS, THE_RULEBOOK)
    if book is not None and kind in book.windows:
        tx.put(MEMORIES, owner_id, after(_memory(tx, owner_id), kind, 0, book.windows, now))
