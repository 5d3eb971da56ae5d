"""The books closed day by day, and some days of them as a file of plain-text accounting."""

from typing import Final

from starlette.responses import Response

from changliao.core import chart
from changliao.core.bills import Day, day_of, is_over
from changliao.core.members import Right
from changliao.doors.console.bills import day_named, shown_day
from changliao.doors.console.visit import UNPROCESSABLE, Entry, Visit
from changliao.operations import accounting
from changliao.store.engine import Reader
from changliao.store.views import channels, closing

MOST_DAYS: Final = 92


async def closed(visit: Visit) -> Response:
    """One day: what each account held before it, what moved, what it holds after it."""
    now = visit.network.clock()
    asked = visit.query.get("day", "")
    day = day_named(asked) if asked else await _latest(visit)
    if day is None:
        return visit.missing()
    found = await visit.network.report(closing.closes, day)
    names = {one.id: visit.called(one) for one in await visit.network.read(channels.channels)}
    lines = [
        (
            chart.purpose(one.account).name,
            names.get(one.account.owner, ""),
            chart.currency(one.account).code,
            one,
        )
        for one in found
    ]
    return visit.render(
        "console/closes.html",
        day=shown_day(day),
        before=shown_day(Day(day - 1)),
        after=shown_day(Day(day + 1)) if day < day_of(now) else "",
        over=is_over(day, now),
        lines=lines,
        most=MOST_DAYS,
        formats=[*accounting.FORMATS],
        here_nav="ledger",
    )


async def download(visit: Visit) -> Response:
    """These days as a file; the day that is not over yet as far as it is."""
    first, last = day_named(visit.query.get("first", "")), day_named(visit.query.get("last", ""))
    form = accounting.FORMATS.get(visit.query.get("format", ""))
    if form is None or first is None or last is None or not 0 <= last - first < MOST_DAYS:
        text = visit.console.pages.words(
            visit.request, "请选择开始和结束的日期，最多 92 天，结束不早于开始。"
        )
        return visit.render("console/said.html", UNPROCESSABLE, said="refused", text=text)
    written = await visit.network.snapshot(_file, first, last, form)
    name = f"{shown_day(first)}-{shown_day(last)}.{visit.query['format']}"
    return Response(
        written.encode(),
        media_type="text/plain; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


def _file(reader: Reader, first: Day, last: Day, form: accounting.Format) -> str:
    lines = accounting.export(reader, first, last, form, each=False)
    return "".join(f"{line}\n" for line in lines)


async def _latest(visit: Visit) -> Day:
    """Yesterday, or today while there is nothing older."""
    today = day_of(visit.network.clock())
    known = await visit.network.read(closing.days)
    return Day(today - 1) if known and known[0] < today else today


ENTRIES: Final = (
    Entry("GET", "/console/closes", Right.LOOK, closed),
    Entry("GET", "/console/closes/file", Right.LOOK, download),
)
