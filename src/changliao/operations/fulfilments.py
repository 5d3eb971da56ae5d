"""Keeping what a merchant says became of an order."""

from collections.abc import Iterable
from typing import Final

from changliao.core.clock import Instant
from changliao.core.fulfilments import Fulfilment
from changliao.core.outcome import Reason, Refused
from changliao.operations.operation import Operation, Place
from changliao.store.fulfilments import FULFILMENTS
from changliao.store.orders import ORDERS
from changliao.store.unit import UnitOfWork


def _keep(tx: UnitOfWork, command: Fulfilment, now: Instant) -> Fulfilment | Refused:
    """What was said first under a number stands; said again it changes nothing."""
    earlier = tx.find(FULFILMENTS, FULFILMENTS.key(command))
    if earlier is not None:
        return earlier
    if tx.find(ORDERS, (command.merchant_id, command.order_id)) is None:
        return Refused(Reason.ORDER_NOT_FOUND)
    tx.insert(FULFILMENTS, command)
    return command


def _keys(command: Fulfilment) -> Iterable[Place]:
    yield FULFILMENTS, FULFILMENTS.key(command)
    yield ORDERS, (command.merchant_id, command.order_id)


KEEP: Final = Operation("fulfilments.keep", _keep, _keys)
