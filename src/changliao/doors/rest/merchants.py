"""Taking merchants on over REST, for operators."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from changliao.core import ids
from changliao.core.ids import MerchantId
from changliao.core.outcome import Reason, Refused
from changliao.core.parties import Merchant, MerchantState, Partnership, SigningMode
from changliao.doors.rest.call import (
    Answer,
    Call,
    Door,
    Name,
    accepted,
    answer,
    operator_only,
    read_form,
)
from changliao.doors.rest.errors import Problem, refusal
from changliao.operations import onboarding
from changliao.operations.certificates import UnusableKey
from changliao.operations.onboarding import NewMerchant, NotTakenOn
from changliao.operations.parties import ADD_PARTNER, CHANGE_MERCHANT, REVOKE_KEY, RevokeKey
from changliao.store.views import parties

FeeBps = Annotated[int, Meta(ge=0, le=10_000)]


class MerchantForm(Struct, forbid_unknown_fields=True):
    """POST /api/v1/merchants. What is left out is made; `public_key` is PEM, or a certificate."""

    name: Name
    number: Annotated[str, Meta(pattern="^[0-9]{8,12}$")] = ""
    appid: Annotated[str, Meta(pattern="^[0-9A-Za-z]{4,32}$")] = ""
    api_key: Annotated[str, Meta(pattern="^[\x21-\x7e]{32}$")] = ""
    public_key: Annotated[str, Meta(max_length=16_384)] = ""
    fee_bps: FeeBps | None = None


class ChangeForm(Struct, forbid_unknown_fields=True):
    """POST /api/v1/merchants/{number}. What is left out stays as it is."""

    name: Name | None = None
    fee_bps: FeeBps | None = None
    state: Literal["active", "disabled"] | None = None
    signing_mode: Literal["auto", "public_key", "certificate"] | None = None


class AppForm(Struct, forbid_unknown_fields=True):
    """POST /api/v1/merchants/{number}/apps."""

    name: Name
    appid: Annotated[str, Meta(pattern="^[0-9A-Za-z]{4,32}$")] = ""


class KeyForm(Struct, forbid_unknown_fields=True):
    """POST /api/v1/merchants/{number}/keys."""

    public_key: Annotated[str, Meta(min_length=1, max_length=16_384)]


class PartnerForm(Struct, forbid_unknown_fields=True):
    """POST /api/v1/partnerships: both are merchant numbers."""

    provider: str
    merchant: str


async def create(door: Door, call: Call) -> Answer:
    """A merchant with an app, keys for its SDK and a key for this API. Secrets are shown once."""
    operator_only(call)
    form = read_form(call.body, MerchantForm)
    fee_bps = door.default_fee_bps if form.fee_bps is None else form.fee_bps
    asked = NewMerchant(form.name, form.number, form.appid, form.api_key, form.public_key, fee_bps)
    try:
        taken_on = await onboarding.take_on(door.network, asked)
        request_key = await onboarding.add_request_key(door.network, taken_on.merchant.id)
    except UnusableKey as error:
        raise Problem(422, "key_unusable", str(error)) from error
    except NotTakenOn as error:
        raise refusal(error.refused) from error
    fields: dict[str, Any] = describe(taken_on.merchant) | {
        "appid": taken_on.app.number,
        "api_v3_key": taken_on.api_key,
        "certificate_serial": taken_on.serial,
        "rest_key": request_key.name,
        "rest_secret": request_key.secret,
        "base_url": door.public_url,
        **door.settings(taken_on.merchant),
    }
    if taken_on.private_key:
        made = {"private_key": taken_on.private_key, "certificate": taken_on.certificate}
        fields |= made
    return answer(fields, 201)


async def change(door: Door, call: Call) -> Answer:
    """Change a merchant's name, fee, state or signing mode; orders placed before keep their fee."""
    operator_only(call)
    form = read_form(call.body, ChangeForm)
    known = await _merchant(door, call.path["number"])
    changed = replace(
        known,
        name=known.name if form.name is None else form.name,
        fee_bps=known.fee_bps if form.fee_bps is None else form.fee_bps,
        state=MerchantState[form.state.upper()] if form.state else known.state,
        signing_mode=(
            SigningMode[form.signing_mode.upper()] if form.signing_mode else known.signing_mode
        ),
    )
    return answer(describe(accepted(await door.network.perform(CHANGE_MERCHANT, changed))))


async def add_app(door: Door, call: Call) -> Answer:
    """One more app for a merchant."""
    operator_only(call)
    form = read_form(call.body, AppForm)
    merchant = await _merchant(door, call.path["number"])
    try:
        app = await onboarding.add_app(door.network, merchant, form.appid, form.name)
    except NotTakenOn as error:
        raise refusal(error.refused) from error
    return answer({"appid": app.number, "name": app.name}, 201)


async def add_key(door: Door, call: Call) -> Answer:
    """One more public key or certificate; earlier ones work on until they are revoked.

    RSA signs WeChat Pay requests, Ed25519 requests to this API.
    """
    operator_only(call)
    form = read_form(call.body, KeyForm)
    merchant = await _merchant(door, call.path["number"])
    try:
        key = await onboarding.add_public_key(door.network, merchant, form.public_key.encode())
    except UnusableKey as error:
        raise Problem(422, "key_unusable", str(error)) from error
    except NotTakenOn as error:
        raise refusal(error.refused) from error
    return answer({"serial": key.serial}, 201)


async def revoke_key(door: Door, call: Call) -> Answer:
    """Refuse a key from now on."""
    operator_only(call)
    merchant = await _merchant(door, call.path["number"])
    command = RevokeKey(merchant.id, call.path["serial"])
    key = accepted(await door.network.perform(REVOKE_KEY, command))
    return answer({"serial": key.serial, "revoked": True})


async def add_partner(door: Door, call: Call) -> Answer:
    """Let a service provider act for a merchant."""
    operator_only(call)
    form = read_form(call.body, PartnerForm)
    provider = await _merchant(door, form.provider)
    merchant = await _merchant(door, form.merchant)
    command = Partnership(MerchantId(provider.id), MerchantId(merchant.id), door.network.clock())
    accepted(await door.network.perform(ADD_PARTNER, command))
    return answer({"provider": provider.number, "merchant": merchant.number}, 201)


def describe(merchant: Merchant) -> dict[str, Any]:
    """A merchant without its secrets."""
    return {
        "id": ids.show("mch", merchant.id),
        "mchid": merchant.number,
        "name": merchant.name,
        "fee_bps": merchant.fee_bps,
        "state": merchant.state.name.lower(),
        "signing_mode": merchant.signing_mode.name.lower(),
    }


async def _merchant(door: Door, number: str) -> Merchant:
    merchant = await door.network.look_up(parties.merchant_by_number, number)
    if merchant is None:
        raise refusal(Refused(Reason.MERCHANT_NOT_FOUND))
    return merchant
