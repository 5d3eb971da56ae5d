"""Red packets over REST, for the wallets' operator: giving, claiming, seeing who got what."""

import secrets
from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from changliao.core import ids
from changliao.core.clock import NEVER, Instant
from changliao.core.ids import PacketClaimId, PacketId, UserId
from changliao.core.outcome import Reason, Refused
from changliao.core.packets import (
    LIVES,
    MOST_SHARES,
    SEED_BYTES,
    ClaimPacket,
    GivePacket,
    Packet,
    PacketClaim,
    PacketKind,
    PacketState,
    luckiest,
)
from changliao.doors.rest.call import Call, Door, perform, read_id, read_money
from changliao.doors.rest.endpoint import BEYOND_LIMITS, RISKY, Endpoint, Who
from changliao.doors.rest.errors import refusal
from changliao.doors.rest.fields import (
    Count,
    CurrencyCode,
    CursorText,
    Limit,
    Minor,
    Moment,
    Nothing,
    PacketClaimIdText,
    PacketIdText,
    Page,
    Text128,
    UserIdText,
    moment,
    page,
)
from changliao.doors.rest.users import find
from changliao.operations.invitations import Subject
from changliao.operations.packets import CLAIM, GIVE
from changliao.store.views import packets

KindName = Literal["equal", "lucky"]
StateName = Literal["open", "empty", "returned"]
Shares = Annotated[int, Meta(ge=1, le=MOST_SHARES, description="How many people may have one")]
LinkText = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{40}\Z")]


class NewPacket(Struct, frozen=True, forbid_unknown_fields=True):
    """Money for whoever has the link, for a day. `id` names it: once only.

    `equal`: the same for everybody, units left over to the first who come. `lucky`: drawn.
    """

    amount: Minor
    shares: Shares
    kind: KindName = "lucky"
    currency: CurrencyCode = "CNY"
    greeting: Text128 = ""
    id: PacketIdText | None = None


class PacketClaimShown(Struct, frozen=True):
    """One person's share. `luckiest`: nobody drew more; known when every share is claimed."""

    id: PacketClaimIdText
    packet_id: PacketIdText
    user_id: UserIdText
    place: Count
    amount: Minor
    luckiest: bool = False


class PacketShown(Struct, frozen=True):
    """A red packet. `claimed` of `amount` was claimed, as `claims` of `shares`.

    `link` is for the people it is meant for. `seed` is shown when it has ended: whoever knows the
    rule can draw again. `people` are shown with one packet.
    """

    id: PacketIdText
    giver_id: UserIdText
    kind: KindName
    state: StateName
    amount: Minor
    currency: CurrencyCode
    shares: Shares
    claims: Count
    claimed: Count
    greeting: str
    link: LinkText
    created_at: Moment
    ends_at: Moment
    finished_at: Moment | UnsetType = UNSET
    seed: str | UnsetType = UNSET
    people: list[PacketClaimShown] | UnsetType = UNSET


class NewClaim(Struct, frozen=True, forbid_unknown_fields=True):
    """The link that the person was given."""

    link: LinkText


class PacketsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which page."""

    cursor: CursorText | None = None
    limit: Limit = 50


async def give(door: Door, call: Call[NewPacket, Nothing]) -> Any:
    """Set money aside for a red packet, once for each id.

    The operator answers for the giver: no PIN is asked. What nobody claims in 24 hours goes back.
    """
    form, network = call.form, door.network
    given = read_id("pkt", form.id) if form.id else network.ids.new()
    asked = Packet(
        id=PacketId(given),
        giver_id=UserId(read_id("usr", call.path["user_id"])),
        kind=PacketKind.EQUAL if form.kind == "equal" else PacketKind.LUCKY,
        amount=read_money(form.amount, form.currency),
        shares=form.shares,
        greeting=form.greeting,
        seed=secrets.token_bytes(SEED_BYTES),
        ends_at=Instant(network.clock() + LIVES),
    )
    return await perform(door, call, GIVE, GivePacket(asked), lambda one: show_packet(door, one))


async def search(door: Door, call: Call[Nothing, PacketsQuery]) -> Page[PacketShown]:
    """List what a user gave, newest first."""
    user_id, asked = await find(door, call), call.query
    before = read_id("cur", asked.cursor) if asked.cursor else ids.NEWEST
    found = await door.network.read(packets.of_giver, user_id, before, asked.limit + 1)
    shown = [show_packet(door, one) for one in found]
    return page(shown, [one.id for one in found], asked.limit)


async def show(door: Door, call: Call[Nothing, Nothing]) -> PacketShown:
    """Show a packet that a user gave, and who has a share of it."""
    giver_id = UserId(read_id("usr", call.path["user_id"]))
    packet_id = read_id("pkt", call.path["packet_id"])
    known = await door.network.read(packets.packet, giver_id, packet_id)
    if known is None:
        raise refusal(Refused(Reason.PACKET_NOT_FOUND))
    claims = await door.network.read(packets.claims, giver_id, packet_id)
    best = luckiest(known, claims)
    people = [show_claim(one, luckiest=one == best) for one in claims]
    return show_packet(door, known, people)


async def claim(door: Door, call: Call[NewClaim, Nothing]) -> Any:
    """Take a share of the packet behind a link for a user.

    One person has one share: claiming again finds it.
    """
    network = door.network
    invitation = network.invitations.read(call.form.link, Subject.PACKET)
    if invitation is None:
        raise refusal(Refused(Reason.PACKET_NOT_FOUND))
    command = ClaimPacket(
        PacketClaimId(network.ids.new()),
        UserId(invitation.owner_id),
        PacketId(invitation.subject_id),
        UserId(read_id("usr", call.path["user_id"])),
    )
    return await perform(door, call, CLAIM, command, show_claim)


def show_packet(
    door: Door, known: Packet, people: list[PacketClaimShown] | UnsetType = UNSET
) -> PacketShown:
    """A packet as this API shows it."""
    link = door.network.invitations.make(Subject.PACKET, known.giver_id, known.id)
    over = known.state is not PacketState.OPEN
    return PacketShown(
        id=ids.show("pkt", known.id),
        giver_id=ids.show("usr", known.giver_id),
        kind=_KINDS[known.kind],
        state=_STATES[known.state],
        amount=known.amount.amount,
        currency=known.amount.currency.code,
        shares=known.shares,
        claims=known.claims,
        claimed=known.claimed,
        greeting=known.greeting,
        link=link,
        created_at=moment(Instant(known.ends_at - LIVES)),
        ends_at=moment(known.ends_at),
        finished_at=moment(known.finished_at) if known.finished_at != NEVER else UNSET,
        seed=known.seed.hex() if over else UNSET,
        people=people,
    )


def show_claim(known: PacketClaim, *, luckiest: bool = False) -> PacketClaimShown:
    """A claim as this API shows it."""
    return PacketClaimShown(
        ids.show("pcl", known.id),
        ids.show("pkt", known.packet_id),
        ids.show("usr", known.claimer_id),
        known.place,
        known.amount,
        luckiest,
    )


_KINDS: Final[dict[PacketKind, KindName]] = {
    PacketKind.EQUAL: "equal",
    PacketKind.LUCKY: "lucky",
}
_STATES: Final[dict[PacketState, StateName]] = {
    PacketState.OPEN: "open",
    PacketState.EMPTY: "empty",
    PacketState.RETURNED: "returned",
}
ENDPOINTS: Final = (
    Endpoint(
        "POST", "/users/{user_id}/packets", give, Who.OPERATOR, NewPacket, Nothing, PacketShown,
        201,
        (*BEYOND_LIMITS, *RISKY, "currency_unknown", Reason.AMOUNT_TOO_LARGE,
         Reason.INSUFFICIENT_FUNDS,
         Reason.PACKET_SHARES_INVALID, Reason.PAYMENT_ID_REUSED, Reason.USER_NOT_FOUND),
    ),
    Endpoint(
        "GET", "/users/{user_id}/packets", search, Who.OPERATOR, Nothing, PacketsQuery,
        Page[PacketShown], 200, (Reason.USER_NOT_FOUND,),
    ),
    Endpoint(
        "GET", "/users/{user_id}/packets/{packet_id}", show, Who.OPERATOR, Nothing, Nothing,
        PacketShown, 200, (Reason.PACKET_NOT_FOUND,),
    ),
    Endpoint(
        "POST", "/users/{user_id}/packet-claims", claim, Who.OPERATOR, NewClaim, Nothing,
        PacketClaimShown, 201,
        (Reason.PACKET_EMPTY, Reason.PACKET_EXPIRED, Reason.PACKET_NOT_FOUND,
         Reason.USER_NOT_FOUND),
    ),
)  # fmt: skip
