"""Charts as inline SVG, drawn from plain numbers; the page puts a table of the same beside each.

Colours and widths are classes of charts.css: the content policy allows no styles here. A series has
one of five colours; who calls keeps one for each entity. Source: WEB.md section 6.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final

from markupsafe import Markup, escape
from msgspec import Struct

COLOURS: Final = 5
_HEIGHT, _LEFT, _TOP, _BOTTOM = 300, 48, 24, 26
_LABEL_GAP: Final = 16
_FLAG_GAP: Final = 24


class Size(Struct, frozen=True):
    """How wide a chart is, where its plot ends and names begin, and how many dates stand below."""

    width: int
    right: int
    dates: int


# Text keeps its size: a chart for half a page is not a small one for all of it.
WIDE: Final = Size(880, 704, 8)
HALF: Final = Size(520, 392, 5)
_NARROW: Final = Size(320, 306, 2)
# Two thirds of a page; its names stand on both sides.
_FLOWS: Final = 640


class Axis(Struct, frozen=True):
    """Names along the foot, each with its place from 0 (left) to 1; time does not always step."""

    names: Sequence[str]
    at: Sequence[float]


class Series(Struct, frozen=True):
    """One entity's values, one for each place on the axis; `colour` from 0."""

    name: str
    values: tuple[float, ...]
    colour: int


class Marker(Struct, frozen=True):
    """A numbered event at a place from 0 to 1 on the axis; `kind` is ok or bad."""

    at: float
    number: int
    kind: str


class Band(Struct, frozen=True):
    """From one value up to another; `kind` is ok, warn or bad."""

    low: float
    high: float
    kind: str
    name: str


class Node(Struct, frozen=True):
    """Who is there in a period, and how many."""

    key: str
    name: str
    size: int
    colour: int


class Column(Struct, frozen=True):
    """Where a period's people are drawn."""

    x: float
    nodes: Sequence[Node]
    tops: dict[str, float]


def stacked(
    title: str,
    axis: Axis,
    series: Sequence[Series],
    markers: Iterable[Marker] = (),
    size: Size = WIDE,
) -> Markup:
    """Parts of a whole over time, the first at the bottom; names at the right end."""
    right, foot = size.right, _HEIGHT - _BOTTOM
    xs = [_along(at, right) for at in axis.at]
    drawn, times = _drawn(xs, right)
    ground = [0.0] * len(drawn)
    parts = list(_grid(tuple((part / 4, f"{part * 25}%") for part in range(5)), right))
    labels: list[tuple[float, Series]] = []
    for one in series:
        top = [low + value for low, value in zip(ground, one.values * times, strict=True)]
        edge = [f"{x:.1f},{_up(y):.1f}" for x, y in zip(drawn, top, strict=True)]
        back = [f"{x:.1f},{_up(y):.1f}" for x, y in zip(drawn, ground, strict=True)]
        points = " ".join(edge + back[::-1])
        parts.append(f'<polygon class="area s{one.colour}" points="{points}"/>')
        labels.append((_up((top[-1] + ground[-1]) / 2), one))
        ground = top
    for y, one in _apart(labels):
        text = escape(f"{one.name} {one.values[-1]:.1%}")
        parts.append(f'<circle class="dot s{one.colour}" cx="{right + 12}" cy="{y:.1f}" r="5"/>')
        parts.append(f'<text class="name" x="{right + 22}" y="{y + 4:.1f}">{text}</text>')
    parts += _dates(axis.names, xs, foot, size.dates)
    after = 0.0
    for marker in sorted(markers, key=lambda one: one.at):
        x = _along(marker.at, right)
        # Numbers of one day stand side by side, the first over its line.
        flag = after = max(x, after + _FLAG_GAP)
        parts.append(f'<path class="mark {marker.kind}" d="M{x:.1f} {_TOP}V{foot}"/>')
        parts.append(f'<circle class="flag {marker.kind}" cx="{flag:.1f}" cy="12" r="11"/>')
        parts.append(f'<text class="in" x="{flag:.1f}" y="16">{marker.number}</text>')
    said = ", ".join(f"{one.name} {one.values[-1]:.1%}" for one in series)
    return _svg((title, _spanned(axis, said)), size.width, _HEIGHT, parts, (_LEFT, right))


def banded(title: str, axis: Axis, values: Sequence[float | None], bands: Sequence[Band]) -> Markup:
    """A line over named bands; where nothing is told it breaks."""
    right, foot = _NARROW.right, _HEIGHT - _BOTTOM
    highest = max(band.high for band in bands)
    xs = [_along(at, right) for at in axis.at]
    parts = []
    for band in bands:
        top, low = _up(band.high / highest), _up(band.low / highest)
        parts.append(
            f'<rect class="band {band.kind}" x="{_LEFT}" y="{top:.1f}" width="{right - _LEFT}" '
            f'height="{low - top:.1f}"/>'
            f'<text class="band-name" x="{_LEFT + 6}" y="{top + 14:.1f}">{escape(band.name)}</text>'
            f'<text class="tick" x="{_LEFT - 6}" y="{top + 4:.1f}">{band.high:,.0f}</text>'
        )
    drawn, times = _drawn(xs, right)
    known = [(x, _up(y / highest)) if y is not None else None
             for x, y in zip(drawn, [*values] * times, strict=True)]  # fmt: skip
    pieces = [f"{'L' if before else 'M'}{at[0]:.1f} {at[1]:.1f}"
              for before, at in pairwise([None, *known]) if at]  # fmt: skip
    parts.append(f'<path class="line" d="{"".join(pieces)}"/>')
    if known and known[-1]:
        parts.append(
            f'<circle class="last" cx="{known[-1][0]:.1f}" cy="{known[-1][1]:.1f}" r="5"/>'
        )
    parts += _dates(axis.names, xs, foot, _NARROW.dates)
    told = [f"{value:,.0f}" for value in values if value is not None]
    said = " → ".join(dict.fromkeys((told[0], told[-1]))) if told else ""
    return _svg((title, _spanned(axis, said)), _NARROW.width, _HEIGHT, parts, (_LEFT, right))


def sankey(
    title: str,
    periods: Sequence[tuple[str, Sequence[Node]]],
    flows: Sequence[Mapping[tuple[str, str], int]],
) -> Markup:
    """Who went where from each period to the next; heights are numbers of people."""
    height, gap, bar, side = 340, 14, 12, 120
    xs = _across(len(periods), side, _FLOWS - side - bar)
    most = max((sum(node.size for node in nodes) for _, nodes in periods), default=1) or 1
    many = max((len(nodes) for _, nodes in periods), default=1)
    scale = (height - 40 - gap * (many - 1)) / most
    parts: list[str] = []
    columns = []
    for x, (_, nodes) in zip(xs, periods, strict=True):
        y, tops = 28.0, {}
        for node in nodes:
            tops[node.key] = y
            y += node.size * scale + gap
        columns.append(Column(x, nodes, tops))
    for (left, right), moved in zip(pairwise(columns), flows, strict=True):
        parts += _ribbons(left, right, moved, scale, bar)
    for column, (name, nodes) in zip(columns, periods, strict=True):
        x = column.x
        parts.append(f'<text class="period" x="{x + bar / 2:.1f}" y="14">{escape(name)}</text>')
        last = x == xs[-1] and len(periods) > 1
        for node in nodes:
            y, tall = column.tops[node.key], max(node.size * scale, 1.0)
            text = escape(f"{node.name} {node.size:,}")
            beside = f'class="{"name" if last else "name end"}" x="{x + 18 if last else x - 6:.1f}"'
            parts.append(
                f'<rect class="node s{node.colour}" x="{x:.1f}" y="{y:.1f}" width="{bar}" '
                f'height="{tall:.1f}"/><text {beside} y="{y + tall / 2 + 4:.1f}">{text}</text>'
            )
    said = "; ".join(
        f"{name}: {', '.join(f'{node.name} {node.size:,}' for node in nodes)}"
        for name, nodes in periods
    )
    return _svg((title, said), _FLOWS, height, parts, (side, _FLOWS - side))


def _ribbons(
    left: Column, right: Column, moved: Mapping[tuple[str, str], int], scale: float, bar: int
) -> Iterable[str]:
    """Curves in the colour of where people come from, in the order of the nodes on both sides."""
    out, into = dict(left.tops), dict(right.tops)
    start, end = left.x + bar, right.x
    middle = (start + end) / 2
    for node in left.nodes:
        for other in right.nodes:
            tall = moved.get((node.key, other.key), 0) * scale
            if tall <= 0:
                continue
            y, z = out[node.key] + tall / 2, into[other.key] + tall / 2
            out[node.key] += tall
            into[other.key] += tall
            yield (
                f'<path class="flow s{node.colour}" stroke-width="{tall:.1f}" '
                f'd="M{start:.1f} {y:.1f}C{middle:.1f} {y:.1f} {middle:.1f} {z:.1f} '
                f'{end:.1f} {z:.1f}"/>'
            )


def _grid(levels: Iterable[tuple[float, str]], right: float) -> Iterable[str]:
    for level, text in levels:
        y = _up(level)
        yield f'<path class="grid" d="M{_LEFT} {y:.1f}H{right}"/>'
        yield f'<text class="tick" x="{_LEFT - 6}" y="{y + 4:.1f}">{text}</text>'


def _dates(names: Sequence[str], xs: Sequence[float], foot: int, most: int) -> Iterable[str]:
    least = (xs[-1] - xs[0]) / most if xs else 0.0
    after = float("-inf")
    for name, x in zip(names, xs, strict=True):
        if x < after:
            continue
        after, text = x + least, escape(name)
        yield f'<text class="date" x="{x:.1f}" y="{foot + 18}">{text}</text>'


def _apart(labels: Iterable[tuple[float, Series]]) -> Iterable[tuple[float, Series]]:
    """Names that would cover each other are moved upwards, and down again from above the top."""
    ceiling = float(_HEIGHT)
    placed = []
    for y, one in sorted(labels, key=lambda label: -label[0]):
        ceiling = min(y, ceiling - _LABEL_GAP)
        placed.append((ceiling, one))
    floor = _LABEL_GAP / 2
    for y, one in reversed(placed):
        yield max(y, floor), one
        floor = max(y, floor) + _LABEL_GAP


def _up(part: float) -> float:
    """From a part of the whole height to where it is drawn."""
    return _HEIGHT - _BOTTOM - part * (_HEIGHT - _BOTTOM - _TOP)


def _along(at: float, right: float) -> float:
    """From a place on the axis to where it is drawn."""
    return _LEFT + at * (right - _LEFT)


def _drawn(xs: list[float], right: float) -> tuple[list[float], int]:
    """Where values are drawn, and how often each: one alone fills the width."""
    return ([float(_LEFT), right], 2) if len(xs) == 1 else (xs, 1)


def _across(count: int, left: float, right: float) -> list[float]:
    if count < 2:
        return [left] * count
    return [left + (right - left) * place / (count - 1) for place in range(count)]


def _spanned(axis: Axis, said: str) -> str:
    """From when to when, and what is seen at the end."""
    ends = dict.fromkeys((axis.names[0], axis.names[-1])) if axis.names else ()
    return f"{' – '.join(ends)}: {said}"


def _svg(
    said: tuple[str, str], width: int, height: int, parts: Iterable[str], span: tuple[int, int]
) -> Markup:
    """`said` are its title and what it shows, `span` where its axis begins and ends (js/tip.js)."""
    return Markup(  # noqa: S704 numbers, our own classes, and text that was escaped
        f'<svg class="chart" viewBox="0 0 {width} {height}" data-span="{span[0]} {span[1]}" '
        f'role="img"><title>{escape(said[0])}</title><desc>{escape(said[1])}</desc>'
        f"{''.join(parts)}</svg>"
    )
