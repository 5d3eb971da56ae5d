"""Signing people up and in, and taking merchants on."""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core.clock import Instant
from changliao.core.credentials import Credential
from changliao.core.ids import MerchantId, UserId
from changliao.core.outcome import Reason, Refused
from changliao.core.parties import App, Key, Merchant, Partnership, User, facts
from changliao.operations.operation import Operation, Place, standing
from changliao.store.parties import (
    APPS,
    APPS_BY_NUMBER,
    CREDENTIALS,
    KEYS,
    MERCHANTS,
    MERCHANTS_BY_NUMBER,
    PARTNERSHIPS,
    PHONES,
    SESSIONS,
    USERS,
    Phone,
    Session,
)
from changliao.store.unit import UnitOfWork


class SignUp(Struct, frozen=True):
    """A person opens a wallet; the credentials are hashed already."""

    user: User
    credentials: tuple[Credential, ...]


class EndSession(Struct, frozen=True):
    """A browser logs out; only one of `user_id`'s, unless that is 0."""

    token: bytes
    user_id: UserId = UserId(0)


class TakeOn(Struct, frozen=True):
    """A new merchant with its first app and keys."""

    merchant: Merchant
    app: App
    keys: tuple[Key, ...]


class AddPlatformKey(Struct, frozen=True):
    """A key pair the network will sign with; the private key is sealed, the certificate PEM.

    `role` is what it is for: each door finds its own.
    """

    serial: str
    private_key: bytes
    certificate: bytes
    starts_at: Instant
    ends_at: Instant
    role: str


class RevokeKey(Struct, frozen=True):
    """A key must not be accepted any more."""

    merchant_id: MerchantId
    serial: str


def _sign_up(tx: UnitOfWork, command: SignUp, now: Instant) -> User | Refused:
    """Open a wallet for a phone number nobody has."""
    user = command.user
    known = tx.find(USERS, user.id)
    if known is not None:
        return known if known == user else Refused(Reason.PHONE_TAKEN)
    if tx.find(PHONES, user.phone) is not None:
        return Refused(Reason.PHONE_TAKEN)
    tx.insert(PHONES, Phone(user.phone, user.id))
    tx.insert(USERS, user)
    for credential in command.credentials:
        tx.insert(CREDENTIALS, credential)
    return user


def _open_session(tx: UnitOfWork, command: Session, now: Instant) -> Session:
    """Let a browser act for a user until the session ends."""
    if tx.find(SESSIONS, command.token) is None:
        tx.insert(SESSIONS, command)
    return command


def _end_session(tx: UnitOfWork, command: EndSession, now: Instant) -> Session | Refused:
    """End a session now; ending it again is no change."""
    session = tx.find(SESSIONS, command.token)
    if session is None or command.user_id not in (0, session.user_id):
        return Refused(Reason.SESSION_ENDED)
    if session.expires_at > now:
        session = replace(session, expires_at=now)
        tx.update(SESSIONS, session)
    return session


def _create_merchant(tx: UnitOfWork, command: Merchant, now: Instant) -> Merchant | Refused:
    """Take a merchant on under a number nobody has."""
    earlier = tx.find_by(MERCHANTS_BY_NUMBER, command.number)
    if earlier is not None:
        return earlier if earlier == command else Refused(Reason.MERCHANT_TAKEN)
    tx.insert(MERCHANTS, command, MERCHANTS_BY_NUMBER)
    return command


def _take_on(tx: UnitOfWork, command: TakeOn, now: Instant) -> Merchant | Refused:
    """Take a merchant on with its app and keys: all of them, or nothing."""
    if tx.find_by(MERCHANTS_BY_NUMBER, command.merchant.number) is not None:
        return Refused(Reason.MERCHANT_TAKEN)
    if tx.find_by(APPS_BY_NUMBER, command.app.number) is not None:
        return Refused(Reason.APP_TAKEN)
    tx.insert(MERCHANTS, command.merchant, MERCHANTS_BY_NUMBER)
    tx.insert(APPS, command.app, APPS_BY_NUMBER)
    for key in command.keys:
        tx.insert(KEYS, key)
    return command.merchant


def _change_merchant(tx: UnitOfWork, command: Merchant, now: Instant) -> Merchant | Refused:
    """Change a merchant's name, fee, key, state or signing mode; its number stays."""
    earlier = tx.find(MERCHANTS, command.id)
    if earlier is None or earlier.number != command.number:
        return Refused(Reason.MERCHANT_NOT_FOUND)
    tx.update(MERCHANTS, command)
    return command


def _add_app(tx: UnitOfWork, command: App, now: Instant) -> App | Refused:
    """Bind an app to a merchant."""
    if tx.find(MERCHANTS, command.merchant_id) is None:
        return Refused(Reason.MERCHANT_NOT_FOUND)
    earlier = tx.find_by(APPS_BY_NUMBER, command.number)
    if earlier is not None:
        same = (earlier.merchant_id, earlier.name) == (command.merchant_id, command.name)
        return earlier if same else Refused(Reason.APP_TAKEN)
    tx.insert(APPS, command, APPS_BY_NUMBER)
    return command


def _add_key(tx: UnitOfWork, command: Key, now: Instant) -> Key | Refused:
    """Accept a key from now on; the same key again is no change."""
    earlier = tx.find(KEYS, (command.merchant_id, command.serial))
    if earlier is not None:
        same = earlier.material == command.material and not earlier.revoked_at
        return earlier if same else Refused(Reason.KEY_TAKEN)
    tx.insert(KEYS, command)
    return command


def _revoke_key(tx: UnitOfWork, command: RevokeKey, now: Instant) -> Key | Refused:
    """Refuse a key from now on."""
    key = tx.find(KEYS, (command.merchant_id, command.serial))
    if key is None:
        return Refused(Reason.KEY_NOT_FOUND)
    if not key.revoked_at:
        key = replace(key, revoked_at=now)
        tx.update(KEYS, key)
    return key


def _add_platform_key(
    tx: UnitOfWork, command: AddPlatformKey, now: Instant
) -> AddPlatformKey | Refused:
    """Keep a new key pair beside the earlier ones."""
    row = (
        command.serial,
        command.private_key,
        command.certificate,
        command.starts_at,
        command.ends_at,
        command.role,
    )
    tx.add("platform_keys_insert", row)
    return command


def _add_partner(tx: UnitOfWork, command: Partnership, now: Instant) -> Partnership | Refused:
    """Let a service provider act for a merchant."""
    if command.partner_id == command.merchant_id:
        return Refused(Reason.PARTNER_RELATION_MISSING, "a merchant is not its own provider")
    for party in (command.partner_id, command.merchant_id):
        if tx.find(MERCHANTS, party) is None:
            return Refused(Reason.MERCHANT_NOT_FOUND)
    earlier = tx.find(PARTNERSHIPS, (command.partner_id, command.merchant_id))
    if earlier is None:
        tx.insert(PARTNERSHIPS, command)
    return earlier or command


def _sign_up_keys(command: SignUp) -> Iterable[Place]:
    yield USERS, command.user.id
    yield PHONES, command.user.phone


def _nothing(command: object) -> Iterable[Place]:
    """Rare operations load what they touch on demand."""
    return ()


SIGN_UP: Final = Operation("parties.sign_up", _sign_up, _sign_up_keys)
OPEN_SESSION: Final = Operation(
    "parties.open_session", _open_session, lambda command: [(SESSIONS, command.token)]
)
END_SESSION: Final = Operation("parties.end_session", _end_session, _nothing)
CREATE_MERCHANT: Final = Operation("parties.create_merchant", _create_merchant, _nothing)
TAKE_ON: Final = Operation("parties.take_on", _take_on, _nothing)
CHANGE_MERCHANT: Final = Operation("parties.change_merchant", _change_merchant, _nothing)
ADD_APP: Final = Operation("parties.add_app", _add_app, _nothing)
_KEY_FACTS: Final = standing(KEYS, lambda one: (one.merchant_id, one.serial), facts)
ADD_KEY: Final = Operation("parties.add_key", _add_key, _nothing, _KEY_FACTS)
REVOKE_KEY: Final = Operation("parties.revoke_key", _revoke_key, _nothing, _KEY_FACTS)
ADD_PARTNER: Final = Operation("parties.add_partner", _add_partner, _nothing)
ADD_PLATFORM_KEY: Final = Operation("parties.add_platform_key", _add_platform_key, _nothing)
