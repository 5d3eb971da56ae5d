"""Setting what a merchant pays for a method, and rating an order that is paid by one."""

from typing import Final

from changliao.core.acts import Facts
from changliao.core.clock import Instant
from changliao.core.fees import MethodFee, decide_fee, facts
from changliao.core.fees import rated as rated_by
from changliao.core.orders import Order
from changliao.core.outcome import Reason, Refused
from changliao.operations.operation import Operation
from changliao.store.acceptance import METHODS
from changliao.store.fees import METHOD_FEES
from changliao.store.parties import MERCHANTS
from changliao.store.unit import UnitOfWork


def rated(tx: UnitOfWork, order: Order, method_id: int) -> Order:
    """The order at the rate of the method that pays it now."""
    return rated_by(order, tx.find(METHOD_FEES, (order.merchant_id, method_id)))


def _set(tx: UnitOfWork, command: MethodFee, now: Instant) -> MethodFee | Refused:
    """From the next payment on. The same rate again is no change."""
    if tx.find(MERCHANTS, command.merchant_id) is None:
        return Refused(Reason.MERCHANT_NOT_FOUND)
    if tx.find(METHODS, command.method_id) is None:
        return Refused(Reason.METHOD_UNKNOWN)
    refused = decide_fee(command)
    if refused is not None:
        return refused
    key = METHOD_FEES.key(command)
    if tx.find(METHOD_FEES, key) != command:
        tx.put(METHOD_FEES, key, command)
    return command


def _facts(tx: UnitOfWork, command: MethodFee, now: Instant) -> Facts:
    return facts(tx.find(METHOD_FEES, METHOD_FEES.key(command)))


SET: Final = Operation("fees.set", _set, lambda one: [(METHOD_FEES, METHOD_FEES.key(one))], _facts)
