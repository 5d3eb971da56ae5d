"""The audit of budgets: what is set aside, promised, paid and back is what moved and what waits."""

from collections import defaultdict
from collections.abc import Mapping

from changliao.core import budgets, ids
from changliao.core.budgets import Budget, BudgetState
from changliao.core.chart import AccountId, Purpose
from changliao.core.discounts import Discounted
from changliao.core.ledger import Code
from changliao.store.engine import Reader
from changliao.store.views import budgets as views


def first_fault(
    reader: Reader,
    moved: Mapping[tuple[int, int], int],
    standing: Mapping[Purpose, Mapping[AccountId, int]],
) -> str | None:
    """What is wrong with budgets; None: nothing. `moved` is by cause and code."""
    used: dict[tuple[int, int], int] = defaultdict(int)
    named: dict[int, tuple[str, int]] = {}
    paid = returned = count = 0
    for known, (ordered, refunded, discount) in views.all_discounts(reader):
        shown = f"the discount of {ids.show('ord', known.order_id)}"
        wrong = _wrong_discount(known, ordered, refunded, discount)
        if wrong:
            return f"{shown} {wrong}"
        # Payers name their payments: two merchants may have been paid under one name.
        _, others = named.get(known.payment_id, (shown, 0))
        named[known.payment_id] = shown, others + known.amount
        used[known.owner_id, known.budget_id] += known.amount - known.returned
        paid, returned, count = paid + known.amount, returned + known.returned, count + 1
    for payment_id, (shown, amount) in named.items():
        if moved.get((payment_id, Code.DISCOUNT), 0) != amount:
            return f"{shown} did not move {amount}"
    if (paid, count) != tuple(views.discounted_orders(reader)):
        return "orders have discounts that no budget paid"
    for code, in_all in ((Code.DISCOUNT, paid), (Code.DISCOUNT_RETURN, returned)):
        if sum(amount for (_, why), amount in moved.items() if why == code) != in_all:
            return f"{code.name.lower()} did not move {in_all}"
    return _wrong_budgets(reader, used, moved, standing)


def _wrong_discount(known: Discounted, ordered: int, refunded: int, discount: int) -> str | None:
    if known.amount != discount:
        return f"is {known.amount}, its order says {discount}"
    if known.returned != known.amount * refunded // ordered:
        return f"has {known.returned} back of {known.amount} after {refunded} of {ordered}"
    return None


def _wrong_budgets(
    reader: Reader,
    used: Mapping[tuple[int, int], int],
    moved: Mapping[tuple[int, int], int],
    standing: Mapping[Purpose, Mapping[AccountId, int]],
) -> str | None:
    coupons = views.coupons_waiting(reader)
    waiting = {**standing[Purpose.BUDGET], **standing[Purpose.COUPONS]}
    for known in views.all_budgets(reader):
        shown, key = ids.show("bdg", known.id), (known.owner_id, known.id)
        if moved.get((known.id, Code.BUDGET_FUND), 0) != known.funded:
            return f"{shown} did not set {known.funded} aside"
        promised = coupons.get(key, 0) * known.face
        if waiting.pop(budgets.promised(known), 0) != promised:
            return f"{shown} does not hold the {promised} it promised"
        left = _left(known, used.get(key, 0), promised)
        if waiting.pop(budgets.account(known), 0) != left:
            return f"{shown} does not have the {left} that nobody used"
    return next(
        (f"money waits in a budget of {one.owner}" for one in waiting if waiting[one]), None
    )


def _left(known: Budget, used: int, promised: int) -> int:
    closed = known.state is BudgetState.CLOSED
    return 0 if closed else known.funded - used - promised
