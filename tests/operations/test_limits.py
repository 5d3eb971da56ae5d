"""Limits: nobody spends more than their level allows, and what comes back is theirs again."""

import threading
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changliao.core import chart
from changliao.core.bills import day_of
from changliao.core.budgets import BudgetKind
from changliao.core.channels import Declined, RequestKind
from changliao.core.clock import DAY, HOUR, Instant
from changliao.core.ids import TransferId, UserId
from changliao.core.limits import (
    Left,
    Limit,
    SetLevel,
    SetLimit,
    begin,
    give_back,
    left,
    pass_over,
    rolled,
    year_of,
)
from changliao.core.money import CNY, Money
from changliao.core.orders import Order, Scene
from changliao.core.outcome import Reason, Refused
from changliao.core.wallet import TransferMoney, WalletTransfer
from changliao.operations import baskets, limits, orders, paycodes, wallet
from changliao.store.views import limits as views
from tests.operations import test_authorizations as freezes
from tests.operations import test_baskets as together
from tests.operations import test_channels as banking
from tests.operations import test_groupbills as groups
from tests.operations import test_packets as packets
from tests.operations import test_paycodes as codes
from tests.operations import test_tenders as tendering
from tests.operations.test_budgets import Shop
from tests.world import START, World, refused

BASIC = Limit(1, per_payment=900, per_day=1_000, per_year=2_500)
MIDNIGHT = "2026-11-25T00:00:00+08:00"
NEW_YEAR = "2027-01-01T00:00:00+08:00"


def set_limit(world: World, limit: Limit = BASIC) -> Any:
    return world.do(limits.SET_LIMIT, SetLimit(CNY.number, limit))


def set_level(world: World, user: UserId, level: int) -> Any:
    return world.do(limits.SET_LEVEL, SetLevel(user, level))


def sending(world: World, payer: UserId, amount: int, payee: UserId) -> TransferMoney:
    transfer_id = TransferId(world.ids.new())
    return TransferMoney(WalletTransfer(transfer_id, payer, payee, Money(amount, CNY)))


def send(world: World, payer: UserId, amount: int) -> Any:
    return world.do(wallet.TRANSFER, sending(world, payer, amount, world.user()))


def still(world: World, user: UserId, limit: Limit = BASIC) -> Left:
    """What a person may still spend, as pages and programs are told."""
    with world.engine.reader() as reader:
        spent = next(iter(views.spendings(reader, user)), None)
    debits = 0
    for row in world.rows()["accounts"]:
        if tuple(row[:2]) == chart.wallet(user, CNY):
            debits = row[2]
    return left(limit, spent, debits, world.now)


def _pay(world: World, user: UserId, amount: int) -> Any:
    return world.pay(world.place(amount), user)


def _together(world: World, user: UserId, amount: int) -> Any:
    filled = world.do(baskets.PLACE, together.a_basket(world, amount - 100, 100))
    return world.do(baskets.PAY, together.a_payment(world, filled, user))


def _at_the_counter(world: World, user: UserId, amount: int) -> Any:
    charge = codes.a_charge(world, codes.a_code(world, user).number, amount)
    return world.do(paycodes.CHARGE, charge)


def _to_the_bank(world: World, user: UserId, amount: int) -> Any:
    home = chart.wallet(user, CNY)
    return banking.ask(world, banking.a_request(world, home, RequestKind.PAYOUT, amount))


def _part(world: World, user: UserId, amount: int) -> Any:
    return groups.pay(world, groups.ask(world, world.user(), amount, 1), user, amount)


WAYS: dict[str, Callable[[World, UserId, int], Any]] = {
    "payment": _pay,
    "basket": _together,
    "pay code": _at_the_counter,
    "transfer": send,
    "withdrawal": _to_the_bank,
    "red packet": packets.give,
    "part of a group bill": _part,
    "freeze": freezes.frozen,
    "freeze by code": lambda world, user, amount: freezes.by_code(
        world, codes.a_code(world, user).number, amount
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_spending_counts(world: World, way: str) -> None:
    set_limit(world)
    user = world.user(10_000)
    assert not isinstance(WAYS[way](world, user, 600), Refused | Exception)
    assert still(world, user).today == 600
    before = world.balance(chart.wallet(user, CNY))
    no = WAYS[way](world, user, 401)
    assert no == Refused(Reason.LIMIT_PER_DAY, MIDNIGHT)
    assert refused(WAYS[way](world, user, 901), Reason.LIMIT_PER_PAYMENT)
    assert world.balance(chart.wallet(user, CNY)) == before
    assert not isinstance(WAYS[way](world, user, 400), Refused)
    assert (still(world, user).today, still(world, user).most) == (1_000, 0)


def test_a_day_opens_at_midnight_and_a_year_at_new_year(world: World) -> None:
    set_limit(world)
    user = world.user(10_000)
    assert refused(send(world, user, 901), Reason.LIMIT_PER_PAYMENT)
    for midnight in (MIDNIGHT, "2026-11-26T00:00:00+08:00"):
        for amount in (900, 100):
            assert not isinstance(send(world, user, amount), Refused)
        assert send(world, user, 1) == Refused(Reason.LIMIT_PER_DAY, midnight)
        world.now = Instant(world.now + DAY)
    assert not isinstance(send(world, user, 500), Refused)
    assert send(world, user, 1) == Refused(Reason.LIMIT_PER_YEAR, NEW_YEAR)
    world.now = Instant(world.now + 40 * DAY)
    assert not isinstance(send(world, user, 900), Refused)
    assert still(world, user) == Left(BASIC, 900, 900, 100)


def test_a_refusal_of_a_payment_is_kept_and_changes_nothing_else(world: World) -> None:
    set_limit(world)
    user = world.user(10_000)
    payment = world.a_payment(world.place(1_001), user)
    before = world.rows()
    assert refused(world.do(orders.PAY, payment), Reason.LIMIT_PER_PAYMENT)
    after = world.rows()
    assert len(after.pop("payments")) == len(before.pop("payments")) + 1
    assert after == before
    assert refused(world.do(orders.PAY, payment), Reason.LIMIT_PER_PAYMENT)


def test_a_refund_gives_back_to_its_day_and_year(world: World) -> None:
    set_limit(world)
    user = world.user(10_000)
    first = _pay(world, user, 900)
    assert isinstance(first, Order)
    world.refund(first, 300)
    assert (still(world, user).today, still(world, user).this_year) == (600, 600)
    world.now = Instant(world.now + DAY)
    assert not isinstance(send(world, user, 900), Refused)
    world.refund(first, 600)
    assert (still(world, user).today, still(world, user).this_year) == (900, 900)


def test_what_was_spent_before_there_were_limits_gives_nothing_back(world: World) -> None:
    user = world.user(10_000)
    old = _pay(world, user, 900)
    set_limit(world)
    world.now = Instant(world.now + HOUR)
    assert not isinstance(send(world, user, 500), Refused)
    world.refund(old, 900)
    assert still(world, user).today == 500


def test_a_budgets_part_of_a_refund_only_passes_through(world: World) -> None:
    shop = Shop(world)
    set_limit(world)
    made = shop.budget(kind=BudgetKind.SUBSIDY, threshold=0)
    user = world.user(10_000)
    paid = shop.buy(user, made, 100, amount=800)
    assert still(world, user).today == 800
    world.refund(paid, 800)
    assert (still(world, user).today, still(world, user).this_year) == (0, 0)
    assert still(world, user).most == 900


def test_what_does_not_go_out_after_all_does_not_count(world: World) -> None:
    set_limit(world)
    user = world.user(10_000)
    home = chart.wallet(user, CNY)
    request = banking.a_request(world, home, RequestKind.PAYOUT, 700)
    assert not isinstance(banking.ask(world, request), Refused)
    assert still(world, user).today == 700
    banking.record(world, request, Declined("no such account"))
    assert still(world, user).today == 0
    packet = packets.give(world, user, 500)
    packets.claim(world, packet, world.user())
    world.now = packet.ends_at
    packets.expire(world, packet)
    assert still(world, user).this_year == packets_claimed(world, packet.id)
    frozen = freezes.frozen(world, user, 800)
    freezes.release(world, frozen, 300)
    assert still(world, user).today == 500


def packets_claimed(world: World, packet_id: int) -> int:
    return sum(row[5] for row in world.rows()["packet_claims"] if row[1] == packet_id)


def test_a_level_is_a_persons_and_its_limits_are_data(world: World) -> None:
    set_limit(world)
    set_limit(world, Limit(2, per_day=5_000))
    user, other = world.user(20_000), world.user(20_000)
    assert not isinstance(send(world, user, 900), Refused)
    assert set_level(world, user, 2).level == 2
    assert not isinstance(send(world, user, 4_100), Refused)
    assert refused(send(world, user, 1), Reason.LIMIT_PER_DAY)
    assert refused(send(world, other, 5_000), Reason.LIMIT_PER_PAYMENT)
    assert set_level(world, user, 3).level == 3
    assert not isinstance(send(world, user, 9_000), Refused)
    assert set_level(world, user, 1) == set_level(world, user, 1)
    assert refused(send(world, user, 1), Reason.LIMIT_PER_DAY)
    dollars = world.user(50_000, "USD")
    assert not isinstance(world.pay(world.place(9_000, "USD"), dollars), Refused)


def test_a_level_set_in_the_batch_of_the_first_payment_holds(world: World) -> None:
    set_limit(world)
    user, payee = world.user(10_000), world.user()
    found = world.batch(
        [
            (wallet.TRANSFER, sending(world, user, 900, payee)),
            (limits.SET_LEVEL, SetLevel(user, 2)),
            (wallet.TRANSFER, sending(world, user, 5_000, payee)),
        ]
    )
    assert not any(isinstance(one, Refused | Exception) for one in found)


@pytest.mark.parametrize(
    ("limit", "field"),
    [
        (Limit(1, per_payment=-1), "per_payment"),
        (Limit(1, per_day=1 << 60), "per_day"),
        (Limit(1, per_day=10, per_year=9), "per_day"),
        (Limit(1, per_payment=11, per_day=10), "per_payment"),
        (Limit(9), "level"),
    ],
)
def test_limits_that_make_no_sense_are_named_by_their_field(
    world: World, limit: Limit, field: str
) -> None:
    before = world.rows()
    no = set_limit(world, limit)
    assert isinstance(no, Refused)
    assert no.detail.startswith(f"{field}: ")
    assert world.rows() == before


def test_levels_of_nobody_and_levels_there_are_none_of(world: World) -> None:
    assert refused(set_level(world, UserId(7), 2), Reason.USER_NOT_FOUND)
    assert refused(set_level(world, world.user(), 9), Reason.LEVEL_UNKNOWN)
    assert set_limit(world) == set_limit(world)


def test_no_race_passes_a_limit(address: str) -> None:
    """Several committers, as several processes would, and refunds between: never one unit more."""
    first = World(address)
    set_limit(first, Limit(1, per_day=1_000))
    buyers = [first.user(50_000) for _ in range(8)]
    worlds = [first, World(address, node=1)] if "postgresql" in address else [first]
    spent: list[tuple[UserId, int]] = []
    reasons: set[Reason] = set()

    def race(world: World) -> None:
        payee = world.user()
        for turn in range(16):
            asked = [
                sending(world, one, 7 + (turn + place) % 5, payee)
                for place, one in enumerate(buyers * 8)
            ]
            found = world.batch([(wallet.TRANSFER, one) for one in asked])
            assert not any(isinstance(one, Exception) for one in found)
            reasons.update(one.reason for one in found if isinstance(one, Refused))
            spent.extend(
                (one.payer_id, one.amount.amount)
                for one in found
                if isinstance(one, WalletTransfer)
            )

    worlds[-1]._phones = 1_000
    threads = [threading.Thread(target=race, args=(world,)) for world in worlds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert reasons <= {Reason.LIMIT_PER_DAY, Reason.BUSY}
    for buyer in buyers:
        used = sum(amount for who, amount in spent if who == buyer)
        assert 990 <= used <= 1_000
    first.audit()
    for world in worlds:
        world.close()


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["spend", "back", "pass", "wait"]),
        st.integers(1, 700),
        st.integers(0, 40),
    ),
    max_size=40,
)


@given(STEPS)
def test_any_course_counts_as_adding_up_would(steps: list[tuple[str, int, int]]) -> None:
    """Against sums kept the plain way: by day and year, each refund taken off its payment's."""
    now, debits = START, 0
    known = begin(UserId(1), CNY.number, 1, debits, now)
    paid: list[tuple[Instant, int]] = []
    for step, amount, wait in steps:
        if step == "wait":
            now = Instant(now + wait * DAY // 4)
        elif step == "spend":
            known = rolled(known, debits, now)
            debits += amount
            paid.append((now, amount))
        elif step == "back" and paid:
            at, was = paid.pop(amount % len(paid))
            known = give_back(known, was, at, debits, now)
        elif step == "pass":
            known = pass_over(known, amount, debits, now)
            debits += amount
        told = left(Limit(1), known, debits, now)
        year = year_of(day_of(now))
        assert told.today == sum(was for at, was in paid if day_of(at) == day_of(now))
        assert told.this_year == sum(was for at, was in paid if year_of(day_of(at)) == year)
        assert known.year.base <= known.day.base


def test_the_audit_sees_what_was_changed_behind_it(sqlite_world: World) -> None:
    world = sqlite_world
    set_limit(world)
    user = world.user(10_000)
    send(world, user, 100)
    world.now = Instant(world.now + HOUR)
    send(world, user, 600)
    world.audit()
    for change, back in (
        ("day_base = day_base + 700", "day_base = day_base - 700"),
        ("year_given = 800", "year_given = 0"),
        ("level = 3", "level = 1"),
    ):
        tamper(world, f"UPDATE spendings SET {change}")
        with pytest.raises(AssertionError, match="limit"):
            world.audit()
        tamper(world, f"UPDATE spendings SET {back}")
    world.audit()


def tamper(world: World, statement: str) -> None:
    session: Any = world.engine.session()
    with closing(session):
        session._connection.execute(statement)


def test_what_a_channel_pays_for_an_order_is_not_the_wallets(world: World) -> None:
    set_limit(world)
    tendering.accept(world, tendering.NETBANK)
    user = world.user(10_000)
    assert not isinstance(send(world, user, 500), Refused)
    order = world.place(5_000, scene=Scene.PC)
    tendering.instruct(world, tendering.begin(world, order, user))
    paid = tendering.stored(world, order)
    assert paid.method
    assert (still(world, user).today, still(world, user).most) == (500, 500)
    world.refund(paid, 5_000)
    tendering.settle(world)
    assert (still(world, user).today, still(world, user).most) == (500, 500)
