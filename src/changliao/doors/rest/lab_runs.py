"""One scenario played for a caller. It needs NumPy: import it when it is asked for."""

import threading
import time
from collections.abc import Callable
from typing import Final

from changliao.core.outcome import Reason
from changliao.doors.rest.errors import Problem
from changliao.doors.rest.lab_forms import LabDayShown, LabRunShown, NewLabRun
from changliao.sim import reading
from changliao.sim.calibration import Impossible
from changliao.sim.check import calibrate
from changliao.sim.facts import NotAQuestion
from changliao.sim.lab import run
from changliao.sim.reading import Unplayable
from changliao.sim.result import NotThere, Result, milestones

WITHIN_S: Final = 2.0
_one = threading.Lock()


def played(asked: NewLabRun) -> LabRunShown:
    """Raises Problem: wrong scenario, too long, or another run is not over."""
    if not _one.acquire(blocking=False):
        raise Problem(Reason.BUSY.value, "another run is not over: try again")
    try:
        return _shown(_played(asked))
    except Impossible as error:
        said = reading.unfit(asked.scenario or reading.story(), error)
        raise Problem("malformed", str(said), "scenario") from error
    except (Unplayable, NotThere, NotAQuestion) as error:
        raise Problem("malformed", str(error), "scenario") from error
    finally:
        _one.release()


def _played(asked: NewLabRun) -> Result:
    progress = _within(time.thread_time() + WITHIN_S)
    file, _ = calibrate(reading.parse(asked.scenario or reading.story(), progress), progress)
    if asked.variant:
        file = file.variant(asked.variant)
    about = file.scenario.about
    return run(
        file.scenario, engine="cells", people=asked.users or 0, seed=asked.seed or 0,
        days=min(asked.days or about.days, about.days), progress=progress,
    )  # fmt: skip


def _within(deadline: float) -> Callable[[int], None]:
    """Of the processor's time: who else is busy on this machine shortens nobody's run."""

    def look(day: int) -> None:
        if time.thread_time() > deadline:
            at = f"after day {day}" if day else "before the first day"
            said = f"more than {WITHIN_S:g} seconds of work {at}: ask for fewer days"
            raise Problem("malformed", said, "days")

    return look


def _shown(result: Result) -> LabRunShown:
    days = [
        LabDayShown(
            day,
            {name: float(result.share(name, day)) for name in result.platforms},
            float(result.hhi(day)),
            float(result.boycott(day)),
        )
        for day in milestones(result.days)
    ]
    return LabRunShown(result.scenario, result.people, result.seed, days)
