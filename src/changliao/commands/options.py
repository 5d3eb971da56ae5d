"""What every command shares and no network is needed for: options, output, and saying no."""

import math
import sys
from pathlib import Path
from string import hexdigits
from typing import Any, NoReturn

import click
import msgspec


def data_option(command: Any) -> Any:
    """`--data`: the folder with configuration, secret and the embedded database."""
    return click.option(
        "--data",
        "folder",
        type=click.Path(file_okay=False, path_type=Path),
        default=Path("changliao-data"),
        envvar="CHANGLIAO_DATA",
        show_default=True,
        help="Folder with the configuration, the secret and the embedded database.",
    )(command)


def json_option(command: Any) -> Any:
    """`--json`: for programs."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def hexadecimal(_context: click.Context, _option: click.Parameter, value: str) -> str:
    """A secret as `init` prints it; the message does not repeat it."""
    if not set(value) <= set(hexdigits) or len(value) % 2:
        raise click.BadParameter("hexadecimal digits expected, as `changliao init` printed them")
    return value


def finite(_context: click.Context, _option: click.Parameter, value: float) -> float:
    """No bound keeps out what is no number."""
    if not math.isfinite(value):
        raise click.BadParameter(f"{value} is no number")
    return value


def fail(message: str, status: int = 1) -> NoReturn:
    """Say what is wrong and what to do, and stop."""
    click.echo(f"changliao: {message}", err=True)
    sys.exit(status)


def show(fields: dict[str, Any], *, as_json: bool) -> None:
    """A result: aligned names and values, or JSON."""
    if as_json:
        click.echo(msgspec.json.encode(fields).decode())
        return
    width = max((len(name) for name in fields), default=0)
    for name, value in fields.items():
        text = str(value)
        click.echo(f"{name:<{width}}  {text}" if "\n" not in text else f"{name}\n{text}")
