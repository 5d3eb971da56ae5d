"""`changliao market lab drive`: simulated people pay in a real network, at a chosen rate.

They get wallets, money and shops of their own in a sandbox, and are marked before they pay: what
they pay is in no figure of the market, and nobody's real shop sees it.
"""

import asyncio
import secrets
import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence
from itertools import islice
from typing import Any, Final
from urllib.parse import urlsplit

import click
import msgspec
import numpy as np
import uvloop
from msgspec import Struct
from rich.progress import Progress
from rich.table import Table

from changliao.commands.lab_files import fitted, refusals
from changliao.commands.open_loop import Load, Report, Sale, Shop
from changliao.commands.options import fail, finite, hexadecimal, json_option
from changliao.commands.rest_client import RestClient
from changliao.commands.terminal import console
from changliao.sim.purchases import purchases
from changliao.sim.reading import File

MOST_SALES: Final = 5_000_000
_API: Final = "/api/v1"
_CONNECTIONS: Final = 64


class Wanted(Struct, frozen=True):
    """A purchase of the lab: who, where, how much."""

    day: int
    person: int
    platform: str
    amount: int


class NotMade(Exception):
    """The network refused a shop, a person or their money; the message has its words."""


class Stage:
    """People, shops and money for a run, made in the network before it begins."""

    def __init__(self, address: tuple[str, int], operator: tuple[str, str], run: str) -> None:
        self.address = address
        self.operator = operator
        self.run = run
        self.shops: dict[str, Shop] = {}
        self.people: dict[int, str] = {}

    async def make(self, wanted: Sequence[Wanted], progress: Callable[[int], None]) -> None:
        """Raises NotMade."""
        money: dict[int, int] = {}
        for one in wanted:
            money[one.person] = money.get(one.person, 0) + one.amount
        office = RestClient(*self.address, *self.operator)
        for name in sorted({one.platform for one in wanted}):
            asked = {"name": f"{name} {self.run}"[:64], "fee_bps": 0}
            made = accepted(await office.post(f"{_API}/merchants", asked))
            self.shops[name] = Shop(made["id"], made["rest_key"], made["rest_secret"])
        office.close()
        people = iter(enumerate(sorted(money.items())))
        done = 0

        async def lane() -> None:
            nonlocal done
            client = RestClient(*self.address, *self.operator)
            for number, (person, amount) in people:
                await self._join(client, number, person, amount)
                done += 1
                progress(done)
            client.close()

        await asyncio.gather(*(lane() for _ in range(_CONNECTIONS)))

    async def _join(self, client: RestClient, number: int, person: int, amount: int) -> None:
        """Signed up, marked, then given money: in this order nothing is ever paid unmarked."""
        asked = {"phone": f"{int(self.run, 16) % 10**7:08d}{number:07d}", "name": self.run}
        user = accepted(await client.post(f"{_API}/users", asked))["id"]
        marked = {"user_id": user, "run": self.run}
        accepted(await client.post(f"{_API}/market/synthetic", marked))
        accepted(await client.post(f"{_API}/users/{user}/top-ups", {"amount": amount}))
        self.people[person] = user


@click.command()
@click.argument("path", metavar="FILE", default="story")
@click.option("--into", envvar="CHANGLIAO_URL", required=True, help="Where the sandbox listens.")
@click.option("--key", envvar="CHANGLIAO_OPERATOR_KEY", required=True, help="An operator's key.")
@click.option(
    "--secret",
    envvar="CHANGLIAO_OPERATOR_SECRET",
    required=True,
    callback=hexadecimal,
    help="Its secret.",
)
@click.option(
    "--rate",
    type=click.FloatRange(0.1, 100_000),
    required=True,
    callback=finite,
    help="Sales a second.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(0.1, 86_400),
    default=60.0,
    callback=finite,
    show_default=True,
)
@click.option("--users", type=click.IntRange(1, 10_000_000), default=20_000, show_default=True)
@click.option("--from-day", type=click.IntRange(1), default=1, show_default=True)
@click.option("--wallet", default="changliao", show_default=True, help="Whose payments are made.")
@click.option("--seed", type=click.IntRange(0), default=0, help="Another seed, another draw.")
@click.option("--connections", type=click.IntRange(1, 4_096), default=64, show_default=True)
@json_option
def drive(path: str, *, into: str, key: str, secret: str, as_json: bool, **given: Any) -> None:
    """Play FILE's people into a sandbox: each purchase is an order placed and paid.

    Sales begin when they are due, whether or not earlier ones were answered, and latencies count
    from then. Exit 1 when the rate was not held. Ctrl-C tells what was done until then.
    """
    parts = urlsplit(into)
    if parts.scheme != "http" or not parts.hostname:
        fail("--into: http://host:port expected, where the network listens", 2)
    count = round(given["rate"] * given["seconds"])
    if not 1 <= count <= MOST_SALES:
        fail(f"--rate times --seconds is {count:,} sales; from 1 to {MOST_SALES:,}", 2)
    with refusals(path):
        file = fitted(path)
        wanted = list(islice(_wanted(file, given), count))
    if not wanted:
        fail(f"nobody pays with {given['wallet']} from day {given['from_day']} on", 2)
    stage = Stage((parts.hostname, parts.port or 80), (key, secret), secrets.token_hex(4))
    try:
        report = _played(stage, wanted, given["rate"], given["connections"])
    except NotMade as error:
        fail(str(error))
    except (OSError, EOFError) as error:
        fail(f"nobody answers at {into}: {error}")
    days = wanted[0].day, wanted[-1].day
    _tell(report, stage.run, days, as_json=as_json)
    sys.exit(130 if report.interrupted else 0 if report.sustained else 1)


def _wanted(file: File, given: dict[str, Any]) -> Iterator[Wanted]:
    """The lab's purchases with this wallet, day by day, in the order of the day."""
    market = file.scenario.market
    wallets = [one.id for one in market.wallet]
    if given["wallet"] not in wallets:
        fail(f"no wallet is called {given['wallet']!r}: there are {', '.join(wallets)}", 2)
    for bought in purchases(file.scenario, people=given["users"], seed=given["seed"]):
        if bought.day < given["from_day"]:
            continue
        mine = np.flatnonzero(bought.wallet == wallets.index(given["wallet"]))
        for at in mine[np.argsort(bought.second[mine], kind="stable")]:
            name = bought.platforms[bought.platform[at]]
            yield Wanted(bought.day, int(bought.user[at]), name, int(bought.amount[at]))


def _played(stage: Stage, wanted: Sequence[Wanted], rate: float, connections: int) -> Report:
    people = len({one.person for one in wanted})
    with Progress(console=console, transient=True, disable=not console.is_terminal) as shown:
        joining = shown.add_task("people join", total=people)
        paying = shown.add_task("people pay", total=len(wanted))

        async def work() -> Report:
            await stage.make(wanted, lambda done: shown.update(joining, completed=done))
            sales = [
                Sale(
                    one.platform, stage.people[one.person],
                    f"{stage.run}-{one.day}-{one.person}", one.amount,
                )
                for one in wanted
            ]  # fmt: skip
            load = Load(stage.address, stage.operator, stage.shops)
            return await load.play(
                sales, rate, connections, lambda done: shown.update(paying, completed=done)
            )

        return _in_loop(work())


def _in_loop(work: Coroutine[Any, Any, Report]) -> Report:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def accepted(answer: tuple[int, Any]) -> Any:
    """The body of a good answer. Raises NotMade."""
    status, fields = answer
    if status >= 400:
        raise NotMade(
            f"refused: {fields.get('reason', status)} {fields.get('detail', '')}".rstrip()
        )
    return fields


def _tell(report: Report, run: str, days: tuple[int, int], *, as_json: bool) -> None:
    if as_json:
        whole = {"run": run, "days": days} | msgspec.to_builtins(report)
        click.echo(msgspec.json.encode(whole))
        return
    table = Table("shop", "paid", title=f"run {run}, days {days[0]} to {days[1]}")
    for name, count in sorted(report.paid_at.items(), key=lambda one: -one[1]):
        table.add_row(name, f"{count:,}")
    console.print(table)
    console.print(
        f"{report.paid:,} of {report.sent:,} paid in {report.seconds:.1f} s: "
        f"{report.paid_per_s:,.1f} a second, wanted {report.wanted_per_s:,g}"
        + ("" if report.sustained else "; interrupted" if report.interrupted else "; not held")
    )
    told = ", ".join(f"{name} {value:,.1f}" for name, value in report.latency_ms.items())
    console.print(f"latency from the intended start, ms: {told or 'none'}")
    refused = ", ".join(f"{count:,} {reason}" for reason, count in report.refused.items())
    console.print(f"refused: {refused or 'none'}")
