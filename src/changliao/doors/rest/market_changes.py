"""Acceptance changes over REST as the market sees them: the events, and what each did."""

from typing import Annotated, Final

from msgspec import UNSET, Meta, Struct, UnsetType

from changliao.core.acceptance import Accepting
from changliao.core.bills import day_of
from changliao.core.clock import NEVER, Instant
from changliao.core.outcome import Reason, Refused
from changliao.doors.rest.acceptance_forms import Code, Standing
from changliao.doors.rest.call import Call, Door, read_id
from changliao.doors.rest.endpoint import Endpoint, Who
from changliao.doors.rest.errors import Problem, refusal
from changliao.doors.rest.fields import (
    Count,
    Date,
    DraftIdText,
    MerchantIdText,
    Moment,
    Nothing,
    Page,
    moment,
)
from changliao.doors.rest.market import date_of, day_named, given
from changliao.doors.rest.market_forms import Fraction, Key
from changliao.market import changes, names
from changliao.market.changes import Change, Changed, Diversion
from changliao.market.effects import Study
from changliao.store.engine import Reader
from changliao.store.views import acceptance

MOST_DAYS: Final = 92


class ChangedShown(Struct, frozen=True):
    """A method on a terminal, and how it stood before and after."""

    method: Code
    terminal: Code
    before: Standing
    after: Standing


class ChangeShown(Struct, frozen=True):
    """An approved change; `number` is its place in the history, as markers in charts show it."""

    number: Annotated[int, Meta(ge=1)]
    draft_id: DraftIdText
    platform_id: MerchantIdText
    platform: str
    day: Date
    starts_at: Moment
    restricts: bool
    reason: str
    changed: list[ChangedShown]
    ends_at: Moment | UnsetType = UNSET


class EffectOfQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which change, and how many days before and after it."""

    draft_id: DraftIdText
    days: Annotated[int, Meta(ge=2, le=MOST_DAYS)] = 28


class AdoptionQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """What platforms did with a method, at different times."""

    method: Code
    state: Standing
    first: Date
    last: Date


class PointShown(Struct, frozen=True):
    """The difference from the others, so many days after the change; the band is of placebos."""

    time: int
    difference: float
    units: Count
    low: float | UnsetType = UNSET
    high: float | UnsetType = UNSET


class StudyShown(Struct, frozen=True):
    """What came of a change, judged by permutation: p is how often others differ as much.

    `before_p`, when small, says that the platform was on another way before. With n placebos p
    cannot be under 1/(n+1). The true effect is between `low` and `high` nine times of ten; under
    nineteen placebos they are left out.
    """

    effect: float
    p: Fraction
    placebos: Count
    points: list[PointShown]
    before_p: Fraction | UnsetType = UNSET
    low: float | UnsetType = UNSET
    high: float | UnsetType = UNSET


class DivertedShown(Struct, frozen=True):
    """What affected people bought at one platform; `observed` for each purchase lost."""

    platform: Key
    name: str
    users: Count | UnsetType = UNSET
    before: Count | UnsetType = UNSET
    after: Count | UnsetType = UNSET
    observed: float | UnsetType = UNSET
    proportional: Fraction | UnsetType = UNSET


class DiversionShown(Struct, frozen=True):
    """Of people who had paid in the changed way: their purchases there before and after."""

    to: list[DivertedShown]
    users: Count | UnsetType = UNSET
    before: Count | UnsetType = UNSET
    after: Count | UnsetType = UNSET


async def list_changes(door: Door, call: Call[Nothing, Nothing]) -> Page[ChangeShown]:
    """List every approved change that made something stand otherwise, numbered in order."""
    found = await door.network.report(_changes)
    return Page([_shown(one) for one in found])


async def show_effect(door: Door, call: Call[Nothing, EffectOfQuery]) -> StudyShown:
    """Show what a change did to the platform's payments by what was changed.

    Units are platforms, each by its own mean before; any with the same change nearby is left out.
    """
    known, change = await _find(door, call.query.draft_id)
    last = day_of(door.network.clock())
    try:
        found = await door.network.report(changes.effect, known, change, call.query.days, last)
    except ValueError as error:
        raise Problem("nothing_to_compare", str(error)) from error
    return _study(found)


async def show_adoption(door: Door, call: Call[Nothing, AdoptionQuery]) -> StudyShown:
    """Show what a method's part of payments did where platforms changed it at different times.

    A platform is compared only with those that had not changed by then.
    """
    query = call.query
    methods = {one.code: one.id for one in await door.network.read(acceptance.methods)}
    if query.method not in methods:
        raise refusal(Refused(Reason.METHOD_UNKNOWN, "method"))
    bounds = day_named(query.first, "first"), day_named(query.last, "last")
    if not 0 < bounds[1] - bounds[0] < 4 * MOST_DAYS:
        raise Problem("malformed", f"last is after first, at most {4 * MOST_DAYS} days", "last")
    known = await door.network.report(_changes)
    to = Accepting[query.state.upper()]
    try:
        found = await door.network.report(
            changes.adoption, known, methods[query.method], to, bounds
        )
    except ValueError as error:
        raise Problem("nothing_to_compare", str(error)) from error
    return _study(found)


async def show_diversion(door: Door, call: Call[Nothing, EffectOfQuery]) -> DiversionShown:
    """Show where those went who had paid in the changed way, beside what shares would make of it.

    It reads a row for each person who bought in these days.
    """
    _, change = await _find(door, call.query.draft_id)
    last, minimum = day_of(door.network.clock()), door.minimum_users

    def divert(reader: Reader) -> Diversion:
        known = names.read(reader)
        return changes.diversion(reader, known, change, call.query.days, last, minimum=minimum)

    return _diversion(await door.network.report(divert))


async def _find(door: Door, draft_id: str) -> tuple[list[Change], Change]:
    """Raises Problem 404 for a draft that changed nothing."""
    read_id("drf", draft_id)
    known = await door.network.report(_changes)
    for one in known:
        if one.draft_id == draft_id:
            return known, one
    raise refusal(Refused(Reason.POLICY_NOT_FOUND, "it was not approved, or changed nothing"))


def _changes(reader: Reader) -> list[Change]:
    return changes.changes(reader, names.read(reader))


def _shown(one: Change) -> ChangeShown:
    return ChangeShown(
        one.number, one.draft_id, one.platform.key, one.platform.name, date_of(one.day),
        moment(Instant(one.at)), one.restricts, one.reason,
        [_changed(cell) for cell in one.changed],
        moment(Instant(one.ends_at)) if one.ends_at != NEVER else UNSET,
    )  # fmt: skip


def _changed(one: Changed) -> ChangedShown:
    return ChangedShown(
        one.method.key, one.terminal.key, _STANDINGS[one.before], _STANDINGS[one.cell.state]
    )


def _study(found: Study) -> StudyShown:
    points = [
        PointShown(one.time, one.difference, one.units, given(one.low), given(one.high))
        for one in found.points
    ]
    low, high = found.interval or (UNSET, UNSET)
    return StudyShown(
        found.effect, found.p, found.placebos, points, given(found.before_p), low, high
    )


def _diversion(found: Diversion) -> DiversionShown:
    to = [
        DivertedShown(
            one.platform.key, one.platform.name, given(one.users), given(one.before),
            given(one.after), given(one.observed), given(one.proportional),
        )
        for one in found.to
    ]  # fmt: skip
    return DiversionShown(to, given(found.users), given(found.before), given(found.after))


_STANDINGS: Final[dict[Accepting, Standing]] = {
    Accepting.NOT_CONNECTED: "not_connected",
    Accepting.ACCEPTED: "accepted",
    Accepting.SUSPENDED: "suspended",
    Accepting.BANNED: "banned",
}
ENDPOINTS: Final = (
    Endpoint(
        "GET", "/market/changes", list_changes, Who.OPERATOR, Nothing, Nothing, Page[ChangeShown],
    ),
    Endpoint(
        "GET", "/market/effect", show_effect, Who.OPERATOR, Nothing, EffectOfQuery, StudyShown,
        200, (Reason.POLICY_NOT_FOUND, "nothing_to_compare"),
    ),
    Endpoint(
        "GET", "/market/adoption", show_adoption, Who.OPERATOR, Nothing, AdoptionQuery,
        StudyShown, 200, (Reason.METHOD_UNKNOWN, "nothing_to_compare"),
    ),
    Endpoint(
        "GET", "/market/diversion", show_diversion, Who.OPERATOR, Nothing, EffectOfQuery,
        DiversionShown, 200, (Reason.POLICY_NOT_FOUND,),
    ),
)  # fmt: skip
