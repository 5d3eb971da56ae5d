"""Fees: what the network takes of a payment, by merchant and by method.

The rate for the network's own wallets is the merchant's, copied into an order when it is placed.
A method that a channel carries may have a rate of its own; it is copied into the order when the
order is paid by it. A refund returns the fee that was taken, in proportion, whatever the rate is
by then: core/refunds.py. Units: basis points.
Refuses: a rate that is none, and a rate for the wallet, which has its place in the merchant.
"""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core.acceptance import OWN_METHOD
from changliao.core.acts import Facts
from changliao.core.ids import MerchantId
from changliao.core.money import BPS
from changliao.core.orders import Order
from changliao.core.outcome import Reason, Refused

# A method that was given back to the merchant's own rate.
AS_WALLET: Final = -1


class MethodFee(Struct, frozen=True):
    """What a merchant pays for orders that are paid by one method. AS_WALLET: its usual rate."""

    merchant_id: MerchantId
    method_id: int
    fee_bps: int


def facts(known: MethodFee | None) -> Facts:
    """The rate in words; nothing: the merchant's usual one."""
    own = known is not None and known.fee_bps != AS_WALLET
    return {"fee_bps": str(known.fee_bps) if known is not None and own else ""}


def decide_fee(asked: MethodFee) -> Refused | None:
    """May a method cost so much? The detail names the field."""
    if asked.method_id == OWN_METHOD:
        return Refused(Reason.FEE_INVALID, "method: a wallet's fee is the merchant's own fee_bps")
    if asked.fee_bps != AS_WALLET and not 0 <= asked.fee_bps <= BPS:
        return Refused(Reason.FEE_INVALID, f"fee_bps: 0 to {BPS}")
    return None


def rated(order: Order, known: MethodFee | None) -> Order:
    """The order at the rate of the method that pays it."""
    if known is None or known.fee_bps == AS_WALLET:
        return order
    return replace(order, fee_bps=known.fee_bps)
