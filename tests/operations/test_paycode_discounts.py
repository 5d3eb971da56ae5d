"""Subsidies at counters: a small code takes one that is there, and never costs more than asked."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from changliao.core import chart
from changliao.core.budgets import Budget, BudgetEvent
from changliao.core.ids import BudgetId, CouponId, UserId
from changliao.core.money import CNY, Money
from changliao.core.orders import Discount, Order, OrderState
from changliao.core.outcome import Reason
from changliao.core.paycodes import ChargeCode
from changliao.operations import paycodes
from tests.operations.test_basket_discounts import subsidy
from tests.operations.test_budgets import Shop, has
from tests.operations.test_paycodes import LARGE, a_charge, a_code
from tests.world import World, refused


def charging(
    world: World, shop: Shop, user: UserId, off: Discount | None, amount: int = 1_000
) -> ChargeCode:
    """A till of the shop has read a new code."""
    code = a_code(world, user).number
    return replace(a_charge(world, code, amount, merchant_id=shop.id, fee_bps=0), discount=off)


def of(made: Budget, amount: int, coupon: int = 0) -> Discount:
    return Discount(made.owner_id, made.id, amount, CouponId(coupon))


def charge(world: World, *of: Any) -> Any:
    return world.do(paycodes.CHARGE, charging(world, *of))


def test_a_small_code_takes_its_subsidy_and_a_refund_gives_it_back(world: World) -> None:
    shop = Shop(world)
    some, buyer = subsidy(shop), world.user(900)
    asked = charging(world, shop, buyer, of(some, 100))
    paid = world.do(paycodes.CHARGE, asked)
    assert isinstance(paid, Order), paid
    assert (paid.state, paid.discount) == (OrderState.PAID, 100)
    # The same charge again finds it, whatever is offered by then.
    assert world.do(paycodes.CHARGE, replace(asked, discount=None)) == paid
    assert (has(world, buyer), shop.earned(), shop.left(some)) == (0, 10_000, (900, 0))
    world.refund(paid, 1_000)
    assert (has(world, buyer), shop.left(some)) == (900, (1_000, 0))
    world.audit()


@pytest.mark.parametrize("why", ["none", "changed", "paused", "had before", "another's", "coupon"])
def test_what_does_not_fit_is_not_taken_and_the_till_gets_what_it_asked_for(
    world: World, why: str
) -> None:
    shop, other = Shop(world), Shop(world)
    some, buyer = subsidy(shop), world.user(5_000)
    off: Discount | None = of(some, 100)
    match why:
        case "none":
            off = None
        case "changed":
            off = of(some, 99)
        case "paused":
            shop.change(some, BudgetEvent.PAUSE)
        case "had before":
            assert charge(world, shop, buyer, off).discount == 100
        case "another's":
            off = of(subsidy(other), 100)
        case _:
            coupons = shop.budget()
            off = of(coupons, 100, shop.claim(coupons, buyer).id)
    before, left = has(world, buyer), shop.left(some)
    paid = charge(world, shop, buyer, off)
    assert isinstance(paid, Order), paid
    assert (paid.discount, before - has(world, buyer), shop.left(some)) == (0, 1_000, left)
    world.audit()


def test_a_large_code_waits_for_its_page_and_takes_nothing_yet(world: World) -> None:
    shop, buyer = Shop(world), world.user(10 * LARGE)
    some = subsidy(shop)
    waits = charge(world, shop, buyer, of(some, 100), LARGE)
    assert (waits.state, waits.discount, shop.left(some)) == (OrderState.OPEN, 0, (1_000, 0))
    world.audit()


def test_a_refused_charge_takes_nothing(world: World) -> None:
    shop, buyer = Shop(world), world.user(899)
    some = subsidy(shop)
    asked = charging(world, shop, buyer, of(some, 100))
    before = world.rows()
    assert refused(world.do(paycodes.CHARGE, asked), Reason.INSUFFICIENT_FUNDS)
    assert world.rows() == before


def test_tills_that_race_for_a_cap_give_it_away_once_and_all_are_paid(world: World) -> None:
    shop = Shop(world)
    some = subsidy(shop, cap=Money(350, CNY))
    buyers = [world.user(1_000) for _ in range(8)]
    work = [(paycodes.CHARGE, charging(world, shop, one, of(some, 100))) for one in buyers]
    found = world.batch(work)
    assert [one.discount for one in found] == [100] * 3 + [0] * 5
    assert [has(world, one) for one in buyers] == [100] * 3 + [0] * 5
    assert shop.left(some) == (50, 0)
    world.audit()


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20, deadline=None
)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 3_000), st.integers(0, 1), st.sampled_from([0, 1, 100]),
            st.integers(0, 3_000),
        ),
        min_size=1, max_size=6,
    )
)  # fmt: skip
def test_whatever_is_charged_and_refunded_nothing_is_made_or_lost(
    world: World, sales: list[tuple[int, int, int, int]]
) -> None:
    """The buyer, the shop and the budget have together what they had; no till asks for more."""
    shop = Shop(world)
    some = subsidy(shop, most_each=9, id=BudgetId(world.ids.new()))
    buyers = [world.user(4_000) for _ in range(2)]

    def all_of_it() -> int:
        purses = sum(has(world, one) for one in buyers)
        return purses + world.balance(chart.payable(shop.id, CNY)) + sum(shop.left(some))

    had = all_of_it()
    for amount, who, off, back in sales:
        purse = has(world, buyers[who])
        paid = charge(world, shop, buyers[who], of(some, off) if off else None, amount)
        if not isinstance(paid, Order):
            assert refused(paid, Reason.INSUFFICIENT_FUNDS)
            assert has(world, buyers[who]) == purse
            continue
        assert paid.discount in (0, off)
        assert purse - has(world, buyers[who]) == amount - paid.discount
        if back:
            world.refund(paid, min(back, amount))
        assert all_of_it() == had
    world.audit()
