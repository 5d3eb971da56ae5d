"""`changliao market`: what happened in the market, and what would under other rules."""

import click


class Commands(click.Group):
    """A command is imported when asked for: the lab does without a network."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return ["insight", "lab"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        made: click.Command | None
        match cmd_name:
            case "insight":
                from changliao.commands.insight import insight as made
            case "lab":
                from changliao.commands.lab import lab as made
            case _:
                made = None
        return made


@click.group(cls=Commands)
def market() -> None:
    """What happened in the market, and what would: see docs/market/."""
