"""The command line: `changliao --help` lists everything."""

import click

from changliao.commands.audit import audit
from changliao.commands.init import init
from changliao.commands.openapi import openapi
from changliao.commands.sandbox import sandbox
from changliao.commands.serve import serve, work


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="changliao")
def main() -> None:
    """Changliao Pay (畅聊支付): an open payment network in one program.

    Start with `changliao init`, then `changliao serve`; `changliao sandbox demo` shows everything.
    """


for command in (init, serve, work, audit, openapi, sandbox):
    main.add_command(command)
