"""What a recorded request at this door was, and why its signature failed."""

from typing import Any

import msgspec

from changliao.core.clock import SECOND
from changliao.core.parties import KeyKind
from changliao.doors.wechatpay import crypto
from changliao.doors.wechatpay.authorization import MOST_SKEW, Authorization, parse
from changliao.doors.wechatpay.door import ROUTES
from changliao.doors.wechatpay.errors import WechatError
from changliao.operations.network import Network
from changliao.store.views import parties
from changliao.web import diagnosis
from changliao.web.causes import Cause
from changliao.web.diagnosis import NamedKey, only
from changliao.web.exchanges import Exchange, Failure, Inspection


async def inspect(network: Network, exchange: Exchange) -> Inspection:
    """Whose it was, the code of the answer, and the story of a refused signature."""
    code, message = _code(exchange)
    try:
        given = parse(exchange.headers.get("authorization", ""))
    except WechatError as error:
        unread = Failure(only(Cause.HEADER_UNREAD, message=error.message))
        return Inspection(code=code, failure=unread if exchange.status == 401 else None)
    merchant = await network.read(parties.merchant_by_number, given.mchid)
    failure: Failure | None = None
    if code == "SIGN_ERROR":
        failure = await _failure(network, exchange, given, merchant.id if merchant else 0)
        if not failure.string_to_sign:
            causes = failure.causes + only(Cause.ANSWERED, message=message)
            failure = msgspec.structs.replace(failure, causes=causes)
    return Inspection(merchant.id if merchant else 0, given.mchid, code, failure)


async def _failure(
    network: Network, exchange: Exchange, given: Authorization, merchant_id: int
) -> Failure:
    skew = int(given.timestamp) - exchange.at
    if abs(skew) * SECOND > MOST_SKEW:
        return Failure(only(Cause.CLOCK_OR_UNITS, seconds=f"{skew:+.0f}"))
    if not merchant_id:
        return Failure(only(Cause.MERCHANT_UNKNOWN, number=given.mchid))
    keys = [
        NamedKey(key.serial, key.material)
        for key in await network.read(parties.keys_of, merchant_id)
        if key.kind is KeyKind.RSA_PUBLIC
    ]
    named = [key for key in keys if _number(key.name) == _number(given.serial)]
    if not named:
        known = ", ".join(key.name for key in keys)
        return Failure(only(Cause.KEY_UNNAMED, named=given.serial, known=known))
    if not exchange.whole:
        return Failure(only(Cause.BODY_TOO_LONG))

    def build(method: str, target: bytes, body: bytes) -> bytes:
        return crypto.request_message(method, target, given.timestamp, given.nonce, body)

    asked = (exchange.method, exchange.target, exchange.body)
    host = exchange.headers.get("host", "")
    variants = diagnosis.request_variants(asked, build, host, ROUTES.heads)
    others = [key for key in keys if key not in named]
    return diagnosis.of_rsa(build(*asked), given.signature, named[0], others, variants)


def _number(serial: str) -> str:
    """Letter case and leading zeros do not count."""
    return serial.lstrip("0").upper()


def _code(exchange: Exchange) -> tuple[str, str]:
    if exchange.status < 400:
        return "", ""
    try:
        fields: Any = msgspec.json.decode(exchange.answer)
        return str(fields["code"]), str(fields["message"])
    except (msgspec.DecodeError, KeyError, TypeError):
        return "", ""
