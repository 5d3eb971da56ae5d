"""Samples: an order and a refund that are in no books, for letters that test an address.

Their numbers are the test event's own, so that nothing of the books can have them; who pays is the
merchant itself, and the references and the title say what they are. Units: one yuan.
"""

from typing import Final

from changliao.core.events import EventKind, Sample, TestWebhook
from changliao.core.ids import AppId, OrderId, PaymentId, RefundId, UserId, made_at
from changliao.core.money import CNY, Money
from changliao.core.orders import Order, OrderState, Scene, Terms
from changliao.core.refunds import Refund, RefundState

AMOUNT: Final = 100
TITLE: Final = "Changliao Pay webhook test"
_KINDS: Final = {
    Sample.NOTHING: EventKind.WEBHOOK_TEST,
    Sample.PAID: EventKind.ORDER_PAID,
    Sample.REFUNDED: EventKind.REFUND_FINISHED,
    Sample.ABNORMAL: EventKind.REFUND_ABNORMAL,
    Sample.CLOSED: EventKind.REFUND_FINISHED,
}
_STATES: Final = {
    Sample.ABNORMAL: RefundState.ABNORMAL,
    Sample.CLOSED: RefundState.CLOSED,
}


def kind(test: TestWebhook) -> EventKind:
    """As what a door tells it."""
    return _KINDS[test.sample]


def order(test: TestWebhook, app_id: AppId) -> Order:
    """Paid when the test was asked for."""
    at = made_at(test.event_id)
    return Order(
        id=OrderId(test.event_id),
        merchant_id=test.merchant_id,
        app_id=app_id,
        reference=f"TEST-{test.event_id}",
        amount=Money(AMOUNT, CNY),
        scene=Scene.NATIVE,
        expires_at=at,
        fee_bps=0,
        digest=b"",
        state=OrderState.PAID,
        payer_id=UserId(test.merchant_id),
        payment_id=PaymentId(test.event_id),
        paid_at=at,
    )


def terms(test: TestWebhook, details: bytes = b"") -> Terms:
    """`details` are the door's own."""
    return Terms(
        order_id=OrderId(test.event_id),
        merchant_id=test.merchant_id,
        title=TITLE,
        attach="",
        notify_url=test.notify_url,
        door=test.door,
        details=details,
    )


def refund(test: TestWebhook) -> Refund:
    """Of the whole order."""
    state = _STATES.get(test.sample, RefundState.SUCCEEDED)
    return Refund(
        id=RefundId(test.event_id),
        merchant_id=test.merchant_id,
        order_id=OrderId(test.event_id),
        reference=f"TEST-REFUND-{test.event_id}",
        amount=AMOUNT,
        digest=b"",
        notify_url=test.notify_url,
        reason=TITLE,
        state=state,
        finished_at=made_at(test.event_id),
    )
