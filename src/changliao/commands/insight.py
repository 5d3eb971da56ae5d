"""`changliao market insight`: what happened in the market, on paper or in files.

Operators ask through the REST API, from anywhere with a key; `rebuild` needs the network's folder.
What payments alone answer is answered of a file as well, of the lab's or of any.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import click
import msgspec
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from rich.table import Table

from changliao.commands.context import run, visit
from changliao.commands.insight_files import FileOffice
from changliao.commands.options import data_option, fail, hexadecimal, json_option
from changliao.commands.platform import Office
from changliao.commands.terminal import print_whole
from changliao.market.concentration import MEASURES
from changliao.workers import market

Rows = list[dict[str, Any]]
Source = Office | FileOffice
_DAYS: Final = 30
_FRACTIONS: Final = frozenset(
    ("of_users", "of_payments", "of_amount", "of_reach", "of_first", "proportional", "observed")
)


@click.group()
@click.option(
    "--url", envvar="CHANGLIAO_URL", default="http://127.0.0.1:8964", show_default=True,
    help="Where the network listens.",
)  # fmt: skip
@click.option("--key", envvar="CHANGLIAO_OPERATOR_KEY", default="", help="An operator's key.")
@click.option(
    "--secret",
    envvar="CHANGLIAO_OPERATOR_SECRET",
    default="",
    callback=hexadecimal,
    help="The key's secret.",
)
@click.option(
    "--payments", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Of this Parquet file, instead of a network.",
)  # fmt: skip
@click.pass_context
def insight(context: click.Context, url: str, key: str, secret: str, payments: Path | None) -> None:
    """What happened: shares, people, flows, concentration, effects. See docs/market/insight.md.

    Shares are of payments through this network. What is about too few people is left out.
    """
    context.obj = FileOffice(payments) if payments else Office(url, key, secret)


def period_options(command: Any) -> Any:
    """Which days, and in what they are divided."""
    for option in (
        click.option("--currency", default="CNY", show_default=True),
        click.option("--every", type=click.Choice(["day", "week", "month"]), default="month",
                     show_default=True),
        click.option("--last", help="A day. By default today, of a file its last."),
        click.option("--first", help=f"By default {_DAYS} days ago, of a file its first."),
    ):  # fmt: skip
        command = option(command)
    return command


def output_options(command: Any) -> Any:
    """How the answer is wanted."""
    out = click.option(
        "--out", type=click.Path(dir_okay=False, path_type=Path),
        help="Write a file instead: .csv or .parquet.",
    )  # fmt: skip
    return out(json_option(command))


@insight.command()
@click.option(
    "--by", type=click.Choice(["platform", "group", "method", "terminal"]), default="platform",
    show_default=True,
)  # fmt: skip
@period_options
@output_options
@click.pass_obj
def share(office: Source, /, *, as_json: bool, out: Path | None, **query: str) -> None:
    """Payments, amount and people of each part of the market."""
    _tell(_asked(office, "shares", query), as_json=as_json, out=out)


@insight.command()
@period_options
@output_options
@click.pass_obj
def active(office: Source, /, *, as_json: bool, out: Path | None, **query: str) -> None:
    """How many people bought."""
    found = _asked(office, "active", query)
    _tell([_without(one, "homing") for one in found], as_json=as_json, out=out)


@insight.command()
@period_options
@output_options
@click.pass_obj
def homing(office: Source, /, *, as_json: bool, out: Path | None, **query: str) -> None:
    """At how many platforms people bought."""
    found = _asked(office, "active", query)
    rows = [_without(one, "homing", "users") | each for one in found for each in one["homing"]]
    _tell(rows, as_json=as_json, out=out)


@insight.command()
@click.option("--by", type=click.Choice(["platform", "group"]), default="platform")
@period_options
@output_options
@click.pass_obj
def flow(office: Source, /, *, as_json: bool, out: Path | None, **query: str) -> None:
    """Whose main platform changed, from which to which."""
    _tell(_asked(office, "flows", query), as_json=as_json, out=out)


@insight.command()
@output_options
@click.pass_obj
def cohort(office: Source, /, *, as_json: bool, out: Path | None) -> None:
    """Of the people who first bought in a month, how many did in the months after."""
    _tell(_asked(office, "cohorts", {}), as_json=as_json, out=out)


@insight.command()
@click.option("--by", type=click.Choice(["platform", "group"]), default="platform")
@click.option("--measure", type=click.Choice(MEASURES), default="amount")
@click.option("--merge", default="", metavar="A+B", help="Platforms or groups that become one.")
@click.option("--thresholds", default="us2023", show_default=True, help="Whose levels.")
@period_options
@output_options
@click.pass_obj
def hhi(office: Source, /, *, as_json: bool, out: Path | None, **query: str) -> None:
    """Concentration, and what a merger would add."""
    _tell(_asked(office, "concentration", query), as_json=as_json, out=out)


@insight.command()
@output_options
@click.pass_obj
def changes(office: Source, /, *, as_json: bool, out: Path | None) -> None:
    """Every change of what a platform takes, numbered."""
    rows = []
    for one in _asked(office, "changes", {}):
        cells = (f"{each['method']} {each['terminal']} {each['before']} → {each['after']}"
                 for each in one["changed"])  # fmt: skip
        rows.append(one | {"changed": "; ".join(cells)})
    _tell(rows, as_json=as_json, out=out)


days_option: Callable[[Any], Any] = click.option(
    "--days", type=click.IntRange(2, 92), default=28, show_default=True, help="Before and after."
)


@insight.command()
@click.argument("draft_id")
@days_option
@output_options
@click.pass_obj
def effect(office: Source, /, *, as_json: bool, out: Path | None, **query: Any) -> None:
    """What a change did to its platform's payments, judged by permutation."""
    found = office.get(f"/market/effect?{urlencode(query)}")
    click.echo(_judged(found), err=True)
    _tell(found["points"], as_json=as_json, out=out)


@insight.command()
@click.argument("method")
@click.argument("state", type=click.Choice(["not_connected", "accepted", "suspended", "banned"]))
@click.option("--first", required=True)
@click.option("--last", required=True)
@output_options
@click.pass_obj
def adoption(office: Source, /, *, as_json: bool, out: Path | None, **query: Any) -> None:
    """What a method's part of payments did where platforms changed it, each at its own time."""
    found = office.get(f"/market/adoption?{urlencode(query)}")
    click.echo(_judged(found), err=True)
    _tell(found["points"], as_json=as_json, out=out)


@insight.command()
@click.argument("draft_id")
@days_option
@output_options
@click.pass_obj
def diversion(office: Source, /, *, as_json: bool, out: Path | None, **query: Any) -> None:
    """Where those went who had paid in the changed way, beside what shares would make of it."""
    found = office.get(f"/market/diversion?{urlencode(query)}")
    if "users" not in found:
        fail("too few people paid so before")
    said = f"{found['users']} people; purchases there {found['before']} → {found['after']}"
    click.echo(said, err=True)
    _tell(found["to"], as_json=as_json, out=out)


@insight.command()
@data_option
def rebuild(folder: Path) -> None:
    """Forget every sum and add up the journals again, while the network goes on."""

    async def work() -> int:
        async with visit(folder) as (network, _):
            return await market.rebuild(network)

    click.echo(f"added up again, in {run(work())} stretches")


def _days(office: Source) -> tuple[str, str]:
    """Which days are asked about when nobody says."""
    if isinstance(office, FileOffice):
        return office.days()
    today = datetime.now(UTC).astimezone(timezone(timedelta(hours=8))).date()
    return (today - timedelta(_DAYS)).isoformat(), today.isoformat()


def _asked(office: Source, what: str, query: dict[str, Any]) -> Rows:
    if "first" in query and None in (query["first"], query["last"]):
        first, last = _days(office)
        query = query | {"first": query["first"] or first, "last": query["last"] or last}
    rows: Rows = office.get(f"/market/{what}?{urlencode(query)}".rstrip("?"))["data"]
    return rows


def _without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


def _judged(study: dict[str, Any]) -> str:
    said = f"effect {study['effect']:+.4f}, p {study['p']:.3f} of {study['placebos']} placebos"
    if "low" in study:
        said += f"; nine times of ten between {study['low']:+.4f} and {study['high']:+.4f}"
    if "before_p" in study:
        said += f"; path before: p {study['before_p']:.3f}"
    return said


def _tell(rows: Rows, *, as_json: bool, out: Path | None) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row))
    if out is not None:
        _save(out, {name: [row.get(name) for row in rows] for name in names})
        click.echo(f"wrote {len(rows)} rows to {out}", err=True)
    elif as_json:
        click.echo(msgspec.json.encode(rows))
    else:
        table = Table(*names)
        for row in rows:
            table.add_row(*(_text(name, row.get(name)) for name in names))
        print_whole(table)


def _save(out: Path, columns: dict[str, list[Any]]) -> None:
    try:
        if out.suffix == ".csv":
            pyarrow.csv.write_csv(pa.table(columns), out)
        elif out.suffix == ".parquet":
            pyarrow.parquet.write_table(pa.table(columns), out)
        else:
            fail("--out: ends in .csv or .parquet", 2)
    except OSError as error:
        fail(str(error))


def _text(name: str, value: Any) -> str:
    if value is None:
        return "–"
    if name in _FRACTIONS:
        return f"{value:.1%}"
    return f"{value:,.2f}" if isinstance(value, float) else f"{value}"
