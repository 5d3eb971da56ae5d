"""Scenario files as commands name them, and what is said when they cannot be played."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

from changliao.sim import reading
from changliao.sim.calibration import Impossible
from changliao.sim.check import calibrate
from changliao.sim.facts import NotAQuestion
from changliao.sim.pricing import NoEquilibrium
from changliao.sim.reading import File, Unplayable
from changliao.sim.result import NotThere

STORY: Final = "story"


def as_it_stands(path: str) -> File:
    """As it stands."""
    return reading.parse(reading.story()) if path == STORY else reading.load(Path(path))


def fitted(path: str) -> File:
    """Fitted to its moments, then changed to the variant after a colon."""
    name, _, variant = path.partition(":")
    file, _ = calibrate(as_it_stands(name))
    return file.variant(variant) if variant else file


@contextmanager
def refusals(path: str) -> Iterator[None]:
    """What cannot be played is said with its line; exit 2."""
    try:
        yield
    except Impossible as error:
        text = as_it_stands(path.partition(":")[0]).text
        click.echo(str(reading.unfit(text, error)), err=True)
        sys.exit(2)
    except Unplayable as error:
        for problem in error.problems:
            click.echo(str(problem), err=True)
        sys.exit(2)
    except MemoryError as error:
        click.echo(
            f"{str(error) or 'out of memory'}: have fewer people, or another engine", err=True
        )
        sys.exit(2)
    except (NotThere, NotAQuestion, NoEquilibrium, OSError) as error:
        click.echo(str(error), err=True)
        sys.exit(2)
