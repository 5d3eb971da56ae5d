"""`changliao books`: how each day closed, or all of it as plain-text accounting."""

from datetime import datetime
from pathlib import Path
from typing import IO, Final

import click

from changliao.commands.context import clock_of, open_database, read_config
from changliao.commands.options import data_option, fail
from changliao.core.bills import Day, day_of, day_on
from changliao.operations import accounting
from changliao.store.engine import Reader, Unavailable
from changliao.store.views import closing


def _day(_context: click.Context, _option: click.Parameter, value: datetime | None) -> Day | None:
    return None if value is None else day_on(value.date())


_DATE: Final = click.DateTime(["%Y-%m-%d"])


@click.command()
@data_option
@click.option(
    "--from",
    "first",
    type=_DATE,
    callback=_day,
    metavar="YYYY-MM-DD",
    help="The first day; the day on which something first moved by default.",
)
@click.option(
    "--to",
    "last",
    type=_DATE,
    callback=_day,
    metavar="YYYY-MM-DD",
    help="The last day, included; today by default.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice([*accounting.FORMATS]),
    default="beancount",
    show_default=True,
    help="For Beancount and Fava, or for Ledger and hledger.",
)
@click.option("--each", is_flag=True, help="Every transfer and every party instead of days' sums.")
@click.option("--out", type=click.File("w", "utf-8", atomic=True), default="-", help="The file.")
def books(
    folder: Path, first: Day | None, last: Day | None, form: str, out: IO[str], *, each: bool
) -> None:
    """Write the books as plain-text accounting, closed every day.

    Days are days of Beijing. It reads one moment of the database and may run while payments go on;
    what is only reserved has not moved. What every account should hold when a day is over is in the
    file, so that a program which reads it refuses one that does not add up.
    """
    settings = read_config(folder)
    engine = open_database(settings)
    today = day_of(clock_of(settings)())
    try:
        with engine.snapshot() as reader:
            span = _span(reader, first, last, today)
            for line in accounting.export(reader, *span, accounting.FORMATS[form], each=each):
                out.write(line + "\n")
    except Unavailable as error:
        fail(f"the database cannot be read: {error}")
    engine.close()


def _span(reader: Reader, first: Day | None, last: Day | None, today: Day) -> tuple[Day, Day]:
    """From which day to which."""
    known = closing.days(reader) or (today, today)
    begins = known[0] if first is None else first
    ends = max(today, known[1]) if last is None else last
    if ends < begins:
        raise click.BadParameter("the last day is before the first", param_hint="--to")
    return begins, ends
