"""Platforms and stores over REST: applying, reviewing, settling, confirming receipt."""

from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from changliao.core import ids
from changliao.core.clock import NEVER
from changliao.core.ids import MerchantId
from changliao.core.members import Right
from changliao.core.outcome import Reason, Refused
from changliao.core.platforms import (
    MOST_DAYS,
    MOST_RECEIVERS,
    Cut,
    DecideStore,
    Platform,
    Store,
    StoreEvent,
    StoreMode,
    StoreState,
)
from changliao.doors.rest.call import Call, Door, perform, read_id
from changliao.doors.rest.endpoint import Endpoint, Who
from changliao.doors.rest.errors import Problem, refusal
from changliao.doors.rest.fields import (
    FeeBps,
    MerchantIdText,
    Moment,
    Name,
    Nothing,
    Page,
    moment,
)
from changliao.operations.stores import APPLY, DECIDE, MAKE
from changliao.store.views import platforms

ModeName = Literal["self_operated", "open", "c2c"]
StateName = Literal["applied", "open", "refused", "suspended", "closed", "moved"]
EventName = Literal["approve", "refuse", "suspend", "resume", "close"]


class NewPlatform(Struct, frozen=True, forbid_unknown_fields=True):
    """A merchant that is to have stores."""

    merchant_id: MerchantIdText
    name: Name


class PlatformShown(Struct, frozen=True):
    """A platform; `heir_id` is the one it was merged into."""

    merchant_id: MerchantIdText
    name: str
    created_at: Moment
    heir_id: MerchantIdText | UnsetType = UNSET


class CutForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A merchant that gets a part of every sale."""

    merchant_id: MerchantIdText
    bps: FeeBps


class NewStore(Struct, frozen=True, forbid_unknown_fields=True):
    """An application for a store. `days` is how long a payment waits at most (open, c2c)."""

    platform_id: MerchantIdText
    title: Name
    mode: ModeName
    merchant_id: MerchantIdText | None = None
    commission_bps: FeeBps = 0
    receivers: Annotated[list[CutForm], Meta(max_length=MOST_RECEIVERS)] = []
    days: Annotated[int, Meta(ge=1, le=MOST_DAYS)] = 7


class StoreShown(Struct, frozen=True):
    """A store. `reason` says why it was refused, suspended or closed."""

    platform_id: MerchantIdText
    merchant_id: MerchantIdText
    title: str
    mode: ModeName
    state: StateName
    commission_bps: FeeBps
    receivers: list[CutForm]
    days: int
    reason: str
    applied_at: Moment
    decided_at: Moment | UnsetType = UNSET


class StoresQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Of one platform, of one merchant, or both."""

    platform_id: MerchantIdText | None = None
    merchant_id: MerchantIdText | None = None


class StoreDecision(Struct, frozen=True, forbid_unknown_fields=True):
    """What is decided about a store, and why."""

    platform_id: MerchantIdText
    merchant_id: MerchantIdText
    decision: EventName
    reason: Annotated[str, Meta(max_length=200)] = ""


async def make(door: Door, call: Call[NewPlatform, Nothing]) -> Any:
    """Make a merchant a platform.

    Making it again is no change.
    """
    merchant_id = MerchantId(read_id("mch", call.form.merchant_id))
    platform = Platform(merchant_id, call.form.name, door.network.clock())
    return await perform(door, call, MAKE, platform, _platform)


async def list_platforms(door: Door, call: Call[Nothing, Nothing]) -> Page[PlatformShown]:
    """List every platform."""
    found = await door.network.read(platforms.platforms)
    return Page([_platform(one) for one in found])


async def apply(door: Door, call: Call[NewStore, Nothing]) -> Any:
    """Apply for a store on a platform.

    Merchants apply for themselves, operators name the merchant. Applying again is no change; other
    terms are refused while an application waits, and after a refusal it begins anew.
    """
    form = call.form
    store = Store(
        platform_id=MerchantId(read_id("mch", form.platform_id)),
        merchant_id=_applicant(call),
        title=form.title,
        mode=StoreMode[form.mode.upper()],
        applied_at=door.network.clock(),
        commission_bps=form.commission_bps,
        cuts=tuple(
            Cut(MerchantId(read_id("mch", one.merchant_id)), one.bps) for one in form.receivers
        ),
        days=form.days,
    )
    return await perform(door, call, APPLY, store, show_store)


async def list_stores(door: Door, call: Call[Nothing, StoresQuery]) -> Page[StoreShown]:
    """List stores: merchants see those on their platform and their own."""
    asked = call.query
    platform_id = read_id("mch", asked.platform_id) if asked.platform_id else 0
    merchant_id = read_id("mch", asked.merchant_id) if asked.merchant_id else 0
    found = await door.network.read(platforms.stores, platform_id, merchant_id)
    own = call.caller.key.merchant_id
    if not call.caller.is_operator:
        found = [one for one in found if own in (one.platform_id, one.merchant_id)]
    return Page([show_store(one) for one in found])


async def decide(door: Door, call: Call[StoreDecision, Nothing]) -> Any:
    """Review a store, suspend it, resume it or close it.

    The platform decides, or an operator; a merchant may close its own store.
    """
    form = call.form
    platform_id = MerchantId(read_id("mch", form.platform_id))
    merchant_id = MerchantId(read_id("mch", form.merchant_id))
    closes_own = form.decision == "close" and call.caller.key.merchant_id == merchant_id
    if not closes_own:
        be_platform(call, platform_id)
    event = StoreEvent[form.decision.upper()]
    command = DecideStore(platform_id, merchant_id, event, form.reason)
    return await perform(door, call, DECIDE, command, show_store)


def _applicant(call: Call[NewStore, Nothing]) -> MerchantId:
    if not call.caller.is_operator:
        return MerchantId(call.caller.key.merchant_id)
    if call.form.merchant_id is None:
        raise Problem("merchant_missing", "operators name the merchant", "merchant_id")
    return MerchantId(read_id("mch", call.form.merchant_id))


def be_platform(call: Call[Any, Any], platform_id: MerchantId) -> None:
    """Raises Problem 404 for everybody but the platform and operators."""
    if not call.caller.is_operator and call.caller.key.merchant_id != platform_id:
        raise refusal(Refused(Reason.PLATFORM_NOT_FOUND))


def _platform(known: Platform) -> PlatformShown:
    return PlatformShown(
        ids.show("mch", known.merchant_id),
        known.name,
        moment(known.created_at),
        ids.show("mch", known.heir_id) if known.heir_id else UNSET,
    )


def show_store(known: Store) -> StoreShown:
    """A store as this API shows it."""
    return StoreShown(
        platform_id=ids.show("mch", known.platform_id),
        merchant_id=ids.show("mch", known.merchant_id),
        title=known.title,
        mode=_MODES[known.mode],
        state=_STATES[known.state],
        commission_bps=known.commission_bps,
        receivers=[CutForm(ids.show("mch", one.merchant_id), one.bps) for one in known.cuts],
        days=known.days,
        reason=known.reason,
        applied_at=moment(known.applied_at),
        decided_at=moment(known.decided_at) if known.decided_at != NEVER else UNSET,
    )


_MODES: Final[dict[StoreMode, ModeName]] = {
    StoreMode.SELF_OPERATED: "self_operated",
    StoreMode.OPEN: "open",
    StoreMode.C2C: "c2c",
}
_STATES: Final[dict[StoreState, StateName]] = {
    StoreState.APPLIED: "applied",
    StoreState.OPEN: "open",
    StoreState.REFUSED: "refused",
    StoreState.SUSPENDED: "suspended",
    StoreState.CLOSED: "closed",
    StoreState.MOVED: "moved",
}
ENDPOINTS: Final = (
    Endpoint(
        "POST", "/platforms", make, Who.OPERATOR, NewPlatform, Nothing, PlatformShown, 201,
        (Reason.MERCHANT_NOT_FOUND,), right=Right.MANAGE_TERMS,
    ),
    Endpoint(
        "GET", "/platforms", list_platforms, Who.EITHER, Nothing, Nothing, Page[PlatformShown],
        200,
    ),
    Endpoint(
        "POST", "/stores", apply, Who.EITHER, NewStore, Nothing, StoreShown, 201,
        ("merchant_missing", Reason.MERCHANT_NOT_FOUND, Reason.PLATFORM_MERGED,
         Reason.PLATFORM_NOT_FOUND, Reason.STORE_INVALID, Reason.STORE_STATE),
    ),
    Endpoint(
        "GET", "/stores", list_stores, Who.EITHER, Nothing, StoresQuery, Page[StoreShown], 200,
    ),
    Endpoint(
        "POST", "/stores/decisions", decide, Who.EITHER, StoreDecision, Nothing, StoreShown, 200,
        (Reason.PLATFORM_NOT_FOUND, Reason.STORE_NOT_FOUND, Reason.STORE_STATE),
        right=Right.REVIEW_STORES,
    ),
)  # fmt: skip
