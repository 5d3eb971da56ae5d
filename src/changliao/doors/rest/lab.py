"""The market lab over REST: play a scenario, and read who then has what.

It is played at once, on drawn counts of people, in two seconds of work, one run at a time: what
takes longer is for `changliao market lab run`. Nothing here touches the network's own payments.
"""

from types import ModuleType
from typing import Any, Final

from changliao.core.members import Right
from changliao.doors.rest.call import Call, Door
from changliao.doors.rest.endpoint import Endpoint, Who
from changliao.doors.rest.fields import Nothing
from changliao.doors.rest.lab_forms import LabRunShown, NewLabRun


async def play(door: Door, call: Call[NewLabRun, Nothing]) -> LabRunShown:
    """Play a market scenario and show who has what.

    The same scenario, users and seed give the same answer. `malformed` says in which line the
    scenario is wrong and what to do, or that it takes more than two seconds of work; `busy` that
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
        repeats=True, right=Right.LOOK,
    ),
)  # fmt: skip
