"""What this API tells merchants, as the OpenAPI document describes it."""

from typing import Final, Literal

from msgspec import Struct

from changliao.doors.rest.authorizations import AuthorizationShown
from changliao.doors.rest.baskets import BasketShown
from changliao.doors.rest.disputes import DisputeShown
from changliao.doors.rest.fields import EventIdText, MerchantIdText
from changliao.doors.rest.holdings import HoldingShown
from changliao.doors.rest.notices import BudgetNotice
from changliao.doors.rest.orders import OrderShown
from changliao.doors.rest.payouts import PayoutShown
from changliao.doors.rest.platforms import StoreShown
from changliao.doors.rest.refunds import RefundShown
from changliao.doors.rest.split_forms import ShareReceipt

_SIGNED: Final = (
    "POST to `notify_url`. The signature is base 64 of Ed25519 under the key of "
    "GET /api/v1/public-key, over timestamp, nonce and raw body, each followed by a line feed. "
    "Answer 200 or 204 within five seconds; otherwise it is sent again, 16 attempts in all within "
    "24 hours and 4 minutes. Expect repeats and recognise them by `id`."
)
_NOTICE: Final = (
    "Sent to the address of POST /api/v1/merchants/{number}/notices, as the subject stands when "
    f"this is sent. Otherwise as every letter. {_SIGNED}"
)


class OrderPaid(Struct, frozen=True):
    """An order was paid. `data` is the order as it was then."""

    id: EventIdText
    type: Literal["order.paid"]
    data: OrderShown


class BasketPaid(Struct, frozen=True):
    """All orders of a basket were paid together. Told once, to who placed the basket."""

    id: EventIdText
    type: Literal["basket.paid"]
    data: BasketShown


class RefundFinished(Struct, frozen=True):
    """A refund came to its end."""

    id: EventIdText
    type: Literal["refund.finished"]
    data: RefundShown


class RefundAbnormal(Struct, frozen=True):
    """A channel declined a refund: POST /api/v1/refunds/{refund_id}/repair says where it goes."""

    id: EventIdText
    type: Literal["refund.abnormal"]
    data: RefundShown


class PayoutFinished(Struct, frozen=True):
    """A payout was taken, taken back, or not confirmed in time."""

    id: EventIdText
    type: Literal["payout.finished"]
    data: PayoutShown


class AuthorizationFrozen(Struct, frozen=True):
    """The payer agreed. `data` is the authorization as it stands when this is sent."""

    id: EventIdText
    type: Literal["authorization.frozen"]
    data: AuthorizationShown


class AuthorizationReleased(Struct, frozen=True):
    """A part went back to the payer. `data` is the authorization as it stands when this is sent."""

    id: EventIdText
    type: Literal["authorization.released"]
    data: AuthorizationShown


class ShareReceived(Struct, frozen=True):
    """A share of another merchant's order came in, told at the address chosen for shares."""

    id: EventIdText
    type: Literal["share.received"]
    data: ShareReceipt


class ShareReturned(Struct, frozen=True):
    """A share was taken back, told at the address chosen for shares."""

    id: EventIdText
    type: Literal["share.returned"]
    data: ShareReceipt


class StoreApplied(Struct, frozen=True):
    """Somebody applied for a store; told to its platform."""

    id: EventIdText
    type: Literal["store.applied"]
    data: StoreShown


class StoreDecided(Struct, frozen=True):
    """A store was approved, refused, suspended, resumed or closed; told to its merchant."""

    id: EventIdText
    type: Literal["store.decided"]
    data: StoreShown


class EscrowReleased(Struct, frozen=True):
    """Nothing of an order's money waits any more; told to the seller."""

    id: EventIdText
    type: Literal["escrow.released"]
    data: HoldingShown


class DisputeOpened(Struct, frozen=True):
    """A buyer disputes an order; told to the seller."""

    id: EventIdText
    type: Literal["dispute.opened"]
    data: DisputeShown


class DisputeEnded(Struct, frozen=True):
    """A dispute was decided or withdrawn; told to the seller."""

    id: EventIdText
    type: Literal["dispute.ended"]
    data: DisputeShown


class BudgetSpent(Struct, frozen=True):
    """A budget has less left than one use; told to its owner each time it comes to that."""

    id: EventIdText
    type: Literal["budget.spent"]
    data: BudgetNotice


class BudgetClosed(Struct, frozen=True):
    """A budget was closed, or its time was over; told to its owner."""

    id: EventIdText
    type: Literal["budget.closed"]
    data: BudgetNotice


class TestedMerchant(Struct, frozen=True):
    """Whose test it is."""

    merchant_id: MerchantIdText


class WebhookTest(Struct, frozen=True):
    """A merchant asked for it, to see a letter arrive."""

    id: EventIdText
    type: Literal["webhook.test"]
    data: TestedMerchant


class Webhook(Struct, frozen=True):
    """One kind of letter."""

    name: str
    summary: str
    body: type[Struct]
    description: str = _SIGNED


WEBHOOKS: Final = (
    Webhook("order.paid", "An order was paid", OrderPaid),
    Webhook("basket.paid", "A basket was paid", BasketPaid),
    Webhook("refund.finished", "A refund came to its end", RefundFinished),
    Webhook("refund.abnormal", "A refund was declined and waits", RefundAbnormal),
    Webhook("payout.finished", "A payout came to its end", PayoutFinished),
    Webhook("authorization.frozen", "A payer agreed to a freeze", AuthorizationFrozen),
    Webhook("authorization.released", "Frozen money went back", AuthorizationReleased),
    Webhook("share.received", "A share came in", ShareReceived),
    Webhook("share.returned", "A share was taken back", ShareReturned),
    Webhook("store.applied", "Somebody applied for a store", StoreApplied, _NOTICE),
    Webhook("store.decided", "A store was decided on", StoreDecided, _NOTICE),
    Webhook("escrow.released", "Nothing of an order waits any more", EscrowReleased, _NOTICE),
    Webhook("dispute.opened", "A buyer disputes an order", DisputeOpened, _NOTICE),
    Webhook("dispute.ended", "A dispute came to its end", DisputeEnded, _NOTICE),
    Webhook("budget.spent", "A budget is spent", BudgetSpent, _NOTICE),
    Webhook("budget.closed", "A budget was closed", BudgetClosed, _NOTICE),
    Webhook("webhook.test", "A merchant tests its address", WebhookTest),
)
