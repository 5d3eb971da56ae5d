"""From a merchant's page to our cashier: h5 addresses, and jsapi or app invocations.

An invocation is signed by the merchant over the prepay id it got; only then is the payer let
through. Every answer is a redirect to the cashier, or a plain page that says what is wrong.
Source: wechatpay-v3.md §12.
"""

from typing import Final
from urllib.parse import parse_qs, quote

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from changliao.core.clock import MINUTE, SECOND
from changliao.core.orders import Scene
from changliao.core.parties import KeyKind
from changliao.doors.wechatpay import crypto
from changliao.doors.wechatpay.call import Door
from changliao.doors.wechatpay.transactions import Details
from changliao.operations.links import Link
from changliao.store.views import orders, parties

_SKEW: Final = 5 * MINUTE
_PREPAY: Final = "wx"
_PACKAGE: Final = "prepay_id="
_APP_PACKAGES: Final = ("", "Sign=WXPay")
_MOST_QUERY: Final = 4_096


def routes(door: Door) -> list[Route]:
    """What payers' browsers open."""

    async def h5(request: Request) -> Response:
        """GET /h5pay?prepay_id=…: the merchant may have appended redirect_url."""
        link = _link(door, request.query_params.get("prepay_id", ""))
        if link is None:
            return _refused("支付链接无效，请返回商家重新下单")
        address = f"/c/{request.query_params['prepay_id'][2:]}"
        back = request.query_params.get("redirect_url", "")
        return RedirectResponse(f"{address}?back={quote(back, safe='')}" if back else address, 303)

    async def invoke(request: Request) -> Response:
        """GET /wxpay/invoke?appId=…&timeStamp=…&nonceStr=…&package=…&paySign=…."""
        if len(request.url.query) > _MOST_QUERY:
            return _refused("调起参数过长")
        # Apps spell the names in lower case, pages do not.
        pairs = parse_qs(request.url.query).items()
        given = {name.lower(): values[0] for name, values in pairs}
        prepay_id = await _invoked(door, given)
        if prepay_id is None:
            return _refused(
                "支付验证签名失败：请检查 appId、timeStamp、nonceStr、package 与 paySign"
            )
        return RedirectResponse(f"/c/{prepay_id[2:]}", 303)

    return [Route("/h5pay", h5), Route("/wxpay/invoke", invoke)]


async def _invoked(door: Door, given: dict[str, str]) -> str | None:
    """The prepay id of an invocation that the merchant of its order has signed."""
    package = given.get("package", "")
    named_apart = package in _APP_PACKAGES
    prepay_id = given.get("prepayid", "") if named_apart else package.removeprefix(_PACKAGE)
    link = _link(door, prepay_id)
    timestamp = given.get("timestamp", "")
    if link is None or not timestamp.isascii() or not timestamp.isdigit():
        return None
    if abs(door.network.real_clock() - int(timestamp[:12]) * SECOND) > _SKEW:
        return None
    placed = await door.network.read(orders.order, link.merchant_id, link.order_id)
    if placed is None:
        return None
    app = await door.network.look_up(parties.app_by_number, given.get("appid", ""))
    sub_appid = msgspec.json.decode(placed.terms.details, type=Details).sub_appid
    if app is None or (app.id != placed.order.app_id and app.number != sub_appid):
        return None
    fourth = package if placed.order.scene is Scene.JSAPI else prepay_id
    message = crypto.lines(app.number, timestamp, given.get("noncestr", ""), fourth)
    signer = placed.order.partner_id or placed.order.merchant_id
    now = door.network.clock()
    for key in await door.network.look_up(parties.keys_of, signer):
        if key.kind is KeyKind.RSA_PUBLIC and key.works(now):
            signature = given.get("paysign", given.get("sign", ""))
            if crypto.verifies(key.material, message, signature):
                return prepay_id
    return None


def _link(door: Door, prepay_id: str) -> Link | None:
    if not prepay_id.startswith(_PREPAY):
        return None
    return door.network.links.read(prepay_id[len(_PREPAY) :])


def _refused(message: str) -> Response:
    return PlainTextResponse(message, 400)
