"""Confirming with a passkey what a person otherwise confirms with the PIN.

An answer is for one act: what, how much, for whom, under the id that makes it happen once. The
operation says what it is about to do, and an answer that was given for anything else is refused.
A passkey confirms only after its owner has permitted it with the PIN, and as long as that PIN is:
whoever has the password can add a passkey, and whoever knew an earlier PIN may have permitted one.
Units: amounts in minor units.
"""

from enum import IntEnum

from msgspec import Struct
from msgspec.structs import replace

from changliao.core.clock import NEVER, Instant
from changliao.core.credentials import Credential, Proof
from changliao.core.outcome import Reason, Refused
from changliao.core.passkeys import Passkey, UsePasskey


class ActKind(IntEnum):
    """What is confirmed. SHARE: a part of a bill. FREEZE: what a merchant may take later.

    RECEIPT: that what was bought is there, and its seller is to have what is held.
    """

    PAYMENT = 1
    TRANSFER = 2
    PACKET = 3
    WITHDRAWAL = 4
    SHARE = 5
    FREEZE = 6
    RECEIPT = 7


class Act(Struct, frozen=True):
    """`id` makes it happen once; `subject` is whom and what it is for. `currency` by its number."""

    kind: ActKind
    id: int
    amount: int
    currency: int
    subject: str

    def statement(self) -> str:
        """All of it in one text; the subject is last, so no two acts have the same."""
        return f"{self.kind:d} {self.id} {self.amount} {self.currency} {self.subject}"


class Confirmation(Struct, frozen=True):
    """A passkey answered a challenge that was made for this act."""

    act: Act
    use: UsePasskey


# What stands for the payer: the PIN, or a passkey.
Proven = Proof | Confirmation


class PermitPasskey(Struct, frozen=True):
    """A passkey may confirm from now on, or not any more. The PIN's `proof` is for the first."""

    owner_id: int
    credential: bytes
    permitted: bool
    proof: Proof | None = None


def may_confirm(passkey: Passkey, pin: Credential) -> bool:
    """Was it permitted with the PIN that still is?"""
    return bool(passkey.confirms_at) and passkey.confirms_at >= pin.set_at


def decide_confirmation(
    confirmation: Confirmation, act: Act, passkey: Passkey | None, pin: Credential, now: Instant
) -> Refused | None:
    """May this answer stand for the PIN? Whose passkey it is and its counter are asked after it."""
    if pin.being_reset(now):
        return Refused(Reason.PIN_RESET_WAITING, str(pin.reset_at))
    if confirmation.act != act:
        return Refused(Reason.PASSKEY_WRONG)
    if passkey is not None and not may_confirm(passkey, pin):
        return Refused(Reason.PASSKEY_NOT_PERMITTED)
    return None


def decide_permission(
    command: PermitPasskey, passkey: Passkey | None, now: Instant
) -> Passkey | Refused:
    """The passkey as it is afterwards; taking back what was not permitted is no change."""
    if passkey is None or passkey.owner_id != command.owner_id or passkey.removed_at:
        return Refused(Reason.PASSKEY_NOT_FOUND)
    if not command.permitted:
        return replace(passkey, confirms_at=NEVER) if passkey.confirms_at else passkey
    return replace(passkey, confirms_at=now)
