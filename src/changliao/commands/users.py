"""`changliao sandbox user`, `operator-key` and `code`: people with wallets, supervisors, logins."""

import secrets
from pathlib import Path
from typing import Any

import click

from changliao.commands.context import run, visit, visit_sandbox
from changliao.commands.options import data_option, fail, json_option, show
from changliao.core import chart, ids
from changliao.core.credentials import CredentialKind
from changliao.core.ids import TopUpId, UserId
from changliao.core.members import Role
from changliao.core.money import CNY, Money
from changliao.core.parties import User
from changliao.core.wallet import TopUp
from changliao.operations import logins, totp
from changliao.operations.network import Network
from changliao.operations.onboarding import accepted
from changliao.operations.parties import SIGN_UP, SignUp
from changliao.operations.wallet import TOP_UP
from changliao.store.views import members, parties


@click.command("operator-key")
@data_option
@json_option
def operator_key(folder: Path, *, as_json: bool) -> None:
    """Make one more supervisor with a key for the REST API; its secret is shown once."""

    async def add() -> dict[str, str]:
        async with visit_sandbox(folder) as network:
            name = f"operator {secrets.token_hex(4)}"
            made = await logins.operator(network, name, Role.SUPERVISOR)
            return {"operator_key": made.name, "operator_secret": made.secret, "member": name}

    show(run(add()), as_json=as_json)


@click.command()
@data_option
@click.argument("name")
@json_option
def code(folder: Path, name: str, *, as_json: bool) -> None:
    """The six digits that NAME's authenticator app would show now, to log in without one."""

    async def read() -> dict[str, str]:
        async with visit_sandbox(folder) as network:
            known = await network.read(members.member_by_name, name)
            if known is None:
                fail(f"there is no member {name}")
            secret = network.vault.open(known.totp, totp.PURPOSE)
            return {"code": totp.current(secret, network.real_clock())}

    show(run(read()), as_json=as_json)


@click.command()
@data_option
@click.argument("phone")
@click.option("--name", default="", help="The phone number when left out.")
@click.option("--password", default="changliao", show_default=True)
@click.option("--pin", default="123456", show_default=True)
@click.option("--balance", type=click.IntRange(0), default=0, help="Top up with this many fen.")
@click.option("--appid", default="", help="Also print the user's openid under this app.")
@json_option
def user(folder: Path, phone: str, *, as_json: bool, **given: Any) -> None:
    """Open a wallet, with money in it if wanted."""

    async def add() -> dict[str, str]:
        async with visit(folder) as (network, _):
            one = await _user(network, phone, given)
            if given["balance"]:
                amount = Money(given["balance"], CNY)
                top_up_id = TopUpId(network.ids.new())
                top_up = TopUp(top_up_id, one.id, amount, chart.SANDBOX_BANK)
                accepted(await network.perform(TOP_UP, top_up))
            fields = {"id": ids.show("usr", one.id), "phone": one.phone}
            if given["appid"]:
                bound = await network.read(parties.app_by_number, given["appid"])
                if bound is None:
                    fail(f"there is no app {given['appid']}")
                fields["openid"] = network.openids.of(bound.id, one.id)
            return fields

    show(run(add()), as_json=as_json)


async def _user(network: Network, phone: str, given: dict[str, Any]) -> User:
    known = await network.read(parties.user_by_phone, phone)
    if known is not None:
        return known
    now = network.clock()
    made = User(UserId(network.ids.new()), phone, given["name"] or phone, now)
    secrets = ((CredentialKind.PASSWORD, "password"), (CredentialKind.PIN, "pin"))
    hashed = tuple(network.secrets.hash(made.id, kind, given[one], now) for kind, one in secrets)
    return accepted(await network.perform(SIGN_UP, SignUp(made, hashed)))
