"""Which door an event is told by: the one its subject came in through."""

from changliao.core.events import NOTICES, Event, EventKind
from changliao.store.engine import Reader
from changliao.store.views import authorizations, events, orders, payouts, splits

_OWN = "rest"


def door(reader: Reader, event: Event) -> str:
    """Empty when the subject is gone."""
    merchant_id, subject_id = event.merchant_id, event.subject_id
    if event.kind in NOTICES:
        return _OWN
    match event.kind:
        case EventKind.WEBHOOK_TEST:
            tested = events.test(reader, event)
            return tested.door if tested else ""
        case EventKind.AUTHORIZATION_FROZEN | EventKind.AUTHORIZATION_RELEASED:
            frozen = authorizations.authorization(reader, merchant_id, subject_id)
            return frozen.door if frozen else ""
        case EventKind.SHARE_RECEIVED | EventKind.SHARE_RETURNED:
            found = splits.share_told(reader, event)
            if found is None:
                return ""
            merchant_id, subject_id = found[0].merchant_id, found[0].order_id
        case EventKind.PAYOUT_FINISHED:
            payout = payouts.payout(reader, merchant_id, subject_id)
            return payout.door if payout else ""
        case EventKind.PAYOUT_BATCH_FINISHED:
            batch = payouts.batch(reader, merchant_id, subject_id)
            return batch.door if batch else ""
        case EventKind.REFUND_FINISHED | EventKind.REFUND_ABNORMAL:
            refund = orders.refund(reader, merchant_id, subject_id)
            subject_id = refund.order_id if refund else 0
    placed = orders.order(reader, merchant_id, subject_id)
    return placed.terms.door if placed else ""
