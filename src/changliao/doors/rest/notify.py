"""Webhooks of our own API: JSON, signed with the network's Ed25519 key for every attempt."""

import base64
import secrets

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct
from msgspec.structs import replace

from changliao.core import clock, ids, samples
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
from changliao.core.ids import AppId
from changliao.core.refunds import RefundState
from changliao.doors.rest import notices
from changliao.doors.rest.authorization import ANSWERS_PURPOSE
from changliao.doors.rest.authorizations import show_authorization
from changliao.doors.rest.baskets import show_basket
from changliao.doors.rest.disputes import show_dispute
from changliao.doors.rest.holdings import show_holding
from changliao.doors.rest.orders import show_order
from changliao.doors.rest.payouts import show_payout
from changliao.doors.rest.refunds import show_refund
from changliao.doors.rest.split_forms import show_receipt
from changliao.doors.rest.webhooks import TestedMerchant
from changliao.operations import checkout
from changliao.operations.network import Network
from changliao.store.views import authorizations, baskets, events, orders, parties, payouts, splits


class Notifier:
    """Composes and signs this door's webhooks."""

    retry_after_s = RETRY_AFTER_S

    def __init__(self, network: Network) -> None:
        self._network = network
        self._key = Ed25519PrivateKey.from_private_bytes(network.vault.derive(ANSWERS_PURPOSE))

    async def compose(self, event: Event) -> Letter | None:
        """The letter for an event; None when it has nowhere to go."""
        match event.kind:
            case EventKind.WEBHOOK_TEST:
                return await self._test(event)
            case EventKind.PAYOUT_FINISHED:
                return await self._paid_out(event)
            case EventKind.AUTHORIZATION_FROZEN | EventKind.AUTHORIZATION_RELEASED:
                return await self._frozen(event)
            case EventKind.SHARE_RECEIVED | EventKind.SHARE_RETURNED:
                return await self._shared(event)
            case EventKind.REFUND_FINISHED | EventKind.REFUND_ABNORMAL:
                return await self._refunded(event)
            case EventKind.ORDER_PAID:
                return await self._paid(event)
            case EventKind.BASKET_PAID:
                return await self._basket_paid(event)
            case EventKind.PAYOUT_BATCH_FINISHED:
                return None
            case _:
                return await self._noticed(event)

    async def _paid(self, event: Event) -> Letter | None:
        placed = await self._network.read(orders.order, event.merchant_id, event.subject_id)
        if placed is None:
            return None
        # The fact that was committed, not how things stand: refunds may have come since.
        as_paid = replace(placed.order, refunded=0)
        return await self._letter(event, placed.terms.notify_url, show_order(as_paid, placed.terms))

    async def _basket_paid(self, event: Event) -> Letter | None:
        """To who placed the whole; the event is the first order's."""
        network = self._network
        first = await network.read(orders.order, event.merchant_id, event.subject_id)
        basket = await checkout.basket_of(network, first.order) if first else None
        if first is None or basket is None:
            return None
        placed = await network.read(baskets.members, basket)
        shown = show_basket(basket, [replace(one.order, refunded=0) for one in placed])
        return await self._letter(event, first.terms.notify_url, shown, basket.merchant_id)

    async def _refunded(self, event: Event) -> Letter | None:
        network = self._network
        refund = await network.read(orders.refund, event.merchant_id, event.subject_id)
        order_id = refund.order_id if refund else 0
        placed = await network.read(orders.order, event.merchant_id, order_id)
        if refund is None or placed is None:
            return None
        if event.kind is EventKind.REFUND_ABNORMAL:
            # The fact that was committed, not how things stand: it may have gone on since.
            refund = replace(refund, state=RefundState.ABNORMAL)
        return await self._letter(event, refund.notify_url, show_refund(refund, placed.order))

    async def _paid_out(self, event: Event) -> Letter | None:
        payout = await self._network.read(payouts.payout, event.merchant_id, event.subject_id)
        if payout is None:
            return None
        return await self._letter(event, payout.notify_url, show_payout(payout))

    async def _frozen(self, event: Event) -> Letter | None:
        keys = event.merchant_id, event.subject_id
        known = await self._network.read(authorizations.authorization, *keys)
        if known is None:
            return None
        return await self._letter(event, known.notify_url, show_authorization(known))

    async def _shared(self, event: Event) -> Letter | None:
        told = await self._network.read(splits.share_told, event)
        agreed = await self._network.read(splits.sharing, event.merchant_id)
        return await self._letter(event, agreed.notify_url, show_receipt(*told)) if told else None

    async def _noticed(self, event: Event) -> Letter | None:
        told = await notices.subject_of(self._network, event)
        return await self._letter(event, *told) if told else None

    async def _letter(
        self, event: Event, url: str, subject: Struct, receiver: int = 0
    ) -> Letter | None:
        whom = receiver or event.merchant_id
        merchant = await self._network.look_up(parties.merchant, whom)
        if merchant is None or not url:
            return None
        kind = event.kind.name.lower().replace("_", ".", 1)
        told = {"id": ids.show("evt", event.id), "type": kind, "data": subject}
        return Letter(url, msgspec.json.encode(told), merchant)

    async def _test(self, event: Event) -> Letter | None:
        """A sample, told as what it is a sample of; or nothing but whose test it is."""
        test = await self._network.read(events.test, event)
        apps = await self._network.read(parties.apps_of, event.merchant_id)
        if test is None:
            return None
        told = replace(event, kind=samples.kind(test))
        subject = _sampled(test, told.kind, apps[0].id if apps else AppId(0))
        return await self._letter(told, test.notify_url, subject)

    def sign(self, letter: Letter, now: Instant) -> Outgoing:
        """Timestamp, nonce and body are signed, each followed by a line feed."""
        timestamp, nonce = str(clock.seconds(now)), secrets.token_hex(16)
        message = f"{timestamp}\n{nonce}\n".encode() + letter.body + b"\n"
        headers = {
            "Content-Type": "application/json",
            "Changliao-Timestamp": timestamp,
            "Changliao-Nonce": nonce,
            "Changliao-Signature": base64.b64encode(self._key.sign(message)).decode(),
            "User-Agent": "Changliao-Pay",
        }
        return Outgoing(headers, letter.body)

    def acknowledged(self, status: int, answer: str) -> bool:
        """Only the status counts."""
        return took(status)


def _sampled(test: TestWebhook, kind: EventKind, app_id: AppId) -> Struct:
    """What a test letter is about, as this API shows it."""
    order = samples.order(test, app_id)
    match kind:
        case EventKind.ORDER_PAID:
            return show_order(order, samples.terms(test))
        case EventKind.REFUND_FINISHED | EventKind.REFUND_ABNORMAL:
            return show_refund(samples.refund(test), order)
        case EventKind.BASKET_PAID:
            return show_basket(samples.basket(test), [order])
        case EventKind.PAYOUT_FINISHED:
            return show_payout(samples.payout(test, app_id))
        case EventKind.SHARE_RECEIVED | EventKind.SHARE_RETURNED:
            return show_receipt(*samples.share(test, ""))
        case EventKind.AUTHORIZATION_FROZEN | EventKind.AUTHORIZATION_RELEASED:
            return show_authorization(samples.authorization(test, app_id)[0])
        case EventKind.ESCROW_RELEASED:
            return show_holding(samples.holding(test))
        case EventKind.DISPUTE_OPENED | EventKind.DISPUTE_ENDED:
            return show_dispute(samples.dispute(test))
        case _:
            return TestedMerchant(ids.show("mch", test.merchant_id))
