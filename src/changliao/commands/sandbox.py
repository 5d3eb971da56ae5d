"""`changliao sandbox`: merchants, apps, keys, users and notifications by command."""

import secrets
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import click

from changliao.commands.alipay import alipay, alipay_key, alipay_token
from changliao.commands.clock import clock as clock_command
from changliao.commands.context import (
    data_option,
    fail,
    json_option,
    run,
    show,
    visit,
    visit_sandbox,
)
from changliao.commands.demo import demo
from changliao.commands.environments import env
from changliao.commands.faults import faults
from changliao.commands.payers import payer
from changliao.commands.proxy import proxy
from changliao.commands.requests import requests
from changliao.commands.settings import merchant_settings
from changliao.core import chart, clock, ids
from changliao.core.credentials import CredentialKind
from changliao.core.events import ResendEvent
from changliao.core.ids import TopUpId, UserId
from changliao.core.members import Role
from changliao.core.money import CNY, Money
from changliao.core.parties import Merchant, Partnership, User
from changliao.core.wallet import TopUp
from changliao.operations import logins, onboarding
from changliao.operations.certificates import UnusableKey
from changliao.operations.events import RESEND
from changliao.operations.network import Network
from changliao.operations.onboarding import NewMerchant, accepted
from changliao.operations.parties import ADD_PARTNER, SIGN_UP, SignUp
from changliao.operations.wallet import TOP_UP
from changliao.store.views import events, parties


@click.group()
def sandbox() -> None:
    """Make merchants, keys and users; look at notifications; play the demo."""


@sandbox.command()
@data_option
@click.argument("name")
@click.option("--number", default="", help="Merchant number (mchid); made when left out.")
@click.option("--appid", default="", help="App id; made when left out.")
@click.option("--api-v3-key", default="", help="Existing APIv3 key, 32 characters.")
@click.option(
    "--public-key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The merchant's PEM public key or certificate; a pair is made when left out.",
)
@click.option("--fee-bps", type=click.IntRange(0, 10_000), help="Fee in basis points.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the key files; they are printed when left out.",
)
@json_option
def merchant(folder: Path, *, as_json: bool, out: Path | None, **given: Any) -> None:
    """Take a merchant on and print exactly what to put into its SDK."""
    api_key = given["api_v3_key"]
    if api_key and (len(api_key) != 32 or not api_key.isascii()):
        fail("an APIv3 key has exactly 32 ASCII characters", 2)
    public_key = given["public_key"].read_text("utf-8") if given["public_key"] else ""

    async def take_on() -> dict[str, str]:
        async with visit(folder) as (network, settings):
            fee_bps = given["fee_bps"]
            asked = NewMerchant(
                name=given["name"],
                number=given["number"],
                appid=given["appid"],
                api_key=api_key,
                public_key=public_key,
                fee_bps=settings.default_fee_bps if fee_bps is None else fee_bps,
            )
            taken_on = await onboarding.take_on(network, asked)
            return await merchant_settings(network, settings, taken_on)

    fields = _usable(take_on())
    show(_written(fields, out) if out else fields, as_json=as_json)


@sandbox.command()
@data_option
@click.argument("number")
@click.option("--name", default="app", show_default=True)
@click.option("--appid", default="", help="App id; made when left out.")
@json_option
def app(folder: Path, number: str, name: str, appid: str, *, as_json: bool) -> None:
    """Bind one more app to a merchant."""

    async def add() -> dict[str, str]:
        async with visit(folder) as (network, _):
            owner = await _merchant(network, number)
            made = await onboarding.add_app(network, owner, appid, name)
            return {"mchid": owner.number, "appid": made.number}

    show(run(add()), as_json=as_json)


@sandbox.command()
@data_option
@click.argument("number")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def key(folder: Path, number: str, file: Path, *, as_json: bool) -> None:
    """Accept one more PEM public key or certificate of a merchant."""
    text = file.read_bytes()

    async def add() -> dict[str, str]:
        async with visit(folder) as (network, _):
            owner = await _merchant(network, number)
            added = await onboarding.add_public_key(network, owner, text)
            return {"mchid": owner.number, "serial": added.serial}

    show(_usable(add()), as_json=as_json)


@sandbox.command()
@data_option
@click.argument("provider")
@click.argument("merchant_number")
@json_option
def partner(folder: Path, provider: str, merchant_number: str, *, as_json: bool) -> None:
    """Let a service provider act for a merchant (both by number)."""

    async def add() -> dict[str, str]:
        async with visit(folder) as (network, _):
            one = await _merchant(network, provider)
            other = await _merchant(network, merchant_number)
            relation = Partnership(one.id, other.id, network.clock())
            accepted(await network.perform(ADD_PARTNER, relation))
            return {"provider": one.number, "merchant": other.number}

    show(run(add()), as_json=as_json)


@sandbox.command("operator-key")
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


@sandbox.command()
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


@sandbox.command("events")
@data_option
@click.option("--most", type=click.IntRange(1, 1000), default=20, show_default=True)
@json_option
def list_events(folder: Path, most: int, *, as_json: bool) -> None:
    """The delivery log: what was told, and what came of the last attempt."""

    async def read() -> dict[str, str]:
        async with visit(folder) as (network, _):
            lines = {}
            for event in await network.read(events.latest, ids.NEWEST, most):
                tries = await network.read(events.deliveries, event.id, event.merchant_id)
                last = f"{tries[-1].status} {tries[-1].note}" if tries else "-"
                due = f" next {clock.to_rfc3339(event.next_at)}" if event.next_at else ""
                state = f"{event.kind.name} {event.state.name} attempts={event.attempts}"
                lines[ids.show("evt", event.id)] = f"{state}{due} last={last}"
            return lines

    show(run(read()), as_json=as_json)


@sandbox.command()
@data_option
@click.argument("event_id")
@json_option
def resend(folder: Path, event_id: str, *, as_json: bool) -> None:
    """Send a notification again, whatever became of it."""
    number = ids.parse("evt", event_id)
    if number is None:
        fail(f"{event_id} is not an event id: `changliao sandbox events` lists them", 2)

    async def again() -> dict[str, str]:
        async with visit(folder) as (network, _):
            event = await network.read(events.event, number)
            if event is None:
                fail(f"there is no event {event_id}")
            command = ResendEvent(event.merchant_id, event.id)
            accepted(await network.perform(RESEND, command))
            return {"event": event_id, "state": "due now"}

    show(run(again()), as_json=as_json)


_COMMANDS = (
    alipay,
    alipay_key,
    alipay_token,
    clock_command,
    demo,
    env,
    faults,
    payer,
    proxy,
    requests,
)
for command in _COMMANDS:
    sandbox.add_command(command)


def _usable(work: Coroutine[Any, Any, dict[str, str]]) -> dict[str, str]:
    """Run to the end; a key nobody can use becomes an explanation."""
    try:
        return run(work)
    except UnusableKey as error:
        fail(str(error), 2)


async def _merchant(network: Network, number: str) -> Merchant:
    found = await network.read(parties.merchant_by_number, number)
    if found is None:
        fail(f"there is no merchant {number}")
    return found


async def _user(network: Network, phone: str, given: dict[str, Any]) -> User:
    known = await network.read(parties.user_by_phone, phone)
    if known is not None:
        return known
    now = network.clock()
    made = User(UserId(network.ids.new()), phone, given["name"] or phone, now)
    secrets = ((CredentialKind.PASSWORD, "password"), (CredentialKind.PIN, "pin"))
    hashed = tuple(network.secrets.hash(made.id, kind, given[one], now) for kind, one in secrets)
    return accepted(await network.perform(SIGN_UP, SignUp(made, hashed)))


def _written(fields: dict[str, str], out: Path) -> dict[str, str]:
    """Key material in files, the rest to print."""
    out.mkdir(parents=True, exist_ok=True)
    files = {
        "private_key": "apiclient_key.pem",
        "certificate": "apiclient_cert.pem",
        "wechatpay_public_key": "wechatpay_public_key.pem",
        "wechatpay_certificate": "wechatpay_certificate.pem",
    }
    shown = {}
    for name, value in fields.items():
        if name not in files:
            shown[name] = value
            continue
        path = out / files[name]
        path.write_text(value, "ascii")
        path.chmod(0o600)
        shown[name] = str(path)
    return shown
