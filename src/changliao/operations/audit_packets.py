"""The audit of red packets: claims are what was drawn and moved it; what is unclaimed waits."""

from collections import defaultdict
from collections.abc import Mapping

from changliao.core import chart, ids
from changliao.core.chart import AccountId
from changliao.core.ledger import Code
from changliao.core.packets import Packet, PacketClaim, PacketState, all_shares
from changliao.store.engine import Reader
from changliao.store.views import packets

_CODES = (Code.PACKET_GIVE, Code.PACKET_CLAIM, Code.PACKET_RETURN)


def first_fault(
    reader: Reader, moved: Mapping[tuple[int, int], int], waiting: Mapping[AccountId, int]
) -> str | None:
    """What is wrong with packets; None: nothing. `moved` is by cause and code."""
    claims: dict[int, list[PacketClaim]] = defaultdict(list)
    for claim in packets.all_claims(reader):
        if moved.get((claim.id, Code.PACKET_CLAIM), 0) != claim.amount:
            return f"{ids.show('pcl', claim.id)} did not move {claim.amount}"
        claims[claim.packet_id].append(claim)
    kept = dict.fromkeys(_CODES, 0)
    left: dict[AccountId, int] = defaultdict(int)
    for packet in packets.all_packets(reader):
        wrong = _wrong(packet, claims.pop(packet.id, []), moved)
        if wrong:
            return f"{ids.show('pkt', packet.id)} {wrong}"
        kept[Code.PACKET_GIVE] += packet.amount.amount
        kept[Code.PACKET_CLAIM] += packet.claimed
        kept[Code.PACKET_RETURN] += moved.get((packet.id, Code.PACKET_RETURN), 0)
        left[chart.packets(packet.giver_id, packet.amount.currency)] += packet.left
    if claims:
        return f"{len(claims)} packets have claims and no row"
    for code in _CODES:
        in_all = sum(amount for (_, why), amount in moved.items() if why == code)
        if in_all != kept[code]:
            return f"{code.name.lower()} moved {in_all}, the packets say {kept[code]}"
    for account in {*waiting, *left}:
        if waiting.get(account, 0) != left.get(account, 0):
            return f"what waits in packets of {account.owner} is not what is unclaimed"
    return None


def _wrong(
    packet: Packet, claims: list[PacketClaim], moved: Mapping[tuple[int, int], int]
) -> str | None:
    if moved.get((packet.id, Code.PACKET_GIVE), 0) != packet.amount.amount:
        return f"did not set {packet.amount.amount} aside"
    if [one.place for one in claims] != list(range(packet.claims)):
        return "does not agree with its claims"
    amounts = [one.amount for one in claims]
    if sum(amounts) != packet.claimed or amounts != all_shares(packet)[: packet.claims]:
        return "gave other shares than it drew"
    if (packet.claims == packet.shares) != (packet.state is PacketState.EMPTY):
        return "is not empty when every share is claimed, or is before"
    returned = packet.state is PacketState.RETURNED
    due = packet.amount.amount - packet.claimed if returned else 0
    if moved.get((packet.id, Code.PACKET_RETURN), 0) != due:
        return f"did not send {due} back"
    return None
