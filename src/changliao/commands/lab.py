"""`changliao market lab`: what would happen to the market under other rules."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import msgspec
from rich.progress import Progress
from rich.table import Table

from changliao.commands.lab_files import STORY, as_it_stands, fitted, refusals
from changliao.commands.market_tables import facts_table, shares_table, summary, sweep_table, swept
from changliao.commands.options import json_option
from changliao.commands.terminal import console, print_whole
from changliao.sim import pricing, reading
from changliao.sim.calibration import Impossible
from changliao.sim.check import SENSITIVITY, check
from changliao.sim.lab import run
from changliao.sim.purchases import purchases
from changliao.sim.reading import File
from changliao.sim.result import Result, milestones
from changliao.sim.scenario import MOST_DAYS, MOST_SEED, MOST_USERS


class Commands(click.Group):
    """Whoever asks the model does without the network that `drive` plays people into."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), "drive"])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name != "drive":
            return super().get_command(ctx, cmd_name)
        from changliao.commands.drive import drive

        return drive


@click.group(cls=Commands)
def lab() -> None:
    """Simulated people choose platforms and wallets; FILE is a scenario, or `story`."""


scenario_argument = click.argument("path", metavar="[FILE]", default=STORY)
engine_option = click.option(
    "--engine",
    type=click.Choice(["expected", "cells", "agents"]),
    default="expected",
    show_default=True,
    help="expected: the mean path; cells: drawn counts; agents: every person drawn.",
)
days_option = click.option("--days", type=click.IntRange(1), help="Play no further than this day.")


@lab.command("run")
@scenario_argument
@engine_option
@days_option
@click.option(
    "--users", type=click.IntRange(1, MOST_USERS), help="How many people, instead of the file's."
)
@click.option("--seed", type=click.IntRange(0, MOST_SEED), help="Another seed, another draw.")
@click.option("--threads", type=click.IntRange(1, 64), default=1, help="For the agents engine.")
@click.option("--out", type=click.Path(path_type=Path), help="Write every table into this folder.")
@click.option("--format", "form", type=click.Choice(["parquet", "csv"]), default="parquet")
@json_option
def run_command(path: str, *, as_json: bool, out: Path | None, form: str, **given: Any) -> None:
    """Play a scenario and show who has what. Ctrl-C shows what was played until then."""
    with refusals(path):
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
        file = fitted(path)
        result = _played(file, keeps=True, **given)
        if out is not None:
            for written in _outputs().save(result, out, form):
                click.echo(f"wrote {written}", err=True)
    days = milestones(result.days)
    if as_json:
        click.echo(msgspec.json.encode(summary(result, days)))
    else:
        print_whole(shares_table({"": result}, days))
    if result.days < min(given["days"] or MOST_DAYS, file.scenario.about.days):
        click.echo(f"interrupted after day {result.days}", err=True)
        sys.exit(130)


@lab.command("payments")
@click.argument("path", metavar="FILE")
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@days_option
@click.option("--users", type=click.IntRange(1, MOST_USERS), default=100_000, show_default=True)
@click.option(
    "--seed", type=click.IntRange(0, MOST_SEED), default=0, help="Another seed, another draw."
)
@click.option("--threads", type=click.IntRange(1, 64), default=1)
@click.option(
    "--first-day", type=click.DateTime(["%Y-%m-%d"]), default="2026-01-01", show_default=True,
    help="The date of day 1.",
)  # fmt: skip
def payments_command(
    path: str, out: Path, *, days: int | None, first_day: datetime, **given: Any
) -> None:
    """Write what each person buys to a Parquet file, as `market insight --payments` reads it."""
    with refusals(path):
        scenario = fitted(path).scenario
        days = min(days or scenario.about.days, scenario.about.days)
        with _progress(scenario.about.name, days) as advance:
            bought = purchases(scenario, people=given.pop("users"), days=days, **given)
            rows = _outputs().save_payments(bought, out, first_day.date(), advance)
    click.echo(f"wrote {rows:,} payments to {out}", err=True)


@lab.command("check")
@scenario_argument
@click.option(
    "--engine", type=click.Choice(["expected", "cells"]), default="expected", show_default=True,
    help="Of which the facts are asked.",
)  # fmt: skip
@click.option(
    "--sets", type=click.IntRange(0), default=0, help="Also so many sets of random parameters."
)
@click.option("--seed", type=click.IntRange(0), default=1, help="Of the random parameters.")
@click.option(
    "--sensitivity/--no-sensitivity", default=True, show_default=True,
    help="Ask again with less and more habit, network effect and cost of a boycott.",
)  # fmt: skip
@json_option
def check_command(path: str, *, as_json: bool, **given: Any) -> None:
    """Does the model say what the story says? Exit 1 when a fact does not hold.

    Ctrl-C tells what was found until then.
    """
    with refusals(path):
        file = as_it_stands(path)
        total = given["sets"] + (2 * len(SENSITIVITY) if given["sensitivity"] else 0)
        with _progress("playing with other parameters", total) as advance:
            report = check(file, progress=advance, **given)
    if as_json:
        click.echo(msgspec.json.encode(report))
    else:
        print_whole(facts_table(report))
        for name, value in report.calibrated.items():
            console.print(f"given: {name} = {value:.6g}, fitted to its moment")
        for told in report.told:
            console.print(f"{told.say}: {told.value:.3g}")
        note = f"{report.seconds:.1f} s"
        if report.sets:
            note += f"; {report.sets} random sets, {report.refused} of them without a solution"
        console.print(note)
    if report.interrupted:
        click.echo("interrupted", err=True)
        sys.exit(130)
    sys.exit(0 if report.holds else 1)


@lab.command("compare")
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@engine_option
@days_option
def compare_command(first: str, second: str, **given: Any) -> None:
    """Two scenarios side by side, or a scenario and one of its variants: FILE FILE:variant."""
    results: dict[str, Result] = {}
    for name in (first, second):
        with refusals(name):
            results[Path(name).name.replace(".toml", "")] = _played(fitted(name), **given)
    last = min(result.days for result in results.values())
    print_whole(shares_table(results, [1, last]))


@lab.command("sweep")
@click.argument("path", metavar="FILE")
@click.argument("parameter", metavar="NAME=FROM:TO:STEP")
@days_option
@json_option
def sweep_command(path: str, parameter: str, days: int | None, *, as_json: bool) -> None:
    """Play again with a parameter of the model at each value: `sweep story network=0:2:0.25`."""
    name, values = _range(parameter)
    with refusals(path):
        file = fitted(path)
        results: dict[float, Result] = {}
        impossible: dict[float, str] = {}
        with _progress(f"playing with other {name}", len(values)) as advance, _interrupts() as met:
            for number, value in enumerate(values):
                changed = file.changed({name if "." in name else f"model.{name}": value})
                try:
                    results[value] = _played(changed, days=days)
                except Impossible as error:
                    impossible[value] = str(error)
                advance(number + 1)
    last = min((result.days for result in results.values()), default=0)
    if as_json:
        click.echo(msgspec.json.encode(swept(name, results, last, impossible)))
    elif results:
        print_whole(sweep_table(name, results, last))
    for value, said in impossible.items():
        click.echo(f"{name} = {value:g}: {said}", err=True)
    if met:
        click.echo(
            f"interrupted after {len(results) + len(impossible)} of {len(values)} values", err=True
        )
        sys.exit(130)


@lab.command("price")
@scenario_argument
@click.option("--day", type=click.IntRange(1), default=1, show_default=True)
@click.option(
    "--alpha",
    type=click.FloatRange(1e-6, 1e6),
    default=20.0,
    show_default=True,
    help="Price sensitivity.",
)
@click.option(
    "--rate",
    type=click.FloatRange(0, 1),
    default=0.05,
    show_default=True,
    help="Take rate of them all.",
)
@click.option(
    "--outside",
    type=click.FloatRange(1e-6, 1 - 1e-6),
    default=0.1,
    show_default=True,
    help="Who buys elsewhere.",
)
@click.option("--merge", metavar="A+B", help="Platforms that get one owner.")
def price_command(
    path: str, *, day: int, alpha: float, rate: float, outside: float, merge: str | None
) -> None:
    """Take rates as price-setting rivals would have them, and after a merger."""
    with refusals(path):
        result = _played(fitted(path), days=day)
        there = [name for name in result.platforms if result.share(name, day) > 0]
        groups = [result.groups[day - 1][result.platforms.index(name)] for name in there]
        owner = [sorted(set(groups)).index(group) for group in groups]
        shares = [result.share(name, day) * (1 - outside) for name in there]
        joined = [there.index(name) for name in _merged(merge, there)] or [0]
        after = pricing.merger(shares, [rate] * len(there), alpha, owner, joined)
    table = Table("platform", "owner", "share", "take rate", "after", "share after")
    for place, name in enumerate(there):
        table.add_row(
            name, groups[place], f"{shares[place]:.2%}", f"{rate:.2%}",
            f"{after.prices[place]:.2%}", f"{after.shares[place]:.2%}",
        )  # fmt: skip
    console.print(table)


@lab.command("story")
def story_command() -> None:
    """Print the opening story's scenario, to begin another from."""
    click.echo(reading.story(), nl=False)


def _played(
    file: File,
    *,
    days: int | None = None,
    users: int | None = None,
    seed: int | None = None,
    engine: str = "expected",
    threads: int = 1,
    keeps: bool = False,
) -> Result:
    about = file.scenario.about
    days = min(days or about.days, about.days)
    with _progress(about.name, days) as advance:
        return run(
            file.scenario, engine=engine, people=users or 0, seed=seed or 0, days=days,
            threads=threads, progress=advance, keeps=keeps,
        )  # fmt: skip


@contextmanager
def _progress(title: str, total: int) -> Iterator[Callable[[int], None]]:
    with Progress(console=console, transient=True, disable=not console.is_terminal) as shown:
        task = shown.add_task(title, total=total)
        yield lambda done: shown.update(task, completed=done)


@contextmanager
def _interrupts() -> Iterator[list[str]]:
    """Ctrl-C ends what is inside; the list then is not empty."""
    met: list[str] = []
    try:
        yield met
    except KeyboardInterrupt:
        met.append("interrupted")


def _outputs() -> ModuleType:
    """Most runs write no table: pyarrow takes a tenth of a second."""
    from changliao.sim import outputs

    return outputs


def _range(parameter: str) -> tuple[str, list[float]]:
    name, _, ends = parameter.partition("=")
    try:
        low, high, step = (float(part) for part in ends.split(":"))
        count = int((high - low) / step + 1.000001)
    except (ValueError, ZeroDivisionError, OverflowError):
        raise click.BadParameter(f"{parameter!r} is not like network=0:2:0.25") from None
    if not 1 <= count <= 200:
        raise click.BadParameter(f"{count} values; from 1 to 200")
    return name, [low + step * number for number in range(count)]


def _merged(merge: str | None, there: list[str]) -> list[str]:
    names = merge.split("+") if merge else []
    for name in names:
        if name not in there:
            raise click.BadParameter(f"{name!r} is not there; there are: {', '.join(there)}")
    if merge is not None and len(set(names)) < 2:
        raise click.BadParameter(
            f"{merge!r} names one platform: two of them merge, as in jd+suning"
        )
    return names
