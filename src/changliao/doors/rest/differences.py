"""Differences of channels' statements over REST: one operator proposes, another approves."""

from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from changliao.core import chart, ids
from changliao.core.acts import version
from changliao.core.clock import NEVER
from changliao.core.differences import (
    Case,
    CaseState,
    DecideResolution,
    ProposeResolution,
    Resolution,
    facts,
)
from changliao.core.ids import DifferenceId
from changliao.core.members import Right
from changliao.core.money import BY_NUMBER
from changliao.core.outcome import Reason, Refused
from changliao.doors.rest.asking import Codes, codes
from changliao.doors.rest.call import Call, Door, accepted, read_id
from changliao.doors.rest.endpoint import Endpoint, Who
from changliao.doors.rest.errors import refusal
from changliao.doors.rest.fields import (
    ChannelCode,
    ChannelRequestIdText,
    Count,
    CurrencyCode,
    CursorText,
    DifferenceIdText,
    DifferenceName,
    Limit,
    MinorSum,
    Moment,
    Nothing,
    Page,
    Version,
    moment,
    page,
)
from changliao.doors.rest.members import doing, perform_by
from changliao.operations.differences import DECIDE, PROPOSE
from changliao.store.views import differences

ResolutionName = Literal["none", "suspense", "owner"]
CaseStateName = Literal["open", "proposed", "resolved"]


class ResolutionForm(Struct, frozen=True, forbid_unknown_fields=True):
    """`suspense` books what is off there; `owner` gives it on to whoever asked; `none` nothing."""

    resolution: ResolutionName
    note: Annotated[str, Meta(min_length=1, max_length=500)]


class CaseShown(Struct, frozen=True):
    """A difference. `off` is what the channel holds beyond our books; `owed` what is the owner's.

    Amounts are signed as our account at the channel sees them.
    """

    id: DifferenceIdText
    channel: ChannelCode
    statement: str
    kind: DifferenceName
    said: MinorSum
    ours: MinorSum
    off: MinorSum
    owed: Count
    currency: CurrencyCode
    state: CaseStateName
    suggested: ResolutionName
    opened_at: Moment
    version: Version
    reference: str = ""
    request_id: ChannelRequestIdText | UnsetType = UNSET
    owner_id: str | UnsetType = UNSET
    resolution: ResolutionName | UnsetType = UNSET
    note: str | UnsetType = UNSET
    proposed_by: str | UnsetType = UNSET
    decided_by: str | UnsetType = UNSET
    decided_at: Moment | UnsetType = UNSET


class CasesQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which; what is left out is any."""

    channel: ChannelCode | None = None
    state: CaseStateName | None = None
    cursor: CursorText | None = None
    limit: Limit = 50


async def search(door: Door, call: Call[Nothing, CasesQuery]) -> Page[CaseShown]:
    """List what statements differed in, newest first."""
    asked, names = call.query, await codes(door)
    channel_id = accepted(await door.desk.channel(asked.channel)).id if asked.channel else 0
    state = int(CaseState[asked.state.upper()]) if asked.state else 0
    before = read_id("cur", asked.cursor) if asked.cursor else ids.NEWEST
    found = await door.network.read(differences.cases, channel_id, state, before, asked.limit + 1)
    return page([_shown(one, names) for one in found], [one.id for one in found], asked.limit)


async def show(door: Door, call: Call[Nothing, Nothing]) -> CaseShown:
    """Show a difference and what was done about it."""
    found = await door.network.read(differences.case, _id(call))
    if found is None:
        raise refusal(Refused(Reason.DIFFERENCE_NOT_FOUND))
    return _shown(found, await codes(door))


async def propose(door: Door, call: Call[ResolutionForm, Nothing]) -> Any:
    """Propose what to book. Nothing moves until another operator approves."""
    form, names = call.form, await codes(door)
    command = ProposeResolution(
        _id(call), Resolution[form.resolution.upper()], form.note, call.caller.name
    )
    subject = call.path["difference_id"]
    return await perform_by(
        door, call, _PROPOSE, command, lambda one: _shown(one, names), subject=subject
    )


async def approve(door: Door, call: Call[Nothing, Nothing]) -> Any:
    """Approve what another operator proposed: it is booked."""
    return await _decide(door, call, approves=True)


async def reject(door: Door, call: Call[Nothing, Nothing]) -> Any:
    """Reject what was proposed: the case is open again."""
    return await _decide(door, call, approves=False)


async def _decide(door: Door, call: Call[Nothing, Nothing], *, approves: bool) -> Any:
    names = await codes(door)
    command = DecideResolution(_id(call), approves, call.caller.name)
    subject = call.path["difference_id"]
    return await perform_by(
        door, call, _DECIDE, command, lambda one: _shown(one, names), subject=subject
    )


def _id(call: Call[Any, Any]) -> DifferenceId:
    return DifferenceId(read_id("dif", call.path["difference_id"]))


def _shown(one: Case, names: Codes) -> CaseShown:
    found, proposed = one.difference, one.state is not CaseState.OPEN
    known = one.owner.owner != 0
    wallet = known and chart.purpose(one.owner) is chart.Purpose.WALLET
    return CaseShown(
        id=ids.show("dif", one.id),
        channel=names.get(one.channel_id, ""),
        statement=one.statement,
        kind=found.kind.value,
        said=found.said,
        ours=found.ours,
        off=one.off,
        owed=one.owed,
        currency=BY_NUMBER[one.currency].code,
        state=_STATES[one.state],
        suggested=_RESOLUTIONS[one.suggested],
        opened_at=moment(one.opened_at),
        version=version(facts(one)),
        reference=found.reference,
        request_id=ids.show("chr", found.number) if found.number else UNSET,
        owner_id=ids.show("usr" if wallet else "mch", one.owner.owner) if known else UNSET,
        resolution=_RESOLUTIONS[one.resolution] if proposed else UNSET,
        note=one.note if proposed else UNSET,
        proposed_by=one.proposed_by if proposed else UNSET,
        decided_by=one.decided_by or UNSET,
        decided_at=moment(one.decided_at) if one.decided_at != NEVER else UNSET,
    )


_STATES: Final[dict[CaseState, CaseStateName]] = {
    CaseState.OPEN: "open",
    CaseState.PROPOSED: "proposed",
    CaseState.RESOLVED: "resolved",
}
_RESOLUTIONS: Final[dict[Resolution, ResolutionName]] = {
    Resolution.NONE: "none",
    Resolution.SUSPENSE: "suspense",
    Resolution.OWNER: "owner",
}
_ONE: Final = "/channel-differences/{difference_id}"
_CHANGES: Final = (
    Reason.DIFFERENCE_NOT_FOUND, Reason.DIFFERENCE_STATE, Reason.MEMBER_NOT_PERMITTED,
)  # fmt: skip
_PROPOSE: Final = doing(PROPOSE, Right.PROPOSE_DIFFERENCES)
_DECIDE: Final = doing(DECIDE, Right.APPROVE_DIFFERENCES)
ENDPOINTS: Final = (
    Endpoint(
        "GET", "/channel-differences", search, Who.OPERATOR, Nothing, CasesQuery,
        Page[CaseShown], 200, (Reason.CHANNEL_NOT_FOUND,),
    ),
    Endpoint(
        "GET", _ONE, show, Who.OPERATOR, Nothing, Nothing, CaseShown, 200,
        (Reason.DIFFERENCE_NOT_FOUND,),
    ),
    Endpoint(
        "POST", f"{_ONE}/propose", propose, Who.OPERATOR, ResolutionForm, Nothing, CaseShown, 200,
        (*_CHANGES, Reason.DIFFERENCE_INVALID), right=Right.PROPOSE_DIFFERENCES, edits=True,
    ),
    Endpoint(
        "POST", f"{_ONE}/approve", approve, Who.OPERATOR, Nothing, Nothing, CaseShown, 200,
        (*_CHANGES, Reason.DIFFERENCE_SELF_APPROVAL), right=Right.APPROVE_DIFFERENCES,
        edits=True,
    ),
    Endpoint(
        "POST", f"{_ONE}/reject", reject, Who.OPERATOR, Nothing, Nothing, CaseShown, 200, _CHANGES,
        right=Right.APPROVE_DIFFERENCES, edits=True,
    ),
)  # fmt: skip
