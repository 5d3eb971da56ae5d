"""Topping up a wallet and sending money from person to person."""

from collections.abc import Iterable
from typing import Final

from changliao.core import chart
from changliao.core.clock import Instant
from changliao.core.outcome import Reason, Refused
from changliao.core.risk import Movement
from changliao.core.wallet import (
    TopUp,
    TransferMoney,
    WalletTransfer,
    decide_top_up,
    decide_transfer,
)
from changliao.operations import confirmations, limits, risk
from changliao.operations.operation import Operation, Place
from changliao.store import ledger
from changliao.store.limits import LIMITS
from changliao.store.parties import USERS
from changliao.store.unit import UnitOfWork
from changliao.store.wallet import TOP_UPS, WALLET_TRANSFERS


def _top_up(tx: UnitOfWork, command: TopUp, now: Instant) -> TopUp | Refused:
    """Credit a wallet once for each id."""
    earlier = tx.find(TOP_UPS, (command.id, command.user_id))
    if earlier is not None:
        return earlier if earlier == command else Refused(Reason.PAYMENT_ID_REUSED)
    if tx.find(USERS, command.user_id) is None:
        return Refused(Reason.USER_NOT_FOUND)

    moved = decide_top_up(command, now)

    if isinstance(moved, Refused):
        return moved
    ledger.post(tx, (moved.transfer,))
    tx.insert(TOP_UPS, command)
    return command


def _transfer(tx: UnitOfWork, command: TransferMoney, now: Instant) -> WalletTransfer | Refused:
    """Move money between wallets once for each id."""
    asked = command.transfer
    earlier = tx.find(WALLET_TRANSFERS, (asked.id, asked.payer_id))
    if earlier is not None:
        return earlier if earlier == asked else Refused(Reason.PAYMENT_ID_REUSED)
    refused = confirmations.check(tx, asked.payer_id, command.proof, command.act, now)
    if refused is not None:
        return refused
    if tx.find(USERS, asked.payee_id) is None:
        return Refused(Reason.USER_NOT_FOUND)
    wallet = ledger.account(tx, chart.wallet(asked.payer_id, asked.amount.currency))

    moved = decide_transfer(asked, wallet, now)

    if isinstance(moved, Refused):
        return moved
    counted = limits.count(tx, wallet, asked.amount.amount, now)
    if isinstance(counted, Refused):
        return counted
    passed = risk.judge_movement(
        tx, Movement.TRANSFER, asked.payer_id, asked.amount, now, receiver_id=asked.payee_id
    )
    if isinstance(passed, Refused):
        return passed
    limits.keep(tx, counted)
    risk.keep(tx, passed, now)
    ledger.post(tx, (moved.transfer,))
    tx.insert(WALLET_TRANSFERS, asked)
    return asked


def _top_up_keys(command: TopUp) -> Iterable[Place]:
    currency = command.amount.currency
    yield TOP_UPS, (command.id, command.user_id)
    yield USERS, command.user_id
    yield ledger.ACCOUNTS, chart.clearing(command.channel, currency)
    yield ledger.ACCOUNTS, chart.wallet(command.user_id, currency)


def _transfer_keys(command: TransferMoney) -> Iterable[Place]:
    asked = command.transfer
    yield WALLET_TRANSFERS, (asked.id, asked.payer_id)
    yield USERS, asked.payee_id
    yield ledger.ACCOUNTS, chart.wallet(asked.payer_id, asked.amount.currency)
    yield ledger.ACCOUNTS, chart.wallet(asked.payee_id, asked.amount.currency)
    yield LIMITS, asked.amount.currency.number
    yield risk.KEY
    yield from confirmations.keys(asked.payer_id, command.proof)


TOP_UP: Final = Operation("wallet.top_up", _top_up, _top_up_keys)
TRANSFER: Final = Operation("wallet.transfer", _transfer, _transfer_keys)
