"""Users and their wallets over REST, for the operator of the wallets."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from changliao.core import chart, clock, ids
from changliao.core.credentials import CredentialKind
from changliao.core.ids import TopUpId, TransferId, UserId
from changliao.core.outcome import Reason, Refused
from changliao.core.parties import User
from changliao.core.wallet import TopUp, TransferMoney, WalletTransfer
from changliao.doors.rest.call import (
    Answer,
    Call,
    CurrencyCode,
    Door,
    Minor,
    Name,
    accepted,
    answer,
    operator_only,
    read_form,
    read_id,
    read_money,
)
from changliao.doors.rest.errors import refusal
from changliao.operations.parties import SIGN_UP, SignUp
from changliao.operations.wallet import TOP_UP, TRANSFER
from changliao.store.views import ledger, parties


class UserForm(Struct, forbid_unknown_fields=True):
    """POST /api/v1/users. A user without password and PIN pays only on the operator's word."""

    phone: Annotated[str, Meta(pattern=r"^\+?[0-9]{6,15}$")]
    name: Name
    password: Annotated[str, Meta(min_length=8, max_length=128)] | None = None
    pin: Annotated[str, Meta(pattern="^[0-9]{6}$")] | None = None


class TopUpForm(Struct, forbid_unknown_fields=True):
    """POST /api/v1/users/{id}/top-ups: money the sandbox bank has taken. `id` names it (top_…)."""

    amount: Minor
    currency: CurrencyCode = "CNY"
    id: str | None = None


class TransferForm(Struct, forbid_unknown_fields=True):
    """POST /api/v1/users/{id}/transfers. `id` names it (trf_…)."""

    payee_id: str
    amount: Minor
    currency: CurrencyCode = "CNY"
    note: Annotated[str, Meta(max_length=128)] = ""
    id: str | None = None


async def sign_up(door: Door, call: Call) -> Answer:
    """Open a wallet."""
    operator_only(call)
    form = read_form(call.body, UserForm)
    network = door.network
    now = network.clock()
    user = User(UserId(network.ids.new()), form.phone, form.name, now)
    given = [(CredentialKind.PASSWORD, form.password), (CredentialKind.PIN, form.pin)]
    hashed = await network.in_thread(
        lambda: tuple(
            network.secrets.hash(user.id, kind, secret, now)
            for kind, secret in given
            if secret is not None
        )
    )
    accepted(await network.perform(SIGN_UP, SignUp(user, hashed)))
    return answer(_user_fields(user), 201)


async def show(door: Door, call: Call) -> Answer:
    """A user and every balance. `available` is what may be spent; the rest is reserved."""
    operator_only(call)
    user_id = read_id("usr", call.path["id"])
    user = await door.network.read(parties.user, user_id)
    if user is None:
        raise refusal(Refused(Reason.USER_NOT_FOUND))
    accounts = await door.network.read(ledger.accounts_of, user_id)
    balances = [
        {
            "currency": chart.currency(one.id).code,
            "balance": one.balance,
            "available": one.spendable,
        }
        for one in accounts
    ]
    return answer(_user_fields(user) | {"balances": balances})


async def top_up(door: Door, call: Call) -> Answer:
    """Credit a wallet from the sandbox bank, once for each id."""
    operator_only(call)
    form = read_form(call.body, TopUpForm)
    given = read_id("top", form.id) if form.id else door.network.ids.new()
    command = TopUp(
        id=TopUpId(given),
        user_id=UserId(read_id("usr", call.path["id"])),
        amount=read_money(form.amount, form.currency),
        channel=chart.SANDBOX_BANK,
    )
    done = accepted(await door.network.perform(TOP_UP, command))
    fields = {
        "id": ids.show("top", done.id),
        "amount": done.amount.amount,
        "currency": done.amount.currency.code,
    }
    return answer(fields, 201)


async def transfer(door: Door, call: Call) -> Answer:
    """Move money to another wallet on the operator's word, once for each id."""
    operator_only(call)
    form = read_form(call.body, TransferForm)
    given = read_id("trf", form.id) if form.id else door.network.ids.new()
    moved = WalletTransfer(
        id=TransferId(given),
        payer_id=UserId(read_id("usr", call.path["id"])),
        payee_id=UserId(read_id("usr", form.payee_id)),
        amount=read_money(form.amount, form.currency),
        note=form.note,
    )
    done = accepted(await door.network.perform(TRANSFER, TransferMoney(moved)))
    fields = {
        "id": ids.show("trf", done.id),
        "payee_id": ids.show("usr", done.payee_id),
        "amount": done.amount.amount,
        "currency": done.amount.currency.code,
    }
    return answer(fields, 201)


def _user_fields(user: User) -> dict[str, Any]:
    return {
        "id": ids.show("usr", user.id),
        "phone": user.phone,
        "name": user.name,
        "created_at": clock.to_rfc3339(user.created_at),
    }
