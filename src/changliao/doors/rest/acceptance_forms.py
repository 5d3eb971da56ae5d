"""What goes over the wire about methods, terminals and acceptance."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from changliao.doors.rest.fields import (
    Count,
    CursorText,
    DraftIdText,
    Limit,
    MerchantIdText,
    MinorSum,
    Moment,
    Name,
)

Code = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,31}\Z", examples=["changliao"])]
Pattern = Annotated[
    str,
    Meta(pattern=r"^(\*|[a-z][a-z0-9_]{0,31})\Z", description="A code, or * for all of them"),
]
Standing = Literal["not_connected", "accepted", "suspended", "banned"]
DraftStateName = Literal["open", "approved", "withdrawn"]
UnderWayName = Literal["finish", "stop"]


class NewMethod(Struct, frozen=True, forbid_unknown_fields=True):
    """A method that platforms may accept. `connector` names the channel it goes through."""

    id: Annotated[int, Meta(ge=1, le=32_767)]
    code: Code
    name_zh: Name
    name_en: Name
    connector: Annotated[str, Meta(max_length=32)] = ""


class MethodShown(Struct, frozen=True):
    """A way to pay; without a connector it is the network's own wallet."""

    id: int
    code: str
    name_zh: str
    name_en: str
    connector: str


class TerminalShown(Struct, frozen=True):
    """Where a payer meets an order."""

    id: int
    code: str
    name_zh: str
    name_en: str


class CellForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A method on a terminal, and how it is to stand."""

    method: Pattern
    terminal: Pattern
    state: Standing


class NewDraft(Struct, frozen=True, forbid_unknown_fields=True):
    """A change for a second operator to approve.

    `starts_at` left out: as soon as it is approved. `ends_at` left out: until another follows.
    `under_way` says what becomes of orders that were begun before: they finish, or stop at the next
    step. `reason` is shown to merchants and payers.
    """

    platform_id: MerchantIdText
    cells: Annotated[list[CellForm], Meta(min_length=1, max_length=200)]
    reason: Annotated[str, Meta(min_length=1, max_length=200)]
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    under_way: UnderWayName = "finish"


class CellShown(Struct, frozen=True):
    """How a method stands on a terminal."""

    method: str
    terminal: str
    state: Standing


class DraftShown(Struct, frozen=True):
    """A draft, and once approved a part of the history. `before` is how its cells stood then."""

    id: DraftIdText
    platform_id: MerchantIdText
    cells: list[CellShown]
    reason: str
    under_way: UnderWayName
    state: DraftStateName
    drafted_by: str
    drafted_at: Moment
    starts_at: Moment | UnsetType = UNSET
    ends_at: Moment | UnsetType = UNSET
    decided_by: str | UnsetType = UNSET
    decided_at: Moment | UnsetType = UNSET
    before: list[CellShown] | UnsetType = UNSET


class PolicyShown(Struct, frozen=True):
    """One cell and how it stands in a period. Without `draft_id` nothing was ever agreed."""

    method: str
    terminal: str
    state: Standing
    reason: str = ""
    draft_id: DraftIdText | UnsetType = UNSET
    starts_at: Moment | UnsetType = UNSET
    ends_at: Moment | UnsetType = UNSET


class AcceptanceShown(Struct, frozen=True):
    """How every method stands now on every terminal, and what is agreed for later."""

    platform_id: MerchantIdText
    now: list[PolicyShown]
    later: list[PolicyShown]


class PreviewShown(Struct, frozen=True):
    """What a draft would touch, as it looks now.

    `volume_share` is the part of the platform's last thirty days that was paid in its cells; of
    nothing it is 0.
    """

    draft_id: DraftIdText
    open_orders: Count
    open_amount: MinorSum
    payments: Count
    amount: MinorSum
    volume_share: Annotated[float, Meta(ge=0, le=1)]
    before: list[CellShown]


class MethodVolume(Struct, frozen=True):
    """What was paid by a method in two windows of the same length."""

    method: str
    payments_before: Count
    amount_before: MinorSum
    payments_after: Count
    amount_after: MinorSum


class WentTo(Struct, frozen=True):
    """Where those who paid so before paid afterwards."""

    platform_id: MerchantIdText
    payments: Count
    amount: MinorSum


class EffectShown(Struct, frozen=True):
    """What became of a platform's volume. The windows end at `until`, or now if that is earlier."""

    draft_id: DraftIdText
    starts_at: Moment
    until: Moment
    methods: list[MethodVolume]
    went_to: list[WentTo]


class PlatformQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which platform: merchants see their own, operators anybody's."""

    platform_id: MerchantIdText | None = None


class DraftsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Drafts and history, of one platform or of all."""

    platform_id: MerchantIdText | None = None
    state: DraftStateName | None = None
    cursor: CursorText | None = None
    limit: Limit = 50


class EffectQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """How long each window is."""

    days: Annotated[int, Meta(ge=1, le=92)] = 7
