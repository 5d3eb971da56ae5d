"""Merchants over REST: taking them on, showing and changing them, and who may act for whom."""

from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from changliao.core import ids
from changliao.core.ids import MerchantId
from changliao.core.members import Right
from changliao.core.outcome import Reason, Refused
from changliao.core.parties import Merchant, MerchantState, Partnership, SigningMode
from changliao.doors.rest.call import Call, Door, perform, read_id
from changliao.doors.rest.endpoint import Endpoint, Who
from changliao.doors.rest.errors import Problem, refusal
from changliao.doors.rest.fields import (
    AppNumber,
    CursorText,
    FeeBps,
    Limit,
    MerchantIdText,
    MerchantNumber,
    Moment,
    Name,
    Nothing,
    Page,
    moment,
    page,
)
from changliao.operations import onboarding
from changliao.operations.certificates import UnusableKey
from changliao.operations.onboarding import NewMerchant, TakenOn
from changliao.operations.parties import ADD_PARTNER, CHANGE_MERCHANT, TAKE_ON
from changliao.store.views import parties

StateName = Literal["active", "disabled"]
ModeName = Literal["auto", "public_key", "certificate"]


class MerchantForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A merchant to be taken on. What is left out is made; `public_key` may be a certificate."""

    name: Name
    number: MerchantNumber | None = None
    appid: AppNumber | None = None
    api_key: Annotated[str, Meta(pattern=r"^[\x21-\x7e]{32}\Z")] | None = None
    public_key: Annotated[str, Meta(max_length=16_384)] = ""
    fee_bps: FeeBps | None = None


class MerchantChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    name: Name | None = None
    fee_bps: FeeBps | None = None
    state: StateName | None = None
    signing_mode: ModeName | None = None


class PartnerForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A service provider and a merchant it may act for, by number."""

    provider: str
    merchant: str


class MerchantShown(Struct, frozen=True):
    """A merchant without its secrets. `mchid` is the number that protocols use."""

    id: MerchantIdText
    mchid: str
    name: str
    fee_bps: FeeBps
    state: StateName
    signing_mode: ModeName


class TakenOnShown(Struct, frozen=True):
    """A new merchant with everything its SDK and its REST client need. Secrets: shown this once.

    `private_key` and `certificate` are there when a pair was made.
    """

    id: MerchantIdText
    mchid: str
    name: str
    fee_bps: FeeBps
    state: StateName
    signing_mode: ModeName
    appid: str
    api_v3_key: str
    certificate_serial: str
    rest_key: str
    rest_secret: str
    base_url: str
    wechatpay_public_key_id: str | UnsetType = UNSET
    wechatpay_public_key: str | UnsetType = UNSET
    wechatpay_certificate_serial: str | UnsetType = UNSET
    wechatpay_certificate: str | UnsetType = UNSET
    private_key: str | UnsetType = UNSET
    certificate: str | UnsetType = UNSET


class PartnershipShown(Struct, frozen=True):
    """A service provider and a merchant it may act for, by number."""

    provider: str
    merchant: str
    since: Moment


class MerchantsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`state` leaves the others out; a page may then be short."""

    state: StateName | None = None
    cursor: CursorText | None = None
    limit: Limit = 50


async def create(door: Door, call: Call[MerchantForm, Nothing]) -> Any:
    """Take a merchant on, with an app, keys for its SDK and a key for this API.

    Secrets are shown once.
    """
    form = call.form
    asked = NewMerchant(
        name=form.name,
        number=form.number or "",
        appid=form.appid or "",
        api_key=form.api_key or "",
        public_key=form.public_key,
        fee_bps=door.default_fee_bps if form.fee_bps is None else form.fee_bps,
    )
    try:
        command, taken_on = await onboarding.prepare(door.network, asked)
    except UnusableKey as error:
        raise Problem("key_unusable", str(error), "public_key") from error
    return await perform(door, call, TAKE_ON, command, lambda _: show_taken_on(taken_on, door))


async def show(door: Door, call: Call[Nothing, Nothing]) -> MerchantShown:
    """Show a merchant; merchants see themselves."""
    return show_merchant(await find(door, call))


async def search(door: Door, call: Call[Nothing, MerchantsQuery]) -> Page[MerchantShown]:
    """List merchants in the order in which they came."""
    asked = call.query
    after = read_id("cur", asked.cursor) if asked.cursor else 0
    found = await door.network.read(parties.merchants, after, asked.limit + 1)
    whole = page([show_merchant(one) for one in found], [one.id for one in found], asked.limit)
    kept = [one for one in whole.data if asked.state in (None, one.state)]
    return Page(kept, whole.next)


async def change(door: Door, call: Call[MerchantChange, Nothing]) -> Any:
    """Change a merchant's name, fee, state or signing mode.

    Orders placed before keep their fee.
    """
    form = call.form
    known = await find(door, call)
    changed = replace(
        known,
        name=known.name if form.name is None else form.name,
        fee_bps=known.fee_bps if form.fee_bps is None else form.fee_bps,
        state=MerchantState[form.state.upper()] if form.state else known.state,
        signing_mode=(
            SigningMode[form.signing_mode.upper()] if form.signing_mode else known.signing_mode
        ),
    )
    return await perform(door, call, CHANGE_MERCHANT, changed, show_merchant)


async def add_partner(door: Door, call: Call[PartnerForm, Nothing]) -> Any:
    """Let a service provider act for a merchant."""
    provider = await by_number(door, call.form.provider)
    merchant = await by_number(door, call.form.merchant)
    command = Partnership(MerchantId(provider.id), MerchantId(merchant.id), door.network.clock())
    return await perform(
        door,
        call,
        ADD_PARTNER,
        command,
        lambda made: PartnershipShown(provider.number, merchant.number, moment(made.since)),
    )


async def partners(door: Door, call: Call[Nothing, Nothing]) -> Page[PartnershipShown]:
    """List who may act for a merchant."""
    merchant = await find(door, call)
    found = await door.network.read(parties.partners_of, merchant.id)
    return Page(
        [PartnershipShown(number, merchant.number, moment(since)) for number, since in found]
    )


def show_taken_on(taken_on: TakenOn, door: Door) -> TakenOnShown:
    """A new merchant with its secrets."""
    merchant = taken_on.merchant
    return TakenOnShown(
        id=ids.show("mch", merchant.id),
        mchid=merchant.number,
        name=merchant.name,
        fee_bps=merchant.fee_bps,
        state=_STATES[merchant.state],
        signing_mode=_MODES[merchant.signing_mode],
        appid=taken_on.app.number,
        api_v3_key=taken_on.api_key,
        certificate_serial=taken_on.serial,
        rest_key=taken_on.request_key.name,
        rest_secret=taken_on.request_key.secret,
        base_url=door.public_url,
        private_key=taken_on.private_key or UNSET,
        certificate=taken_on.certificate or UNSET,
        **door.settings(merchant),
    )


def show_merchant(merchant: Merchant) -> MerchantShown:
    """A merchant as this API shows it."""
    return MerchantShown(
        id=ids.show("mch", merchant.id),
        mchid=merchant.number,
        name=merchant.name,
        fee_bps=merchant.fee_bps,
        state=_STATES[merchant.state],
        signing_mode=_MODES[merchant.signing_mode],
    )


async def find(door: Door, call: Call[Any, Any]) -> Merchant:
    """The merchant in the path; merchants find only themselves. Raises Problem 404."""
    merchant = await by_number(door, call.path["number"])
    if not call.caller.is_operator and merchant.id != call.caller.key.merchant_id:
        raise refusal(Refused(Reason.MERCHANT_NOT_FOUND))
    return merchant


async def by_number(door: Door, number: str) -> Merchant:
    """Raises Problem 404."""
    merchant = await door.network.look_up(parties.merchant_by_number, number)
    if merchant is None:
        raise refusal(Refused(Reason.MERCHANT_NOT_FOUND))
    return merchant


_STATES: Final[dict[MerchantState, StateName]] = {
    MerchantState.ACTIVE: "active",
    MerchantState.DISABLED: "disabled",
}
_MODES: Final[dict[SigningMode, ModeName]] = {
    SigningMode.AUTO: "auto",
    SigningMode.PUBLIC_KEY: "public_key",
    SigningMode.CERTIFICATE: "certificate",
}
_UNKNOWN: Final = (Reason.MERCHANT_NOT_FOUND,)
ENDPOINTS: Final = (
    Endpoint(
        "POST", "/merchants", create, Who.OPERATOR, MerchantForm, Nothing, TakenOnShown, 201,
        ("key_unusable", Reason.APP_TAKEN, Reason.MERCHANT_TAKEN), right=Right.MANAGE_TERMS,
    ),
    Endpoint(
        "GET", "/merchants", search, Who.OPERATOR, Nothing, MerchantsQuery, Page[MerchantShown]
    ),
    Endpoint(
        "GET", "/merchants/{number}", show, Who.EITHER, Nothing, Nothing, MerchantShown, 200,
        _UNKNOWN,
    ),
    Endpoint(
        "POST", "/merchants/{number}", change, Who.OPERATOR, MerchantChange, Nothing,
        MerchantShown, 200, _UNKNOWN, right=Right.MANAGE_TERMS,
    ),
    Endpoint(
        "GET", "/merchants/{number}/partners", partners, Who.EITHER, Nothing, Nothing,
        Page[PartnershipShown], 200, _UNKNOWN,
    ),
    Endpoint(
        "POST", "/partnerships", add_partner, Who.OPERATOR, PartnerForm, Nothing, PartnershipShown,
        201, (*_UNKNOWN, Reason.PARTNER_RELATION_MISSING), right=Right.MANAGE_TERMS,
    ),
)  # fmt: skip
