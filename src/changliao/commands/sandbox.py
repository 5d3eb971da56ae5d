"""`changliao sandbox`: merchants, apps, keys, users and notifications by command."""

from typing import Final

import click

_NAMES: Final = (
    *("alipay", "alipay-key", "alipay-token", "app", "clock", "code", "demo", "env", "events"),
    *("faults", "frame-origin", "key", "merchant", "operator-key", "partner", "payer", "proxy"),
    *("requests", "resend"),
    "user",
)


class Commands(click.Group):
    """A command is imported when asked for: the demo's SDKs take longer than most commands do."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*_NAMES]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        made: tuple[click.Command, ...]
        match cmd_name:
            case "alipay" | "alipay-key" | "alipay-token":
                from changliao.commands import alipay

                made = (alipay.alipay, alipay.alipay_key, alipay.alipay_token)
            case "app" | "frame-origin" | "key" | "merchant" | "partner":
                from changliao.commands import shops

                made = (shops.app, shops.frame_origin, shops.key, shops.merchant, shops.partner)
            case "events" | "resend":
                from changliao.commands import notices

                made = (notices.list_events, notices.resend)
            case "code" | "operator-key" | "user":
                from changliao.commands import users

                made = (users.code, users.operator_key, users.user)
            case "clock":
                from changliao.commands.clock import clock

                made = (clock,)
            case "demo":
                from changliao.commands.demo import demo

                made = (demo,)
            case "env":
                from changliao.commands.environments import env

                made = (env,)
            case "faults":
                from changliao.commands.faults import faults

                made = (faults,)
            case "payer":
                from changliao.commands.payers import payer

                made = (payer,)
            case "proxy":
                from changliao.commands.proxy import proxy

                made = (proxy,)
            case "requests":
                from changliao.commands.requests import requests

                made = (requests,)
            case _:
                made = ()
        return next((one for one in made if one.name == cmd_name), None)


@click.group(cls=Commands)
def sandbox() -> None:
    """Make merchants, keys and users; look at notifications; play the demo."""
