"""Placing, paying and closing baskets: all of a basket's orders, or none."""

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from changliao.core import chart
from changliao.core.acceptance import OWN_METHOD, TERMINAL_OF
from changliao.core.baskets import (
    Basket,
    CloseBasket,
    Filled,
    PayBasket,
    PlaceBasket,
    decide_basket,
    decide_basket_payment,
    decide_discounts,
)
from changliao.core.clock import Instant
from changliao.core.discounts import Taken
from changliao.core.events import Event, EventKind
from changliao.core.ids import EventId
from changliao.core.orders import (
    Attempt,
    Order,
    OrderEvent,
    decide_closing,
    decide_repeat,
)
from changliao.core.outcome import Reason, Refused
from changliao.core.risk import Attempted
from changliao.operations import acceptance, budgets, confirmations, limits, risk, stores
from changliao.operations.keeping import keep_payment
from changliao.operations.operation import Operation, Place
from changliao.store import deadlines, ledger
from changliao.store.baskets import BASKETS, BASKETS_BY_REFERENCE
from changliao.store.events import EVENTS
from changliao.store.limits import LIMITS
from changliao.store.orders import ATTEMPTS, ORDERS, ORDERS_BY_REFERENCE, TERMS
from changliao.store.platforms import STORES
from changliao.store.unit import UnitOfWork


def _place(tx: UnitOfWork, command: PlaceBasket, now: Instant) -> Filled | Refused:
    """Take a new basket with all its orders, or find the earlier one with the same number."""
    asked = command.basket
    earlier = tx.find_by(BASKETS_BY_REFERENCE, BASKETS_BY_REFERENCE.key(asked))
    if earlier is not None:
        return _again(tx, earlier, asked)
    refused = decide_basket(command, now)
    parts = (placing.order for placing in command.placings)
    refused = refused or _first_refusal(
        acceptance.may_be_placed(tx, one, now, asked) for one in parts
    )
    if refused is not None:
        return refused
    taken = (tx.find_by(ORDERS_BY_REFERENCE, key) for key in _references(command))
    if any(order is not None for order in taken):
        return Refused(Reason.REFERENCE_REUSED)
    placings = (placing.order for placing in command.placings)
    sold = [stores.sold_for(tx, order) for order in placings]
    refused = _first_refusal(one for one in sold if isinstance(one, Refused))
    if refused is not None:
        return refused

    tx.insert(BASKETS, asked, BASKETS_BY_REFERENCE)
    orders = tuple(one for one in sold if isinstance(one, Order))
    for placing, order in zip(command.placings, orders, strict=True):
        tx.insert(ORDERS, order, ORDERS_BY_REFERENCE)
        tx.insert(TERMS, placing.terms)
        kind = deadlines.DeadlineKind.ORDER
        deadlines.add(tx, order.expires_at, order.id, order.merchant_id, kind)
    return Filled(asked, orders)


def _pay(tx: UnitOfWork, command: PayBasket, now: Instant) -> Filled | Refused:
    """Pay every order from one wallet, or say why not. The answer stands for the first id."""
    filled = _filled(tx, command)
    if isinstance(filled, Refused):
        return filled
    attempt = _attempt(command, filled.orders[0])
    earlier = tx.find(ATTEMPTS, ATTEMPTS.key(attempt))
    if earlier is not None:
        if earlier != replace(attempt, reason=earlier.reason):
            return Refused(Reason.PAYMENT_ID_REUSED)
        return Refused(Reason(earlier.reason)) if earlier.reason else filled
    refused = confirmations.check(tx, command.payer_id, command.proof, command.act, now)
    if refused is not None:
        return refused
    wallet = ledger.account(tx, chart.wallet(command.payer_id, filled.basket.amount.currency))

    refused = _first_refusal(
        acceptance.may_be_paid(tx, one, now, filled.basket) for one in filled.orders
    )
    taken = refused or _take(tx, command, filled, now)
    if isinstance(taken, Refused):
        return _refuse(tx, attempt, taken)
    payments = decide_basket_payment(command, filled, budgets.in_hand(wallet, *taken), now)

    if isinstance(payments, Refused):
        return _refuse(tx, attempt, payments)
    counted = limits.count(tx, wallet, filled.basket.amount.amount, now)
    if isinstance(counted, Refused):
        return _refuse(tx, attempt, counted)
    passed = risk.judge(tx, _attempted(command, filled), now)
    if isinstance(passed, Refused):
        return _refuse(tx, attempt, passed)
    for one in taken:
        budgets.keep(tx, one)
    limits.keep(tx, counted)
    risk.keep(tx, passed, now)
    for payment in payments:
        keep_payment(tx, payment.order, payment.transfers, now, alone=False)
    first = payments[0].order
    event_id = EventId(first.payment_id)
    tx.insert(EVENTS, Event(event_id, first.merchant_id, EventKind.BASKET_PAID, first.id, now))
    return Filled(filled.basket, tuple(payment.order for payment in payments))


def _take(
    tx: UnitOfWork, command: PayBasket, filled: Filled, now: Instant
) -> list[Taken] | Refused:
    """What budgets pay of each part, decided and not written: none is taken unless all are."""
    refused = decide_discounts(command, filled)
    if refused is not None:
        return refused
    taken = []
    for place, order in enumerate(filled.orders):
        one = budgets.take(tx, command.part(place, order), order, now)
        if isinstance(one, Refused):
            return one
        taken.append(one)
    return taken


def _refuse(tx: UnitOfWork, attempt: Attempt, refused: Refused) -> Refused:
    tx.insert(ATTEMPTS, replace(attempt, reason=refused.reason.value))
    return refused


def _close(tx: UnitOfWork, command: CloseBasket, now: Instant) -> Filled | Refused:
    """See that no order of the basket is ever paid. All must be named, and none be paid."""
    filled = _filled(tx, command)
    if isinstance(filled, Refused):
        return filled
    if command.members != frozenset(filled.basket.members):
        return Refused(Reason.BASKET_INCOMPLETE, "name every order of the basket")
    closed = [decide_closing(order, OrderEvent.CLOSE, now) for order in filled.orders]
    for one in closed:
        if isinstance(one, Refused):
            return one
    after = tuple(one for one in closed if isinstance(one, Order))
    for before, order in zip(filled.orders, after, strict=True):
        if order is not before:
            tx.update(ORDERS, order)
    return Filled(filled.basket, after)


def _again(tx: UnitOfWork, earlier: Basket, asked: Basket) -> Filled | Refused:
    """The same number again: the same basket gets a fresh link, another is refused."""
    orders = _orders(tx, earlier)
    if earlier.digest != asked.digest or orders is None:
        return Refused(Reason.REFERENCE_REUSED)
    again = [decide_repeat(order, order) for order in orders]
    refused = next((one for one in again if isinstance(one, Refused)), None)
    if refused is not None:
        return refused
    fresh = tuple(one for one in again if isinstance(one, Order))
    tx.update(ORDERS, fresh[0])
    return Filled(earlier, (fresh[0], *orders[1:]))


def _first_refusal(found: Iterable[Refused | None]) -> Refused | None:
    return next((one for one in found if one is not None), None)


def _filled(tx: UnitOfWork, command: PayBasket | CloseBasket) -> Filled | Refused:
    basket = tx.find(BASKETS, (command.basket_id, command.merchant_id))
    orders = None if basket is None else _orders(tx, basket)
    if basket is None or orders is None:
        return Refused(Reason.ORDER_NOT_FOUND)
    return Filled(basket, orders)


def _orders(tx: UnitOfWork, basket: Basket) -> tuple[Order, ...] | None:
    found = [tx.find(ORDERS, member) for member in basket.members]
    orders = tuple(order for order in found if order is not None)
    return orders if len(orders) == len(found) else None


def _attempted(command: PayBasket, filled: Filled) -> Attempted:
    """The whole basket is one payment, shown by its first order."""
    return replace(
        risk.of_order(filled.orders[0], command.payer_id),
        amount=filled.basket.amount,
        merchants=tuple(one.merchant_id for one in filled.orders),
    )


def _attempt(command: PayBasket, first: Order) -> Attempt:
    return Attempt(
        command.payment_ids[0],
        first.merchant_id,
        first.id,
        command.payer_id,
        "",
        OWN_METHOD,
        TERMINAL_OF[first.scene],
    )


def _references(command: PlaceBasket) -> list[tuple[int, int, str]]:
    return [ORDERS_BY_REFERENCE.key(placing.order) for placing in command.placings]


def _placing_keys(command: PlaceBasket) -> Iterable[Place]:
    yield BASKETS_BY_REFERENCE, BASKETS_BY_REFERENCE.key(command.basket)
    for key in _references(command):
        yield ORDERS_BY_REFERENCE, key
    for placing in command.placings:
        yield STORES, stores.sold_by(placing.order)


def _paying_keys(command: PayBasket) -> Iterable[Place]:
    yield BASKETS, (command.basket_id, command.merchant_id)
    yield ledger.ACCOUNTS, chart.wallet(command.payer_id, command.amount.currency)
    yield LIMITS, command.amount.currency.number
    yield risk.KEY
    currency = command.amount.currency
    for wanted in command.discounts:
        yield from budgets.taking_keys(wanted, command.payer_id, currency)
    yield from confirmations.keys(command.payer_id, command.proof)


PLACE: Final = Operation("baskets.place", _place, _placing_keys)
PAY: Final = Operation("baskets.pay", _pay, _paying_keys)
CLOSE: Final = Operation(
    "baskets.close", _close, lambda command: [(BASKETS, (command.basket_id, command.merchant_id))]
)
