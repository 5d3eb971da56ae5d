"""Escrows as operators list them: by how far they have come, a page and a window at a time."""

from changliao.core.clock import DAY
from changliao.core.holds import Stage
from changliao.core.ids import NEWEST, OrderId
from changliao.core.orders import Order
from changliao.core.platforms import StoreMode
from changliao.store.views import escrows
from changliao.store.views.escrows import EscrowsOf
from tests.operations.test_disputes import Case
from tests.operations.test_stores import Mall
from tests.world import World


def all_pages(
    world: World, wanted: EscrowsOf, most: int = 1, window: int = 2
) -> tuple[list[OrderId], int]:
    """Every one of them, and how many looks that took."""
    found: list[OrderId] = []
    place, looks = None, 0
    while True:
        with world.engine.reader() as reader:
            looked = escrows.escrows(reader, wanted, place, most + 1, window)
        looks += 1
        page = looked.escrows[:most]
        found += [OrderId(one.holding.order_id) for one in page]
        more = len(looked.escrows) > most
        place = escrows.place_of(wanted, page[-1]) if more else looked.until
        if place is None:
            return found, looks


def test_escrows_are_found_by_how_far_they_have_come(world: World) -> None:
    case = Case(world, opened=False)
    waits, late, disputed, released, returned, half = (
        case.sale, case.sell(200), case.sell(300), case.sell(400), case.sell(500), case.sell(600),
    )  # fmt: skip
    case.sale = released
    case.confirm()
    case.sale = disputed
    case.dispute = case.asked()
    case.open()
    world.refund(returned, 500)
    world.refund(half, 100)
    mall = Mall(world, days=1)
    shared = mall.sell(700)
    case.later(0.5)
    last = case.sell(800)

    def found(stage: Stage | None = None, **filters: int) -> list[OrderId]:
        pages = [all_pages(world, EscrowsOf(stage, **filters), most)[0] for most in (1, 2, 30)]
        assert pages[0] == pages[1] == pages[2]
        return pages[0]

    def ids(*orders: Order) -> list[OrderId]:
        return [one.id for one in orders]

    # The open store's sale is due first: its days are fewer.
    assert found(Stage.WAITING) == ids(shared, waits, late, half, last)
    assert found(Stage.WAITING, hold=2) == ids(waits, late, half, last)
    assert found(Stage.WAITING, hold=1) == ids(shared)
    assert found(Stage.WAITING, due_before=world.now + 2 * DAY) == ids(shared)
    assert found(Stage.DISPUTED) == ids(disputed)
    assert found(Stage.RELEASED) == ids(released)
    assert found(Stage.REFUNDED) == ids(returned)
    everything = ids(last, shared, half, returned, released, disputed, late, waits)
    assert found() == everything
    assert found(platform_id=mall.platform) == ids(shared)
    assert found(Stage.WAITING, platform_id=mall.platform) == ids(shared)
    assert found(Stage.DISPUTED, platform_id=mall.platform) == []
    assert found(merchant_id=case.seller) == [one for one in everything if one != shared.id]
    assert found(Stage.WAITING, merchant_id=case.seller) == ids(last, half, late, waits)
    assert found(merchant_id=case.platform) == []


def test_a_filter_that_no_index_has_looks_at_a_few_at_a_time(world: World) -> None:
    mall = Mall(world, StoreMode.C2C)
    orders = [mall.sell(100) for _ in range(7)]
    for wanted in (EscrowsOf(platform_id=1), EscrowsOf(Stage.WAITING, platform_id=1)):
        assert all_pages(world, wanted, 30) == ([], 4)
    assert all_pages(world, EscrowsOf(Stage.WAITING), 30) == ([one.id for one in orders], 1)


def test_an_escrow_names_its_newest_dispute(world: World) -> None:
    case = Case(world)
    case.withdraw()
    case.dispute = case.asked()
    case.open()
    with world.engine.reader() as reader:
        [one] = escrows.escrows(reader, EscrowsOf(), None, 2).escrows
        assert one.dispute_id == case.dispute.id
        assert (one.reference, one.platform_id) == (case.sale.reference, case.platform)
        [also] = escrows.escrows(reader, EscrowsOf(due_before=NEWEST), None, 2).escrows
    assert also == one
