"""Merchants, platforms and stores, and the review of applications."""

from typing import Final

from starlette.responses import RedirectResponse, Response

from changliao.core import ids
from changliao.core.ids import MerchantId
from changliao.core.members import Right
from changliao.core.outcome import Refused
from changliao.core.platforms import TRANSITIONS, DecideStore, Store, StoreEvent, StoreState
from changliao.doors.console import naming
from changliao.doors.console.keys import app_keys
from changliao.doors.console.visit import Entry, Visit
from changliao.operations.stores import DECIDE
from changliao.store.views import key_uses, parties, platforms

_PAGE: Final = 50
LONGEST_REASON: Final = 200
# What is offered; MOVE belongs to mergers, and applying to merchants.
_OFFERED: Final = (
    StoreEvent.APPROVE, StoreEvent.REFUSE, StoreEvent.SUSPEND, StoreEvent.RESUME, StoreEvent.CLOSE,
)  # fmt: skip


async def listed(visit: Visit) -> Response:
    """In the order in which they came."""
    after = ids.parse("mch", visit.query.get("after", "")) or 0
    found = await visit.network.read(parties.merchants, after, _PAGE + 1)
    shown = [(ids.show("mch", one.id), one) for one in found[:_PAGE]]
    known = {one.merchant_id for one in await visit.network.read(platforms.platforms)}
    return visit.render(
        "console/merchants.html",
        merchants=shown,
        platforms=known,
        further=shown[-1][0] if len(found) > _PAGE else "",
        here_nav="merchants",
    )


async def one(visit: Visit) -> Response:
    """Its apps, keys, providers and stores."""
    read, merchant = visit.network.read, await naming.merchant_named(visit)
    if merchant is None:
        return visit.missing()
    stores = await read(platforms.stores, 0, merchant.id)
    return visit.render(
        "console/merchant.html",
        id=ids.show("mch", merchant.id),
        merchant=merchant,
        apps=await read(parties.apps_of, merchant.id),
        keys=await read(parties.keys_of, merchant.id),
        used=await read(key_uses.of_owner, merchant.id),
        app_keys=await app_keys(visit, merchant.id),
        partners=await read(parties.partners_of, merchant.id),
        stores=[(await naming.party(visit.network, store.platform_id), store) for store in stores],
        now=visit.network.clock(),
        here_nav="merchants",
    )


async def stores(visit: Visit) -> Response:
    """Platforms, and their stores; `state=applied` are those that wait for a review."""
    query, network = visit.query, visit.network
    known = await network.read(platforms.platforms)
    platform_id = ids.parse("mch", query.get("platform", "")) or 0
    found = await network.read(platforms.stores, platform_id, 0)
    state = StoreState.__members__.get(query.get("state", "").upper())
    shown = [
        (
            f"{ids.show('mch', one.platform_id)}/{ids.show('mch', one.merchant_id)}",
            await naming.party(network, one.platform_id),
            await naming.party(network, one.merchant_id),
            offered(one),
            one,
        )
        for one in found
        if state in (None, one.state)
    ]
    heirs = {one.merchant_id: await naming.party(network, one.merchant_id) for one in known}
    return visit.render(
        "console/stores.html",
        platforms=[(ids.show("mch", one.merchant_id), one) for one in known],
        heirs=heirs,
        stores=shown,
        states=list(StoreState),
        chosen={"platform": query.get("platform", ""), "state": query.get("state", "")},
        here_nav="stores",
    )


async def decide(visit: Visit) -> Response:
    """Review, suspend, resume or close."""
    form = await visit.form()
    parts = visit.request.path_params
    event = StoreEvent.__members__.get(str(form.get("event", "")).upper())
    platform_id, merchant_id = ids.parse("mch", parts["id"]), ids.parse("mch", parts["store"])
    if event not in _OFFERED or platform_id is None or merchant_id is None:
        return visit.missing()
    reason = str(form.get("reason", "")).strip()[:LONGEST_REASON]
    command = DecideStore(MerchantId(platform_id), MerchantId(merchant_id), event, reason)
    outcome = await visit.act(
        form,
        DECIDE,
        command,
        f"{parts['id']}/{parts['store']}",
        event=event.name.lower(),
        reason=reason,
    )
    if isinstance(outcome, Refused):
        return visit.refused(outcome)
    return RedirectResponse("/console/stores", 303)


def offered(store: Store) -> list[StoreEvent]:
    """What can be decided about a store as it is."""
    return [event for event in _OFFERED if _leads_on(store.state, event)]


def _leads_on(state: StoreState, event: StoreEvent) -> bool:
    after = TRANSITIONS[state, event]
    return isinstance(after, StoreState) and after is not state


ENTRIES: Final = (
    Entry("GET", "/console/merchants", Right.LOOK, listed),
    Entry("GET", "/console/merchants/{id}", Right.LOOK, one),
    Entry("GET", "/console/stores", Right.LOOK, stores),
    Entry("POST", "/console/stores/{id}/{store}", Right.REVIEW_STORES, decide),
)
