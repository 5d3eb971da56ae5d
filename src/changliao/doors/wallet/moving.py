"""Sending money to a person."""

from msgspec.structs import replace
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from changliao.core import chart, ids
from changliao.core.ids import TransferId
from changliao.core.money import CNY, Money
from changliao.core.outcome import Refused
from changliao.core.parties import User
from changliao.core.wallet import TransferMoney, WalletTransfer
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
from changliao.operations.wallet import TRANSFER
from changliao.store.views import ledger, parties
from changliao.web import passkeys

_AMOUNT_WRONG = "请填写金额，例如 88.88。"
_LONGEST_NOTE = 64
_FIELDS = ("phone", "amount", "note")


def routes(wallet: Wallet) -> list[Route]:
    """Where money goes to a person."""
    return [
        Route("/w/transfer", signed_in(wallet, transfer), methods=["GET", "POST"]),
        Route("/w/transfer/confirm", signed_in(wallet, check)),
        Route("/w/transfer/confirm", signed_in(wallet, confirm), methods=["POST"]),
        Route("/w/done/{id}", signed_in(wallet, done)),
    ]


async def transfer(visit: Visit) -> Response:
    """To whom and how much; then a page to check it."""
    if visit.request.method == "GET":
        return await _transfer_page(visit, visit.given(*_FIELDS), "")
    form = await visit.wallet.pages.browser.form(visit.request)
    given = {name: str(form.get(name, "")) for name in _FIELDS}
    payee = await _payee(visit, given["phone"])
    if payee is None or payee.id == visit.user.id:
        wrong = "没有用这个手机号注册的钱包。" if payee is None else "不能转账给自己。"
        return await _transfer_page(visit, given, visit.words(wrong))
    minor = forms.fen(given["amount"])
    if minor is None:
        return await _transfer_page(visit, given, visit.words(_AMOUNT_WRONG))
    transfer_id = ids.show("trf", visit.wallet.network.ids.new())
    return visit.onward("/w/transfer/confirm", given | {"transfer_id": transfer_id})


async def check(visit: Visit) -> Response:
    """What is about to be sent; once it was sent, what came of it."""
    given = visit.given(*_FIELDS, "transfer_id")
    payee, minor = await _payee(visit, given["phone"]), forms.fen(given["amount"])
    number = ids.parse("trf", given["transfer_id"]) or 0
    if payee is None or minor is None:
        return RedirectResponse("/w/transfer", 303)
    if await visit.wallet.network.read(ledger.wallet_transfer, number, visit.user.id):
        return RedirectResponse(f"/w/done/{given['transfer_id']}", 303)
    return await _check_page(visit, given, payee, minor, "")


async def confirm(visit: Visit) -> Response:
    """Send it, with the PIN: once for each form that was rendered."""
    form = await visit.wallet.pages.browser.form(visit.request)
    given = {name: str(form.get(name, "")) for name in (*_FIELDS, "transfer_id")}
    payee, minor = await _payee(visit, given["phone"]), forms.fen(given["amount"])
    transfer_id = ids.parse("trf", given["transfer_id"])
    if payee is None or minor is None or transfer_id is None:
        return await _transfer_page(visit, given, visit.words(_AMOUNT_WRONG))
    moved = WalletTransfer(
        id=TransferId(transfer_id),
        payer_id=visit.user.id,
        payee_id=payee.id,
        amount=Money(minor, CNY),
        note=given["note"][:_LONGEST_NOTE],
    )
    command = TransferMoney(moved)
    if passkeys.asked(visit.request):
        return await confirming.challenge(visit, command.act())
    outcome = await _sent(visit, form, command)
    if not isinstance(outcome, Refused):
        return go_on(visit, f"/w/done/{ids.show('trf', outcome.id)}")
    text = problem(visit.wallet, visit.request, outcome)
    if wants_json(visit.request):
        return refused_json(text)
    return await _check_page(visit, given, payee, minor, text)


async def done(visit: Visit) -> Response:
    """What came of a transfer; reloading shows it again and sends nothing."""
    transfer_id = ids.parse("trf", visit.request.path_params["id"]) or 0
    network = visit.wallet.network
    moved = await network.read(ledger.wallet_transfer, transfer_id, visit.user.id)
    payee = await network.read(parties.user, moved.payee_id) if moved else None
    if moved is None or payee is None:
        return visit.missing()
    return visit.render(
        "wallet/done.html",
        headline=visit.words("转账成功"),
        text=f"{payee.name} {payee.phone}",
        minor=moved.amount.amount,
        next="/w/",
    )


async def _sent(visit: Visit, form: FormData, command: TransferMoney) -> WalletTransfer | Refused:
    proof = await confirming.proof_of(visit, form, command.act())
    if isinstance(proof, Refused):
        return proof
    return await visit.wallet.network.perform(TRANSFER, replace(command, proof=proof))


async def _payee(visit: Visit, text: str) -> User | None:
    phone = forms.phone(text)
    return await visit.wallet.network.read(parties.user_by_phone, phone) if phone else None


async def _transfer_page(visit: Visit, given: dict[str, str], wrong: str) -> Response:
    account = chart.wallet(visit.user.id, CNY)
    standing = await visit.wallet.network.read(ledger.account, account)
    status = UNPROCESSABLE if wrong else 200
    balance = standing.spendable
    return visit.render(
        "wallet/transfer.html", status, given=given, balance=balance, problem_text=wrong
    )


async def _check_page(
    visit: Visit, given: dict[str, str], payee: User, minor: int, wrong: str
) -> Response:
    return visit.render(
        "wallet/transfer_check.html",
        UNPROCESSABLE if wrong else 200,
        given=given,
        payee=payee,
        minor=minor,
        hidden=given,
        of=visit.sealed(given),
        confirms=await confirming.ready(visit),
        problem_text=wrong,
    )
