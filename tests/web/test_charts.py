"""Charts are whole: parts fill the height, ribbons fill their nodes, nothing is set in styles."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from changliao.web.charts import Axis, Band, Marker, Node, Series, banded, sankey, stacked

AXIS = Axis(["11-01", "11-02", "11-09"], [0, 1 / 8, 1])


def points(svg: str) -> list[list[tuple[float, float]]]:
    found = re.findall(r'points="([^"]+)"', svg)
    return [[tuple(map(float, at.split(","))) for at in one.split()] for one in found]  # type: ignore[misc]


def test_parts_of_a_whole_fill_the_height_and_follow_time() -> None:
    series = [Series("a & b", (0.5, 0.4, 0.2), 0), Series("c", (0.5, 0.6, 0.8), 1)]
    svg = stacked("t", AXIS, series, [Marker(1.0, 7, "bad")])
    ElementTree.fromstring(svg)
    assert "a &amp; b 20.0%" in svg
    assert "style=" not in svg
    below, above = points(svg)
    assert [y for _, y in above[:3]] == [24.0] * 3
    assert below[:3] == above[:2:-1], "one begins where the other ends"
    xs = [x for x, _ in below[:3]]
    assert (xs[1] - xs[0]) / (xs[2] - xs[0]) == pytest.approx(1 / 8, abs=0.01)
    assert f'cx="{xs[2]:.1f}" cy="12"' in svg


def test_events_of_one_day_stand_side_by_side() -> None:
    markers = [Marker(0.5, number, "ok") for number in (1, 2, 3)]
    svg = stacked("t", AXIS, [Series("a", (1.0,) * 3, 0)], markers)
    xs = [float(x) for x in re.findall(r'class="flag ok" cx="([\d.]+)"', svg)]
    assert [round(b - a) for a, b in pairwise(xs)] == [24, 24]
    assert len(set(re.findall(r'class="mark ok" d="M([\d.]+)', svg))) == 1


def test_names_do_not_cover_each_other() -> None:
    series = [Series(str(n), (0.2 if n else 1.0,) * 3, n) for n in range(5)]
    series[0] = Series("0", (0.97,) * 3, 0)
    series[1:] = [Series(str(n), (0.0075,) * 3, n) for n in range(1, 5)]
    heights = [
        float(y)
        for y in re.findall(r'class="name" x="[\d.]+" y="([\d.-]+)"', stacked("t", AXIS, series))
    ]
    assert min(b - a for a, b in pairwise(sorted(heights))) >= 15.9
    assert min(heights) >= 12, "and none is cut off"


def test_a_single_day_fills_the_width() -> None:
    day = Axis(["11-01"], [0.0])
    (area,) = points(stacked("t", day, [Series("a", (0.75,), 0)]))
    assert area == [(48.0, 86.5), (704.0, 86.5), (704.0, 274.0), (48.0, 274.0)]
    line = re.search(r'class="line" d="([^"]+)"', banded("t", day, [5.0], (Band(0, 9, "ok", "l"),)))
    assert line
    assert line[1].startswith("M48.0 ")
    assert "L306.0 " in line[1]


def test_a_line_breaks_where_nothing_is_told() -> None:
    bands = (Band(0, 1_000, "ok", "low"), Band(1_000, 4_000, "bad", "high"))
    svg = banded("t", AXIS, [2_000.0, None, 3_000.0], bands)
    ElementTree.fromstring(svg)
    line = re.search(r'class="line" d="([^"]+)"', svg)
    assert line
    assert line[1].count("M") == 2
    assert 'class="last"' in svg


def test_ribbons_fill_their_nodes() -> None:
    periods = [
        ("09", [Node("a", "A", 30, 0), Node("b", "B", 10, 1)]),
        ("10", [Node("a", "A", 25, 0), Node("b", "B", 15, 1)]),
    ]
    moved = {("a", "a"): 20, ("a", "b"): 10, ("b", "a"): 5, ("b", "b"): 5}
    svg = sankey("t", periods, [moved])
    ElementTree.fromstring(svg)
    widths = [float(one) for one in re.findall(r'stroke-width="([\d.]+)"', svg)]
    heights = [float(one) for one in re.findall(r'class="node[^>]+height="([\d.]+)"', svg)]
    assert sum(widths) == pytest.approx(heights[0] + heights[1], abs=0.3)
    assert heights[0] / heights[1] == pytest.approx(3, abs=0.01)
    assert sankey("t", [], []).startswith("<svg")


def test_one_period_alone_is_drawn() -> None:
    assert "100.0%" in stacked("t", Axis(["11"], [0.0]), [Series("a", (1.0,), 0)])
