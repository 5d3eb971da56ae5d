"""Orders, their terms and payers' attempts, as rows."""

from changliao.core.clock import Instant
from changliao.core.ids import AppId, BasketId, MerchantId, OrderId, PaymentId, UserId
from changliao.core.money import BY_NUMBER, Money
from changliao.core.orders import Attempt, Hold, Order, OrderState, Scene, Terms
from changliao.store.engine import Row
from changliao.store.unit import Index, Table

_SCENES = {int(scene): scene for scene in Scene}
_HOLDS = {int(hold): hold for hold in Hold}
_STATES = {int(state): state for state in OrderState}


def _to_row(order: Order) -> Row:
    return (
        order.merchant_id,
        order.id,
        order.partner_id,
        order.app_id,
        order.reference,
        order.amount.amount,
        order.amount.currency.number,
        int(order.scene),
        order.expires_at,
        order.fee_bps,
        order.digest,
        int(order.notifies),
        int(order.state),
        order.issue,
        order.payer_id,
        order.payment_id,
        order.paid_at,
        order.fee,
        order.refunded,
        order.refunds,
        order.fee_returned,
        int(order.hold),
        order.basket_id,
        order.discount,
        order.method,
    )


def from_row(row: Row) -> Order:
    """An order from its columns in the order of `orders_find`."""
    return Order(
        id=OrderId(row[1]),
        merchant_id=MerchantId(row[0]),
        app_id=AppId(row[3]),
        reference=row[4],
        amount=Money(row[5], BY_NUMBER[row[6]]),
        scene=_SCENES[row[7]],
        expires_at=Instant(row[8]),
        fee_bps=row[9],
        digest=bytes(row[10]),
        partner_id=MerchantId(row[2]),
        notifies=bool(row[11]),
        state=_STATES[row[12]],
        issue=row[13],
        payer_id=UserId(row[14]),
        payment_id=PaymentId(row[15]),
        paid_at=Instant(row[16]),
        fee=row[17],
        refunded=row[18],
        refunds=row[19],
        fee_returned=row[20],
        hold=_HOLDS[row[21]],
        basket_id=BasketId(row[22]),
        discount=row[23],
        method=row[24],
    )


def _change(before: Order, after: Order) -> Row:
    return (
        after.merchant_id,
        after.id,
        int(after.state),
        after.issue,
        after.payer_id,
        after.payment_id,
        after.paid_at,
        after.fee_bps,
        after.fee,
        after.refunded,
        after.refunds,
        after.fee_returned,
        after.discount,
        after.method,
        int(before.state),
        before.issue,
        before.payer_id,
        before.refunds,
    )


ORDERS: Table[tuple[int, int], Order] = Table(
    name="orders",
    key=lambda order: (order.merchant_id, order.id),
    to_row=_to_row,
    from_row=from_row,
    change=_change,
)
ORDERS_BY_REFERENCE: Index[tuple[int, int, str], Order] = Index(
    name="orders_find_by_reference",
    table=ORDERS,
    key=lambda order: (order.merchant_id, order.partner_id, order.reference),
)
TERMS: Table[tuple[int, int], Terms] = Table(
    name="order_terms",
    key=lambda terms: (terms.order_id, terms.merchant_id),
    to_row=lambda terms: (
        terms.order_id,
        terms.merchant_id,
        terms.title,
        terms.attach,
        terms.notify_url,
        terms.door,
        terms.details,
    ),
    from_row=lambda row: Terms(
        order_id=OrderId(row[0]),
        merchant_id=MerchantId(row[1]),
        title=row[2],
        attach=row[3],
        notify_url=row[4],
        door=row[5],
        details=bytes(row[6]),
    ),
)
ATTEMPTS: Table[tuple[int, int], Attempt] = Table(
    name="payments",
    key=lambda attempt: (attempt.payment_id, attempt.merchant_id),
    to_row=lambda attempt: (
        attempt.payment_id,
        attempt.merchant_id,
        attempt.order_id,
        attempt.payer_id,
        attempt.reason,
        attempt.method_id,
        attempt.terminal_id,
    ),
    from_row=lambda row: Attempt(
        PaymentId(row[0]), MerchantId(row[1]), OrderId(row[2]), UserId(row[3]), *row[4:7]
    ),
)
