"""The command line: `changliao --help` lists everything."""

from importlib import import_module
from typing import Final

import click

# Which module holds which command. One is imported when it is asked for, so that serving starts
# without what only a demo or the market lab needs.
_HOMES: Final = {
    "audit": "audit",
    "init": "init",
    "market": "market",
    "member": "member",
    "openapi": "openapi",
    "platform": "platform",
    "rotate": "rotate",
    "sandbox": "sandbox",
    "serve": "serve",
    "work": "serve",
}


class Commands(click.Group):
    """Commands by name; see _HOMES."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_HOMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _HOMES:
            return None
        found: click.Command = getattr(
            import_module(f"changliao.commands.{_HOMES[cmd_name]}"), cmd_name
        )
        return found


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="changliao")
def main() -> None:
    """Changliao Pay (畅聊支付): an open payment network in one program.

    Start with `changliao init`, then `changliao serve`; `changliao sandbox demo` shows everything.
    """
