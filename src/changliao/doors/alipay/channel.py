"""Another network taken as a channel: Alipay, asked by the OpenAPI that this door answers.

Orders are paid on Alipay's own page, which the payer opens by a signed link; the trade begins when
they do and cannot after a while. Refunds and transfers are asked for, each under the request's id,
which is carried out once. What is not plainly refused is queried. That it knows nothing of a
request counts only when nothing can arrive any more: see docs/decisions/0072.
Source: alipay-openapi.md §2, §3, §7.2, §8.4, §8.7, §8.8 and §11.
"""

import json
import logging
from collections.abc import Mapping
from typing import Any, Final, Protocol
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from msgspec import Struct

from changliao.core import chart, ids
from changliao.core.bills import day_of, ends_at, starts_at
from changliao.core.channels import (
    Absent,
    Answer,
    Channel,
    ChannelRequest,
    Declined,
    Done,
    RequestKind,
    Silent,
)
from changliao.core.clock import MINUTE, Clock, Instant
from changliao.core.money import CNY, Currency
from changliao.core.outcome import Refused
from changliao.core.statements import Statement
from changliao.doors.alipay import crypto, words
from changliao.doors.alipay.errors import AlipayError
from changliao.web import alipay_bills

KIND: Final = "alipay"
# A payer may open the page so long after the request was written.
PAYABLE_FOR: Final = 15 * MINUTE
# After this nothing that was sent can still arrive.
SURE_AFTER: Final = 10 * MINUTE
_log = logging.getLogger("changliao.channels")
_SUCCESS: Final = "10000"
_PAID: Final = frozenset({"TRADE_SUCCESS", "TRADE_FINISHED"})
_UNKNOWN_TRADE: Final = "ACQ.TRADE_NOT_EXIST"
_UNKNOWN_TRANSFER: Final = "ORDER_NOT_EXIST"
# What is refused for good; anything else is asked again by a query.
_REFUSALS: Final = frozenset(
    {
        "ACQ.REASON_TRADE_STATUS_INVALID",
        "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL",
        "ACQ.SELLER_BALANCE_NOT_ENOUGH",
        "ACQ.TRADE_HAS_CLOSE",
        "ACQ.TRADE_HAS_FINISHED",
        "ACQ.TRADE_NOT_ALLOW_REFUND",
        "ACQ.TRADE_STATUS_ERROR",
        "BALANCE_IS_NOT_ENOUGH",
        "EXCEED_LIMIT_SM_MIN_AMOUNT",
        "PAYEE_NOT_EXIST",
        "PAYEE_USERINFO_ERROR",
        "PAYER_BALANCE_NOT_ENOUGH",
    }
)


# What names a trade, a refund of it, a transfer.
_NAMES: Final = ("out_trade_no", "out_request_no", "out_biz_no")


class Caller(Protocol):
    """Calls addresses; the answer's body, None when there is none that can be read."""

    async def post(self, url: str, fields: Mapping[str, str]) -> bytes | None:
        """What answers a form."""
        ...

    async def get(self, url: str) -> bytes | None:
        """What is found at an address."""
        ...


class Account(Struct, frozen=True):
    """How this network is known to Alipay, and by which key Alipay signs."""

    gateway: str
    app_id: str
    key: RSAPrivateKey
    alipay_public_key: bytes


def account(gateway: str, app_id: str, key: bytes, alipay_public_key: bytes) -> Account:
    """From what Alipay gives an app; keys are PEM. Raises ValueError for what is none."""
    private = load_pem_private_key(key, None)
    if not isinstance(private, RSAPrivateKey):
        raise ValueError("the app's key is no RSA key")  # noqa: TRY004 as for any file that is none
    return Account(gateway, app_id, private, alipay_public_key)


class AlipayChannel:
    """The connector."""

    def __init__(self, account: Account, caller: Caller, clock: Clock) -> None:
        self._account = account
        self._caller = caller
        self._clock = clock

    async def pay(self, request: ChannelRequest) -> Answer:
        """The payer does it, on the page."""
        if not request.order_id or chart.currency(request.home) is not CNY:
            return Declined("only orders in CNY are paid by Alipay")
        return Silent("the payer is at Alipay")

    def page(self, request: ChannelRequest) -> str:
        """A signed link to Alipay's cashier."""
        content = {
            "out_trade_no": _name(request.id),
            "product_code": "FAST_INSTANT_TRADE_PAY",
            "subject": f"Changliao Pay {_name(request.id)}",
            "time_expire": words.moment(Instant(request.asked_at + PAYABLE_FOR)),
            "total_amount": words.yuan(request.amount),
        }
        fields = self._signed("alipay.trade.page.pay", content, request.asked_at)
        return f"{self._account.gateway}?{urlencode(fields)}"

    async def refund(self, request: ChannelRequest) -> Answer:
        """Send some of a trade back; the same request number moves money once.

        That answer tells of the trade, not of this refund of it: the query does.
        """
        content = {
            "out_trade_no": _name(request.pay_id),
            "out_request_no": _name(request.id),
            "refund_amount": words.yuan(request.amount),
        }
        answer = await self._ask("alipay.trade.refund", content)
        return await self._query_refund(request) if _succeeded(answer) else _refused(answer)

    async def payout(self, request: ChannelRequest) -> Answer:
        """Transfer to a person there: `counterpart` is 2088…, or a log-in name and the name."""
        identity, _, name = request.counterpart.strip().partition(" ")
        by_number = identity.startswith("2088") and len(identity) == 16
        payee = {"identity": identity, "identity_type": "ALIPAY_LOGON_ID", "name": name.strip()}
        if by_number:
            payee = {"identity": identity, "identity_type": "ALIPAY_USER_ID"}
        content = {
            "biz_scene": "DIRECT_TRANSFER",
            "order_title": "Changliao Pay",
            "out_biz_no": _name(request.id),
            "payee_info": payee,
            "product_code": "TRANS_ACCOUNT_NO_PWD",
            "trans_amount": words.yuan(request.amount),
        }
        answer = await self._ask("alipay.fund.trans.uni.transfer", content)
        if not _succeeded(answer):
            return _refused(answer)
        return _transferred(answer, request.amount)

    async def query(self, request: ChannelRequest) -> Answer:
        """What became of it."""
        match request.kind:
            case RequestKind.PAY:
                return await self._query_trade(request)
            case RequestKind.REFUND:
                return await self._query_refund(request)
            case RequestKind.PAYOUT:
                return await self._query_transfer(request)

    async def statement(
        self, channel: Channel, currency: Currency, begins: Instant, ends: Instant
    ) -> Statement | None:
        """The bill of a day's movements, fetched from where Alipay says it is."""
        day = day_of(begins)
        if currency is not CNY or (begins, ends) != (starts_at(day), ends_at(day)):
            return None
        asked = {"bill_type": "signcustomer", "bill_date": words.moment(begins)[:10]}
        answer = await self._ask("alipay.data.dataservice.bill.downloadurl.query", asked)
        address = _text(answer, "bill_download_url")
        file = await self._caller.get(address) if address else None
        read = alipay_bills.read_statement(file) if file is not None else None
        if isinstance(read, Refused):
            _log.error("the bill of %s: %s", asked["bill_date"], read.detail)
        return read if isinstance(read, Statement) and read.begins == begins else None

    async def _query_trade(self, request: ChannelRequest) -> Answer:
        answer = await self._ask("alipay.trade.query", {"out_trade_no": _name(request.id)})
        state = _text(answer, "trade_status")
        if _succeeded(answer) and state in _PAID:
            paid = _fen(_text(answer, "total_amount"))
            return Done(paid, _text(answer, "trade_no")) if paid else Silent("it names no amount")
        if _succeeded(answer) and state == "TRADE_CLOSED":
            return Declined("the trade was closed")
        if _text(answer, "sub_code") == _UNKNOWN_TRADE:
            return self._unless_early(Instant(request.asked_at + PAYABLE_FOR))
        return Silent(state or "no answer")

    async def _query_refund(self, request: ChannelRequest) -> Answer:
        content = {"out_trade_no": _name(request.pay_id), "out_request_no": _name(request.id)}
        answer = await self._ask("alipay.trade.fastpay.refund.query", content)
        if not _succeeded(answer):
            return Silent(_text(answer, "sub_code") or "no answer")
        if _text(answer, "refund_status") != "REFUND_SUCCESS":
            return self._unless_early(request.asked_at)
        if "out_request_no" not in answer:
            return Silent("it names no refund")
        back = _fen(_text(answer, "refund_amount"))
        return Done(back, _text(answer, "trade_no")) if back else Silent("it names no amount")

    async def _query_transfer(self, request: ChannelRequest) -> Answer:
        content = {
            "biz_scene": "DIRECT_TRANSFER",
            "out_biz_no": _name(request.id),
            "product_code": "TRANS_ACCOUNT_NO_PWD",
        }
        answer = await self._ask("alipay.fund.trans.common.query", content)
        if _succeeded(answer):
            return _transferred(answer, request.amount)
        if _text(answer, "sub_code") == _UNKNOWN_TRANSFER:
            return self._unless_early(request.asked_at)
        return Silent(_text(answer, "sub_code") or "no answer")

    def _unless_early(self, begun: Instant) -> Answer:
        """What is not known there counts when nothing that was sent can arrive any more."""
        sure = self._clock() >= begun + SURE_AFTER
        return Absent() if sure else Silent("it may still begin")

    async def _ask(self, method: str, content: Mapping[str, Any]) -> Mapping[str, Any]:
        """The answer's node; empty when there is none that Alipay signed, or of something else."""
        fields = self._signed(method, content, self._clock())
        body = await self._caller.post(self._account.gateway, fields)
        node = self._node(method, body) if body else {}
        return node if not _succeeded(node) or _is_about(node, content) else {}

    def _signed(self, method: str, content: Mapping[str, Any], at: Instant) -> dict[str, str]:
        fields = {
            "app_id": self._account.app_id,
            "biz_content": json.dumps(content, ensure_ascii=False, separators=(",", ":")),
            "charset": "utf-8",
            "format": "JSON",
            "method": method,
            "sign_type": crypto.RSA2,
            "timestamp": words.moment(at),
            "version": "1.0",
        }
        message = crypto.canonical(fields).encode()
        return fields | {"sign": crypto.sign(self._account.key, message)}

    def _node(self, method: str, body: bytes) -> Mapping[str, Any]:
        """What is signed is the node as it was sent, from its brace to the one that closes it."""
        root = f'"{method.replace(".", "_")}_response":'
        try:
            text = body.decode()
            begins = text.index(root) + len(root)
            node, ends = json.JSONDecoder().raw_decode(text, begins)
            signature = json.loads(text)["sign"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return {}
        signed = text[begins:ends].encode()
        known = crypto.verifies(self._account.alipay_public_key, signed, str(signature))
        return node if known and isinstance(node, dict) else {}


def _transferred(answer: Mapping[str, Any], amount: int) -> Answer:
    match _text(answer, "status"):
        case "SUCCESS":
            return Done(amount, _text(answer, "order_id"))
        case "FAIL" | "REFUND" | "CLOSED":
            return Declined(_text(answer, "fail_reason") or "the transfer failed")
        case state:
            return Silent(state or "no state")


def _refused(answer: Mapping[str, Any]) -> Answer:
    why = _text(answer, "sub_code")
    return Declined(why) if why in _REFUSALS else Silent(why or "no answer")


def _succeeded(answer: Mapping[str, Any]) -> bool:
    return _text(answer, "code") == _SUCCESS


def _is_about(node: Mapping[str, Any], content: Mapping[str, Any]) -> bool:
    """Does it name what was asked about? A signature alone may be that of an earlier answer."""
    asked = [name for name in _NAMES if name in content]
    told = [name for name in asked if name in node]
    return (bool(told) or not asked) and all(node[name] == content[name] for name in told)


def _text(answer: Mapping[str, Any], name: str) -> str:
    return str(answer.get(name, ""))


def _name(number: int) -> str:
    """What names a request there: letters, digits and an underscore."""
    return ids.show("chr", number)


def _fen(text: str) -> int:
    """0 for what is no amount."""
    try:
        return words.fen(text, "amount")
    except AlipayError:
        return 0
