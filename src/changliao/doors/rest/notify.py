"""Webhooks of our own API: JSON, signed with the network's Ed25519 key for every attempt."""

import base64
import secrets

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from changliao.core import clock, ids
from changliao.core.clock import Instant
from changliao.core.events import RETRY_AFTER_S, Event, EventKind, Letter, Outgoing, took
from changliao.doors.rest.authorization import ANSWERS_PURPOSE
from changliao.doors.rest.orders import OrderShown, show_order
from changliao.doors.rest.refunds import RefundShown, show_refund
from changliao.operations.network import Network
from changliao.store.views import events, orders, parties


class Notifier:
    """Composes and signs this door's webhooks."""

    retry_after_s = RETRY_AFTER_S

    def __init__(self, network: Network) -> None:
        self._network = network
        self._key = Ed25519PrivateKey.from_private_bytes(network.vault.derive(ANSWERS_PURPOSE))

    async def compose(self, event: Event) -> Letter | None:
        """The letter for an event; None when it has nowhere to go."""
        if event.kind is EventKind.WEBHOOK_TEST:
            return await self._test(event)
        order_id = event.subject_id
        refund = None
        if event.kind is EventKind.REFUND_FINISHED:
            refund = await self._network.read(orders.refund, event.merchant_id, event.subject_id)
            order_id = refund.order_id if refund else 0
        placed = await self._network.read(orders.order, event.merchant_id, order_id)
        merchant = await self._network.look_up(parties.merchant, event.merchant_id)
        if placed is None or merchant is None:
            return None
        url = refund.notify_url if refund else placed.terms.notify_url
        # The fact that was committed, not how things stand: refunds may have come since.
        as_paid = replace(placed.order, refunded=0)
        subject: OrderShown | RefundShown = show_order(as_paid, placed.terms)
        if refund is not None:
            subject = show_refund(refund, placed.order)
        kind = event.kind.name.lower().replace("_", ".", 1)
        told = {"id": ids.show("evt", event.id), "type": kind, "data": subject}
        return Letter(url, msgspec.json.encode(told), merchant) if url else None

    async def _test(self, event: Event) -> Letter | None:
        url = await self._network.read(events.test_address, event.id, event.merchant_id)
        merchant = await self._network.look_up(parties.merchant, event.merchant_id)
        told = {
            "id": ids.show("evt", event.id),
            "type": "webhook.test",
            "data": {"merchant_id": ids.show("mch", event.merchant_id)},
        }
        return Letter(url, msgspec.json.encode(told), merchant) if url and merchant else None

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
