"""The dashboard's charts: which series, which words, and the table beside each."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from markupsafe import Markup
from msgspec import Struct

from changliao.core import market
from changliao.core.bills import date_of
from changliao.core.market import Period
from changliao.core.money import BY_NUMBER
from changliao.market import concentration
from changliao.market.changes import Change
from changliao.market.concentration import Concentration
from changliao.market.figures import TOTAL, Asked, Flow, Share
from changliao.market.names import ABSENT_KEY, OTHERS_KEY, Label
from changliao.web import charts
from changliao.web.charts import Axis, Band, Marker, Node, Series

Words = Callable[[str], str]
_SHOWN: Final = charts.COLOURS - 1
_OTHERS: Final = charts.COLOURS - 1


class Chart(Struct, frozen=True):
    """A picture, what it says, and the same as a table."""

    title: str
    picture: Markup
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    at: tuple[float, ...] = ()


def share_chart(
    words: Words, shares: Sequence[Share], events: Iterable[Change], every: Period, metric: str
) -> Chart | None:
    """Parts of the whole over time; what is withheld is in the last, with the small ones."""
    periods = sorted({one.period for one in shares})
    if not periods:
        return None
    parts: dict[Label, dict[int, float]] = defaultdict(dict)
    for one in shares:
        if one.label != TOTAL:
            parts[one.label][one.period] = part_of(one, metric) or 0.0
    sums = {label: sum(found.values()) for label, found in parts.items() if not _rest(label)}
    largest = sorted(sums, key=lambda label: -sums[label])[:_SHOWN]
    # An entity keeps its colour while others grow and shrink: by name, not by size.
    series = [
        Series(label.name, tuple(parts[label].get(one, 0.0) for one in periods), colour)
        for colour, label in enumerate(sorted(largest))
    ]
    left = tuple(
        max(0.0, 1 - sum(one.values[place] for one in series)) for place in range(len(periods))
    )
    if max(left) > 1e-9:
        series.append(Series(words("其他与不公开"), left, _OTHERS))
    at = _places(periods)
    axis = Axis([_name(every, period) for period in periods], at)
    markers = list(_markers(events, every, periods))
    leader = max(series, key=lambda one: one.values[-1])
    title = words("{name} 占 {share}，期初 {before}").format(
        name=leader.name, share=f"{leader.values[-1]:.1%}", before=f"{leader.values[0]:.1%}"
    )
    rows = tuple(
        (axis.names[place], *(f"{one.values[place]:.1%}" for one in series))
        for place in range(len(periods))
    )
    head = (words("时间"), *(one.name for one in series))
    return Chart(title, charts.stacked(title, axis, series, markers), head, rows, at)


def part_of(share: Share, metric: str) -> float | None:
    """Its part of the whole, by this measure."""
    return {"amount": share.of_amount, "payments": share.of_payments, "users": share.of_reach}[
        metric
    ]


def flow_chart(words: Words, flows: Sequence[Flow]) -> Chart | None:
    """Who went where from month to month, of those who are told."""
    steps: dict[int, dict[tuple[Label, Label], int]] = defaultdict(dict)
    for one in flows:
        if one.users and _there(one.source) and _there(one.target):
            steps[one.period][one.source, one.target] = one.users
    if not steps:
        return None
    colours = {
        label: min(place, _OTHERS)
        for place, label in enumerate(
            sorted({label for moved in steps.values() for pair in moved for label in pair})
        )
    }
    ordered = sorted(steps)
    periods = [(_name(Period.MONTH, ordered[0] - 1), _nodes(words, steps[ordered[0]], 0, colours))]
    for period in ordered:
        periods.append((_name(Period.MONTH, period), _nodes(words, steps[period], 1, colours)))
    moved = [{(a.key, b.key): n for (a, b), n in steps[period].items()} for period in ordered]
    net: dict[Label, int] = defaultdict(int)
    for (source, target), users in steps[ordered[-1]].items():
        net[source] -= users
        net[target] += users
    winner = max(sorted(net), key=lambda label: net[label])
    title = words("最近一月没有净流入")
    if net[winner]:
        title = words("净流入最多：{name}，{users} 人").format(
            name=_called(words, winner), users=f"{net[winner]:+,}"
        )
    rows = tuple(
        (_name(Period.MONTH, period), _called(words, a), _called(words, b), f"{users:,}")
        for period in ordered
        for (a, b), users in sorted(steps[period].items())
    )
    head = (words("月份"), words("从"), words("到"), words("人数"))
    # Where the pointer is between two months, the read-out tells who moved.
    at = tuple(
        (place + 0.5) / len(ordered) for place, period in enumerate(ordered) for _ in steps[period]
    )
    return Chart(title, charts.sankey(title, periods, moved), head, rows, at)


def hhi_chart(
    words: Words, found: Sequence[Concentration], asked: Asked, thresholds: str, metric: str
) -> Chart | None:
    """The HHI of platforms over the bands of these thresholds."""
    every, money = asked.every, BY_NUMBER[asked.currency]
    known = [one for one in found if one.hhi is not None]
    if not known or known[-1].hhi is None:
        return None
    levels = concentration.thresholds()[thresholds]
    highest = max(one.hhi or 0 for one in known)
    top = next(one for one in (4_000, 6_000, 8_000, 10_000) if highest <= one or one == 10_000)
    bands = (
        Band(0, levels.moderate, "ok", words("低")),
        Band(levels.moderate, levels.high, "warn", words("中")),
        Band(levels.high, top, "bad", words("高")),
    )
    at = _places([one.period for one in found])
    axis = Axis([_name(every, one.period) for one in found], at)
    last = known[-1]
    called = {"low": words("低集中"), "moderate": words("中度集中"), "high": words("高度集中")}
    level = level_of(last, thresholds)
    title = words("{level}：{hhi}，相当于 {rivals} 家同等对手").format(
        level=called.get(level or "", ""), hhi=f"{last.hhi:,.0f}", rivals=f"{last.effective:.1f}"
    )
    if level is None:
        title = words("集中度说不准：至少 {hhi}，不在平台上的商户卖得太多").format(
            hhi=f"{last.hhi:,.0f}"
        )
    digits = money.decimals if metric == "amount" else 0
    rows = tuple(
        (_name(every, one.period), "–" if one.hhi is None else f"{one.hhi:,.0f}",
         "–" if one.effective is None else f"{one.effective:.1f}",
         "–" if one.whole is None else f"{one.whole / 10**digits:,.{digits}f}")
        for one in found
    )  # fmt: skip
    unit = {"amount": money.code, "payments": words("笔"), "users": words("人次")}[metric]
    whole = words("分母（{currency}）").format(currency=unit)
    head = (words("时间"), "HHI", words("同等对手数"), whole)
    picture = charts.banded(title, axis, [one.hhi for one in found], bands)
    return Chart(title, picture, head, rows, at)


def level_of(one: Concentration, thresholds: str) -> concentration.Level | None:
    """What a market is called; None: that depends on merchants on no platform."""
    least = one.hhi or 0
    most = least if one.most is None else one.most
    return concentration.thresholds()[thresholds].between(least, most)


def _markers(events: Iterable[Change], every: Period, periods: list[int]) -> Iterable[Marker]:
    span = max(periods[-1] - periods[0], 1)
    for one in events:
        at = (market.period_of(every, one.day) - periods[0]) / span
        if 0 <= at <= 1:
            yield Marker(at, one.number, "bad" if one.restricts else "ok")


def _places(periods: Sequence[int]) -> tuple[float, ...]:
    span = max(periods[-1] - periods[0], 1)
    return tuple((period - periods[0]) / span for period in periods)


def _nodes(
    words: Words, moved: dict[tuple[Label, Label], int], side: int, colours: dict[Label, int]
) -> list[Node]:
    sizes: dict[Label, int] = defaultdict(int)
    for pair, users in moved.items():
        sizes[pair[side]] += users
    return [
        Node(label.key, _called(words, label), sizes[label], colours[label])
        for label in sorted(sizes)
    ]


def _called(words: Words, label: Label) -> str:
    return words("其他商户") if label.key == OTHERS_KEY else label.name


def _rest(label: Label) -> bool:
    return label.key == OTHERS_KEY


def _there(label: Label) -> bool:
    return label.key != ABSENT_KEY


def _name(every: Period, period: int) -> str:
    there = date_of(market.first_day(every, period))
    return f"{there:%Y-%m}" if every is Period.MONTH else f"{there:%m-%d}"
