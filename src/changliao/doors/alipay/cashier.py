"""From a merchant's page or app to our cashier, and back.

A payer's browser brings a signed request; it is let through to the order's cashier page, or to a
page that says what is wrong. After payment a link of ours leads to the merchant's `return_url`,
signed at that moment. Source: alipay-openapi.md §7 and §18.
"""

import re
from typing import Final
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from changliao.core.clock import Instant
from changliao.core.orders import OrderState
from changliao.doors.alipay import answers, crypto, freezes, trades, words
from changliao.doors.alipay.call import Call, Door, read_form
from changliao.doors.alipay.errors import AlipayError
from changliao.doors.alipay.forms import Placing
from changliao.doors.alipay.parameters import CODECS
from changliao.doors.alipay.placing import LINK_LIVES, place
from changliao.operations.numbers import number_of
from changliao.store.views import orders
from changliao.store.views.orders import Placed

PAGE, WAP, APP = "alipay.trade.page.pay", "alipay.trade.wap.pay", "alipay.trade.app.pay"
ENTRIES: Final = frozenset({PAGE, WAP, APP, freezes.APP})
_BACK: Final = "/alipay/back/"
# How large the code is, by qr_pay_mode; 2 leads to the cashier's page. Units: pixels.
_FRAMES: Final = {"0": 200, "1": 200, "3": 75, "4": 200}
_SIZED: Final = "4"
_ROOM: Final = 150
_SHOWN: Final = re.compile(r"^isv\.")


def routes(door: Door) -> list[Route]:
    """Where payers go on to after the cashier."""

    async def back(request: Request) -> Response:
        """GET /alipay/back/{token}: on to the merchant; a paid order brings its signature along."""
        placed = await _placed(door, request.path_params["token"])
        if placed is None:
            return door.pages.error(request, 404)
        details = trades.details_of(placed)
        if placed.order.state is not OrderState.PAID:
            leave = details.quit_url
            return RedirectResponse(leave, 303) if leave else _nowhere(door, request)
        if details.method == APP:
            return JSONResponse(await app_result(door, placed, details))
        if not details.return_url:
            return _nowhere(door, request)
        return RedirectResponse(await return_address(door, placed, details), 302)

    return [Route(f"{_BACK}{{token}}", back)]


def way_back(placed: Placed, token: str) -> str:
    """Where the cashier's page leads afterwards; empty when the merchant named no place."""
    details = trades.details_of(placed)
    paid = placed.order.state is OrderState.PAID
    leads = (details.return_url or details.method == APP) if paid else details.quit_url
    return f"{_BACK}{token}" if leads else ""


async def enter(door: Door, call: Call, request: Request) -> Response:
    """Take the order or the freeze and show where it is paid. Raises AlipayError."""
    if call.method == freezes.APP:
        return RedirectResponse(freezes.page_of(door, await freezes.requested(door, call)), 303)
    form = read_form(call, Placing)
    placed = await place(door, call, form)
    link = door.network.links.make(placed, Instant(door.network.clock() + LINK_LIVES))
    if embeds(call):
        return _frame(door, request, form, link)
    # The browser comes with GET or POST; the cashier is always fetched anew.
    return RedirectResponse(f"/c/{link}", 303)


def embeds(call: Call) -> bool:
    """Does the merchant's page show the code inside itself?"""
    return call.method == PAGE and call.content.get("qr_pay_mode") in _FRAMES


def _frame(door: Door, request: Request, form: Placing, link: str) -> Response:
    """A page with the code alone; how to go back only where there is room for it."""
    mode = form.qr_pay_mode
    width = int(form.qrcode_width) if mode == _SIZED and form.qrcode_width else _FRAMES[mode]
    text = door.pages.fragment(
        request,
        "alipay/frame.html",
        code=f"{door.public_url}/c/{link}",
        width=width,
        back=f"{_BACK}{link}" if width >= _ROOM else "",
    )
    return HTMLResponse(text, headers={"Cache-Control": "no-store"})


def refused_page(door: Door, request: Request, error: AlipayError) -> Response:
    """What a payer sees when the merchant's request is wrong, with what its developer needs."""
    text = door.pages.fragment(
        request,
        "alipay/refused.html",
        error_code=_SHOWN.sub("", error.sub_code),
        message=error.message,
        evidence=error.evidence,
    )
    return HTMLResponse(text, headers={"Cache-Control": "no-store"})


async def return_address(door: Door, placed: Placed, details: trades.Details) -> str:
    """The merchant's address with the signed parameters after its own."""
    codec = CODECS.get(details.charset.lower(), "utf-8")
    given = {
        "app_id": details.app_id,
        "auth_app_id": details.auth_app_id,
        "charset": details.charset,
        "method": f"{details.method}.return",
        "out_trade_no": placed.order.reference,
        "seller_id": await number_of(door.network, placed.order.merchant_id),
        "timestamp": words.moment(door.network.clock()),
        "total_amount": words.yuan(placed.order.amount.amount),
        "trade_no": words.trade_no(placed.order.id),
        "version": "1.0",
    }
    message = crypto.canonical(given).encode(codec, "replace")
    signer = door.platform.signer(details.app_id)
    given |= {
        "sign": crypto.sign(signer.key, message, details.sign_type),
        "sign_type": details.sign_type,
    }
    parts = urlsplit(details.return_url)
    query = "&".join(
        filter(None, (parts.query, urlencode(given, encoding=codec, errors="replace")))
    )
    path = quote(parts.path, safe="/%:@!$&'()*+,;=~")
    return urlunsplit((parts.scheme, parts.netloc, path, query, parts.fragment))


async def app_result(door: Door, placed: Placed, details: trades.Details) -> dict[str, str]:
    """What the mobile SDK hands to the app (§7.3)."""
    fields = {
        "app_id": details.app_id,
        "auth_app_id": details.auth_app_id,
        "charset": details.charset,
        "out_trade_no": placed.order.reference,
        "seller_id": await number_of(door.network, placed.order.merchant_id),
        "timestamp": words.moment(door.network.clock()),
        "total_amount": words.yuan(placed.order.amount.amount),
        "trade_no": words.trade_no(placed.order.id),
    }
    node = answers.node_text(answers.success(fields))
    codec = CODECS.get(details.charset.lower(), "utf-8")
    signer = door.platform.signer(details.app_id)
    signature = crypto.sign(signer.key, node.encode(codec, "replace"), details.sign_type)
    tail = msgspec.json.encode({"sign": signature, "sign_type": details.sign_type}).decode()
    result = f'{{"{answers.root_of(APP)}":{node},{tail[1:]}'
    return {"resultStatus": "9000", "memo": "", "result": result}


def _nowhere(door: Door, request: Request) -> Response:
    return door.pages.error(request, 404)


async def _placed(door: Door, token: str) -> Placed | None:
    link = door.network.links.read(token)
    if link is None:
        return None
    return await door.network.read(orders.order, link.merchant_id, link.order_id)
