"""Identity levels over REST: what each may spend, whose level is which, and what is left."""

from functools import partial
from typing import Annotated, Any, Final

from msgspec import UNSET, Meta, Struct, UnsetType

from changliao.core import ids, limits
from changliao.core.acts import version
from changliao.core.ids import UserId
from changliao.core.limits import Identity, Level, Limit, Limits, SetLevel, SetLimit
from changliao.core.members import Right
from changliao.core.money import BY_NUMBER
from changliao.core.outcome import Reason
from changliao.doors.rest.call import Call, Door, read_id, read_money
from changliao.doors.rest.endpoint import Endpoint, Who
from changliao.doors.rest.fields import (
    CurrencyCode,
    MinorSum,
    Moment,
    Nothing,
    Page,
    UserIdText,
    Version,
    moment,
)
from changliao.doors.rest.members import doing, perform_by
from changliao.doors.rest.users import find
from changliao.operations.limits import SET_LEVEL, SET_LIMIT
from changliao.store.views import limits as views

LevelNumber = Annotated[int, Meta(ge=1, le=99, description="An identity level", examples=[2])]
Most = Annotated[int, Meta(ge=0, description="Minor units; 0: no limit", examples=[500_000])]


class NewLimit(Struct, frozen=True, forbid_unknown_fields=True):
    """What a level may spend in one currency: at most in a payment, in a day, in a year."""

    level: LevelNumber
    currency: CurrencyCode = "CNY"
    per_payment: Most = 0
    per_day: Most = 0
    per_year: Most = 0


class NewLevel(Struct, frozen=True, forbid_unknown_fields=True):
    """What an operator has seen of a person makes this level."""

    level: LevelNumber


class LimitShown(Struct, frozen=True):
    """What a level may spend in one currency."""

    currency: CurrencyCode
    per_payment: Most
    per_day: Most
    per_year: Most
    version: Version


class LevelShown(Struct, frozen=True):
    """A level, what a person must show to reach it, and what it may spend.

    A currency that is not listed has no limits yet.
    """

    level: LevelNumber
    name_zh: str
    name_en: str
    needs_zh: str
    needs_en: str
    limits: list[LimitShown]


class IdentityShown(Struct, frozen=True):
    """A person's level; `set_at` is missing for who never had another."""

    user_id: UserIdText
    level: LevelNumber
    version: Version
    set_at: Moment | UnsetType = UNSET


class LeftShown(Struct, frozen=True):
    """What a person has spent in one currency, and may still spend.

    `most` is the largest next payment, missing without a limit. What is used up works again from
    `day_begins`, or `year_begins`.
    """

    currency: CurrencyCode
    per_payment: Most
    per_day: Most
    per_year: Most
    spent_today: MinorSum
    spent_this_year: MinorSum
    day_begins: Moment
    year_begins: Moment
    most: MinorSum | UnsetType = UNSET


class UserLimitsShown(Struct, frozen=True):
    """A person's level and what is left of its limits, by currency."""

    user_id: UserIdText
    level: LevelNumber
    version: Version
    limits: list[LeftShown]


async def levels(door: Door, call: Call[Nothing, Nothing]) -> Page[LevelShown]:
    """List the identity levels and what each may spend."""
    network = door.network
    set_ = await network.read(views.limits)
    return Page([_show_level(one, set_) for one in await network.read(views.levels)])


async def set_limit(door: Door, call: Call[NewLimit, Nothing]) -> Any:
    """Say what a level may spend in a currency, from now on.

    The first limit of a currency begins to count what people spend; before it nothing was counted.
    """
    form = call.form
    currency = read_money(1, form.currency).currency
    limit = Limit(form.level, form.per_payment, form.per_day, form.per_year)
    command = SetLimit(currency.number, limit)
    shown, subject = partial(_show_limit, form.level), f"{currency.code} {form.level}"
    return await perform_by(door, call, _SET_LIMIT, command, shown, subject=subject)


async def set_level(door: Door, call: Call[NewLevel, Nothing]) -> Any:
    """Say how well a person is known. It counts from the next payment on."""
    command = SetLevel(UserId(read_id("usr", call.path["user_id"])), call.form.level)
    subject = call.path["user_id"]
    return await perform_by(door, call, _SET_LEVEL, command, _show_identity, subject=subject)


async def show(door: Door, call: Call[Nothing, Nothing]) -> UserLimitsShown:
    """Show what a person may still spend, and what works again when."""
    user_id, network = await find(door, call), door.network
    now = network.clock()
    person, left = await network.read(views.left, user_id, now)
    shown = []
    for currency, one in left.items():
        limit = one.limit
        shown.append(
            LeftShown(
                currency=currency.code,
                per_payment=limit.per_payment,
                per_day=limit.per_day,
                per_year=limit.per_year,
                spent_today=one.today,
                spent_this_year=one.this_year,
                day_begins=moment(limits.next_day(now)),
                year_begins=moment(limits.next_year(now)),
                most=UNSET if one.most is None else one.most,
            )
        )
    said = version(limits.level_facts(person))
    return UserLimitsShown(ids.show("usr", user_id), person.level, said, shown)


def _show_level(one: Level, set_: list[Limits]) -> LevelShown:
    return LevelShown(
        one.number,
        one.name_zh,
        one.name_en,
        one.needs_zh,
        one.needs_en,
        [_show_limit(one.number, its) for its in set_],
    )


def _show_limit(level: int, known: Limits) -> LimitShown:
    one = known.limit(level)
    currency = BY_NUMBER[known.currency].code
    said = version(limits.facts(known, level))
    return LimitShown(currency, one.per_payment, one.per_day, one.per_year, said)


def _show_identity(one: Identity) -> IdentityShown:
    set_at = moment(one.set_at) if one.set_at else UNSET
    said = version(limits.level_facts(one))
    return IdentityShown(ids.show("usr", one.user_id), one.level, said, set_at)


_SET_LIMIT: Final = doing(SET_LIMIT, Right.MANAGE_LIMITS)
_SET_LEVEL: Final = doing(SET_LEVEL, Right.MANAGE_LIMITS)
ENDPOINTS: Final = (
    Endpoint(
        "GET", "/identity-levels", levels, Who.OPERATOR, Nothing, Nothing, Page[LevelShown],
    ),
    Endpoint(
        "POST", "/identity-levels", set_limit, Who.OPERATOR, NewLimit, Nothing, LimitShown, 200,
        ("currency_unknown", Reason.LEVEL_UNKNOWN, Reason.LIMIT_INVALID,
         Reason.MEMBER_NOT_PERMITTED), repeats=True, right=Right.MANAGE_LIMITS, edits=True,
    ),
    Endpoint(
        "GET", "/users/{user_id}/limits", show, Who.OPERATOR, Nothing, Nothing, UserLimitsShown,
        200, (Reason.USER_NOT_FOUND,),
    ),
    Endpoint(
        "POST", "/users/{user_id}/identity", set_level, Who.OPERATOR, NewLevel, Nothing,
        IdentityShown, 200,
        (Reason.LEVEL_UNKNOWN, Reason.MEMBER_NOT_PERMITTED, Reason.USER_NOT_FOUND), repeats=True,
        right=Right.MANAGE_LIMITS, edits=True,
    ),
)  # fmt: skip
