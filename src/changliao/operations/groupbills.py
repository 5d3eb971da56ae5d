"""Asking others for their parts of a bill, and giving one."""

from collections.abc import Iterable
from typing import Final

from changliao.core import chart
from changliao.core.clock import Instant
from changliao.core.groupbills import (
    CloseGroupBill,
    GroupBill,
    GroupShare,
    PayShare,
    decide_closing,
    decide_group_bill,
    decide_share,
    same_bill,
)
from changliao.core.money import Money
from changliao.core.outcome import Reason, Refused
from changliao.core.risk import Movement
from changliao.operations import confirmations, limits, risk
from changliao.operations.operation import Operation, Place
from changliao.store import ledger
from changliao.store.groupbills import GROUP_BILLS, GROUP_SHARES
from changliao.store.parties import USERS
from changliao.store.unit import UnitOfWork


def _open(tx: UnitOfWork, command: GroupBill, now: Instant) -> GroupBill | Refused:
    """Ask once for each id."""
    earlier = tx.find(GROUP_BILLS, GROUP_BILLS.key(command))
    if earlier is not None:
        return earlier if same_bill(earlier, command) else Refused(Reason.PAYMENT_ID_REUSED)
    if tx.find(USERS, command.payee_id) is None:
        return Refused(Reason.USER_NOT_FOUND)
    refused = decide_group_bill(command, now)
    if refused is not None:
        return refused
    tx.insert(GROUP_BILLS, command)
    return command


def _pay(tx: UnitOfWork, command: PayShare, now: Instant) -> GroupShare | Refused:
    """Give a part. Who has given one already finds it again."""
    known = tx.find(GROUP_BILLS, (command.payee_id, command.bill_id))
    if known is None:
        return Refused(Reason.GROUP_BILL_NOT_FOUND)
    earlier = tx.find(GROUP_SHARES, (known.payee_id, known.id, command.payer_id))
    if earlier is not None:
        return earlier
    refused = confirmations.check(tx, command.payer_id, command.proof, command.act, now)
    if refused is not None:
        return refused
    if tx.find(USERS, command.payer_id) is None:
        return Refused(Reason.USER_NOT_FOUND)
    wallet = ledger.account(tx, chart.wallet(command.payer_id, known.amount.currency))

    paid = decide_share(command, known, wallet, now)

    if isinstance(paid, Refused):
        return paid
    counted = limits.count(tx, wallet, command.amount, now)
    if isinstance(counted, Refused):
        return counted
    money = Money(command.amount, known.amount.currency)
    passed = risk.judge_movement(
        tx, Movement.TRANSFER, command.payer_id, money, now, receiver_id=known.payee_id
    )
    if isinstance(passed, Refused):
        return passed
    limits.keep(tx, counted)
    risk.keep(tx, passed, now)
    ledger.post(tx, (paid.transfer,))
    tx.update(GROUP_BILLS, paid.bill)
    tx.insert(GROUP_SHARES, paid.share)
    return paid.share


def _close(tx: UnitOfWork, command: CloseGroupBill, now: Instant) -> GroupBill | Refused:
    """No more parts. Closing again is no change."""
    known = tx.find(GROUP_BILLS, (command.payee_id, command.bill_id))
    if known is None:
        return Refused(Reason.GROUP_BILL_NOT_FOUND)
    after = decide_closing(known)
    if isinstance(after, GroupBill) and after is not known:
        tx.update(GROUP_BILLS, after)
    return after


def _open_keys(command: GroupBill) -> Iterable[Place]:
    yield GROUP_BILLS, GROUP_BILLS.key(command)
    yield USERS, command.payee_id


def _pay_keys(command: PayShare) -> Iterable[Place]:
    yield GROUP_BILLS, (command.payee_id, command.bill_id)
    yield GROUP_SHARES, (command.payee_id, command.bill_id, command.payer_id)
    yield USERS, command.payer_id
    yield risk.KEY
    yield from confirmations.keys(command.payer_id, command.proof)


def _close_keys(command: CloseGroupBill) -> Iterable[Place]:
    yield GROUP_BILLS, (command.payee_id, command.bill_id)


OPEN: Final = Operation("group_bills.open", _open, _open_keys)
PAY: Final = Operation("group_bills.pay", _pay, _pay_keys)
CLOSE: Final = Operation("group_bills.close", _close, _close_keys)
