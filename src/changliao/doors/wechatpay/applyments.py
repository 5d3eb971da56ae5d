"""Onboarding: a provider or platform applies for a merchant, who is taken on at once.

Sensitive fields come encrypted and are kept sealed. Source: wechatpay-v3.md §8.11.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from changliao.core.applyments import Applyment
from changliao.core.outcome import Reason, Refused
from changliao.doors.wechatpay import media
from changliao.doors.wechatpay.call import Answer, Call, Door, ok, read_form
from changliao.doors.wechatpay.errors import WechatError, param_error, refusal
from changliao.doors.wechatpay.forms import Object
from changliao.doors.wechatpay.sensitive import reveal
from changliao.operations import onboarding
from changliao.operations.applyments import APPLY, Apply
from changliao.operations.numbers import number_of
from changliao.store.views import applyments, numbers, parties

SUB_MERCHANT: Final = "applyment4sub"
PLATFORM: Final = "ecommerce"
PURPOSE: Final = "applyment"
_SECRETS: Final = frozenset({
    "account_name", "account_number", "contact_email", "contact_id_card_number",
    "contact_id_number", "contact_name", "id_card_address", "id_card_name", "id_card_number",
    "id_doc_address", "id_doc_name", "id_doc_number", "mobile_phone", "openid",
    "ubo_id_doc_address", "ubo_id_doc_name", "ubo_id_doc_number",
})  # fmt: skip
# What holds the id of an uploaded picture.
_PICTURES: Final = ("_copy", "_national")
_DIGEST_BYTES: Final = 16
_Name = Annotated[str, Meta(min_length=1, max_length=64)]
_Number = Annotated[str, Meta(min_length=1, max_length=124, pattern=r"^[0-9A-Za-z_-]+\Z")]


class Business(Struct):
    """How the merchant is called where people pay."""

    merchant_shortname: _Name
    service_phone: Annotated[str, Meta(max_length=32)] | None = None
    sales_info: Object | None = None


class ForSubMerchant(Struct):
    """POST /v3/applyment4sub/applyment/."""

    business_code: _Number
    contact_info: Object
    subject_info: Object
    business_info: Business
    settlement_info: Object
    bank_account_info: Object
    addition_info: Object | None = None


class ForPlatform(Struct):
    """POST /v3/ecommerce/applyments/; what it does not name here is kept as it is."""

    out_request_no: _Number
    organization_type: str
    contact_info: Object
    sales_scene_info: Object
    merchant_shortname: _Name


async def apply(door: Door, call: Call) -> Answer:
    """POST /v3/applyment4sub/applyment/."""
    form = read_form(call.body, ForSubMerchant)
    known = await _applied(
        door, call, SUB_MERCHANT, form.business_code, form.business_info.merchant_shortname
    )
    return ok({"applyment_id": await _id(door, known)})


async def query(door: Door, call: Call) -> Answer:
    """GET /v3/applyment4sub/applyment/business_code/{business_code}."""
    return ok(await _shown(door, await _by_reference(door, call, SUB_MERCHANT)))


async def query_by_id(door: Door, call: Call) -> Answer:
    """GET /v3/applyment4sub/applyment/applyment_id/{applyment_id}."""
    return ok(await _shown(door, await _by_id(door, call, SUB_MERCHANT)))


async def apply_for_platform(door: Door, call: Call) -> Answer:
    """POST /v3/ecommerce/applyments/."""
    form = read_form(call.body, ForPlatform)
    known = await _applied(door, call, PLATFORM, form.out_request_no, form.merchant_shortname)
    return ok({"applyment_id": await _id(door, known), "out_request_no": known.reference})


async def query_for_platform(door: Door, call: Call) -> Answer:
    """GET /v3/ecommerce/applyments/out-request-no/{out_request_no}."""
    return ok(await _platform_shown(door, await _by_reference(door, call, PLATFORM)))


async def query_by_id_for_platform(door: Door, call: Call) -> Answer:
    """GET /v3/ecommerce/applyments/{applyment_id}."""
    return ok(await _platform_shown(door, await _by_id(door, call, PLATFORM)))


async def _applied(door: Door, call: Call, kind: str, reference: str, name: str) -> Applyment:
    network = door.network
    plain: dict[str, Any] = _revealed(door, call, msgspec.json.decode(call.body))
    for field, number in _pictures(plain, ""):
        await media.check(door, call, number, field)
    content = msgspec.json.encode(plain, order="sorted")
    merchant, app = onboarding.new_sub_merchant(network, name, call.merchant.fee_bps)
    asked = Applyment(
        provider_id=call.merchant.id,
        kind=kind,
        reference=reference,
        merchant_id=merchant.id,
        digest=hashlib.sha256(content).digest()[:_DIGEST_BYTES],
        details=network.vault.seal(content, PURPOSE),
        applied_at=network.clock(),
    )
    outcome = await network.perform(APPLY, Apply(asked, merchant, app))
    if isinstance(outcome, Refused):
        if outcome.reason is Reason.REFERENCE_REUSED:
            raise WechatError(400, "INVALID_REQUEST", "业务申请编号已用于另一份申请资料")
        raise refusal(outcome)
    return outcome


def _revealed(door: Door, call: Call, value: Any) -> Any:
    """The same with sensitive fields decrypted. Raises WechatError 400."""
    if isinstance(value, list):
        return [_revealed(door, call, one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: reveal(door, call, inner)
        if name in _SECRETS and isinstance(inner, str) and inner
        else _revealed(door, call, inner)
        for name, inner in value.items()
    }


def _pictures(value: Any, place: str) -> Iterator[tuple[str, str]]:
    """Every member that holds the id of an uploaded picture, with its place."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name.endswith(_PICTURES) and isinstance(inner, str) and inner:
                yield f"{place}/{name}", inner
            else:
                yield from _pictures(inner, f"{place}/{name}")


async def _by_reference(door: Door, call: Call, kind: str) -> Applyment:
    keys = call.merchant.id, kind, call.path["reference"]
    return _found(await door.network.read(applyments.by_reference, *keys))


async def _by_id(door: Door, call: Call, kind: str) -> Applyment:
    text, network = call.path["applyment_id"], door.network
    if not text.isascii() or not text.isdigit() or len(text) > 16:
        raise param_error("applyment_id", "is no number of an application", "url")
    party = await network.read(numbers.party_of, int(text))
    known = await network.read(applyments.of_merchant, call.merchant.id, party) if party else None
    return _found(known if known is not None and known.kind == kind else None)


def _found(known: Applyment | None) -> Applyment:
    if known is None:
        raise WechatError(404, "RESOURCE_NOT_EXISTS", "申请单不存在")
    return known


async def _id(door: Door, known: Applyment) -> int:
    """The sixteen digits of the merchant that came of it: languages without large numbers can."""
    return int(await number_of(door.network, known.merchant_id))


async def _shown(door: Door, known: Applyment) -> dict[str, Any]:
    return {
        "business_code": known.reference,
        "applyment_id": await _id(door, known),
        "sub_mchid": await _number(door, known),
        "applyment_state": "APPLYMENT_STATE_FINISHED",
        "applyment_state_msg": "已完成",
        "audit_detail": [],
    }


async def _platform_shown(door: Door, known: Applyment) -> dict[str, Any]:
    return {
        "applyment_state": "FINISH",
        "applyment_state_desc": "完成",
        "sign_state": "SIGNED",
        "sub_mchid": await _number(door, known),
        "out_request_no": known.reference,
        "applyment_id": await _id(door, known),
    }


async def _number(door: Door, known: Applyment) -> str:
    merchant = await door.network.look_up(parties.merchant, known.merchant_id)
    return merchant.number if merchant else ""
