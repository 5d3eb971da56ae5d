"""Placing, opening, paying, closing and expiring orders."""

from collections.abc import Iterable
from typing import Final

from changliao.core import chart
from changliao.core.acceptance import OWN_METHOD, TERMINAL_OF
from changliao.core.clock import Instant
from changliao.core.holds import HoldTerms
from changliao.core.orders import (
    Attempt,
    CloseOrder,
    ExpireOrder,
    OpenOrder,
    Order,
    OrderEvent,
    PayOrder,
    PlaceOrder,
    decide_closing,
    decide_opening,
    decide_payment,
    decide_placing,
    decide_repeat,
)
from changliao.core.outcome import Reason, Refused
from changliao.operations import acceptance, budgets, confirmations, limits, risk, splits, stores
from changliao.operations.keeping import keep_payment
from changliao.operations.operation import Operation, Place
from changliao.store import deadlines, ledger
from changliao.store.acceptance import ACCEPTANCES
from changliao.store.holds import HOLD_TERMS
from changliao.store.limits import LIMITS
from changliao.store.orders import ATTEMPTS, ORDERS, ORDERS_BY_REFERENCE, TERMS
from changliao.store.platforms import STORES
from changliao.store.unit import UnitOfWork


def _place(tx: UnitOfWork, command: PlaceOrder, now: Instant) -> Order | Refused:
    """Take a new order, or find the earlier one with the same reference."""
    order = command.order
    earlier = tx.find_by(ORDERS_BY_REFERENCE, ORDERS_BY_REFERENCE.key(order))
    if earlier is not None:
        again = decide_repeat(earlier, order)
        if isinstance(again, Order):
            tx.update(ORDERS, again)
        return again

    refused = decide_placing(order, now) or acceptance.may_be_placed(tx, order, now)
    if refused is not None:
        return refused
    sold = stores.sold_for(tx, order)
    if isinstance(sold, Refused):
        return sold

    order = sold
    refused = splits.plan(tx, command, order)
    if refused is not None:
        return refused
    tx.insert(ORDERS, order, ORDERS_BY_REFERENCE)
    tx.insert(TERMS, command.terms)
    if command.held_days:
        tx.insert(HOLD_TERMS, HoldTerms(order.merchant_id, order.id, command.held_days))
    deadlines.add(tx, order.expires_at, order.id, order.merchant_id, deadlines.DeadlineKind.ORDER)
    return order


def _open(tx: UnitOfWork, command: OpenOrder, now: Instant) -> Order | Refused:
    """Keep an order for the person who opened its link."""
    order = tx.find(ORDERS, (command.merchant_id, command.order_id))
    if order is None:
        return Refused(Reason.ORDER_NOT_FOUND)
    opened = decide_opening(command, order, now)
    if isinstance(opened, Order) and opened is not order:
        tx.update(ORDERS, opened)
    return opened


def _pay(tx: UnitOfWork, command: PayOrder, now: Instant) -> Order | Refused:
    """Pay an order from the payer's wallet, or say why not. The answer stands for this id.

    A wrong PIN is not an answer: the payer may try again under the same id.
    """
    order = tx.find(ORDERS, (command.merchant_id, command.order_id))
    if order is None:
        return Refused(Reason.ORDER_NOT_FOUND)
    earlier = tx.find(ATTEMPTS, (command.payment_id, command.merchant_id))
    if earlier is not None:
        return _earlier_answer(command, earlier, order)
    refused = confirmations.check(tx, command.payer_id, command.proof, command.act, now)
    if refused is not None:
        return refused
    wallet = ledger.account(tx, chart.wallet(command.payer_id, order.amount.currency))

    taken = acceptance.may_be_paid(tx, order, now) or budgets.take(tx, command, order, now)
    if isinstance(taken, Refused):
        return _refuse(tx, command, order, taken)
    payment = decide_payment(command, order, budgets.in_hand(wallet, taken), now)

    if isinstance(payment, Refused):
        return _refuse(tx, command, order, payment)
    counted = limits.count(tx, wallet, order.amount.amount, now)
    if isinstance(counted, Refused):
        return _refuse(tx, command, order, counted)
    passed = risk.judge_order(tx, order, command.payer_id, now)
    if isinstance(passed, Refused):
        return _refuse(tx, command, order, passed)
    budgets.keep(tx, taken)
    limits.keep(tx, counted)
    risk.keep(tx, passed, now)
    keep_payment(tx, payment.order, payment.transfers, now)
    return payment.order


def _refuse(tx: UnitOfWork, command: PayOrder, order: Order, refused: Refused) -> Refused:
    tx.insert(ATTEMPTS, _attempt(command, order, refused.reason.value))
    return refused


def close_order(tx: UnitOfWork, command: CloseOrder, now: Instant) -> Order | Refused:
    """See that an order is never paid. A basket's order is closed with the whole."""
    order = tx.find(ORDERS, (command.merchant_id, command.order_id))
    if order is not None and order.basket_id:
        return Refused(Reason.ORDER_IN_BASKET)
    return _end(tx, command, OrderEvent.CLOSE, now)


def _expire(tx: UnitOfWork, command: ExpireOrder, now: Instant) -> Order | Refused:
    """Close an order whose time is over. Its deadline is done with, whatever the answer."""
    order = _end(tx, command, OrderEvent.EXPIRE, now)
    known = tx.find(ORDERS, (command.merchant_id, command.order_id))
    if known is not None and now >= known.expires_at:
        deadlines.drop(tx, known.expires_at, known.id, known.merchant_id)
    return order


def _end(
    tx: UnitOfWork, command: CloseOrder | ExpireOrder, event: OrderEvent, now: Instant
) -> Order | Refused:
    order = tx.find(ORDERS, (command.merchant_id, command.order_id))
    if order is None:
        return Refused(Reason.ORDER_NOT_FOUND)
    closed = decide_closing(order, event, now)
    if isinstance(closed, Order) and closed is not order:
        tx.update(ORDERS, closed)
    return closed


def _earlier_answer(command: PayOrder, earlier: Attempt, order: Order) -> Order | Refused:
    if earlier != _attempt(command, order, earlier.reason):
        return Refused(Reason.PAYMENT_ID_REUSED)
    return Refused(Reason(earlier.reason)) if earlier.reason else order


def _attempt(command: PayOrder, order: Order, reason: str) -> Attempt:
    return Attempt(
        command.payment_id,
        command.merchant_id,
        command.order_id,
        command.payer_id,
        reason,
        OWN_METHOD,
        TERMINAL_OF[order.scene],
    )


def _placing_keys(command: PlaceOrder) -> Iterable[Place]:
    yield ORDERS_BY_REFERENCE, ORDERS_BY_REFERENCE.key(command.order)
    yield ACCEPTANCES, acceptance.platform_of(command.order)
    yield STORES, stores.sold_by(command.order)


def _order_keys(command: OpenOrder | CloseOrder | ExpireOrder) -> Iterable[Place]:
    yield ORDERS, (command.merchant_id, command.order_id)


def _paying_keys(command: PayOrder) -> Iterable[Place]:
    currency = command.amount.currency
    yield ORDERS, (command.merchant_id, command.order_id)
    yield ATTEMPTS, (command.payment_id, command.merchant_id)
    yield ACCEPTANCES, command.merchant_id  # a service provider's is looked up when it is met
    yield ledger.ACCOUNTS, chart.wallet(command.payer_id, currency)
    yield ledger.ACCOUNTS, chart.payable(command.merchant_id, currency)
    yield ledger.ACCOUNTS, chart.fees(command.merchant_id, currency)
    yield from budgets.taking_keys(command.discount, command.payer_id, currency)
    yield LIMITS, currency.number
    yield risk.KEY
    yield from confirmations.keys(command.payer_id, command.proof)


PLACE: Final = Operation("orders.place", _place, _placing_keys)
OPEN: Final = Operation("orders.open", _open, _order_keys)
PAY: Final = Operation("orders.pay", _pay, _paying_keys)
CLOSE: Final = Operation("orders.close", close_order, _order_keys)
EXPIRE: Final = Operation("orders.expire", _expire, _order_keys)
