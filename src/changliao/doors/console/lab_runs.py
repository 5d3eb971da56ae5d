"""The opening story's scenario and its variants, played once each and kept: for the lab's page.

Everything is on the expected path, so the same is found every time. It needs NumPy, which takes its
time: import it when it is asked for.
"""

from functools import cache

from msgspec import Struct

from changliao.sim import reading
from changliao.sim.check import calibrate, check
from changliao.sim.lab import run
from changliao.sim.reading import File

STORY = "story"


class Happened(Struct, frozen=True):
    """An event of a scenario, by its number; `kind` is the file's word."""

    number: int
    day: int
    kind: str
    quote: str
    restricts: bool


class Run(Struct, frozen=True):
    """Shares of purchases by platform and day, concentration of groups, and what happened."""

    name: str
    days: tuple[int, ...]
    shares: dict[str, tuple[float, ...]]
    hhi: tuple[float, ...]
    boycott: tuple[float, ...]
    events: tuple[Happened, ...]


class Told(Struct, frozen=True):
    """A fact of the story: was it given, and does the model say so?"""

    id: str
    quote: str
    given: bool
    holds: bool


@cache
def variants() -> tuple[str, ...]:
    """The story, and what else its file plays."""
    return (STORY, *(one.id for one in _story().scenario.market.variant))


@cache
def played(name: str, days: int) -> Run:
    """The first so many days of the story or of a variant.

    Shown are the first, the last and about sixty between.
    """
    file = _story() if name == STORY else _story().variant(name)
    result = run(file.scenario, days=days)
    shown = tuple(sorted({1, *range(days, 0, -max(1, days // 60))}))
    return Run(
        name,
        shown,
        {
            platform: tuple(float(result.shares[day - 1, place]) for day in shown)
            for place, platform in enumerate(result.platforms)
        },
        tuple(result.hhi(day) for day in shown),
        tuple(result.boycott(day) for day in shown),
        tuple(
            Happened(
                number, one.day, str(type(one).__struct_config__.tag), one.quote,
                str(type(one).__struct_config__.tag) in ("ban", "suspend", "outrage", "exit"),
            )
            for number, one in enumerate(file.scenario.market.event, 1)
            if one.day <= days
        ),
    )  # fmt: skip


@cache
def told() -> tuple[Told, ...]:
    """Every fact of the story."""
    report = check(reading.parse(reading.story()), sensitivity=False)
    return tuple(
        Told(one.fact.id, one.fact.quote, one.fact.given, one.holds) for one in report.answers
    )


@cache
def _story() -> File:
    """Fitted to its moments."""
    fitted, _ = calibrate(reading.parse(reading.story()))
    return fitted
