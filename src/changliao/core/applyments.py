"""Applications of service providers for merchants of theirs, and the pictures that go with them.

An application names its merchant and is taken at once: the merchant is there in the same commit.
What people wrote in it is kept sealed. Refuses: another application under the same reference.
"""

from msgspec import Struct

from changliao.core.clock import Instant
from changliao.core.ids import MerchantId
from changliao.core.outcome import Reason, Refused


class MediaFile(Struct, frozen=True):
    """A file that a merchant handed in; `digest` is the SHA-256 of it and names it."""

    merchant_id: MerchantId
    digest: bytes
    name: str
    kind: str
    content: bytes
    kept_at: Instant


class Applyment(Struct, frozen=True):
    """`reference` is the provider's own number, unique among its own; `kind` is the call's.

    `digest` identifies what was asked; `details` is all of it, sealed.
    """

    provider_id: MerchantId
    kind: str
    reference: str
    merchant_id: MerchantId
    digest: bytes
    details: bytes
    applied_at: Instant


def decide_again(earlier: Applyment, asked: Applyment) -> Applyment | Refused:
    """The same application finds what came of it."""
    same = earlier.digest == asked.digest
    return earlier if same else Refused(Reason.REFERENCE_REUSED)
