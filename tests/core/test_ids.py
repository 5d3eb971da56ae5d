from hypothesis import given
from hypothesis import strategies as st

from changliao.core import ids
from changliao.core.clock import MILLISECOND, Instant
from changliao.operations.ids import Ids

NOW = 1_795_500_000_000_000


@given(st.integers(0, (1 << 63) - 1))
def test_an_id_reads_back(number):
    assert ids.parse("ord", ids.show("ord", number)) == number


def test_an_id_of_another_kind_or_length_is_none():
    shown = ids.show("ord", 5)
    assert ids.parse("pay", shown) is None
    assert ids.parse("ord", shown + "0") is None
    assert ids.parse("ord", "ord_" + "U" * 13) is None
    assert ids.parse("ord", "ord_ZZZZZZZZZZZZZ") is None


def test_ids_rise_even_when_the_clock_steps_back():
    time = [Instant(NOW)]
    source = Ids(3, lambda: time[0])
    first = source.new()
    time[0] = Instant(NOW - 5_000_000)
    second = source.take(1000)
    third = source.new()
    assert first < second < third
    assert third > ids.block_end(second, 1000)
    assert {ids.node_of(one) for one in (first, second, third)} == {3}


def test_an_id_is_even_and_tells_its_time_and_sorts_as_text():
    source = Ids(255, lambda: Instant(NOW))
    made = [source.new() for _ in range(20_000)]
    assert all(one % 2 == 0 for one in made)
    assert made == sorted(set(made))
    assert abs(ids.made_at(made[0]) - NOW) <= MILLISECOND
    shown = [ids.show("ord", one) for one in made]
    assert shown == sorted(shown)


def test_two_nodes_never_make_the_same_id():
    one, other = Ids(0, lambda: Instant(NOW)), Ids(1, lambda: Instant(NOW))
    assert not {one.new() for _ in range(5000)} & {other.new() for _ in range(5000)}
