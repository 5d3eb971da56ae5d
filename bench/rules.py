"""What limits and risk rules cost a payment: networks that differ in nothing else, in turns.

Counted is processor time of this process and, on PostgreSQL, of the server's process that serves
it: one waits for the other, so their sum is what a batch takes on a machine that has nothing else
to do. Others on the machine only ever make a batch dearer, so the cheapest quarter of the batches
is what is compared; that of every third batch alone says how sure a figure is.
"""

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Any, Final

import click
from rich.console import Console
from rich.table import Table

from bench.results import save
from bench.world import World
from changliao.commands.serve import THRESHOLDS
from changliao.core.clock import HOUR
from changliao.core.ids import RiskRuleId
from changliao.core.limits import Limit, SetLimit
from changliao.core.money import CNY
from changliao.core.risk import RiskAction, Rule, RuleKind
from changliao.core.risk_rules import DecideRule, RuleEvent
from changliao.operations import limits, orders, risk_rules
from changliao.operations.operation import Operation
from tests.postgres import server

WAITING: Final = 256
_PARTS: Final = 3
PLENTY: Final = 10**12
HOUR_MINUTES: Final = 60
# Between what everybody paid before: longer than the window of any rule here.
_APART: Final = 2 * HOUR
_ONE, _OTHER = "mbr_0000000000001", "mbr_0000000000002"


def _limited(world: World) -> None:
    """Everybody has limits, that nobody reaches."""
    limit = Limit(1, per_day=PLENTY, per_year=PLENTY)
    _do(world, limits.SET_LIMIT, SetLimit(CNY.number, limit))


def _rule(kind: RuleKind, **of: Any) -> Callable[[World], None]:
    """A rule that no payment meets."""

    def put_in_force(world: World) -> None:
        rule = Rule(RiskRuleId(world.ids.new()), kind, RiskAction.REFUSE, "bench", _ONE, **of)
        _do(world, risk_rules.DRAFT, rule)
        _do(world, risk_rules.DECIDE, DecideRule(rule.id, RuleEvent.APPROVE, _OTHER))

    return put_in_force


_LARGE: Final = {"currency": CNY.number, "amount": PLENTY}
CASES: Final[dict[str, Callable[[World], None]]] = {
    "limits a day and a year": _limited,
    "a rule on the payment alone": _rule(RuleKind.LARGE, **_LARGE),
    "a rule that counts payments": _rule(RuleKind.MANY_PAYMENTS, count=100, minutes=HOUR_MINUTES),
    "a rule that adds them up": _rule(RuleKind.LARGE_SUM, minutes=HOUR_MINUTES, **_LARGE),
}


Clock = Callable[[], float]


def run(
    engine: str,
    rounds: int,
    only: Sequence[str] = (),
    *,
    merchants: int = 2_000,
    users: int = 10_000,
    before: int = 1,
) -> dict[str, Any]:
    """What each case's batches cost more than those without, in turns."""
    with ExitStack() as stack:
        address, spent_s = stack.enter_context(_databases(engine))
        worlds = {}
        for name, prepare in {"none": lambda world: None, **CASES}.items():
            if name != "none" and only and name not in only:
                continue
            world = worlds[name] = World(address())
            stack.callback(world.close)
            world.ago = (before - 1) * _APART
            world.populate(merchants, users)
            prepare(world)
            for _ in range(before - 1):
                _warm(world)
                world.ago -= _APART
            _warm(world)
        found: dict[str, list[float]] = {name: [] for name in worlds}
        for _ in range(rounds):
            for name, world in worlds.items():
                found[name].append(_costs(world, WAITING, spent_s))
    plain = found.pop("none")
    return {
        "us": _cheapest(plain) / WAITING * 1e6,
        "more": {name: _more(costs, plain) for name, costs in found.items()},
        "thirds": {
            name: sorted(_more(costs[at::_PARTS], plain[at::_PARTS]) for at in range(_PARTS))
            for name, costs in found.items()
        },
    }


def _more(costs: Sequence[float], plain: Sequence[float]) -> float:
    return _cheapest(costs) / _cheapest(plain) - 1


def _cheapest(costs: Sequence[float]) -> float:
    return mean(sorted(costs)[: max(len(costs) // 4, 1)])


def _warm(world: World) -> None:
    """Everybody has paid before, as in a network that lives: the first time is dearer."""
    everybody = world.users
    placed = world.place(len(everybody))
    payments = []
    for one, order in zip(everybody, placed, strict=True):
        world.users = [one]
        payments += world.payments([order])
    world.users = everybody
    world.perform(orders.PAY, payments, WAITING)


def _costs(world: World, many: int, spent_s: Clock) -> float:
    """Seconds of processor time for so many payments."""
    payments = world.payments(world.place(many))
    began = spent_s()
    world.perform(orders.PAY, payments, WAITING)
    return spent_s() - began


@contextmanager
def _databases(engine: str) -> Iterator[tuple[Callable[[], str], Clock]]:
    """Addresses of empty databases, and the processor time spent until now."""
    if engine == "sqlite":
        with TemporaryDirectory(prefix="bench-", dir=Path.cwd()) as folder:
            numbers = count(1)
            yield lambda: f"{folder}/{next(numbers)}.db", time.process_time
        return
    with server(shared_buffers="1GB", max_wal_size="8GB", checkpoint_timeout="15min") as running:
        yield running.database, lambda: time.process_time() + _of_children_s(running.process.pid)


def _of_children_s(pid: int) -> float:
    """Processor time of a process's children. Source: kernel.org, sched-stats, and proc(5)."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return sum(int(Path(f"/proc/{one}/schedstat").read_text().split()[0]) for one in children) / 1e9


def _do(world: World, operation: Operation[Any, Any], command: Any) -> None:
    world.perform(operation, [command], 1)


@click.command()
@click.option("--engine", type=click.Choice(["sqlite", "postgresql"]), multiple=True)
@click.option("--rounds", default=40, show_default=True)
@click.option("--users", default=10_000, show_default=True)
@click.option(
    "--before", default=1, show_default=True, help="How often everybody paid, two hours apart."
)
@click.option("--only", type=click.Choice(list(CASES)), multiple=True)
def main(engine: Sequence[str], rounds: int, users: int, before: int, only: Sequence[str]) -> None:
    """What limits and risk rules cost a payment; both engines by default."""
    gc.set_threshold(*THRESHOLDS)
    for one in engine or ("sqlite", "postgresql"):
        figures = run(one, rounds, only, users=users, before=before)
        table = Table(title=f"{one}: {figures['us']:.0f} µs a payment, and", title_justify="left")
        for heading in ("with", "more", "by thirds"):
            table.add_column(heading, justify="left" if heading == "with" else "right")
        for name, more in figures["more"].items():
            thirds = " ".join(f"{one:.1%}" for one in figures["thirds"][name])
            table.add_row(name, f"{more:.1%}", thirds)
        Console().print(table)
        save(f"rules-{one}", figures)


if __name__ == "__main__":
    main()
