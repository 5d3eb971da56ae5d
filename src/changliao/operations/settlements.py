"""Settlement runs: setting cycles, settling days once, paying out and seeing what came of it."""

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from changliao.core import chart
from changliao.core.channels import AskChannel, Asked
from changliao.core.clock import Instant
from changliao.core.outcome import Reason, Refused
from changliao.core.settlements import (
    Cycle,
    FinishSettlement,
    PaySettlement,
    Settle,
    Settlement,
    decide_cycle,
    decide_finish,
    decide_paying,
    decide_settlement,
    facts,
)
from changliao.operations.channels import ASK
from changliao.operations.operation import Operation, Place, standing
from changliao.store import ledger
from changliao.store.channels import CHANNEL_REQUESTS
from changliao.store.parties import MERCHANTS
from changliao.store.settlements import CYCLES, SETTLEMENTS
from changliao.store.unit import UnitOfWork


def _set_cycle(tx: UnitOfWork, command: Cycle, now: Instant) -> Cycle | Refused:
    """How a merchant is settled from now on; what was settled first stays. Again is no change."""
    if tx.find(MERCHANTS, command.merchant_id) is None:
        return Refused(Reason.MERCHANT_NOT_FOUND)
    refused = decide_cycle(command)
    if refused is not None:
        return refused
    known = tx.find(CYCLES, CYCLES.key(command))
    if known is None:
        tx.insert(CYCLES, command)
        return command
    after = replace(command, since=known.since, revision=known.revision)
    if after == known:
        return known
    after = replace(after, revision=known.revision + 1)
    tx.update(CYCLES, after)
    return after


def _settle(tx: UnitOfWork, command: Settle, now: Instant) -> Settlement | Refused:
    """Settle a day once, whoever comes first."""
    asked = command.settlement
    earlier = tx.find(SETTLEMENTS, SETTLEMENTS.key(asked))
    if earlier is not None:
        return earlier
    cycle = tx.find(CYCLES, (asked.merchant_id, asked.currency.number))
    payable = ledger.account(tx, chart.payable(asked.merchant_id, asked.currency))

    settled = decide_settlement(command, cycle, payable, now)

    if isinstance(settled, Refused):
        return settled
    ledger.post(tx, settled.transfers)
    tx.insert(SETTLEMENTS, settled.settlement)
    return settled.settlement


def _pay(tx: UnitOfWork, command: PaySettlement, now: Instant) -> Asked | Refused:
    """Write the request that pays a settlement out; only who gets it `fresh` asks the channel."""
    known = tx.find(SETTLEMENTS, (command.merchant_id, command.currency.number, command.day))
    cycle = tx.find(CYCLES, (command.merchant_id, command.currency.number))
    if known is None or cycle is None:
        return Refused(Reason.SETTLEMENT_NOT_FOUND)
    if known.request_id == command.request_id:
        asked = tx.find(CHANNEL_REQUESTS, (known.merchant_id, known.request_id))
        return Asked(asked) if asked else Refused(Reason.CHANNEL_REQUEST_NOT_FOUND)
    paying = decide_paying(command, known, cycle, now)
    if isinstance(paying, Refused):
        return paying
    after, request = paying
    asked_now = ASK.run(tx, AskChannel(request), now)
    if isinstance(asked_now, Asked):
        tx.update(SETTLEMENTS, after)
    return asked_now


def _finish(tx: UnitOfWork, command: FinishSettlement, now: Instant) -> Settlement | Refused:
    """See what became of a payout. Looking again is no change."""
    known = tx.find(SETTLEMENTS, (command.merchant_id, command.currency.number, command.day))
    if known is None:
        return Refused(Reason.SETTLEMENT_NOT_FOUND)
    request = tx.find(CHANNEL_REQUESTS, (known.merchant_id, known.request_id))
    if request is None:
        return Refused(Reason.CHANNEL_REQUEST_NOT_FOUND)
    finished = decide_finish(known, request, now)
    if isinstance(finished, Refused):
        return finished
    if finished.settlement is not known:
        ledger.post(tx, finished.transfers)
        tx.update(SETTLEMENTS, finished.settlement)
    return finished.settlement


def _settle_keys(command: Settle) -> Iterable[Place]:
    asked = command.settlement
    yield SETTLEMENTS, SETTLEMENTS.key(asked)
    yield CYCLES, (asked.merchant_id, asked.currency.number)
    yield ledger.ACCOUNTS, chart.payable(asked.merchant_id, asked.currency)
    yield ledger.ACCOUNTS, chart.available(asked.merchant_id, asked.currency)


def _one_keys(command: PaySettlement | FinishSettlement) -> Iterable[Place]:
    yield SETTLEMENTS, (command.merchant_id, command.currency.number, command.day)


SET_CYCLE: Final = Operation(
    "settlements.set_cycle",
    _set_cycle,
    lambda one: [(CYCLES, CYCLES.key(one))],
    standing(CYCLES, lambda one: (one.merchant_id, one.currency.number), facts),
)
SETTLE: Final = Operation("settlements.settle", _settle, _settle_keys)
PAY: Final = Operation("settlements.pay", _pay, _one_keys)
FINISH: Final = Operation("settlements.finish", _finish, _one_keys)
