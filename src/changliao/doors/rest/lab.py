"""The market lab over REST: play a scenario, and read who then has what.

It is played at once, on drawn counts of people, within two seconds, one run at a time: what takes
longer is for `changliao market lab run`. Nothing here touches the network's own payments.
"""

from types import ModuleType
from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from changliao.doors.rest.call import Call, Door
from changliao.doors.rest.endpoint import Endpoint, Who
from changliao.doors.rest.fields import Nothing

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


async def play(door: Door, call: Call[NewLabRun, Nothing]) -> LabRunShown:
    """Play a market scenario and show who has what.

    The same scenario, users and seed give the same answer. `malformed` says in which line the
    scenario is wrong and what to do, or that it takes longer than two seconds; `busy` that
    somebody else's run is not over yet.
    """
    runs = await door.network.in_thread(_runs)
    return await door.network.in_thread(lambda: runs.played(call.form))


def _runs() -> ModuleType:
    from changliao.doors.rest import lab_runs  # noqa: PLC0415 it needs NumPy

    return lab_runs


ENDPOINTS: Final[tuple[Endpoint[Any, Any], ...]] = (
    Endpoint(
        "POST", "/market/lab/runs", play, Who.OPERATOR, NewLabRun, Nothing, LabRunShown,
        repeats=True,
    ),
)  # fmt: skip
