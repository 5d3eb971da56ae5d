"""The sandbox's rules on both engines: the last word counts, and nothing else changes."""

from changliao.core.ids import MerchantId
from changliao.core.outcome import Refused
from changliao.core.sandbox import (
    EVERYBODY,
    Act,
    AutomaticPayer,
    Faults,
    MoveClock,
    RuleKind,
)
from changliao.operations.clock import ahead_us
from changliao.operations.sandbox import MOVE_CLOCK, SET_RULE, faults_rule, payer_rule
from changliao.store.views import sandbox
from tests.world import World


def test_a_merchants_own_rule_wins_over_everybodys_until_it_is_taken_away(world: World) -> None:
    one, other = MerchantId(world.ids.new()), MerchantId(world.ids.new())
    everybodys = payer_rule(EVERYBODY, AutomaticPayer(Act.SCAN))
    own = payer_rule(one, AutomaticPayer(Act.PAY, 5))
    for rule in (everybodys, own, own):
        assert world.do(SET_RULE, rule) == rule
    with world.engine.reader() as reader:
        assert sandbox.rule(reader, one, RuleKind.PAYER) == own
        assert sandbox.rule(reader, other, RuleKind.PAYER) == everybodys
        assert sandbox.rule(reader, one, RuleKind.FAULTS) is None
    world.do(SET_RULE, payer_rule(one, None))
    with world.engine.reader() as reader:
        assert sandbox.rule(reader, one, RuleKind.PAYER) == everybodys


def test_no_faults_of_ones_own_are_a_rule_too(world: World) -> None:
    one = MerchantId(world.ids.new())
    world.do(SET_RULE, faults_rule(EVERYBODY, Faults(drop=1)))
    clear = faults_rule(one, Faults())
    world.do(SET_RULE, clear)
    with world.engine.reader() as reader:
        assert sandbox.rule(reader, one, RuleKind.FAULTS) == clear


def test_a_clock_that_is_refused_stays_where_it_was(world: World) -> None:
    assert world.do(MOVE_CLOCK, MoveClock(100)) == 100
    before = world.rows()
    assert isinstance(world.do(MOVE_CLOCK, MoveClock(99)), Refused)
    assert world.do(MOVE_CLOCK, MoveClock(100)) == 100
    assert world.rows() == before
    assert world.do(MOVE_CLOCK, MoveClock(101)) == 101
    with world.engine.reader() as reader:
        assert ahead_us(reader) == 101
