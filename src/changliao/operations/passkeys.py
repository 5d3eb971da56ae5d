"""Adding, using, renaming and removing passkeys."""

from collections.abc import Iterable
from typing import Final

from changliao.core.clock import Instant
from changliao.core.nonces import Nonce
from changliao.core.outcome import Reason, Refused
from changliao.core.passkeys import (
    MOST,
    AddPasskey,
    Passkey,
    RemovePasskey,
    RenamePasskey,
    UsePasskey,
    decide_removal,
    decide_renaming,
    decide_use,
    facts,
)
from changliao.operations.operation import Operation, Place, standing
from changliao.store.nonces import NONCES
from changliao.store.passkeys import PASSKEYS
from changliao.store.unit import UnitOfWork


def use(tx: UnitOfWork, command: UsePasskey, now: Instant) -> Passkey | Refused:
    """Count an answer, once for each challenge."""
    challenge = command.assertion.challenge
    if tx.find(NONCES, NONCES.key(challenge)) is not None:
        return Refused(Reason.PASSKEY_EXPIRED)
    passkey = tx.find(PASSKEYS, command.assertion.credential)

    used = decide_use(passkey, command, now)

    if isinstance(used, Passkey):
        tx.insert(NONCES, challenge)
        tx.update(PASSKEYS, used)
    return used


def use_keys(command: UsePasskey) -> Iterable[Place]:
    """What `use` will ask for."""
    yield PASSKEYS, command.assertion.credential
    yield _challenge(command.assertion.challenge)


def _add(tx: UnitOfWork, command: AddPasskey, now: Instant) -> Passkey | Refused:
    """Accept a passkey from now on, once for each challenge."""
    passkey = command.passkey
    if tx.find(NONCES, NONCES.key(command.challenge)) is not None:
        return Refused(Reason.PASSKEY_EXPIRED)
    if tx.find(PASSKEYS, passkey.credential) is not None:
        # An authenticator names each of its passkeys at random.
        return Refused(Reason.PASSKEY_WRONG)
    if len(tx.select("passkeys_of_owner", {"owner_id": passkey.owner_id})) >= MOST:
        return Refused(Reason.PASSKEYS_TOO_MANY)
    tx.insert(NONCES, command.challenge)
    tx.insert(PASSKEYS, passkey)
    return passkey


def _remove(tx: UnitOfWork, command: RemovePasskey, now: Instant) -> Passkey | Refused:
    """Accept a passkey no more."""
    passkey = tx.find(PASSKEYS, command.credential)

    removed = decide_removal(passkey, command, now)

    if isinstance(removed, Passkey) and removed is not passkey:
        tx.update(PASSKEYS, removed)
    return removed


def _rename(tx: UnitOfWork, command: RenamePasskey, now: Instant) -> Passkey | Refused:
    """Call a passkey otherwise."""
    passkey = tx.find(PASSKEYS, command.credential)

    renamed = decide_renaming(passkey, command)

    if isinstance(renamed, Passkey) and renamed is not passkey:
        tx.update(PASSKEYS, renamed)
    return renamed


def _adding_keys(command: AddPasskey) -> Iterable[Place]:
    yield PASSKEYS, command.passkey.credential
    yield _challenge(command.challenge)


def _challenge(challenge: Nonce) -> Place:
    return NONCES, NONCES.key(challenge)


_FACTS: Final = standing(PASSKEYS, lambda one: one.credential, facts)
ADD: Final = Operation(
    "passkeys.add",
    _add,
    _adding_keys,
    standing(PASSKEYS, lambda one: one.passkey.credential, facts),
)
USE: Final = Operation("passkeys.use", use, use_keys)
REMOVE: Final = Operation(
    "passkeys.remove", _remove, lambda command: [(PASSKEYS, command.credential)], _FACTS
)
RENAME: Final = Operation(
    "passkeys.rename", _rename, lambda command: [(PASSKEYS, command.credential)], _FACTS
)
