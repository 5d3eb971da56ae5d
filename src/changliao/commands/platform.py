"""`changliao platform`: platforms and stores, and merging platforms, through the REST API.

Operators work from anywhere with a key of their own: a merger needs two of them.
"""

import asyncio
from typing import Any, Final
from urllib.parse import urlsplit

import click
import msgspec
from msgspec import Struct

from changliao.commands.options import fail, hexadecimal
from changliao.commands.rest_client import ask

_API: Final = "/api/v1"
Shown = dict[str, Any]


class Office(Struct, frozen=True):
    """Where the network is, and who asks."""

    url: str
    key: str
    secret: str

    def get(self, path: str) -> Any:
        """The answer; a refusal ends the command."""
        return self._ask("GET", path, None)

    def post(self, path: str, **fields: Any) -> Any:
        """The answer; a refusal ends the command."""
        return self._ask("POST", path, fields)

    def _ask(self, method: str, path: str, fields: object) -> Any:
        parts = urlsplit(self.url)
        if parts.scheme != "http" or not parts.hostname:
            fail("--url: http://host:port expected, where the network listens", 2)
        address, key = (parts.hostname, parts.port or 80), (self.key, self.secret)
        try:
            status, answer = ask(address, key, method, _API + path, fields)
        except (OSError, asyncio.IncompleteReadError) as error:
            fail(f"nobody answers at {self.url}: {error}")
        if status >= 400:
            fail(f"{answer['reason']}: {answer['detail']}")
        return answer


@click.group()
@click.option(
    "--url", envvar="CHANGLIAO_URL", default="http://127.0.0.1:8964", show_default=True,
    help="Where the network listens.",
)  # fmt: skip
@click.option("--key", envvar="CHANGLIAO_OPERATOR_KEY", required=True, help="An operator's key.")
@click.option(
    "--secret",
    envvar="CHANGLIAO_OPERATOR_SECRET",
    required=True,
    callback=hexadecimal,
    help="The key's secret.",
)
@click.pass_context
def platform(context: click.Context, url: str, key: str, secret: str) -> None:
    """Platforms, their stores, and merging one into another.

    Answers are JSON. Keys come from CHANGLIAO_OPERATOR_KEY and CHANGLIAO_OPERATOR_SECRET.
    """
    context.obj = Office(url, key, secret)


@platform.command("list")
@click.pass_obj
def list_(office: Office) -> None:
    """Every platform, and what it was merged into."""
    _show(office.get("/platforms"))


@platform.command("open")
@click.argument("merchant_id")
@click.argument("name")
@click.pass_obj
def open_(office: Office, merchant_id: str, name: str) -> None:
    """Make MERCHANT_ID a platform called NAME."""
    _show(office.post("/platforms", merchant_id=merchant_id, name=name))


@platform.command()
@click.argument("platform_id")
@click.pass_obj
def stores(office: Office, platform_id: str) -> None:
    """The stores of a platform."""
    _show(office.get(f"/stores?platform_id={platform_id}"))


@platform.group()
def merge() -> None:
    """Merge a platform into another: plan, draft, preview, approve, run, report."""


@merge.command()
@click.argument("source_id")
@click.argument("target_id")
@click.pass_obj
def plan(office: Office, source_id: str, target_id: str) -> None:
    """What both have, what contradicts, and the answers proposed."""
    _show(office.get(f"/merger-plan?source_id={source_id}&target_id={target_id}"))


@merge.command()
@click.argument("source_id")
@click.argument("target_id")
@click.option("--reason", required=True)
@click.option(
    "--keep-source", "kept", multiple=True, metavar="MERCHANT_ID",
    help="A store on both takes the source's terms; again for more.",
)  # fmt: skip
@click.option("--own-policies", is_flag=True, help="Leave the source its acceptance policies.")
@click.pass_obj
def draft(
    office: Office, source_id: str, target_id: str, *, reason: str, kept: tuple[str, ...],
    own_policies: bool,
) -> None:  # fmt: skip
    """Draft that SOURCE_ID goes into TARGET_ID."""
    answers = [{"merchant_id": one, "keep": "source"} for one in kept]
    _show(office.post(
        "/mergers", source_id=source_id, target_id=target_id, reason=reason, answers=answers,
        own_policies=own_policies,
    ))  # fmt: skip


@merge.command()
@click.argument("merger_id")
@click.pass_obj
def run(office: Office, merger_id: str) -> None:
    """Run an approved merger to its end; broken off, it goes on when it is run again."""
    known = office.get(f"/mergers/{merger_id}")
    while known["state"] != "done":
        click.echo(f"{known['position']}: {known['step']}", err=True)
        known = office.post(f"/mergers/{merger_id}/run", position=known["position"])
    _show(known)


def _one(name: str, words: str, *, posts: bool) -> click.Command:
    """A command that asks one thing of one merger."""

    @click.command(name, help=words)
    @click.argument("merger_id")
    @click.pass_obj
    def asked(office: Office, merger_id: str) -> None:
        path = f"/mergers/{merger_id}/{name}"
        _show(office.post(path) if posts else office.get(path))

    return asked


for command in (
    _one("preview", "What it will do, in counts and sums.", posts=False),
    _one("approve", "Agree to another operator's draft.", posts=True),
    _one("cancel", "Take it back before it runs.", posts=True),
    _one("collect", "Bring over what the source has earned since.", posts=True),
    _one("report", "What moved: sums before are sums after.", posts=False),
):
    merge.add_command(command)


def _show(answer: Shown) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode())
