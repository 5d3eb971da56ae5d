"""Freezing a user's money for a merchant, capturing it part by part, and giving it back."""

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from changliao.core import chart
from changliao.core.acceptance import OWN_METHOD, TERMINAL_OF
from changliao.core.authorizations import (
    Authorization,
    AuthorizationEvent,
    Capture,
    Changed,
    EndAuthorization,
    Freeze,
    FreezeByCode,
    Release,
    RequestAuthorization,
    StepKind,
    decide_capture,
    decide_code,
    decide_ending,
    decide_freeze,
    decide_release,
    decide_request,
    due_at,
    may_freeze_by_code,
)
from changliao.core.clock import Instant
from changliao.core.events import Event, EventKind
from changliao.core.ids import EventId, OrderId, UserId
from changliao.core.ledger import Code
from changliao.core.money import Money
from changliao.core.orders import Order, Scene
from changliao.core.outcome import Reason, Refused
from changliao.core.risk import Attempted
from changliao.operations import confirmations, limits, risk, splits
from changliao.operations.keeping import keep_payment
from changliao.operations.operation import Operation, Place
from changliao.store import deadlines, ledger
from changliao.store.authorizations import (
    AUTHORIZATIONS,
    AUTHORIZATIONS_BY_REFERENCE,
    STEPS,
    STEPS_BY_REFERENCE,
)
from changliao.store.deadlines import DeadlineKind
from changliao.store.events import EVENTS
from changliao.store.limits import LIMITS
from changliao.store.orders import ORDERS, ORDERS_BY_REFERENCE, TERMS
from changliao.store.paycodes import PAY_CODES
from changliao.store.unit import UnitOfWork

_TOLD: Final = {
    StepKind.FREEZE: EventKind.AUTHORIZATION_FROZEN,
    StepKind.RELEASE: EventKind.AUTHORIZATION_RELEASED,
}


def _request(
    tx: UnitOfWork, command: RequestAuthorization, now: Instant
) -> Authorization | Refused:
    """Take a new authorization, or find the earlier one with the same reference."""
    earlier = _earlier(tx, command.authorization)
    return earlier if earlier is not None else _take(tx, command.authorization, now)


def _freeze_by_code(tx: UnitOfWork, command: FreezeByCode, now: Instant) -> Authorization | Refused:
    """Use a pay code, take the authorization and freeze, all or nothing.

    A large one is left open for the person who showed the code.
    """
    asked = command.authorization
    earlier = _earlier(tx, asked)
    if earlier is not None:
        return earlier
    refused = decide_request(asked, now)
    if refused is not None:
        return refused
    used = decide_code(tx.find(PAY_CODES, command.code), asked, now)
    if isinstance(used, Refused):
        return used
    if not may_freeze_by_code(asked):
        tx.update(PAY_CODES, used)
        return _take(tx, replace(asked, payer_id=used.user_id), now)
    freeze = Freeze(asked.merchant_id, asked.id, used.user_id, asked.amount, command.step_id)
    wallet = ledger.account(tx, chart.wallet(used.user_id, asked.amount.currency))

    changed = decide_freeze(freeze, asked, wallet, now)

    if isinstance(changed, Refused):
        return changed
    counted = limits.count(tx, wallet, asked.amount.amount, now)
    if isinstance(counted, Refused):
        return counted
    passed = risk.judge(tx, _attempted(asked, used.user_id, Scene.COUNTER), now)
    if isinstance(passed, Refused):
        return passed
    limits.keep(tx, counted)
    risk.keep(tx, passed, now)
    tx.update(PAY_CODES, used)
    _take(tx, asked, now)
    return _keep(tx, asked, changed, now)


def _freeze(tx: UnitOfWork, command: Freeze, now: Instant) -> Authorization | Refused:
    """The payer confirms: the money is frozen at once. The same confirmation again finds it."""
    known = tx.find(AUTHORIZATIONS, (command.merchant_id, command.authorization_id))
    if known is None:
        return Refused(Reason.AUTHORIZATION_NOT_FOUND)
    step = tx.find(STEPS, (command.merchant_id, command.authorization_id, command.step_id))
    if step is not None and known.payer_id == command.payer_id:
        return known
    refused = confirmations.check(tx, command.payer_id, command.proof, command.act, now)
    if refused is not None:
        return refused
    wallet = ledger.account(tx, chart.wallet(command.payer_id, known.amount.currency))

    changed = decide_freeze(command, known, wallet, now)

    if isinstance(changed, Refused):
        return changed
    counted = limits.count(tx, wallet, known.amount.amount, now)
    if isinstance(counted, Refused):
        return counted
    passed = risk.judge(tx, _attempted(known, command.payer_id, Scene.APP), now)
    if isinstance(passed, Refused):
        return passed
    limits.keep(tx, counted)
    risk.keep(tx, passed, now)
    return _keep(tx, known, changed, now)


def _attempted(asked: Authorization, payer_id: UserId, scene: Scene) -> Attempted:
    """For risk rules freezing is the payment: what is captured later was judged with it."""
    terminal_id = TERMINAL_OF[scene]
    return Attempted(payer_id, asked.merchant_id, OrderId(0), asked.amount, OWN_METHOD, terminal_id)


def _capture(tx: UnitOfWork, command: Capture, now: Instant) -> Order | Refused:
    """Place an order and pay it from what is frozen. The order's reference names the capture."""
    known = tx.find(AUTHORIZATIONS, (command.merchant_id, command.authorization_id))
    if known is None:
        return Refused(Reason.AUTHORIZATION_NOT_FOUND)
    asked = command.placing.order
    earlier = tx.find_by(ORDERS_BY_REFERENCE, ORDERS_BY_REFERENCE.key(asked))
    if earlier is not None:
        same = earlier.digest == asked.digest and earlier.payment_id
        return earlier if same else Refused(Reason.REFERENCE_REUSED)
    reserved = ledger.account(tx, chart.reserved(known.payer_id, known.amount.currency))

    changed = decide_capture(command, known, reserved, now)

    if isinstance(changed, Refused) or changed.payment is None:
        return changed if isinstance(changed, Refused) else Refused(Reason.ORDER_NOT_PAID)
    order = changed.payment.order
    refused = splits.plan(tx, command.placing, order)
    if refused is not None:
        return refused
    tx.insert(ORDERS, order, ORDERS_BY_REFERENCE)
    tx.insert(TERMS, command.placing.terms)
    # What the platform accepts was asked when the payer agreed: a capture finishes that.
    keep_payment(tx, order, changed.payment.transfers, now)
    _keep(tx, known, changed, now)
    return order


def _release(tx: UnitOfWork, command: Release, now: Instant) -> Authorization | Refused:
    """Give a part back once for each reference; another amount under it is refused."""
    known = tx.find(AUTHORIZATIONS, (command.merchant_id, command.authorization_id))
    if known is None:
        return Refused(Reason.AUTHORIZATION_NOT_FOUND)
    key = (known.merchant_id, known.id, int(StepKind.RELEASE), command.reference)
    earlier = tx.find_by(STEPS_BY_REFERENCE, key)
    if earlier is not None:
        same = earlier.amount == command.amount.amount
        return known if same else Refused(Reason.AUTHORIZATION_REFERENCE_REUSED)
    return _keep(tx, known, decide_release(command, known, now), now)


def _end(tx: UnitOfWork, command: EndAuthorization, now: Instant) -> Authorization | Refused:
    """Cancel or expire. A deadline that has passed is done with, whatever the answer."""
    known = tx.find(AUTHORIZATIONS, (command.merchant_id, command.authorization_id))
    if known is None:
        return Refused(Reason.AUTHORIZATION_NOT_FOUND)
    if command.event is AuthorizationEvent.EXPIRE:
        for at in (known.confirm_by, known.ends_at):
            if now >= at:
                deadlines.drop(tx, at, known.id, known.merchant_id)
    return _keep(tx, known, decide_ending(command, known, now), now)


def _earlier(tx: UnitOfWork, asked: Authorization) -> Authorization | Refused | None:
    earlier = tx.find_by(AUTHORIZATIONS_BY_REFERENCE, AUTHORIZATIONS_BY_REFERENCE.key(asked))
    if earlier is None:
        return None
    same = earlier.digest == asked.digest
    return earlier if same else Refused(Reason.AUTHORIZATION_REFERENCE_REUSED)


def _take(tx: UnitOfWork, asked: Authorization, now: Instant) -> Authorization | Refused:
    refused = decide_request(asked, now)
    if refused is not None:
        return refused
    tx.insert(AUTHORIZATIONS, asked, AUTHORIZATIONS_BY_REFERENCE)
    deadlines.add(tx, asked.confirm_by, asked.id, asked.merchant_id, DeadlineKind.AUTHORIZATION)
    return asked


def _keep(
    tx: UnitOfWork, before: Authorization, changed: Changed | Refused, now: Instant
) -> Authorization | Refused:
    if isinstance(changed, Refused):
        return changed
    after = changed.authorization
    if after is before:
        return after
    ledger.post(tx, changed.transfers)
    back = sum(one.amount for one in changed.transfers if one.code is Code.UNFREEZE)
    if back:
        money = Money(back, after.amount.currency)
        limits.give_back(tx, after.payer_id, money, before.frozen_at, now)
    tx.update(AUTHORIZATIONS, after)
    if after.frozen_at != before.frozen_at:
        kind = DeadlineKind.AUTHORIZATION
        deadlines.add(tx, due_at(after), after.id, after.merchant_id, kind)
    for step in changed.steps:
        tx.insert(STEPS, step, STEPS_BY_REFERENCE)
        told = _TOLD.get(step.kind)
        if told is not None and after.notify_url:
            tx.insert(EVENTS, Event(EventId(step.id), after.merchant_id, told, after.id, now))
    return after


def _request_keys(command: RequestAuthorization) -> Iterable[Place]:
    asked = command.authorization
    yield AUTHORIZATIONS_BY_REFERENCE, AUTHORIZATIONS_BY_REFERENCE.key(asked)


def _code_keys(command: FreezeByCode) -> Iterable[Place]:
    asked = command.authorization
    yield AUTHORIZATIONS_BY_REFERENCE, AUTHORIZATIONS_BY_REFERENCE.key(asked)
    yield PAY_CODES, command.code


def _freeze_keys(command: Freeze) -> Iterable[Place]:
    currency = command.amount.currency
    yield AUTHORIZATIONS, (command.merchant_id, command.authorization_id)
    yield STEPS, (command.merchant_id, command.authorization_id, command.step_id)
    yield ledger.ACCOUNTS, chart.wallet(command.payer_id, currency)
    yield ledger.ACCOUNTS, chart.reserved(command.payer_id, currency)
    yield risk.KEY
    yield LIMITS, currency.number
    yield from confirmations.keys(command.payer_id, command.proof)


def _capture_keys(command: Capture) -> Iterable[Place]:
    order = command.placing.order
    yield AUTHORIZATIONS, (command.merchant_id, command.authorization_id)
    yield ORDERS_BY_REFERENCE, ORDERS_BY_REFERENCE.key(order)
    yield ledger.ACCOUNTS, chart.payable(order.merchant_id, order.amount.currency)
    yield ledger.ACCOUNTS, chart.fees(order.merchant_id, order.amount.currency)


def _one_keys(command: Release | EndAuthorization) -> Iterable[Place]:
    yield AUTHORIZATIONS, (command.merchant_id, command.authorization_id)


REQUEST: Final = Operation("authorizations.request", _request, _request_keys)
FREEZE: Final = Operation("authorizations.freeze", _freeze, _freeze_keys)
FREEZE_BY_CODE: Final = Operation("authorizations.freeze_by_code", _freeze_by_code, _code_keys)
CAPTURE: Final = Operation("authorizations.capture", _capture, _capture_keys)
RELEASE: Final = Operation("authorizations.release", _release, _one_keys)
END: Final = Operation("authorizations.end", _end, _one_keys)
