"""Sixteen-digit numbers: given once, to one party, on each engine."""

import pytest

from changliao.core.numbers import FIRST, GiveNumber, Numbered, candidate, decide_number
from changliao.core.outcome import Reason
from changliao.operations import numbers
from changliao.store.views import numbers as views
from tests.world import World, refused


def test_a_party_gets_one_number_and_keeps_it(world: World) -> None:
    user = world.user()
    given = world.do(numbers.GIVE, GiveNumber(user))
    assert given == Numbered(user, candidate(user, 0))
    assert FIRST <= given.number < FIRST + 10**12
    assert world.do(numbers.GIVE, GiveNumber(user)) == given
    assert world.do(numbers.GIVE, GiveNumber(user, given.number)) == given
    with world.engine.reader() as reader:
        assert views.number_of(reader, user) == given.number
        assert views.party_of(reader, given.number) == user
        assert views.number_of(reader, 5) is None
        assert views.party_of(reader, FIRST) is None


def test_a_merchant_brings_its_own_and_nobody_elses(world: World) -> None:
    own = FIRST + 17
    assert world.do(numbers.GIVE, GiveNumber(1, own)) == Numbered(1, own)
    before = world.rows()
    assert refused(world.do(numbers.GIVE, GiveNumber(2, own)), Reason.MERCHANT_TAKEN)
    assert refused(world.do(numbers.GIVE, GiveNumber(1, own + 1)), Reason.MERCHANT_TAKEN)
    assert world.rows() == before


def test_a_number_that_is_taken_gives_way_to_the_next(world: World) -> None:
    user = world.user()
    world.do(numbers.GIVE, GiveNumber(1, candidate(user, 0)))
    assert world.do(numbers.GIVE, GiveNumber(user)) == Numbered(user, candidate(user, 1))


def test_many_asking_in_one_batch_get_one_answer(world: World) -> None:
    user = world.user()
    answers = world.batch([(numbers.GIVE, GiveNumber(user))] * 3)
    assert answers == [Numbered(user, candidate(user, 0))] * 3


@pytest.mark.parametrize("number", [0, 7])
def test_what_is_known_decides(number: int) -> None:
    known = Numbered(1, 7)
    assert decide_number(GiveNumber(1, number), known, None) is known
