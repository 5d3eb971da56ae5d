"""Benchmark 5: a platform suspends the network's own method while it is paid as fast as it goes.

Every answer is checked against the stated moment: none before it is refused for it, none after it
is taken, orders placed before it are paid still where the policy says so, and stop where it says
so. The figure is how late answers are around the moment against how late they were before it.
"""

import asyncio
import gc
from collections.abc import Sequence
from typing import Any, Final

import click
import uvloop
from msgspec import Struct
from rich.console import Console

from bench.results import save
from bench.world import World, database, now
from changliao.commands.serve import THRESHOLDS
from changliao.core.acceptance import (
    OWN_METHOD,
    Accepting,
    ApproveDraft,
    Cell,
    Draft,
    UnderWay,
)
from changliao.core.clock import NEVER, Instant
from changliao.core.ids import MerchantId, PolicyDraftId, made_at
from changliao.core.orders import Order
from changliao.core.outcome import Reason, Refused
from changliao.core.parties import Merchant
from changliao.operations import acceptance, orders, parties
from changliao.operations.audit import check
from changliao.operations.network import Network
from changliao.operations.vault import Vault
from changliao.store.engines import open_engine

NODE: Final = 201
# How long before and after the moment is looked at. Units: microseconds.
BEFORE_US: Final = 1_500_000
AROUND_US: Final = 500_000
LASTS_S: Final = 1.5


class Answered(Struct, frozen=True):
    """One attempt to pay: when it began and was answered, and what the answer was."""

    placed_at: Instant
    began: Instant
    answered: Instant
    outcome: Order | Refused


def run(engine: str, payers: int = 256, waiting: int = 200, times: int = 1) -> dict[str, Any]:
    """Both policies in turns, of each the run in the middle with all ratios.

    Raises AssertionError for an answer that is wrong.
    """
    found: dict[str, list[dict[str, Any]]] = {policy.name.lower(): [] for policy in UnderWay}
    for _ in range(times):
        for policy in UnderWay:
            figures = uvloop.run(_switch(engine, policy, payers, waiting))
            found[policy.name.lower()].append(figures)
    return {name: _middle(runs) for name, runs in found.items()}


def _middle(runs: list[dict[str, Any]]) -> dict[str, Any]:
    ordered = sorted(runs, key=lambda one: one["ratio"] or 0.0)
    attempts = sum(one["attempts"] for one in runs)
    ratios = [one["ratio"] for one in ordered]
    return ordered[len(ordered) // 2] | {"attempts": attempts, "ratios": ratios}


async def _switch(engine: str, policy: UnderWay, payers: int, waiting: int) -> dict[str, Any]:
    with database(engine) as address:
        world = World(address)
        world.populate(1, payers)
        seller = MerchantId(world.ids.new())
        merchant = Merchant(seller, "1900000199", "s", 60, b"", now())
        world.perform(parties.CREATE_MERCHANT, [merchant], 1)
        world.merchants = [seller]
        open_ones = world.place(waiting)
        network = Network(open_engine(address), now, Vault(bytes(32)), NODE)
        await network.start()
        answers: list[Answered] = []
        over = asyncio.Event()
        busy = [asyncio.create_task(_buy(network, world, answers, over)) for _ in range(payers)]
        await asyncio.sleep(0.5)
        starts_at = await _suspend(network, world, seller, policy)
        await asyncio.sleep(max(starts_at - now(), 0) / 1e6 + LASTS_S)
        late = [await _pay(network, world, one) for one in open_ones]
        over.set()
        await asyncio.gather(*busy)
        _judge(answers, late, starts_at, policy)
        with world.engine.snapshot() as reader:
            fault = check(reader).fault
        if fault is not None:
            raise AssertionError(fault)
        figures = _figures(answers, starts_at)
        await network.close()
        world.close()
        return figures


async def _buy(
    network: Network, world: World, answers: list[Answered], over: asyncio.Event
) -> None:
    while not over.is_set():
        (placing,) = world.orders(1)
        placed = await network.perform(orders.PLACE, placing)
        if isinstance(placed, Refused):
            if placed.reason is not Reason.METHOD_SUSPENDED:
                raise AssertionError(placed)
            # Nothing can be placed any more: what waits are the orders that were.
            await asyncio.sleep(0.01)
            continue
        answers.append(await _pay(network, world, placing))


async def _pay(network: Network, world: World, placing: Any) -> Answered:
    (payment,) = world.payments([placing])
    began = now()
    outcome = await network.perform(orders.PAY, payment)
    return Answered(made_at(placing.order.id), began, now(), outcome)


async def _suspend(network: Network, world: World, seller: MerchantId, policy: UnderWay) -> Instant:
    draft = Draft(
        id=PolicyDraftId(world.ids.new()),
        platform_id=seller,
        cells=tuple(Cell(OWN_METHOD, terminal, Accepting.SUSPENDED) for terminal in range(1, 6)),
        starts_at=NEVER,
        ends_at=NEVER,
        under_way=policy,
        reason="security",
        drafted_by="mbr_000000000000A",
    )
    await network.perform(acceptance.DRAFT, draft)
    match await network.perform(acceptance.APPROVE, ApproveDraft(draft.id, "mbr_000000000000B")):
        case Draft(starts_at=starts_at):
            return starts_at
        case refused:
            raise AssertionError(refused)


def _judge(
    answers: Sequence[Answered], late: Sequence[Answered], starts_at: Instant, policy: UnderWay
) -> None:
    """Every answer is right by the stated moment. Raises AssertionError."""
    finishes = policy is UnderWay.FINISH
    for one in [*answers, *late]:
        shown = f"{policy.name} from {starts_at}: {one}"
        if isinstance(one.outcome, Refused):
            if one.outcome.reason is not Reason.METHOD_SUSPENDED or one.answered < starts_at:
                raise AssertionError(f"lost before the moment: {shown}")
            if finishes and one.placed_at < starts_at:
                raise AssertionError(f"not finished: {shown}")
        elif one.outcome.paid_at >= starts_at and not (finishes and one.placed_at < starts_at):
            raise AssertionError(f"taken after the moment: {shown}")
    paid = [isinstance(one.outcome, Order) for one in late]
    if not late or any(one is not finishes for one in paid):
        raise AssertionError(f"{policy.name}: of {len(paid)} open orders {sum(paid)} were paid")


def _figures(answers: Sequence[Answered], starts_at: Instant) -> dict[str, Any]:
    before = _late(answers, starts_at - BEFORE_US, starts_at - AROUND_US)
    around = _late(answers, starts_at - AROUND_US, starts_at + AROUND_US)
    return {
        "attempts": len(answers),
        "per_second": len(before) / (BEFORE_US - AROUND_US) * 1e6,
        "p99_before_ms": _p99(before),
        "p99_around_ms": _p99(around),
        "ratio": _p99(around) / _p99(before) if before and around else None,
    }


def _late(answers: Sequence[Answered], since: int, until: int) -> list[float]:
    return sorted(
        (one.answered - one.began) / 1000 for one in answers if since <= one.began < until
    )


def _p99(sorted_ms: Sequence[float]) -> float:
    return sorted_ms[int(0.99 * (len(sorted_ms) - 1))] if sorted_ms else 0.0


def show(engine: str, figures: dict[str, Any]) -> None:
    console = Console()
    for policy, one in figures.items():
        ratio = f"{one['ratio']:.2f}" if one["ratio"] else "–"
        all_of_them = " ".join(f"{each:.2f}" if each else "–" for each in one["ratios"])
        console.print(
            f"{engine}, {policy}: {one['per_second']:,.0f} payments a second before the switch, "
            f"p99 {one['p99_before_ms']:.1f} ms, around it {one['p99_around_ms']:.1f} ms: "
            f"{ratio} times (all runs: {all_of_them}); "
            f"{one['attempts']:,} attempts, each answered rightly"
        )


@click.command()
@click.option("--engine", type=click.Choice(["sqlite", "postgresql"]), multiple=True)
@click.option("--times", default=5, show_default=True, help="Runs of each policy.")
def main(engine: Sequence[str], times: int) -> None:
    """A method is suspended under load; both engines by default."""
    gc.set_threshold(*THRESHOLDS)
    for one in engine or ("sqlite", "postgresql"):
        figures = run(one, times=times)
        show(one, figures)
        save(f"switch-{one}", figures)


if __name__ == "__main__":
    main()
