"""A merchant's apps and keys over REST. Merchants see their own; an operator adds and revokes."""

from typing import Any, Final, Literal

from msgspec import UNSET, Struct, UnsetType

from changliao.core.members import Right
from changliao.core.outcome import Reason
from changliao.core.parties import App, Key, KeyKind
from changliao.doors.rest.call import Call, Door, perform
from changliao.doors.rest.endpoint import Endpoint, Who
from changliao.doors.rest.errors import Problem
from changliao.doors.rest.fields import (
    AppNumber,
    Moment,
    Name,
    Nothing,
    Page,
    Pem,
    moment,
)
from changliao.doors.rest.merchants import find
from changliao.operations import onboarding
from changliao.operations.certificates import UnusableKey
from changliao.operations.parties import ADD_APP, ADD_KEY, REVOKE_KEY, RevokeKey
from changliao.store.views import parties

KindName = Literal["rsa_public", "hmac_secret", "ed25519_public"]


class AppForm(Struct, frozen=True, forbid_unknown_fields=True):
    """An app. Without an `appid` one is made."""

    name: Name
    appid: AppNumber | None = None


class AppShown(Struct, frozen=True):
    """An app of a merchant."""

    appid: str
    name: str


class KeyForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A public key or certificate: RSA signs WeChat Pay requests, Ed25519 requests to this API."""

    public_key: Pem


class KeyShown(Struct, frozen=True):
    """A key. Its `serial` names it in requests; secrets are never shown again."""

    serial: str
    kind: KindName
    starts_at: Moment
    revoked: bool
    ends_at: Moment | UnsetType = UNSET


async def add_app(door: Door, call: Call[AppForm, Nothing]) -> Any:
    """Bind one more app to a merchant."""
    merchant = await find(door, call)
    app = onboarding.new_app(door.network, merchant.id, call.form.appid or "", call.form.name)
    return await perform(door, call, ADD_APP, app, show_app)


async def apps(door: Door, call: Call[Nothing, Nothing]) -> Page[AppShown]:
    """List a merchant's apps."""
    merchant = await find(door, call)
    found = await door.network.read(parties.apps_of, merchant.id)
    return Page([show_app(one) for one in found])


async def add_key(door: Door, call: Call[KeyForm, Nothing]) -> Any:
    """Accept one more public key or certificate of a merchant.

    Earlier ones work on until they are revoked; a revoked key cannot be added again.
    """
    merchant = await find(door, call)
    try:
        key = onboarding.new_public_key(door.network, merchant.id, call.form.public_key.encode())
    except UnusableKey as error:
        raise Problem("key_unusable", str(error), "public_key") from error
    return await perform(door, call, ADD_KEY, key, show_key)


async def keys(door: Door, call: Call[Nothing, Nothing]) -> Page[KeyShown]:
    """List a merchant's keys, also those that were revoked."""
    merchant = await find(door, call)
    found = await door.network.read(parties.keys_of, merchant.id)
    return Page([show_key(one) for one in found])


async def revoke_key(door: Door, call: Call[Nothing, Nothing]) -> Any:
    """Refuse a key from now on.

    A REST key is revoked the same way, with its name as the serial. The body is not read.
    """
    merchant = await find(door, call)
    command = RevokeKey(merchant.id, call.path["serial"])
    return await perform(door, call, REVOKE_KEY, command, show_key)


def show_app(app: App) -> AppShown:
    """An app as this API shows it."""
    return AppShown(app.number, app.name)


def show_key(key: Key) -> KeyShown:
    """A key as this API shows it."""
    return KeyShown(
        serial=key.serial,
        kind=_KINDS[key.kind],
        starts_at=moment(key.starts_at),
        revoked=bool(key.revoked_at),
        ends_at=moment(key.ends_at) if key.ends_at else UNSET,
    )


_KINDS: Final[dict[KeyKind, KindName]] = {
    KeyKind.RSA_PUBLIC: "rsa_public",
    KeyKind.HMAC_SECRET: "hmac_secret",
    KeyKind.ED25519_PUBLIC: "ed25519_public",
}
_UNKNOWN: Final = (Reason.MERCHANT_NOT_FOUND,)
ENDPOINTS: Final = (
    Endpoint(
        "POST", "/merchants/{number}/apps", add_app, Who.OPERATOR, AppForm, Nothing, AppShown, 201,
        (*_UNKNOWN, Reason.APP_TAKEN), right=Right.MANAGE_TERMS,
    ),
    Endpoint(
        "GET", "/merchants/{number}/apps", apps, Who.EITHER, Nothing, Nothing, Page[AppShown], 200,
        _UNKNOWN,
    ),
    Endpoint(
        "POST", "/merchants/{number}/keys", add_key, Who.OPERATOR, KeyForm, Nothing, KeyShown, 201,
        (*_UNKNOWN, "key_unusable", Reason.KEY_TAKEN), right=Right.MANAGE_TERMS,
    ),
    Endpoint(
        "GET", "/merchants/{number}/keys", keys, Who.EITHER, Nothing, Nothing, Page[KeyShown], 200,
        _UNKNOWN,
    ),
    Endpoint(
        "POST", "/merchants/{number}/keys/{serial}/revoke", revoke_key, Who.OPERATOR, Nothing,
        Nothing, KeyShown, 200, (*_UNKNOWN, Reason.KEY_NOT_FOUND), right=Right.MANAGE_TERMS,
    ),
)  # fmt: skip
