"""Spending a code: the second time it is refused."""

from collections.abc import Iterable
from typing import Final

from changliao.core.clock import Instant
from changliao.core.codes import SpentCode
from changliao.core.outcome import Reason, Refused
from changliao.operations.operation import Operation, Place
from changliao.store.codes import SPENT_CODES
from changliao.store.unit import UnitOfWork


def _spend(tx: UnitOfWork, command: SpentCode, now: Instant) -> SpentCode | Refused:
    """Use a code up."""
    if tx.find(SPENT_CODES, SPENT_CODES.key(command)) is not None:
        return Refused(Reason.PAY_CODE_USED)
    tx.insert(SPENT_CODES, command)
    return command


def _keys(command: SpentCode) -> Iterable[Place]:
    yield SPENT_CODES, SPENT_CODES.key(command)


SPEND: Final = Operation("codes.spend", _spend, _keys)
