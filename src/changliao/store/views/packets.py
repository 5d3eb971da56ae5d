"""Reading red packets and their claims."""

from collections.abc import Iterator
from typing import Final

from changliao.core.packets import Packet, PacketClaim
from changliao.store.engine import Reader
from changliao.store.packets import claim_from_row, from_row

_PAGE: Final = 20_000


def packet(reader: Reader, giver_id: int, packet_id: int) -> Packet | None:
    """By id."""
    rows = reader.select("packet_by_id", {"giver_id": giver_id, "packet_id": packet_id})
    return from_row(rows[0]) if rows else None


def of_giver(reader: Reader, giver_id: int, before: int, most: int) -> list[Packet]:
    """What a user gave, newest first."""
    keys = {"giver_id": giver_id, "before": before, "most": most}
    return [from_row(row) for row in reader.select("packets_of_giver", keys)]


def claims(reader: Reader, giver_id: int, packet_id: int) -> list[PacketClaim]:
    """Who has a share, in the order of coming."""
    keys = {"giver_id": giver_id, "packet_id": packet_id}
    return [claim_from_row(row) for row in reader.select("claims_of_packet", keys)]


def claim(reader: Reader, giver_id: int, claim_id: int) -> PacketClaim | None:
    """One share, by what its movement names as its cause."""
    rows = reader.select("packet_claim_by_id", {"giver_id": giver_id, "claim_id": claim_id})
    return claim_from_row(rows[0]) if rows else None


def all_packets(reader: Reader) -> Iterator[Packet]:
    """Every packet, for the audit."""
    giver_id = packet_id = 0
    while rows := reader.select(
        "audit_packets", {"giver_id": giver_id, "packet_id": packet_id, "most": _PAGE}
    ):
        yield from map(from_row, rows)
        giver_id, packet_id = rows[-1][:2]


def all_claims(reader: Reader) -> Iterator[PacketClaim]:
    """Every claim by packet, in the order of coming, for the audit."""
    yield from map(claim_from_row, reader.select("audit_packet_claims", {}))
