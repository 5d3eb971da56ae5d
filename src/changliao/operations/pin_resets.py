"""Setting a forgotten PIN anew: asking and waiting, or a passkey; and taking the wish back."""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core.clock import NEVER, Instant
from changliao.core.credentials import (
    Credential,
    CredentialKind,
    Proof,
    ask_reset,
    decide_reset,
)
from changliao.core.ids import UserId
from changliao.core.outcome import Reason, Refused
from changliao.core.passkeys import UsePasskey
from changliao.operations import passkeys
from changliao.operations.credentials import CheckCredential, check
from changliao.operations.operation import Operation, Place
from changliao.store.parties import CREDENTIALS
from changliao.store.unit import UnitOfWork


class AskReset(Struct, frozen=True):
    """A person forgot the PIN and begins to wait; `proof` is the password's."""

    user_id: UserId
    proof: Proof


class CancelReset(Struct, frozen=True):
    """Its owner does not want it: the PIN pays again."""

    user_id: UserId


class ResetPin(Struct, frozen=True):
    """Another PIN, hashed already; `proof` is the password's. `passkey` saves the wait."""

    pin: Credential
    proof: Proof
    passkey: UsePasskey | None = None


def _ask(tx: UnitOfWork, command: AskReset, now: Instant) -> Credential | Refused:
    """Begin to wait, once."""
    pin = tx.find(CREDENTIALS, _key(command.user_id, CredentialKind.PIN))
    if pin is None:
        return Refused(Reason.USER_NOT_FOUND)
    refused = check(tx, _password(command.user_id, command.proof), now)
    if refused is not None:
        return refused

    asked = ask_reset(pin, now)

    if asked is not pin:
        tx.update(CREDENTIALS, asked)
    return asked


def _cancel(tx: UnitOfWork, command: CancelReset, now: Instant) -> Credential | Refused:
    """Forget the wish; cancelling again is no change."""
    pin = tx.find(CREDENTIALS, _key(command.user_id, CredentialKind.PIN))
    if pin is None:
        return Refused(Reason.USER_NOT_FOUND)
    if pin.reset_at:
        pin = replace(pin, reset_at=NEVER)
        tx.update(CREDENTIALS, pin)
    return pin


def _reset(tx: UnitOfWork, command: ResetPin, now: Instant) -> Credential | Refused:
    """Set the PIN; earlier failures and locks of the old one are forgotten with it."""
    wanted = command.pin
    pin = tx.find(CREDENTIALS, _key(wanted.user_id, CredentialKind.PIN))
    if pin is None:
        return Refused(Reason.USER_NOT_FOUND)
    refused = check(tx, _password(wanted.user_id, command.proof), now)
    if refused is not None:
        return refused
    passkey = None
    if command.passkey is not None:
        used = passkeys.use(tx, command.passkey, now)
        if isinstance(used, Refused):
            return used
        passkey = used

    after = decide_reset(pin, wanted, passkey, now)

    if isinstance(after, Credential):
        tx.update(CREDENTIALS, after)
    return after


def _key(user_id: UserId, kind: CredentialKind) -> tuple[int, int]:
    return (user_id, int(kind))


def _password(user_id: UserId, proof: Proof) -> CheckCredential:
    return CheckCredential(user_id, CredentialKind.PASSWORD, proof)


def _both(user_id: UserId) -> Iterable[Place]:
    return [(CREDENTIALS, _key(user_id, kind)) for kind in CredentialKind]


def _reset_keys(command: ResetPin) -> Iterable[Place]:
    yield from _both(command.pin.user_id)
    if command.passkey is not None:
        yield from passkeys.use_keys(command.passkey)


ASK: Final = Operation("pin_resets.ask", _ask, lambda command: _both(command.user_id))
CANCEL: Final = Operation("pin_resets.cancel", _cancel, lambda command: _both(command.user_id))
RESET: Final = Operation("pin_resets.reset", _reset, _reset_keys)
