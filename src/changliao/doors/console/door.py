"""The console's routes: one table, from which a test tries every role at every route."""

from typing import Final

from starlette.routing import Route

from changliao.doors.console import (
    acceptance,
    account,
    bills,
    books,
    budgets,
    cells,
    channels,
    closes,
    conflicts,
    differences,
    disputes,
    escrows,
    events,
    fees,
    frames,
    keys,
    lab,
    ledger,
    limits,
    logging_in,
    market,
    members,
    merchants,
    mergers,
    orders,
    overview,
    passkeys,
    payouts,
    portal,
    reconciliations,
    refunds,
    repairs,
    requests,
    risk,
    risk_hits,
    search,
    selling,
    settlements,
    thresholds,
)
from changliao.doors.console.visit import Console, Entry, route

TABLE: Final[tuple[Entry, ...]] = (
    *overview.ENTRIES,
    *orders.ENTRIES,
    *search.ENTRIES,
    *refunds.ENTRIES,
    *thresholds.ENTRIES,
    *repairs.ENTRIES,
    *closes.ENTRIES,
    *escrows.ENTRIES,
    *disputes.ENTRIES,
    *books.ENTRIES,
    *ledger.ENTRIES,
    *payouts.ENTRIES,
    *channels.ENTRIES,
    *differences.ENTRIES,
    *reconciliations.ENTRIES,
    *budgets.ENTRIES,
    *limits.ENTRIES,
    *risk.ENTRIES,
    *risk_hits.ENTRIES,
    *merchants.ENTRIES,
    *fees.ENTRIES,
    *acceptance.ENTRIES,
    *cells.ENTRIES,
    *mergers.ENTRIES,
    *events.ENTRIES,
    *requests.ENTRIES,
    *portal.ENTRIES,
    *frames.ENTRIES,
    *keys.ENTRIES,
    *selling.ENTRIES,
    *bills.ENTRIES,
    *settlements.ENTRIES,
    *account.ENTRIES,
    *passkeys.ENTRIES,
    *members.ENTRIES,
    *market.ENTRIES,
    *lab.ENTRIES,
)


def routes(console: Console) -> list[Route]:
    """Everything under /console/ and /portal/."""
    told = (conflicts.telling(entry) if entry.shown_at else entry for entry in TABLE)
    return [*logging_in.routes(console), *(route(console, entry) for entry in told)]
