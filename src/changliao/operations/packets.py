"""Giving red packets, claiming shares of them, and sending the rest back."""

from collections.abc import Iterable
from typing import Final

from changliao.core import chart
from changliao.core.clock import Instant
from changliao.core.ids import made_at
from changliao.core.money import Money
from changliao.core.outcome import Reason, Refused
from changliao.core.packets import (
    ClaimPacket,
    ExpirePacket,
    GivePacket,
    Packet,
    PacketClaim,
    decide_claim,
    decide_expiry,
    decide_giving,
    same_packet,
)
from changliao.core.risk import Movement
from changliao.operations import causes, confirmations, limits, risk
from changliao.operations.operation import Operation, Place
from changliao.store import deadlines, ledger
from changliao.store.causes import CAUSES
from changliao.store.deadlines import DeadlineKind
from changliao.store.limits import LIMITS
from changliao.store.packets import PACKET_CLAIMS, PACKETS
from changliao.store.parties import USERS
from changliao.store.unit import UnitOfWork


def _give(tx: UnitOfWork, command: GivePacket, now: Instant) -> Packet | Refused:
    """Set the money aside once for each id."""
    asked = command.packet
    earlier = tx.find(PACKETS, PACKETS.key(asked))
    if earlier is not None:
        same = same_packet(earlier, asked)
        return earlier if same else Refused(Reason.PAYMENT_ID_REUSED)
    named = causes.named(tx, asked.id)
    if named is not None:
        return named
    refused = confirmations.check(tx, asked.giver_id, command.proof, command.act, now)
    if refused is not None:
        return refused
    if tx.find(USERS, asked.giver_id) is None:
        return Refused(Reason.USER_NOT_FOUND)
    wallet = ledger.account(tx, chart.wallet(asked.giver_id, asked.amount.currency))

    given = decide_giving(asked, wallet, now)

    if isinstance(given, Refused):
        return given
    counted = limits.count(tx, wallet, asked.amount.amount, now)
    if isinstance(counted, Refused):
        return counted
    passed = risk.judge_movement(tx, Movement.PACKET, asked.giver_id, asked.amount, now)
    if isinstance(passed, Refused):
        return passed
    limits.keep(tx, counted)
    risk.keep(tx, passed, now)
    ledger.post(tx, (given.transfer,))
    tx.insert(PACKETS, given.packet)
    causes.keep(tx, asked.id, asked.giver_id)
    deadlines.add(tx, asked.ends_at, asked.id, asked.giver_id, DeadlineKind.PACKET)
    return given.packet


def _claim(tx: UnitOfWork, command: ClaimPacket, now: Instant) -> PacketClaim | Refused:
    """Take a share. Who has one already finds it again."""
    known = tx.find(PACKETS, (command.giver_id, command.packet_id))
    if known is None:
        return Refused(Reason.PACKET_NOT_FOUND)
    earlier = tx.find(PACKET_CLAIMS, (known.giver_id, known.id, command.claimer_id))
    if earlier is not None:
        return earlier
    if tx.find(USERS, command.claimer_id) is None:
        return Refused(Reason.USER_NOT_FOUND)

    claimed = decide_claim(command, known, now)

    if isinstance(claimed, Refused):
        return claimed
    ledger.post(tx, (claimed.transfer,))
    tx.update(PACKETS, claimed.packet)
    tx.insert(PACKET_CLAIMS, claimed.claim)
    if not claimed.packet.left:
        deadlines.drop(tx, known.ends_at, known.id, known.giver_id)
    return claimed.claim


def _expire(tx: UnitOfWork, command: ExpirePacket, now: Instant) -> Packet | Refused:
    """Send the rest back. A deadline that has passed is done with, whatever the answer."""
    known = tx.find(PACKETS, (command.giver_id, command.packet_id))
    if known is None:
        return Refused(Reason.PACKET_NOT_FOUND)
    if now >= known.ends_at:
        deadlines.drop(tx, known.ends_at, known.id, known.giver_id)

    returned = decide_expiry(known, now)

    if isinstance(returned, Refused):
        return returned
    if returned.packet is not known:
        ledger.post(tx, returned.transfers)
        back = Money(known.left, known.amount.currency)
        limits.give_back(tx, known.giver_id, back, made_at(known.id), now)
        tx.update(PACKETS, returned.packet)
    return returned.packet


def _give_keys(command: GivePacket) -> Iterable[Place]:
    asked = command.packet
    yield PACKETS, PACKETS.key(asked)
    yield CAUSES, asked.id
    yield USERS, asked.giver_id
    yield ledger.ACCOUNTS, chart.wallet(asked.giver_id, asked.amount.currency)
    yield ledger.ACCOUNTS, chart.packets(asked.giver_id, asked.amount.currency)
    yield LIMITS, asked.amount.currency.number
    yield risk.KEY
    yield from confirmations.keys(asked.giver_id, command.proof)


def _claim_keys(command: ClaimPacket) -> Iterable[Place]:
    yield PACKETS, (command.giver_id, command.packet_id)
    yield PACKET_CLAIMS, (command.giver_id, command.packet_id, command.claimer_id)
    yield USERS, command.claimer_id


def _expire_keys(command: ExpirePacket) -> Iterable[Place]:
    yield PACKETS, (command.giver_id, command.packet_id)


GIVE: Final = Operation("packets.give", _give, _give_keys)
CLAIM: Final = Operation("packets.claim", _claim, _claim_keys)
EXPIRE: Final = Operation("packets.expire", _expire, _expire_keys)
