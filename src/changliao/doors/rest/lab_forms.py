"""What is asked of the market lab over REST, and what it answers."""

from typing import Annotated, Final

from msgspec import Meta, Struct

_LONGEST: Final = 200_000


class NewLabRun(Struct, frozen=True, forbid_unknown_fields=True):
    """`scenario` is a file of docs/market/scenarios.md as text; empty: the opening story.

    `variant` is one of the file's own. What is left out is as the file says.
    """

    scenario: Annotated[str, Meta(max_length=_LONGEST)] = ""
    variant: Annotated[str, Meta(max_length=64)] = ""
    days: Annotated[int, Meta(ge=1, le=10_000)] | None = None
    users: Annotated[int, Meta(ge=1, le=10_000_000_000)] | None = None
    seed: Annotated[int, Meta(ge=0, le=2**32 - 1)] | None = None


class LabDayShown(Struct, frozen=True):
    """Shares of purchases by platform, concentration by group (HHI), and who boycotts, in a day."""

    day: int
    shares: dict[str, float]
    hhi: float
    boycotting: float


class LabRunShown(Struct, frozen=True):
    """What was played, and the first day, the last and some between."""

    scenario: str
    users: int
    seed: int
    days: list[LabDayShown]
