"""The command line: `changliao --help` lists everything."""

import click

from changliao.commands.audit import audit
from changliao.commands.init import init
from changliao.commands.member import member
from changliao.commands.openapi import openapi
from changliao.commands.platform import platform
from changliao.commands.rotate import rotate
from changliao.commands.sandbox import sandbox
from changliao.commands.serve import serve, work


class Commands(click.Group):
    """Beside its own commands `market`, imported when it is asked for: NumPy takes its time."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), "market"])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name != "market":
            return super().get_command(ctx, cmd_name)
        from changliao.commands.market import market  # noqa: PLC0415 the class says why

        return market


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="changliao")
def main() -> None:
    """Changliao Pay (畅聊支付): an open payment network in one program.

    Start with `changliao init`, then `changliao serve`; `changliao sandbox demo` shows everything.
    """


for command in (init, serve, work, audit, member, openapi, platform, rotate, sandbox):
    main.add_command(command)
