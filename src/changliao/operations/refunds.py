"""Refunding an order."""

from collections.abc import Iterable
from typing import Final

from changliao.core import chart
from changliao.core.clock import Instant
from changliao.core.disputes import BY_DISPUTE
from changliao.core.money import CURRENCIES, Money
from changliao.core.orders import Order
from changliao.core.outcome import Reason, Refused
from changliao.core.refunds import Refund, RefundOrder, decide_refund, owed, same_refund
from changliao.operations import budgets, holds, limits, risk, settling, tenders, thresholds
from changliao.operations.operation import Operation, Place
from changliao.store import ledger
from changliao.store.orders import ORDERS
from changliao.store.refunds import REFUNDS, REFUNDS_BY_REFERENCE
from changliao.store.thresholds import THRESHOLDS
from changliao.store.unit import UnitOfWork


def refund_order(tx: UnitOfWork, command: RefundOrder, now: Instant) -> Refund | Refused:
    """Send money back once for each reference. A refusal is not kept: the number may be used."""
    asked = command.refund
    earlier = tx.find_by(REFUNDS_BY_REFERENCE, REFUNDS_BY_REFERENCE.key(asked))
    if earlier is not None:
        same = same_refund(earlier, asked)
        return earlier if same else Refused(Reason.REFUND_REFERENCE_REUSED)
    order = tx.find(ORDERS, (asked.merchant_id, asked.order_id))
    if order is None:
        return Refused(Reason.ORDER_NOT_FOUND)
    holding = holds.of_order(tx, order)

    back = settling.given_back(tx, order, asked, holding)
    if isinstance(back, Refused):
        return back

    refused = settling.taken_back(tx, order, command, back, now)
    if refused is not None:
        return refused

    account_id = chart.payable(order.merchant_id, order.amount.currency)
    # A platform that was merged has given its money away: its heir lends what is missing.
    back.transfers += back.accounts.lent(account_id, owed(asked, order, back.holding))
    payable = back.accounts.find(account_id)

    refunding = decide_refund(command, order, payable, now, back.holding)

    if isinstance(refunding, Refused):
        return refunding
    settling.keep_back(tx, back)
    ledger.post(tx, refunding.transfers)
    _uncount(tx, order, refunding.refund, now)
    budgets.give_back(tx, refunding.refund)
    tenders.send_back(tx, order, refunding.refund, now)
    risk.returned(tx, order.merchant_id, now)
    tx.update(ORDERS, refunding.order)
    kept = refunding.holding or (back.holding if back.returns else None)
    if kept is not None:
        holds.keep(tx, kept)
    tx.insert(REFUNDS, refunding.refund, REFUNDS_BY_REFERENCE)
    tenders.tell_refund(tx, refunding.refund, now)
    return refunding.refund


def _uncount(tx: UnitOfWork, order: Order, refund: Refund, now: Instant) -> None:
    """The payer's limits have the refund back; the budget's part of it only passes through."""
    currency = order.amount.currency
    back = Money(refund.amount, currency)
    if not order.method:
        limits.give_back(tx, order.payer_id, back, order.paid_at, now)
    limits.pass_over(tx, order.payer_id, Money(refund.discount, currency), now)


def _refund(tx: UnitOfWork, command: RefundOrder, now: Instant) -> Refund | Refused:
    """A refund by a key, if it is not large for a merchant whose keys are asked."""
    merchant = command.refund.merchant_id
    refused = thresholds.alone(tx, merchant, command, by_key=True)
    return refused or asked_refund(tx, command, now)


def asked_refund(tx: UnitOfWork, command: RefundOrder, now: Instant) -> Refund | Refused:
    """A refund that somebody asks for; what disputes name is not a merchant's to use."""
    if command.refund.reference.startswith(BY_DISPUTE):
        return Refused(Reason.REFUND_REFERENCE_REUSED, f"{BY_DISPUTE} is the network's")
    return refund_order(tx, command, now)


def _refund_keys(command: RefundOrder) -> Iterable[Place]:
    refund = command.refund
    yield REFUNDS_BY_REFERENCE, REFUNDS_BY_REFERENCE.key(refund)
    yield ORDERS, (refund.merchant_id, refund.order_id)
    yield risk.KEY
    currency = CURRENCIES.get(command.currency)
    if currency is not None:
        yield THRESHOLDS, (refund.merchant_id, currency.number)
        yield ledger.ACCOUNTS, chart.payable(refund.merchant_id, currency)
        yield ledger.ACCOUNTS, chart.fees(refund.merchant_id, currency)


REFUND: Final = Operation("refunds.refund", _refund, _refund_keys)
