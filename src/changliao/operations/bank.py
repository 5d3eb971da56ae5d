"""The sandbox bank at work: its own commits, its own books, and the connector to it.

Being killed between the bank's commit and ours is what being killed while a real bank works is.
"""

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from changliao.core import chart
from changliao.core.bank import FaultRule, decide_instruction, facts, said_of, stated
from changliao.core.channels import Answer, Channel, ChannelRequest, Declined, Silent
from changliao.core.clock import Instant
from changliao.core.money import Currency
from changliao.core.outcome import Refused
from changliao.core.statements import Statement
from changliao.operations.network import Network
from changliao.operations.operation import Operation, Place, standing
from changliao.store.bank import BANK_ENTRIES, BANK_FAULTS
from changliao.store.unit import UnitOfWork
from changliao.store.views import channels


class SandboxBank:
    """The connector to the sandbox bank."""

    def __init__(self, network: Network) -> None:
        self._network = network

    async def pay(self, request: ChannelRequest) -> Answer:
        """Take money from a person's account."""
        return await self._instruct(request)

    def page(self, request: ChannelRequest) -> str:
        """Nobody has to go anywhere."""
        return ""

    async def refund(self, request: ChannelRequest) -> Answer:
        """Give it back, if it was taken."""
        taken = await self._network.read(channels.bank_entry, request.channel_id, request.pay_id)
        if taken is None or not taken.amount:
            return Declined("no such payment")
        return await self._instruct(request)

    async def payout(self, request: ChannelRequest) -> Answer:
        """Pay into a person's account."""
        return await self._instruct(request)

    async def query(self, request: ChannelRequest) -> Answer:
        """Look into the bank's books."""
        entry = await self._network.read(channels.bank_entry, request.channel_id, request.id)
        return said_of(entry, self._network.clock())

    async def statement(
        self, channel: Channel, currency: Currency, begins: Instant, ends: Instant
    ) -> Statement | None:
        """The bank's own books of this time, once it is over."""
        if self._network.clock() < ends:
            return None
        read, number = self._network.read, currency.number
        entries = await read(channels.bank_entries, channel.id, number, begins, ends)
        opening = await read(channels.bank_balance, channel.id, number, begins)
        lines = stated(entries)
        return Statement(
            id=f"{channel.code}-{currency.code}-{begins}"[:35],
            account=channel.code,
            currency=currency,
            begins=begins,
            ends=ends,
            opening=opening,
            closing=opening + sum(one.amount for one in lines),
            lines=lines,
        )

    async def _instruct(self, request: ChannelRequest) -> Answer:
        answer = await self._network.perform(INSTRUCT, request)
        return Silent("the bank is busy") if isinstance(answer, Refused) else answer


def _instruct(tx: UnitOfWork, asked: ChannelRequest, now: Instant) -> Answer:
    """Carry an instruction out in the bank's own books."""
    known = tx.find(BANK_ENTRIES, (asked.channel_id, asked.id))
    rule = tx.find(BANK_FAULTS, (asked.channel_id, int(asked.kind)))

    taken = decide_instruction(asked, chart.currency(asked.home).number, known, rule, now)

    if taken.entry is not None:
        tx.insert(BANK_ENTRIES, taken.entry)
        if taken.extra:
            tx.insert(BANK_ENTRIES, replace(taken.entry, number=tx.new_id(), asked=0))
    if taken.rule is not None:
        tx.update(BANK_FAULTS, taken.rule)
    return taken.answer


def _set_fault(tx: UnitOfWork, command: FaultRule, now: Instant) -> FaultRule | Refused:
    """What the next instructions of a kind meet; the last word counts."""
    if tx.find(BANK_FAULTS, BANK_FAULTS.key(command)) is None:
        tx.insert(BANK_FAULTS, command)
    else:
        tx.update(BANK_FAULTS, command)
    return command


def _instruct_keys(asked: ChannelRequest) -> Iterable[Place]:
    yield BANK_ENTRIES, (asked.channel_id, asked.id)
    yield BANK_FAULTS, (asked.channel_id, int(asked.kind))


INSTRUCT: Final = Operation("bank.instruct", _instruct, _instruct_keys)
SET_FAULT: Final = Operation(
    "bank.set_fault",
    _set_fault,
    lambda rule: [(BANK_FAULTS, BANK_FAULTS.key(rule))],
    standing(BANK_FAULTS, BANK_FAULTS.key, facts),
)
