"""Letters that test an address: made as real ones are, over what is in no books, and sent once."""

import json
from typing import Any

import pytest
from wechatpayv3.utils import aes_decrypt, rsa_verify

from changliao.core.events import SAMPLES
from tests.doors.test_alipay_notify import read
from tests.openapi import open_app
from tests.workers.receiver import Receiver, Told, status
from tests.workers.test_notifications import opened_letter, verify_rest, verify_wechat
from tests.workers.till import Till

WECHAT = {
    "order.paid": ("TRANSACTION.SUCCESS", "trade_state", "SUCCESS"),
    "refund.finished": ("REFUND.SUCCESS", "refund_status", "SUCCESS"),
    "refund.abnormal": ("REFUND.ABNORMAL", "refund_status", "ABNORMAL"),
    "refund.closed": ("REFUND.CLOSED", "refund_status", "CLOSED"),
}
# Of what is no order of its own: the event, a member and how it begins.
WECHAT_OTHERS = {
    "basket.paid": ("TRANSACTION.SUCCESS", "combine_out_trade_no", "TEST-BASKET-"),
    "payout.finished": ("MCHTRANSFER.BILL.FINISHED", "out_bill_no", "TEST"),
    "payout.batch_finished": ("MCHTRANSFER.BATCH.FINISHED", "out_batch_no", "TEST"),
    "share.received": ("PROFITSHARING.SUCCESS", "out_order_no", "TEST-SHARE-"),
    "share.returned": ("PROFITSHARING.RETURN", "out_order_no", "TEST-SHARE-"),
}
REST = {
    "webhook.test": ("webhook.test", None),
    "order.paid": ("order.paid", "paid"),
    "refund.finished": ("refund.finished", "succeeded"),
    "refund.abnormal": ("refund.abnormal", "abnormal"),
    "refund.closed": ("refund.finished", "closed"),
    "basket.paid": ("basket.paid", None),
    "payout.finished": ("payout.finished", "paid"),
    "share.received": ("share.received", None),
    "share.returned": ("share.returned", None),
    "authorization.frozen": ("authorization.frozen", "frozen"),
    "authorization.released": ("authorization.released", "finished"),
    "escrow.released": ("escrow.released", "released"),
    "dispute.opened": ("dispute.opened", "open"),
    "dispute.ended": ("dispute.ended", "withdrawn"),
}
ALIPAY = {
    "order.paid": ("trade_status_sync", "trade_status", "TRADE_SUCCESS"),
    "refund.finished": ("trade_status_sync", "trade_status", "TRADE_CLOSED"),
    "authorization.frozen": ("fund_auth_freeze", "rest_amount", "1.00"),
    "authorization.released": ("fund_auth_unfreeze", "rest_amount", "0.00"),
}


def told(till: Till, receiver: Receiver, door: str, sample: str) -> Told:
    box = receiver.mailbox()
    made = till.rest.made("/api/v1/events", notify_url=box.url, door=door, sample=sample)
    letter = box.wait()[0]
    till.settled(made["id"], "delivered")
    return letter


def by_sdk(till: Till, letter: Told) -> str:
    """The resource, as PyPI wechatpayv3 verifies and decrypts it."""
    headers, sealed = letter.headers, letter.fields["resource"]
    assert rsa_verify(
        headers["Wechatpay-Timestamp"],
        headers["Wechatpay-Nonce"],
        letter.body.decode(),
        headers["Wechatpay-Signature"],
        till.shop.platform_key,
    )
    key = till.shop.fields["api_v3_key"]
    nonce, ciphertext = sealed["nonce"], sealed["ciphertext"]
    return str(aes_decrypt(nonce, ciphertext, sealed["associated_data"], key))


def books(till: Till) -> Any:
    """What a test must leave as it is."""
    orders = till.operator.get(f"/api/v1/orders?merchant_id={till.id}").json()
    return orders, till.operator.get(f"/api/v1/merchants/{till.made['mchid']}").json()


def test_each_is_tried_here() -> None:
    assert {*WECHAT, *WECHAT_OTHERS} == set(SAMPLES["wechatpay"])
    assert set(REST) == set(SAMPLES["rest"])
    assert set(ALIPAY) == set(SAMPLES["alipay"])


@pytest.mark.parametrize("sample", WECHAT)
def test_wechat_letters_verify_and_decrypt(till: Till, receiver: Receiver, sample: str) -> None:
    before = books(till)
    letter = told(till, receiver, "wechatpay", sample)
    verify_wechat(till.shop, letter)
    event_type, name, state = WECHAT[sample]
    assert letter.fields["event_type"] == event_type
    inner = opened_letter(till.shop, letter)
    assert json.loads(by_sdk(till, letter)) == inner
    assert (inner["mchid"], inner[name]) == (till.shop.mchid, state)
    assert inner["out_trade_no"].startswith("TEST-")
    assert inner["amount"]["total"] == 100
    number = inner["out_trade_no"]
    for path in (f"out-trade-no/{number}", f"id/{inner['transaction_id']}"):
        asked = till.shop.get(f"/v3/pay/transactions/{path}?mchid={till.shop.mchid}")
        assert asked.status_code == 404
    assert books(till) == before


@pytest.mark.parametrize("sample", WECHAT_OTHERS)
def test_wechat_letters_of_other_things_verify_and_decrypt(
    till: Till, receiver: Receiver, sample: str
) -> None:
    before = books(till)
    letter = told(till, receiver, "wechatpay", sample)
    verify_wechat(till.shop, letter)
    event_type, name, beginning = WECHAT_OTHERS[sample]
    inner = opened_letter(till.shop, letter)
    assert json.loads(by_sdk(till, letter)) == inner
    assert (letter.fields["event_type"], inner[name][: len(beginning)]) == (event_type, beginning)
    assert till.shop.mchid in (inner.get("mchid"), inner.get("combine_mchid"))
    assert books(till) == before


@pytest.mark.parametrize("sample", REST)
def test_rest_letters_verify(till: Till, receiver: Receiver, sample: str) -> None:
    letter = told(till, receiver, "rest", sample)
    verify_rest(till.operator, letter)
    kind, state = REST[sample]
    data = letter.fields["data"]
    assert (letter.fields["type"], data.get("state")) == (kind, state)
    if "reference" in data:
        assert data["reference"].startswith("TEST")
    if kind.startswith(("order", "refund")):
        assert (
            till.rest.get(f"/api/v1/orders/{data.get('order_id', data['id'])}").status_code == 404
        )


@pytest.mark.parametrize("sample", ALIPAY)
def test_alipay_letters_verify(till: Till, receiver: Receiver, sample: str) -> None:
    box = receiver.mailbox(then=status(200, b"success"))
    made = till.rest.made("/api/v1/events", notify_url=box.url, door="alipay", sample=sample)
    with open_app(till.served, f"Sampled {sample}") as store:
        fields = read(store, box.wait()[0])
    till.settled(made["id"], "delivered")
    kind, name, value = ALIPAY[sample]
    assert (fields["notify_type"], fields[name]) == (kind, value)
    assert fields.get("total_amount", fields.get("amount")) == "1.00"
    assert fields.get("out_trade_no", fields.get("out_order_no", "")).startswith("TEST-")


def test_a_test_is_sent_once_whatever_is_answered(eager: Till, receiver: Receiver) -> None:
    box = receiver.mailbox(status(500), status(500))
    made = eager.rest.made(
        "/api/v1/events", notify_url=box.url, door="wechatpay", sample="order.paid"
    )
    found = eager.settled(made["id"], "given_up")
    assert (found["attempts"], len(box.told)) == (1, 1)


def test_a_door_tells_no_sample_of_anothers(till: Till) -> None:
    fields = {"notify_url": "http://127.0.0.1:9/", "door": "alipay", "sample": "webhook.test"}
    answer = till.rest.post("/api/v1/events", **fields)
    assert (answer.status_code, answer.json()["reason"]) == (422, "sample_not_told")
