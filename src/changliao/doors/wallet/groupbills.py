"""Group bills on pages: asking for parts, giving one with the PIN, seeing who did."""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from changliao.core import ids
from changliao.core.clock import Instant
from changliao.core.groupbills import (
    LIVES,
    MOST_SHARES,
    CloseGroupBill,
    GroupBill,
    GroupBillState,
    GroupShare,
    PayShare,
    next_share,
)
from changliao.core.ids import GroupBillId, GroupShareId, UserId
from changliao.core.money import CNY, Money
from changliao.core.outcome import Reason, Refused
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
from changliao.operations.groupbills import CLOSE, OPEN, PAY
from changliao.operations.invitations import Subject
from changliao.store.views import groupbills, parties
from changliao.web import passkeys

_RECENT: Final = 20
_LONGEST_TITLE: Final = 64
_FIELDS: Final = ("title", "amount", "shares")


class Part(Struct, frozen=True):
    """Who gave how much."""

    name: str
    amount: int


def routes(wallet: Wallet) -> list[Route]:
    """Asking at /w/groups, giving at the bill's link."""
    return [
        Route("/w/groups", signed_in(wallet, ask), methods=["GET", "POST"]),
        Route("/w/group/{link}", signed_in(wallet, show)),
        Route("/w/group/{link}", signed_in(wallet, pay), methods=["POST"]),
        Route("/w/group/{link}/close", signed_in(wallet, close), methods=["POST"]),
    ]


async def ask(visit: Visit) -> Response:
    """What for, how much and from how many: once for each form that was rendered."""
    if visit.request.method == "GET":
        return await _form(visit, dict.fromkeys(_FIELDS, ""), "")
    form = await visit.wallet.pages.browser.form(visit.request)
    given = {name: str(form.get(name, "")).strip()[:_LONGEST_TITLE] for name in _FIELDS}
    minor, bill_id = forms.fen(given["amount"]), ids.parse("gbl", str(form.get("bill_id", "")))
    shares = given["shares"]
    plain = shares.isascii() and shares.isdigit() and given["title"]
    if minor is None or bill_id is None or not plain:
        return await _form(visit, given, visit.words("请填写用途、金额和人数。"))
    network = visit.wallet.network
    asked = GroupBill(
        id=GroupBillId(bill_id),
        payee_id=visit.user.id,
        title=given["title"],
        amount=Money(minor, CNY),
        shares=min(int(shares[:4]), MOST_SHARES + 1),
        ends_at=Instant(network.clock() + LIVES),
    )
    outcome = await network.perform(OPEN, asked)
    if isinstance(outcome, Refused):
        return await _form(visit, given, problem(visit.wallet, visit.request, outcome))
    return RedirectResponse(f"/w/group/{_link(visit, outcome)}", 303)


async def show(visit: Visit) -> Response:
    """What is asked for, my part, and who gave theirs."""
    return await _page(visit, "")


async def pay(visit: Visit) -> Response:
    """Give my part, with the PIN. Giving it again shows the same."""
    form = await visit.wallet.pages.browser.form(visit.request)
    network, known = visit.wallet.network, await _known(visit)
    if known is None:
        return visit.missing()
    minor = str(form.get("minor", ""))
    outcome: GroupShare | Refused = Refused(Reason.AMOUNT_CHANGED)
    if minor.isascii() and minor.isdigit():
        share_id, seen = GroupShareId(network.ids.new()), int(minor[:18])
        command = PayShare(share_id, known.payee_id, known.id, visit.user.id, seen)
        if passkeys.asked(visit.request):
            return await confirming.challenge(visit, command.act())
        outcome = await _given(visit, form, command)
    here = visit.request.url.path
    if isinstance(outcome, Refused):
        text = problem(visit.wallet, visit.request, outcome)
        return refused_json(text) if wants_json(visit.request) else await _page(visit, text)
    return go_on(visit, here)


async def _given(visit: Visit, form: FormData, command: PayShare) -> GroupShare | Refused:
    proof = await confirming.proof_of(visit, form, command.act())
    if isinstance(proof, Refused):
        return proof
    return await visit.wallet.network.perform(PAY, replace(command, proof=proof))


async def close(visit: Visit) -> Response:
    """No more parts; only who asked may say so."""
    await visit.wallet.pages.browser.form(visit.request)
    known = await _known(visit)
    if known is None or known.payee_id != visit.user.id:
        return visit.missing()
    await visit.wallet.network.perform(CLOSE, CloseGroupBill(known.payee_id, known.id))
    return RedirectResponse(visit.request.url.path.removesuffix("/close"), 303)


async def _page(visit: Visit, wrong: str) -> Response:
    network, known = visit.wallet.network, await _known(visit)
    if known is None:
        return visit.missing()
    payee = await network.read(parties.user, known.payee_id)
    shares = await network.read(groupbills.shares, known.payee_id, known.id)
    mine = next((one for one in shares if one.payer_id == visit.user.id), None)
    own = known.payee_id == visit.user.id
    still = known.state is GroupBillState.OPEN and network.clock() < known.ends_at
    link = visit.request.path_params["link"]
    return visit.render(
        "wallet/group.html",
        UNPROCESSABLE if wrong else 200,
        bill=known,
        payee=payee.name if payee else "",
        link=link,
        address=f"{visit.wallet.public_url}/w/group/{link}",
        own=own,
        still=still,
        due=next_share(known) if still and not own and mine is None else 0,
        mine=mine.amount if mine else 0,
        parts=[Part(await _name(visit, one.payer_id), one.amount) for one in shares],
        confirms=await confirming.ready(visit),
        problem_text=wrong,
    )


async def _form(visit: Visit, given: dict[str, str], wrong: str) -> Response:
    network = visit.wallet.network
    known = await network.read(groupbills.of_payee, visit.user.id, ids.NEWEST, _RECENT)
    return visit.render(
        "wallet/groups.html",
        UNPROCESSABLE if wrong else 200,
        given=given,
        bill_id=ids.show("gbl", network.ids.new()),
        bills=[(one, _link(visit, one), ids.made_at(one.id)) for one in known],
        problem_text=wrong,
    )


async def _known(visit: Visit) -> GroupBill | None:
    network, link = visit.wallet.network, visit.request.path_params["link"]
    invitation = network.invitations.read(link, Subject.GROUP_BILL)
    if invitation is None:
        return None
    return await network.read(groupbills.bill, invitation.owner_id, invitation.subject_id)


async def _name(visit: Visit, user_id: UserId) -> str:
    person = await visit.wallet.network.read(parties.user, user_id)
    return person.name if person else ""


def _link(visit: Visit, known: GroupBill) -> str:
    return visit.wallet.network.invitations.make(Subject.GROUP_BILL, known.payee_id, known.id)
