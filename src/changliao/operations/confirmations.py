"""What stands for a payer, checked and counted: the PIN, or a passkey that confirms this act."""

from collections.abc import Callable, Iterable
from typing import Final

from changliao.core.clock import Instant
from changliao.core.confirmations import (
    Act,
    Confirmation,
    PermitPasskey,
    Proven,
    decide_confirmation,
    decide_permission,
)
from changliao.core.credentials import CredentialKind
from changliao.core.ids import UserId
from changliao.core.outcome import Reason, Refused
from changliao.core.passkeys import Passkey
from changliao.operations import credentials, passkeys
from changliao.operations.credentials import CheckCredential
from changliao.operations.operation import Operation, Place
from changliao.store.parties import CREDENTIALS
from changliao.store.passkeys import PASSKEYS
from changliao.store.unit import UnitOfWork


def check(
    tx: UnitOfWork, user_id: UserId, proof: Proven | None, act: Callable[[], Act], now: Instant
) -> Refused | None:
    """Count what came with a command; None when it was right or none is needed.

    `act` says what the command does: a passkey's answer is for that alone.
    """
    if proof is None:
        return None
    if isinstance(proof, Confirmation):
        return _confirmed(tx, user_id, proof, act(), now)
    return credentials.check(tx, CheckCredential(user_id, CredentialKind.PIN, proof), now)


def keys(user_id: UserId, proof: Proven | None) -> Iterable[Place]:
    """What `check` will ask for."""
    if proof is not None:
        yield CREDENTIALS, (user_id, int(CredentialKind.PIN))
    if isinstance(proof, Confirmation):
        yield from passkeys.use_keys(proof.use)


def _confirmed(
    tx: UnitOfWork, user_id: UserId, proof: Confirmation, act: Act, now: Instant
) -> Refused | None:
    pin = tx.find(CREDENTIALS, (user_id, int(CredentialKind.PIN)))
    if pin is None:
        return Refused(Reason.USER_NOT_FOUND)
    if proof.use.owner_id != user_id:
        return Refused(Reason.PASSKEY_NOT_FOUND)
    passkey = tx.find(PASSKEYS, proof.use.assertion.credential)
    refused = decide_confirmation(proof, act, passkey, pin, now)
    if refused is not None:
        return refused
    used = passkeys.use(tx, proof.use, now)
    return used if isinstance(used, Refused) else None


def _permit(tx: UnitOfWork, command: PermitPasskey, now: Instant) -> Passkey | Refused:
    """Let a passkey confirm, with the PIN; taking it back needs none."""
    user_id = UserId(command.owner_id)
    if command.permitted:
        if command.proof is None:
            return Refused(Reason.CREDENTIAL_WRONG)
        check_pin = CheckCredential(user_id, CredentialKind.PIN, command.proof)
        refused = credentials.check(tx, check_pin, now)
        if refused is not None:
            return refused
    passkey = tx.find(PASSKEYS, command.credential)

    permitted = decide_permission(command, passkey, now)

    if isinstance(permitted, Passkey) and permitted is not passkey:
        tx.update(PASSKEYS, permitted)
    return permitted


def _permit_keys(command: PermitPasskey) -> Iterable[Place]:
    yield CREDENTIALS, (command.owner_id, int(CredentialKind.PIN))
    yield PASSKEYS, command.credential


PERMIT: Final = Operation("passkeys.permit", _permit, _permit_keys)
