"""Channels over REST, for operators: listing and changing them, what was asked, and faults."""

from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from changliao.core import ids
from changliao.core.acts import version
from changliao.core.bank import BankFault, FaultRule
from changliao.core.channel_terms import ChangeChannel, facts
from changliao.core.channels import Channel, ChannelState, RequestKind, RequestState
from changliao.core.members import Right
from changliao.core.outcome import Reason, Refused
from changliao.doors.rest.asking import (
    ChannelRequestShown,
    KindName,
    StateName,
    TerminalCode,
    codes,
    show_request,
)
from changliao.doors.rest.call import Call, Door, accepted, commit, perform, read_id
from changliao.doors.rest.endpoint import Endpoint, Who
from changliao.doors.rest.errors import Problem, refusal
from changliao.doors.rest.fields import (
    ChannelCode,
    Count,
    CursorText,
    FeeBps,
    Limit,
    MethodCode,
    Name,
    Nothing,
    Page,
    Version,
    page,
)
from changliao.doors.rest.members import doing, perform_by
from changliao.operations.bank import SET_FAULT
from changliao.operations.channels import CHANGE, OPEN
from changliao.store.views import acceptance, channels

Health = Literal["healthy", "suspended"]
Weight = Annotated[int, Meta(ge=0, le=1_000, description="0: only when it is named")]
FaultName = Literal[
    "lost", "unanswered", "late", "wrong_amount", "duplicate", "refused", "line_missing",
    "line_extra",
]  # fmt: skip


class NewChannel(Struct, frozen=True, forbid_unknown_fields=True):
    """A channel. `kind` names its connector; no `terminals`: it may be used anywhere.

    `method` is the way to pay that it carries, for orders at the cashier.
    """

    code: ChannelCode
    name_zh: Name
    name_en: Name
    kind: ChannelCode
    weight: Weight = 1
    cost_bps: FeeBps = 0
    terminals: list[TerminalCode] = []
    method: MethodCode | None = None


class ChannelChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    state: Health | None = None
    weight: Weight | None = None
    cost_bps: FeeBps | None = None


class ChannelShown(Struct, frozen=True):
    """A channel. `misses` counts answers missing in a row; with three it is used last.

    `method` is what it carries for orders.
    """

    code: ChannelCode
    name_zh: str
    name_en: str
    kind: str
    state: Health
    weight: Weight
    cost_bps: FeeBps
    terminals: list[TerminalCode]
    misses: Count
    version: Version
    method: MethodCode | UnsetType = UNSET


class FaultForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What the next `times` instructions meet; 0: none any more. `off`: how wrong an amount is."""

    kind: KindName
    fault: FaultName
    times: Annotated[int, Meta(ge=0, le=1_000)] = 1
    off: Annotated[int, Meta(ge=-1_000_000, le=1_000_000)] = -1


class FaultShown(Struct, frozen=True):
    """What the next `times` instructions of a kind meet."""

    kind: KindName
    fault: FaultName
    times: Count
    off: int


class FaultsShown(Struct, frozen=True):
    """By kind."""

    data: list[FaultShown]


class RequestsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which requests; what is left out is any."""

    channel: ChannelCode | None = None
    state: StateName | None = None
    cursor: CursorText | None = None
    limit: Limit = 50


class _Names(Struct, frozen=True):
    """Codes by number."""

    terminals: dict[int, str]
    methods: dict[int, str]


async def search(door: Door, call: Call[Nothing, Nothing]) -> Page[ChannelShown]:
    """List channels."""
    names = await _names(door)
    found = await door.network.read(channels.channels)
    return Page([_shown(one, names) for one in found])


async def create(door: Door, call: Call[NewChannel, Nothing]) -> Any:
    """Open a channel.

    The same code with the same terms finds it.
    """
    form = call.form
    names = await _names(door)
    numbers = {name: number for number, name in names.terminals.items()}
    methods = {name: number for number, name in names.methods.items()}
    if form.kind not in door.desk.kinds:
        raise Problem("malformed", f"kind is one of {', '.join(sorted(door.desk.kinds))}", "kind")
    if not numbers.keys() >= set(form.terminals):
        raise Problem("malformed", f"terminals are {', '.join(numbers)}", "terminals")
    if form.method and form.method not in methods:
        raise refusal(Refused(Reason.METHOD_UNKNOWN, f"methods are {', '.join(methods)}"))
    bits = sum(1 << numbers[name] for name in set(form.terminals))
    asked = Channel(
        0, form.code, form.name_zh, form.name_en, form.kind,
        weight=form.weight, cost_bps=form.cost_bps, terminals=bits,
        method_id=methods[form.method] if form.method else 0,
    )  # fmt: skip
    return await perform(door, call, OPEN, asked, lambda one: _shown(one, names))


async def change(door: Door, call: Call[ChannelChange, Nothing]) -> Any:
    """Suspend a channel or use it again; change its weight or cost.

    A suspended channel is asked nothing new; what was asked is still found out.
    """
    form, names = call.form, await _names(door)
    known = await find(door, call)
    state = ChannelState[form.state.upper()] if form.state else None
    command = ChangeChannel(known.id, state, form.weight, form.cost_bps)
    return await perform_by(
        door, call, _CHANGE, command, lambda one: _shown(one, names), subject=known.code
    )


async def show_faults(door: Door, call: Call[Nothing, Nothing]) -> FaultsShown:
    """Show what the next instructions to a sandbox channel meet."""
    known = await _playing(door, call)
    found = await door.network.read(channels.bank_faults, known.id)
    return FaultsShown([_fault_shown(one) for one in found])


async def set_fault(door: Door, call: Call[FaultForm, Nothing]) -> FaultShown:
    """Have the next instructions of one kind go wrong at a sandbox channel."""
    form = call.form
    known = await _playing(door, call)
    rule = FaultRule(
        known.id, RequestKind[form.kind.upper()], BankFault(form.fault), form.times, form.off
    )
    return _fault_shown(await commit(door, call, SET_FAULT, rule))


async def requests(door: Door, call: Call[Nothing, RequestsQuery]) -> Page[ChannelRequestShown]:
    """List what was asked of channels, newest first."""
    asked, known = call.query, await codes(door)
    channel_id = accepted(await door.desk.channel(asked.channel)).id if asked.channel else 0
    state = RequestState[asked.state.upper()] if asked.state else 0
    before = read_id("cur", asked.cursor) if asked.cursor else ids.NEWEST
    found = await door.network.read(
        channels.requests, channel_id, int(state), before, asked.limit + 1
    )
    shown = [show_request(one, known) for one in found]
    return page(shown, [one.id for one in found], asked.limit)


async def find(door: Door, call: Call[Any, Any]) -> Channel:
    """The channel in the path. Raises Problem 404."""
    return accepted(await door.desk.channel(call.path["channel_code"]))


async def _playing(door: Door, call: Call[Any, Any]) -> Channel:
    """Raises Problem 403 outside a sandbox: only there do channels fail on request."""
    if door.payers is None:
        raise Problem("no_sandbox", "this network is no sandbox: see docs/configuration.md")
    return await find(door, call)


async def _names(door: Door) -> _Names:
    terminals = await door.network.look_up(acceptance.terminals)
    methods = await door.network.look_up(acceptance.methods)
    return _Names({one.id: one.code for one in terminals}, {one.id: one.code for one in methods})


def _shown(one: Channel, names: _Names) -> ChannelShown:
    return ChannelShown(
        code=one.code,
        name_zh=one.name_zh,
        name_en=one.name_en,
        kind=one.kind,
        state="healthy" if one.state is ChannelState.HEALTHY else "suspended",
        weight=one.weight,
        cost_bps=one.cost_bps,
        terminals=[name for number, name in names.terminals.items() if one.terminals >> number & 1],
        misses=one.misses,
        version=version(facts(one)),
        method=names.methods[one.method_id] if one.method_id else UNSET,
    )


def _fault_shown(rule: FaultRule) -> FaultShown:
    return FaultShown(_KINDS[rule.kind], rule.fault.value, rule.left, rule.off)


_KINDS: Final[dict[RequestKind, KindName]] = {
    RequestKind.PAY: "pay",
    RequestKind.REFUND: "refund",
    RequestKind.PAYOUT: "payout",
}
_CHANGE: Final = doing(CHANGE, Right.MANAGE_CHANNELS)
_ONE: Final = (Reason.CHANNEL_NOT_FOUND,)
ENDPOINTS: Final = (
    Endpoint("GET", "/channels", search, Who.OPERATOR, Nothing, Nothing, Page[ChannelShown]),
    Endpoint(
        "POST", "/channels", create, Who.OPERATOR, NewChannel, Nothing, ChannelShown, 201,
        (Reason.CHANNEL_TAKEN, Reason.METHOD_UNKNOWN), right=Right.MANAGE_CHANNELS,
    ),
    Endpoint(
        "POST", "/channels/{channel_code}", change, Who.OPERATOR, ChannelChange, Nothing,
        ChannelShown, 200, (*_ONE, Reason.MEMBER_NOT_PERMITTED), right=Right.MANAGE_CHANNELS,
        edits=True,
    ),
    Endpoint(
        "GET", "/channels/{channel_code}/faults", show_faults, Who.OPERATOR, Nothing, Nothing,
        FaultsShown, 200, (*_ONE, "no_sandbox"),
    ),
    Endpoint(
        "POST", "/channels/{channel_code}/faults", set_fault, Who.OPERATOR, FaultForm, Nothing,
        FaultShown, 200, (*_ONE, "no_sandbox"), repeats=True, right=Right.MANAGE_CHANNELS,
    ),
    Endpoint(
        "GET", "/channel-requests", requests, Who.OPERATOR, Nothing, RequestsQuery,
        Page[ChannelRequestShown], 200, _ONE,
    ),
)  # fmt: skip
