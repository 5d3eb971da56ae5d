"""The market lab's page: two runs of the opening story's scenario side by side.

Simulated people only: nothing here is of the network's own payments.
"""

from functools import partial
from types import ModuleType
from typing import Any, Final

from starlette.responses import Response

from changliao.core.members import Right
from changliao.doors.console.market_charts import Chart, Words
from changliao.doors.console.visit import Entry, Visit
from changliao.web import charts
from changliao.web.charts import Axis, Marker, Series

DAYS: Final = ("60", "180", "540")
STORY: Final = "story"
WITH: Final = "untouched"
_SHOWN: Final = charts.COLOURS - 1


async def lab(visit: Visit) -> Response:
    """The story beside one of its variants, and the story's facts."""
    query, network = visit.query, visit.network
    days = query.get("days", DAYS[0]) if query.get("days", DAYS[0]) in DAYS else DAYS[0]
    runs = await network.in_thread(_runs)
    variants = await network.in_thread(runs.variants)
    beside = query.get("with", WITH) if query.get("with", WITH) in variants else WITH
    both = [
        await network.in_thread(partial(runs.played, name, int(days))) for name in (STORY, beside)
    ]
    return visit.render(
        "console/lab.html",
        here_nav="lab",
        runs=[(one, _chart(visit.words, one, _leaders(both))) for one in both],
        chosen={"days": days, "with": beside},
        choices={"days": DAYS, "with": variants},
        facts=await network.in_thread(runs.told),
    )


def _runs() -> ModuleType:
    from changliao.doors.console import lab_runs  # noqa: PLC0415 it needs NumPy

    return lab_runs


def _leaders(both: list[Any]) -> list[str]:
    """The same platforms in the same colours in both: the largest at either end of either run."""
    largest: dict[str, float] = {}
    for one in both:
        for name, shares in one.shares.items():
            if name != "others":
                largest[name] = max(largest.get(name, 0.0), shares[0], shares[-1])
    return sorted(sorted(largest, key=lambda name: -largest[name])[:_SHOWN])


def _chart(words: Words, one: Any, leaders: list[str]) -> Chart:
    span = max(one.days[-1] - 1, 1)
    at = tuple((day - 1) / span for day in one.days)
    nothing = (0.0,) * len(one.days)
    series = [
        Series(name, one.shares.get(name, nothing), colour) for colour, name in enumerate(leaders)
    ]
    rest = tuple(
        max(0.0, 1 - sum(each.values[place] for each in series)) for place in range(len(one.days))
    )
    series.append(Series(words("其他"), rest, _SHOWN))
    markers = [
        Marker((event.day - 1) / span, event.number, "bad" if event.restricts else "ok")
        for event in one.events
    ]
    names = [words("第 {day} 天").format(day=day) for day in one.days]
    leader = max(series[:-1], key=lambda each: each.values[-1])
    title = words("{name} 占 {share}，期初 {before}").format(
        name=leader.name, share=f"{leader.values[-1]:.1%}", before=f"{leader.values[0]:.1%}"
    )
    head = (words("时间"), *(each.name for each in series), "HHI", words("抵制者"))
    rows = tuple(
        (names[place], *(f"{each.values[place]:.1%}" for each in series),
         f"{one.hhi[place]:,.0f}", f"{one.boycott[place]:.1%}")
        for place in range(len(names))
    )  # fmt: skip
    picture = charts.stacked(title, Axis(names, at), series, markers, charts.HALF)
    return Chart(title, picture, head, rows, at)


ENTRIES: Final = (Entry("GET", "/console/lab", Right.LOOK, lab),)
