"""The command line: `changliao --help` lists everything."""

import click

from changliao.commands.audit import audit
from changliao.commands.init import init
from changliao.commands.member import member
from changliao.commands.openapi import openapi
from changliao.commands.platform import platform
from changliao.commands.rotate import rotate
from changliao.commands.serve import serve, work


class Commands(click.Group):
    """Beside its own commands two that are imported when asked for: NumPy and SDKs take long."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), "market", "sandbox"])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        match cmd_name:
            case "market":
                from changliao.commands.market import market  # noqa: PLC0415 the class says why

                return market
            case "sandbox":
                from changliao.commands.sandbox import sandbox  # noqa: PLC0415 the class says why

                return sandbox
            case _:
                return super().get_command(ctx, cmd_name)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="changliao")
def main() -> None:
    """Changliao Pay (畅聊支付): an open payment network in one program.

    Start with `changliao init`, then `changliao serve`; `changliao sandbox demo` shows everything.
    """


for command in (init, serve, work, audit, member, openapi, platform, rotate):
    main.add_command(command)
