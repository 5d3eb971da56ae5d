"""The door itself: routes, authentication, signed answers, exact header names.

Source: wechatpay-v3.md §1.2, §1.4 and §3.
"""

import itertools
import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import Final

from changliao.core import clock
from changliao.core.parties import Merchant
from changliao.doors.wechatpay import (
    applyments,
    balances,
    baskets,
    batch_receipts,
    bills,
    certificates,
    complaints,
    counter,
    crypto,
    ecommerce_refunds,
    ecommerce_sharing,
    media,
    orders,
    receipts,
    refunds,
    share_returns,
    splits,
    transfer_batches,
    transfer_bills,
)
from changliao.doors.wechatpay.authorization import SCHEME, Signed, authenticate
from changliao.doors.wechatpay.call import JSON, Answer, Call, Door, check_headers, read_query
from changliao.doors.wechatpay.errors import WechatError, system_error, unavailable
from changliao.store.engine import Unavailable
from changliao.web import asgi
from changliao.web.asgi import Application, ExactName, Receive, Routes, Scope, Send, route

Handler = Callable[[Door, Call], Awaitable[Answer]]
BODY_LIMIT: Final = 1_048_576
_log = logging.getLogger("changliao.wechatpay")
_NONCE: Final = ExactName(b"Wechatpay-Nonce")
_TIMESTAMP: Final = ExactName(b"Wechatpay-Timestamp")
_SERIAL: Final = ExactName(b"Wechatpay-Serial")
_SIGNATURE: Final = ExactName(b"Wechatpay-Signature")
_SIGNATURE_TYPE: Final = ExactName(b"Wechatpay-Signature-Type")
# Numbers no other process gives: a random half and a counted one.
_SALT: Final = secrets.token_hex(12).upper().encode()
_count: Final = itertools.count()
_CONTENT_TYPE: Final = ExactName(b"Content-Type")
_REQUEST_ID: Final = ExactName(b"Request-ID")
_PAY: Final = "/v3/pay/transactions"
_PARTNER: Final = "/v3/pay/partner/transactions"
_SCENE: Final = "{scene:native|jsapi|app|h5}"
_BY_NUMBER: Final = "out-trade-no/{out_trade_no}"
_BY_ID: Final = "id/{transaction_id}"
_COMBINED: Final = "/v3/combine-transactions"
_REFUNDS: Final = "/v3/refund/domestic/refunds"
_SHARING: Final = "/v3/profitsharing"
_APPLYING: Final = "/v3/applyment4sub/applyment"
_PLATFORM_APPLYING: Final = "/v3/ecommerce/applyments"
_PLATFORM_SHARING: Final = "/v3/ecommerce/profitsharing"
_BILLS: Final = "/v3/fund-app/mch-transfer/transfer-bills"
_RECEIPTS: Final = "/v3/fund-app/mch-transfer/elecsign"
_BATCH_RECEIPTS: Final = "/v3/transfer/bill-receipt"
_DETAIL_RECEIPTS: Final = "/v3/transfer-detail/electronic-receipts"
_BATCHES: Final = "/v3/transfer/batches"
_COMPLAINTS: Final = "/v3/merchant-service/complaints-v2"
_COMPLAINT: Final = f"{_COMPLAINTS}/{{complaint_id}}"
_BY_BATCH_NO: Final = f"{_BATCHES}/out-batch-no/{{out_batch_no}}"
_BY_BATCH_ID: Final = f"{_BATCHES}/batch-id/{{batch_id}}"
_TABLE: Final = (
    route("POST", f"{_PAY}/{_SCENE}", orders.place),
    route("POST", f"{_PAY}/codepay", counter.charge),
    route("POST", f"{_PAY}/{_BY_NUMBER}/reverse", counter.reverse),
    route("GET", f"{_PAY}/{_BY_NUMBER}", orders.query),
    route("GET", f"{_PAY}/{_BY_ID}", orders.query_by_id),
    route("POST", f"{_PAY}/{_BY_NUMBER}/close", orders.close),
    route("POST", f"{_PARTNER}/{_SCENE}", orders.place_for_partner),
    route("POST", f"{_PARTNER}/codepay", counter.charge_for_partner),
    route("POST", f"{_PARTNER}/{_BY_NUMBER}/reverse", counter.reverse_for_partner),
    route("GET", f"{_PARTNER}/{_BY_NUMBER}", orders.query_for_partner),
    route("GET", f"{_PARTNER}/{_BY_ID}", orders.query_by_id_for_partner),
    route("POST", f"{_PARTNER}/{_BY_NUMBER}/close", orders.close_for_partner),
    route("POST", f"{_COMBINED}/{_SCENE}", baskets.place),
    route("GET", f"{_COMBINED}/out-trade-no/{{combine_out_trade_no}}", baskets.query),
    route("POST", f"{_COMBINED}/out-trade-no/{{combine_out_trade_no}}/close", baskets.close),
    route("POST", f"{_SHARING}/orders", splits.share),
    route("POST", f"{_SHARING}/orders/unfreeze", splits.unfreeze),
    route("GET", f"{_SHARING}/orders/{{out_order_no}}", splits.query),
    route("POST", f"{_SHARING}/return-orders", share_returns.give_back),
    route("GET", f"{_SHARING}/return-orders/{{out_return_no}}", share_returns.query),
    route("GET", f"{_SHARING}/transactions/{{transaction_id}}/amounts", splits.amounts),
    route("GET", f"{_SHARING}/merchant-configs/{{sub_mchid}}", splits.merchant_config),
    route("GET", f"{_SHARING}/bills", bills.sharing_bill),
    route("POST", f"{_SHARING}/receivers/add", splits.add_receiver),
    route("POST", f"{_SHARING}/receivers/delete", splits.delete_receiver),
    route("POST", f"{_PLATFORM_SHARING}/orders", ecommerce_sharing.share),
    route("GET", f"{_PLATFORM_SHARING}/orders", ecommerce_sharing.query),
    route("POST", f"{_PLATFORM_SHARING}/finish-order", ecommerce_sharing.finish),
    route("POST", f"{_PLATFORM_SHARING}/returnorders", ecommerce_sharing.give_back),
    route("GET", f"{_PLATFORM_SHARING}/returnorders", ecommerce_sharing.query_return),
    route("GET", f"{_PLATFORM_SHARING}/orders/{{transaction_id}}/amounts", splits.amounts),
    route("POST", f"{_PLATFORM_SHARING}/receivers/add", ecommerce_sharing.add_receiver),
    route("POST", f"{_PLATFORM_SHARING}/receivers/delete", ecommerce_sharing.delete_receiver),
    route("POST", _REFUNDS, refunds.refund),
    route("GET", f"{_REFUNDS}/{{out_refund_no}}", refunds.query),
    route("POST", f"{_REFUNDS}/{{refund_id}}/apply-abnormal-refund", refunds.repair),
    route("POST", "/v3/ecommerce/refunds/apply", ecommerce_refunds.apply),
    route("GET", "/v3/ecommerce/refunds/id/{refund_id}", ecommerce_refunds.query),
    route(
        "GET",
        "/v3/ecommerce/refunds/out-refund-no/{out_refund_no}",
        ecommerce_refunds.query_by_reference,
    ),
    route("POST", "/v3/ecommerce/refunds/{refund_id}/apply-abnormal-refund", refunds.repair),
    route("POST", _BILLS, transfer_bills.create),
    route("POST", f"{_BILLS}/out-bill-no/{{out_bill_no}}/cancel", transfer_bills.cancel),
    route("GET", f"{_BILLS}/out-bill-no/{{out_bill_no}}", transfer_bills.query),
    route("GET", f"{_BILLS}/transfer-bill-no/{{transfer_bill_no}}", transfer_bills.query_by_number),
    route("POST", f"{_RECEIPTS}/out-bill-no", receipts.apply),
    route("POST", f"{_RECEIPTS}/transfer-bill-no", receipts.apply_by_number),
    route("GET", f"{_RECEIPTS}/out-bill-no/{{out_bill_no}}", receipts.query),
    route("GET", f"{_RECEIPTS}/transfer-bill-no/{{transfer_bill_no}}", receipts.query_by_number),
    route("GET", receipts.PATH, receipts.download),
    route("POST", _BATCH_RECEIPTS, batch_receipts.apply),
    route("GET", f"{_BATCH_RECEIPTS}/{{out_batch_no}}", batch_receipts.query),
    route("POST", _DETAIL_RECEIPTS, batch_receipts.apply_for_detail),
    route("GET", _DETAIL_RECEIPTS, batch_receipts.query_detail),
    route("GET", receipts.BATCH_PATH, batch_receipts.download),
    route("POST", _BATCHES, transfer_batches.create),
    route("GET", _BY_BATCH_NO, transfer_batches.query),
    route("GET", _BY_BATCH_ID, transfer_batches.query_by_number),
    route(
        "GET",
        f"{_BY_BATCH_NO}/details/out-detail-no/{{out_detail_no}}",
        transfer_batches.query_detail,
    ),
    route(
        "GET",
        f"{_BY_BATCH_ID}/details/detail-id/{{detail_id}}",
        transfer_batches.query_detail_by_number,
    ),
    route("POST", "/v3/merchant/media/{kind:upload|video_upload}", media.upload),
    route("POST", f"{_APPLYING}/?", applyments.apply),
    route("GET", f"{_APPLYING}/business_code/{{reference}}", applyments.query),
    route("GET", f"{_APPLYING}/applyment_id/{{applyment_id}}", applyments.query_by_id),
    route("POST", f"{_PLATFORM_APPLYING}/?", applyments.apply_for_platform),
    route(
        "GET", f"{_PLATFORM_APPLYING}/out-request-no/{{reference}}", applyments.query_for_platform
    ),
    route("GET", f"{_PLATFORM_APPLYING}/{{applyment_id}}", applyments.query_by_id_for_platform),
    route("GET", _COMPLAINTS, complaints.search),
    route("GET", _COMPLAINT, complaints.show),
    route("GET", f"{_COMPLAINT}/negotiation-historys", complaints.history),
    route("POST", f"{_COMPLAINT}/response", complaints.respond),
    route("POST", f"{_COMPLAINT}/complete", complaints.complete),
    route("GET", "/v3/merchant/fund/balance/{account_type}", balances.balance),
    route("GET", "/v3/ecommerce/fund/balance/{sub_mchid}", balances.sub_merchant_balance),
    route("GET", "/v3/certificates", certificates.certificates),
    route("GET", "/v3/bill/tradebill", bills.trade_bill),
    route("GET", "/v3/bill/fundflowbill", bills.fund_flow),
    route("GET", "/v3/bill/sub-merchant-fundflowbill", bills.sub_merchant_fund_flow),
    route("GET", "/v3/ecommerce/bill/fundflowbill", bills.platform_fund_flow),
    route("GET", bills.PATH, bills.download),
)
ROUTES: Final = Routes(_TABLE)


def application(door: Door) -> Application:
    """The ASGI application for everything under /v3/."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        found = ROUTES.find(scope["method"], scope["path"])
        if isinstance(found, int):
            await _send(send, found, b"")
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        try:
            upload = media.is_upload(scope["path"])
            body = await asgi.read_body(receive, media.LIMIT if upload else BODY_LIMIT)
            kind = _text(headers, b"content-type")
            signed = media.parts_of(body, kind).get("meta", b"") if upload else body
            target = asgi.target_of(scope)
            asked = Signed(scope["method"], target, signed)
            merchant = await authenticate(door.network, _text(headers, b"authorization"), asked)
            check_headers(scope["headers"])
            query = read_query(scope["query_string"])
            serial = _text(headers, b"wechatpay-serial")
            host = _text(headers, b"host")
            call = Call(merchant, found.parts, query, body, host, serial, kind)
            answer = await found.handler(door, call)
        except asgi.Disconnected:
            return
        except asgi.BodyTooLarge:
            message = f"请求体超过上限 {BODY_LIMIT} 字节"
            await _send(send, 413, WechatError(413, "PARAM_ERROR", message).body())
        except WechatError as error:
            await _send(send, error.status, error.body())
        except Unavailable:
            await _send(send, 503, unavailable().body())
        except Exception:  # the door's last line: the trace is kept, the caller may try again
            _log.exception("%s %s failed", scope["method"], scope["path"])
            await _send(send, 500, system_error().body())
        else:
            signature = _signature(door, merchant, serial, answer.body) if answer.signed else ()
            await _send(send, answer.status, answer.body, signature, answer.content_type)

    return serve


def _text(headers: dict[bytes, bytes], name: bytes) -> str:
    return headers.get(name, b"").decode("latin-1")


def _signature(door: Door, merchant: Merchant, asked: str, body: bytes) -> asgi.Headers:
    """The headers that let the SDK check an answer; `asked` names the key it can verify with."""
    signer = door.platform.signer_for(merchant, asked)
    timestamp, nonce = str(clock.seconds(door.network.real_clock())), secrets.token_hex(16)
    signature = crypto.sign(signer.key, crypto.answer_message(timestamp, nonce, body))
    return (
        (_NONCE, nonce.encode()),
        (_TIMESTAMP, timestamp.encode()),
        (_SERIAL, signer.serial.encode()),
        (_SIGNATURE, signature.encode()),
        (_SIGNATURE_TYPE, SCHEME.encode()),
    )


async def _send(
    send: Send,
    status: int,
    body: bytes,
    signature: asgi.Headers = (),
    content_type: str = JSON,
) -> None:
    headers = (
        (_CONTENT_TYPE, content_type.encode()),
        (_REQUEST_ID, b"%b%016X-0" % (_SALT, next(_count))),
        *signature,
    )
    await asgi.answer(send, status, headers, body)
