"""Benchmarks still run: a column that came would break them unnoticed until somebody measures."""

import pytest

from bench import committer, growth, rules, switch
from bench.world import World, database
from changliao.operations import orders

ENGINES = pytest.mark.parametrize("engine", ["sqlite", "postgresql"])


@ENGINES
def test_growth_runs(engine: str) -> None:
    figures = growth.run(engine, (64, 128), measured=32)
    assert set(figures["sizes"]) == {64, 128}
    assert all(one["sales_per_s"] > 0 for one in figures["sizes"].values())


@ENGINES
def test_the_committer_plain_and_bare_pay_the_same(engine: str) -> None:
    with database(engine) as address:
        world = World(address)
        world.populate(4, 8)
        payments = world.payments(world.place(16))
        assert world.perform(orders.PAY, payments, 8) > 0
        assert committer.plain_rate(world, 1, hot=False) > 0
        assert committer.bare_rate(world, 16, 8, hot=True) > 0
        world.close()


@ENGINES
def test_a_method_is_suspended_under_load_at_the_stated_moment(engine: str) -> None:
    for figures in switch.run(engine, payers=16, waiting=8).values():
        assert figures["attempts"] > 100


@ENGINES
def test_limits_and_rules_are_measured(engine: str) -> None:
    figures = rules.run(engine, 3, merchants=4, users=64)
    assert figures["us"] > 0
    assert set(figures["more"]) == set(rules.CASES)
