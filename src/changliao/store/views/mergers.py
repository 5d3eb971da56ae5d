"""Reading mergers, and what two platforms have that would be merged."""

from msgspec import Struct

from changliao.core.bills import day_of
from changliao.core.mergers import Merger, MergerState
from changliao.store.engine import Reader
from changliao.store.mergers import merger_from_row


class Waiting(Struct, frozen=True):
    """Orders that wait in one currency, by its number, for their payer or for their end."""

    currency: int
    orders: int
    amount: int


class Payers(Struct, frozen=True):
    """How many people paid at the source, at the target, and at both."""

    source: int
    target: int
    both: int


def merger(reader: Reader, merger_id: int) -> Merger | None:
    """By id."""
    rows = reader.select("merger_by_id", {"merger_id": merger_id})
    return merger_from_row(rows[0]) if rows else None


def mergers(reader: Reader, platform_id: int) -> list[Merger]:
    """Newest first; zero is no filter."""
    rows = reader.select("mergers_latest", {"platform_id": platform_id})
    return [merger_from_row(row) for row in rows]


def heirs(reader: Reader) -> dict[int, tuple[int, int]]:
    """What each merged platform was merged into, and since which day."""
    done = [one for one in mergers(reader, 0) if one.state is MergerState.DONE]
    return {one.source_id: (one.target_id, day_of(one.ended_at)) for one in done}


def escrows(reader: Reader, platform_id: int) -> list[Waiting]:
    """What a platform's orders still hold."""
    rows = reader.select("escrows_of_platform", {"platform_id": platform_id})
    return [Waiting(*map(int, row)) for row in rows]


def payers(reader: Reader, source_id: int, target_id: int) -> Payers:
    """Who paid where."""
    keys = {"source_id": source_id, "target_id": target_id}
    [row] = reader.select("payers_of_platforms", keys)
    return Payers(*(int(one or 0) for one in row))


def open_orders(reader: Reader, platform_id: int, now: int) -> list[Waiting]:
    """What waits for its payers."""
    keys = {"platform_id": platform_id, "now_us": now}
    return [Waiting(*map(int, row)) for row in reader.select("open_orders_of_platform", keys)]


def same_references(reader: Reader, source_id: int, target_id: int) -> int:
    """How many order numbers one store used on both platforms."""
    keys = {"source_id": source_id, "target_id": target_id}
    return int(reader.select("references_of_both", keys)[0][0])


def loans(reader: Reader, merger_id: int) -> dict[int, int]:
    """What heirs lent to the source, by book. Units: minor."""
    rows = reader.select("loans_of_merger", {"merger_id": merger_id})
    return {int(row[0]): int(row[2]) for row in rows}
