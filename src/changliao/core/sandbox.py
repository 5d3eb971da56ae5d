"""The developer sandbox: what goes wrong on purpose, who pays by itself, and its clock.

A rule belongs to one merchant, or to every merchant that has none of its own (EVERYBODY). Nothing
here moves money: simulated people act through the operations that everybody else uses.
"""

from enum import IntEnum, StrEnum
from typing import Annotated, Final

from msgspec import Meta, Struct

from changliao.core.clock import DAY
from changliao.core.ids import MerchantId
from changliao.core.outcome import Reason, Refused

EVERYBODY: Final = MerchantId(0)
FARTHEST: Final = 10 * 365 * DAY


class RuleKind(IntEnum):
    """The number is stored."""

    __hash__ = int.__hash__

    FAULTS = 1
    PAYER = 2
    CLOCK = 3


class Rule(Struct, frozen=True):
    """What one merchant, or everybody, is to meet; an empty body is no rule."""

    merchant_id: MerchantId
    kind: RuleKind
    body: bytes


class Faults(Struct, frozen=True, forbid_unknown_fields=True):
    """What happens to notifications on their way.

    `drop` loses the first so many attempts of each; `duplicate` sends each so many times more;
    `reorder` lets the next notification overtake one.
    """

    delay_ms: Annotated[int, Meta(ge=0, le=600_000)] = 0
    drop: Annotated[int, Meta(ge=0, le=100)] = 0
    duplicate: Annotated[int, Meta(ge=0, le=10)] = 0
    reorder: bool = False


class Plan(Struct, frozen=True):
    """How one attempt is carried out. `copies` 0 is lost on its way; `note` goes into the log."""

    hold_ms: int = 0
    copies: int = 1
    note: str = ""


FAITHFUL: Final = Plan()


def decide_carriage(faults: Faults, attempt: int) -> Plan:
    """What becomes of this attempt, the first being 1."""
    words = [f"held {faults.delay_ms} ms"] if faults.delay_ms else []
    if attempt <= faults.drop:
        words.append("dropped, never sent")
        return Plan(faults.delay_ms, 0, _noted(words))
    if faults.duplicate:
        words.append(f"sent {faults.duplicate + 1} times")
    return Plan(faults.delay_ms, 1 + faults.duplicate, _noted(words))


class Act(StrEnum):
    """What a simulated payer does with an order."""

    SCAN = "scan"
    PAY = "pay"
    WRONG_PIN = "wrong-pin"
    NEVER = "never"
    LATE = "late"


class AutomaticPayer(Struct, frozen=True, forbid_unknown_fields=True):
    """What happens to every new order of a merchant by itself, so long after it was placed."""

    act: Act = Act.PAY
    after_ms: Annotated[int, Meta(ge=0, le=3_600_000)] = 0


class MoveClock(Struct, frozen=True):
    """The sandbox's clock is to be so far ahead of real time. Units: microseconds."""

    ahead_us: int


def decide_moving(ahead_us: int, command: MoveClock) -> int | Refused:
    """How far ahead the clock is from now on. Time only goes forward."""
    if command.ahead_us < ahead_us:
        return Refused(
            Reason.CLOCK_NOT_MOVED,
            "time only goes forward: ids, the journal and payments of the hours that would come "
            "again are already written; begin with a new data folder instead",
        )
    if command.ahead_us > FARTHEST:
        return Refused(Reason.CLOCK_NOT_MOVED, "at most ten years ahead of real time")
    return command.ahead_us


def _noted(words: list[str]) -> str:
    return f"[sandbox: {', '.join(words)}]" if words else ""
