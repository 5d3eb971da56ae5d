"""Payouts as WeChat Pay describes them: transfer bills, batches and their details.

Source: wechatpay-v3.md §8.10, §9 and §11.3. A bill that its payee did not confirm in time is a
failed one in this protocol.
"""

from typing import Any, Final

import msgspec
from msgspec import Struct

from changliao.core import clock
from changliao.core.clock import Instant
from changliao.core.ids import made_at
from changliao.core.outcome import Reason
from changliao.core.parties import Merchant
from changliao.core.payouts import Payout, PayoutBatch, PayoutState

STATES: Final = {
    PayoutState.WAITING: "WAIT_USER_CONFIRM",
    PayoutState.PAID: "SUCCESS",
    PayoutState.CANCELLED: "CANCELLED",
    PayoutState.EXPIRED: "FAIL",
    PayoutState.FAILED: "FAIL",
}
FAILURES: Final = {
    Reason.PAYEE_NAME_MISMATCH: "NAME_NOT_CORRECT",
    Reason.USER_NOT_FOUND: "OPENID_INVALID",
}
_OVERDUE: Final = "OVERDUE_CLOSE"
_OTHER_FAILURE: Final = "OTHER_FAIL_REASON_TYPE"
_ID_DIGITS: Final = 27
_BILL_PREFIX: Final = "13300"
_BATCH_PREFIX: Final = "10300"
_DETAIL_PREFIX: Final = "10400"


class Details(Struct, frozen=True, omit_defaults=True):
    """What this door keeps of a payout beyond the network's own terms.

    `openid` is what the merchant named the payee by; `named`: it also gave the name.
    """

    appid: str = ""
    openid: str = ""
    named: bool = False
    scene_id: str = ""
    style: str = ""
    perception: str = ""
    reports: list[dict[str, str]] = []


def bill_number(payout_id: int) -> str:
    """32 digits."""
    return f"{_BILL_PREFIX}{payout_id:0{_ID_DIGITS}d}"


def batch_number(batch_id: int) -> str:
    """32 digits."""
    return f"{_BATCH_PREFIX}{batch_id:0{_ID_DIGITS}d}"


def detail_number(payout_id: int) -> str:
    """32 digits."""
    return f"{_DETAIL_PREFIX}{payout_id:0{_ID_DIGITS}d}"


def read_bill_number(text: str) -> int:
    """0 for what is not a bill's number of ours."""
    return _read(_BILL_PREFIX, text)


def read_batch_number(text: str) -> int:
    """0 for what is not a batch's number of ours."""
    return _read(_BATCH_PREFIX, text)


def read_detail_number(text: str) -> int:
    """0 for what is not a detail's number of ours."""
    return _read(_DETAIL_PREFIX, text)


def details_of(kept: bytes) -> Details:
    """What this door kept."""
    return msgspec.json.decode(kept, type=Details)


def failure(payout: Payout) -> str:
    """Why it failed, in this protocol's words; empty when it did not."""
    if payout.state is PayoutState.EXPIRED:
        return _OVERDUE
    if payout.state is not PayoutState.FAILED:
        return ""
    return FAILURES.get(Reason(payout.reason), _OTHER_FAILURE)


def changed_at(payout: Payout) -> Instant:
    """When it came to stand as it stands."""
    return payout.finished_at or made_at(payout.id)


def describe_bill(payout: Payout, merchant: Merchant) -> dict[str, Any]:
    """A transfer bill in answers to queries."""
    kept = details_of(payout.details)
    fields = {
        "mch_id": merchant.number,
        "out_bill_no": payout.reference,
        "transfer_bill_no": bill_number(payout.id),
        "appid": kept.appid,
        "state": STATES[payout.state],
        "transfer_amount": payout.amount.amount,
        "transfer_remark": payout.remark,
        "openid": kept.openid,
        "create_time": clock.to_rfc3339(made_at(payout.id)),
        "update_time": clock.to_rfc3339(changed_at(payout)),
    }
    return fields | _when_there(fail_reason=failure(payout))


def told(payout: Payout, merchant: Merchant) -> dict[str, Any]:
    """A transfer bill in its notification."""
    fields = {
        "mchid": merchant.number,
        "out_bill_no": payout.reference,
        "transfer_bill_no": bill_number(payout.id),
        "state": STATES[payout.state],
        "transfer_amount": payout.amount.amount,
        "openid": details_of(payout.details).openid,
        "create_time": clock.to_rfc3339(made_at(payout.id)),
        "update_time": clock.to_rfc3339(changed_at(payout)),
    }
    return fields | _when_there(fail_reason=failure(payout))


def describe_detail(payout: Payout, batch: PayoutBatch, merchant: Merchant) -> dict[str, Any]:
    """One payout of a batch in answers."""
    kept = details_of(payout.details)
    fields = {
        "mchid": merchant.number,
        "out_batch_no": batch.reference,
        "batch_id": batch_number(batch.id),
        "appid": details_of(batch.details).appid,
        "out_detail_no": payout.reference,
        "detail_id": detail_number(payout.id),
        "detail_status": STATES[payout.state],
        "transfer_amount": payout.amount.amount,
        "transfer_remark": payout.remark,
        "openid": kept.openid,
        "initiate_time": clock.to_rfc3339(made_at(payout.id)),
        "update_time": clock.to_rfc3339(changed_at(payout)),
    }
    return fields | _when_there(fail_reason=failure(payout))


def describe_batch(batch: PayoutBatch, merchant: Merchant) -> dict[str, Any]:
    """A batch in answers to queries."""
    kept = details_of(batch.details)
    fields = {
        "mchid": merchant.number,
        "out_batch_no": batch.reference,
        "batch_id": batch_number(batch.id),
        "appid": kept.appid,
        "batch_status": "FINISHED",
        "batch_type": "API",
        "batch_name": batch.name,
        "batch_remark": batch.remark,
        "total_amount": batch.amount,
        "total_num": batch.count,
        "create_time": clock.to_rfc3339(made_at(batch.id)),
        "update_time": clock.to_rfc3339(batch.finished_at),
        **_sums(batch),
    }
    return fields | _when_there(transfer_scene_id=kept.scene_id)


def told_batch(batch: PayoutBatch, merchant: Merchant) -> dict[str, Any]:
    """A batch in its notification."""
    return {
        "mchid": merchant.number,
        "out_batch_no": batch.reference,
        "batch_id": batch_number(batch.id),
        "batch_status": "FINISHED",
        "total_num": batch.count,
        "total_amount": batch.amount,
        **_sums(batch),
        "update_time": clock.to_rfc3339(batch.finished_at),
    }


def _sums(batch: PayoutBatch) -> dict[str, int]:
    return {
        "success_amount": batch.paid_amount,
        "success_num": batch.paid_count,
        "fail_amount": batch.amount - batch.paid_amount,
        "fail_num": batch.count - batch.paid_count,
    }


def _when_there(**fields: str) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value}


def _read(prefix: str, text: str) -> int:
    digits = text.removeprefix(prefix)
    known = len(text) == len(prefix) + _ID_DIGITS and len(digits) == _ID_DIGITS
    if not known or not digits.isascii() or not digits.isdigit():
        return 0
    number = int(digits)
    return number if number < 1 << 63 else 0
