"""Keeping where accounts stood when a day was over."""

from collections.abc import Iterable
from typing import Final

from changliao.core.bills import DayEnd
from changliao.core.clock import Instant
from changliao.core.outcome import Refused
from changliao.operations.operation import Operation, Place
from changliao.store.bills import DAY_ENDS
from changliao.store.unit import UnitOfWork


def _keep(tx: UnitOfWork, command: DayEnd, now: Instant) -> DayEnd | Refused:
    """Keep a fact once: it is read from legs that never change, so whoever came first is right."""
    earlier = tx.find(DAY_ENDS, DAY_ENDS.key(command))
    if earlier is not None:
        return earlier
    tx.insert(DAY_ENDS, command)
    return command


def _keys(command: DayEnd) -> Iterable[Place]:
    yield DAY_ENDS, DAY_ENDS.key(command)


KEEP_DAY_END: Final = Operation("bills.keep_day_end", _keep, _keys)
