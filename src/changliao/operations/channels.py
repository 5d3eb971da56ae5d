"""Writing requests to channels, recording what channels say, and keeping channels as rows."""

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from changliao.core import chart
from changliao.core.channel_terms import ChangeChannel, decide_terms, facts
from changliao.core.channels import (
    AskChannel,
    Asked,
    Channel,
    ChannelRequest,
    RecordAnswer,
    RequestKind,
    RequestState,
    decide_asking,
    decide_record,
    same_request,
)
from changliao.core.clock import Instant
from changliao.core.ids import TopUpId, UserId
from changliao.core.ledger import Account, Code, Transfer
from changliao.core.money import Money
from changliao.core.outcome import Reason, Refused
from changliao.core.repairs import held
from changliao.core.risk import Movement
from changliao.core.routing import decide_health
from changliao.core.wallet import TopUp
from changliao.operations import causes, confirmations, limits, risk, tenders
from changliao.operations.operation import Operation, Place, standing
from changliao.store import ledger
from changliao.store.causes import CAUSES
from changliao.store.channels import CHANNEL_REQUESTS, CHANNELS, channel_from_row
from changliao.store.limits import LIMITS
from changliao.store.parties import MERCHANTS, USERS
from changliao.store.unit import UnitOfWork
from changliao.store.wallet import TOP_UPS

_ENDED: Final = (RequestState.DONE, RequestState.HELD)


def _ask(tx: UnitOfWork, command: AskChannel, now: Instant) -> Asked | Refused:
    """Write a request once for each id; only the first is told to ask the channel."""
    asked = command.request
    earlier = tx.find(CHANNEL_REQUESTS, CHANNEL_REQUESTS.key(asked))
    if earlier is not None:
        same = same_request(earlier, asked)
        return Asked(earlier) if same else Refused(Reason.PAYMENT_ID_REUSED)
    if tx.find(TOP_UPS, (TopUpId(asked.id), UserId(asked.home.owner))) is not None:
        return Refused(Reason.PAYMENT_ID_REUSED)
    unknown = causes.named(tx, asked.id) or _unknown_owner(tx, asked)
    if unknown is not None:
        return unknown
    refused = confirmations.check(tx, UserId(asked.home.owner), command.proof, command.act, now)
    if refused is not None:
        return refused
    channel = tx.find(CHANNELS, asked.channel_id)
    if channel is None:
        return Refused(Reason.CHANNEL_NOT_FOUND)
    home = ledger.account(tx, asked.home)

    written = decide_asking(asked, channel, home, _pay_of(tx, asked), command.terminal_id)

    if isinstance(written, Refused):
        return written
    if written.transfers and _is_wallet(asked):
        refused = _may_leave(tx, asked, home, now)
    if refused is not None:
        return refused
    ledger.post(tx, written.transfers)
    tx.insert(CHANNEL_REQUESTS, written.request)
    causes.keep(tx, asked.id, asked.home.owner)
    if written.pay is not None:
        tx.update(CHANNEL_REQUESTS, written.pay)
    return Asked(written.request, fresh=True)


def _may_leave(
    tx: UnitOfWork, asked: ChannelRequest, home: Account, now: Instant
) -> Refused | None:
    """Count what leaves a wallet for good against its person's limits, and ask risk rules."""
    counted = limits.count(tx, home, asked.amount, now)
    if isinstance(counted, Refused):
        return counted
    money = Money(asked.amount, chart.currency(home.id))
    passed = risk.judge_movement(tx, Movement.WITHDRAWAL, UserId(home.id.owner), money, now)
    if isinstance(passed, Refused):
        return passed
    limits.keep(tx, counted)
    risk.keep(tx, passed, now)
    return None


def _record(tx: UnitOfWork, command: RecordAnswer, now: Instant) -> ChannelRequest | Refused:
    """Believe what a channel said of a request, once."""
    known = tx.find(CHANNEL_REQUESTS, (command.owner_id, command.request_id))
    if known is None:
        return Refused(Reason.CHANNEL_REQUEST_NOT_FOUND)
    channel = tx.find(CHANNELS, known.channel_id)
    if channel is not None and known.is_open:
        health = decide_health(channel, command.answer)
        if health != channel:
            tx.update(CHANNELS, health)

    refund = tenders.refund_of(tx, known)

    recorded = decide_record(known, _pay_of(tx, known), command, now)

    if isinstance(recorded, Refused):
        return recorded
    recorded = held(recorded) if refund is not None and known.is_open else recorded
    after = recorded.request
    if after is not known:
        ledger.post(tx, recorded.transfers)
        _give_back(tx, after, recorded.transfers, now)
        tx.update(CHANNEL_REQUESTS, after)
        if after.kind is RequestKind.PAY and not after.is_open:
            _end_pay(tx, after, now)
        if refund is not None and after.state in _ENDED:
            tenders.end_refund(tx, refund, after, now)
    if recorded.pay is not None:
        tx.update(CHANNEL_REQUESTS, recorded.pay)
    return after


def _end_pay(tx: UnitOfWork, after: ChannelRequest, now: Instant) -> None:
    """A top-up that was done is credited; money for an order pays it or goes back."""
    if after.order_id:
        tenders.end(tx, after, now)
    elif after.state is RequestState.DONE:
        tx.insert(TOP_UPS, _top_up(after))


def _open(tx: UnitOfWork, command: Channel, now: Instant) -> Channel | Refused:
    """A new channel under the next number; the same again finds it."""
    known = [channel_from_row(row) for row in tx.select("channels_all", {})]
    for one in known:
        if one.code == command.code:
            same = replace(command, id=one.id, state=one.state, misses=one.misses) == one
            return one if same else Refused(Reason.CHANNEL_TAKEN)
    opened = replace(command, id=1 + max(one.id for one in known))
    tx.insert(CHANNELS, opened)
    return opened


def _change(tx: UnitOfWork, command: ChangeChannel, now: Instant) -> Channel | Refused:
    """How a channel is to be from now on. The same again is no change."""
    known = tx.find(CHANNELS, command.channel_id)
    if known is None:
        return Refused(Reason.CHANNEL_NOT_FOUND)
    after = decide_terms(command, known)
    if after != known:
        tx.update(CHANNELS, after)
    return after


def _unknown_owner(tx: UnitOfWork, asked: ChannelRequest) -> Refused | None:
    if _is_wallet(asked):
        known = tx.find(USERS, UserId(asked.home.owner)) is not None
        return None if known else Refused(Reason.USER_NOT_FOUND)
    known = tx.find(MERCHANTS, asked.home.owner) is not None
    return None if known else Refused(Reason.MERCHANT_NOT_FOUND)


def _give_back(
    tx: UnitOfWork, after: ChannelRequest, transfers: Iterable[Transfer], now: Instant
) -> None:
    """What the channel did not take with it was not spent."""
    back = sum(one.amount for one in transfers if one.code is Code.CHANNEL_BACK)
    if back and _is_wallet(after) and not after.order_id:
        money = Money(back, chart.currency(after.home))
        limits.give_back(tx, UserId(after.home.owner), money, after.asked_at, now)


def _is_wallet(request: ChannelRequest) -> bool:
    return chart.purpose(request.home) is chart.Purpose.WALLET


def _pay_of(tx: UnitOfWork, request: ChannelRequest) -> ChannelRequest | None:
    if request.kind is not RequestKind.REFUND:
        return None
    found = tx.find(CHANNEL_REQUESTS, (request.home.owner, request.pay_id))
    # What paid an order goes back by a refund of the order, not by itself.
    return found if found and found.order_id == request.order_id else None


def _top_up(done: ChannelRequest) -> TopUp:
    money = Money(done.reached, chart.currency(done.home))
    return TopUp(TopUpId(done.id), UserId(done.home.owner), money, done.channel_id)


def _ask_keys(command: AskChannel) -> Iterable[Place]:
    asked = command.request
    yield CHANNEL_REQUESTS, CHANNEL_REQUESTS.key(asked)
    yield TOP_UPS, (asked.id, asked.home.owner)
    yield CAUSES, asked.id
    yield CHANNELS, asked.channel_id
    yield ledger.ACCOUNTS, asked.home
    yield ledger.ACCOUNTS, chart.leaving(asked.home)
    if _is_wallet(asked):
        yield USERS, UserId(asked.home.owner)
        yield LIMITS, chart.currency(asked.home).number
        yield risk.KEY
    yield from confirmations.keys(UserId(asked.home.owner), command.proof)


def _record_keys(command: RecordAnswer) -> Iterable[Place]:
    yield CHANNEL_REQUESTS, (command.owner_id, command.request_id)


ASK: Final = Operation("channels.ask", _ask, _ask_keys)
RECORD: Final = Operation("channels.record", _record, _record_keys)
OPEN: Final = Operation("channels.open", _open, lambda one: ())
CHANGE: Final = Operation(
    "channels.change",
    _change,
    lambda one: [(CHANNELS, one.channel_id)],
    standing(CHANNELS, lambda one: one.channel_id, facts),
)
