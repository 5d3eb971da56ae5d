"""Parties: users, merchants, their apps and keys, and who may act for whom.

Refuses: a phone number, merchant number or app id that somebody else has.
"""

from enum import IntEnum

from msgspec import Struct

from changliao.core.acts import Facts
from changliao.core.clock import NEVER, Instant
from changliao.core.ids import AppId, MemberId, MerchantId, UserId


class User(Struct, frozen=True):
    """A person with a wallet, known by a phone number."""

    id: UserId
    phone: str
    name: str
    created_at: Instant


class MerchantState(IntEnum):
    """The number is stored."""

    ACTIVE = 1
    DISABLED = 2


class SigningMode(IntEnum):
    """With which key answers and notifications to a merchant are signed. The number is stored."""

    AUTO = 1
    PUBLIC_KEY = 2
    CERTIFICATE = 3


class Merchant(Struct, frozen=True):
    """`number` is what a protocol calls mchid. `api_key` is sealed: only the vault opens it."""

    id: MerchantId
    number: str
    name: str
    fee_bps: int
    api_key: bytes
    created_at: Instant
    state: MerchantState = MerchantState.ACTIVE
    signing_mode: SigningMode = SigningMode.AUTO


class App(Struct, frozen=True):
    """An application of a merchant; `number` is the protocol's appid."""

    id: AppId
    number: str
    merchant_id: MerchantId
    name: str


class AppCertificate(Struct, frozen=True):
    """Under which of the network's certificates an app is answered; empty: as everybody is."""

    app_id: AppId
    serial: str


class KeyKind(IntEnum):
    """The number is stored."""

    RSA_PUBLIC = 1
    HMAC_SECRET = 2
    ED25519_PUBLIC = 3
    RSA_CERTIFICATE = 4
    AES_SECRET = 5


class Key(Struct, frozen=True):
    """A key a caller signs with. Public keys and certificates are PEM text; secrets are sealed.

    `merchant_id` is whose it is: a merchant, the network for operators, or one app where a protocol
    gives keys to apps. `serial` names it in requests. A key works from `starts_at` until `ends_at`
    (0: no end) unless it was revoked; two may overlap, so a merchant can change keys without a
    pause. An operator's key is in the hands of `member_id`; 0 is a machine's.
    """

    merchant_id: MerchantId
    serial: str
    kind: KeyKind
    material: bytes
    starts_at: Instant
    ends_at: Instant = NEVER
    revoked_at: Instant = NEVER
    member_id: MemberId = MemberId(0)

    def works(self, now: Instant) -> bool:
        """Is it valid at this time?"""
        started = self.starts_at <= now
        return started and not self.revoked_at and (not self.ends_at or now < self.ends_at)


class Partnership(Struct, frozen=True):
    """A service provider may place and manage orders for a merchant that accepted it."""

    partner_id: MerchantId
    merchant_id: MerchantId
    since: Instant


def facts(key: Key) -> Facts:
    """What is told of a key: never the secret."""
    state = "revoked" if key.revoked_at else "in_use"
    return {"kind": key.kind.name.lower(), "state": state}
