"""The market over REST: shares, people, flows, cohorts, concentration; groups and simulations.

Operators see everybody, a merchant itself and all others together. Nothing is scanned here: these
are sums that a worker keeps.
"""

from collections.abc import Sequence
from typing import Any, Final, TypeVar

from msgspec import UNSET, UnsetType

from changliao.core import bills, ids
from changliao.core.bills import Day, day_of
from changliao.core.clock import NEVER
from changliao.core.ids import MerchantId, UserId
from changliao.core.market import Grouping, Period, Synthetic, first_day
from changliao.core.money import CURRENCIES
from changliao.core.outcome import Reason
from changliao.doors.rest.call import Call, Door, perform, read_id
from changliao.doors.rest.endpoint import Endpoint, Who
from changliao.doors.rest.errors import Problem
from changliao.doors.rest.fields import Nothing, Page, moment
from changliao.doors.rest.market_forms import (
    ActiveShown,
    CohortShown,
    ConcentrationQuery,
    ConcentrationShown,
    FlowShown,
    GroupForm,
    GroupShown,
    HomingShown,
    MarketQuery,
    ShareShown,
    SyntheticForm,
    SyntheticShown,
)
from changliao.doors.rest.orders import since
from changliao.market import concentration, figures, names
from changliao.market.concentration import Concentration, Thresholds
from changliao.market.figures import Active, Asked, Cohort, Flow, Share
from changliao.operations.market import GROUP, MARK_SYNTHETIC
from changliao.store.engine import Reader
from changliao.store.views import market

T = TypeVar("T")
MOST_PERIODS: Final = 400


async def list_shares(door: Door, call: Call[Nothing, MarketQuery]) -> Page[ShareShown]:
    """Show who had which share of what was paid, of payments and of people.

    A merchant asks by platform: it sees its own platform and all others together. Shares are of
    what was paid through this network.
    """
    asked = _asked(door, call)
    found = await door.network.report(_shares, asked)
    return Page([share_shown(one, asked.every) for one in found])


async def list_active(door: Door, call: Call[Nothing, MarketQuery]) -> Page[ActiveShown]:
    """Show how many people bought, and at how many platforms."""
    asked = _asked(door, call)
    found = await door.network.report(figures.active, asked)
    return Page([active_shown(one, asked.every) for one in found])


async def list_flows(door: Door, call: Call[Nothing, MarketQuery]) -> Page[FlowShown]:
    """Show whose main platform changed from one week or month to the next, and to which."""
    asked = _asked(door, call)
    if asked.every is Period.DAY:
        raise Problem("malformed", "flows are of weeks or months", "every")
    found = await door.network.report(_flows, asked)
    return Page([flow_shown(one, asked.every) for one in found])


async def list_cohorts(door: Door, call: Call[Nothing, Nothing]) -> Page[CohortShown]:
    """Show of the people who first bought in a month how many did in the months after."""
    found = await door.network.report(figures.cohorts, door.minimum_users)
    return Page([cohort_shown(one) for one in found])


async def list_concentration(
    door: Door, call: Call[Nothing, ConcentrationQuery]
) -> Page[ConcentrationShown]:
    """Show how concentrated the market is, and what a merger would make of it.

    Shares are of payments, of what was paid, or of the platforms' people together. Merchants on
    no platform are many small ones: they are in the denominator and add nothing.
    """
    query = call.query
    known = concentration.thresholds().get(query.thresholds)
    if known is None:
        said = f"one of {', '.join(concentration.thresholds())}"
        raise Problem("malformed", said, "thresholds")
    bounds = bounds_of(query.first, query.last, query.every)
    # Whole figures go in, only the sum of their squares goes out.
    asked = Asked(*bounds, Period[query.every.upper()], query.by, _currency(query.currency), 0, 0)
    found = await door.network.report(_shares, asked)
    merged = merged_of(query.merge, found)
    rows = concentration.by_period(found, query.measure, merged, door.minimum_users)
    return Page([concentration_shown(one, asked.every, query.thresholds, known) for one in rows])


async def list_groups(door: Door, call: Call[Nothing, Nothing]) -> Page[GroupShown]:
    """List which platform belongs to which group from when on."""
    found = await door.network.read(market.groups)
    return Page([_group(one) for one in found])


async def make_group(door: Door, call: Call[GroupForm, Nothing]) -> Any:
    """Say to which group a platform belongs from a day on.

    A merged platform belongs to its heir's group without being named.
    """
    form = call.form
    platform_id = MerchantId(read_id("mch", form.platform_id))
    command = Grouping(platform_id, day_named(form.from_day, "from_day"), form.name)
    return await perform(door, call, GROUP, command, _group)


async def mark_synthetic(door: Door, call: Call[SyntheticForm, Nothing]) -> Any:
    """Say that a person is a simulation's.

    From then on what this person pays is in no figure of the market. Mark people before they pay.
    """
    user_id = UserId(read_id("usr", call.form.user_id))
    command = Synthetic(user_id, NEVER, call.form.run)
    return await perform(door, call, MARK_SYNTHETIC, command, _synthetic)


def _asked(door: Door, call: Call[Nothing, MarketQuery]) -> Asked:
    """Raises Problem for what a merchant may not ask, and for too many periods."""
    query, caller = call.query, call.caller
    own = 0 if caller.is_operator else caller.key.merchant_id
    if own and query.by != "platform":
        raise Problem("not_permitted", "merchants ask by platform", "by")
    bounds = bounds_of(query.first, query.last, query.every)
    every = Period[query.every.upper()]
    currency = _currency(query.currency)
    return Asked(*bounds, every, query.by, currency, own, door.minimum_users)


def bounds_of(first: str, last: str, every: str) -> tuple[int, int]:
    """Raises Problem 400 for days that are none, too many, or in the wrong order."""
    bounds = day_named(first, "first"), day_named(last, "last")
    days = {"day": 1, "week": 7, "month": 30}[every]
    if not 0 <= bounds[1] - bounds[0] < MOST_PERIODS * days:
        said = f"last is not before first, at most {MOST_PERIODS} periods"
        raise Problem("malformed", said, "last")
    return bounds


def merged_of(text: str, found: Sequence[Share]) -> frozenset[str]:
    """What `a+b` names. Raises Problem 400 for one alone and for what sold nothing."""
    merged = frozenset(text.split("+")) if text else frozenset[str]()
    if text and len(merged) < 2:
        raise Problem("malformed", "two of them merge: a+b", "merge")
    known = {share.label.key for share in found if figures.is_named(share.label)}
    for name in sorted(merged - known):
        said = f"{name!r} sold nothing in these days; there are: {', '.join(sorted(known))}"
        raise Problem("malformed", said, "merge")
    return merged


def day_named(text: str, field: str) -> Day:
    """Raises Problem 400 for a day that no calendar has."""
    try:
        return day_of(ids.made_at(since(f"{text}T00:00:00+08:00")))
    except Problem as error:
        raise Problem("malformed", f"{text} is no day: for example 2026-11-25", field) from error


def _currency(code: str) -> int:
    if code not in CURRENCIES:
        raise Problem("currency_unknown", f"one of {', '.join(CURRENCIES)}", "currency")
    return CURRENCIES[code].number


def _shares(reader: Reader, asked: Asked) -> list[Share]:
    return figures.shares(reader, names.read(reader), asked)


def _flows(reader: Reader, asked: Asked) -> list[Flow]:
    return figures.flows(reader, names.read(reader), asked)


def date_of(day: int) -> str:
    """A day as answers show it."""
    return bills.date_of(day).isoformat()


def _span(every: Period, period: int) -> tuple[str, str]:
    return date_of(first_day(every, period)), date_of(first_day(every, period + 1) - 1)


def given(value: T | None) -> T | UnsetType:
    """What is withheld is left out."""
    return UNSET if value is None else value


def share_shown(one: Share, every: Period) -> ShareShown:
    """A share as it goes over the wire."""
    return ShareShown(
        *_span(every, one.period), one.label.key, one.label.name,
        given(one.users), given(one.payments), given(one.amount), given(one.refunds),
        given(one.refunded), given(one.of_users), given(one.of_payments),
        given(one.of_amount), given(one.of_reach),
    )  # fmt: skip


def active_shown(one: Active, every: Period) -> ActiveShown:
    """People of a period."""
    homing = [HomingShown(number, given(users)) for number, users in one.homing.items()]
    return ActiveShown(*_span(every, one.period), homing, given(one.users))


def flow_shown(one: Flow, every: Period) -> FlowShown:
    """Who moved."""
    return FlowShown(
        *_span(every, one.period),
        one.source.key, one.source.name, one.target.key, one.target.name, given(one.users),
    )  # fmt: skip


def cohort_shown(one: Cohort) -> CohortShown:
    """A cohort in a month."""
    first, month = (date_of(first_day(Period.MONTH, month)) for month in (one.first, one.month))
    return CohortShown(first, month, given(one.users), given(one.of_first))


def concentration_shown(
    one: Concentration, every: Period, name: str, known: Thresholds
) -> ConcentrationShown:
    """How concentrated a period was, by these thresholds."""
    shown = ConcentrationShown(*_span(every, one.period), name, known.source)
    if one.hhi is None:
        return shown
    added, most = one.added, one.hhi if one.most is None else one.most
    return ConcentrationShown(
        shown.first, shown.last, name, known.source, one.hhi, given(one.effective),
        given(one.rivals), given(one.whole), given(one.others),
        UNSET if one.others is None else most, given(known.between(one.hhi, most)), given(added),
        UNSET if added is None else given(known.between(one.hhi + added, most + added)),
        UNSET if added is None else known.looks_at(one.hhi, added),
    )  # fmt: skip


def _group(one: Grouping) -> GroupShown:
    return GroupShown(ids.show("mch", one.platform_id), date_of(one.from_day), one.name)


def _synthetic(one: Synthetic) -> SyntheticShown:
    return SyntheticShown(ids.show("usr", one.user_id), moment(one.since), one.run)


ENDPOINTS: Final = (
    Endpoint(
        "GET", "/market/shares", list_shares, Who.EITHER, Nothing, MarketQuery, Page[ShareShown],
        200, ("currency_unknown",),
    ),
    Endpoint(
        "GET", "/market/active", list_active, Who.EITHER, Nothing, MarketQuery,
        Page[ActiveShown], 200, ("currency_unknown",),
    ),
    Endpoint(
        "GET", "/market/flows", list_flows, Who.EITHER, Nothing, MarketQuery, Page[FlowShown],
        200, ("currency_unknown",),
    ),
    Endpoint(
        "GET", "/market/cohorts", list_cohorts, Who.OPERATOR, Nothing, Nothing, Page[CohortShown],
    ),
    Endpoint(
        "GET", "/market/concentration", list_concentration, Who.OPERATOR, Nothing,
        ConcentrationQuery, Page[ConcentrationShown], 200, ("currency_unknown",),
    ),
    Endpoint(
        "GET", "/market/groups", list_groups, Who.OPERATOR, Nothing, Nothing, Page[GroupShown],
    ),
    Endpoint(
        "POST", "/market/groups", make_group, Who.OPERATOR, GroupForm, Nothing, GroupShown, 201,
        (Reason.PLATFORM_NOT_FOUND,),
    ),
    Endpoint(
        "POST", "/market/synthetic", mark_synthetic, Who.OPERATOR, SyntheticForm, Nothing,
        SyntheticShown, 201, (Reason.USER_NOT_FOUND,),
    ),
)  # fmt: skip
