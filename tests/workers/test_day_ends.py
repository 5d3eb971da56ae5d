"""When a day is over, where each merchant's account stood is kept, once."""

import asyncio

import pytest

from changliao.core import chart
from changliao.core.bills import SETTLING, Day, day_of, ends_at
from changliao.core.clock import DAY, Instant
from changliao.core.money import CNY
from changliao.core.parties import Merchant
from changliao.operations.network import Network
from changliao.operations.parties import CREATE_MERCHANT
from changliao.operations.vault import Vault
from changliao.workers import day_ends
from tests.world import World


def sold(world: World, name: str, amount: int) -> None:
    """A merchant who sold something today."""
    merchant = Merchant(world.merchant, name, name, 60, b"", world.now)
    assert world.do(CREATE_MERCHANT, merchant) == merchant
    world.pay(world.place(amount, fee_bps=0), world.user(amount))


def kept(world: World, day: Day) -> int:
    """Run the worker's step beside the world's own process."""

    async def scene() -> int:
        network = Network(world.engine, lambda: world.now, Vault(bytes(32)), 99)
        await network.start()
        try:
            return await day_ends.keep(network, day)
        finally:
            await asyncio.to_thread(network.committer.close)

    return asyncio.run(scene())


def test_every_account_that_moved_is_kept_and_again_nothing_changes(world: World) -> None:
    today = day_of(world.now)
    sold(world, "1", 700)
    first, world.merchant = world.merchant, type(world.merchant)(world.ids.new())
    sold(world, "2", 900)
    world.now = Instant(world.now + DAY)
    assert kept(world, today) == 2
    rows = world.rows()["day_ends"]
    book = chart.payable(first, CNY).book
    assert [(row[0], row[1], row[2], row[4]) for row in rows] == [
        (first, book, today, 700),
        (world.merchant, book, today, 900),
    ]
    assert kept(world, today) == 2
    assert world.rows()["day_ends"] == rows


def test_a_day_in_which_nothing_moved_is_not_kept(sqlite_world: World) -> None:
    sold(sqlite_world, "1", 700)
    tomorrow = Day(day_of(sqlite_world.now) + 1)
    sqlite_world.now = Instant(sqlite_world.now + 2 * DAY)
    assert kept(sqlite_world, tomorrow) == 0
    assert sqlite_world.rows()["day_ends"] == []


def test_a_day_that_is_not_over_is_never_kept(sqlite_world: World) -> None:
    today = day_of(sqlite_world.now)
    sqlite_world.now = Instant(ends_at(today) + SETTLING - 1)
    assert day_ends.last_over(sqlite_world.now) == today - 1
    with pytest.raises(ValueError, match="not over"):
        kept(sqlite_world, today)
    sqlite_world.now = Instant(sqlite_world.now + 1)
    assert day_ends.last_over(sqlite_world.now) == today
