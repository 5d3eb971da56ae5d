"""Samples: orders, refunds, transfers, shares and more that are in no books, for test letters.

Their numbers are the test event's own, so that nothing of the books can have them; who pays and who
is paid is the merchant itself, and the references and the title say what they are. Units: one yuan.
"""

from typing import Final

from changliao.core.authorizations import Authorization, AuthorizationState, Step, StepKind
from changliao.core.baskets import Basket
from changliao.core.clock import DAY, NEVER, Instant
from changliao.core.disputes import Dispute, DisputeState
from changliao.core.events import EventKind, Sample, TestWebhook
from changliao.core.holds import Holding, HoldingState
from changliao.core.ids import (
    AppId,
    AuthorizationId,
    AuthorizationStepId,
    BasketId,
    DisputeId,
    OrderId,
    PaymentId,
    PayoutBatchId,
    PayoutId,
    RefundId,
    ReturnId,
    ShareId,
    UserId,
    made_at,
)
from changliao.core.money import CNY, Money
from changliao.core.orders import Order, OrderState, Scene, Terms
from changliao.core.payouts import Payout, PayoutBatch, PayoutState
from changliao.core.refunds import Refund, RefundState
from changliao.core.splits import Part, PartyKind, Return, Share

AMOUNT: Final = 100
PART: Final = 30
TITLE: Final = "Changliao Pay webhook test"
_OTHERS: Final = {
    Sample.NOTHING: EventKind.WEBHOOK_TEST,
    Sample.CLOSED: EventKind.REFUND_FINISHED,
}
_STATES: Final = {
    Sample.ABNORMAL: RefundState.ABNORMAL,
    Sample.CLOSED: RefundState.CLOSED,
}


def kind(test: TestWebhook) -> EventKind:
    """As what a door tells it: most samples have the name of their kind."""
    known = _OTHERS.get(test.sample)
    return EventKind[test.sample.value.replace(".", "_").upper()] if known is None else known


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


def basket(test: TestWebhook) -> Basket:
    """The order alone, as a combined one."""
    return Basket(
        id=BasketId(test.event_id),
        merchant_id=test.merchant_id,
        reference=f"TEST-BASKET-{test.event_id}",
        amount=Money(AMOUNT, CNY),
        digest=b"",
        members=((test.merchant_id, OrderId(test.event_id)),),
    )


def payout(test: TestWebhook, app_id: AppId, details: bytes = b"") -> Payout:
    """A transfer that its payee has taken."""
    return Payout(
        id=PayoutId(test.event_id),
        merchant_id=test.merchant_id,
        app_id=app_id,
        reference=f"TEST{test.event_id}",
        payee_id=UserId(test.merchant_id),
        amount=Money(AMOUNT, CNY),
        digest=b"",
        door=test.door,
        remark=TITLE,
        notify_url=test.notify_url,
        details=details,
        state=PayoutState.PAID,
        finished_at=made_at(test.event_id),
    )


def batch(test: TestWebhook, app_id: AppId, details: bytes = b"") -> PayoutBatch:
    """Of one transfer."""
    return PayoutBatch(
        id=PayoutBatchId(test.event_id),
        merchant_id=test.merchant_id,
        app_id=app_id,
        reference=f"TEST{test.event_id}",
        currency=CNY.number,
        digest=b"",
        door=test.door,
        name=TITLE,
        notify_url=test.notify_url,
        details=details,
        count=1,
        amount=AMOUNT,
        paid_count=1,
        paid_amount=AMOUNT,
        finished_at=made_at(test.event_id),
    )


def share(test: TestWebhook, account: str) -> tuple[Share, Part, Return | None]:
    """What a receiver got of an order, and for some samples gave back; `account` is its number."""
    share_id, whose = ShareId(test.event_id), test.merchant_id
    reference = f"TEST-SHARE-{test.event_id}"
    made = Share(share_id, whose, OrderId(test.event_id), reference, b"", description=TITLE)
    part = Part(share_id, whose, PartyKind.MERCHANT, whose, 0, PART, account, TITLE)
    if test.sample is not Sample.TAKEN_BACK:
        return made, part, None
    back = Return(
        id=ReturnId(test.event_id),
        merchant_id=whose,
        share_id=share_id,
        receiver_id=whose,
        reference=f"TEST-RETURN-{test.event_id}",
        amount=PART,
        digest=b"",
        description=TITLE,
    )
    return made, part, back


def authorization(
    test: TestWebhook, app_id: AppId, details: bytes = b""
) -> tuple[Authorization, list[Step]]:
    """A deposit that was frozen, and for some samples given back; the latest step is told."""
    at, back = made_at(test.event_id), test.sample is Sample.RELEASED
    known = Authorization(
        id=AuthorizationId(test.event_id),
        merchant_id=test.merchant_id,
        app_id=app_id,
        reference=f"TEST-DEPOSIT-{test.event_id}",
        freeze_reference=f"TEST-FREEZE-{test.event_id}",
        amount=Money(AMOUNT, CNY),
        digest=b"",
        door=test.door,
        confirm_by=at,
        ends_at=Instant(at + DAY),
        title=TITLE,
        notify_url=test.notify_url,
        details=details,
        payer_id=UserId(test.merchant_id),
        state=AuthorizationState.FINISHED if back else AuthorizationState.FROZEN,
        released=AMOUNT if back else 0,
        frozen_at=at,
        finished_at=at if back else NEVER,
    )
    kinds = (StepKind.FREEZE, StepKind.RELEASE) if back else (StepKind.FREEZE,)
    steps = [
        Step(
            id=AuthorizationStepId(test.event_id),
            merchant_id=test.merchant_id,
            authorization_id=known.id,
            kind=one,
            reference=f"TEST-{one.name}-{test.event_id}",
            amount=AMOUNT,
        )
        for one in kinds
    ]
    return known, steps


def dispute(test: TestWebhook) -> Dispute:
    """Of the order: opened, or withdrawn by who opened it."""
    ended = test.sample is Sample.SETTLED
    return Dispute(
        id=DisputeId(test.event_id),
        merchant_id=test.merchant_id,
        order_id=OrderId(test.event_id),
        payer_id=UserId(test.merchant_id),
        reason=TITLE,
        state=DisputeState.WITHDRAWN if ended else DisputeState.OPEN,
        ended_at=made_at(test.event_id) if ended else NEVER,
    )


def holding(test: TestWebhook) -> Holding:
    """What the order held; all of it is the seller's now."""
    return Holding(
        order_id=OrderId(test.event_id),
        merchant_id=test.merchant_id,
        currency=CNY,
        amount=AMOUNT,
        held=0,
        until=made_at(test.event_id),
        released=AMOUNT,
        state=HoldingState.RELEASED,
    )
