"""`changliao sandbox alipay`: take on an Alipay app, and print what its SDK needs."""

from pathlib import Path
from typing import Any, Final

import click
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from changliao.commands.context import run, visit
from changliao.commands.options import data_option, fail, json_option, show
from changliao.config import Config
from changliao.core.parties import App, Partnership
from changliao.doors.alipay import authorizations, platform
from changliao.operations import app_keys
from changliao.operations.app_keys import NewApp, TakenOnApp
from changliao.operations.certificates import UnusableKey
from changliao.operations.network import Network
from changliao.operations.onboarding import accepted
from changliao.operations.parties import ADD_PARTNER
from changliao.store.views import parties

_FILES: Final = {
    "app_private_key": "app_private_key.pem",
    "app_private_key_pkcs1": "app_private_key_pkcs1.txt",
    "app_certificate": "app_certificate.crt",
    "alipay_public_key_pem": "alipay_public_key.pem",
    "alipay_certificate": "alipay_certificate.crt",
    "alipay_root_certificate": "alipay_root_certificate.crt",
}


@click.command()
@data_option
@click.argument("name")
@click.option("--app-id", default="", help="Existing app id, 16 digits; made when left out.")
@click.option("--pid", default="", help="Existing account number (2088…); made when left out.")
@click.option("--merchant", default="", help="Number of a merchant here that the app is for.")
@click.option(
    "--public-key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The app's public key (PEM or one line) or app certificate; made when left out.",
)
@click.option("--content-key", default="", help="Existing AES key of the app, base64.")
@click.option("--fee-bps", type=click.IntRange(0, 10_000), help="Fee in basis points.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for key and certificate files; they are printed when left out.",
)
@json_option
def alipay(folder: Path, *, as_json: bool, out: Path | None, **given: Any) -> None:
    """Take an Alipay app on and print exactly what to put into its SDK."""
    public_key = given["public_key"].read_bytes() if given["public_key"] else b""

    async def take_on() -> dict[str, str]:
        async with visit(folder) as (network, settings):
            fee_bps = given["fee_bps"]
            asked = NewApp(
                name=given["name"],
                number=given["app_id"],
                account_number=given["pid"],
                owner=given["merchant"],
                public_key=public_key,
                content_key=given["content_key"],
                fee_bps=settings.default_fee_bps if fee_bps is None else fee_bps,
            )
            return await app_settings(network, settings, await app_keys.take_on(network, asked))

    try:
        fields = run(take_on())
    except UnusableKey as error:
        fail(str(error), 2)
    show(_written(fields, out) if out else fields, as_json=as_json)


@click.command("alipay-key")
@data_option
@click.argument("app_id")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def alipay_key(folder: Path, app_id: str, file: Path, *, as_json: bool) -> None:
    """Accept one more public key or certificate of an Alipay app; the others stay."""
    text = file.read_bytes()

    async def add() -> dict[str, str]:
        async with visit(folder) as (network, _):
            added = await app_keys.add_key(network, await _app(network, app_id), text)
            return {"app_id": app_id, "serial": added.serial}

    try:
        fields = run(add())
    except UnusableKey as error:
        fail(str(error), 2)
    show(fields, as_json=as_json)


@click.command("alipay-token")
@data_option
@click.argument("provider_app")
@click.argument("merchant_app")
@json_option
def alipay_token(folder: Path, provider_app: str, merchant_app: str, *, as_json: bool) -> None:
    """Let a provider's app act for the merchant of another app (both by app id)."""

    async def give() -> dict[str, str]:
        async with visit(folder) as (network, _):
            one, other = await _app(network, provider_app), await _app(network, merchant_app)
            relation = Partnership(one.merchant_id, other.merchant_id, network.clock())
            accepted(await network.perform(ADD_PARTNER, relation))
            return {
                "app_auth_token": authorizations.token(network, one, other),
                "app_auth_code": authorizations.code(network, one, other),
            }

    show(run(give()), as_json=as_json)


async def _app(network: Network, number: str) -> App:
    found = await network.read(parties.app_by_number, number)
    if found is None:
        fail(f"there is no app {number}")
    return found


async def app_settings(network: Network, config: Config, taken_on: TakenOnApp) -> dict[str, str]:
    """Names and values in the order in which SDKs ask for them."""
    fields = {
        "gateway": f"{config.public_url}/gateway.do",
        "app_id": taken_on.app.number,
        "pid": taken_on.account_number,
        "merchant": taken_on.merchant.number,
    }
    if taken_on.certificate_number:
        fields["app_certificate_number"] = taken_on.certificate_number
    if taken_on.private_key:
        fields |= {
            "app_private_key": taken_on.private_key,
            "app_private_key_pkcs1": _pkcs1_line(taken_on.private_key),
            "app_certificate": taken_on.certificate,
        }
    return fields | platform.settings(await platform.load(network))


def _pkcs1_line(private_key: str) -> str:
    """As half of the SDKs want the key: PKCS#1, base64 in one line."""
    key = load_pem_private_key(private_key.encode("ascii"), None)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return "".join(pem.decode("ascii").splitlines()[1:-1])


def _written(fields: dict[str, str], out: Path) -> dict[str, str]:
    """Key material in files, the rest to print."""
    out.mkdir(parents=True, exist_ok=True)
    shown = {}
    for name, value in fields.items():
        shown[name] = value
        if name in _FILES:
            path = out / _FILES[name]
            path.write_text(value, "ascii")
            path.chmod(0o600)
            shown[name] = str(path)
    return shown
