"""Settlement runs: what a merchant earned up to the end of a day is made available and paid out.

A cycle says how many days after a day its money is settled (T+1: 1), and where it goes. A run takes
what stood in payable when the day was over, less whatever left it since: money that leaves is the
oldest. What is held or reserved is not in payable, or not to be spent, and waits for its day; so
does what is more than a channel is asked for at once.
The payout is a request to a channel, asked once; what the channel does not take goes back to be
earned again, and the next run has it.
Refuses: a day that is not due, a cycle that makes no sense, a settlement that has ended.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core import bills, chart
from changliao.core.acts import Facts
from changliao.core.bills import Day
from changliao.core.channels import (
    Channel,
    ChannelRequest,
    RequestKind,
    RequestState,
    new_request,
)
from changliao.core.chart import AccountId
from changliao.core.clock import NEVER, Instant
from changliao.core.ids import ChannelRequestId, MerchantId, SettlementId
from changliao.core.ledger import Account, Code, Transfer
from changliao.core.money import MAX_AMOUNT, Currency
from changliao.core.outcome import Reason, Refused

LONGEST_DAYS: Final = 30
MOST_TRIES: Final = 3
_LONGEST_ACCOUNT: Final = 64


class SettlementState(IntEnum):
    """The number is stored. EMPTY: there was too little to pay out, and it was left where it was.

    MADE: available, and to be paid out. RETURNED: the channel did not take it.
    """

    __hash__ = int.__hash__

    EMPTY = 1
    MADE = 2
    PAYING = 3
    PAID = 4
    RETURNED = 5


class SettlementEvent(IntEnum):
    """PAY: a channel is asked. FAIL: it did not pay, and may be asked again. GIVE_UP: no more."""

    __hash__ = int.__hash__

    PAY = 1
    SUCCEED = 2
    FAIL = 3
    GIVE_UP = 4


_EMPTY, _MADE, _PAYING, _PAID, _RETURNED = SettlementState
_ENDED: Final = Reason.SETTLEMENT_ENDED
TRANSITIONS: Final[Mapping[tuple[SettlementState, SettlementEvent], SettlementState | Reason]] = {
    (_EMPTY, SettlementEvent.PAY): _ENDED,
    (_EMPTY, SettlementEvent.SUCCEED): _ENDED,
    (_EMPTY, SettlementEvent.FAIL): _ENDED,
    (_EMPTY, SettlementEvent.GIVE_UP): _ENDED,
    (_MADE, SettlementEvent.PAY): _PAYING,
    (_MADE, SettlementEvent.SUCCEED): _MADE,
    (_MADE, SettlementEvent.FAIL): _MADE,
    (_MADE, SettlementEvent.GIVE_UP): _MADE,
    (_PAYING, SettlementEvent.PAY): Reason.SETTLEMENT_PAYING,
    (_PAYING, SettlementEvent.SUCCEED): _PAID,
    (_PAYING, SettlementEvent.FAIL): _MADE,
    (_PAYING, SettlementEvent.GIVE_UP): _RETURNED,
    (_PAID, SettlementEvent.PAY): _ENDED,
    (_PAID, SettlementEvent.SUCCEED): _PAID,
    (_PAID, SettlementEvent.FAIL): _ENDED,
    (_PAID, SettlementEvent.GIVE_UP): _ENDED,
    (_RETURNED, SettlementEvent.PAY): _ENDED,
    (_RETURNED, SettlementEvent.SUCCEED): _ENDED,
    (_RETURNED, SettlementEvent.FAIL): _ENDED,
    (_RETURNED, SettlementEvent.GIVE_UP): _RETURNED,
}


class Cycle(Struct, frozen=True):
    """When and where to a merchant's money of one currency is settled.

    `since` is the first day that is; `least` is what is worth a payout. Units: days, minor units.
    """

    merchant_id: MerchantId
    currency: Currency
    days: int
    channel: str
    account: str
    since: Day
    least: int = 1
    paused: bool = False
    revision: int = 0


def facts(one: Cycle) -> Facts:
    """When and where to, in words."""
    return {
        "currency": one.currency.code,
        "days": str(one.days),
        "channel": one.channel,
        "account": one.account,
        "least": str(one.least),
        "paused": "1" if one.paused else "",
    }


class Settlement(Struct, frozen=True):
    """What was settled for the days `first_day` to `day`, of one merchant in one currency.

    Payable held `opening` before them and `closing` after them; `amount` of that was settled, and
    `paid` of it paid out. `tries` counts requests to the channel; `request_id` is the newest.
    """

    id: SettlementId
    merchant_id: MerchantId
    currency: Currency
    first_day: Day
    day: Day
    opening: int
    closing: int
    amount: int = 0
    state: SettlementState = SettlementState.EMPTY
    tries: int = 0
    request_id: ChannelRequestId = ChannelRequestId(0)
    paid: int = 0
    reason: str = ""
    made_at: Instant = NEVER
    finished_at: Instant = NEVER

    @property
    def available(self) -> AccountId:
        """Where its money is between payable and the channel."""
        return chart.available(self.merchant_id, self.currency)


class Standing(Struct, frozen=True):
    """How payable stood at the end of a day, as it is seen now.

    `unspent` is what of `closing` has not left it since; `debits` is the sum of all debits when
    that was read.
    """

    closing: int
    unspent: int
    debits: int


class Settle(Struct, frozen=True):
    """A day of a merchant is to be settled. Merchant, currency and day name it: once only."""

    settlement: Settlement
    standing: Standing


class PaySettlement(Struct, frozen=True):
    """Ask a channel to pay it out, under this request's number."""

    merchant_id: MerchantId
    currency: Currency
    day: Day
    channel: Channel
    request_id: ChannelRequestId


class FinishSettlement(Struct, frozen=True):
    """Look what became of its payout."""

    merchant_id: MerchantId
    currency: Currency
    day: Day


class Settled(Struct, frozen=True):
    """A settlement afterwards, and the money that moved."""

    settlement: Settlement
    transfers: tuple[Transfer, ...] = ()


def decide_cycle(asked: Cycle) -> Refused | None:
    """May money be settled so? The detail names the field."""
    rules = (
        (1 <= asked.days <= LONGEST_DAYS, f"days: 1 to {LONGEST_DAYS}"),
        (0 < len(asked.account.strip()) <= _LONGEST_ACCOUNT, "account: 1 to 64 characters"),
        (1 <= asked.least <= MAX_AMOUNT, f"least: 1 to {MAX_AMOUNT} minor units"),
        (bool(asked.channel), "channel: which channel pays it out"),
    )
    wrong = next((said for fine, said in rules if not fine), None)
    return Refused(Reason.CYCLE_INVALID, wrong) if wrong else None


def due_day(cycle: Cycle, now: Instant) -> Day | None:
    """The newest day that this cycle settles now; None: none yet, or it is paused."""
    day = Day(settling_day(now) - cycle.days)
    return None if cycle.paused or day < cycle.since else day


def settling_day(now: Instant) -> Day:
    """Today, when yesterday is in the ledger for certain; until then yesterday."""
    return bills.day_of(Instant(now - bills.SETTLING))


def decide_settlement(
    command: Settle, cycle: Cycle | None, payable: Account, now: Instant
) -> Settled | Refused:
    """Make available what is left of the day's end, if it is worth a payout."""
    asked, standing = command.settlement, command.standing
    if cycle is None:
        return Refused(Reason.CYCLE_MISSING)
    due = due_day(cycle, now)
    if due is None or asked.day > due:
        return Refused(Reason.SETTLEMENT_NOT_DUE)
    left = standing.unspent - (payable.debits_posted - standing.debits)
    amount = min(left, payable.spendable, MAX_AMOUNT)
    if amount < cycle.least:
        return Settled(replace(asked, made_at=now, finished_at=now))
    made = replace(asked, amount=amount, state=SettlementState.MADE, made_at=now)
    return Settled(made, (Transfer(payable.id, made.available, amount, Code.SETTLE, made.id),))


def decide_paying(
    command: PaySettlement, known: Settlement, cycle: Cycle, now: Instant
) -> tuple[Settlement, ChannelRequest] | Refused:
    """The request that pays it out."""
    state = TRANSITIONS[known.state, SettlementEvent.PAY]
    if isinstance(state, Reason):
        return Refused(state)
    request = new_request(
        command.channel, RequestKind.PAYOUT, known.available, known.amount,
        number=command.request_id, now=now, counterpart=cycle.account,
    )  # fmt: skip
    return replace(known, state=state, tries=known.tries + 1, request_id=request.id), request


def decide_finish(known: Settlement, request: ChannelRequest, now: Instant) -> Settled | Refused:
    """Believe what became of the payout. What was not paid is earned again in the end."""
    if request.is_open:
        return Settled(known)
    event = SettlementEvent.SUCCEED
    if request.state is RequestState.REFUSED:
        last = known.tries >= MOST_TRIES
        event = SettlementEvent.GIVE_UP if last else SettlementEvent.FAIL
    state = TRANSITIONS[known.state, event]
    if isinstance(state, Reason):
        return Refused(state)
    if state is known.state:
        return Settled(known)
    if state is SettlementState.MADE:
        return Settled(replace(known, state=state, reason=request.reason))
    paid = request.reached
    after = replace(known, state=state, paid=paid, reason=request.reason, finished_at=now)
    back = known.amount - paid
    payable = chart.payable(known.merchant_id, known.currency)
    moved = Transfer(known.available, payable, back, Code.SETTLE_BACK, known.id)
    return Settled(after, (moved,) if back else ())
