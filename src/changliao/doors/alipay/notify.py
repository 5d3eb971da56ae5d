"""Notifications as Alipay sends them: a form, signed anew for every attempt.

What is told is the fact that was committed; the moment of sending and the signature over it are the
attempt's own. Source: alipay-openapi.md §19.
"""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlencode

import msgspec

from changliao.core import clock, samples
from changliao.core.authorizations import Authorization, Step
from changliao.core.clock import BEIJING, Instant
from changliao.core.events import Event, EventKind, Letter, Outgoing
from changliao.core.ids import made_at
from changliao.core.orders import Order
from changliao.core.parties import Merchant
from changliao.core.refunds import Refund
from changliao.doors.alipay import crypto, frozen, refunds, trades, words
from changliao.doors.alipay.parameters import CODECS
from changliao.doors.alipay.platform import Platform
from changliao.operations.network import Network
from changliao.operations.numbers import number_of
from changliao.store.views import authorizations, events, orders, parties
from changliao.store.views.orders import Placed

RETRY_AFTER_S: Final = (240, 600, 600, 3_600, 7_200, 21_600, 54_000)
_TAKEN: Final = "success"
_NOTIFY_DIGITS: Final = 34
_DATE_DIGITS: Final = 8
Fields = dict[str, str]


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
            case EventKind.REFUND_FINISHED:
                return await self._refunded(event)
            case EventKind.AUTHORIZATION_FROZEN | EventKind.AUTHORIZATION_RELEASED:
                return await self._frozen(event)
            case _:  # told by other doors
                return None

    def sign(self, letter: Letter, now: Instant) -> Outgoing:
        """Neither `sign` nor `sign_type` is in the signed string, and nothing empty is sent."""
        fields = msgspec.json.decode(letter.body, type=Fields) | {"notify_time": words.moment(now)}
        codec = CODECS.get(fields["charset"].lower(), "utf-8")
        message = crypto.canonical(fields, without=("sign", "sign_type")).encode(codec, "replace")
        signer = self._platform.signer(fields["app_id"])
        fields["sign"] = crypto.sign(signer.key, message, fields["sign_type"])
        body = urlencode(fields, encoding=codec, errors="replace").encode("ascii")
        kind = f"application/x-www-form-urlencoded; charset={fields['charset']}"
        return Outgoing({"Content-Type": kind, "User-Agent": "Changliao-Pay"}, body)

    def acknowledged(self, status: int, answer: str) -> bool:
        """Only 200 with the word itself."""
        return acknowledged(status, answer)

    async def _test(self, event: Event) -> Letter | None:
        """A sample, told as what it is a sample of."""
        test = await self._network.read(events.test, event)
        apps = await self._network.read(parties.apps_of, event.merchant_id)
        if test is None or not apps:
            return None
        details = msgspec.json.encode(trades.Details(apps[0].number))
        placed = Placed(samples.order(test, apps[0].id), samples.terms(test, details))
        match samples.kind(test):
            case EventKind.ORDER_PAID:
                return await self._tell_paid(event, placed)
            case EventKind.AUTHORIZATION_FROZEN | EventKind.AUTHORIZATION_RELEASED:
                return await self._tell_frozen(
                    event, *samples.authorization(test, apps[0].id, details)
                )
            case _:
                refund = samples.refund(test)
                return await self._tell_refunded(event, placed, refund, samples.AMOUNT)

    async def _paid(self, event: Event) -> Letter | None:
        placed = await self._network.read(orders.order, event.merchant_id, event.subject_id)
        if placed is None or not placed.terms.notify_url:
            return None
        return await self._tell_paid(event, placed)

    async def _tell_paid(self, event: Event, placed: Placed) -> Letter:
        paid = placed.order.amount.amount
        fields = await self._fields(event, placed)
        fields |= {
            **trades.amounts(paid, placed.order.discount),
            "fund_bill_list": _funds(paid, placed.order),
            "trade_status": trades.SUCCESS,
        }
        return await self._letter(placed, placed.terms.notify_url, fields)

    async def _refunded(self, event: Event) -> Letter | None:
        network = self._network
        refund = await network.read(orders.refund, event.merchant_id, event.subject_id)
        if refund is None or not refund.notify_url:
            return None
        placed = await network.read(orders.order, refund.merchant_id, refund.order_id)
        if placed is None:
            return None
        order = placed.order
        known = await network.read(orders.refunds_of_order, order.merchant_id, order.id)
        # As it stood when this refund was done: others may have come since.
        so_far = sum(one.amount for one in known if one.id <= refund.id)
        return await self._tell_refunded(event, placed, refund, so_far)

    async def _tell_refunded(
        self, event: Event, placed: Placed, refund: Refund, so_far: int
    ) -> Letter:
        whole = so_far == placed.order.amount.amount
        fields = await self._fields(event, placed) | {
            "gmt_close": words.moment(refund.finished_at) if whole else "",
            "gmt_refund": words.moment_ms(refund.finished_at),
            "out_biz_no": refunds.request_number(refund),
            "refund_fee": words.yuan(so_far),
            "trade_status": trades.CLOSED if whole else trades.SUCCESS,
        }
        return await self._letter(placed, refund.notify_url, fields)

    async def _frozen(self, event: Event) -> Letter | None:
        """What an operation of an authorization moved, and how its sums stood then."""
        network = self._network
        keys = event.merchant_id, event.subject_id
        known = await network.read(authorizations.authorization, *keys)
        if known is None or not known.notify_url:
            return None
        steps = [
            step for step in await network.read(authorizations.steps, *keys) if step.id <= event.id
        ]
        return await self._tell_frozen(event, known, steps)

    async def _tell_frozen(
        self, event: Event, known: Authorization, steps: Sequence[Step]
    ) -> Letter | None:
        merchant = await self._network.look_up(parties.merchant, event.merchant_id)
        if merchant is None:
            return None
        fields = await frozen.told(self._network, known, steps)
        fields["notify_id"] = notify_id(event)
        kept = {name: _sendable(value) for name, value in fields.items() if value}
        return Letter(known.notify_url, msgspec.json.encode(kept), merchant)

    async def _fields(self, event: Event, placed: Placed) -> Fields:
        """What every notification of a trade says."""
        order, details = placed.order, trades.details_of(placed)
        buyer = await trades.payer(self._network, order, order.payer_id)
        return {
            "app_id": details.app_id,
            "auth_app_id": details.auth_app_id,
            "body": details.body,
            "buyer_id": buyer["buyer_user_id"],
            "buyer_logon_id": buyer["buyer_logon_id"],
            "buyer_open_id": buyer["buyer_open_id"],
            "charset": details.charset,
            "gmt_create": words.moment(made_at(order.id)),
            "gmt_payment": words.moment(order.paid_at),
            "notify_id": notify_id(event),
            "notify_type": "trade_status_sync",
            "out_trade_no": order.reference,
            "passback_params": placed.terms.attach,
            "seller_id": await number_of(self._network, order.merchant_id),
            "sign_type": details.sign_type,
            "subject": placed.terms.title,
            "total_amount": words.yuan(order.amount.amount),
            "trade_no": words.trade_no(order.id),
            "version": "1.0",
        }

    async def _letter(self, placed: Placed, url: str, fields: Mapping[str, str]) -> Letter:
        receiver: Merchant | None = await self._network.look_up(
            parties.merchant, placed.order.partner_id or placed.order.merchant_id
        )
        if receiver is None:
            raise LookupError(f"the merchant of order {placed.order.id} is gone")
        kept = {name: _sendable(value) for name, value in fields.items() if value}
        return Letter(url, msgspec.json.encode(kept), receiver)


def acknowledged(status: int, answer: str) -> bool:
    """Is this how a receiver says that it has taken a notification?"""
    return status == 200 and answer.strip().lower() == _TAKEN


def notify_id(event: Event) -> str:
    """34 digits, the day first; the same for every attempt."""
    day = clock.to_datetime(made_at(event.id), BEIJING).strftime("%Y%m%d")
    return f"{day}{event.id:0{_NOTIFY_DIGITS - _DATE_DIGITS}d}"


def event_of(number: str) -> int:
    """The event that such a number would name; 0 for another text."""
    digits = len(number) == _NOTIFY_DIGITS and number.isascii() and number.isdigit()
    named = int(number[_DATE_DIGITS:]) if digits else 0
    return named if named < 1 << 63 else 0


def _funds(paid: int, order: Order) -> str:
    """The sources of the money, as JSON text; notifications name the channel in camel case."""
    parts = trades.funds(paid, order.discount, order.method)
    return msgspec.json.encode(
        [{"amount": one["amount"], "fundChannel": one["fund_channel"]} for one in parts]
    ).decode()


def _sendable(value: str) -> str:
    """Some clients leave a value that begins with this mark out of what they verify."""
    return "＠" + value[1:] if value.startswith("@") else value
