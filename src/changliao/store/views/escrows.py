"""Reading escrows: what buyers paid and sellers do not have yet, or had in the end."""

from typing import Final

from msgspec import Struct

from changliao.core import ids
from changliao.core.clock import Instant
from changliao.core.holds import Holding, Stage
from changliao.core.orders import Hold
from changliao.store.engine import Reader, Row
from changliao.store.holds import from_row

# So many are looked at for a platform, or for what has ended, at a time.
WINDOW: Final = 2_000
_HOLDING: Final = 12


class Escrow(Struct, frozen=True):
    """An order's held money, what it waits for, and the newest dispute about it; 0: none."""

    holding: Holding
    hold: Hold
    platform_id: int
    reference: str
    dispute_id: int


class Place(Struct, frozen=True, order=True):
    """Where a page of escrows begins: after what is due then, and of those due at once the id."""

    due: int
    order_id: int


class EscrowsOf(Struct, frozen=True):
    """Which are wanted; zeros are no filter. `due_before` is of those that wait."""

    stage: Stage | None = None
    hold: int = 0
    platform_id: int = 0
    merchant_id: int = 0
    due_before: int = ids.NEWEST


class Looked(Struct, frozen=True):
    """What was found. What comes after `until` was not looked at; None: there is nothing."""

    escrows: list[Escrow]
    until: Place | None = None


START: Final = Place(0, 0)
NEWEST: Final = Place(0, ids.NEWEST)


def by_due(wanted: EscrowsOf) -> bool:
    """Are they listed in the order in which their time comes? Else the newest are first."""
    return wanted.stage is Stage.WAITING and not wanted.merchant_id


def escrows(
    reader: Reader, wanted: EscrowsOf, place: Place | None, most: int, window: int = WINDOW
) -> Looked:
    """A page of them, from this place on; a filter that no index has looks at a window."""
    # Only an order tells its platform and what it waits for: more than a page is joined then.
    looked = window if wanted.platform_id or wanted.hold else most
    filters = {"platform_id": wanted.platform_id, "most": most}
    if by_due(wanted):
        return _due(
            reader,
            wanted,
            place or START,
            filters | {"hold": wanted.hold, "looked": looked},
            window,
        )
    before = (place or NEWEST).order_id
    if wanted.stage is Stage.DISPUTED and not wanted.merchant_id:
        rows = reader.select("escrows_disputed", filters | {"before": before})
        return Looked([_from_row(row) for row in rows])
    name, keys = "escrows_latest", {"before": before, "skipped": window}
    if wanted.merchant_id:
        name = "escrows_of_merchant"
        filters |= {"merchant_id": wanted.merchant_id}
        owner = {"merchant_id": wanted.merchant_id, "made_from": 0}
        end = reader.select("orders_window_of_merchant", keys | owner)
    else:
        end = reader.select("escrows_window", keys) if _filtered(wanted) else []
        filters |= {"looked": looked}
    filters |= {
        "before": before,
        "made_from": int(end[0][0]) + 1 if end else 0,
        "stage": int(wanted.stage or 0),
        "hold": wanted.hold,
        "due_before": wanted.due_before,
    }
    found = [_from_row(row) for row in reader.select(name, filters)]
    return Looked(found, Place(0, filters["made_from"]) if end else None)


def _due(
    reader: Reader, wanted: EscrowsOf, place: Place, filters: dict[str, int], window: int
) -> Looked:
    after = {"after_us": place.due, "after_id": place.order_id}
    last, until = Place(wanted.due_before, 0), None
    if wanted.platform_id or wanted.hold:
        end = reader.select("escrows_due_window", after | {"skipped": window})
        if end and Place(*end[0]) < last:
            last = Place(*end[0])
            until = Place(last.due, last.order_id - 1)
    bounds = {"before_us": last.due, "before_id": last.order_id}
    rows = reader.select("escrows_due", filters | after | bounds)
    return Looked([_from_row(row) for row in rows], until)


def _filtered(wanted: EscrowsOf) -> bool:
    return bool(wanted.stage or wanted.platform_id or wanted.hold)


def place_of(wanted: EscrowsOf, one: Escrow) -> Place:
    """Where the page after this escrow begins."""
    due = Instant(one.holding.until) if by_due(wanted) else 0
    return Place(due, one.holding.order_id)


def _from_row(row: Row) -> Escrow:
    return Escrow(from_row(row[:_HOLDING]), Hold(row[12]), row[13], row[14], row[15])
