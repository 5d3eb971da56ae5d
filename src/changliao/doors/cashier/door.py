"""The cashier's routes.

Opening a link on a phone, logged in, is scanning it: from then on the order is that person's to
pay. Source: WEB.md §4 and §7; wechatpay-v3.md §12.5.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Final
from urllib.parse import quote, urlsplit

import msgspec
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Route

from changliao.core.acceptance import TERMINAL_OF
from changliao.core.channels import Asked
from changliao.core.ids import PaymentId, parse
from changliao.core.orders import OpenOrder, Order, Scene
from changliao.core.outcome import Reason, Refused
from changliao.core.parties import User
from changliao.core.passkeys import Party
from changliao.doors.cashier import confirming, embedding
from changliao.doors.cashier.methods import LAST_COOKIE, WALLET, Way, arranged, preferred, ways
from changliao.doors.cashier.view import (
    FINAL,
    View,
    address,
    asked_back,
    best_offers,
    describe,
    ending,
    find,
    state_of,
    tries,
    version,
)
from changliao.operations import checkout, proofs, sessions, tenders
from changliao.operations.connectors import Desk
from changliao.operations.links import Link
from changliao.operations.network import Network
from changliao.operations.orders import OPEN
from changliao.store.views.orders import Placed
from changliao.web import passkeys, security, session
from changliao.web.devices import is_phone
from changliao.web.pages import Pages

_LOOK_EVERY_S: Final = 1.0
_COMMENT_EVERY: Final = 15
_LONGEST_STREAM_S: Final = 600
_UNPROCESSABLE: Final = 422
# Whoever pays by a bank waits so long for its answer, then for the page to tell.
_ANSWERED_WITHIN_S: Final = 2.0
Found = tuple[Link, Placed]
# By the door an order came in by: from the order and its link's token to an address, or to nothing.
WaysBack = Mapping[str, Callable[[Placed, str], str]]


def routes(
    network: Network, pages: Pages, desk: Desk, public_url: str, ways_back: WaysBack
) -> list[Route]:
    """Everything under /c/. `ways_back` finds where a door's payers go afterwards."""
    cashier = _Cashier(network, pages, desk, public_url, ways_back)
    return [
        Route("/c/{token}", cashier.show),
        Route("/c/{token}/embed", cashier.embed),
        Route("/c/{token}/status", cashier.status),
        Route("/c/{token}/live", cashier.live),
        Route("/c/{token}/pay", cashier.again),
        Route("/c/{token}/pay", cashier.pay, methods=["POST"]),
        Route("/c/{token}/tender", cashier.again),
        Route("/c/{token}/tender", cashier.tender, methods=["POST"]),
    ]


class _Cashier:
    def __init__(
        self, network: Network, pages: Pages, desk: Desk, public_url: str, ways_back: WaysBack
    ) -> None:
        self._network = network
        self._pages = pages
        self._desk = desk
        self._public_url = public_url
        self._ways_back = ways_back

    async def show(self, request: Request) -> Response:
        """The page for this device and state."""
        found = await find(self._network, request.path_params["token"])
        if found is None:
            return self._bad(request)
        payer = await self._payer(request)
        device = _device(request)
        if device == "phone" and payer is not None:
            found = await self._opened(found, payer)
        return await self._page(request, found, payer, device)

    async def embed(self, request: Request) -> Response:
        """The code alone, for a frame on the shop's own page; it knows no payer."""
        found = await find(self._network, request.path_params["token"])
        if found is None:
            return self._bad(request)
        view = await describe(request, self._network, self._pages, found, None)
        answer = self._pages.render(request, "cashier/embed.html", view=view)
        policy = security.framed_by(await embedding.origins(self._network, found[1]))
        answer.headers["Content-Security-Policy"] = policy
        return answer

    async def status(self, request: Request) -> Response:
        """The live part, for polling."""
        found = await find(self._network, request.path_params["token"])
        if found is None:
            return self._bad(request)
        text = await self._fragment(request, found)
        return HTMLResponse(text, headers={"Cache-Control": "no-store"})

    async def live(self, request: Request) -> Response:
        """The live part as server-sent events, from the current state on."""
        found = await find(self._network, request.path_params["token"])
        if found is None:
            return self._bad(request)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        stream = self._stream(request, found[1].order)
        return StreamingResponse(stream, media_type="text/event-stream", headers=headers)

    async def again(self, request: Request) -> Response:
        """A plain form's answer stands at this address; its links lead back to the order."""
        path = request.url.path.rpartition("/")[0]
        return RedirectResponse(f"{path}?{request.url.query}", 303)

    async def pay(self, request: Request) -> Response:
        """Pay from the wallet of whoever is logged in, with the PIN or a passkey."""
        form = await self._pages.browser.form(request)
        found = await find(self._network, request.path_params["token"])
        payer = await self._payer(request)
        if found is None:
            return self._bad(request)
        if payer is None:
            return _to_login(request, found)
        asked = await self._asked(form, found, payer)
        if passkeys.asked(request):
            return await self._challenge(request, asked)
        outcome = await self._paid(request, form, asked)
        again = _address(request, found, view=_given_device(form))
        if not isinstance(outcome, Refused) or outcome.reason is Reason.ORDER_ALREADY_PAID:
            answer = _told(request, RedirectResponse(again, 303), again)
            self._pages.browser.set(answer, LAST_COOKIE, WALLET)
            return answer
        problem = self._problem(request, outcome)
        if _wants_json(request):
            return JSONResponse({"message": problem}, _UNPROCESSABLE)
        found = await find(self._network, request.path_params["token"]) or found
        device = _given_device(form)
        return await self._page(request, found, payer, device, problem=problem)

    async def tender(self, request: Request) -> Response:
        """Pay by another method: its channel is asked once, and whoever waits is shown that."""
        form = await self._pages.browser.form(request)
        found = await find(self._network, request.path_params["token"])
        payer, device = await self._payer(request), _given_device(form)
        if found is None:
            return self._bad(request)
        if payer is None:
            return _to_login(request, found)
        outcome = await self._tendered(form, found, payer, device)
        if isinstance(outcome, Refused) and outcome.reason is not Reason.ORDER_ALREADY_PAID:
            problem = self._problem(request, outcome)
            found = await find(self._network, request.path_params["token"]) or found
            way = str(form.get("method", ""))
            return await self._page(request, found, payer, device, problem=problem, way=way)
        answer = RedirectResponse(_address(request, found, view=device), 303)
        self._pages.browser.set(answer, LAST_COOKIE, str(form.get("method", "")))
        return answer

    async def _tendered(
        self, form: FormData, found: Found, payer: User, device: str
    ) -> Asked | Refused | None:
        """None: an earlier try is not known yet, so nothing new is asked."""
        network, (link, placed) = self._network, found
        order, payment_id = placed.order, parse("pay", str(form.get("payment_id", "")))
        if payment_id is None or network.clock() >= link.expires_at:
            return Refused(Reason.ORDER_EXPIRED)
        tried = await tries(network, order, payer)
        if state_of(order, link, payer, network.clock(), tried) == "processing":
            return None
        there = _page_terminal(order, device)
        offers = await checkout.offers(network, self._desk, order, there)
        offer = next((one for one in offers if one.method.code == form.get("method")), None)
        if offer is None:
            return Refused(Reason.METHOD_NOT_CONNECTED)
        command = checkout.tendered(
            offer, order, payer.id, PaymentId(payment_id), network.clock(),
            issue=link.issue, page_terminal_id=there,
        )  # fmt: skip
        if isinstance(command, Refused):
            return command
        asked = await network.perform(tenders.ASK, command)
        if isinstance(asked, Asked) and asked.fresh:
            with suppress(TimeoutError):  # the asking goes on; the page tells what comes of it
                async with asyncio.timeout(_ANSWERED_WITHIN_S):
                    await self._desk.ask(asked.request)
        return asked

    async def _asked(self, form: FormData, found: Found, payer: User) -> confirming.Asked | Refused:
        link, placed = found
        return await confirming.command(self._network, form, placed.order, link, payer)

    async def _paid(
        self, request: Request, form: FormData, asked: confirming.Asked | Refused
    ) -> Order | Refused:
        if isinstance(asked, Refused):
            return asked
        party, browser = self._party(request), self._browser(request)
        return await confirming.paid(self._network, party, browser, form, asked)

    async def _challenge(self, request: Request, asked: confirming.Asked | Refused) -> Response:
        party = self._party(request)
        if isinstance(asked, Refused):
            return JSONResponse({"message": self._problem(request, asked)}, _UNPROCESSABLE)
        if party is None:
            nowhere = self._pages.words(request, passkeys.NOWHERE)
            return JSONResponse({"message": nowhere}, _UNPROCESSABLE)
        return await confirming.challenge(self._network, party, self._browser(request), asked)

    def _party(self, request: Request) -> Party | None:
        return passkeys.party(request, self._public_url)

    def _browser(self, request: Request) -> str:
        return self._pages.browser.identity(request)

    async def _opened(self, found: Found, payer: User) -> Found:
        """Keep the order for the first person who scanned it."""
        link, placed = found
        order = placed.order
        if order.payer_id or self._network.clock() >= link.expires_at:
            return found
        command = OpenOrder(order.merchant_id, order.id, payer.id, link.issue)
        opened = await self._network.perform(OPEN, command)
        if isinstance(opened, Refused):
            return (
                await find(self._network, self._network.links.make(order, link.expires_at)) or found
            )
        return link, Placed(opened, placed.terms)

    async def _page(
        self, request: Request, found: Found, payer: User | None, device: str,
        *, problem: str = "", way: str = "",
    ) -> Response:  # fmt: skip
        """`way` is the method that a problem is about, empty for the wallet."""
        view = await describe(request, self._network, self._pages, found, payer)
        view.device, view.problem = device, "" if way else problem
        if way:
            view.tab, view.note = way, problem
        view.offers = await best_offers(self._network, found[1].order, payer)
        for one in await tries(self._network, found[1].order, payer):
            view.page = view.page or await self._desk.page(one.request)
        if not view.final:
            if payer is not None:
                view.confirms = await proofs.ready(self._network, self._party(request), payer.id)
            there = _page_terminal(found[1].order, device)
            offers = await checkout.offers(self._network, self._desk, found[1].order, there)
            view.ways = await ways(request, self._network, self._pages, offers)
            last = self._pages.browser.read(request, LAST_COOKIE)
            wallet = Way(WALLET, self._pages.words(request, "账户余额"), view.off)
            view.choices = arranged(wallet, view.ways, last)
            _choose(view)
        find_way = self._ways_back.get(found[1].terms.door)
        if find_way is not None:
            view.back = find_way(found[1], request.path_params["token"])
        view.chosen = "view" in request.query_params
        if problem and device == "pc" and view.tab == "scan":
            view.tab = "account"
        view.host = urlsplit(self._public_url).netloc
        template = "cashier/end.html" if view.final else f"cashier/{device}.html"
        status = _UNPROCESSABLE if problem else 200
        return self._pages.render(request, template, status, view=view)

    async def _fragment(self, request: Request, found: Found) -> str:
        payer = await self._payer(request)
        view = await describe(request, self._network, self._pages, found, payer)
        return self._pages.fragment(request, "cashier/fragment.html", view=view)

    async def _stream(self, request: Request, order: Order) -> AsyncIterator[str]:
        network = self._network
        basket, changed = await checkout.basket_of(network, order), network.watch(order.id)
        payer, shown, rounds = await self._payer(request), "", 0
        try:
            while rounds < _LONGEST_STREAM_S and not await request.is_disconnected():
                changed.clear()
                found = await find(network, request.path_params["token"])
                if found is None:
                    return
                tried = await tries(network, found[1].order, payer)
                state = state_of(found[1].order, found[0], payer, network.clock(), tried)
                now = await version(network, found[1].order, basket, state)
                if now != shown:
                    shown = now
                    yield _event("html", await self._fragment(request, found), now)
                if state in FINAL:
                    yield _event("end", "", now)
                    return
                if rounds % _COMMENT_EVERY == 0:
                    yield ": still here\n\n"
                rounds += 1
                await _either(changed, _LOOK_EVERY_S)
        finally:
            network.unwatch(order.id, changed)

    def _bad(self, request: Request) -> Response:
        headline, explanation = ending(request, self._pages, "bad")
        view = View(path="/w/", state="bad", final=True, headline=headline, explanation=explanation)
        view.host = urlsplit(self._public_url).netloc
        return self._pages.render(request, "cashier/end.html", 404, view=view)

    def _problem(self, request: Request, refused: Refused) -> str:
        return self._pages.explain(request, refused, self._network.clock())

    async def _payer(self, request: Request) -> User | None:
        find_session = partial(sessions.find, self._network)
        return await session.user_of(request, self._pages.browser, find_session)


async def _either(event: asyncio.Event, seconds: float) -> None:
    """Wait for the event, but not longer."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return


def _address(request: Request, found: Found, **query: str) -> str:
    """The order's page, with the way back that it was opened with."""
    path = f"/c/{request.path_params['token']}"
    return address(path, asked_back(request, found[1]), **query)


def _to_login(request: Request, found: Found) -> Response:
    following = f"/w/login?next={quote(_address(request, found), safe='')}"
    return _told(request, RedirectResponse(following, 303), following)


def _event(name: str, text: str, version: str) -> str:
    return f"event: {name}\nid: {version}\ndata: {msgspec.json.encode(text).decode()}\n\n"


def _device(request: Request) -> str:
    asked = request.query_params.get("view")
    if asked in ("pc", "phone"):
        return asked
    return "phone" if is_phone(request) else "pc"


def _given_device(form: FormData) -> str:
    return "phone" if form.get("device") == "phone" else "pc"


def _page_terminal(order: Order, device: str) -> int:
    """Where the payer really sits, when a phone shows an order that was placed for PCs."""
    elsewhere = device == "phone" and TERMINAL_OF[order.scene] == TERMINAL_OF[Scene.PC]
    return TERMINAL_OF[Scene.H5] if elsewhere else 0


def _choose(view: View) -> None:
    """The one that was asked for; else on a phone one that pays, on a PC the code while it does."""
    first = preferred(view.choices, covered=view.payer == "" or view.balance >= view.due)
    if view.state == "processing":
        view.tab = ""
    elif view.device == "phone":
        usable = [one.code for one in view.choices if one.off is None]
        view.tab = view.tab if view.tab in usable else first
    elif view.tab not in {"scan", "account", *(one.code for one in view.ways)}:
        others = [one.code for one in view.ways if one.off is None]
        view.tab = others[0] if view.off and others else "scan"


def _wants_json(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "")


def _told(request: Request, response: Response, following: str) -> Response:
    """For the PIN sheet the next address as JSON, for a plain form a redirect."""
    return JSONResponse({"next": following}) if _wants_json(request) else response
