"""Channels: where money comes in from and goes out to, and what becomes of a request to one.

A request is written before anybody asks, asked once, and from then on only queried. A channel may
not answer: then what became of the money is unknown until a query tells. That it never heard of a
request counts only when it can no longer begin it. Money on its way out waits beside the account it
came from (chart.leaving). What a channel took or paid beyond what was asked stands in suspense: no
party's money ever moves by more than was confirmed.
Refuses: channels that are suspended, too much, and giving back more than came in.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core import chart
from changliao.core.chart import AccountId
from changliao.core.clock import NEVER, SECOND, Instant
from changliao.core.confirmations import Act, ActKind, Proven
from changliao.core.ids import ChannelRequestId, OrderId
from changliao.core.ledger import Account, Code, Transfer
from changliao.core.money import MAX_AMOUNT
from changliao.core.outcome import Reason, Refused

# A channel must not begin a request later than this after it was written.
BEGUN_WITHIN: Final = 30 * SECOND
# Only what a channel says after this long of a request it does not know is believed.
FORGOTTEN_AFTER: Final = 60 * SECOND
# Whoever asks has this long; then the process that asked is taken to be gone.
LOOK_AFTER: Final = 15 * SECOND
_LONGEST_PAUSE: Final = 300 * SECOND
ANY_TERMINAL: Final = 0


class ChannelState(IntEnum):
    """The number is stored. SUSPENDED: nothing new is asked; what was asked is still queried."""

    HEALTHY = 1
    SUSPENDED = 2


class RequestKind(IntEnum):
    """The number is stored. REFUND gives back what a PAY took; PAYOUT pays out."""

    __hash__ = int.__hash__

    PAY = 1
    REFUND = 2
    PAYOUT = 3


class RequestState(IntEnum):
    """The number is stored. ASKED: written, and asked by whoever wrote it. WAITING: by nobody yet.

    Only what goes back of an order's payment waits, until a worker takes it (core/tenders.py).
    HELD: an order's refund was declined, and its money waits (core/repairs.py).
    """

    __hash__ = int.__hash__

    ASKED = 1
    UNKNOWN = 2
    DONE = 3
    REFUSED = 4
    WAITING = 5
    HELD = 6


class RequestEvent(IntEnum):
    """What a channel says of a request; SILENCE: nothing that can be relied on."""

    __hash__ = int.__hash__

    DO = 1
    DECLINE = 2
    MISS = 3
    SILENCE = 4


_ASKED, _UNKNOWN = RequestState.ASKED, RequestState.UNKNOWN
_DONE, _REFUSED, _WAITING = RequestState.DONE, RequestState.REFUSED, RequestState.WAITING
_HELD: Final = RequestState.HELD
_TURNED: Final = Reason.CHANNEL_CONTRADICTS
TRANSITIONS: Final[Mapping[tuple[RequestState, RequestEvent], RequestState | Reason]] = {
    (_ASKED, RequestEvent.DO): _DONE,
    (_ASKED, RequestEvent.DECLINE): _REFUSED,
    (_ASKED, RequestEvent.MISS): _REFUSED,
    (_ASKED, RequestEvent.SILENCE): _UNKNOWN,
    (_UNKNOWN, RequestEvent.DO): _DONE,
    (_UNKNOWN, RequestEvent.DECLINE): _REFUSED,
    (_UNKNOWN, RequestEvent.MISS): _REFUSED,
    (_UNKNOWN, RequestEvent.SILENCE): _UNKNOWN,
    (_DONE, RequestEvent.DO): _DONE,
    (_DONE, RequestEvent.DECLINE): _TURNED,
    (_DONE, RequestEvent.MISS): _TURNED,
    (_DONE, RequestEvent.SILENCE): _DONE,
    (_REFUSED, RequestEvent.DO): _TURNED,
    (_REFUSED, RequestEvent.DECLINE): _REFUSED,
    (_REFUSED, RequestEvent.MISS): _REFUSED,
    (_REFUSED, RequestEvent.SILENCE): _REFUSED,
    (_WAITING, RequestEvent.DO): _TURNED,
    (_WAITING, RequestEvent.DECLINE): _TURNED,
    (_WAITING, RequestEvent.MISS): _WAITING,
    (_WAITING, RequestEvent.SILENCE): _WAITING,
    (_HELD, RequestEvent.DO): _TURNED,
    (_HELD, RequestEvent.DECLINE): _HELD,
    (_HELD, RequestEvent.MISS): _HELD,
    (_HELD, RequestEvent.SILENCE): _HELD,
}


class Channel(Struct, frozen=True):
    """A row. `kind` names the connector. The cheapest is taken; of equals each by its weight.

    `terminals` is where it may be used, a bit for each terminal's number (ANY_TERMINAL: anywhere).
    `misses` counts the answers missing in a row. `method_id` is the way to pay that it carries, for
    orders: core/tenders.py; 0: none.
    """

    id: int
    code: str
    name_zh: str
    name_en: str
    kind: str
    state: ChannelState = ChannelState.HEALTHY
    weight: int = 1
    cost_bps: int = 0
    terminals: int = ANY_TERMINAL
    misses: int = 0
    method_id: int = 0

    def serves(self, terminal_id: int) -> bool:
        """Can it be used there? 0: by no page, as an operator asks."""
        return not self.terminals or not terminal_id or bool(self.terminals >> terminal_id & 1)


class ChannelRequest(Struct, frozen=True):
    """Money asked of a channel for the account `home`; `amount` in its currency.

    `counterpart` says in words where it comes from or goes to. A REFUND names its PAY in `pay_id`;
    `returned` is what was asked back of a PAY. `settled` is what the channel really moved, and
    `booked_at` when; `reference` its own number, `reason` why it did not. `looks` counts queries.
    `order_id` is the order that is to be paid with it, or whose payment goes back; 0: none.
    """

    id: ChannelRequestId
    channel_id: int
    kind: RequestKind
    home: AccountId
    amount: int
    asked_at: Instant
    next_look: Instant
    counterpart: str = ""
    pay_id: ChannelRequestId = ChannelRequestId(0)
    state: RequestState = RequestState.ASKED
    settled: int = 0
    returned: int = 0
    reference: str = ""
    reason: str = ""
    looks: int = 0
    finished_at: Instant = NEVER
    booked_at: Instant = NEVER
    order_id: OrderId = OrderId(0)

    @property
    def begun_by(self) -> Instant:
        """The channel must not begin it later."""
        return Instant(self.asked_at + BEGUN_WITHIN)

    @property
    def is_open(self) -> bool:
        """Is it still to be found out what became of it?"""
        return self.state in (RequestState.ASKED, RequestState.UNKNOWN)

    @property
    def reached(self) -> int:
        """What of the amount really moved."""
        return min(self.settled, self.amount)

    @property
    def surplus(self) -> int:
        """What the channel moved beyond the amount."""
        return max(self.settled - self.amount, 0)


class AskChannel(Struct, frozen=True):
    """Write a request; `proof` is the PIN's. The request's id names it: once only.

    `terminal_id` is where it is asked for; 0: on no page.
    """

    request: ChannelRequest
    proof: Proven | None = None
    terminal_id: int = 0

    def act(self) -> Act:
        """What a passkey confirms. By which channel is the network's to choose."""
        one, home = self.request, self.request.home
        number, subject = chart.currency(home).number, f"{home.owner} {one.counterpart}"
        return Act(ActKind.WITHDRAWAL, one.id, one.amount, number, subject)


class Done(Struct, frozen=True):
    """The channel moved so much, which may not be what was asked. `booked_at` NEVER: just now."""

    amount: int
    reference: str = ""
    booked_at: Instant = NEVER


class Declined(Struct, frozen=True):
    """The channel did not do it, and never will."""

    reason: str


class Absent(Struct, frozen=True):
    """The channel knows no such request at this time."""


class Silent(Struct, frozen=True):
    """No answer, or one that says nothing yet."""

    detail: str = ""


Answer = Done | Declined | Absent | Silent


class RecordAnswer(Struct, frozen=True):
    """What a channel said when it was asked or queried; `looked_at` is when that began."""

    owner_id: int
    request_id: ChannelRequestId
    answer: Answer
    looked_at: Instant


class Asked(Struct, frozen=True):
    """A request as it stands. Whoever gets it `fresh` asks the channel; nobody else ever does."""

    request: ChannelRequest
    fresh: bool = False


class Recorded(Struct, frozen=True):
    """A request, its pay if that changed, and the money that moved."""

    request: ChannelRequest
    pay: ChannelRequest | None = None
    transfers: tuple[Transfer, ...] = ()


def new_request(
    channel: Channel,
    kind: RequestKind,
    home: AccountId,
    amount: int,
    *,
    number: int,
    now: Instant,
    counterpart: str = "",
) -> ChannelRequest:
    """A request as it is written now."""
    return ChannelRequest(
        id=ChannelRequestId(number),
        channel_id=channel.id,
        kind=kind,
        home=home,
        amount=amount,
        asked_at=now,
        next_look=Instant(now + LOOK_AFTER),
        counterpart=counterpart,
    )


def new_refund(pay: ChannelRequest, amount: int, number: int, now: Instant) -> ChannelRequest:
    """A request to give back some of what another took, at the same channel."""
    look = Instant(now + LOOK_AFTER)
    own, kind = ChannelRequestId(number), RequestKind.REFUND
    return ChannelRequest(own, pay.channel_id, kind, pay.home, amount, now, look, pay_id=pay.id)


def decide_opened(channel: Channel, terminal_id: int) -> Refused | None:
    """May the channel be asked anything new there?"""
    if channel.state is ChannelState.SUSPENDED:
        return Refused(Reason.CHANNEL_SUSPENDED, f"{channel.code} is suspended")
    if not channel.serves(terminal_id):
        return Refused(Reason.CHANNEL_ELSEWHERE, f"{channel.code} is not for this terminal")
    return None


def decide_asking(
    asked: ChannelRequest,
    channel: Channel,
    home: Account,
    pay: ChannelRequest | None,
    terminal_id: int = 0,
) -> Recorded | Refused:
    """Write a request; money that is to go out leaves its account now."""
    if asked.amount <= 0:
        return Refused(Reason.AMOUNT_NOT_POSITIVE)
    if asked.amount > MAX_AMOUNT:
        return Refused(Reason.AMOUNT_TOO_LARGE, f"at most {MAX_AMOUNT} minor units")
    refused = decide_opened(channel, terminal_id)
    if refused is not None:
        return refused
    if asked.kind is RequestKind.PAY:
        return Recorded(asked)
    after = None
    if asked.kind is RequestKind.REFUND:
        if pay is None or pay.kind is not RequestKind.PAY or pay.channel_id != asked.channel_id:
            return Refused(Reason.CHANNEL_REQUEST_NOT_FOUND)
        left = pay.reached - pay.returned
        if pay.state is not RequestState.DONE or asked.amount > left:
            return Refused(Reason.REFUND_EXCEEDS_PAYMENT, f"{left} can be given back")
        after = replace(pay, returned=pay.returned + asked.amount)
    if home.spendable < asked.amount:
        wallet = chart.purpose(asked.home) is chart.Purpose.WALLET
        short = Reason.INSUFFICIENT_FUNDS if wallet else Reason.MERCHANT_FUNDS_INSUFFICIENT
        return Refused(short)
    out = Transfer(asked.home, chart.leaving(asked.home), asked.amount, Code.CHANNEL_ASK, asked.id)
    return Recorded(asked, after, (out,))


def decide_record(
    known: ChannelRequest, pay: ChannelRequest | None, command: RecordAnswer, now: Instant
) -> Recorded | Refused:
    """Believe a channel's answer, once. Silence only says when to look again."""
    answer = command.answer
    state = TRANSITIONS[known.state, _event(known, command)]
    if isinstance(state, Reason):
        return Refused(state, f"the channel said otherwise before: {known.state.name.lower()}")
    if not known.is_open:
        turned = isinstance(answer, Done) and answer.amount != known.settled
        return Refused(_TURNED, f"it said {known.settled} before") if turned else Recorded(known)
    if state is RequestState.UNKNOWN:
        pause = min(SECOND << min(known.looks, 16), _LONGEST_PAUSE)
        return Recorded(
            replace(known, state=state, looks=known.looks + 1, next_look=Instant(now + pause))
        )
    if isinstance(answer, Absent) and known.order_id and known.kind is not RequestKind.PAY:
        # It never began and cannot any more: it is safe to ask anew.
        return Recorded(replace(known, state=_WAITING, looks=known.looks + 1, next_look=now))
    if isinstance(answer, Done):
        ended = replace(known, state=state, finished_at=now, booked_at=answer.booked_at or now)
        after = replace(ended, settled=answer.amount, reference=answer.reference)
        return Recorded(after, _given_back(pay, known.amount - after.reached), _moved(after))
    reason = answer.reason if isinstance(answer, Declined) else "the channel never heard of it"
    after = replace(known, state=state, reason=reason, finished_at=now)
    return Recorded(after, _given_back(pay, known.amount), _back(after, known.amount))


def same_request(one: ChannelRequest, other: ChannelRequest) -> bool:
    """Were these two asked for in the same words? The channel and the times are ours to choose."""
    words = [(it.kind, it.home, it.amount, it.counterpart, it.pay_id) for it in (one, other)]
    return words[0] == words[1]


def _event(known: ChannelRequest, command: RecordAnswer) -> RequestEvent:
    match command.answer:
        case Done(amount=amount) if 0 < amount <= MAX_AMOUNT:
            return RequestEvent.DO
        case Declined():
            return RequestEvent.DECLINE
        case Absent() if command.looked_at >= known.asked_at + FORGOTTEN_AFTER:
            return RequestEvent.MISS
        case _:
            return RequestEvent.SILENCE


def _moved(done: ChannelRequest) -> tuple[Transfer, ...]:
    """What a request that was done makes of the accounts: exactly what the channel moved."""
    currency = chart.currency(done.home)
    clearing = chart.clearing(done.channel_id, currency)
    suspense = chart.suspense(currency)
    if done.kind is RequestKind.PAY:
        code = Code.CHANNEL_PAY if done.order_id else Code.TOP_UP
        moved = [Transfer(clearing, done.home, done.reached, code, done.id)]
        if done.surplus:
            moved.append(Transfer(clearing, suspense, done.surplus, Code.CHANNEL_SURPLUS, done.id))
        return tuple(moved)
    leaving = chart.leaving(done.home)
    moved = [Transfer(leaving, clearing, done.reached, Code.CHANNEL_OUT, done.id)]
    if done.surplus:
        moved.append(Transfer(suspense, clearing, done.surplus, Code.CHANNEL_SURPLUS, done.id))
    return (*moved, *_back(done, done.amount - done.reached))


def _given_back(pay: ChannelRequest | None, amount: int) -> ChannelRequest | None:
    """The pay of a refund of which so much did not go back, and may be asked for again."""
    return replace(pay, returned=pay.returned - amount) if pay and amount else None


def _back(known: ChannelRequest, amount: int) -> tuple[Transfer, ...]:
    if known.kind is RequestKind.PAY or not amount:
        return ()
    return (Transfer(chart.leaving(known.home), known.home, amount, Code.CHANNEL_BACK, known.id),)
