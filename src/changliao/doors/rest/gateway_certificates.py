"""The certificates of the Alipay gateway: renewing them, and which of them answers an app."""

from typing import Annotated, Any, Final

from msgspec import UNSET, Meta, Struct, UnsetType

from changliao.core.members import Right
from changliao.core.outcome import Reason, Refused
from changliao.core.parties import App
from changliao.doors.rest.call import Call, Door, perform
from changliao.doors.rest.endpoint import Endpoint, Who
from changliao.doors.rest.errors import refusal
from changliao.doors.rest.fields import AppNumber, Moment, Nothing, Page, moment
from changliao.doors.rest.merchants import find
from changliao.operations import gateway_certificates
from changliao.operations.gateway_certificates import (
    CHOOSE,
    LEAF,
    MOST_HOURS,
    ChooseCertificate,
)
from changliao.operations.parties import ADD_PLATFORM_KEY, AddPlatformKey
from changliao.store.views import certificates, parties
from changliao.store.views.parties import PlatformKey

SerialText = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z", description="As `alipay_cert_sn`")]
Hours = Annotated[int, Meta(ge=0, le=MOST_HOURS)]


class Renewal(Struct, frozen=True, forbid_unknown_fields=True):
    """When the next certificate begins to sign. It can be fetched and installed at once."""

    after_hours: Hours = 48


class GatewayCertificateShown(Struct, frozen=True):
    """A certificate of the gateway. `signs`: it answers every app that chose no other one.

    `certificate` is PEM, with its issuer's after it.
    """

    serial: SerialText
    starts_at: Moment
    ends_at: Moment
    signs: bool
    certificate: str


class Choice(Struct, frozen=True, forbid_unknown_fields=True):
    """The certificate that an app's SDK knows; null: whichever signs."""

    serial: SerialText | None


class ChoiceShown(Struct, frozen=True):
    """Under which certificate an app is answered, where it chose one."""

    appid: AppNumber
    serial: SerialText | UnsetType = UNSET


async def renew(door: Door, call: Call[Renewal, Nothing]) -> Any:
    """Make the gateway's next certificate, under the same issuer and root.

    The one before signs until then, and after that for apps that chose it, until it ends.
    """
    made = await gateway_certificates.renewed(door.network, call.form.after_hours)
    signs = made.starts_at <= door.network.real_clock()
    return await perform(door, call, ADD_PLATFORM_KEY, made, lambda one: _shown(one, signs=signs))


async def show(door: Door, call: Call[Nothing, Nothing]) -> Page[GatewayCertificateShown]:
    """List the gateway's certificates, the oldest first."""
    leaves = await door.network.read(parties.platform_keys, LEAF)
    signing = gateway_certificates.signing(leaves, door.network.real_clock()) if leaves else None
    return Page([_shown(one, signs=one is signing) for one in leaves])


async def choose(door: Door, call: Call[Choice, Nothing]) -> Any:
    """Answer an app under a certificate of its choice, within seconds and until that ends.

    For SDKs that know one certificate only: take the coming one early, or stay with the earlier.
    """
    app = await _app(door, call)
    command = ChooseCertificate(app.id, call.form.serial or "")
    return await perform(
        door, call, CHOOSE, command, lambda one: ChoiceShown(app.number, one.serial or UNSET)
    )


async def chosen(door: Door, call: Call[Nothing, Nothing]) -> ChoiceShown:
    """Show which certificate an app has chosen."""
    app = await _app(door, call)
    serials = await door.network.read(certificates.chosen)
    return ChoiceShown(app.number, serials.get(app.number, UNSET))


async def _app(door: Door, call: Call[Any, Any]) -> App:
    merchant = await find(door, call)
    app = await door.network.read(parties.app_by_number, call.path["appid"])
    if app is None or app.merchant_id != merchant.id:
        raise refusal(Refused(Reason.KEY_NOT_FOUND, "this merchant has no such app"))
    return app


def _shown(one: PlatformKey | AddPlatformKey, *, signs: bool) -> GatewayCertificateShown:
    return GatewayCertificateShown(
        one.serial, moment(one.starts_at), moment(one.ends_at), signs, one.certificate.decode()
    )


_ONE: Final = "/merchants/{number}/apps/{appid}/alipay-certificate"
_UNKNOWN: Final = (Reason.MERCHANT_NOT_FOUND, Reason.KEY_NOT_FOUND)
ENDPOINTS: Final = (
    Endpoint(
        "POST", "/alipay-certificates", renew, Who.OPERATOR, Renewal, Nothing,
        GatewayCertificateShown, 201, right=Right.MANAGE_TERMS,
    ),
    Endpoint(
        "GET", "/alipay-certificates", show, Who.EITHER, Nothing, Nothing,
        Page[GatewayCertificateShown],
    ),
    Endpoint(
        "POST", _ONE, choose, Who.EITHER, Choice, Nothing, ChoiceShown, 200, _UNKNOWN,
        repeats=True,
    ),
    Endpoint("GET", _ONE, chosen, Who.EITHER, Nothing, Nothing, ChoiceShown, 200, _UNKNOWN),
)  # fmt: skip
