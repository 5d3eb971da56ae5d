"""Setting budgets up, claiming coupons of them, and paying parts of orders from them."""

from collections.abc import Iterable
from typing import Final

from changliao.core import budgets, chart, discounts
from changliao.core.budgets import (
    Budget,
    BudgetState,
    ChangeBudget,
    Changed,
    EndBudget,
    FundBudget,
    Taker,
)
from changliao.core.clock import Instant
from changliao.core.discounts import (
    ClaimCoupon,
    Coupon,
    CouponState,
    Discounted,
    ExpireCoupon,
    Promise,
    Taken,
)
from changliao.core.events import EventKind
from changliao.core.ids import UserId
from changliao.core.ledger import Account, LedgerFault, Transfer, credited
from changliao.core.money import Currency
from changliao.core.orders import Discount, Order, PayOrder, payable_by
from changliao.core.outcome import Reason, Refused
from changliao.core.refunds import Refund
from changliao.operations import causes, heirs, notices
from changliao.operations.operation import Operation, Place, standing, state
from changliao.store import deadlines, ledger
from changliao.store.budgets import BUDGETS, COUPONS, DISCOUNTS, TAKERS
from changliao.store.causes import CAUSES
from changliao.store.deadlines import DeadlineKind
from changliao.store.parties import MERCHANTS, USERS
from changliao.store.unit import UnitOfWork


def take(tx: UnitOfWork, command: PayOrder, order: Order, now: Instant) -> Taken | Refused:
    """What the payer asks a budget to pay of an order: decided, and not written yet."""
    wanted = command.discount
    if wanted is None:
        return _NOTHING
    refused = payable_by(order, command.payer_id, command.issue, now)
    if refused is not None:
        return refused
    budget = tx.find(BUDGETS, (wanted.owner_id, wanted.budget_id))
    if budget is None:
        return Refused(Reason.BUDGET_NOT_FOUND)
    sides = [side for side in (order.merchant_id, order.partner_id) if side]
    if not any(heirs.inherits(tx, side, budget.owner_id) for side in sides):
        return Refused(Reason.BUDGET_UNSUITED, "another shop's")
    asked = Discounted(
        order.merchant_id,
        order.id,
        budget.owner_id,
        budget.id,
        wanted.coupon_id,
        command.payer_id,
        command.payment_id,
        wanted.amount,
    )
    if not asked.coupon_id:
        taker = _taker(tx, budget, asked.payer_id)
        waiting = ledger.account(tx, budgets.account(budget))
        return discounts.decide_subsidy(asked, budget, order, taker, waiting, now=now)
    coupon = tx.find(COUPONS, (budget.owner_id, asked.coupon_id))
    if coupon is None:
        return Refused(Reason.COUPON_NOT_FOUND)
    _rely(tx, budget)
    return discounts.decide_use(asked, budget, order, coupon, now)


def in_hand(wallet: Account, *taken: Taken) -> Account:
    """The payer's wallet with what budgets give."""
    for one in (move for each in taken for move in each.transfers):
        if one.credit == wallet.id:
            wallet = credited(wallet, one)
    return wallet


def keep(tx: UnitOfWork, taken: Taken) -> None:
    """Write what was taken."""
    ledger.post(tx, taken.transfers)
    if taken.taker is not None:
        tx.put(TAKERS, TAKERS.key(taken.taker), taken.taker)
        _tell_spent(tx, taken.taker, taken.transfers)
    if taken.coupon is not None:
        _keep_coupon(tx, taken.coupon)
    if taken.discounted is not None:
        tx.insert(DISCOUNTS, taken.discounted)


def give_back(tx: UnitOfWork, refund: Refund) -> None:
    """After the payer has a refund, the budget's part of it goes back."""
    if not refund.discount:
        return
    known = tx.find(DISCOUNTS, (refund.merchant_id, refund.order_id))
    budget = tx.find(BUDGETS, (known.owner_id, known.budget_id)) if known is not None else None
    if known is None or budget is None:
        raise LedgerFault(f"no budget gave the {refund.discount} of refund {refund.id}")
    _rely(tx, budget)
    after, transfers = discounts.decide_discount_back(known, budget, refund)
    ledger.post(tx, transfers)
    tx.update(DISCOUNTS, after)


def _open(tx: UnitOfWork, command: Budget, now: Instant) -> Budget | Refused:
    """Set a budget up, without money yet. The same id again finds it."""
    earlier = tx.find(BUDGETS, BUDGETS.key(command))
    if earlier is not None:
        same = budgets.same_budget(earlier, command)
        return earlier if same else Refused(Reason.BUDGET_REUSED)
    if causes.named(tx, command.id) is not None:
        return Refused(Reason.BUDGET_REUSED, causes.ANOTHERS)
    if tx.find(MERCHANTS, command.owner_id) is None:
        return Refused(Reason.MERCHANT_NOT_FOUND)
    refused = budgets.decide_budget(command, now)
    if refused is not None:
        return refused
    tx.insert(BUDGETS, command)
    causes.keep(tx, command.id, command.owner_id)
    deadlines.add(tx, command.ends_at, command.id, command.owner_id, DeadlineKind.BUDGET)
    return command


def _fund(tx: UnitOfWork, command: FundBudget, now: Instant) -> Budget | Refused:
    """Set money aside. So much again is no change."""
    known = tx.find(BUDGETS, (command.owner_id, command.budget_id))
    if known is None:
        return Refused(Reason.BUDGET_NOT_FOUND)
    payable = ledger.account(tx, chart.payable(known.owner_id, known.cap.currency))
    return _changed(tx, known, budgets.decide_funding(command, known, payable))


def _change(tx: UnitOfWork, command: ChangeBudget, now: Instant) -> Budget | Refused:
    """Pause, resume or close. Asking again is no change."""
    known = tx.find(BUDGETS, (command.owner_id, command.budget_id))
    if known is None:
        return Refused(Reason.BUDGET_NOT_FOUND)
    waiting = ledger.account(tx, budgets.account(known))
    after = _changed(tx, known, budgets.decide_change(command.event, known, waiting))
    if isinstance(after, Budget) and after.state is BudgetState.CLOSED:
        deadlines.drop(tx, known.ends_at, known.id, known.owner_id)
    return after


def _end(tx: UnitOfWork, command: EndBudget, now: Instant) -> Budget | Refused:
    """Close a budget whose time is over. Its deadline is done with, whatever the answer."""
    known = tx.find(BUDGETS, (command.owner_id, command.budget_id))
    if known is None:
        return Refused(Reason.BUDGET_NOT_FOUND)
    if now >= known.ends_at:
        deadlines.drop(tx, known.ends_at, known.id, known.owner_id)
    waiting = ledger.account(tx, budgets.account(known))
    return _changed(tx, known, budgets.decide_end(known, waiting, now))


def _claim(tx: UnitOfWork, command: ClaimCoupon, now: Instant) -> Coupon | Refused:
    """Take a coupon. The same id again finds it."""
    earlier = tx.find(COUPONS, (command.owner_id, command.coupon_id))
    if earlier is not None:
        same = (earlier.budget_id, earlier.user_id) == (command.budget_id, command.user_id)
        return earlier if same else Refused(Reason.BUDGET_REUSED)
    budget = tx.find(BUDGETS, (command.owner_id, command.budget_id))
    if budget is None:
        return Refused(Reason.BUDGET_NOT_FOUND)
    if tx.find(USERS, command.user_id) is None:
        return Refused(Reason.USER_NOT_FOUND)
    taker = _taker(tx, budget, command.user_id)
    waiting = ledger.account(tx, budgets.account(budget))

    promise = discounts.decide_claim(command, budget, taker, waiting, now)

    return promise if isinstance(promise, Refused) else _keep_promise(tx, promise)


def _expire(tx: UnitOfWork, command: ExpireCoupon, now: Instant) -> Coupon | Refused:
    """Take a promise back. A deadline that has passed is done with, whatever the answer."""
    known = tx.find(COUPONS, (command.owner_id, command.coupon_id))
    budget = tx.find(BUDGETS, (known.owner_id, known.budget_id)) if known is not None else None
    if known is None or budget is None:
        return Refused(Reason.COUPON_NOT_FOUND)
    if now >= known.expires_at:
        deadlines.drop(tx, known.expires_at, known.id, known.owner_id)
    _rely(tx, budget)

    promise = discounts.decide_coupon_expiry(known, budget, now)

    return promise if isinstance(promise, Refused) else _keep_promise(tx, promise)


def _rely(tx: UnitOfWork, budget: Budget) -> None:
    """What goes back goes where `home` says; a budget that is closed meanwhile would keep it."""
    tx.rely(BUDGETS, BUDGETS.key(budget))


def _keep_promise(tx: UnitOfWork, promise: Promise) -> Coupon:
    ledger.post(tx, promise.transfers)
    if promise.taker is not None:
        tx.put(TAKERS, TAKERS.key(promise.taker), promise.taker)
        _tell_spent(tx, promise.taker, promise.transfers)
    _keep_coupon(tx, promise.coupon)
    return promise.coupon


def _keep_coupon(tx: UnitOfWork, coupon: Coupon) -> None:
    tx.put(COUPONS, COUPONS.key(coupon), coupon)
    when = coupon.expires_at, coupon.id, coupon.owner_id
    if coupon.state is CouponState.CLAIMED:
        deadlines.add(tx, *when, DeadlineKind.COUPON)
    else:
        deadlines.drop(tx, *when)


def _tell_spent(tx: UnitOfWork, taker: Taker, moved: Iterable[Transfer]) -> None:
    """The owner hears once when less is left than one more use."""
    budget = tx.find(BUDGETS, (taker.owner_id, taker.budget_id))
    if budget is None:
        return
    source = budgets.account(budget)
    left = ledger.account(tx, source).spendable
    taken = sum(one.amount for one in moved if one.debit == source)
    if left < budget.face <= left + taken:
        notices.tell(tx, budget.owner_id, EventKind.BUDGET_SPENT, budget.id)


def _changed(tx: UnitOfWork, known: Budget, after: Changed | Refused) -> Budget | Refused:
    if isinstance(after, Refused):
        return after
    if after.budget is not known:
        ledger.post(tx, after.transfers)
        tx.update(BUDGETS, after.budget)
        if after.budget.state is BudgetState.CLOSED:
            notices.tell(tx, known.owner_id, EventKind.BUDGET_CLOSED, known.id)
    return after.budget


def _taker(tx: UnitOfWork, budget: Budget, user_id: UserId) -> Taker:
    found = tx.find(TAKERS, (budget.owner_id, budget.id, user_id))
    return found or Taker(budget.owner_id, budget.id, user_id)


def _open_keys(command: Budget) -> Iterable[Place]:
    yield BUDGETS, BUDGETS.key(command)
    yield CAUSES, command.id
    yield MERCHANTS, command.owner_id


def _one_keys(command: FundBudget | ChangeBudget | EndBudget) -> Iterable[Place]:
    yield BUDGETS, (command.owner_id, command.budget_id)


def _claim_keys(command: ClaimCoupon) -> Iterable[Place]:
    yield BUDGETS, (command.owner_id, command.budget_id)
    yield COUPONS, (command.owner_id, command.coupon_id)
    yield TAKERS, (command.owner_id, command.budget_id, command.user_id)
    yield USERS, command.user_id


def _expire_keys(command: ExpireCoupon) -> Iterable[Place]:
    yield COUPONS, (command.owner_id, command.coupon_id)


def taking_keys(wanted: Discount | None, payer_id: UserId, currency: Currency) -> Iterable[Place]:
    """What `take` reads."""
    if wanted is not None:
        yield BUDGETS, (wanted.owner_id, wanted.budget_id)
        yield TAKERS, (wanted.owner_id, wanted.budget_id, payer_id)
        yield COUPONS, (wanted.owner_id, wanted.coupon_id)
        yield ledger.ACCOUNTS, chart.budget(wanted.budget_id, currency)
        yield ledger.ACCOUNTS, chart.coupons(wanted.budget_id, currency)


_NOTHING: Final = Taken()
OPEN: Final = Operation("budgets.open", _open, _open_keys)
FUND: Final = Operation("budgets.fund", _fund, _one_keys)
CHANGE: Final = Operation(
    "budgets.change",
    _change,
    _one_keys,
    standing(BUDGETS, lambda one: (one.owner_id, one.budget_id), state),
)
END: Final = Operation("budgets.end", _end, _one_keys)
CLAIM: Final = Operation("coupons.claim", _claim, _claim_keys)
EXPIRE: Final = Operation("coupons.expire", _expire, _expire_keys)
