"""Budgets: money that a merchant or platform sets aside to pay a part of what people buy.

The money leaves the owner's earnings and waits in an account of the budget's own, which stops at
zero: what is promised or spent never exceeds what was set aside, and that never exceeds the cap.
How it is spent: core/discounts.py. Refuses: above the cap, outside its time, one too many.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core import chart
from changliao.core.chart import AccountId
from changliao.core.clock import DAY, Instant
from changliao.core.ids import BudgetId, MerchantId, UserId
from changliao.core.ledger import Account, Code, Transfer
from changliao.core.money import BPS, MAX_AMOUNT, Money
from changliao.core.outcome import Reason, Refused

MOST_EACH: Final = 1_000
LONGEST: Final = 366 * DAY


class BudgetKind(IntEnum):
    """The number is stored."""

    COUPON = 1
    SUBSIDY = 2


class BudgetState(IntEnum):
    """The number is stored. PAUSED: nothing new is promised; coupons that people have are good."""

    __hash__ = int.__hash__

    OPEN = 1
    PAUSED = 2
    CLOSED = 3


class BudgetEvent(IntEnum):
    """What can be asked of a budget. TAKE: a coupon or a subsidy."""

    __hash__ = int.__hash__

    FUND = 1
    TAKE = 2
    PAUSE = 3
    RESUME = 4
    CLOSE = 5


_OPEN, _PAUSED, _CLOSED = BudgetState.OPEN, BudgetState.PAUSED, BudgetState.CLOSED
TRANSITIONS: Final[Mapping[tuple[BudgetState, BudgetEvent], BudgetState | Reason]] = {
    (_OPEN, BudgetEvent.FUND): _OPEN,
    (_OPEN, BudgetEvent.TAKE): _OPEN,
    (_OPEN, BudgetEvent.PAUSE): _PAUSED,
    (_OPEN, BudgetEvent.RESUME): _OPEN,
    (_OPEN, BudgetEvent.CLOSE): _CLOSED,
    (_PAUSED, BudgetEvent.FUND): _PAUSED,
    (_PAUSED, BudgetEvent.TAKE): Reason.BUDGET_PAUSED,
    (_PAUSED, BudgetEvent.PAUSE): _PAUSED,
    (_PAUSED, BudgetEvent.RESUME): _OPEN,
    (_PAUSED, BudgetEvent.CLOSE): _CLOSED,
    (_CLOSED, BudgetEvent.FUND): Reason.BUDGET_CLOSED,
    (_CLOSED, BudgetEvent.TAKE): Reason.BUDGET_CLOSED,
    (_CLOSED, BudgetEvent.PAUSE): Reason.BUDGET_CLOSED,
    (_CLOSED, BudgetEvent.RESUME): Reason.BUDGET_CLOSED,
    (_CLOSED, BudgetEvent.CLOSE): _CLOSED,
}


class Budget(Struct, frozen=True):
    """`funded` of `cap` was set aside so far. Units: minor, basis points, microseconds.

    One use pays `face`; with `rate_bps` that part of the order, at most `face`. Orders below
    `threshold` get nothing; a person has at most `most_each` uses. A coupon lives `coupon_lives`.
    """

    id: BudgetId
    owner_id: MerchantId
    name: str
    kind: BudgetKind
    cap: Money
    face: int
    starts_at: Instant
    ends_at: Instant
    rate_bps: int = 0
    threshold: int = 0
    most_each: int = 1
    coupon_lives: int = 0
    funded: int = 0
    state: BudgetState = BudgetState.OPEN


class Taker(Struct, frozen=True):
    """How often a person has taken from a budget."""

    owner_id: MerchantId
    budget_id: BudgetId
    user_id: UserId
    taken: int = 0


class FundBudget(Struct, frozen=True):
    """Set money aside: `funded` is what is set aside in all from then on."""

    owner_id: MerchantId
    budget_id: BudgetId
    funded: int


class ChangeBudget(Struct, frozen=True):
    """Pause, resume or close."""

    owner_id: MerchantId
    budget_id: BudgetId
    event: BudgetEvent


class EndBudget(Struct, frozen=True):
    """Its time is over."""

    owner_id: MerchantId
    budget_id: BudgetId


class Changed(Struct, frozen=True):
    """A budget afterwards, and the money that moved."""

    budget: Budget
    transfers: tuple[Transfer, ...] = ()


def account(budget: Budget) -> AccountId:
    """What is set aside and not promised."""
    return chart.budget(budget.id, budget.cap.currency)


def promised(budget: Budget) -> AccountId:
    """What people hold coupons for."""
    return chart.coupons(budget.id, budget.cap.currency)


def home(budget: Budget) -> AccountId:
    """Where money goes back to: the budget, or its owner's earnings when it is closed."""
    if budget.state is BudgetState.CLOSED:
        return chart.payable(budget.owner_id, budget.cap.currency)
    return account(budget)


def decide_budget(asked: Budget, now: Instant) -> Refused | None:
    """May there be such a budget? The detail names the field."""
    coupon = asked.kind is BudgetKind.COUPON
    rules = (
        (1 <= asked.cap.amount <= MAX_AMOUNT, f"cap: 1 to {MAX_AMOUNT} minor units"),
        (1 <= asked.face <= asked.cap.amount, "face: at least 1, at most the cap"),
        (0 <= asked.rate_bps <= BPS, f"rate_bps: 0 to {BPS}"),
        (0 <= asked.threshold <= MAX_AMOUNT, "threshold: 0 or more"),
        (1 <= asked.most_each <= MOST_EACH, f"most_each: 1 to {MOST_EACH}"),
        (now < asked.ends_at <= now + LONGEST, "ends_at: in the next 366 days"),
        (asked.starts_at < asked.ends_at, "starts_at: before it ends"),
        ((0 < asked.coupon_lives <= LONGEST) if coupon else not asked.coupon_lives,
         "coupon_days: 1 to 366 for coupons, none for subsidies"),
    )  # fmt: skip
    wrong = next((said for fine, said in rules if not fine), None)
    return Refused(Reason.BUDGET_INVALID, wrong) if wrong else None


def decide_funding(command: FundBudget, known: Budget, payable: Account) -> Changed | Refused:
    """Set money aside out of the owner's earnings, up to the cap. What is set aside stays so."""
    state = TRANSITIONS[known.state, BudgetEvent.FUND]
    if isinstance(state, Reason):
        return Refused(state)
    more = command.funded - known.funded
    if more == 0:
        return Changed(known)
    if more < 0:
        return Refused(Reason.BUDGET_INVALID, f"funded: {known.funded} is set aside already")
    if command.funded > known.cap.amount:
        return Refused(Reason.BUDGET_CAPPED, f"funded: the cap is {known.cap.amount}")
    if payable.spendable < more:
        return Refused(Reason.MERCHANT_FUNDS_INSUFFICIENT)
    transfer = Transfer(payable.id, account(known), more, Code.BUDGET_FUND, known.id)
    return Changed(replace(known, funded=command.funded), (transfer,))


def decide_change(event: BudgetEvent, known: Budget, waiting: Account) -> Changed | Refused:
    """Pause, resume or close. What is closed gives what is not promised back to its owner."""
    state = TRANSITIONS[known.state, event]
    if isinstance(state, Reason):
        return Refused(state)
    after = replace(known, state=state) if state is not known.state else known
    if after.state is not BudgetState.CLOSED or known.state is after.state:
        return Changed(after)
    return Changed(
        after, moves(waiting.id, home(after), waiting.spendable, Code.BUDGET_CLOSE, known.id)
    )


def decide_end(known: Budget, waiting: Account, now: Instant) -> Changed | Refused:
    """Close a budget whose time is over."""
    if now < known.ends_at:
        return Refused(Reason.BUDGET_NOT_ENDED)
    return decide_change(BudgetEvent.CLOSE, known, waiting)


def same_budget(one: Budget, other: Budget) -> bool:
    """Were these two asked for in the same words?"""
    return replace(one, state=other.state, funded=other.funded) == other


def one_more(taker: Taker, budget: Budget, now: Instant) -> Taker | Refused:
    """A person takes once more from a budget, if it is open and they may."""
    state = TRANSITIONS[budget.state, BudgetEvent.TAKE]
    if isinstance(state, Reason):
        return Refused(state)
    if not budget.starts_at <= now < budget.ends_at:
        return Refused(Reason.BUDGET_CLOSED, "outside its time")
    if taker.taken >= budget.most_each:
        return Refused(Reason.BUDGET_TAKEN, f"{budget.most_each} for each person")
    return replace(taker, taken=taker.taken + 1)


def moves(
    source: AccountId, target: AccountId, amount: int, code: Code, cause: int
) -> tuple[Transfer, ...]:
    """One transfer, or none of nothing."""
    return (Transfer(source, target, amount, code, cause),) if amount else ()
