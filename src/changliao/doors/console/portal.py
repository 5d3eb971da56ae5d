"""A merchant's first page, and what simulated payers do with its orders."""

from typing import Final

from starlette.responses import RedirectResponse, Response

from changliao.core import ids
from changliao.core.events import EventState, Sample, TestWebhook
from changliao.core.ids import EventId
from changliao.core.members import Right
from changliao.core.outcome import Reason, Refused
from changliao.core.parties import Merchant
from changliao.core.sandbox import Act
from changliao.doors.console import events, naming, orders, requests
from changliao.doors.console.visit import UNPROCESSABLE, Entry, Visit
from changliao.operations import payers
from changliao.operations.events import TEST
from changliao.operations.sandbox import read_record
from changliao.store.views import events as event_views
from changliao.store.views import parties, sandbox, search
from changliao.store.views.orders import Wanted
from changliao.web.addresses import is_address

_NEWEST: Final = 1 << 62
_LOOKED_AT: Final = 500
_REFUSED: Final = 400
_LONGEST_ADDRESS: Final = 2_048


async def start(visit: Visit) -> Response:
    """What is done and what comes next, from what really happened."""
    read, merchant = visit.network.read, await naming.own_merchant(visit)
    now = visit.network.clock()
    keys = await read(parties.keys_of, merchant.id)
    asked = await read(sandbox.latest_requests, merchant.id, _LOOKED_AT)
    known = [read_record(one) for one in asked]
    placed = await read(search.orders_of_anybody, _wanted(merchant), 1)
    paid = await read(search.orders_of_anybody, _wanted(merchant, state=2), 1)
    told = await read(event_views.of_merchant, merchant.id, _NEWEST, 50)
    steps = {
        "key": any(one.works(now) for one in keys),
        "request": any(one.status and one.status < _REFUSED for one in known),
        "order": bool(placed.placed),
        "paid": bool(paid.placed),
        "told": any(one.state is EventState.DELIVERED for one in told),
    }
    return visit.render(
        "portal/start.html",
        merchant=merchant,
        apps=await read(parties.apps_of, merchant.id),
        steps=steps,
        failed=sum(one.status >= _REFUSED for one in known),
        here_nav="start",
    )


async def docs(visit: Visit) -> Response:
    """The reference of the REST API, in place."""
    reference = visit.console.reference()
    return visit.render("portal/docs.html", reference=reference, here_nav="docs")


async def test_webhook(visit: Visit) -> Response:
    """Send a letter to an address, to see it arrive."""
    form, merchant = await visit.form(), await naming.own_merchant(visit)
    address = str(form.get("address", "")).strip()[:_LONGEST_ADDRESS]
    if not is_address(address):
        text = visit.words("请填写 http:// 或 https:// 开头的地址，不含密码。")
        return visit.render("console/said.html", UNPROCESSABLE, said="refused", text=text)
    door, _, word = str(form.get("sample", "")).partition(" ")
    if word not in (await events.samples(visit)).get(door, ()):
        return visit.refused(Refused(Reason.SAMPLE_NOT_TOLD))
    event_id = EventId(visit.network.ids.new())
    shown = ids.show("evt", event_id)
    test = TestWebhook(event_id, merchant.id, address, door, Sample(word))
    outcome = await visit.act(
        form, TEST, test, shown, address=address, door=door, sample=test.sample.value
    )
    if isinstance(outcome, Refused):
        return visit.refused(outcome)
    return RedirectResponse(f"/portal/events/{shown}", 303)


async def act(visit: Visit) -> Response:
    """A simulated person does something with an order. Only in a sandbox."""
    form, placed = await visit.form(), await naming.order_named(visit)
    chosen = str(form.get("does", ""))
    if placed is None or not visit.console.pages.sandbox or chosen not in set(Act):
        return visit.missing()
    acted = await payers.perform(visit.network, placed.order, Act(chosen))
    expected = Act(chosen) is Act.WRONG_PIN
    if acted.refused is not None and not expected:
        return visit.refused(acted.refused)
    return RedirectResponse(f"/portal/orders/{visit.request.path_params['id']}", 303)


def _wanted(merchant: Merchant, state: int = 0) -> Wanted:
    return Wanted(merchant.id, _NEWEST, 0, _NEWEST, state)


ENTRIES: Final = (
    Entry("GET", "/portal/", Right.PORTAL_LOOK, start),
    Entry("GET", "/portal/docs", Right.PORTAL_LOOK, docs),
    Entry("GET", "/portal/requests", Right.PORTAL_LOOK, requests.listed),
    Entry("GET", "/portal/requests/{id}", Right.PORTAL_LOOK, requests.one),
    Entry("GET", "/portal/orders", Right.PORTAL_LOOK, orders.listed),
    Entry("GET", "/portal/orders/{id}", Right.PORTAL_LOOK, orders.one),
    Entry("POST", "/portal/orders/{id}/act", Right.PORTAL_TEST, act),
    Entry("GET", "/portal/events", Right.PORTAL_LOOK, events.listed),
    Entry("POST", "/portal/events", Right.PORTAL_TEST, test_webhook),
    Entry("GET", "/portal/events/{id}", Right.PORTAL_LOOK, events.one),
    Entry("POST", "/portal/events/resend", Right.PORTAL_TEST, events.resend_chosen),
    Entry("POST", "/portal/events/{id}/resend", Right.PORTAL_TEST, events.resend),
)
