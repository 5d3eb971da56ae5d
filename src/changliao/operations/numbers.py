"""Giving parties numbers, and asking for them."""

from collections.abc import Iterable
from itertools import count
from typing import Final

from msgspec.structs import replace

from changliao.core.clock import Instant
from changliao.core.numbers import GiveNumber, Numbered, candidate, decide_number
from changliao.core.outcome import Refused
from changliao.operations.network import Network
from changliao.operations.operation import Operation, Place
from changliao.store.numbers import NUMBERED_PARTIES, PARTY_NUMBERS
from changliao.store.unit import UnitOfWork
from changliao.store.views import numbers


async def number_of(network: Network, party_id: int) -> str:
    """A party's sixteen digits; whoever has none gets them now."""
    known = await network.look_up(numbers.number_of, party_id)
    if known is None:
        given = await network.perform(GIVE, GiveNumber(party_id))
        if isinstance(given, Refused):
            raise LookupError(f"party {party_id} got no number: {given.reason}")
        known = given.number
    return str(known)


def _give(tx: UnitOfWork, command: GiveNumber, now: Instant) -> Numbered | Refused:
    """Find the party's number or keep a new one."""
    known = tx.find(PARTY_NUMBERS, command.party_id)
    asked = command if command.number or known else _any_free(tx, command)
    outcome = decide_number(asked, known, tx.find(NUMBERED_PARTIES, asked.number))
    if isinstance(outcome, Numbered) and outcome is not known:
        tx.insert(PARTY_NUMBERS, outcome)
        tx.insert(NUMBERED_PARTIES, outcome)
    return outcome


def _any_free(tx: UnitOfWork, command: GiveNumber) -> GiveNumber:
    tries = (candidate(command.party_id, attempt) for attempt in count())
    free = next(number for number in tries if tx.find(NUMBERED_PARTIES, number) is None)
    return replace(command, number=free)


def _keys(command: GiveNumber) -> Iterable[Place]:
    yield PARTY_NUMBERS, command.party_id


GIVE: Final = Operation("numbers.give", _give, _keys)
