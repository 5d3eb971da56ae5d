"""What acceptance changes did, from the sums of a network: events, effects, where people went."""

from typing import Any

import pytest

from changliao.core.acceptance import LEAD, OWN_METHOD, Accepting, ApproveDraft, Cell
from changliao.core.bills import day_of
from changliao.core.clock import DAY, Instant
from changliao.core.ids import MerchantId
from changliao.core.market import Paid, Stretch
from changliao.core.platforms import Platform
from changliao.market import changes, names
from changliao.operations import acceptance, stores
from changliao.operations.market import FOLD
from tests.operations.test_acceptance import PC, a_draft, known
from tests.world import World

DAYS = 7
PLATFORMS = 5


class Trade:
    """Five platforms where twenty people buy each day; the first bans after a week.

    Of its people, 12 then go to the second, 5 to the third and 3 stay away; each platform keeps its
    own.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.platforms = []
        for number in range(PLATFORMS):
            made = known(world, MerchantId(world.ids.new()))
            world.do(stores.MAKE, Platform(made, f"P{number}", world.now))
            self.platforms.append(made)
        self.people = [[world.user() for _ in range(20)] for _ in range(PLATFORMS)]
        self.leg = 0
        world.now = Instant(world.now + 8 * DAY)
        self.start = day_of(world.now)
        cells = (Cell(OWN_METHOD, PC, Accepting.BANNED),)
        draft = world.do(
            acceptance.DRAFT, a_draft(world, platform_id=self.platforms[0], cells=cells)
        )
        world.do(acceptance.APPROVE, ApproveDraft(draft.id, "mbr_000000000000B"))
        world.now = Instant(world.now + LEAD)
        for day in range(self.start - DAYS, self.start + DAYS):
            self.trade(day)

    def trade(self, day: int) -> None:
        paid = []
        for home, people in enumerate(self.people):
            for number, person in enumerate(people):
                at = home
                if home == 0 and day >= self.start:
                    at = 1 if number < 12 else 2 if number < 17 else -1
                if at >= 0:
                    paid.append(Paid(person, day, self.platforms[at], OWN_METHOD, PC, 156, 100))
        self.world.do(FOLD, Stretch(77, self.leg, self.leg + 2, tuple(paid)))
        self.leg += 2

    def read(self, view: Any, *args: Any, **options: Any) -> Any:
        with self.world.engine.reader() as reader:
            return view(reader, *args, **options)

    def named(self) -> Any:
        return self.read(names.read)

    def change(self) -> changes.Change:
        [found] = self.read(changes.changes, self.named())
        assert isinstance(found, changes.Change)
        return found


@pytest.fixture
def trade(sqlite_world: World) -> Trade:
    return Trade(sqlite_world)


def test_a_change_is_an_event_with_its_place_in_the_history(trade: Trade) -> None:
    change = trade.change()
    assert (change.number, change.day, change.restricts) == (1, trade.start, True)
    assert change.platform.name == "P0"
    [cell] = change.changed
    assert (cell.method.key, cell.terminal.key) == ("changliao", "pc")
    assert (cell.before, cell.cell.state) == (Accepting.ACCEPTED, Accepting.BANNED)


def test_its_effect_is_told_against_the_other_platforms(trade: Trade) -> None:
    """They gained 17 of 80 purchases a day, so the difference is more than what was lost."""
    change = trade.change()
    found = trade.read(changes.effect, [change], change, DAYS, trade.start + DAYS)
    gained = (12 / 20 + 5 / 20) / (PLATFORMS - 1)
    assert found.effect == pytest.approx(-1 - gained)
    assert (found.p, found.placebos) == (1 / PLATFORMS, PLATFORMS - 1)
    assert all(point.difference == pytest.approx(0) for point in found.points if point.time < 0)


def test_people_went_elsewhere_than_shares_would_send_them(trade: Trade) -> None:
    change = trade.change()
    found = trade.read(
        changes.diversion, trade.named(), change, DAYS, trade.start + DAYS, minimum=5
    )
    assert (found.users, found.before, found.after) == (20, 20 * DAYS, 0)
    told = {one.platform.name: one for one in found.to}
    assert told["P1"].observed == pytest.approx(12 / 20)
    assert told["P2"].observed == pytest.approx(5 / 20)
    assert told["P1"].proportional == pytest.approx(1 / (PLATFORMS - 1))
    assert (told["P1"].users, told["P2"].users) == (12, 5)


def test_of_too_few_who_went_nothing_is_told(trade: Trade) -> None:
    change = trade.change()
    asked = (trade.named(), change, DAYS, trade.start + DAYS)
    found = trade.read(changes.diversion, *asked, minimum=6)
    assert {one.users for one in found.to} == {None}, "five would follow from twenty less twelve"
    assert trade.read(changes.diversion, *asked, minimum=21).users is None


def test_platforms_that_changed_are_compared_with_those_that_had_not(trade: Trade) -> None:
    bounds = trade.start - DAYS, trade.start + DAYS - 1
    known_changes = [trade.change()]
    found = trade.read(changes.adoption, known_changes, OWN_METHOD, Accepting.BANNED, bounds)
    assert found.effect == pytest.approx(-1), "its part of what the platform was paid"
    with pytest.raises(ValueError):
        trade.read(changes.adoption, known_changes, 3, Accepting.ACCEPTED, bounds)
