"""The market's sums: equal to plain SQL over orders, whatever happened, however folded."""

import os
import random
from collections import Counter, defaultdict
from datetime import date, timedelta
from typing import Any

import pytest

from changliao.core import market
from changliao.core.acceptance import LEAD, OWN_METHOD, Accepting, ApproveDraft, Cell
from changliao.core.clock import DAY, SECOND, Instant
from changliao.core.ids import UserId
from changliao.core.ledger import Code
from changliao.core.market import (
    ABSENT,
    Dimension,
    Grouping,
    Paid,
    Period,
    Stretch,
    Synthetic,
)
from changliao.core.mergers import AdvanceMerger, MergerState
from changliao.core.orders import Scene
from changliao.core.outcome import Reason, Refused
from changliao.operations import acceptance, mergers, orders, refunds, settling
from changliao.operations.market import FOLD, FORGET, GROUP, MARK_SYNTHETIC, Forget
from changliao.operations.settling import ConfirmReceipt
from changliao.store.views import market as view
from changliao.store.views import market_journal
from tests.operations.test_acceptance import PC, a_draft
from tests.operations.test_mergers import Story
from tests.world import World, refused

SUMS = [
    "market_volumes",
    "market_months",
    "market_lives",
    "market_seen",
    "market_flows",
    "market_cohorts",
]
VOLUMES = """
SELECT day, platform_id, method_id, terminal_id, currency,
    SUM(payments), SUM(amount), SUM(refunds), SUM(refunded)
FROM (
    SELECT (orders.paid_at_us + 28800000000) / 86400000000 AS day,
        COALESCE(platforms.merchant_id, 0) AS platform_id,
        payments.method_id, payments.terminal_id, orders.currency,
        1 AS payments, orders.amount, 0 AS refunds, 0 AS refunded
    FROM orders
    INNER JOIN payments ON payments.payment_id = orders.payment_id
        AND payments.merchant_id = orders.merchant_id
    LEFT JOIN platforms
        ON platforms.created_at_us < orders.paid_at_us AND platforms.merchant_id
            = CASE WHEN orders.partner_id > 0 THEN orders.partner_id ELSE orders.merchant_id END
    WHERE orders.state = 2
    UNION ALL
    SELECT (refunds.finished_at_us + 28800000000) / 86400000000,
        COALESCE(platforms.merchant_id, 0),
        payments.method_id, payments.terminal_id, orders.currency,
        0, 0, 1, refunds.amount
    FROM refunds
    INNER JOIN orders ON orders.order_id = refunds.order_id
        AND orders.merchant_id = refunds.merchant_id
    INNER JOIN payments ON payments.payment_id = orders.payment_id
        AND payments.merchant_id = orders.merchant_id
    LEFT JOIN platforms
        ON platforms.created_at_us < orders.paid_at_us AND platforms.merchant_id
            = CASE WHEN orders.partner_id > 0 THEN orders.partner_id ELSE orders.merchant_id END
    WHERE refunds.state = 2
) AS moved
GROUP BY day, platform_id, method_id, terminal_id, currency
"""
PURCHASES = """
SELECT orders.payer_id, (orders.paid_at_us + 28800000000) / 86400000000,
    COALESCE(platforms.merchant_id, 0), payments.method_id, payments.terminal_id
FROM orders
INNER JOIN payments ON payments.payment_id = orders.payment_id
    AND payments.merchant_id = orders.merchant_id
LEFT JOIN platforms
    ON platforms.created_at_us < orders.paid_at_us AND platforms.merchant_id
        = CASE WHEN orders.partner_id > 0 THEN orders.partner_id ELSE orders.merchant_id END
WHERE orders.state = 2
"""


def fold(world: World, most: int = 64) -> int:
    """Everything the journals say that was not folded yet; how many stretches."""
    count = 0
    for node in nodes(world):
        while (stretch := next_stretch(world, node, most)) is not None:
            world.do(FOLD, stretch)
            count += 1
    return count


def nodes(world: World) -> list[int]:
    with world.engine.reader() as reader:
        return market_journal.nodes(reader)


def next_stretch(world: World, node: int, most: int) -> Stretch | None:
    with world.engine.reader() as reader:
        return market_journal.stretch(reader, node, most)


def plain(world: World, sql: str) -> list[tuple[int, ...]]:
    with world.engine.reader() as reader:
        connection: Any = reader
        found = connection._connection.execute(sql).fetchall()
    return [tuple(int(value) for value in row) for row in found]


def sums(world: World) -> dict[str, list[tuple[Any, ...]]]:
    return {name: world.table(name) for name in SUMS}


def forget(world: World) -> None:
    world.do(FORGET, Forget(stopped=tuple(nodes(world))))
    assert fold(world) == 0
    while True:
        with world.engine.reader() as reader:
            rows = view.some_sums(reader, 50)
        if not rows:
            break
        world.do(FORGET, Forget(rows=tuple(rows)))
    world.do(FORGET, Forget(begun=tuple(nodes(world))))


class Season(Story):
    """Eleven weeks of a few people at three platforms and a shop on none, at random."""

    def __init__(self, world: World, seed: int) -> None:
        super().__init__(world)
        self.random = random.Random(seed)
        self.people = [world.user(10_000_000) for _ in range(12)]
        self.sold: list[Any] = []
        self.later(SECOND)

    def play(self, days: int, buys: int) -> None:
        for _ in range(days):
            for _ in range(self.random.randrange(buys)):
                self.buy()
            if self.sold and self.random.random() < 0.5:
                self.give_back(self.random.choice(self.sold))
            self.later(DAY)

    def buy(self) -> None:
        shop = self.random.choice(
            [(self.seller, self.paipai), (self.shop, self.mall), (self.yixun, self.yixun),
             (self.world.merchant, 0)]
        )  # fmt: skip
        if self.find_open(shop):
            fields: dict[str, Any] = {
                "merchant_id": shop[0],
                "partner_id": shop[1] if shop[1] != shop[0] else 0,
            }
            scene = self.random.choice([Scene.NATIVE, Scene.APP, Scene.H5])
            amount = self.random.randrange(100, 9_000)
            asked = self.world.an_order(amount, scene=scene, fee_bps=0, **fields)
            order = self.world.do(orders.PLACE, asked)
            if not isinstance(order, Refused):
                self.sold.append(self.world.pay(order, self.random.choice(self.people)))

    def many(self, people: list[UserId], size: int) -> int:
        """So many orders and payments in two batches, and a refund of every tenth."""
        shops = [(self.shop, self.mall), (self.yixun, 0), (self.world.merchant, 0)]
        shops += [] if self.merged else [(self.seller, self.paipai)]
        asked = []
        for _ in range(size):
            merchant_id, partner_id = self.random.choice(shops)
            scene = self.random.choice([Scene.NATIVE, Scene.APP, Scene.H5])
            amount = self.random.randrange(100, 9_000)
            fields: dict[str, Any] = {"merchant_id": merchant_id, "partner_id": partner_id}
            asked.append(self.world.an_order(amount, scene=scene, fee_bps=0, **fields))
        placed = self.world.batch([(orders.PLACE, one) for one in asked])
        taken = [one for one in placed if not isinstance(one, Refused)]
        payers = [self.random.choice(people) for _ in taken]
        paid = self.world.batch(
            [(orders.PAY, self.world.a_payment(*both)) for both in zip(taken, payers, strict=True)]
        )
        back = [self.world.a_refund(one, 50, merchant_id=one.merchant_id, partner_id=one.partner_id)
                for one in paid[::10]]  # fmt: skip
        refunded = self.world.batch([(refunds.REFUND, one) for one in back])
        assert not any(isinstance(one, Refused) for one in [*paid, *refunded])
        return len(paid)

    def merge_unwatched(self) -> None:
        """As `merge`, which looks at every row after each step: there are too many here."""
        merger = self.approved(self.paipai)
        self.later(SECOND)
        while merger.state is not MergerState.DONE:
            merger = self.world.do(mergers.ADVANCE, AdvanceMerger(merger.id, merger.position))
        self.later(LEAD)
        self.merged = True

    def find_open(self, shop: tuple[int, int]) -> bool:
        """Was it merged away?"""
        return not (self.merged and shop[1] == self.paipai)

    merged = False

    def give_back(self, order: Any) -> None:
        amount = self.random.randrange(1, 1 + order.amount.amount // 3)
        self.world.refund(order, amount, partner_id=order.partner_id)


@pytest.fixture
def season(world: World) -> Season:
    made = Season(world, 7)
    made.play(30, 4)
    fold(world, 3)
    cells = (Cell(OWN_METHOD, PC, Accepting.BANNED),)
    draft = world.do(acceptance.DRAFT, a_draft(world, platform_id=made.mall, cells=cells))
    world.do(acceptance.APPROVE, ApproveDraft(draft.id, "mbr_000000000000B"))
    made.later(LEAD)
    made.play(15, 4)
    made.merge(made.paipai)
    made.merged = True
    made.play(32, 4)
    fold(world, 3)
    return made


def test_sums_equal_plain_sql_after_refunds_a_ban_and_a_merger(season: Season) -> None:
    assert len(season.sold) > 60
    equals_plain_sql(season.world)


def test_many_payments_equal_plain_sql(sqlite_world: World) -> None:
    """MARKET_PAYMENTS says how many: a hundred thousand take minutes."""
    count = int(os.environ.get("MARKET_PAYMENTS", "1000"))
    season = Season(sqlite_world, 11)
    people = [sqlite_world.user(1_000_000_000) for _ in range(max(12, count // 100))]
    most = max(64, count // 10)
    days, done = 75, 0
    for day in range(days):
        if day == 25:
            cells = (Cell(OWN_METHOD, PC, Accepting.BANNED),)
            asked = a_draft(sqlite_world, platform_id=season.mall, cells=cells)
            draft = sqlite_world.do(acceptance.DRAFT, asked)
            sqlite_world.do(acceptance.APPROVE, ApproveDraft(draft.id, "mbr_000000000000B"))
            season.later(LEAD)
        if day == 40:
            season.merge_unwatched()
        for size in [500] * (count // days // 500) + [count // days % 500]:
            done += season.many(people, size)
        if day % 7 == 6 or day == days - 1:
            fold(sqlite_world, most)
        season.later(DAY)
    assert done > 0.7 * (count // days) * days, "what a ban refuses is fewer"
    assert sum(row[5] for row in sqlite_world.table("market_volumes")) == done
    equals_plain_sql(sqlite_world)


def equals_plain_sql(world: World) -> None:
    """Every sum, from the orders, payments and refunds themselves."""
    assert sorted(plain(world, VOLUMES)) == world.table("market_volumes")
    bought = plain(world, PURCHASES)
    seen, flows = Counter[Any](), Counter[Any]()
    for kind in Period:
        by: dict[Any, dict[int, list[Any]]] = defaultdict(lambda: defaultdict(list))
        for row in bought:
            by[row[0]][period(kind, row[1])].append(row)
        for periods in by.values():
            for at, rows in periods.items():
                for dimension in (Dimension.PLATFORM, Dimension.METHOD, Dimension.TERMINAL):
                    members = market.packed(tuple(sorted({row[1 + dimension] for row in rows})))
                    seen[kind, at, dimension, members] += 1
                if kind is Period.DAY:
                    for cell in {row[2:] for row in rows}:
                        seen[kind, at, Dimension.CELL, market.packed(cell)] += 1
                else:
                    flows[kind, at, most(periods.get(at - 1)), most(rows)] += 1
                    if at + 1 not in periods:
                        flows[kind, at + 1, most(rows), ABSENT] += 1
    assert sorted((*key, n) for key, n in seen.items()) == world.table("market_seen")
    assert sorted((*key, n) for key, n in flows.items()) == world.table("market_flows")
    months = defaultdict(set)
    for row in bought:
        months[row[0]].add(period(Period.MONTH, row[1]))
    cohorts = Counter((min(one), month) for one in months.values() for month in one)
    assert sorted((*key, n) for key, n in cohorts.items()) == world.table("market_cohorts")


def test_added_up_again_from_the_journal_every_row_is_the_same(season: Season) -> None:
    before = sums(season.world)
    assert all(before.values())
    forget(season.world)
    assert not any(sums(season.world).values())
    assert fold(season.world, 17) > 1
    assert sums(season.world) == before
    assert fold(season.world) == 0


def test_a_stretch_folded_twice_or_out_of_turn_changes_nothing(sqlite_world: World) -> None:
    season = Season(sqlite_world, 3)
    season.play(6, 6)
    first = next_stretch(sqlite_world, 0, 5)
    assert first is not None
    sqlite_world.batch([(FOLD, first), (FOLD, first)])
    before = sqlite_world.rows()
    sqlite_world.do(FOLD, first)
    sqlite_world.do(FOLD, Stretch(0, first.last + 2, first.last + 4, first.paid))
    assert sqlite_world.rows() == before


def test_the_order_of_facts_does_not_matter(sqlite_world: World) -> None:
    """Two nodes' journals are folded one after the other, whatever their times."""
    person = sqlite_world.user()
    days = [20_000, 20_031, 19_950, 20_001, 20_000, 20_090, 19_951]
    facts = [Paid(person, day, 7 + day % 2, 1, 1, 156, 100) for day in days]
    sqlite_world.do(FOLD, Stretch(5, 0, 2, tuple(facts)))
    at_once = sums(sqlite_world)
    for table, rows in at_once.items():
        keys = [(table, row[: 5 if table == "market_volumes" else -1]) for row in rows]
        sqlite_world.do(FORGET, Forget(rows=tuple(keys)))
    assert not any(sums(sqlite_world).values())
    for number, fact in enumerate(facts):
        sqlite_world.do(FOLD, Stretch(9, number * 2, number * 2 + 2, (fact,)))
    assert sums(sqlite_world) == at_once


def test_who_does_not_come_back_is_gone_until_they_do(sqlite_world: World) -> None:
    person = sqlite_world.user()

    def bought(day: int, platform: int) -> Paid:
        return Paid(person, day, platform, 1, 1, 156, 100)

    january, march = 0, 59
    sqlite_world.do(FOLD, Stretch(5, 0, 2, (bought(january, 7),)))
    assert flow(sqlite_world, Period.MONTH) == {(0, ABSENT, 7): 1, (1, 7, ABSENT): 1}
    sqlite_world.do(FOLD, Stretch(5, 2, 4, (bought(march, 8),)))
    assert flow(sqlite_world, Period.MONTH)[2, ABSENT, 8] == 1
    sqlite_world.do(FOLD, Stretch(5, 4, 6, (bought(40, 9),)))
    assert flow(sqlite_world, Period.MONTH) == {
        (0, ABSENT, 7): 1, (1, 7, 9): 1, (2, 9, 8): 1, (3, 8, ABSENT): 1,
    }  # fmt: skip


def test_a_simulations_people_are_not_the_market(sqlite_world: World) -> None:
    season = Season(sqlite_world, 1)
    real, played = season.people[0], season.people[1]
    marked = sqlite_world.do(MARK_SYNTHETIC, Synthetic(played, Instant(0), "story seed 1"))
    assert marked.since == sqlite_world.now
    season.later(SECOND)
    assert sqlite_world.do(MARK_SYNTHETIC, Synthetic(played, Instant(0), "again")) == marked
    for payer in (real, played, played):
        order = sqlite_world.pay(sqlite_world.place(500, fee_bps=0), payer)
        sqlite_world.refund(order, 200)
    fold(sqlite_world)
    [volume] = sqlite_world.rows()["market_volumes"]
    assert volume[5:] == (1, 500, 1, 200)
    assert [row[0] for row in sqlite_world.rows()["market_lives"]] == [real]
    nobody = Synthetic(UserId(5), Instant(0), "")
    assert refused(sqlite_world.do(MARK_SYNTHETIC, nobody), Reason.USER_NOT_FOUND)


def test_a_refund_from_held_and_own_money_is_one_refund(world: World) -> None:
    """However the page is cut."""
    story = Story(world)
    story.later(SECOND)
    order = story.sell(story.seller, story.paipai)
    released = world.do(
        settling.CONFIRM, ConfirmReceipt(story.seller, order.id, story.buyer, released=600)
    )
    assert released.released == 600
    done = world.refund(order, 700, merchant_id=story.seller, partner_id=story.paipai)
    assert not isinstance(done, Refused), done
    assert len([row for row in world.rows()["legs"] if row[7] == Code.REFUND]) == 4
    fold(world, 1)
    [volume] = world.rows()["market_volumes"]
    assert volume[5:] == (1, 1000, 1, 700)


def test_a_platform_has_groups_from_days_on(sqlite_world: World) -> None:
    story = Story(sqlite_world)
    named = Grouping(story.mall, 100, "腾讯")
    assert sqlite_world.do(GROUP, named) == named
    assert sqlite_world.do(GROUP, Grouping(story.mall, 100, "QQ")).name == "QQ"
    stranger = Grouping(story.seller, 1, "x")
    assert refused(sqlite_world.do(GROUP, stranger), Reason.PLATFORM_NOT_FOUND)
    with sqlite_world.engine.reader() as reader:
        assert view.groups(reader) == [Grouping(story.mall, 100, "QQ")]


@pytest.mark.parametrize("kind", list(Period))
def test_periods_are_the_calendars(kind: Period) -> None:
    for day in range(19_000, 22_000):
        at = market.period_of(kind, day)
        assert market.period_of(kind, market.first_day(kind, at)) == at == period(kind, day)
        assert market.first_day(kind, at) <= day < market.first_day(kind, at + 1)


def test_sets_come_back_as_they_were() -> None:
    assert market.unpacked(market.packed((1 << 62, 0, 7))) == (1 << 62, 0, 7)


def period(kind: Period, day: int) -> int:
    """By the calendar."""
    there = date(1970, 1, 1) + timedelta(day)
    if kind is Period.MONTH:
        return (there.year - 1970) * 12 + there.month - 1
    monday = there - timedelta(there.weekday())
    return day if kind is Period.DAY else ((monday - date(1970, 1, 1)).days + 3) // 7


def most(rows: list[Any] | None) -> int:
    if not rows:
        return ABSENT
    counts = Counter(int(row[2]) for row in rows)
    return max(sorted(counts), key=lambda one: counts[one])


def flow(world: World, kind: Period) -> dict[tuple[int, ...], int]:
    rows = world.rows()["market_flows"]
    return {row[1:4]: row[4] for row in rows if row[0] == kind}
