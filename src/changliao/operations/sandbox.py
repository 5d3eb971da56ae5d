"""Setting and reading the sandbox's rules, moving its clock, and keeping its log of requests."""

from collections.abc import Iterable
from typing import Final, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from changliao.core.clock import Instant
from changliao.core.ids import MerchantId
from changliao.core.outcome import Refused
from changliao.core.sandbox import (
    EVERYBODY,
    AutomaticPayer,
    Faults,
    MoveClock,
    Rule,
    RuleKind,
    decide_moving,
)
from changliao.operations.network import Network
from changliao.operations.operation import Operation, Place
from changliao.store.sandbox import RULES, Logged, logged_row
from changliao.store.unit import UnitOfWork
from changliao.store.views import sandbox

F = TypeVar("F")


class LogRequests(Struct, frozen=True):
    """Requests to be kept, and the keys of those that make room."""

    new: tuple[Logged, ...]
    old: tuple[tuple[int, int], ...] = ()


class RequestRecord(Struct, frozen=True, omit_defaults=True):
    """One request as the log keeps it. `causes`: why a signature failed, with facts."""

    at: str
    door: str
    method: str
    target: str
    merchant: str = ""
    status: int = 0
    code: str = ""
    duration_ms: float = 0
    headers: dict[str, str] = {}
    body: str = ""
    answer: str = ""
    causes: tuple[tuple[str, dict[str, str]], ...] = ()
    string_to_sign: str = ""
    our_digest: str = ""
    their_digest: str = ""
    signed_text: str = ""


def read_record(logged: Logged) -> RequestRecord:
    """A logged request, read."""
    return msgspec.json.decode(logged.record, type=RequestRecord)


async def faults(network: Network, merchant_id: MerchantId) -> Faults:
    """What a merchant's notifications are to meet."""
    return await _rule(network, merchant_id, RuleKind.FAULTS, Faults) or Faults()


async def automatic_payer(network: Network, merchant_id: MerchantId) -> AutomaticPayer | None:
    """Who pays a merchant's new orders by itself; None when nobody does."""
    return await _rule(network, merchant_id, RuleKind.PAYER, AutomaticPayer)


def faults_rule(merchant_id: MerchantId, given: Faults) -> Rule:
    """The rule that says so; no faults for a merchant are a rule too."""
    return Rule(merchant_id, RuleKind.FAULTS, msgspec.json.encode(given))


def payer_rule(merchant_id: MerchantId, given: AutomaticPayer | None) -> Rule:
    """The rule that says so; None takes the rule away."""
    body = msgspec.json.encode(given) if given else b""
    return Rule(merchant_id, RuleKind.PAYER, body)


async def _rule(
    network: Network, merchant_id: MerchantId, kind: RuleKind, form: type[F]
) -> F | None:
    found = await network.read(sandbox.rule, merchant_id, kind)
    return msgspec.json.decode(found.body, type=form) if found else None


def _set(tx: UnitOfWork, command: Rule, now: Instant) -> Rule | Refused:
    """The last word counts; the same again is no change."""
    earlier = tx.find(RULES, RULES.key(command))
    if earlier is None:
        tx.insert(RULES, command)
    elif earlier != command:
        tx.update(RULES, command)
    return command


def _move(tx: UnitOfWork, command: MoveClock, now: Instant) -> int | Refused:
    """Set how far ahead the clock is."""
    earlier = tx.find(RULES, (EVERYBODY, int(RuleKind.CLOCK)))
    ahead_us = decide_moving(int(earlier.body) if earlier else 0, command)
    if isinstance(ahead_us, Refused):
        return ahead_us
    moved = Rule(EVERYBODY, RuleKind.CLOCK, b"%d" % ahead_us)
    if earlier is None:
        tx.insert(RULES, moved)
    elif earlier != moved:
        tx.update(RULES, replace(earlier, body=moved.body))
    return ahead_us


def _log(tx: UnitOfWork, command: LogRequests, now: Instant) -> int:
    """Keep what came, and let the oldest go."""
    for one in command.new:
        tx.add("sandbox_requests_insert", logged_row(one))
    for key in command.old:
        tx.add("sandbox_requests_delete", key)
    return len(command.new)


def _rule_keys(command: Rule) -> Iterable[Place]:
    yield RULES, RULES.key(command)


def _clock_keys(command: MoveClock) -> Iterable[Place]:
    yield RULES, (EVERYBODY, int(RuleKind.CLOCK))


SET_RULE: Final = Operation("sandbox.set_rule", _set, _rule_keys)
MOVE_CLOCK: Final = Operation("sandbox.move_clock", _move, _clock_keys)
LOG_REQUESTS: Final = Operation("sandbox.log_requests", _log, lambda command: ())
