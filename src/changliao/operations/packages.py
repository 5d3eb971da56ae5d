"""What a merchant's front end hands on to a wallet: which payout to take, which freeze to confirm.

A package names its subject and nothing more; whoever opens it must be the one it is for.
"""

from typing import Final

from msgspec import Struct

from changliao.core import ids
from changliao.core.authorizations import Authorization
from changliao.core.ids import MerchantId, UserId
from changliao.core.payouts import Payout
from changliao.store.engine import Reader
from changliao.store.views import authorizations, parties, payouts

_SEPARATOR: Final = "."
_PAYOUT: Final = "pot"
_AUTHORIZATION: Final = "ath"


class Package(Struct, frozen=True):
    """Which subject, of which merchant."""

    merchant_id: MerchantId
    subject_id: int


def of_payout(payout: Payout) -> str:
    """The text to hand on."""
    return _packed(payout.merchant_id, _PAYOUT, payout.id)


def of_authorization(authorization: Authorization) -> str:
    """The text to hand on."""
    return _packed(authorization.merchant_id, _AUTHORIZATION, authorization.id)


def payout_for(reader: Reader, text: str, user_id: UserId) -> Payout | None:
    """The payout of a package, if it is this user's."""
    package = _unpacked(text, _PAYOUT)
    found = payouts.payout(reader, package.merchant_id, package.subject_id) if package else None
    return found if found is not None and found.payee_id == user_id else None


def authorization_for(reader: Reader, text: str, user_id: UserId) -> Authorization | None:
    """The authorization of a package, if it is this user's or nobody's yet."""
    package = _unpacked(text, _AUTHORIZATION)
    if package is None:
        return None
    found = authorizations.authorization(reader, package.merchant_id, package.subject_id)
    return found if found is not None and found.payer_id in (0, user_id) else None


def name_of(reader: Reader, user_id: UserId) -> str:
    """A user's name; empty for nobody."""
    user = parties.user(reader, user_id)
    return user.name if user else ""


def _packed(merchant_id: MerchantId, prefix: str, subject_id: int) -> str:
    return ids.show("mch", merchant_id) + _SEPARATOR + ids.show(prefix, subject_id)


def _unpacked(text: str, prefix: str) -> Package | None:
    merchant, _, subject = text.partition(_SEPARATOR)
    merchant_id, subject_id = ids.parse("mch", merchant), ids.parse(prefix, subject)
    if merchant_id is None or subject_id is None:
        return None
    return Package(MerchantId(merchant_id), subject_id)
