"""The command line: `changliao --help` lists everything."""

from typing import Final

import click

_NAMES: Final = (
    *(
        "audit",
        "books",
        "init",
        "market",
        "member",
        "openapi",
        "platform",
        "rotate",
        "sandbox",
        "serve",
    ),
    "work",
)


class Commands(click.Group):
    """A command is imported when asked for: most do without the doors, NumPy and the SDKs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*_NAMES]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        made: click.Command | None
        match cmd_name:
            case "audit":
                from changliao.commands.audit import audit as made
            case "books":
                from changliao.commands.books import books as made
            case "init":
                from changliao.commands.init import init as made
            case "market":
                from changliao.commands.market import market as made
            case "member":
                from changliao.commands.member import member as made
            case "openapi":
                from changliao.commands.openapi import openapi as made
            case "platform":
                from changliao.commands.platform import platform as made
            case "rotate":
                from changliao.commands.rotate import rotate as made
            case "sandbox":
                from changliao.commands.sandbox import sandbox as made
            case "serve":
                from changliao.commands.serve import serve as made
            case "work":
                from changliao.commands.serve import work as made
            case _:
                made = None
        return made


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="changliao")
def main() -> None:
    """Changliao Pay (畅聊支付): an open payment network in one program.

    Start with `changliao init`, then `changliao serve`; `changliao sandbox demo` shows everything.
    """
