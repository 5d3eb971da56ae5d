"""What goes over the wire about the market."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from changliao.doors.rest.fields import (
    Count,
    CurrencyCode,
    Date,
    MerchantIdText,
    MinorSum,
    Moment,
    Name,
    UserIdText,
)
from changliao.market.concentration import Measure

EveryName = Literal["day", "week", "month"]
ByName = Literal["platform", "group", "method", "terminal"]
Fraction = Annotated[float, Meta(ge=0, le=1)]
Key = Annotated[
    str, Meta(description="A platform's id, a group's name, a code; others, absent, total")
]


class MarketQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Days of Beijing, both included; whole weeks (from Monday) or months are answered."""

    first: Date
    last: Date
    every: EveryName = "day"
    by: ByName = "platform"
    currency: CurrencyCode = "CNY"


class ConcentrationQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`merge` joins platforms or groups by key, as `a+b`; `thresholds` names whose levels hold."""

    first: Date
    last: Date
    every: EveryName = "month"
    by: Literal["platform", "group"] = "platform"
    measure: Measure = "amount"
    currency: CurrencyCode = "CNY"
    merge: Annotated[str, Meta(max_length=512)] = ""
    thresholds: Annotated[str, Meta(pattern=r"^[a-z0-9]{1,16}\Z", examples=["us2023"])] = "us2023"


class ShareShown(Struct, frozen=True):
    """What one part of the market had in a period. What is left out is withheld: too few people.

    `of_users` is of all people: who bought at several counts for each. `of_reach` sums to one.
    """

    first: Date
    last: Date
    key: Key
    name: str
    users: Count | UnsetType = UNSET
    payments: Count | UnsetType = UNSET
    amount: MinorSum | UnsetType = UNSET
    refunds: Count | UnsetType = UNSET
    refunded: MinorSum | UnsetType = UNSET
    of_users: Fraction | UnsetType = UNSET
    of_payments: Fraction | UnsetType = UNSET
    of_amount: Fraction | UnsetType = UNSET
    of_reach: Fraction | UnsetType = UNSET


class HomingShown(Struct, frozen=True):
    """People who bought at so many platforms."""

    platforms: Count
    users: Count | UnsetType = UNSET


class ActiveShown(Struct, frozen=True):
    """Who bought in a period."""

    first: Date
    last: Date
    homing: list[HomingShown]
    users: Count | UnsetType = UNSET


class FlowShown(Struct, frozen=True):
    """People whose main platform was `source` in the period before and is `target` in this one.

    absent: they did not buy then, or do not any more.
    """

    first: Date
    last: Date
    source: Key
    source_name: str
    target: Key
    target_name: str
    users: Count | UnsetType = UNSET


class CohortShown(Struct, frozen=True):
    """People who first bought in the month of `first`, and did again in that of `month`."""

    first: Date
    month: Date
    users: Count | UnsetType = UNSET
    of_first: Fraction | UnsetType = UNSET


class ConcentrationShown(Struct, frozen=True):
    """Sum of squared shares in per cent. `whole` is the denominator, others included.

    Merchants on no platform are the part `others`. They add nothing to `hhi`; were they one, it
    would be `most`. `level` is absent where that matters. `added` is what the merger would add,
    `level_after` what the market would be called then.
    """

    first: Date
    last: Date
    thresholds: str
    source: str
    hhi: float | UnsetType = UNSET
    effective: float | UnsetType = UNSET
    rivals: Count | UnsetType = UNSET
    whole: Count | UnsetType = UNSET
    others: Fraction | UnsetType = UNSET
    most: float | UnsetType = UNSET
    level: Literal["low", "moderate", "high"] | UnsetType = UNSET
    added: float | UnsetType = UNSET
    level_after: Literal["low", "moderate", "high"] | UnsetType = UNSET
    looked_at: bool | UnsetType = UNSET


class GroupForm(Struct, frozen=True, forbid_unknown_fields=True):
    """From a day on a platform belongs to a group."""

    platform_id: MerchantIdText
    from_day: Date
    name: Name


class GroupShown(Struct, frozen=True):
    """A platform's group from a day on."""

    platform_id: MerchantIdText
    from_day: Date
    name: str


class SyntheticForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A person of a simulation, and which."""

    user_id: UserIdText
    run: Name


class SyntheticShown(Struct, frozen=True):
    """Since when what this person pays is not the market."""

    user_id: UserIdText
    since: Moment
    run: str
