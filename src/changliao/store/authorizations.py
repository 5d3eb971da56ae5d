"""Authorizations and their steps, as rows."""

from changliao.core.authorizations import Authorization, AuthorizationState, Step, StepKind
from changliao.core.clock import Instant
from changliao.core.ids import (
    AppId,
    AuthorizationId,
    AuthorizationStepId,
    MerchantId,
    OrderId,
    PaymentId,
    UserId,
)
from changliao.core.money import BY_NUMBER, Money
from changliao.store.engine import Row
from changliao.store.unit import Index, Table


def from_row(row: Row) -> Authorization:
    """An authorization from its columns in the order of `authorizations_find`."""
    return Authorization(
        id=AuthorizationId(row[1]),
        merchant_id=MerchantId(row[0]),
        app_id=AppId(row[2]),
        reference=row[3],
        freeze_reference=row[4],
        amount=Money(row[5], BY_NUMBER[row[6]]),
        digest=bytes(row[7]),
        door=row[8],
        title=row[9],
        notify_url=row[10],
        details=bytes(row[11]),
        confirm_by=Instant(row[12]),
        ends_at=Instant(row[13]),
        payer_id=UserId(row[14]),
        state=AuthorizationState(row[15]),
        captured=row[16],
        released=row[17],
        frozen_at=Instant(row[18]),
        finished_at=Instant(row[19]),
    )


def step_from_row(row: Row) -> Step:
    """A step from its columns in the order of `authorization_steps_find`."""
    return Step(
        id=AuthorizationStepId(row[2]),
        merchant_id=MerchantId(row[0]),
        authorization_id=AuthorizationId(row[1]),
        kind=StepKind(row[3]),
        reference=row[4],
        amount=row[5],
        order_id=OrderId(row[6]),
        payment_id=PaymentId(row[7]),
    )


def _to_row(one: Authorization) -> Row:
    return (
        one.merchant_id,
        one.id,
        one.app_id,
        one.reference,
        one.freeze_reference,
        one.amount.amount,
        one.amount.currency.number,
        one.digest,
        one.door,
        one.title,
        one.notify_url,
        one.details,
        one.confirm_by,
        one.ends_at,
        one.payer_id,
        int(one.state),
        one.captured,
        one.released,
        one.frozen_at,
        one.finished_at,
    )


def _change(before: Authorization, after: Authorization) -> Row:
    return (
        after.merchant_id,
        after.id,
        after.payer_id,
        int(after.state),
        after.captured,
        after.released,
        after.frozen_at,
        after.finished_at,
        before.payer_id,
        int(before.state),
        before.captured,
        before.released,
    )


AUTHORIZATIONS: Table[tuple[int, int], Authorization] = Table(
    name="authorizations",
    key=lambda one: (one.merchant_id, one.id),
    to_row=_to_row,
    from_row=from_row,
    change=_change,
)
AUTHORIZATIONS_BY_REFERENCE: Index[tuple[int, str], Authorization] = Index(
    name="authorizations_find_by_reference",
    table=AUTHORIZATIONS,
    key=lambda one: (one.merchant_id, one.reference),
)
STEPS: Table[tuple[int, int, int], Step] = Table(
    name="authorization_steps",
    key=lambda step: (step.merchant_id, step.authorization_id, step.id),
    to_row=lambda step: (
        step.merchant_id,
        step.authorization_id,
        step.id,
        int(step.kind),
        step.reference,
        step.amount,
        step.order_id,
        step.payment_id,
    ),
    from_row=step_from_row,
)
STEPS_BY_REFERENCE: Index[tuple[int, int, int, str], Step] = Index(
    name="authorization_steps_find_by_reference",
    table=STEPS,
    key=lambda step: (step.merchant_id, step.authorization_id, int(step.kind), step.reference),
)
