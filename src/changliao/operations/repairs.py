"""Sending an abnormal refund where its merchant says; see core/repairs.py."""

from collections.abc import Iterable
from typing import Final

from changliao.core.clock import Instant
from changliao.core.ids import UserId
from changliao.core.money import Money
from changliao.core.outcome import Reason, Refused
from changliao.core.refunds import Refund, RefundState
from changliao.core.repairs import RepairRefund, decide_repair
from changliao.operations import limits, tenders
from changliao.operations.operation import Operation, Place, standing, state
from changliao.store import ledger
from changliao.store.channels import CHANNEL_REQUESTS
from changliao.store.orders import ORDERS
from changliao.store.refunds import REFUNDS
from changliao.store.repairs import REPAIRS
from changliao.store.unit import UnitOfWork


def _repair(tx: UnitOfWork, command: RepairRefund, now: Instant) -> Refund | Refused:
    """The same asked again finds the refund as it stands, unless it is abnormal once more."""
    asked = command.repair
    refund = tx.find(REFUNDS, (asked.merchant_id, asked.refund_id))
    order = tx.find(ORDERS, (refund.merchant_id, refund.order_id)) if refund else None
    if refund is None or order is None:
        return Refused(Reason.REFUND_NOT_FOUND)
    number = refund.request_id or refund.id
    if refund.state is not RefundState.ABNORMAL:
        earlier = tx.find(REPAIRS, (order.payer_id, number))
        same = earlier is not None and earlier.digest == asked.digest
        return refund if same else Refused(Reason.REFUND_FINAL, "this refund is not abnormal")
    held = tx.find(CHANNEL_REQUESTS, (order.payer_id, number))
    if held is None:
        raise LookupError(f"what refund {refund.id} waits for is gone")
    pay = tx.find(CHANNEL_REQUESTS, (order.payer_id, held.pay_id)) if held.pay_id else None

    repaired = decide_repair(command, refund, held, pay, now)

    if isinstance(repaired, Refused):
        return repaired
    # The money only passes through the wallet: its person never had it to spend.
    limits.pass_over(tx, UserId(held.home.owner), Money(held.amount, order.amount.currency), now)
    ledger.post(tx, repaired.transfers)
    tx.insert(REPAIRS, repaired.repair)
    tx.update(CHANNEL_REQUESTS, repaired.held)
    if repaired.pay is not None:
        tx.update(CHANNEL_REQUESTS, repaired.pay)
    if repaired.asked is not None:
        tx.insert(CHANNEL_REQUESTS, repaired.asked)
    tenders.keep_refund(tx, repaired.refund, now)
    return repaired.refund


def _keys(command: RepairRefund) -> Iterable[Place]:
    asked = command.repair
    yield REFUNDS, (asked.merchant_id, asked.refund_id)


REPAIR: Final = Operation(
    "refunds.repair",
    _repair,
    _keys,
    standing(REFUNDS, lambda one: (one.repair.merchant_id, one.repair.refund_id), state),
)
