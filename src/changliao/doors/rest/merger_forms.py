"""What goes over the wire about mergers of platforms."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from changliao.core.mergers import MOST_ANSWERS
from changliao.doors.rest.fields import (
    Count,
    CurrencyCode,
    MerchantIdText,
    MergerIdText,
    MinorSum,
    Moment,
)

MergerStateName = Literal["drafted", "approved", "running", "done", "cancelled"]
StepName = Literal["close", "stores", "balances", "end"]
KeepName = Literal["target", "source"]


class AnswerForm(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose terms a store on both platforms has from then on."""

    merchant_id: MerchantIdText
    keep: KeepName


class NewMerger(Struct, frozen=True, forbid_unknown_fields=True):
    """A merger for a second operator to approve: the source goes into the target.

    `answers` change what the plan proposes for stores on both platforms; `own_policies` leaves the
    source's orders their own acceptance policies.
    """

    source_id: MerchantIdText
    target_id: MerchantIdText
    reason: Annotated[str, Meta(min_length=1, max_length=200)]
    answers: Annotated[list[AnswerForm], Meta(max_length=MOST_ANSWERS)] = []
    own_policies: bool = False


class MergerShown(Struct, frozen=True):
    """A merger and how far it got: `position` counts its steps, `step` is what comes next."""

    id: MergerIdText
    source_id: MerchantIdText
    target_id: MerchantIdText
    reason: str
    answers: list[AnswerForm]
    own_policies: bool
    state: MergerStateName
    step: StepName
    position: Count
    stores_moved: Count
    drafted_by: str
    drafted_at: Moment
    decided_by: str | UnsetType = UNSET
    decided_at: Moment | UnsetType = UNSET
    ended_at: Moment | UnsetType = UNSET


class Run(Struct, frozen=True, forbid_unknown_fields=True):
    """Which step: the one that follows so many others. One that was done is not done again."""

    position: Annotated[int, Meta(ge=0, le=1_000_000)]


class BalanceShown(Struct, frozen=True):
    """What is in one account."""

    purpose: str
    currency: CurrencyCode
    balance: MinorSum


class WaitingShown(Struct, frozen=True):
    """Orders that wait, for their payer or for the end of their hold."""

    currency: CurrencyCode
    orders: Count
    amount: MinorSum


class SideShown(Struct, frozen=True):
    """What one platform has: stores by state, people who paid, money, orders, policies."""

    platform_id: MerchantIdText
    stores: dict[str, Count]
    users: Count
    balances: list[BalanceShown]
    open_orders: list[WaitingShown]
    escrows: list[WaitingShown]
    policies: Count


class ConflictShown(Struct, frozen=True):
    """What contradicts, and the answer. `field` is where a draft changes it."""

    kind: Literal["store_on_both", "mode", "commission", "store_state", "policy", "references"]
    source: str
    target: str
    answer: str
    field: str | UnsetType = UNSET
    merchant_id: MerchantIdText | UnsetType = UNSET


class PlanShown(Struct, frozen=True):
    """Both sides, the people on both, and each conflict with the answer proposed."""

    source: SideShown
    target: SideShown
    users_of_both: Count
    conflicts: list[ConflictShown]


class MergerPreview(Struct, frozen=True):
    """What will happen, as things look now.

    `balances` go to the target. Open orders and escrows stay as they are, and end by their terms.
    """

    merger_id: MergerIdText
    steps_left: Count
    stores_alone: Count
    stores_on_target_terms: Count
    stores_on_source_terms: Count
    balances: list[BalanceShown]
    open_orders: list[WaitingShown]
    escrows: list[WaitingShown]
    conflicts: list[ConflictShown]


class JoinedShown(Struct, frozen=True):
    """One account that went into the target's, and what both had before and after that commit."""

    purpose: str
    currency: CurrencyCode
    amount: MinorSum
    source_before: MinorSum
    target_before: MinorSum
    source_after: MinorSum
    target_after: MinorSum
    sum_before: MinorSum
    sum_after: MinorSum


class MergerReport(Struct, frozen=True):
    """What moved: by the run, since then, and what the target lent for refunds of before."""

    merger: MergerShown
    joined: list[JoinedShown]
    collected: list[BalanceShown]
    lent: list[BalanceShown]
    source_now: list[BalanceShown]
    target_now: list[BalanceShown]


class PlanQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which platform would go into which."""

    source_id: MerchantIdText
    target_id: MerchantIdText


class MergersQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Mergers that a platform takes part in, or all."""

    platform_id: MerchantIdText | None = None
