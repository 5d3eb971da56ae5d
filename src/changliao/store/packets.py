"""Red packets and their claims, as rows."""

from changliao.core.clock import Instant
from changliao.core.ids import PacketClaimId, PacketId, UserId
from changliao.core.money import BY_NUMBER, Money
from changliao.core.packets import Packet, PacketClaim, PacketKind, PacketState
from changliao.store.engine import Row
from changliao.store.unit import Table


def from_row(row: Row) -> Packet:
    """A packet from its columns in the order of `packets_find`."""
    return Packet(
        giver_id=UserId(row[0]),
        id=PacketId(row[1]),
        kind=PacketKind(row[2]),
        amount=Money(row[3], BY_NUMBER[row[4]]),
        shares=row[5],
        greeting=row[6],
        seed=bytes(row[7]),
        ends_at=Instant(row[8]),
        claims=row[9],
        claimed=row[10],
        state=PacketState(row[11]),
        finished_at=Instant(row[12]),
    )


def claim_from_row(row: Row) -> PacketClaim:
    """A claim from its columns in the order of `packet_claims_find`."""
    return PacketClaim(
        giver_id=UserId(row[0]),
        packet_id=PacketId(row[1]),
        claimer_id=UserId(row[2]),
        id=PacketClaimId(row[3]),
        place=row[4],
        amount=row[5],
    )


def _to_row(one: Packet) -> Row:
    return (
        one.giver_id,
        one.id,
        int(one.kind),
        one.amount.amount,
        one.amount.currency.number,
        one.shares,
        one.greeting,
        one.seed,
        one.ends_at,
        one.claims,
        one.claimed,
        int(one.state),
        one.finished_at,
    )


def _change(before: Packet, after: Packet) -> Row:
    return (
        after.giver_id,
        after.id,
        after.claims,
        after.claimed,
        int(after.state),
        after.finished_at,
        before.claims,
        int(before.state),
    )


PACKETS: Table[tuple[int, int], Packet] = Table(
    name="packets",
    key=lambda one: (one.giver_id, one.id),
    to_row=_to_row,
    from_row=from_row,
    change=_change,
)
PACKET_CLAIMS: Table[tuple[int, int, int], PacketClaim] = Table(
    name="packet_claims",
    key=lambda one: (one.giver_id, one.packet_id, one.claimer_id),
    to_row=lambda one: (
        one.giver_id,
        one.packet_id,
        one.claimer_id,
        one.id,
        one.place,
        one.amount,
    ),
    from_row=claim_from_row,
)
