"""Money in and out through a sandbox channel: its page to pay on, and withdrawals."""

from typing import Final
from urllib.parse import urlencode

from msgspec.structs import replace
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from changliao.core import chart, ids
from changliao.core.acceptance import TERMINAL_OF
from changliao.core.channels import (
    AskChannel,
    Channel,
    ChannelRequest,
    ChannelState,
    RequestKind,
    RequestState,
    new_request,
)
from changliao.core.money import CNY
from changliao.core.orders import Scene
from changliao.core.outcome import Refused
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
from changliao.operations.channels import ASK
from changliao.store.views import channels, ledger
from changliao.web import passkeys, session
from changliao.web.devices import is_phone

_KIND: Final = "sandbox_bank"
_AMOUNT_WRONG: Final = "请填写金额，例如 88.88。"
_ACCOUNT_WRONG: Final = "请填写收款的银行账户。"
_UNANSWERED: Final = "银行还没有答复。钱到账后会进入余额，请不要重复付款。"
_DECLINED: Final = "银行没有同意，没有扣款。"
_SAID: Final = {"amount": _AMOUNT_WRONG, "declined": _DECLINED, "unanswered": _UNANSWERED}
_LONGEST_ACCOUNT: Final = 34
_HEADLINES: Final = {
    RequestState.ASKED: "提现处理中",
    RequestState.UNKNOWN: "提现处理中",
    RequestState.DONE: "提现成功",
    RequestState.REFUSED: "提现没有成功，钱已退回余额",
}


def routes(wallet: Wallet) -> list[Route]:
    """Only a sandbox has banks that are not real."""
    if not wallet.pages.sandbox:
        return []
    return [
        Route("/w/top-up", signed_in(wallet, top_up), methods=["GET", "POST"]),
        Route("/w/bank", signed_in(wallet, check)),
        Route("/w/bank", signed_in(wallet, bank), methods=["POST"]),
        Route("/w/withdraw", signed_in(wallet, withdraw), methods=["GET", "POST"]),
        Route("/w/withdraw/confirm", signed_in(wallet, check_withdrawal)),
        Route("/w/withdraw/confirm", signed_in(wallet, confirm), methods=["POST"]),
        Route("/w/withdrawals/{id}", signed_in(wallet, show)),
    ]


async def top_up(visit: Visit) -> Response:
    """How much and through what, then on to its page."""
    request = visit.request
    if request.method == "GET":
        query = request.query_params
        given = {"amount": query.get("amount", ""), "channel": query.get("channel", "")}
        wrong = _SAID.get(query.get("said", ""), "")
        text = visit.words(wrong) if wrong else ""
        return await _top_up_page(visit, given, session.safe_next(query.get("next")), text)
    form = await visit.wallet.pages.browser.form(request)
    given = {"amount": str(form.get("amount", "")), "channel": str(form.get("channel", _KIND))}
    given["next"] = session.safe_next(form.get("next"))
    channel = await visit.wallet.desk.channel(given["channel"])
    if forms.fen(given["amount"]) is None or isinstance(channel, Refused):
        return _back(given, "amount")
    number = ids.show("top", visit.wallet.network.ids.new())
    return RedirectResponse(f"/w/bank?{urlencode(given | {'top_up_id': number})}", 303)


async def check(visit: Visit) -> Response:
    """The channel's page. Its number is in its address: however often it is seen, it pays once."""
    query = visit.request.query_params
    given = {name: query.get(name, "") for name in ("amount", "channel", "top_up_id")}
    following, minor = session.safe_next(query.get("next")), forms.fen(given["amount"])
    channel = await visit.wallet.desk.channel(given["channel"])
    named = ids.parse("top", given["top_up_id"]) is not None
    if minor is None or isinstance(channel, Refused) or not named:
        return RedirectResponse("/w/top-up", 303)
    return visit.render(
        "wallet/bank.html",
        given=given,
        minor=minor,
        next=following,
        user=visit.user,
        channel=channel,
        top_up_id=given["top_up_id"],
        problem_text="",
    )


async def bank(visit: Visit) -> Response:
    """The channel pays: once for each form that was rendered."""
    form = await visit.wallet.pages.browser.form(visit.request)
    given = {"amount": str(form.get("amount", "")), "channel": str(form.get("channel", _KIND))}
    minor, number = forms.fen(given["amount"]), ids.parse("top", str(form.get("top_up_id", "")))
    following = session.safe_next(form.get("next"))
    if minor is None or number is None:
        return _back(given | {"next": following}, "amount")
    command = await _command(visit, RequestKind.PAY, minor, number, given)
    outcome = command if isinstance(command, Refused) else await _ask(visit, command)
    if isinstance(outcome, Refused):
        text = problem(visit.wallet, visit.request, outcome)
        return await _top_up_page(visit, given, following, text)
    if outcome.state is RequestState.DONE:
        return RedirectResponse(following, 303)
    said = "declined" if outcome.state is RequestState.REFUSED else "unanswered"
    return _back(given | {"next": following}, said)


async def withdraw(visit: Visit) -> Response:
    """Where to and how much; then a page to check it."""
    if visit.request.method == "GET":
        return await _withdraw_page(visit, visit.given("account", "amount"), "")
    form = await visit.wallet.pages.browser.form(visit.request)
    given = {name: str(form.get(name, "")).strip() for name in ("account", "amount")}
    minor = forms.fen(given["amount"])
    wrong = _ACCOUNT_WRONG if not 0 < len(given["account"]) <= _LONGEST_ACCOUNT else ""
    if minor is None:
        wrong = wrong or _AMOUNT_WRONG
    if wrong:
        return await _withdraw_page(visit, given, visit.words(wrong))
    number = ids.show("wdl", visit.wallet.network.ids.new())
    return visit.onward("/w/withdraw/confirm", given | {"withdrawal_id": number})


async def check_withdrawal(visit: Visit) -> Response:
    """What is about to leave; once it was asked for, what came of it."""
    given = visit.given("account", "amount", "withdrawal_id")
    number, minor = ids.parse("wdl", given["withdrawal_id"]), forms.fen(given["amount"])
    if number is None or minor is None:
        return RedirectResponse("/w/withdraw", 303)
    if await visit.wallet.network.read(channels.request, visit.user.id, number):
        return RedirectResponse(f"/w/withdrawals/{given['withdrawal_id']}", 303)
    return await _check_page(visit, given, minor, "")


async def confirm(visit: Visit) -> Response:
    """Take it out, with the PIN: once for each form that was rendered."""
    form = await visit.wallet.pages.browser.form(visit.request)
    given = {name: str(form.get(name, "")) for name in ("account", "amount", "withdrawal_id")}
    minor, number = forms.fen(given["amount"]), ids.parse("wdl", given["withdrawal_id"])
    if minor is None or number is None or not 0 < len(given["account"]) <= _LONGEST_ACCOUNT:
        return await _withdraw_page(visit, given, visit.words(_AMOUNT_WRONG))
    command = await _command(visit, RequestKind.PAYOUT, minor, number, given)
    if passkeys.asked(visit.request) and isinstance(command, AskChannel):
        return await confirming.challenge(visit, command.act())
    outcome = await _withdrawn(visit, form, command)
    if isinstance(outcome, Refused):
        text = problem(visit.wallet, visit.request, outcome)
        json = wants_json(visit.request)
        return refused_json(text) if json else await _check_page(visit, given, minor, text)
    return go_on(visit, f"/w/withdrawals/{ids.show('wdl', outcome.id)}")


async def show(visit: Visit) -> Response:
    """What became of a withdrawal so far; reloading shows it again and asks nobody."""
    number = ids.parse("wdl", visit.request.path_params["id"]) or 0
    one = await visit.wallet.network.read(channels.request, visit.user.id, number)
    if one is None or one.kind is not RequestKind.PAYOUT:
        return visit.missing()
    return visit.render(
        "wallet/withdrawal.html",
        headline=visit.words(_HEADLINES[one.state]),
        one=one,
        minor=one.reached if one.settled else one.amount,
        short=one.amount - one.reached if one.settled else 0,
        done=one.state is RequestState.DONE,
        waiting=one.is_open,
    )


async def _withdrawn(
    visit: Visit, form: FormData, command: AskChannel | Refused
) -> ChannelRequest | Refused:
    if isinstance(command, Refused):
        return command
    proof = await confirming.proof_of(visit, form, command.act())
    return proof if isinstance(proof, Refused) else await _ask(visit, replace(command, proof=proof))


async def _command(
    visit: Visit, kind: RequestKind, minor: int, number: int, given: dict[str, str]
) -> AskChannel | Refused:
    """What a form asks for, of the channel it names or the best."""
    network, desk, terminal = visit.wallet.network, visit.wallet.desk, _terminal(visit)
    named = given.get("channel")
    channel = await (desk.askable(named) if named else desk.route(terminal, number))
    if isinstance(channel, Refused):
        return channel
    home = chart.wallet(visit.user.id, CNY)
    request = new_request(
        channel, kind, home, minor,
        number=number, now=network.clock(), counterpart=given.get("account", ""),
    )  # fmt: skip
    return AskChannel(request, terminal_id=terminal)


async def _ask(visit: Visit, command: AskChannel) -> ChannelRequest | Refused:
    """Write a request and ask its channel. A form that comes again finds what came of it."""
    asked = await visit.wallet.network.perform(ASK, command)
    if isinstance(asked, Refused):
        return asked
    return await visit.wallet.desk.ask(asked.request) if asked.fresh else asked.request


def _back(given: dict[str, str], said: str) -> Response:
    """To the first page again, with what was typed and why."""
    return RedirectResponse(f"/w/top-up?{urlencode(given | {'said': said})}", 303)


def _terminal(visit: Visit) -> int:
    return TERMINAL_OF[Scene.H5 if is_phone(visit.request) else Scene.PC]


async def _top_up_page(visit: Visit, given: dict[str, str], following: str, wrong: str) -> Response:
    terminal = _terminal(visit)
    found = await visit.wallet.network.look_up(channels.channels)
    offered = [
        (one, one.serves(terminal))
        for one in found
        if one.kind == _KIND and one.state is ChannelState.HEALTHY
    ]
    return visit.render(
        "wallet/top_up.html",
        UNPROCESSABLE if wrong and visit.request.method == "POST" else 200,
        given=given,
        next=following,
        offered=offered,
        chosen=_chosen(offered, given.get("channel", "")),
        problem_text=wrong,
    )


def _chosen(offered: list[tuple[Channel, bool]], named: str) -> str:
    open_ones = [one.code for one, serves in offered if serves]
    return named if named in open_ones else next(iter(open_ones), "")


async def _withdraw_page(visit: Visit, given: dict[str, str], wrong: str) -> Response:
    account = chart.wallet(visit.user.id, CNY)
    standing = await visit.wallet.network.read(ledger.account, account)
    return visit.render(
        "wallet/withdraw.html",
        UNPROCESSABLE if wrong else 200,
        given=given,
        balance=standing.spendable,
        problem_text=wrong,
    )


async def _check_page(visit: Visit, given: dict[str, str], minor: int, wrong: str) -> Response:
    return visit.render(
        "wallet/withdraw_check.html",
        UNPROCESSABLE if wrong else 200,
        given=given,
        minor=minor,
        hidden=given,
        of=visit.sealed(given),
        confirms=await confirming.ready(visit),
        problem_text=wrong,
    )
