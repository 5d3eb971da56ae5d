"""Users and their credentials, merchants, apps, keys and partnerships, as rows."""

from typing import Final

from msgspec import Struct

from changliao.core.clock import NEVER, Instant
from changliao.core.credentials import Credential, CredentialKind
from changliao.core.ids import AppId, MemberId, MerchantId, UserId
from changliao.core.parties import (
    App,
    Key,
    KeyKind,
    Merchant,
    MerchantState,
    Partnership,
    SigningMode,
    User,
)
from changliao.store.engine import Row
from changliao.store.unit import Index, Table

# So many of a person's sessions are listed, and ended together.
MOST_SESSIONS: Final = 50


class Phone(Struct, frozen=True):
    """Whose a phone number is."""

    number: str
    user_id: UserId


class Session(Struct, frozen=True):
    """A browser that logged in; `token` is the SHA-256 of what it holds."""

    token: bytes
    user_id: UserId
    expires_at: Instant
    opened_at: Instant = NEVER
    browser: str = ""


def session_from_row(row: Row) -> Session:
    """A session from the columns of `sessions_find`."""
    return Session(bytes(row[0]), UserId(row[1]), Instant(row[2]), Instant(row[3]), row[4])


def user_from_row(row: Row) -> User:
    """A user from the columns of `users_find`."""
    return User(UserId(row[0]), row[1], row[2], Instant(row[3]))


def credential_from_row(row: Row) -> Credential:
    """A credential from the columns of `credentials_find`."""
    return Credential(
        UserId(row[0]),
        CredentialKind(row[1]),
        row[2],
        Instant(row[3]),
        row[4],
        Instant(row[5]),
        Instant(row[6]),
    )


def merchant_from_row(row: Row) -> Merchant:
    """A merchant from the columns of `merchants_find`."""
    return Merchant(
        id=MerchantId(row[0]),
        number=row[1],
        name=row[2],
        fee_bps=row[3],
        api_key=bytes(row[4]),
        created_at=Instant(row[5]),
        state=MerchantState(row[6]),
        signing_mode=SigningMode(row[7]),
    )


def app_from_row(row: Row) -> App:
    """An app from the columns of `apps_find`."""
    return App(AppId(row[0]), row[1], MerchantId(row[2]), row[3])


def key_from_row(row: Row) -> Key:
    """A key from the columns of `keys_find`."""
    return Key(
        MerchantId(row[0]),
        row[1],
        KeyKind(row[2]),
        bytes(row[3]),
        Instant(row[4]),
        Instant(row[5]),
        Instant(row[6]),
        MemberId(row[7]),
    )


USERS: Table[int, User] = Table(
    name="users",
    key=lambda user: user.id,
    to_row=lambda user: (user.id, user.phone, user.name, user.created_at),
    from_row=user_from_row,
)
PHONES: Table[str, Phone] = Table(
    name="phones",
    key=lambda phone: phone.number,
    to_row=lambda phone: (phone.number, phone.user_id),
    from_row=lambda row: Phone(row[0], UserId(row[1])),
)
CREDENTIALS: Table[tuple[int, int], Credential] = Table(
    name="credentials",
    key=lambda one: (one.user_id, int(one.kind)),
    to_row=lambda one: (
        one.user_id,
        int(one.kind),
        one.hash,
        one.set_at,
        one.failures,
        one.locked_until,
        one.reset_at,
    ),
    from_row=credential_from_row,
    change=lambda before, after: (
        after.user_id,
        int(after.kind),
        after.hash,
        after.set_at,
        after.failures,
        after.locked_until,
        after.reset_at,
        before.set_at,
        before.failures,
        before.reset_at,
    ),
)
SESSIONS: Table[bytes, Session] = Table(
    name="sessions",
    key=lambda session: session.token,
    to_row=lambda session: (
        session.token,
        session.user_id,
        session.expires_at,
        session.opened_at,
        session.browser,
    ),
    from_row=session_from_row,
    change=lambda before, after: (after.token, after.expires_at, before.expires_at),
)
MERCHANTS: Table[int, Merchant] = Table(
    name="merchants",
    key=lambda merchant: merchant.id,
    to_row=lambda merchant: (
        merchant.id,
        merchant.number,
        merchant.name,
        merchant.fee_bps,
        merchant.api_key,
        merchant.created_at,
        int(merchant.state),
        int(merchant.signing_mode),
    ),
    from_row=merchant_from_row,
    change=lambda before, after: (
        after.id,
        after.name,
        after.fee_bps,
        after.api_key,
        int(after.state),
        int(after.signing_mode),
        int(before.state),
    ),
)
MERCHANTS_BY_NUMBER: Index[str, Merchant] = Index(
    "merchants_find_by_number", MERCHANTS, lambda merchant: merchant.number
)
APPS: Table[int, App] = Table(
    name="apps",
    key=lambda app: app.id,
    to_row=lambda app: (app.id, app.number, app.merchant_id, app.name),
    from_row=app_from_row,
)
APPS_BY_NUMBER: Index[str, App] = Index("apps_find_by_number", APPS, lambda app: app.number)
KEYS: Table[tuple[int, str], Key] = Table(
    name="keys",
    key=lambda key: (key.merchant_id, key.serial),
    to_row=lambda key: (
        key.merchant_id,
        key.serial,
        int(key.kind),
        key.material,
        key.starts_at,
        key.ends_at,
        key.revoked_at,
        key.member_id,
    ),
    from_row=key_from_row,
    change=lambda before, after: (
        after.merchant_id,
        after.serial,
        after.ends_at,
        after.revoked_at,
        before.revoked_at,
    ),
)
PARTNERSHIPS: Table[tuple[int, int], Partnership] = Table(
    name="partnerships",
    key=lambda one: (one.partner_id, one.merchant_id),
    to_row=lambda one: (one.partner_id, one.merchant_id, one.since),
    from_row=lambda row: Partnership(MerchantId(row[0]), MerchantId(row[1]), Instant(row[2])),
)
