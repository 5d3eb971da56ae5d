"""From a code to what it names: an order, a red packet, a coupon or a group bill."""

import asyncio

from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, RedirectResponse, Response

from changliao.doors.wallet import forms
from changliao.doors.wallet.visit import UNPROCESSABLE, Handler, Visit, refused_json
from changliao.web import pictures

_TOO_MANY = 429


async def scan(visit: Visit) -> Response:
    """The page, and what was typed or read into its form."""
    code, problem = "", ""
    if visit.request.method == "POST":
        form = await visit.wallet.pages.browser.form(visit.request)
        code = str(form.get("code", ""))
        token = forms.scanned(code)
        if token is not None and visit.wallet.network.links.read(token) is not None:
            return RedirectResponse(f"/c/{token}?view=phone", 303)
        gift = forms.gift(code)
        if gift is not None:
            return RedirectResponse(gift, 303)
        problem = visit.words("这不是畅聊支付的付款码。请从商家页面重新扫码。")
    return visit.render(
        "wallet/scan.html",
        UNPROCESSABLE if problem else 200,
        given={"code": code},
        problem_text=problem,
        pictures=pictures.readable(),
        tab="home",
    )


def reading() -> Handler:
    """Reads the code in a picture, for browsers that cannot; the picture is not kept."""
    pace = pictures.Pace()

    async def read(visit: Visit) -> Response:
        visit.wallet.pages.browser.check(visit.request)
        if not pace.allows(visit.user.id, visit.wallet.network.clock()):
            said = visit.words("照片发得太快，请等一秒再试。")
            return JSONResponse({"message": said}, _TOO_MANY, {"Retry-After": "1"})
        try:
            body = await visit.request.body()
            code = await asyncio.to_thread(pictures.read_code, body)
        except (pictures.NotAPicture, ClientDisconnect):
            return refused_json(visit.words("这不是可以读的照片。请换一张，或粘贴链接。"))
        return JSONResponse({"code": code})

    return read
