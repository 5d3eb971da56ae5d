"""`changliao init`: a folder with a secret, a configuration and an empty database."""

import os
import secrets
from pathlib import Path
from typing import Final

import click

from changliao import config
from changliao.commands.context import open_database, open_vault, read_config, run, visit
from changliao.commands.options import data_option, fail, json_option, show
from changliao.core import chart
from changliao.core.members import Role
from changliao.operations import logins, onboarding
from changliao.operations.vault import SECRET_BYTES
from changliao.store.views import parties

_SANDBOX: Final = """\
# A sandbox: money comes from a bank that asks nothing, and notifications reach this machine.
# Every setting is explained in docs/configuration.md.
sandbox = true
private_callbacks = true
"""
# Whose a sandbox's first key is; elsewhere it is a machine's, and people get keys of their own.
_SANDBOX_MEMBER: Final = "operator"
_PRODUCTION: Final = """\
# Every setting is explained in docs/configuration.md.
# public_url = "https://pay.example"
# database = "postgresql://changliao@127.0.0.1/changliao"
"""


@click.command()
@data_option
@click.option("--sandbox", "is_sandbox", is_flag=True, help="For development: see the file made.")
@json_option
def init(folder: Path, *, is_sandbox: bool, as_json: bool) -> None:
    """Make a data folder, its database and an operator's key. Safe to repeat."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        fail(f"{folder} cannot be made: {error.strerror}", 2)
    secret = folder / config.SECRET_FILE
    if not secret.exists():
        descriptor = os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(SECRET_BYTES) + "\n")
    settings_file = folder / config.FILE
    if not settings_file.exists():
        settings_file.write_text(_SANDBOX if is_sandbox else _PRODUCTION, "utf-8")
    open_vault(folder)
    settings = read_config(folder)
    open_database(settings, makes=True).close()
    fields = {"data": str(folder), "database": settings.database}
    key = run(_first_operator_key(folder))
    if key is not None:
        fields |= {"operator_key": key.name, "operator_secret": key.secret}
    show(fields, as_json=as_json)
    if not as_json:
        click.echo(f"Next: changliao serve --data {folder}")


async def _first_operator_key(folder: Path) -> onboarding.RequestKey | None:
    async with visit(folder) as (network, settings):
        if await network.read(parties.keys_of, chart.NETWORK):
            return None
        if settings.sandbox:
            return await logins.operator(network, _SANDBOX_MEMBER, Role.ADMIN)
        return await onboarding.add_request_key(network, chart.NETWORK)
