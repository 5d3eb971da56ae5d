"""Asking risk rules before money leaves a wallet, and remembering what they count.

`judge` after every other decision, `keep` when the movement is written: in its commit. A refused
one moves nothing, and leaves its hits. Without rules one look at a row that is not there is all of
it, and a movement that no rule judges is done with as soon.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from changliao.core import chart, risk, risk_unseen
from changliao.core.acceptance import OWN_METHOD, TERMINAL_OF
from changliao.core.clock import NEVER, Instant
from changliao.core.ids import MerchantId, OrderId, RiskHitId, UserId
from changliao.core.money import Currency, Money
from changliao.core.orders import Order
from changliao.core.outcome import Refused
from changliao.core.risk import (
    MADE,
    UNTOUCHED,
    Attempted,
    Checks,
    Hit,
    Judged,
    Moved,
    Movement,
    Recent,
    RecentKind,
    Rulebook,
    Seen,
    decide_risk,
)
from changliao.core.risk_unseen import Unseen
from changliao.operations.operation import Place
from changliao.store import ledger
from changliao.store.risk import (
    CLEARANCES,
    MOVED,
    RECENTS,
    RULEBOOKS,
    THE_RULEBOOK,
    UNSEEN,
    add_hit,
)
from changliao.store.unit import UnitOfWork

# What every movement announces.
KEY: Final[Place] = (RULEBOOKS, THE_RULEBOOK)
_NO_RULES: Final = Rulebook()
_NOTHING_SEEN: Final = Seen()
_NOBODY: Final = UserId(0)


class Passed(Struct, frozen=True, gc=False):
    """A movement that rules let pass, and what is to be remembered of it when it is written.

    `times`: how many of its kind; `minutes`: for how long its amount. `returns`: its merchants'
    returns were counted.
    """

    attempted: Attempted
    judged: Judged
    times: int
    minutes: int
    returns: bool


def judge_order(
    tx: UnitOfWork, order: Order, payer_id: UserId, now: Instant, method_id: int = OWN_METHOD
) -> Passed | Refused | None:
    """May somebody pay this order, as far as rules go? None: nothing to keep."""
    book = _book(tx, Movement.PAYMENT)
    if book is None:
        return None
    return _judged(tx, book, of_order(order, payer_id, method_id), now)


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
    book = _book(tx, movement)
    if book is None:
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
    return _judged(tx, book, attempted, now)


def judge(tx: UnitOfWork, attempted: Attempted, now: Instant) -> Passed | Refused | None:
    """May this be made, as far as rules go? None: nothing to keep."""
    book = _book(tx, attempted.movement)
    if book is None:
        return None
    return _judged(tx, book, attempted, now)


def keep(tx: UnitOfWork, passed: Passed | None, now: Instant) -> None:
    """Write what is to be remembered of a movement that is made."""
    if passed is None:
        return
    attempted = passed.attempted
    if passed.judged.met:
        _keep_hits(tx, attempted, passed.judged, now)
    if passed.times:
        _happened(tx, attempted.payer_id, MADE[attempted.movement], passed.times, now)
    if passed.minutes:
        _moved(tx, attempted, passed.minutes, now)
    if passed.returns:
        for merchant_id in _paid(attempted):
            _hold_still(tx, merchant_id)


def wrong_pin(tx: UnitOfWork, user_id: UserId, now: Instant) -> None:
    """Somebody typed a wrong PIN; remembered while a rule counts them."""
    most = _times(tx).get(RecentKind.WRONG_PIN)
    if most:
        _happened(tx, user_id, RecentKind.WRONG_PIN, most, now)


def returned(tx: UnitOfWork, merchant_id: MerchantId, now: Instant) -> None:
    """A merchant had a refund or a dispute; remembered while a rule counts them."""
    most = _times(tx).get(RecentKind.RETURN)
    if most:
        _happened(tx, merchant_id, RecentKind.RETURN, most, now)


def _book(tx: UnitOfWork, movement: Movement) -> Rulebook | None:
    """The rules, if any of them judges this."""
    book = tx.find(RULEBOOKS, THE_RULEBOOK)
    return book if book is not None and movement in book.checks else None


def _judged(
    tx: UnitOfWork, book: Rulebook, attempted: Attempted, now: Instant
) -> Passed | Refused | None:
    movement = attempted.movement
    checks = book.checks[movement]
    seen = _seen(tx, checks, attempted) if checks.asks else _NOTHING_SEEN
    judged = decide_risk(checks.rules, attempted, seen, now)
    if judged.refused is not None:
        _keep_hits(tx, attempted, judged, now)
        return judged.refused
    if not checks.asks and judged is UNTOUCHED:
        return None
    times = book.times.get(MADE[movement], 0)
    return Passed(attempted, judged, times, book.sums.get(movement, 0), checks.returns)


def _times(tx: UnitOfWork) -> Mapping[RecentKind, int]:
    return (tx.find(RULEBOOKS, THE_RULEBOOK) or _NO_RULES).times


def _seen(tx: UnitOfWork, checks: Checks, attempted: Attempted) -> Seen:
    """What these rules ask about; what none asks about is not read."""
    payer_id, currency = attempted.payer_id, attempted.amount.currency
    if (checks.counted or checks.wrong_pins) and tx.untouched(RECENTS):
        _load_payers(tx, checks, currency)
    if checks.summed and tx.untouched(MOVED):
        _load_sums(tx, checks, currency)
    made: dict[Movement, tuple[Instant, ...]] = {}
    moved: dict[Movement, tuple[tuple[Instant, int], ...]] = {}
    wrong_pins: tuple[Instant, ...] = ()
    returns: tuple[tuple[Instant, ...], ...] = ()
    for one in checks.counted:
        made[one] = _recent(tx, payer_id, MADE[one])
    for one in checks.summed:
        known = tx.find(MOVED, (payer_id, one, currency.number))
        if known is not None:
            moved[one] = known.amounts
    if checks.wrong_pins:
        wrong_pins = _recent(tx, payer_id, RecentKind.WRONG_PIN)
    if checks.returns:
        returns = tuple(_recent(tx, one, RecentKind.RETURN) for one in _paid(attempted))
    new_receiver = checks.receivers and _is_new(tx, payer_id, attempted.receiver_id)
    cleared = tx.find(CLEARANCES, payer_id) if checks.reviews else None
    until = NEVER if cleared is None else cleared.until
    return Seen(made, moved, wrong_pins, returns, new_receiver, until)


def _paid(attempted: Attempted) -> tuple[MerchantId, ...]:
    return attempted.merchants or (attempted.merchant_id,)


def _hold_still(tx: UnitOfWork, merchant_id: MerchantId) -> None:
    """A return that another process commits meanwhile is counted: this batch begins again."""
    key = (merchant_id, RecentKind.RETURN)
    if tx.find(RECENTS, key) is None:
        tx.put(RECENTS, key, Recent(merchant_id, RecentKind.RETURN))
    tx.rely(RECENTS, key)


def _load_payers(tx: UnitOfWork, checks: Checks, currency: Currency) -> None:
    """The first to ask asks for everybody in the batch."""
    kinds = [MADE[one] for one in checks.counted]
    kinds += [RecentKind.WRONG_PIN] if checks.wrong_pins else []
    tx.load(RECENTS, [(one, kind) for one in _payers(tx, currency) for kind in kinds])


def _load_sums(tx: UnitOfWork, checks: Checks, currency: Currency) -> None:
    number, moves = currency.number, checks.summed
    tx.load(MOVED, [(one, move, number) for one in _payers(tx, currency) for move in moves])


def _payers(tx: UnitOfWork, currency: Currency) -> list[int]:
    return ledger.owners(tx, chart.wallet(_NOBODY, currency).book)


def _recent(tx: UnitOfWork, owner_id: int, kind: RecentKind) -> tuple[Instant, ...]:
    known = tx.find(RECENTS, (owner_id, kind))
    return () if known is None else known.times


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
    tx.put(UNSEEN, payer_id, unseen)


def _happened(tx: UnitOfWork, owner_id: int, kind: RecentKind, most: int, now: Instant) -> None:
    key = (owner_id, kind)
    known = tx.find(RECENTS, key) or Recent(owner_id, kind)
    tx.put(RECENTS, key, risk.after(known, most, now))


def _moved(tx: UnitOfWork, attempted: Attempted, minutes: int, now: Instant) -> None:
    payer_id, movement = attempted.payer_id, attempted.movement
    currency = attempted.amount.currency.number
    key = (payer_id, movement, currency)
    known = tx.find(MOVED, key) or Moved(payer_id, movement, currency)
    tx.put(MOVED, key, risk.added(known, attempted.amount.amount, minutes, now))
