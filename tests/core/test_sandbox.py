"""What the sandbox decides: how a notification travels, and whether its clock moves."""

from typing import Any

import pytest

from changliao.core.clock import HOUR
from changliao.core.outcome import Reason, Refused
from changliao.core.sandbox import (
    FAITHFUL,
    FARTHEST,
    Faults,
    MoveClock,
    Plan,
    decide_carriage,
    decide_moving,
)


@pytest.mark.parametrize(
    ("faults", "attempt", "plan"),
    [
        (Faults(), 1, FAITHFUL),
        (Faults(drop=2), 1, Plan(0, 0, "[sandbox: dropped, never sent]")),
        (Faults(drop=2), 2, Plan(0, 0, "[sandbox: dropped, never sent]")),
        (Faults(drop=2), 3, FAITHFUL),
        (Faults(duplicate=1), 7, Plan(0, 2, "[sandbox: sent 2 times]")),
        (Faults(delay_ms=5), 1, Plan(5, 1, "[sandbox: held 5 ms]")),
        (
            Faults(delay_ms=5, drop=1, duplicate=3),
            1,
            Plan(5, 0, "[sandbox: held 5 ms, dropped, never sent]"),
        ),
        (
            Faults(delay_ms=5, drop=1, duplicate=3),
            2,
            Plan(5, 4, "[sandbox: held 5 ms, sent 4 times]"),
        ),
    ],
)
def test_what_becomes_of_an_attempt(faults: Faults, attempt: int, plan: Plan) -> None:
    assert decide_carriage(faults, attempt) == plan


@pytest.mark.parametrize(
    ("ahead", "wanted", "expected"),
    [
        (0, 0, 0),
        (0, HOUR, HOUR),
        (HOUR, HOUR, HOUR),
        (HOUR, HOUR + 1, HOUR + 1),
        (HOUR, HOUR - 1, None),
        (HOUR, 0, None),
        (0, -1, None),
        (0, FARTHEST, FARTHEST),
        (0, FARTHEST + 1, None),
    ],
)
def test_the_clock_only_goes_forward_and_not_for_ever(
    ahead: int, wanted: int, expected: Any
) -> None:
    outcome = decide_moving(ahead, MoveClock(wanted))
    if expected is None:
        assert isinstance(outcome, Refused)
        assert outcome.reason is Reason.CLOCK_NOT_MOVED
        assert outcome.detail
    else:
        assert outcome == expected
