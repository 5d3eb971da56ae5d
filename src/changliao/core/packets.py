"""Red packets: a user sets money aside for whoever has the link, one share for each person.

The money leaves the giver's wallet and waits in an account of the giver's own (chart.packets).
Equal: everybody has the same; units left over go one each to the first who come. Lucky draw: each
share is drawn evenly from 1 to twice the mean of what is left, less one, so everybody may expect
the same; the last has the rest. The draw comes from a seed kept with the packet: the same place
always holds the same share. After a day, what nobody claimed goes back, once.
Refuses: too much, too little for the shares, a packet that is empty or over.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core import chart
from changliao.core.clock import DAY, NEVER, Instant
from changliao.core.confirmations import Act, ActKind, Proven
from changliao.core.ids import PacketClaimId, PacketId, UserId
from changliao.core.ledger import Account, Code, Transfer
from changliao.core.money import Money
from changliao.core.outcome import Reason, Refused

LIVES: Final = DAY
MOST_SHARES: Final = 100
# Units: whole yuan, dollars, yen. The mean of a packet's shares is at most this.
MOST_EACH: Final = 200
SEED_BYTES: Final = 32


class PacketKind(IntEnum):
    """The number is stored."""

    EQUAL = 1
    LUCKY = 2


class PacketState(IntEnum):
    """The number is stored. RETURNED: its time was over, and the rest went back."""

    __hash__ = int.__hash__

    OPEN = 1
    EMPTY = 2
    RETURNED = 3


class PacketEvent(IntEnum):
    """What can be asked of a packet."""

    __hash__ = int.__hash__

    CLAIM = 1
    EXPIRE = 2


_OPEN, _EMPTY, _RETURNED = PacketState.OPEN, PacketState.EMPTY, PacketState.RETURNED
# A claim of the last share makes an open packet empty.
TRANSITIONS: Final[Mapping[tuple[PacketState, PacketEvent], PacketState | Reason]] = {
    (_OPEN, PacketEvent.CLAIM): _OPEN,
    (_OPEN, PacketEvent.EXPIRE): _RETURNED,
    (_EMPTY, PacketEvent.CLAIM): Reason.PACKET_EMPTY,
    (_EMPTY, PacketEvent.EXPIRE): _EMPTY,
    (_RETURNED, PacketEvent.CLAIM): Reason.PACKET_EXPIRED,
    (_RETURNED, PacketEvent.EXPIRE): _RETURNED,
}


class Packet(Struct, frozen=True):
    """`claims` and `claimed` are how many shares were claimed, and their sum."""

    id: PacketId
    giver_id: UserId
    kind: PacketKind
    amount: Money
    shares: int
    greeting: str
    seed: bytes
    ends_at: Instant
    claims: int = 0
    claimed: int = 0
    state: PacketState = PacketState.OPEN
    finished_at: Instant = NEVER

    @property
    def left(self) -> int:
        """What still waits for somebody."""
        waits = self.state is PacketState.OPEN
        return self.amount.amount - self.claimed if waits else 0


class PacketClaim(Struct, frozen=True):
    """One person's share. `place` is 0 for who came first."""

    id: PacketClaimId
    giver_id: UserId
    packet_id: PacketId
    claimer_id: UserId
    place: int
    amount: int


class GivePacket(Struct, frozen=True):
    """A user sets the money aside; `proof` is the PIN's. The packet's id names it: once only."""

    packet: Packet
    proof: Proven | None = None

    def act(self) -> Act:
        """What a passkey confirms."""
        one, amount = self.packet, self.packet.amount
        subject = f"{one.giver_id} {one.kind:d} {one.shares}"
        return Act(ActKind.PACKET, one.id, amount.amount, amount.currency.number, subject)


class ClaimPacket(Struct, frozen=True):
    """A person with the link takes a share. Person and packet name it: once only."""

    claim_id: PacketClaimId
    giver_id: UserId
    packet_id: PacketId
    claimer_id: UserId


class ExpirePacket(Struct, frozen=True):
    """Its time is over."""

    giver_id: UserId
    packet_id: PacketId


class Given(Struct, frozen=True):
    """A new packet, and its money on the way into it."""

    packet: Packet
    transfer: Transfer


class Claimed(Struct, frozen=True):
    """A packet after a claim, the claim, and its money."""

    packet: Packet
    claim: PacketClaim
    transfer: Transfer


class Returned(Struct, frozen=True):
    """A packet after its time, and the money that went back, if any was left."""

    packet: Packet
    transfers: tuple[Transfer, ...] = ()


def decide_giving(asked: Packet, wallet: Account, now: Instant) -> Given | Refused:
    """Move the whole amount from the giver's wallet to what waits in packets."""
    amount = asked.amount.amount
    if amount <= 0:
        return Refused(Reason.AMOUNT_NOT_POSITIVE)
    if not 1 <= asked.shares <= MOST_SHARES:
        return Refused(Reason.PACKET_SHARES_INVALID, f"1 to {MOST_SHARES} shares")
    if amount < asked.shares:
        return Refused(Reason.PACKET_SHARES_INVALID, "each share is at least one minor unit")
    most = MOST_EACH * int(10**asked.amount.currency.decimals) * asked.shares
    if amount > most:
        return Refused(Reason.AMOUNT_TOO_LARGE, f"at most {most} minor units for these shares")
    if asked.ends_at <= now:
        return Refused(Reason.EXPIRY_PASSED)
    if wallet.spendable < amount:
        return Refused(Reason.INSUFFICIENT_FUNDS)
    waiting = chart.packets(asked.giver_id, asked.amount.currency)
    return Given(asked, Transfer(wallet.id, waiting, amount, Code.PACKET_GIVE, asked.id))


def decide_claim(command: ClaimPacket, known: Packet, now: Instant) -> Claimed | Refused:
    """Give the next share to a person who has none yet."""
    state = TRANSITIONS[known.state, PacketEvent.CLAIM]
    if isinstance(state, Reason):
        return Refused(state)
    if now >= known.ends_at:
        return Refused(Reason.PACKET_EXPIRED)
    share = next_share(known)
    claim = PacketClaim(
        command.claim_id, known.giver_id, known.id, command.claimer_id, known.claims, share
    )
    after = replace(known, claims=known.claims + 1, claimed=known.claimed + share)
    if after.claims == after.shares:
        after = replace(after, state=PacketState.EMPTY, finished_at=now)
    currency = known.amount.currency
    source = chart.packets(known.giver_id, currency)
    target = chart.wallet(command.claimer_id, currency)
    return Claimed(after, claim, Transfer(source, target, share, Code.PACKET_CLAIM, claim.id))


def decide_expiry(known: Packet, now: Instant) -> Returned | Refused:
    """Send what nobody claimed back to the giver. What has ended stays as it is."""
    state = TRANSITIONS[known.state, PacketEvent.EXPIRE]
    if isinstance(state, Reason):
        return Refused(state)
    if state is known.state:
        return Returned(known)
    if now < known.ends_at:
        return Refused(Reason.PACKET_NOT_EXPIRED)
    currency = known.amount.currency
    source = chart.packets(known.giver_id, currency)
    target = chart.wallet(known.giver_id, currency)
    back = Transfer(source, target, known.left, Code.PACKET_RETURN, known.id)
    return Returned(replace(known, state=state, finished_at=now), (back,))


def next_share(packet: Packet) -> int:
    """What the next person gets: at least one unit, and one is left for each who may follow."""
    whole, shares, place = packet.amount.amount, packet.shares, packet.claims
    if packet.kind is PacketKind.EQUAL:
        return whole // shares + (place < whole % shares)
    left, people = whole - packet.claimed, shares - place
    if people == 1:
        return left
    return 1 + _drawn(packet.seed, place) % (2 * left // people - 1)


def all_shares(packet: Packet) -> list[int]:
    """Every share in the order of coming, as the seed has it from the start."""
    after = replace(packet, claims=0, claimed=0)
    shares: list[int] = []
    for _ in range(packet.shares):
        shares.append(next_share(after))
        after = replace(after, claims=after.claims + 1, claimed=after.claimed + shares[-1])
    return shares


def luckiest(packet: Packet, claims: Iterable[PacketClaim]) -> PacketClaim | None:
    """Who drew most: the first of equals, known only when every share of a draw is claimed."""
    if packet.kind is not PacketKind.LUCKY or packet.state is not PacketState.EMPTY:
        return None
    return max(claims, key=lambda one: (one.amount, -one.place), default=None)


def _drawn(seed: bytes, place: int) -> int:
    """256 bits for this place. Against any share's range the remainder is even to 2^-200."""
    return int.from_bytes(hashlib.sha256(seed + place.to_bytes(4, "big")).digest(), "big")


def same_packet(one: Packet, other: Packet) -> bool:
    """Were these two asked for in the same words? The seed and the times are nobody's words."""
    return _words(one) == _words(other)


def _words(one: Packet) -> Sequence[object]:
    return one.giver_id, one.kind, one.amount, one.shares, one.greeting
