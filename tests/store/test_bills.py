"""A day's bill says exactly what the ledger says of that day, whatever happened and whenever."""

from collections import defaultdict
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from changliao.core import bills as core
from changliao.core import chart
from changliao.core.bills import Day, DayEnd, Movement, Sale, day_of
from changliao.core.clock import DAY, HOUR, MINUTE, Instant
from changliao.core.ids import MerchantId, made_at
from changliao.core.money import CNY
from changliao.core.orders import Hold, Order
from changliao.core.refunds import Refund
from changliao.operations.bills import KEEP_DAY_END
from changliao.store.views import bills, orders
from tests.world import World, dump

# How long after the step before, the amount, which part of which earlier sale goes back (0: none).
steps = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 7 * HOUR, 16 * HOUR, DAY, 3 * DAY]),
        st.integers(1, 5_000),
        st.integers(0, 3),
        st.booleans(),
    ),
    min_size=1,
    max_size=14,
)


def read(world: World, view: Any, *given: Any) -> Any:
    with world.engine.reader() as reader:
        return view(reader, *given)


def sales(world: World, merchant: MerchantId, day: Day) -> list[Sale]:
    found: list[Sale] = read(world, bills.sales, merchant, CNY, day)
    return found


def movements(world: World, merchant: MerchantId, day: Day) -> list[Movement]:
    account = chart.payable(merchant, CNY)
    found: list[Movement] = read(world, bills.movements, merchant, account, day)
    return found


def keep(world: World, merchant: MerchantId, day: Day) -> DayEnd:
    end: DayEnd = read(world, bills.day_end, chart.payable(merchant, CNY), day)
    assert world.do(KEEP_DAY_END, end) == end
    return end


def play(world: World, merchant: MerchantId, story: Any) -> tuple[dict[Day, list[int]], list[Day]]:
    """Sell and refund as told; what was sold, refunded and charged each day, and every day."""
    told: dict[Day, list[int]] = defaultdict(lambda: [0, 0, 0])
    payer = world.user(100_000)
    sold: list[Order] = []
    first = day_of(world.now)
    for pause, amount, back, keeps in story:
        world.now = Instant(world.now + pause)
        sums = told[day_of(world.now)]
        paid = world.pay(world.place(amount, merchant_id=merchant), payer)
        sold.append(paid)
        sums[0] += amount
        sums[2] += paid.fee
        if back:
            again = sold[back % len(sold)]
            refund = world.refund(again, max(1, again.amount.amount // 3))
            if isinstance(refund, Refund):
                sums[1] += refund.amount
                after = read(world, orders.order, merchant, again.id).order
                sold[back % len(sold)] = after
                sums[2] -= after.fee_returned - again.fee_returned
        if keeps:
            keep(world, merchant, Day(day_of(world.now) - 1))
    last = day_of(world.now)
    world.now = Instant(world.now + 2 * DAY)
    return told, [Day(day) for day in range(first, last + 2)]


def leg_sums(world: World, merchant: MerchantId) -> dict[Day, int]:
    """What the merchant's payable account gained each day, straight from the table of legs."""
    sums: dict[Day, int] = defaultdict(int)
    book = chart.payable(merchant, CNY).book
    for leg in dump(world.engine, "legs"):
        if leg[1:3] == (merchant, book):
            sums[day_of(made_at(leg[0]))] += leg[3] if leg[0] & 1 else -leg[3]
    return sums


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(story=steps)
def test_some_days_of_an_account_lead_from_what_it_held_to_what_it_holds(
    world: World, story: Any
) -> None:
    merchant = MerchantId(world.ids.new())
    _, days = play(world, merchant, story)
    legs, account, before = leg_sums(world, merchant), chart.payable(merchant, CNY), 0
    for first in days:
        for last in (first, days[-1]):
            opening, found = read(world, bills.passages, account, first, last)
            assert opening == before
            assert sum(entry.amount for entry, _ in found) == sum(
                legs[day] for day in days if first <= day <= last
            )
            for entry, balance in found:
                opening += entry.amount
                assert balance == opening
        before += legs[first]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(story=steps)
def test_the_sums_of_every_day_are_those_of_the_ledger(world: World, story: Any) -> None:
    merchant = MerchantId(world.ids.new())
    told, days = play(world, merchant, story)
    legs, balance = leg_sums(world, merchant), 0
    for day in days:
        totals = core.sum_sales(sales(world, merchant, day))
        assert [totals.paid, totals.refunded, totals.fees] == told[day]
        flow = movements(world, merchant, day)
        sums = core.sum_movements(flow)
        assert sums.income - sums.outgo == legs[day]
        assert sums.income - sums.outgo == totals.paid - totals.refunded - totals.fees
        for movement in reversed(flow):
            balance += movement.amount
            assert movement.balance == balance
            assert day_of(movement.at) == day
    assert balance == world.balance(chart.payable(merchant, CNY))


def test_a_sale_carries_its_order_and_a_refund_its_refund(world: World) -> None:
    payer = world.user(10_000)
    paid = world.pay(world.place(1_000), payer)
    refund = world.refund(paid, 300)
    today = day_of(world.now)
    world.now = Instant(world.now + DAY)
    back, sale = sales(world, world.merchant, today)
    assert (sale.order.id, sale.terms.title, sale.amount, sale.fee) == (paid.id, "shoes", 1_000, 6)
    assert (back.order.id, back.refund, back.amount, back.fee) == (
        paid.id,
        refund,
        300,
        -1,
    )
    flow = movements(world, world.merchant, today)
    assert [one.amount for one in flow] == [-300, 1, -6, 1_000]
    assert [one.reference for one in flow] == [refund.reference] * 2 + [paid.reference] * 2
    assert [one.fee_back for one in flow] == [1, 0, 0, 0]


def test_a_held_payment_is_sold_and_in_no_fund_flow_until_it_is_released(world: World) -> None:
    payer = world.user(10_000)
    order = world.pay(world.place(1_000, hold=Hold.SPLIT), payer)
    refund = world.refund(order, 300)
    today = day_of(world.now)
    world.now = Instant(world.now + DAY)
    back, sale = sales(world, world.merchant, today)
    assert (sale.order.id, sale.amount, sale.fee) == (order.id, 1_000, order.fee)
    assert (back.refund, back.amount) == (refund, 300)
    gained = sum(movement.amount for movement in movements(world, world.merchant, today))
    assert gained == world.balance(chart.payable(world.merchant, CNY))
    escrow = chart.escrow(world.merchant, CNY)
    held = read(world, bills.movements, world.merchant, escrow, today)
    assert held[0].balance == world.balance(escrow)


def test_a_day_without_sales_has_no_rows(world: World) -> None:
    world.pay(world.place(1_000), world.user(10_000))
    today = day_of(world.now)
    world.now = Instant(world.now + 3 * DAY)
    for day in (today - 1, today + 1):
        assert sales(world, world.merchant, Day(day)) == []
        assert movements(world, world.merchant, Day(day)) == []
    assert sales(world, MerchantId(7), today) == []


def test_an_unpaid_order_and_a_refused_payment_are_in_no_bill(world: World) -> None:
    poor = world.user(1)
    world.pay(world.place(1_000), poor)
    today = day_of(world.now)
    world.now = Instant(world.now + DAY)
    assert sales(world, world.merchant, today) == []


def test_the_last_second_before_midnight_is_of_the_day_that_ends(world: World) -> None:
    midnight = core.ends_at(day_of(world.now))
    payer = world.user(10_000)
    world.now = Instant(midnight - 1_000)
    world.pay(world.place(100), payer)
    world.now = midnight
    world.pay(world.place(200), payer)
    world.now = Instant(midnight + 2 * DAY)
    today = Day(day_of(midnight) - 1)
    assert [sale.amount for sale in sales(world, world.merchant, today)] == [100]
    assert [sale.amount for sale in sales(world, world.merchant, Day(today + 1))] == [200]


def test_a_leg_that_came_late_into_the_chain_is_found_in_its_day(world: World) -> None:
    """Two processes: one made its ids before midnight and committed after the other had."""
    midnight = core.ends_at(day_of(world.now))
    payer, other = world.user(10_000), World(world.address)
    world.now = Instant(midnight + 1_000)
    world.pay(world.place(200), payer)
    other.now, other.merchant = Instant(midnight - 1_000), world.merchant
    other.pay(other.place(100), payer)
    other.close()
    world.now = Instant(midnight + 1 * MINUTE)
    world.pay(world.place(400), payer)
    world.now = Instant(midnight + 2 * DAY)
    today = Day(day_of(midnight) - 1)
    for _ in range(2):
        assert [sale.amount for sale in sales(world, world.merchant, today)] == [100]
        flow = sales(world, world.merchant, Day(today + 1))
        assert sorted(sale.amount for sale in flow) == [200, 400]
        keep(world, world.merchant, today)


def test_a_kept_end_stands_and_is_walked_back_from(world: World) -> None:
    payer = world.user(10_000)
    world.pay(world.place(100), payer)
    today = day_of(world.now)
    world.now = Instant(world.now + DAY)
    end = keep(world, world.merchant, today)
    assert (end.balance, world.do(KEEP_DAY_END, end)) == (99, end)
    before = movements(world, world.merchant, today)
    world.pay(world.place(500), payer)
    assert movements(world, world.merchant, today) == before
    assert keep(world, world.merchant, today) == end


def test_a_day_is_over_a_little_after_midnight_in_beijing() -> None:
    day = core.day_of(core.starts_at(Day(20_000)))
    assert day == 20_000
    assert core.starts_at(day) == 20_000 * DAY - 8 * HOUR
    assert not core.is_over(day, core.ends_at(day))
    assert core.is_over(day, Instant(core.ends_at(day) + core.SETTLING))
