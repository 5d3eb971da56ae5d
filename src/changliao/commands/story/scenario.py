"""Scenario files: points of a story, each with its steps. TOML; what is misspelt is refused."""

import tomllib
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from changliao.commands.story.acts import Begin, CheckRefused, CheckStanding, GoOn, SetPolicy, Shop
from changliao.commands.story.budget_acts import KeepPact
from changliao.commands.story.channel_acts import Tender, UseChannel
from changliao.commands.story.market_acts import (
    AddMethod,
    FillCart,
    GatherCrowd,
    Merge,
    MoveCrowd,
    OpenStore,
    SellInStore,
    Watch,
)

OPENING: Final = Path(__file__).with_name("opening.toml")
_Rules = SetPolicy | CheckStanding | CheckRefused | Begin | GoOn | UseChannel | Tender
_Crowds = Shop | GatherCrowd | MoveCrowd | KeepPact | Watch
_Stores = OpenStore | Merge | FillCart | SellInStore | AddMethod
Step = _Rules | _Crowds | _Stores


class Point(Struct, frozen=True, forbid_unknown_fields=True):
    """What the story tells in one line, and how it is played."""

    number: int
    title: str
    step: list[Step]


class Scenario(Struct, frozen=True, forbid_unknown_fields=True):
    """A story."""

    title: str
    point: list[Point]


class NoScenario(ValueError):
    """A file that is no scenario; the message says where it goes wrong."""


def read(file: Path) -> Scenario:
    """Read a scenario. Raises NoScenario."""
    try:
        return msgspec.convert(tomllib.loads(file.read_text("utf-8")), Scenario)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise NoScenario(f"{file}: {error}") from error
