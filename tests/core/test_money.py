import pytest
from hypothesis import given
from hypothesis import strategies as st

from changliao.core.money import CNY, CURRENCIES, CurrencyMismatch, Money, plain, portion, split

weights = st.lists(st.integers(0, 10_000), min_size=1, max_size=12).filter(any)


@given(st.integers(0, 10**12), weights)
def test_a_split_loses_nothing_and_nobody_is_off_by_more_than_one_unit(amount, shares):
    parts = split(amount, shares)
    assert sum(parts) == amount
    total = sum(shares)
    for part, share in zip(parts, shares, strict=True):
        assert abs(part * total - amount * share) <= total


def test_the_remainder_goes_to_the_shares_in_their_order():
    assert split(15, [80, 8, 12]) == [13, 1, 1]
    assert split(1, [0, 5, 5]) == [0, 1, 0]
    assert split(10, [1, 1, 1]) == [4, 3, 3]


def test_a_split_needs_a_positive_weight():
    with pytest.raises(ValueError, match="weights"):
        split(10, [0, 0])
    with pytest.raises(ValueError, match="weights"):
        split(10, [2, -1])


@given(st.integers(0, 10**12), st.integers(0, 10_000))
def test_a_portion_is_the_nearest_unit(amount, bps):
    assert abs(portion(amount, bps) * 10_000 - amount * bps) <= 5_000


def test_currencies_never_mix():
    with pytest.raises(CurrencyMismatch):
        Money(1, CNY) + Money(1, CURRENCIES["JPY"])


def test_currencies_with_no_two_and_three_decimals_are_known():
    decimals = {code: CURRENCIES[code].decimals for code in ("JPY", "CNY", "KWD")}
    assert decimals == {"JPY": 0, "CNY": 2, "KWD": 3}


def test_a_plain_number_is_in_the_whole_unit():
    written = [(8_888, "CNY"), (-5, "CNY"), (0, "CNY"), (1_234, "KWD"), (-700, "JPY")]
    shown = [plain(amount, CURRENCIES[code]) for amount, code in written]
    assert shown == ["88.88", "-0.05", "0.00", "1.234", "-700"]
