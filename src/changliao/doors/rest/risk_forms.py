"""What goes over the wire about risk rules, hits and clearances."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from changliao.core.risk_rules import (
    LONGEST_REASON,
    MOST_COUNT,
    MOST_DAYS,
    MOST_LISTED,
    MOST_MINUTES,
)
from changliao.doors.rest.fields import (
    Count,
    CurrencyCode,
    CursorText,
    Limit,
    MerchantIdText,
    MethodCode,
    Minor,
    Moment,
    OrderIdText,
    RiskHitIdText,
    RiskRuleIdText,
    UserIdText,
    Version,
)

KindName = Literal[
    "young_payer", "many_payments", "wrong_pins", "many_returns", "way", "listed",
    "large", "large_sum", "new_receiver",
]  # fmt: skip
MovementName = Literal["payment", "transfer", "packet", "withdrawal"]
ActionName = Literal["note", "review", "refuse"]
RuleStateName = Literal["drafted", "in_force", "withdrawn", "ended"]
TerminalCode = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,31}\Z", examples=["app"])]
RuleReason = Annotated[str, Meta(min_length=1, max_length=LONGEST_REASON)]


class NewRule(Struct, frozen=True, forbid_unknown_fields=True):
    """A rule that another member is to approve. Fields that its kind does not ask for are left out.

    `young_payer`: at least `amount` from an account younger than `days`. `many_payments` and
    `wrong_pins`: the payer had `count` of them in the last `minutes`. `many_returns`: the merchant
    had `count` refunds and disputes in them. `way`: at least `amount` by `method` on `terminal`.
    `listed`: the payer is one of `users`. `large`: at least `amount` at once. `large_sum`: with
    what was moved in the last `minutes` at least `amount`. `new_receiver`: at least `amount` to
    somebody to whom the payer never transferred. `movements` is what is judged, payments when it is
    left out, and what `many_payments` counts and `large_sum` adds up: `many_returns` and `way`
    judge payments alone, `new_receiver` transfers alone.
    """

    kind: KindName
    action: ActionName
    reason: RuleReason
    currency: CurrencyCode = "CNY"
    amount: Minor | None = None
    days: Annotated[int, Meta(ge=1, le=MOST_DAYS)] | None = None
    count: Annotated[int, Meta(ge=1, le=MOST_COUNT)] | None = None
    minutes: Annotated[int, Meta(ge=1, le=MOST_MINUTES)] | None = None
    method: MethodCode | None = None
    terminal: TerminalCode | None = None
    users: Annotated[list[UserIdText], Meta(max_length=MOST_LISTED)] = []
    movements: Annotated[list[MovementName], Meta(min_length=1, max_length=4)] | None = None


class RuleShown(Struct, frozen=True):
    """A rule and what became of it."""

    id: RiskRuleIdText
    kind: KindName
    action: ActionName
    reason: str
    state: RuleStateName
    drafted_by: str
    movements: list[MovementName]
    currency: CurrencyCode | UnsetType = UNSET
    amount: Minor | UnsetType = UNSET
    days: Count | UnsetType = UNSET
    count: Count | UnsetType = UNSET
    minutes: Count | UnsetType = UNSET
    method: MethodCode | UnsetType = UNSET
    terminal: TerminalCode | UnsetType = UNSET
    users: list[UserIdText] | UnsetType = UNSET
    decided_by: str | UnsetType = UNSET
    decided_at: Moment | UnsetType = UNSET
    ended_by: str | UnsetType = UNSET
    ended_at: Moment | UnsetType = UNSET


class RulesQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which rules; what is left out is any."""

    state: RuleStateName | None = None
    cursor: CursorText | None = None
    limit: Limit = 50


class HitShown(Struct, frozen=True):
    """A movement that met a rule. `passed`: it was made nevertheless.

    A payment has a merchant, a method and a terminal; without `order_id` money was to be frozen
    before there was an order. A transfer has a receiver.
    """

    id: RiskHitIdText
    rule_id: RiskRuleIdText
    action: ActionName
    passed: bool
    movement: MovementName
    payer_id: UserIdText
    amount: Minor
    currency: CurrencyCode
    at: Moment
    merchant_id: MerchantIdText | UnsetType = UNSET
    method: str | UnsetType = UNSET
    terminal: str | UnsetType = UNSET
    receiver_id: UserIdText | UnsetType = UNSET
    order_id: OrderIdText | UnsetType = UNSET


class HitsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which hits; what is left out is any."""

    payer_id: UserIdText | None = None
    merchant_id: MerchantIdText | None = None
    rule_id: RiskRuleIdText | None = None
    action: ActionName | None = None
    movement: MovementName | None = None
    cursor: CursorText | None = None
    limit: Limit = 50


class NewClearance(Struct, frozen=True, forbid_unknown_fields=True):
    """Until when reviews do not stop a payer, and why; a time that is over ends it."""

    until: Moment
    note: RuleReason


class ClearanceShown(Struct, frozen=True):
    """Until when reviews do not stop a payer, and who said so; nothing was said without `until`."""

    user_id: UserIdText
    version: Version
    until: Moment | UnsetType = UNSET
    note: str | UnsetType = UNSET
    by: str | UnsetType = UNSET
