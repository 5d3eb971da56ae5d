"""Keeping people within their limits, and setting levels and limits.

`count` after a decision, `keep` when it is written: in the commit that debits the wallet. The
ceiling it leaves with the unit of work guards the wallet's row against other processes.
"""

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from changliao.core import chart, limits
from changliao.core.acts import Facts
from changliao.core.clock import Instant
from changliao.core.ids import UserId
from changliao.core.ledger import Account
from changliao.core.limits import Counted, Identity, Limits, SetLevel, SetLimit, Spending
from changliao.core.money import Money
from changliao.core.outcome import Reason, Refused
from changliao.operations.operation import Operation, Place
from changliao.store import ledger
from changliao.store.limits import IDENTITIES, LEVELS, LIMITS, SPENDINGS, spending_from_row
from changliao.store.parties import USERS
from changliao.store.unit import UnitOfWork


def count(tx: UnitOfWork, wallet: Account, amount: int, now: Instant) -> Counted | Refused | None:
    """May a person spend this from the wallet? Decided, and not written yet; None: no limits."""
    currency = chart.currency(wallet.id).number
    known = tx.find(LIMITS, currency)
    if known is None:
        return None
    user_id = UserId(wallet.id.owner)
    if tx.untouched(SPENDINGS):
        # The first to ask asks for everybody in the batch; without limits nobody does.
        tx.load(SPENDINGS, ((one, currency) for one in ledger.owners(tx, wallet.id.book)))
    spending = tx.find(SPENDINGS, (user_id, currency))
    if spending is None:
        level = _identity(tx, user_id).level
        spending = limits.begin(user_id, currency, level, wallet.debits_posted, now)
    return limits.decide_spending(known, spending, wallet, amount, now)


def keep(tx: UnitOfWork, counted: Counted | None) -> None:
    """Write what was counted."""
    if counted is None:
        return
    tx.ceilings[counted.wallet] = counted.most_debits
    spending = counted.spending
    if not spending.revision:
        # Whoever sets the level at this moment meets this row, and copies the level anew.
        person = _identity(tx, spending.user_id)
        _put(tx, replace(person, counts=person.counts + 1))
        tx.insert(SPENDINGS, replace(spending, revision=1))
    elif counted.changed:
        tx.update(SPENDINGS, spending)


def give_back(
    tx: UnitOfWork, user_id: UserId, amount: Money, spent_at: Instant, now: Instant
) -> None:
    """What a person spent then came back, and does not count."""
    known = _spending(tx, user_id, amount)
    if known is not None:
        debits = ledger.account(tx, known.wallet).debits_posted
        _change(tx, known, limits.give_back(known, amount.amount, spent_at, debits, now))


def pass_over(tx: UnitOfWork, user_id: UserId, amount: Money, now: Instant) -> None:
    """The wallet is about to pay on what was never its person's to spend."""
    known = _spending(tx, user_id, amount)
    if known is None:
        return
    debits = ledger.account(tx, known.wallet).debits_posted
    _change(tx, known, limits.pass_over(known, amount.amount, debits, now))
    if known.wallet in tx.ceilings:
        tx.ceilings[known.wallet] += amount.amount


def _set_limit(tx: UnitOfWork, command: SetLimit, now: Instant) -> Limits | Refused:
    """What a level may spend from now on; so much again is no change."""
    if tx.find(LEVELS, command.limit.level) is None:
        return Refused(Reason.LEVEL_UNKNOWN, "level: there is none of this number")
    known = tx.find(LIMITS, command.currency)
    after = limits.decide_limit(command, known or Limits(command.currency))
    if isinstance(after, Limits) and after is not known:
        tx.put(LIMITS, command.currency, after)
    return after


def _set_level(tx: UnitOfWork, command: SetLevel, now: Instant) -> Identity | Refused:
    """A person's level from now on, in every currency they spend. The same again is no change."""
    if tx.find(USERS, command.user_id) is None:
        return Refused(Reason.USER_NOT_FOUND)
    if tx.find(LEVELS, command.level) is None:
        return Refused(Reason.LEVEL_UNKNOWN, "level: there is none of this number")
    known = _identity(tx, command.user_id)
    if known.level == command.level and known.set_at:
        return known
    for one in _spendings(tx, command.user_id):
        _change(tx, one, replace(one, level=command.level, revision=one.revision + 1))
    return _put(tx, replace(known, level=command.level, set_at=now))


def _spending(tx: UnitOfWork, user_id: UserId, amount: Money) -> Spending | None:
    """What is counted of a person: nothing of nothing, and nothing where there are no limits."""
    currency = amount.currency.number
    if not amount.amount or tx.find(LIMITS, currency) is None:
        return None
    return tx.find(SPENDINGS, (user_id, currency))


def _spendings(tx: UnitOfWork, user_id: UserId) -> list[Spending]:
    """As this batch sees them: a row may have been made a moment ago."""
    stored = [
        spending_from_row(one) for one in tx.select("spendings_of_user", {"user_id": user_id})
    ]
    currencies = {one.currency for one in stored}
    currencies |= {one.currency for one in tx.held(SPENDINGS) if one.user_id == user_id}
    found = (tx.find(SPENDINGS, (user_id, currency)) for currency in sorted(currencies))
    return [one for one in found if one is not None]


def _identity(tx: UnitOfWork, user_id: UserId) -> Identity:
    return tx.find(IDENTITIES, user_id) or Identity(user_id)


def _put(tx: UnitOfWork, person: Identity) -> Identity:
    after = replace(person, revision=person.revision + 1)
    tx.put(IDENTITIES, person.user_id, after)
    return after


def _change(tx: UnitOfWork, before: Spending, after: Spending) -> None:
    if after is not before:
        tx.update(SPENDINGS, after)


def _level_keys(command: SetLevel) -> Iterable[Place]:
    yield USERS, command.user_id
    yield LEVELS, command.level
    yield IDENTITIES, command.user_id


def _limit_keys(command: SetLimit) -> Iterable[Place]:
    yield LEVELS, command.limit.level
    yield LIMITS, command.currency


def _limit_facts(tx: UnitOfWork, command: SetLimit, now: Instant) -> Facts:
    known = tx.find(LIMITS, command.currency) or Limits(command.currency)
    return limits.facts(known, command.limit.level)


def _level_facts(tx: UnitOfWork, command: SetLevel, now: Instant) -> Facts:
    return limits.level_facts(_identity(tx, command.user_id))


SET_LIMIT: Final = Operation("limits.set_limit", _set_limit, _limit_keys, _limit_facts)
SET_LEVEL: Final = Operation("limits.set_level", _set_level, _level_keys, _level_facts)
