"""Asking risk rules before a payment, remembering what they count, and changing them.

`judge` after every other decision, `keep` when the payment is written: in its commit. A refused
payment moves nothing, and leaves its hits. Without rules one look at a row that is not there is
all of it.
"""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core import chart, risk
from changliao.core.acceptance import OWN_METHOD, TERMINAL_OF
from changliao.core.chart import AccountId
from changliao.core.clock import NEVER, Instant
from changliao.core.ids import MerchantId, RiskHitId, UserId
from changliao.core.orders import Order
from changliao.core.outcome import Reason, Refused
from changliao.core.risk import (
    Attempted,
    Clearance,
    ClearPayer,
    DecideRule,
    Hit,
    Judged,
    Recent,
    RecentKind,
    Rule,
    Rulebook,
    Seen,
    decide_clearance,
    decide_event,
    decide_risk,
    decide_rule,
)
from changliao.operations.operation import Operation, Place
from changliao.store import ledger
from changliao.store.acceptance import METHODS, TERMINALS
from changliao.store.parties import USERS
from changliao.store.risk import CLEARANCES, RECENTS, RULEBOOKS, RULES, THE_RULEBOOK, add_hit
from changliao.store.unit import UnitOfWork

# What a payment announces.
KEY: Final[Place] = (RULEBOOKS, THE_RULEBOOK)
_NO_RULES: Final = Rulebook()


class Passed(Struct, frozen=True, gc=False):
    """A payment that rules let pass, and what is to be kept of it when it is written."""

    attempted: Attempted
    judged: Judged
    payments: int


def judge_order(
    tx: UnitOfWork, order: Order, payer_id: UserId, now: Instant, method_id: int = OWN_METHOD
) -> Passed | Refused | None:
    """May somebody pay this order, as far as rules go? None: there are no rules."""
    if not _in_force(tx).rules:
        return None
    return judge(tx, of_order(order, payer_id, method_id), now)


def of_order(order: Order, payer_id: UserId, method_id: int = OWN_METHOD) -> Attempted:
    """An order that somebody is about to pay."""
    return Attempted(
        payer_id, order.merchant_id, order.id, order.amount, method_id, TERMINAL_OF[order.scene]
    )


def judge(tx: UnitOfWork, attempted: Attempted, now: Instant) -> Passed | Refused | None:
    """May this payment be made, as far as rules go? None: there are no rules."""
    book = _in_force(tx)
    if not book.rules:
        return None
    judged = decide_risk(book.rules, attempted, _seen(tx, book, attempted), now)
    if judged.refused is not None:
        _keep_hits(tx, attempted, judged)
        return judged.refused
    return Passed(attempted, judged, book.payments)


def keep(tx: UnitOfWork, passed: Passed | None, now: Instant) -> None:
    """Write what is to be remembered of a payment that is made."""
    if passed is None:
        return
    _keep_hits(tx, passed.attempted, passed.judged)
    if passed.payments:
        _happened(tx, passed.attempted.payer_id, RecentKind.PAYMENT, passed.payments, now)


def wrong_pin(tx: UnitOfWork, user_id: UserId, now: Instant) -> None:
    """Somebody typed a wrong PIN; remembered while a rule counts them."""
    most = _in_force(tx).wrong_pins
    if most:
        _happened(tx, user_id, RecentKind.WRONG_PIN, most, now)


def returned(tx: UnitOfWork, merchant_id: MerchantId, now: Instant) -> None:
    """A merchant had a refund or a dispute; remembered while a rule counts them."""
    most = _in_force(tx).returns
    if most:
        _happened(tx, merchant_id, RecentKind.RETURN, most, now)


def _in_force(tx: UnitOfWork) -> Rulebook:
    return tx.find(RULEBOOKS, THE_RULEBOOK) or _NO_RULES


def _seen(tx: UnitOfWork, book: Rulebook, attempted: Attempted) -> Seen:
    """What these rules ask about; what none asks about is not read."""
    payer_id = attempted.payer_id
    payments: tuple[Instant, ...] = ()
    wrong_pins: tuple[Instant, ...] = ()
    returns: tuple[tuple[Instant, ...], ...] = ()
    cleared = None
    if (book.payments or book.wrong_pins) and tx.untouched(RECENTS):
        _load_payers(tx, book, chart.wallet(payer_id, attempted.amount.currency))
    if book.payments:
        payments = _times(tx, payer_id, RecentKind.PAYMENT)
    if book.wrong_pins:
        wrong_pins = _times(tx, payer_id, RecentKind.WRONG_PIN)
    if book.returns:
        merchants = attempted.merchants or (attempted.merchant_id,)
        returns = tuple(_times(tx, one, RecentKind.RETURN) for one in merchants)
    if book.reviews:
        cleared = tx.find(CLEARANCES, payer_id)
    return Seen(payments, wrong_pins, returns, NEVER if cleared is None else cleared.until)


def _load_payers(tx: UnitOfWork, book: Rulebook, wallet: AccountId) -> None:
    """The first to ask asks for everybody in the batch."""
    kinds = [int(RecentKind.PAYMENT)] if book.payments else []
    kinds += [int(RecentKind.WRONG_PIN)] if book.wrong_pins else []
    owners = ledger.owners(tx, wallet.book)
    tx.load(RECENTS, ((one, kind) for one in owners for kind in kinds))


def _times(tx: UnitOfWork, owner_id: int, kind: RecentKind) -> tuple[Instant, ...]:
    known = tx.find(RECENTS, (owner_id, int(kind)))
    return () if known is None else known.times


def _keep_hits(tx: UnitOfWork, attempted: Attempted, judged: Judged) -> None:
    for one in judged.met:
        passed = judged.refused is None
        add_hit(tx, Hit(RiskHitId(tx.new_id()), one.id, one.action, attempted, passed))


def _happened(tx: UnitOfWork, owner_id: int, kind: RecentKind, most: int, now: Instant) -> None:
    key = (owner_id, int(kind))
    known = tx.find(RECENTS, key) or Recent(owner_id, kind)
    tx.put(RECENTS, key, risk.after(known, most, now))


def _draft(tx: UnitOfWork, command: Rule, now: Instant) -> Rule | Refused:
    """Keep a rule that could be approved. The same one again is found."""
    earlier = tx.find(RULES, command.id)
    if earlier is not None:
        return earlier
    methods = [command.method_id] if tx.find(METHODS, command.method_id) else []
    terminals = [command.terminal_id] if tx.find(TERMINALS, command.terminal_id) else []
    users = [one for one in command.users[: risk.MOST_LISTED] if tx.find(USERS, one)]
    refused = decide_rule(command, methods, terminals, users)
    if refused is not None:
        return refused
    tx.insert(RULES, command)
    return command


def _decide(tx: UnitOfWork, command: DecideRule, now: Instant) -> Rule | Refused:
    """Approve, withdraw or end a rule: the next payment obeys."""
    rule = tx.find(RULES, command.rule_id)
    if rule is None:
        return Refused(Reason.RISK_RULE_NOT_FOUND)
    book = _in_force(tx)
    decided = decide_event(command, rule, book, now)
    if isinstance(decided, Refused):
        return decided
    after, changed = decided
    if after is not rule:
        tx.update(RULES, after)
    if changed is not book:
        tx.put(RULEBOOKS, THE_RULEBOOK, changed)
    return after


def _clear(tx: UnitOfWork, command: ClearPayer, now: Instant) -> Clearance | Refused:
    """Let a payer pass reviews until then."""
    if tx.find(USERS, command.user_id) is None:
        return Refused(Reason.USER_NOT_FOUND)
    known = tx.find(CLEARANCES, command.user_id)
    if known is not None and replace(_cleared(command), revision=known.revision) == known:
        return known
    cleared = decide_clearance(command, known, now)
    if isinstance(cleared, Clearance):
        tx.put(CLEARANCES, command.user_id, cleared)
    return cleared


def _cleared(command: ClearPayer) -> Clearance:
    return Clearance(command.user_id, command.until, command.note, command.by)


def _drafting_keys(command: Rule) -> Iterable[Place]:
    yield RULES, command.id


def _deciding_keys(command: DecideRule) -> Iterable[Place]:
    yield RULES, command.rule_id
    yield KEY


def _clearing_keys(command: ClearPayer) -> Iterable[Place]:
    yield USERS, command.user_id
    yield CLEARANCES, command.user_id


DRAFT: Final = Operation("risk.draft", _draft, _drafting_keys)
DECIDE: Final = Operation("risk.decide", _decide, _deciding_keys)
CLEAR: Final = Operation("risk.clear", _clear, _clearing_keys)
