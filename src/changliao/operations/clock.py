"""The sandbox's clock: real time, and how far it was moved ahead.

The distance is kept in the database as a rule, so every process shows the same time: the one that
moves it at once, the others within a second.
"""

from changliao.core.clock import Clock, Instant
from changliao.core.sandbox import EVERYBODY, RuleKind
from changliao.store.engine import Reader
from changliao.store.views import sandbox


class MovableClock:
    """Call it for the time. `real` is the machine's own."""

    def __init__(self, real: Clock) -> None:
        self.real = real
        self.ahead_us = 0

    def __call__(self) -> Instant:
        return Instant(self.real() + self.ahead_us)


def ahead_us(reader: Reader) -> int:
    """How far ahead the clock is."""
    rule = sandbox.rule(reader, EVERYBODY, RuleKind.CLOCK)
    return int(rule.body) if rule else 0
