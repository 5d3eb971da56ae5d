"""Paying orders by channels: asking for a tender, ending it, and sending back what must go back."""

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from changliao.core import chart
from changliao.core.channels import (
    Asked,
    ChannelRequest,
    Recorded,
    RequestKind,
    RequestState,
)
from changliao.core.clock import Instant
from changliao.core.events import Event, EventKind
from changliao.core.ids import EventId, UserId
from changliao.core.money import Money
from changliao.core.orders import Attempt, Order
from changliao.core.outcome import Reason, Refused
from changliao.core.refunds import Refund, RefundEvent, RefundState
from changliao.core.refunds import decide_end as decide_refund_end
from changliao.core.tenders import (
    AskTender,
    TakeReturn,
    Tender,
    TenderEvent,
    decide_end,
    decide_return,
    decide_taking,
    decide_tender,
    decide_tendered,
    same_tender,
)
from changliao.operations import acceptance, causes, fees, limits, risk
from changliao.operations.keeping import keep_payment
from changliao.operations.operation import Operation, Place
from changliao.store import ledger
from changliao.store.acceptance import METHODS
from changliao.store.causes import CAUSES
from changliao.store.channels import CHANNEL_REQUESTS, CHANNELS
from changliao.store.events import EVENTS
from changliao.store.orders import ATTEMPTS, ORDERS
from changliao.store.parties import USERS
from changliao.store.refunds import REFUNDS
from changliao.store.repairs import REPAIRS
from changliao.store.tenders import TENDERS
from changliao.store.unit import UnitOfWork

_TOLD: Final = {
    RefundState.SUCCEEDED: EventKind.REFUND_FINISHED,
    RefundState.ABNORMAL: EventKind.REFUND_ABNORMAL,
}


def _ask(tx: UnitOfWork, command: AskTender, now: Instant) -> Asked | Refused:
    """Write a tender and its request once for each payment id; only the first asks the channel."""
    tender, request = command.tender, command.request
    earlier = tx.find(TENDERS, TENDERS.key(tender))
    if earlier is not None:
        written = tx.find(CHANNEL_REQUESTS, CHANNEL_REQUESTS.key(request))
        same = written is not None and same_tender(earlier, tender)
        return Asked(written) if written and same else Refused(Reason.PAYMENT_ID_REUSED)
    if tx.find(CHANNEL_REQUESTS, CHANNEL_REQUESTS.key(request)) is not None:
        return Refused(Reason.PAYMENT_ID_REUSED)
    known = causes.named(tx, request.id) or _earlier_no(tx, tender)
    if known is not None:
        return known
    order = tx.find(ORDERS, (tender.merchant_id, tender.order_id))
    if order is None:
        return Refused(Reason.ORDER_NOT_FOUND)
    if tx.find(USERS, tender.payer_id) is None:
        return Refused(Reason.USER_NOT_FOUND)
    channel = tx.find(CHANNELS, request.channel_id)
    if channel is None:
        return Refused(Reason.CHANNEL_NOT_FOUND)
    off = acceptance.may_be_paid(tx, order, now, method_id=tender.method_id)

    refused = decide_tender(command, order, channel, off, now)

    passed = refused or risk.judge_order(tx, order, tender.payer_id, now, tender.method_id)
    if isinstance(passed, Refused):
        tx.insert(ATTEMPTS, _attempt(tender, passed.reason.value))
        return passed
    risk.keep(tx, passed, now)
    tx.insert(TENDERS, tender)
    tx.insert(CHANNEL_REQUESTS, request)
    causes.keep(tx, request.id, tender.payer_id)
    return Asked(request, fresh=True)


def end(tx: UnitOfWork, done: ChannelRequest, now: Instant) -> None:
    """It is known what became of a tender's request; what it brought is in the wallet already."""
    tender = tx.find(TENDERS, (done.home.owner, done.id))
    order = tx.find(ORDERS, (tender.merchant_id, tender.order_id)) if tender else None
    if tender is None or order is None:
        raise LookupError(f"the tender of request {done.id} is gone")
    if done.state is RequestState.REFUSED:
        _keep_end(tx, tender, TenderEvent.REFUSE, done.reason)
        return
    off = acceptance.may_be_paid(tx, order, now, method_id=tender.method_id)
    wallet = ledger.account(tx, done.home)

    # A wallet may have tried under the same id meanwhile: that answer stands.
    rated = fees.rated(tx, order, tender.method_id)
    paid = _used(tx, tender) or off or decide_tendered(tender, rated, done, wallet, now)

    if isinstance(paid, Refused):
        _keep_end(tx, tender, TenderEvent.RETURN, paid.reason.value)
        _keep_return(tx, decide_return(done, done.reached, tx.new_id(), now), now)
        return
    _keep_end(tx, tender, TenderEvent.PAY, "")
    # What a channel brought for an order was never in the person's own hands to spend.
    limits.pass_over(tx, tender.payer_id, order.amount, now)
    method = tx.find(METHODS, tender.method_id)
    named = replace(paid.order, method=method.code if method else "")
    keep_payment(tx, named, paid.transfers, now, method_id=tender.method_id)


def send_back(tx: UnitOfWork, order: Order, refund: Refund, now: Instant) -> None:
    """A refund of an order that a channel paid goes on to it from the payer's wallet."""
    if not order.method:
        return
    pay = tx.find(CHANNEL_REQUESTS, (order.payer_id, order.payment_id))
    if pay is None:
        raise LookupError(f"the payment of order {order.id} is gone")
    _keep_return(tx, decide_return(pay, refund.amount, refund.id, now), now)


def refund_of(tx: UnitOfWork, known: ChannelRequest) -> Refund | None:
    """The refund of an order that a request to a channel is for."""
    if not known.order_id or known.kind is RequestKind.PAY:
        return None
    repair = tx.find(REPAIRS, (known.home.owner, known.id))
    if repair is not None:
        return tx.find(REFUNDS, (repair.merchant_id, repair.refund_id))
    tender = tx.find(TENDERS, (known.home.owner, known.pay_id))
    # What came for an order that could not be paid goes back too, and is no refund.
    return tx.find(REFUNDS, (tender.merchant_id, known.id)) if tender else None


def end_refund(tx: UnitOfWork, refund: Refund, done: ChannelRequest, now: Instant) -> None:
    """It is known what became of a refund's request to its channel."""
    event = RefundEvent.FAIL if done.state is RequestState.HELD else RefundEvent.SUCCEED
    match decide_refund_end(refund, event, now):
        case Refund() as ended:
            keep_refund(tx, ended, now)
        case Refused():
            raise LookupError(f"refund {refund.id} ended before")


def keep_refund(tx: UnitOfWork, refund: Refund, now: Instant) -> None:
    """A refund as it stands now, told to whoever wanted to hear of it."""
    tx.update(REFUNDS, refund)
    tell_refund(tx, refund, now)


def tell_refund(tx: UnitOfWork, refund: Refund, now: Instant) -> None:
    """Its end is told once, that it is abnormal each time; that it goes on is not."""
    told = _TOLD.get(refund.state)
    if told is None or not refund.notify_url:
        return
    number = refund.id if told is EventKind.REFUND_FINISHED else tx.new_id()
    tx.insert(EVENTS, Event(EventId(number), refund.merchant_id, told, refund.id, now))


def _take(tx: UnitOfWork, command: TakeReturn, now: Instant) -> Asked | Refused:
    """Only whoever gets it `fresh` asks the channel."""
    known = tx.find(CHANNEL_REQUESTS, (command.owner_id, command.request_id))
    channel = tx.find(CHANNELS, known.channel_id) if known else None
    if known is None or channel is None:
        return Refused(Reason.CHANNEL_REQUEST_NOT_FOUND)
    taken = decide_taking(known, channel, now)
    if isinstance(taken, Refused):
        return taken
    tx.update(CHANNEL_REQUESTS, taken)
    return Asked(taken, fresh=taken.state is RequestState.ASKED)


def _keep_end(tx: UnitOfWork, tender: Tender, event: TenderEvent, reason: str) -> None:
    match decide_end(tender, event, reason):
        case Tender() as ended:
            tx.update(TENDERS, ended)
        case Refused():
            raise LookupError(f"tender {tender.payment_id} ended before")


def _keep_return(tx: UnitOfWork, back: Recorded, now: Instant) -> None:
    home = back.request.home
    money = Money(back.request.amount, chart.currency(home))
    limits.pass_over(tx, UserId(home.owner), money, now)
    ledger.post(tx, back.transfers)
    tx.insert(CHANNEL_REQUESTS, back.request)
    if back.pay is not None:
        tx.update(CHANNEL_REQUESTS, back.pay)


def _earlier_no(tx: UnitOfWork, tender: Tender) -> Refused | None:
    """What was said before under this id, if it was no."""
    earlier = tx.find(ATTEMPTS, (tender.payment_id, tender.merchant_id))
    if earlier is None:
        return None
    same = earlier.reason and earlier == _attempt(tender, earlier.reason)
    return Refused(Reason(earlier.reason) if same else Reason.PAYMENT_ID_REUSED)


def _used(tx: UnitOfWork, tender: Tender) -> Refused | None:
    earlier = tx.find(ATTEMPTS, (tender.payment_id, tender.merchant_id))
    return Refused(Reason.PAYMENT_ID_REUSED) if earlier is not None else None


def _attempt(tender: Tender, reason: str) -> Attempt:
    return Attempt(
        tender.payment_id,
        tender.merchant_id,
        tender.order_id,
        tender.payer_id,
        reason,
        tender.method_id,
        tender.terminal_id,
    )


def _ask_keys(command: AskTender) -> Iterable[Place]:
    tender, request = command.tender, command.request
    yield TENDERS, TENDERS.key(tender)
    yield CHANNEL_REQUESTS, CHANNEL_REQUESTS.key(request)
    yield CAUSES, request.id
    yield ORDERS, (tender.merchant_id, tender.order_id)
    yield CHANNELS, request.channel_id
    yield USERS, tender.payer_id
    yield risk.KEY


def _take_keys(command: TakeReturn) -> Iterable[Place]:
    yield CHANNEL_REQUESTS, (command.owner_id, command.request_id)


ASK: Final = Operation("tenders.ask", _ask, _ask_keys)
TAKE: Final = Operation("tenders.take", _take, _take_keys)
