"""Wallets: money comes in from a channel and goes from person to person.

Refuses: nothing or too much, another currency, oneself, and money that is not there.
"""

from msgspec import Struct

from changliao.core import chart
from changliao.core.clock import Instant
from changliao.core.confirmations import Act, ActKind, Proven
from changliao.core.ids import TopUpId, TransferId, UserId
from changliao.core.ledger import Account, Code, Transfer
from changliao.core.money import MAX_AMOUNT, Money
from changliao.core.outcome import Reason, Refused


class TopUp(Struct, frozen=True):
    """Money a channel has taken from a bank account for a wallet. The id names it: once only."""

    id: TopUpId
    user_id: UserId
    amount: Money
    channel: int


class WalletTransfer(Struct, frozen=True):
    """One person gives another money. The id names it: once only."""

    id: TransferId
    payer_id: UserId
    payee_id: UserId
    amount: Money
    note: str = ""


class TransferMoney(Struct, frozen=True):
    """A person confirms a transfer; `proof` is the PIN's."""

    transfer: WalletTransfer
    proof: Proven | None = None

    def act(self) -> Act:
        """What a passkey confirms."""
        one, amount = self.transfer, self.transfer.amount
        subject = f"{one.payer_id} {one.payee_id}"
        return Act(ActKind.TRANSFER, one.id, amount.amount, amount.currency.number, subject)


class Moved(Struct, frozen=True):
    """When it became true, and the money that moved."""

    at: Instant
    transfer: Transfer


def decide_top_up(top_up: TopUp, now: Instant) -> Moved | Refused:
    """Credit a wallet with what the channel holds for it."""
    refused = _amount_refused(top_up.amount)
    if refused is not None:
        return refused
    currency = top_up.amount.currency
    source = chart.clearing(top_up.channel, currency)
    target = chart.wallet(top_up.user_id, currency)
    return Moved(now, Transfer(source, target, top_up.amount.amount, Code.TOP_UP, top_up.id))


def decide_transfer(transfer: WalletTransfer, wallet: Account, now: Instant) -> Moved | Refused:
    """Move money from one wallet to another."""
    refused = _amount_refused(transfer.amount)
    if refused is not None:
        return refused
    if transfer.payer_id == transfer.payee_id:
        return Refused(Reason.TRANSFER_TO_SELF)
    if wallet.spendable < transfer.amount.amount:
        return Refused(Reason.INSUFFICIENT_FUNDS)
    target = chart.wallet(transfer.payee_id, transfer.amount.currency)
    amount = transfer.amount.amount
    moved = Transfer(wallet.id, target, amount, Code.WALLET_TRANSFER, transfer.id)
    return Moved(now, moved)


def _amount_refused(amount: Money) -> Refused | None:
    if amount.amount <= 0:
        return Refused(Reason.AMOUNT_NOT_POSITIVE)
    if amount.amount > MAX_AMOUNT:
        return Refused(Reason.AMOUNT_TOO_LARGE, f"at most {MAX_AMOUNT} minor units")
    return None
