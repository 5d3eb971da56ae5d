"""Discounts in baskets: each part has its own budget, all of them are taken or none."""

import threading
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from changliao.core import chart
from changliao.core.baskets import Basket, Filled, PayBasket, PlaceBasket
from changliao.core.budgets import Budget, BudgetEvent, BudgetKind
from changliao.core.ids import BasketId, CouponId, UserId
from changliao.core.money import CNY, Money
from changliao.core.orders import Discount
from changliao.core.outcome import Reason, Refused
from changliao.operations import baskets
from tests.operations import test_baskets as together
from tests.operations.test_budgets import Shop, has
from tests.world import World, refused

Wanted = tuple[Budget, int, int] | None


def cart(world: World, *parts: tuple[Shop, int]) -> Filled:
    """A basket of one order of each shop."""
    basket_id = BasketId(world.ids.new())
    placings = tuple(
        world.an_order(price, merchant_id=shop.id, basket_id=basket_id, notifies=False, fee_bps=0)
        for shop, price in parts
    )
    basket = Basket(
        id=basket_id,
        merchant_id=world.merchant,
        reference=f"B{basket_id}",
        amount=Money(sum(price for _, price in parts), CNY),
        digest=b"0123456789abcdef",
        members=tuple((one.order.merchant_id, one.order.id) for one in placings),
    )
    filled = world.do(baskets.PLACE, PlaceBasket(basket, placings))
    assert isinstance(filled, Filled), filled
    return filled


def payment(world: World, filled: Filled, payer: UserId, *wanted: Wanted) -> PayBasket:
    discounts = tuple(
        Discount(one[0].owner_id, one[0].id, one[1], CouponId(one[2])) if one else None
        for one in wanted
    )
    return replace(together.a_payment(world, filled, payer), discounts=discounts)


def pay(world: World, filled: Filled, payer: UserId, *wanted: Wanted) -> Any:
    return world.do(baskets.PAY, payment(world, filled, payer, *wanted))


def subsidy(shop: Shop, face: int = 100, **changes: Any) -> Budget:
    made = shop.budget(kind=BudgetKind.SUBSIDY, face=face, **({"threshold": 0} | changes))
    assert isinstance(made, Budget), made
    return made


def test_each_part_is_paid_from_its_budget_and_returns_its_own(world: World) -> None:
    shops = [Shop(world) for _ in range(3)]
    coupons, some = shops[0].budget(), subsidy(shops[1], 50)
    buyer = world.user(2_350)
    coupon = shops[0].claim(coupons, buyer)
    filled = cart(world, (shops[0], 1_000), (shops[1], 1_000), (shops[2], 500))
    command = payment(world, filled, buyer, (coupons, 100, coupon.id), (some, 50, 0), None)
    paid = world.do(baskets.PAY, command)
    assert isinstance(paid, Filled), paid
    assert world.do(baskets.PAY, command) == paid
    assert [one.discount for one in paid.orders] == [100, 50, 0]
    assert has(world, buyer) == 0
    assert [one.earned() for one in shops] == [10_000, 10_000, 10_500]
    # A third of one part, then all of it: only this part's budget has its share back.
    world.refund(paid.orders[1], 333)
    assert (has(world, buyer), shops[1].left(some)) == (333 - 16, (966, 0))
    world.refund(paid.orders[1], 667)
    assert (has(world, buyer), shops[1].left(some)) == (950, (1_000, 0))
    assert shops[0].left(coupons) == (900, 0)
    world.refund(paid.orders[0], 1_000)
    assert (has(world, buyer), shops[0].left(coupons)) == (1_850, (1_000, 0))
    world.audit()


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("changed", Reason.AMOUNT_CHANGED),
        ("twice", Reason.BUDGET_TAKEN),
        ("had before", Reason.BUDGET_TAKEN),
        ("another shop", Reason.BUDGET_UNSUITED),
        ("paused", Reason.BUDGET_PAUSED),
        ("one too few", Reason.BASKET_INCOMPLETE),
        ("short", Reason.INSUFFICIENT_FUNDS),
    ],
)
def test_one_part_that_does_not_fit_refuses_all_and_nothing_moves(
    world: World, what: str, reason: Reason
) -> None:
    shop, other = Shop(world), Shop(world)
    good, bad = subsidy(shop), subsidy(other)
    buyer = world.user(5_000 if what != "short" else 1_799)
    wanted: list[Wanted] = [(good, 100, 0), (bad, 100, 0)]
    match what:
        case "changed":
            wanted[1] = (bad, 99, 0)
        case "twice":
            wanted[1] = (good, 100, 0)
        case "had before":
            assert other.buy(buyer, bad, 100).discount == 100
        case "another shop":
            wanted.reverse()
        case "paused":
            other.change(bad, BudgetEvent.PAUSE)
        case "one too few":
            del wanted[1]
        case _:
            pass
    filled = cart(world, (shop, 1_000), (other, 1_000))
    before = world.rows()
    assert refused(pay(world, filled, buyer, *wanted), reason)
    changed = {name for name, rows in world.rows().items() if rows != before[name]}
    assert changed <= {"payments", "journal"}
    world.audit()


@given(
    prices=st.lists(st.integers(2, 5_000), min_size=1, max_size=4),
    faces=st.lists(st.integers(0, 700), min_size=4, max_size=4),
    refunds=st.lists(st.tuples(st.integers(0, 3), st.integers(1, 3_000)), max_size=8),
)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_budgets_and_people_have_back_what_they_gave(
    sqlite_world: World, prices: list[int], faces: list[int], refunds: list[tuple[int, int]]
) -> None:
    """Whatever is refunded of which part, in the end everybody has what they had."""
    world = sqlite_world
    shops = [Shop(world) for _ in prices]
    made = [subsidy(shop, face) if face else None for shop, face in zip(shops, faces, strict=False)]
    off = [min(face, price - 1) for price, face in zip(prices, faces, strict=False)]
    buyer = world.user(sum(prices))
    filled = cart(world, *zip(shops, prices, strict=True))
    wanted = [(one, much, 0) if one else None for one, much in zip(made, off, strict=True)]
    paid = pay(world, filled, buyer, *wanted)
    assert isinstance(paid, Filled), paid
    given_off = [much if one else 0 for one, much in zip(made, off, strict=True)]
    assert has(world, buyer) == sum(given_off)
    back = [0] * len(prices)
    for number, most in [*refunds, *((place, 10**6) for place in range(len(prices)))]:
        place = number % len(prices)
        part = min(most, prices[place] - back[place])
        if part:
            assert not isinstance(world.refund(paid.orders[place], part), Refused)
            back[place] += part
            returned = given_off[place] * back[place] // prices[place]
            if one := made[place]:
                assert shops[place].left(one)[0] == 1_000 - given_off[place] + returned
    assert has(world, buyer) == sum(prices)
    world.audit()


def test_no_race_of_baskets_spends_more_than_the_budget_has(address: str) -> None:
    """Two committers and a budget for seven: seven baskets have it, and the others are whole."""
    first = World(address)
    shop, plain = Shop(first), Shop(first)
    made = subsidy(shop, 100, cap=Money(700, CNY), most_each=1)
    buyers = [first.user(2_000) for _ in range(12)]
    worlds = [first, World(address, node=1)] if "postgresql" in address else [first]
    carts = [(buyer, cart(first, (shop, 600), (plain, 400))) for buyer in buyers]
    commands = [payment(first, filled, buyer, (made, 100, 0), None) for buyer, filled in carts]
    outcomes: list[Any] = []

    def race(world: World, mine: list[PayBasket]) -> None:
        outcomes.extend(world.heard(baskets.PAY, one) for one in mine)

    threads = [
        threading.Thread(target=race, args=(world, commands[place :: len(worlds)]))
        for place, world in enumerate(worlds)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(one, Filled) for one in outcomes) == 7
    assert {one.reason for one in outcomes if isinstance(one, Refused)} == {Reason.BUDGET_SPENT}
    assert first.balance(chart.budget(made.id, CNY)) == 0
    assert sorted(has(first, buyer) for buyer in buyers) == [1_100] * 7 + [2_000] * 5
    first.audit()
    for world in worlds:
        world.close()
