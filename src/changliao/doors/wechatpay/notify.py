"""Notifications as WeChat Pay sends them: encrypted once, signed anew for every attempt.

What is told is the fact that was committed, not how things stand when it is sent. Source:
wechatpay-v3.md §11.
"""

import secrets
import uuid
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec
from msgspec.structs import replace

from changliao.core import clock, samples
from changliao.core.clock import Instant
from changliao.core.events import (
    RETRY_AFTER_S,
    Event,
    EventKind,
    Letter,
    Outgoing,
    TestWebhook,
    took,
)
from changliao.core.parties import Merchant
from changliao.core.refunds import Refund, RefundState
from changliao.doors.wechatpay import combined, crypto, share_receipts, transactions, transfers
from changliao.doors.wechatpay.authorization import SCHEME
from changliao.doors.wechatpay.certificates import api_key
from changliao.doors.wechatpay.platform import Platform
from changliao.doors.wechatpay.refunds import ACCOUNT, STATES
from changliao.operations import checkout
from changliao.operations.network import Network
from changliao.store.views import events, orders, parties, payouts, splits


class _Notice(NamedTuple):
    """What a notification says of itself in clear."""

    event_type: str
    summary: str
    original_type: str


_PAID: Final = _Notice("TRANSACTION.SUCCESS", "支付成功", "transaction")
_BILL: Final = _Notice("MCHTRANSFER.BILL.FINISHED", "商家转账单据终态通知", "mch_payment")
_BATCH: Final = _Notice("MCHTRANSFER.BATCH.FINISHED", "商家转账批次完成通知", "mch_payment")
_SHARED: Final = _Notice("PROFITSHARING.SUCCESS", "分账", "profitsharing")
_TAKEN_BACK: Final = _Notice("PROFITSHARING.RETURN", "分账回退", "profitsharing")
_REFUNDED: Final = {
    RefundState.SUCCEEDED: _Notice("REFUND.SUCCESS", "退款成功", "refund"),
    RefundState.CLOSED: _Notice("REFUND.CLOSED", "退款关闭", "refund"),
    RefundState.ABNORMAL: _Notice("REFUND.ABNORMAL", "退款异常", "refund"),
}


class Notifier:
    """Composes and signs this door's notifications."""

    retry_after_s = RETRY_AFTER_S

    def __init__(self, network: Network, platform: Platform) -> None:
        self._network = network
        self._platform = platform

    async def compose(self, event: Event) -> Letter | None:
        """The letter for an event; None when it has nowhere to go."""
        match event.kind:
            case EventKind.WEBHOOK_TEST:
                return await self._test(event)
            case EventKind.ORDER_PAID:
                return await self._paid(event)
            case EventKind.REFUND_FINISHED | EventKind.REFUND_ABNORMAL:
                return await self._refunded(event)
            case EventKind.BASKET_PAID:
                return await self._basket_paid(event)
            case EventKind.PAYOUT_FINISHED:
                return await self._paid_out(event)
            case EventKind.PAYOUT_BATCH_FINISHED:
                return await self._batch_paid(event)
            case EventKind.SHARE_RECEIVED | EventKind.SHARE_RETURNED:
                return await self._shared(event)
            case _:  # told by other doors
                return None

    def sign(self, letter: Letter, now: Instant) -> Outgoing:
        """Fresh for every attempt: receivers refuse what is older than five minutes."""
        signer = self._platform.notifier_for(letter.receiver)
        timestamp, nonce = str(clock.seconds(now)), secrets.token_hex(16)
        message = crypto.answer_message(timestamp, nonce, letter.body)
        headers = {
            "Content-Type": "application/json",
            "Wechatpay-Timestamp": timestamp,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Signature": crypto.sign(signer.key, message),
            "Wechatpay-Serial": signer.serial,
            "Wechatpay-Signature-Type": SCHEME,
            "Request-ID": secrets.token_hex(16).upper() + "-0",
            "User-Agent": "Changliao-Pay",
        }
        return Outgoing(headers, letter.body)

    def acknowledged(self, status: int, answer: str) -> bool:
        """Only the status counts."""
        return took(status)

    async def _test(self, event: Event) -> Letter | None:
        """A sample, told as what it is a sample of."""
        test = await self._network.read(events.test, event)
        apps = await self._network.read(parties.apps_of, event.merchant_id)
        if test is None or not apps:
            return None
        details = msgspec.json.encode(transactions.Details(appid=apps[0].number))
        terms = samples.terms(test, details)
        placed = orders.Placed(samples.order(test, apps[0].id), terms)
        match samples.kind(test):
            case EventKind.ORDER_PAID:
                return await self._tell_paid(event, placed)
            case EventKind.REFUND_FINISHED | EventKind.REFUND_ABNORMAL:
                return await self._tell_refunded(event, placed, samples.refund(test))
            case _:
                return await self._test_other(event, test, placed)

    async def _test_other(
        self, event: Event, test: TestWebhook, placed: orders.Placed
    ) -> Letter | None:
        """A sample of what is neither an order of its own nor a refund."""
        merchant = await self._receiver(placed)
        order, details = placed.order, msgspec.json.encode(transfers.Details())
        resource: Mapping[str, Any] | None
        match samples.kind(test):
            case EventKind.BASKET_PAID:
                basket = samples.basket(test)
                resource = await combined.of_parts(self._network, basket, [placed], "SUCCESS")
                notice = _PAID
            case EventKind.PAYOUT_FINISHED:
                payout = samples.payout(test, order.app_id, details)
                resource, notice = transfers.told(payout, merchant), _BILL
            case EventKind.PAYOUT_BATCH_FINISHED:
                batch = samples.batch(test, order.app_id, details)
                resource, notice = transfers.told_batch(batch, merchant), _BATCH
            case _:
                found = samples.share(test, merchant.number)
                resource = await share_receipts.describe(self._network, found, order)
                notice = _TAKEN_BACK if found[2] else _SHARED
        if resource is None:
            return None
        return Letter(test.notify_url, self._sealed(event, merchant, notice, resource), merchant)

    async def _paid(self, event: Event) -> Letter | None:
        placed = await self._network.read(orders.order, event.merchant_id, event.subject_id)
        return await self._tell_paid(event, placed) if placed else None

    async def _tell_paid(self, event: Event, placed: orders.Placed) -> Letter:
        merchant = await self._receiver(placed)
        resource = await transactions.describe(self._network, placed, state="SUCCESS")
        body = self._sealed(event, merchant, _PAID, resource)
        return Letter(placed.terms.notify_url, body, merchant)

    async def _basket_paid(self, event: Event) -> Letter | None:
        """One letter for the whole, to the merchant that sells it."""
        network = self._network
        first = await network.read(orders.order, event.merchant_id, event.subject_id)
        basket = await checkout.basket_of(network, first.order) if first else None
        if first is None or basket is None:
            return None
        merchant = await network.look_up(parties.merchant, basket.merchant_id)
        if merchant is None:
            return None
        resource = await combined.describe(network, basket, state="SUCCESS")
        body = self._sealed(event, merchant, _PAID, resource)
        return Letter(first.terms.notify_url, body, merchant)

    async def _refunded(self, event: Event) -> Letter | None:
        network = self._network
        refund = await network.read(orders.refund, event.merchant_id, event.subject_id)
        if refund is None or not refund.notify_url:
            return None
        placed = await network.read(orders.order, refund.merchant_id, refund.order_id)
        if placed is None:
            return None
        # The fact that was committed, not how things stand: it may have gone on since.
        abnormal = event.kind is EventKind.REFUND_ABNORMAL
        state = RefundState.ABNORMAL if abnormal else RefundState.SUCCEEDED
        return await self._tell_refunded(event, placed, replace(refund, state=state))

    async def _tell_refunded(self, event: Event, placed: orders.Placed, refund: Refund) -> Letter:
        merchant = await self._receiver(placed)
        total, state = placed.order.amount.amount, refund.state
        owner = await self._network.look_up(parties.merchant, refund.merchant_id)
        resource: dict[str, Any] = {"mchid": merchant.number}
        if placed.order.partner_id:
            sub_mchid = owner.number if owner else ""
            resource = {"sp_mchid": merchant.number, "sub_mchid": sub_mchid}
        resource |= {
            "transaction_id": transactions.transaction_id(placed.order.payment_id),
            "out_trade_no": placed.order.reference,
            "refund_id": transactions.refund_number(refund.id),
            "out_refund_no": refund.reference,
            "refund_status": STATES[state],
            "user_received_account": placed.order.method.upper() or ACCOUNT,
            "amount": {
                "total": total,
                "refund": refund.amount,
                "payer_total": total - placed.order.discount,
                "payer_refund": refund.amount - refund.discount,
            },
        }
        if state is RefundState.SUCCEEDED:
            resource["success_time"] = clock.to_rfc3339(refund.finished_at)
        body = self._sealed(event, merchant, _REFUNDED[state], resource)
        return Letter(refund.notify_url, body, merchant)

    async def _paid_out(self, event: Event) -> Letter | None:
        payout = await self._network.read(payouts.payout, event.merchant_id, event.subject_id)
        merchant = await self._network.look_up(parties.merchant, event.merchant_id)
        if payout is None or merchant is None:
            return None
        body = self._sealed(event, merchant, _BILL, transfers.told(payout, merchant))
        return Letter(payout.notify_url, body, merchant)

    async def _batch_paid(self, event: Event) -> Letter | None:
        batch = await self._network.read(payouts.batch, event.merchant_id, event.subject_id)
        merchant = await self._network.look_up(parties.merchant, event.merchant_id)
        if batch is None or merchant is None:
            return None
        body = self._sealed(event, merchant, _BATCH, transfers.told_batch(batch, merchant))
        return Letter(batch.notify_url, body, merchant)

    async def _shared(self, event: Event) -> Letter | None:
        """To the receiver, at the address that is its own, whoever shared."""
        network = self._network
        told = await share_receipts.told(network, event)
        merchant = await network.look_up(parties.merchant, event.merchant_id)
        agreed = await network.read(splits.sharing, event.merchant_id)
        if told is None or merchant is None or not agreed.notify_url:
            return None
        notice = _SHARED if event.kind is EventKind.SHARE_RECEIVED else _TAKEN_BACK
        return Letter(agreed.notify_url, self._sealed(event, merchant, notice, told), merchant)

    async def _receiver(self, placed: orders.Placed) -> Merchant:
        """Who is told: the service provider for the orders it placed."""
        receiver = placed.order.partner_id or placed.order.merchant_id
        merchant = await self._network.look_up(parties.merchant, receiver)
        if merchant is None:
            raise LookupError(f"merchant {receiver} of order {placed.order.id} is gone")
        return merchant

    def _sealed(
        self, event: Event, merchant: Merchant, notice: _Notice, resource: Mapping[str, Any]
    ) -> bytes:
        key = api_key(self._network.vault, merchant)
        event_type, summary, original_type = notice
        nonce, ciphertext = crypto.seal(key, msgspec.json.encode(resource), original_type)
        return msgspec.json.encode(
            {
                "id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"changliao/{event.id}")),
                "create_time": clock.to_rfc3339(event.next_at),
                "resource_type": "encrypt-resource",
                "event_type": event_type,
                "summary": summary,
                "resource": {
                    "original_type": original_type,
                    "algorithm": "AEAD_AES_256_GCM",
                    "ciphertext": ciphertext,
                    "associated_data": original_type,
                    "nonce": nonce,
                },
            }
        )
