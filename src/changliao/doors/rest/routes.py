"""Every operation of this API. What answers requests and what documents them reads this table."""

from typing import Any, Final

from changliao.doors.rest import (
    acceptance,
    authorizations,
    baskets,
    bills,
    budgets,
    channels,
    charges,
    credentials,
    disputes,
    events,
    groupbills,
    holdings,
    ledger,
    limits,
    market,
    market_changes,
    merchants,
    mergers,
    notices,
    orders,
    packets,
    payments,
    payouts,
    platforms,
    refunds,
    reports,
    sandbox,
    settlements,
    splits,
    statements,
    tenders,
    users,
    wallets,
    withdrawals,
)
from changliao.doors.rest.endpoint import API, Endpoint, Handler, prepared
from changliao.web.asgi import Routes, route

TABLE: Final[tuple[Endpoint[Any, Any], ...]] = (
    *orders.ENDPOINTS,
    *payments.ENDPOINTS,
    *baskets.ENDPOINTS,
    *charges.ENDPOINTS,
    *refunds.ENDPOINTS,
    *splits.ENDPOINTS,
    *payouts.ENDPOINTS,
    *authorizations.ENDPOINTS,
    *users.ENDPOINTS,
    *limits.ENDPOINTS,
    *wallets.ENDPOINTS,
    *withdrawals.ENDPOINTS,
    *tenders.ENDPOINTS,
    *settlements.ENDPOINTS,
    *channels.ENDPOINTS,
    *statements.ENDPOINTS,
    *packets.ENDPOINTS,
    *groupbills.ENDPOINTS,
    *budgets.ENDPOINTS,
    *acceptance.ENDPOINTS,
    *platforms.ENDPOINTS,
    *holdings.ENDPOINTS,
    *disputes.ENDPOINTS,
    *mergers.ENDPOINTS,
    *merchants.ENDPOINTS,
    *credentials.ENDPOINTS,
    *notices.ENDPOINTS,
    *events.ENDPOINTS,
    *ledger.ENDPOINTS,
    *market.ENDPOINTS,
    *market_changes.ENDPOINTS,
    *reports.ENDPOINTS,
    *bills.ENDPOINTS,
    *sandbox.ENDPOINTS,
)


def routes() -> Routes[Handler]:
    """The table as the door dispatches by it."""
    return Routes(route(one.method, API + one.path, prepared(one)) for one in TABLE)
