"""The audit of tenders: each paid its order or went back whole, as its channel's request says."""

from collections import defaultdict

from changliao.core import ids
from changliao.core.channels import ChannelRequest, RequestKind, RequestState
from changliao.core.tenders import Tender, TenderState
from changliao.store.engine import Reader
from changliao.store.views import channels, tenders


def first_fault(reader: Reader) -> str | None:
    """What is wrong with orders paid by channels; None: nothing."""
    asked: dict[tuple[int, int], ChannelRequest] = {}
    returned: dict[tuple[int, int], int] = defaultdict(int)
    for one in channels.all_requests(reader):
        if one.order_id and one.kind is RequestKind.PAY:
            asked[one.home.owner, one.id] = one
        elif one.order_id and one.kind is RequestKind.REFUND:
            returned[one.home.owner, one.pay_id] += one.amount
    paid = tenders.paid_by_channel(reader)
    for tender in tenders.all_tenders(reader):
        key = (tender.payer_id, tender.payment_id)
        request, order = asked.pop(key, None), paid.pop(key, None)
        shown = ids.show("pay", tender.payment_id)
        if request is None or request.order_id != tender.order_id:
            return f"{shown} was asked of no channel"
        wrong = _wrong(tender, request, order, returned[key])
        if wrong:
            return f"{shown} {wrong}"
    for _, payment_id in asked:
        return f"{ids.show('chr', payment_id)} was asked for an order that nobody tendered"
    for _, payment_id in paid:
        return f"{ids.show('pay', payment_id)} paid an order by a channel that brought nothing"
    return None


def _wrong(
    tender: Tender, request: ChannelRequest, order: tuple[int, int] | None, returned: int
) -> str:
    match tender.state:
        case TenderState.ASKED:
            holds = request.is_open and order is None and not returned
        case TenderState.REFUSED:
            holds = request.state is RequestState.REFUSED and order is None and not returned
        case TenderState.RETURNED:
            done = request.state is RequestState.DONE
            holds = done and order is None and returned == request.reached
        case TenderState.PAID:
            done = request.state is RequestState.DONE
            holds = done and order == (request.settled, returned)
    return "" if holds else f"is not {tender.state.name.lower()} as its channel and order say"
