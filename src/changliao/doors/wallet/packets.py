"""Red packets on pages: giving one with the PIN, opening one by its link, seeing who got what."""

import secrets
from typing import Final

from msgspec import Struct
from msgspec.structs import replace
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from changliao.core import chart, ids
from changliao.core.clock import Instant
from changliao.core.ids import PacketClaimId, PacketId, UserId
from changliao.core.money import CNY, Money
from changliao.core.outcome import Refused
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
from changliao.doors.wallet import confirming, forms
from changliao.doors.wallet.visit import (
    UNPROCESSABLE,
    Visit,
    Wallet,
    go_on,
    problem,
    refused_json,
    signed_in,
    wants_json,
)
from changliao.operations.invitations import Subject
from changliao.operations.packets import CLAIM, GIVE
from changliao.store.views import ledger, packets, parties
from changliao.web import passkeys

_RECENT: Final = 20
_LONGEST_GREETING: Final = 64
_FIELDS: Final = ("amount", "shares", "kind", "greeting", "packet_id")


class Share(Struct, frozen=True):
    """Who got how much."""

    name: str
    amount: int
    best: bool


def routes(wallet: Wallet) -> list[Route]:
    """Giving at /w/packets, opening at the packet's link."""
    return [
        Route("/w/packets", signed_in(wallet, give), methods=["GET", "POST"]),
        Route("/w/packets/confirm", signed_in(wallet, check)),
        Route("/w/packets/confirm", signed_in(wallet, confirm), methods=["POST"]),
        Route("/w/packet/{link}", signed_in(wallet, show)),
        Route("/w/packet/{link}", signed_in(wallet, claim), methods=["POST"]),
    ]


async def give(visit: Visit) -> Response:
    """How much for how many; then a page to check it."""
    if visit.request.method == "GET":
        return await _form(visit, visit.given(*_FIELDS), "")
    form = await visit.wallet.pages.browser.form(visit.request)
    given = _given(form) | {"packet_id": ids.show("pkt", visit.wallet.network.ids.new())}
    asked = _asked(visit, given)
    if asked is None:
        return await _form(visit, given, visit.words("请填写金额和个数，例如 20 元、5 个。"))
    return visit.onward("/w/packets/confirm", given)


async def check(visit: Visit) -> Response:
    """What is about to be given; once it was, the packet."""
    given = visit.given(*_FIELDS)
    asked = _asked(visit, given)
    if asked is None:
        return RedirectResponse("/w/packets", 303)
    if await visit.wallet.network.read(packets.packet, visit.user.id, asked.id):
        return RedirectResponse(f"/w/packet/{_link(visit, asked)}", 303)
    return await _check(visit, given, asked, "")


async def confirm(visit: Visit) -> Response:
    """Set it aside, with the PIN: once for each form that was rendered."""
    form = await visit.wallet.pages.browser.form(visit.request)
    given = _given(form)
    asked = _asked(visit, given)
    if asked is None:
        return await _form(visit, given, visit.words("请填写金额和个数，例如 20 元、5 个。"))
    command = GivePacket(asked)
    if passkeys.asked(visit.request):
        return await confirming.challenge(visit, command.act())
    outcome = await _given_away(visit, form, command)
    if isinstance(outcome, Packet):
        return go_on(visit, f"/w/packet/{_link(visit, outcome)}")
    text = problem(visit.wallet, visit.request, outcome)
    if wants_json(visit.request):
        return refused_json(text)
    return await _check(visit, given, asked, text)


async def _given_away(visit: Visit, form: FormData, command: GivePacket) -> Packet | Refused:
    proof = await confirming.proof_of(visit, form, command.act())
    if isinstance(proof, Refused):
        return proof
    return await visit.wallet.network.perform(GIVE, replace(command, proof=proof))


async def show(visit: Visit) -> Response:
    """A closed packet with a button; whoever has a share, and its giver, sees who got what."""
    return await _packet(visit, "")


async def claim(visit: Visit) -> Response:
    """Open it: one share for each person. Opening again shows the same."""
    await visit.wallet.pages.browser.form(visit.request)
    network, link = visit.wallet.network, visit.request.path_params["link"]
    invitation = network.invitations.read(link, Subject.PACKET)
    if invitation is None:
        return visit.missing()
    command = ClaimPacket(
        PacketClaimId(network.ids.new()),
        UserId(invitation.owner_id),
        PacketId(invitation.subject_id),
        visit.user.id,
    )
    outcome = await network.perform(CLAIM, command)
    if isinstance(outcome, Refused):
        return await _packet(visit, problem(visit.wallet, visit.request, outcome))
    return RedirectResponse(f"/w/packet/{link}", 303)


async def _packet(visit: Visit, wrong: str) -> Response:
    network, link = visit.wallet.network, visit.request.path_params["link"]
    invitation = network.invitations.read(link, Subject.PACKET)
    known = None
    if invitation is not None:
        known = await network.read(packets.packet, invitation.owner_id, invitation.subject_id)
    if known is None:
        return visit.missing()
    giver = await network.read(parties.user, known.giver_id)
    claims = await network.read(packets.claims, known.giver_id, known.id)
    mine = next((one for one in claims if one.claimer_id == visit.user.id), None)
    over = known.state is not PacketState.OPEN or network.clock() >= known.ends_at
    own = known.giver_id == visit.user.id
    return visit.render(
        "wallet/packet.html",
        UNPROCESSABLE if wrong else 200,
        packet=known,
        link=link,
        address=f"{visit.wallet.public_url}/w/packet/{link}",
        giver=giver.name if giver else "",
        mine=mine.amount if mine else 0,
        own=own,
        closed=mine is None and not over,
        people=await _people(visit, known, claims) if own or mine or over else [],
        returned=known.state is PacketState.RETURNED,
        problem_text=wrong,
    )


async def _people(visit: Visit, known: Packet, claims: list[PacketClaim]) -> list[Share]:
    best, found = luckiest(known, claims), []
    for one in claims:
        person = await visit.wallet.network.read(parties.user, one.claimer_id)
        found.append(Share(person.name if person else "", one.amount, one == best))
    return found


async def _form(visit: Visit, given: dict[str, str], wrong: str) -> Response:
    network = visit.wallet.network
    standing = await network.read(ledger.account, chart.wallet(visit.user.id, CNY))
    known = await network.read(packets.of_giver, visit.user.id, ids.NEWEST, _RECENT)
    return visit.render(
        "wallet/packets.html",
        UNPROCESSABLE if wrong else 200,
        given=dict.fromkeys(_FIELDS, "") | given,
        balance=standing.spendable,
        packets=[(one, _link(visit, one), ids.made_at(one.id)) for one in known],
        problem_text=wrong,
    )


async def _check(visit: Visit, given: dict[str, str], asked: Packet, wrong: str) -> Response:
    return visit.render(
        "wallet/packet_check.html",
        UNPROCESSABLE if wrong else 200,
        packet=asked,
        hidden=given,
        of=visit.sealed(given),
        confirms=await confirming.ready(visit),
        problem_text=wrong,
    )


def _given(form: FormData) -> dict[str, str]:
    return {name: str(form.get(name, ""))[:_LONGEST_GREETING] for name in _FIELDS}


def _asked(visit: Visit, given: dict[str, str]) -> Packet | None:
    """What the form says; None when it does not say it. The rules are the network's."""
    minor, packet_id = forms.fen(given["amount"]), ids.parse("pkt", given["packet_id"])
    shares = given["shares"].strip()
    if minor is None or packet_id is None or not (shares.isascii() and shares.isdigit()):
        return None
    return Packet(
        id=PacketId(packet_id),
        giver_id=visit.user.id,
        kind=PacketKind.EQUAL if given["kind"] == "equal" else PacketKind.LUCKY,
        amount=Money(minor, CNY),
        shares=min(int(shares[:4]), MOST_SHARES + 1),
        greeting=given["greeting"],
        seed=secrets.token_bytes(SEED_BYTES),
        ends_at=Instant(visit.wallet.network.clock() + LIVES),
    )


def _link(visit: Visit, known: Packet) -> str:
    return visit.wallet.network.invitations.make(Subject.PACKET, known.giver_id, known.id)
