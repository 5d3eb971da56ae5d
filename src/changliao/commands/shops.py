"""`changliao sandbox merchant`, `app`, `key` and `partner`: who sells, and what signs for them."""

from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import click

from changliao.commands.context import run, visit
from changliao.commands.options import data_option, fail, json_option, show
from changliao.commands.settings import merchant_settings
from changliao.core.frames import ChangeOrigin
from changliao.core.parties import Merchant, Partnership, SigningMode
from changliao.operations import onboarding
from changliao.operations.certificates import UnusableKey
from changliao.operations.frames import ALLOW, REMOVE
from changliao.operations.network import Network
from changliao.operations.onboarding import NewMerchant, accepted
from changliao.operations.parties import ADD_PARTNER
from changliao.store.views import parties


@click.command()
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
    "--signing-mode",
    type=click.Choice([mode.name.lower() for mode in SigningMode]),
    default="auto",
    show_default=True,
    help="What signs for it; auto: an answer by the key asked for, a notification by certificate.",
)
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
                signing_mode=SigningMode[given["signing_mode"].upper()],
            )
            taken_on = await onboarding.take_on(network, asked)
            return await merchant_settings(network, settings, taken_on)

    fields = _usable(take_on())
    show(_written(fields, out) if out else fields, as_json=as_json)


@click.command()
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


@click.command()
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


@click.command("frame-origin")
@data_option
@click.argument("number")
@click.argument("origin")
@click.option("--remove", is_flag=True, help="Not any more.")
@json_option
def frame_origin(folder: Path, number: str, origin: str, *, remove: bool, as_json: bool) -> None:
    """Let pages of one more origin show a merchant's codes in a frame."""

    async def change() -> dict[str, str]:
        async with visit(folder) as (network, settings):
            owner = await _merchant(network, number)
            command = ChangeOrigin(owner.id, origin, not remove, settings.sandbox)
            after = accepted(await network.perform(REMOVE if remove else ALLOW, command))
            return {"mchid": owner.number, "origins": " ".join(after.origins)}

    show(run(change()), as_json=as_json)


@click.command()
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
