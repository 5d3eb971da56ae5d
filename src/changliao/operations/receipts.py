"""What a payee opens to take a payout: a package the merchant's front end hands on.

It names the payout and nothing more: only its payee can confirm it.
"""

from typing import Final

from msgspec import Struct

from changliao.core import ids
from changliao.core.ids import MerchantId, PayoutId, UserId
from changliao.core.payouts import Payout
from changliao.store.engine import Reader
from changliao.store.views import parties, payouts

_SEPARATOR: Final = "."


class Package(Struct, frozen=True):
    """Which payout, of which merchant."""

    merchant_id: MerchantId
    payout_id: PayoutId


def package_of(payout: Payout) -> str:
    """The text to hand on."""
    return ids.show("mch", payout.merchant_id) + _SEPARATOR + ids.show("pot", payout.id)


def read_package(text: str) -> Package | None:
    """None for what is not a package of ours."""
    merchant, _, payout = text.partition(_SEPARATOR)
    merchant_id, payout_id = ids.parse("mch", merchant), ids.parse("pot", payout)
    if merchant_id is None or payout_id is None:
        return None
    return Package(MerchantId(merchant_id), PayoutId(payout_id))


def payable_to(reader: Reader, text: str, user_id: UserId) -> Payout | None:
    """The payout of a package, if it is this user's."""
    package = read_package(text)
    found = payouts.payout(reader, package.merchant_id, package.payout_id) if package else None
    return found if found is not None and found.payee_id == user_id else None


def name_of(reader: Reader, user_id: UserId) -> str:
    """A user's name; empty for nobody."""
    user = parties.user(reader, user_id)
    return user.name if user else ""
