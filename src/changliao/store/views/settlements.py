"""Reading settlement cycles, settlements, and what a settlement holds."""

from collections.abc import Iterator
from typing import Final

from changliao.core.bills import Day
from changliao.core.chart import AccountId
from changliao.core.money import Currency
from changliao.core.settlements import Cycle, Settlement, SettlementState
from changliao.store.engine import Reader
from changliao.store.settlements import cycle_from_row, from_row
from changliao.store.views import bills

_PAGE: Final = 20_000


def cycles_due(reader: Reader, today: Day, after: tuple[int, int], most: int) -> list[Cycle]:
    """A page of those with a day that is to be settled, after this merchant and currency."""
    keys = {"merchant_id": after[0], "currency": after[1], "today": today, "most": most}
    return [cycle_from_row(row) for row in reader.select("settlement_cycles_due", keys)]


def cycles_of(reader: Reader, merchant_id: int) -> list[Cycle]:
    """A merchant's, by currency."""
    rows = reader.select("settlement_cycles_of", {"merchant_id": merchant_id})
    return [cycle_from_row(row) for row in rows]


def newest(reader: Reader, merchant_id: int, currency: Currency) -> Settlement | None:
    """The one of the latest day."""
    keys = {"merchant_id": merchant_id, "currency": currency.number}
    rows = reader.select("settlement_newest", keys)
    return from_row(rows[0]) if rows else None


def in_state(reader: Reader, state: SettlementState, after: int, most: int) -> list[Settlement]:
    """Everybody's in one state, the oldest first."""
    keys = {"state": int(state), "after": after, "most": most}
    return [from_row(row) for row in reader.select("settlements_in_state", keys)]


def settlement(reader: Reader, merchant_id: int, settlement_id: int) -> Settlement | None:
    """By id."""
    keys = {"merchant_id": merchant_id, "settlement_id": settlement_id}
    rows = reader.select("settlement_by_id", keys)
    return from_row(rows[0]) if rows else None


def of_merchant(reader: Reader, merchant_id: int, before: int, most: int) -> list[Settlement]:
    """A merchant's, newest first."""
    keys = {"merchant_id": merchant_id, "before": before, "most": most}
    return [from_row(row) for row in reader.select("settlements_of", keys)]


def settlements(reader: Reader, state: int, before: int, most: int) -> list[Settlement]:
    """Everybody's, newest first; 0 is any state."""
    keys = {"state": state, "before": before, "most": most}
    return [from_row(row) for row in reader.select("settlements_list", keys)]


def holds(
    reader: Reader, account: AccountId, first_day: Day, day: Day
) -> list[tuple[int, int, int]]:
    """What moved payable in these days: (code, how often, sum), money in is positive."""
    sums: dict[int, list[int]] = {}
    for one in range(first_day, day + 1):
        for code, count, amount in bills.sums(reader, account, Day(one)):
            found = sums.setdefault(code, [0, 0])
            found[0] += count
            found[1] += amount
    return [(code, count, amount) for code, (count, amount) in sorted(sums.items())]


def all_settlements(reader: Reader) -> Iterator[Settlement]:
    """Every settlement by merchant, currency and day, for the audit."""
    merchant_id = currency = day = 0
    while rows := reader.select(
        "audit_settlements",
        {"merchant_id": merchant_id, "currency": currency, "day_number": day, "most": _PAGE},
    ):
        yield from map(from_row, rows)
        merchant_id, currency, day = rows[-1][:3]
