"""`changliao sandbox env`: exactly what to paste into a shop, for each SDK that is known."""

import os
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any, Final

import click
import msgspec
from msgspec import Struct

from changliao.commands.alipay import app_settings
from changliao.commands.context import run, visit_sandbox_settings
from changliao.commands.options import data_option, fail, json_option
from changliao.commands.settings import merchant_settings
from changliao.operations import app_keys, onboarding
from changliao.operations.app_keys import NewApp
from changliao.operations.onboarding import NewMerchant

_NAME: Final = "Pasted shop"


class Sdk(Struct, frozen=True):
    """One SDK. `tested`: what is printed for it is run by our tests."""

    name: str
    language: str
    tested: bool = True


SDKS: Final[dict[str, tuple[Sdk, ...]]] = {
    "wechatpay": (
        Sdk("wechatpayv3", "python"),
        Sdk("wechatpay-axios-plugin", "javascript"),
        Sdk("wechatpay-node-v3", "javascript"),
        Sdk("wechatpay-go", "go"),
        Sdk("wechatpay-java", "java"),
        Sdk("gopay", "go"),
        Sdk("wechatpay-php", "php", tested=False),
    ),
    "alipay": (
        Sdk("python-alipay-sdk", "python"),
        Sdk("alipay-sdk", "javascript"),
        Sdk("alipay-sdk-python", "python"),
        Sdk("alipay-sdk-java", "java"),
        Sdk("alipay-sdk-java-v3", "java"),
        Sdk("smartwalle-alipay", "go"),
        Sdk("alipay-sdk-php", "php", tested=False),
        Sdk("alipay-sdk-php-v3", "php", tested=False),
    ),
}


@click.command()
@data_option
@click.argument("protocol", type=click.Choice(sorted(SDKS)))
@click.option("--sdk", help="Only this one; all that are known when left out.")
@click.option(
    "--settings",
    "known",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What `sandbox merchant --json` or `sandbox alipay --json` printed; a new one by default.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the key files; a new one in the data folder by default.",
)
@click.option("--notify-url", default="http://127.0.0.1:8000/notify", show_default=True)
@json_option
def env(folder: Path, protocol: str, *, sdk: str | None, as_json: bool, **given: Any) -> None:
    """Print what to paste for each SDK: a small program that places an order here.

    Keys are written into files that the code names. Where an SDK's host is built in, the first
    lines say what to start beside it.
    """
    wanted = [one for one in SDKS[protocol] if sdk in (None, one.name)]
    if not wanted:
        names = ", ".join(one.name for one in SDKS[protocol])
        fail(f"{sdk} is not one of {names}", 2)
    known: Path | None = given["known"]
    settings: dict[str, str] = (
        msgspec.json.decode(known.read_bytes(), type=dict[str, str])
        if known
        else run(_made(folder, protocol))
    )
    number = settings["mchid" if protocol == "wechatpay" else "app_id"]
    out = given["out"] or folder / "shops" / number
    values = _kept(settings, out.resolve()) | {"notify_url": given["notify_url"]}
    shown = {one.name: _filled(one, values) for one in wanted}
    if as_json:
        described = {
            one.name: {**msgspec.to_builtins(one), "code": shown[one.name]} for one in wanted
        }
        click.echo(msgspec.json.encode({"settings": values, "sdks": described}))
        return
    for one in wanted:
        note = "run by our tests" if one.tested else "not run by our tests"
        click.echo(f"==== {one.name} ({one.language}, {note})\n{shown[one.name]}")


async def _made(folder: Path, protocol: str) -> dict[str, str]:
    """A merchant or app of its own."""
    async with visit_sandbox_settings(folder) as (network, settings):
        if protocol == "wechatpay":
            taken_on = await onboarding.take_on(network, NewMerchant(_NAME))
            return await merchant_settings(network, settings, taken_on)
        return await app_settings(network, settings, await app_keys.take_on(network, NewApp(_NAME)))


def _kept(settings: dict[str, str], out: Path) -> dict[str, str]:
    """Whatever is PEM goes into a file of its name, and the file's path takes its place."""
    out.mkdir(parents=True, exist_ok=True)
    values = dict(settings)
    for name, value in settings.items():
        if "-----BEGIN" in value:
            path = out / f"{name}.pem"
            path.unlink(missing_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(value)
            values[name] = str(path)
    if "app_private_key" in settings:
        lines = settings["app_private_key"].strip().splitlines()
        values["app_private_key_line"] = "".join(lines[1:-1])
    return values


def _filled(sdk: Sdk, values: dict[str, str]) -> str:
    text = (resources.files("changliao.examples") / "sdks" / f"{sdk.name}.txt").read_text("utf-8")
    try:
        return Template(text).substitute(values)
    except KeyError as error:
        fail(f"the settings have no {error.args[0]}: let this command make them", 2)
