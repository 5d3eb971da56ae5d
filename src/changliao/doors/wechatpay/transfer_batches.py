"""Transfers to many users at once, without their confirmation: the older form.

Every detail is paid or has failed when the request is answered. Source: wechatpay-v3.md §8.10.
"""

from typing import Any, Final

import msgspec

from changliao.core import clock
from changliao.core.ids import PayoutBatchId, PayoutId, made_at
from changliao.core.money import CNY, Money
from changliao.core.outcome import Reason, Refused
from changliao.core.parties import App, Merchant
from changliao.core.payouts import PayBatch, PayOut, Payout, PayoutBatch, PayoutState
from changliao.doors.wechatpay import transfers
from changliao.doors.wechatpay.acting import bound_app
from changliao.doors.wechatpay.call import Answer, Call, Door, ok, read_form
from changliao.doors.wechatpay.errors import param_error, refusal
from changliao.doors.wechatpay.sensitive import reveal
from changliao.doors.wechatpay.transfer_bills import check_name, digest_of, named, payee
from changliao.doors.wechatpay.transfer_forms import BatchForm, DetailForm
from changliao.operations.payouts import PAY_BATCH
from changliao.store.views import payouts

_MOST_SHOWN: Final = 100
_ASKED_STATES: Final = {"ALL": 0, "SUCCESS": PayoutState.PAID, "FAIL": PayoutState.FAILED}
_FINISHED: Final = "FINISHED"


async def create(door: Door, call: Call) -> Answer:
    """POST /v3/transfer/batches."""
    form = read_form(call.body, BatchForm)
    _check_totals(form)
    app = await bound_app(door, call.merchant, form.appid, "appid")
    names = [
        reveal(door, call, one.user_name) if one.user_name else ""
        for one in form.transfer_detail_list
    ]
    asked = [
        msgspec.structs.replace(one, user_name=name or None)
        for one, name in zip(form.transfer_detail_list, names, strict=True)
    ]
    details = transfers.Details(appid=form.appid, scene_id=form.transfer_scene_id or "")
    batch = PayoutBatch(
        id=PayoutBatchId(door.network.ids.new()),
        merchant_id=call.merchant.id,
        app_id=app.id,
        reference=form.out_batch_no,
        currency=CNY.number,
        digest=digest_of(msgspec.structs.replace(form, transfer_detail_list=asked)),
        door="wechatpay",
        name=form.batch_name,
        remark=form.batch_remark,
        notify_url=form.notify_url or "",
        details=msgspec.json.encode(details),
    )
    paid = tuple(_detail(door, app, batch, one, one.user_name or "") for one in asked)
    outcome = await door.network.perform(PAY_BATCH, PayBatch(batch, paid))
    if isinstance(outcome, Refused):
        raise refusal(outcome)
    return ok(
        {
            "out_batch_no": outcome.reference,
            "batch_id": transfers.batch_number(outcome.id),
            "create_time": clock.to_rfc3339(made_at(outcome.id)),
            "batch_status": _FINISHED,
        }
    )


async def query(door: Door, call: Call) -> Answer:
    """GET /v3/transfer/batches/out-batch-no/{out_batch_no}?need_query_detail=…."""
    batch = await by_reference(door, call.merchant, call.path["out_batch_no"])
    return await _shown(door, call, batch)


async def query_by_number(door: Door, call: Call) -> Answer:
    """GET /v3/transfer/batches/batch-id/{batch_id}?need_query_detail=…."""
    return await _shown(door, call, await _by_number(door, call))


async def query_detail(door: Door, call: Call) -> Answer:
    """GET …/out-batch-no/{out_batch_no}/details/out-detail-no/{out_detail_no}."""
    batch = await by_reference(door, call.merchant, call.path["out_batch_no"])
    return await _detail_shown(
        door, call, batch, await detail_of(door, batch, call.path["out_detail_no"])
    )


async def query_detail_by_number(door: Door, call: Call) -> Answer:
    """GET …/batch-id/{batch_id}/details/detail-id/{detail_id}."""
    batch = await _by_number(door, call)
    number = transfers.read_detail_number(call.path["detail_id"])
    found = await door.network.read(payouts.payout, call.merchant.id, number)
    return await _detail_shown(door, call, batch, _of(batch, found))


async def by_reference(door: Door, merchant: Merchant, reference: str) -> PayoutBatch:
    """A batch by the merchant's number. Raises WechatError 404."""
    return _ours(await door.network.read(payouts.batch_by_reference, merchant.id, reference))


async def detail_of(door: Door, batch: PayoutBatch, reference: str) -> Payout:
    """A detail by the merchant's number. Raises WechatError 404."""
    keys = batch.merchant_id, batch.id, reference
    return _of(batch, await door.network.read(payouts.payout_by_reference, *keys))


def _check_totals(form: BatchForm) -> None:
    """The sums are the details'. Raises WechatError 400."""
    amounts = [one.transfer_amount for one in form.transfer_detail_list]
    if form.total_num != len(amounts):
        raise param_error("/total_num", f"is not the number of details, {len(amounts)}")
    if form.total_amount != sum(amounts):
        raise param_error("/total_amount", f"is not the sum of the details, {sum(amounts)}")
    for place, one in enumerate(form.transfer_detail_list):
        field = f"/transfer_detail_list/{place}/user_name"
        check_name(one.transfer_amount, one.user_name, field)


def _detail(door: Door, app: App, batch: PayoutBatch, form: DetailForm, name: str) -> PayOut:
    details = transfers.Details(openid=form.openid, named=bool(name))
    payout = Payout(
        id=PayoutId(door.network.ids.new()),
        merchant_id=batch.merchant_id,
        app_id=app.id,
        reference=form.out_detail_no,
        payee_id=payee(door, app, form.openid),
        amount=Money(form.transfer_amount, CNY),
        digest=digest_of(form),
        door=batch.door,
        batch_id=batch.id,
        remark=form.transfer_remark,
        details=msgspec.json.encode(details),
    )
    return PayOut(payout, name)


async def _shown(door: Door, call: Call, batch: PayoutBatch) -> Answer:
    fields: dict[str, Any] = {"transfer_batch": transfers.describe_batch(batch, call.merchant)}
    if call.query.get("need_query_detail", "").lower() == "true":
        state = _ASKED_STATES.get(call.query.get("detail_status", "ALL"))
        if state is None:
            raise param_error("detail_status", "is one of ALL, SUCCESS, FAIL", "query")
        offset, limit = _page(call, "offset", 0, 10**9), _page(call, "limit", 20, _MOST_SHOWN)
        found = await door.network.read(
            payouts.payouts_of_batch, call.merchant.id, batch.id,
            state=int(state), skipped=offset, most=limit,
        )  # fmt: skip
        fields |= {
            "offset": offset,
            "limit": limit,
            "transfer_detail_list": [
                {
                    "detail_id": transfers.detail_number(one.id),
                    "out_detail_no": one.reference,
                    "detail_status": transfers.STATES[one.state],
                }
                for one in found
            ],
        }
    return ok(fields)


def _page(call: Call, name: str, usual: int, most: int) -> int:
    text = call.query.get(name, "")
    if not text:
        return usual
    if not text.isascii() or not text.isdigit() or int(text[:12]) > most:
        raise param_error(name, f"is a number up to {most}", "query")
    return int(text)


async def _by_number(door: Door, call: Call) -> PayoutBatch:
    number = transfers.read_batch_number(call.path["batch_id"])
    return _ours(await door.network.read(payouts.batch, call.merchant.id, number))


def _ours(found: PayoutBatch | None) -> PayoutBatch:
    if found is None or found.door != "wechatpay":
        raise refusal(Refused(Reason.PAYOUT_NOT_FOUND))
    return found


def _of(batch: PayoutBatch, found: Payout | None) -> Payout:
    if found is None or found.batch_id != batch.id:
        raise refusal(Refused(Reason.PAYOUT_NOT_FOUND))
    return found


async def _detail_shown(door: Door, call: Call, batch: PayoutBatch, found: Payout) -> Answer:
    fields = transfers.describe_detail(found, batch, call.merchant)
    return ok(fields | await named(door, call.merchant, found))
