"""Asking channels on behalf of a caller, and what is shown of a request to one."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from changliao.core import chart, ids
from changliao.core.channels import (
    AskChannel,
    Asked,
    Channel,
    ChannelRequest,
    RequestKind,
    RequestState,
)
from changliao.core.clock import NEVER
from changliao.core.outcome import Reason, Refused
from changliao.doors.rest.call import Answer, Call, Door, accepted, perform
from changliao.doors.rest.errors import refusal
from changliao.doors.rest.fields import (
    ChannelCode,
    ChannelRequestIdText,
    Count,
    CurrencyCode,
    Minor,
    Moment,
    OrderIdText,
    moment,
)
from changliao.operations.channels import ASK
from changliao.store.views import acceptance, channels

KindName = Literal["pay", "refund", "payout"]
StateName = Literal["asked", "unknown", "done", "refused", "waiting", "held"]
Codes = Mapping[int, str]
TerminalCode = Annotated[str, Meta(pattern=r"^[a-z_]{1,32}\Z", examples=["pc"])]
_KINDS: Final[dict[RequestKind, KindName]] = {
    RequestKind.PAY: "pay",
    RequestKind.REFUND: "refund",
    RequestKind.PAYOUT: "payout",
}
_STATES: Final[dict[RequestState, StateName]] = {
    RequestState.ASKED: "asked",
    RequestState.UNKNOWN: "unknown",
    RequestState.DONE: "done",
    RequestState.REFUSED: "refused",
    RequestState.WAITING: "waiting",
    RequestState.HELD: "held",
}


class ChannelRequestShown(Struct, frozen=True):
    """What was asked of a channel. `settled` is what it moved, `looks` how often it was queried.

    `order_id` is the order to be paid with it, or whose payment goes back.
    """

    id: ChannelRequestIdText
    channel: ChannelCode
    kind: KindName
    owner_id: str
    amount: Minor
    currency: CurrencyCode
    state: StateName
    settled: Count
    looks: Count
    asked_at: Moment
    counterpart: str = ""
    reference: str = ""
    reason: str = ""
    order_id: OrderIdText | UnsetType = UNSET
    finished_at: Moment | UnsetType = UNSET


async def codes(door: Door) -> Codes:
    """Channels' names by their numbers."""
    return {one.id: one.code for one in await door.network.look_up(channels.channels)}


async def terminal(door: Door, code: str | None) -> int:
    """A terminal's number; 0 for none. Raises Problem."""
    found = await door.network.look_up(acceptance.terminals) if code else []
    numbers = {one.code: one.id for one in found}
    if code and code not in numbers:
        raise refusal(Refused(Reason.TERMINAL_UNKNOWN, f"terminals are {', '.join(numbers)}"))
    return numbers[code] if code else 0


async def choose(door: Door, channel: str | None, number: int, terminal_id: int = 0) -> Channel:
    """The channel that is named, or the best one. Raises Problem."""
    desk = door.desk
    return accepted(await (desk.askable(channel) if channel else desk.route(terminal_id, number)))


async def ask(
    door: Door, call: Call[Any, Any], command: AskChannel, show: Callable[[ChannelRequest], Any]
) -> Any:
    """Write the request, ask the channel if it is new, and show how it stands then.

    Under an Idempotency-Key the answer was kept when the request was written: its state is "asked".
    """
    fresh: list[ChannelRequest] = []

    def shown(outcome: Asked) -> Any:
        # It runs again when the commit does: only the last time counts.
        fresh[:] = [outcome.request] if outcome.fresh else []
        return show(outcome.request)

    answer = await perform(door, call, ASK, command, shown)
    if not fresh:
        return answer
    after = await door.desk.ask(fresh[0])
    return answer if isinstance(answer, Answer) else show(after)


def show_request(one: ChannelRequest, known: Codes) -> ChannelRequestShown:
    """A request as operators see it."""
    is_wallet = chart.purpose(one.home) is chart.Purpose.WALLET
    return ChannelRequestShown(
        id=ids.show("chr", one.id),
        channel=known.get(one.channel_id, ""),
        kind=_KINDS[one.kind],
        owner_id=ids.show("usr" if is_wallet else "mch", one.home.owner),
        amount=one.amount,
        currency=chart.currency(one.home).code,
        state=state_name(one),
        settled=one.settled,
        looks=one.looks,
        asked_at=moment(one.asked_at),
        counterpart=one.counterpart,
        reference=one.reference,
        reason=one.reason,
        order_id=ids.show("ord", one.order_id) if one.order_id else UNSET,
        finished_at=finished(one),
    )


def state_name(one: ChannelRequest) -> StateName:
    """How it stands."""
    return _STATES[one.state]


def finished(one: ChannelRequest) -> Moment | UnsetType:
    """When it was known what became of it."""
    return moment(one.finished_at) if one.finished_at != NEVER else UNSET
