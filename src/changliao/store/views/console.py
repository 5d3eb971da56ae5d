"""Reading what operators look at first: what waits for them, and the day so far."""

from msgspec import Struct
from msgspec.structs import replace

from changliao.core.clock import Instant
from changliao.core.disputes import Dispute, DisputeState
from changliao.core.events import Event
from changliao.store.disputes import from_row as dispute_from_row
from changliao.store.engine import Reader
from changliao.store.events import from_row as event_from_row
from changliao.store.views import risk


class Waiting(Struct, frozen=True):
    """How many of each kind wait for somebody. `payers` met risk rules and nobody looked since."""

    stores: int = 0
    drafts: int = 0
    refunds: int = 0
    thresholds: int = 0
    payers: int = 0
    abnormal: int = 0
    risk_rules: int = 0
    disputes: int = 0
    mergers: int = 0
    differences: int = 0
    events: int = 0


class Sums(Struct, frozen=True):
    """What happened in a time in one currency (its number). Units: minor.

    Orders that were placed, orders that were paid, and what went back, whenever they were placed.
    """

    currency: int
    placed: int = 0
    paid: int = 0
    amount: int = 0
    refunded: int = 0


def waiting(reader: Reader, now: Instant) -> Waiting:
    """For operators. Zero where nothing waits."""
    found = {str(row[0]): int(row[1]) for row in reader.select("console_waiting", {})}
    return Waiting(**found, payers=risk.unseen_count(reader, now))


def waiting_of_merchant(reader: Reader, organisation: int) -> Waiting:
    """For a merchant's members."""
    rows = reader.select("portal_waiting", {"organisation": organisation})
    return Waiting(**{str(row[0]): int(row[1]) for row in rows})


def sums_between(reader: Reader, first: int, last: int) -> list[Sums]:
    """By currency, of what was made with ids from `first` and before `last`."""
    keys = {"first": first, "last": last}
    found: dict[int, Sums] = {}
    for currency, placed in reader.select("placed_between", keys):
        found[currency] = Sums(currency, placed=placed)
    for currency, paid, amount in reader.select("paid_between", keys):
        known = found.get(currency, Sums(currency))
        found[currency] = replace(known, paid=paid, amount=amount)
    for currency, refunded in reader.select("refunded_between", keys):
        known = found.get(currency, Sums(currency))
        found[currency] = replace(known, refunded=refunded)
    return list(found.values())


def given_up(reader: Reader, before: int, most: int) -> list[Event]:
    """Events that nobody answered in the end, the newest first."""
    rows = reader.select("events_given_up_latest", {"before": before, "most": most})
    return [event_from_row(row) for row in rows]


def disputes(reader: Reader, state: int, before: int, most: int) -> list[Dispute]:
    """Of all merchants, the newest first; state 0 is any."""
    keys = {"before": before, "most": most}
    if state == DisputeState.OPEN:
        rows = reader.select("disputes_open_latest", keys)
    else:
        rows = reader.select("disputes_of_anybody", keys | {"first": 0, "state": state})
    return [dispute_from_row(row) for row in rows]


def dispute(reader: Reader, dispute_id: int) -> Dispute | None:
    """By id, whoever the seller is."""
    keys = {"first": dispute_id, "state": 0, "before": dispute_id + 1, "most": 1}
    rows = reader.select("disputes_of_anybody", keys)
    return dispute_from_row(rows[0]) if rows else None
