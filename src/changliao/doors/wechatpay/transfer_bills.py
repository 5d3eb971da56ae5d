"""Transfers to a user who confirms: asking, looking, taking back.

The money is reserved at once and goes back by itself after a day. Source: wechatpay-v3.md §8.10.
"""

import hashlib
from typing import Final

import msgspec

from changliao.core import clock
from changliao.core.clock import DAY, Instant
from changliao.core.ids import PayoutId, UserId, made_at
from changliao.core.money import CNY, Money
from changliao.core.outcome import Reason, Refused
from changliao.core.parties import App, Merchant
from changliao.core.payouts import EndPayout, PayOut, Payout, PayoutState
from changliao.doors.wechatpay import transfers
from changliao.doors.wechatpay.acting import bound_app
from changliao.doors.wechatpay.call import Answer, Call, Door, ok, read_form
from changliao.doors.wechatpay.errors import param_error, refusal
from changliao.doors.wechatpay.sensitive import conceal, reveal
from changliao.doors.wechatpay.transfer_forms import BillForm
from changliao.operations import packages
from changliao.operations.payouts import END, PAY_OUT
from changliao.store.views import payouts

NAMED_FROM: Final = 200_000  # from ¥2,000 on a transfer names its payee
NAMED_TO: Final = 30  # and below ¥0.30 it must not
DIGEST_BYTES: Final = 16


async def create(door: Door, call: Call) -> Answer:
    """POST /v3/fund-app/mch-transfer/transfer-bills."""
    form = read_form(call.body, BillForm)
    check_name(form.transfer_amount, form.user_name, "/user_name")
    app = await bound_app(door, call.merchant, form.appid, "appid")
    payee_id = payee(door, app, form.openid)
    name = reveal(door, call, form.user_name) if form.user_name else ""
    details = transfers.Details(
        appid=form.appid,
        openid=form.openid,
        named=bool(name),
        scene_id=form.transfer_scene_id,
        style=form.user_recv_style.type if form.user_recv_style else "",
        perception=form.user_recv_perception or "",
        reports=msgspec.to_builtins(form.transfer_scene_report_infos),
    )
    payout = Payout(
        id=PayoutId(door.network.ids.new()),
        merchant_id=call.merchant.id,
        app_id=app.id,
        reference=form.out_bill_no,
        payee_id=payee_id,
        amount=Money(form.transfer_amount, CNY),
        # The encrypted name differs each time; the name itself identifies the request.
        digest=digest_of([msgspec.structs.replace(form, user_name=name or None)]),
        door="wechatpay",
        confirm_by=Instant(door.network.clock() + DAY),
        remark=form.transfer_remark,
        notify_url=form.notify_url or "",
        details=msgspec.json.encode(details),
    )
    outcome = await door.network.perform(PAY_OUT, PayOut(payout, name))
    if isinstance(outcome, Refused):
        raise refusal(outcome)
    return ok(_created(outcome))


async def cancel(door: Door, call: Call) -> Answer:
    """POST …/out-bill-no/{out_bill_no}/cancel, with no body or an empty one."""
    known = await by_reference(door, call, call.path["out_bill_no"])
    outcome = await door.network.perform(END, EndPayout(known.merchant_id, known.id))
    if isinstance(outcome, Refused):
        raise refusal(outcome)
    return ok(
        {
            "out_bill_no": outcome.reference,
            "transfer_bill_no": transfers.bill_number(outcome.id),
            "state": transfers.STATES[outcome.state],
            "update_time": clock.to_rfc3339(transfers.changed_at(outcome)),
        }
    )


async def query(door: Door, call: Call) -> Answer:
    """GET …/out-bill-no/{out_bill_no}."""
    return ok(
        await _described(
            door, call.merchant, await by_reference(door, call, call.path["out_bill_no"])
        )
    )


async def query_by_number(door: Door, call: Call) -> Answer:
    """GET …/transfer-bill-no/{transfer_bill_no}."""
    known = await by_number(door, call, call.path["transfer_bill_no"])
    return ok(await _described(door, call.merchant, known))


async def by_reference(door: Door, call: Call, reference: str) -> Payout:
    """A bill by the merchant's number. Raises WechatError 404."""
    known = await door.network.read(payouts.payout_by_reference, call.merchant.id, 0, reference)
    if known is None or known.door != "wechatpay":
        raise refusal(Refused(Reason.PAYOUT_NOT_FOUND))
    return known


async def by_number(door: Door, call: Call, number: str) -> Payout:
    """A bill by the network's number. Raises WechatError 404."""
    payout_id = transfers.read_bill_number(number)
    known = await door.network.read(payouts.payout, call.merchant.id, payout_id)
    if known is None or known.door != "wechatpay" or known.batch_id:
        raise refusal(Refused(Reason.PAYOUT_NOT_FOUND))
    return known


def check_name(amount: int, name: str | None, field: str) -> None:
    """Large transfers name their payee, the smallest must not. Raises WechatError 400."""
    if amount >= NAMED_FROM and not name:
        raise param_error(field, f"is required from {NAMED_FROM} fen on")
    if amount < NAMED_TO and name:
        raise param_error(field, f"must not be given below {NAMED_TO} fen")


def payee(door: Door, app: App, openid: str) -> UserId:
    """Whom an openid of this app names; 0: nobody, which the network refuses."""
    return door.network.openids.read(app.id, openid) or UserId(0)


def digest_of(parts: object) -> bytes:
    """What identifies a request under its number."""
    return hashlib.sha256(msgspec.json.encode(parts)).digest()[:DIGEST_BYTES]


async def _described(door: Door, merchant: Merchant, payout: Payout) -> dict[str, object]:
    fields = transfers.describe_bill(payout, merchant)
    return fields | await named(door, merchant, payout)


async def named(door: Door, merchant: Merchant, payout: Payout) -> dict[str, str]:
    """The payee's name, encrypted to the merchant, when it named the payee itself."""
    if not transfers.details_of(payout.details).named:
        return {}
    name = await door.network.read(packages.name_of, payout.payee_id)
    return {"user_name": await conceal(door, merchant, name)} if name else {}


def _created(payout: Payout) -> dict[str, str]:
    fields = {
        "out_bill_no": payout.reference,
        "transfer_bill_no": transfers.bill_number(payout.id),
        "create_time": clock.to_rfc3339(made_at(payout.id)),
        "state": transfers.STATES[payout.state],
    }
    if payout.state is PayoutState.WAITING:
        fields["package_info"] = packages.of_payout(payout)
    failed = transfers.failure(payout)
    return fields | ({"fail_reason": failed} if failed else {})
