"""Benchmark 1: the committer against one transaction a payment, and against bare writing."""

import asyncio
import gc
import threading
import time
from collections.abc import Sequence
from typing import Any

import click
import uvloop
from rich.console import Console
from rich.table import Table

from bench import plain
from bench.results import save
from bench.world import World, batches, database, now
from changliao.commands.serve import THRESHOLDS
from changliao.operations import orders
from changliao.operations.network import Network
from changliao.operations.vault import Vault

SIZES = (1, 16, 256, 1024)
MERCHANTS = 10_000
USERS = 10_000
ROUNDS = 5
CONNECTIONS = (1, 4, 8)
LONE_NODE = 200


def run(engine: str) -> dict[str, Any]:
    """All figures for one engine; every ratio is the median of rounds in this one run."""
    with database(engine) as address:
        world = World(address)
        world.populate(MERCHANTS, USERS)
        warm(world)
        figures = {
            "engine": engine,
            "spread": compare(world, hot=False),
            "hot": compare(world, hot=True),
            "lone": lone(world),
        }
        world.close()
    return figures


def warm(world: World) -> None:
    """Every merchant's accounts are there, as they are in a network that lives."""
    placed = []
    merchants = world.merchants
    for merchant_id in merchants:
        world.merchants = [merchant_id]
        placed += world.orders(1)
    world.merchants = merchants
    world.perform(orders.PLACE, placed, 1024)
    world.perform(orders.PAY, world.payments(placed), 1024)


def compare(world: World, *, hot: bool) -> dict[str, Any]:
    """Payments a second: plain (best number of connections), committer by size, bare by size."""
    rounds: list[dict[str, float]] = []
    for _ in range(ROUNDS):
        figures = {}
        for connections in CONNECTIONS if world.engine.name == "postgresql" else (1,):
            figures[f"plain {connections}"] = plain_rate(world, connections, hot=hot)
        for size in SIZES:
            count = min(4 * size + 96, 4096)
            payments = world.payments(world.place(count, hot=hot))
            figures[f"committer {size}"] = count / world.perform(orders.PAY, payments, size)
            figures[f"bare {size}"] = bare_rate(world, count, size, hot=hot)
        rounds.append(figures)
    names = rounds[0]
    middle = {name: sorted(one[name] for one in rounds)[ROUNDS // 2] for name in names}
    best = max((name for name in names if name.startswith("plain")), key=lambda one: middle[one])
    ratio = {
        f"committer/plain {size}": ratio_of(rounds, f"committer {size}", best) for size in SIZES
    }
    ratio |= {
        f"committer/bare {size}": ratio_of(rounds, f"committer {size}", f"bare {size}")
        for size in SIZES
    }
    return {"per_second": middle, "best_plain": best, "ratio": ratio}


def ratio_of(rounds: list[dict[str, float]], above: str, below: str) -> float:
    return sorted(one[above] / one[below] for one in rounds)[len(rounds) // 2]


def plain_rate(world: World, connections: int, *, hot: bool) -> float:
    """One transaction a payment from this many connections at once."""
    count = 600
    payments = world.payments(world.place(count, hot=hot))
    sessions = [world.engine.session() for _ in range(connections)]

    def work(place: int) -> None:
        for command in payments[place::connections]:
            plain.pay(sessions[place], world, command)

    threads = [threading.Thread(target=work, args=(place,)) for place in range(connections)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = time.perf_counter() - began
    for session in sessions:
        session.close()
    return count / taken


def bare_rate(world: World, count: int, size: int, *, hot: bool) -> float:
    """The same rows with nothing decided."""
    payments = world.payments(world.place(count, hot=hot))
    session = world.engine.session()
    prepared = [
        plain.work(batch, world.ids.take(2 * len(batch))) for batch in batches(payments, size)
    ]
    began = time.perf_counter()
    for statements in prepared:
        session.begin([])
        session.write(statements)
        session.commit([])
    taken = time.perf_counter() - began
    session.close()
    return count / taken


def lone(world: World) -> dict[str, float]:
    """One caller that waits for each answer, against one plain transaction after the other."""
    count = 300
    payments = world.payments(world.place(2 * count))
    session = world.engine.session()
    plain_us, ours_us = [], []

    async def both() -> None:
        network = Network(world.engine, now, Vault(bytes(32)), LONE_NODE)
        await network.start()
        for mine, theirs in zip(payments[:count], payments[count:], strict=True):
            began = time.perf_counter()
            plain.pay(session, world, theirs)
            plain_us.append((time.perf_counter() - began) * 1e6)
            began = time.perf_counter()
            await network.perform(orders.PAY, mine)
            ours_us.append((time.perf_counter() - began) * 1e6)
        await asyncio.to_thread(network.committer.close)

    uvloop.run(both())  # the loop that `changliao serve` runs on
    session.close()
    ratios = sorted(ours / theirs for ours, theirs in zip(ours_us, plain_us, strict=True))
    middle = count // 2
    return {
        "plain_us": sorted(plain_us)[middle],
        "perform_us": sorted(ours_us)[middle],
        "ratio": ratios[middle],
    }


def show(figures: dict[str, Any]) -> None:
    console = Console()
    for kind in ("spread", "hot"):
        table = Table(title=f"{figures['engine']}, {kind}: payments a second", title_justify="left")
        for heading in ("waiting", "committer", "× plain", "bare", "of bare"):
            table.add_column(heading, justify="right")
        rates, ratio = figures[kind]["per_second"], figures[kind]["ratio"]
        for size in SIZES:
            table.add_row(
                f"{size:,}",
                f"{rates[f'committer {size}']:,.0f}",
                f"{ratio[f'committer/plain {size}']:.1f}",
                f"{rates[f'bare {size}']:,.0f}",
                f"{ratio[f'committer/bare {size}']:.0%}",
            )
        console.print(table)
        best = figures[kind]["best_plain"]
        console.print(f"plain: {rates[best]:,.0f} a second with {best.split()[1]} connections")
    alone = figures["lone"]
    console.print(
        f"lone command: {alone['perform_us']:.0f} µs, plain {alone['plain_us']:.0f} µs, "
        f"ratio {alone['ratio']:.2f}"
    )


@click.command()
@click.option("--engine", type=click.Choice(["sqlite", "postgresql"]), multiple=True)
def main(engine: Sequence[str]) -> None:
    """The committer's figures; both engines by default."""
    gc.set_threshold(*THRESHOLDS)
    for one in engine or ("sqlite", "postgresql"):
        figures = run(one)
        show(figures)
        save(f"committer-{one}", figures)


if __name__ == "__main__":
    main()
