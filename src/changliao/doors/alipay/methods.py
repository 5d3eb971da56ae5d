"""Every method this door knows, by its name in the gateway, and the path of its REST form."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from msgspec import Struct

from changliao.doors.alipay import (
    authorizations,
    bills,
    certificates,
    counter,
    ending,
    freezes,
    funds,
    people,
    placing,
    refunds,
    settling,
    splits,
    trades,
    transfers,
)
from changliao.doors.alipay.call import Call, Door, Node

Handler = Callable[[Door, Call], Awaitable[Node]]


class Method(Struct, frozen=True):
    """Who answers; `verb` is the REST form's, empty where there is none.

    `bare` is an old method: its success has no code, and its own refusals an answer of no method.
    """

    handler: Handler
    verb: str = "POST"
    bare: bool = False


METHODS: Final[Mapping[str, Method]] = {
    "alipay.data.dataservice.bill.downloadurl.query": Method(bills.query, "GET"),
    "alipay.fund.account.query": Method(funds.query, "GET"),
    "alipay.fund.auth.operation.cancel": Method(freezes.cancel),
    "alipay.fund.auth.operation.detail.query": Method(freezes.query),
    "alipay.fund.auth.order.freeze": Method(freezes.freeze),
    "alipay.fund.auth.order.unfreeze": Method(freezes.unfreeze),
    "alipay.fund.auth.order.voucher.create": Method(freezes.voucher),
    "alipay.fund.trans.common.query": Method(transfers.query, "GET"),
    "alipay.fund.trans.order.query": Method(transfers.query_order, "GET"),
    "alipay.fund.trans.toaccount.transfer": Method(transfers.to_account),
    "alipay.fund.trans.uni.transfer": Method(transfers.transfer),
    "alipay.open.app.alipaycert.download": Method(certificates.download),
    "alipay.open.auth.token.app": Method(authorizations.exchange),
    "alipay.system.oauth.token": Method(people.exchange, bare=True),
    "alipay.trade.cancel": Method(ending.cancel),
    "alipay.trade.close": Method(ending.close),
    "alipay.trade.create": Method(placing.create),
    "alipay.trade.fastpay.refund.query": Method(refunds.query),
    "alipay.trade.order.onsettle.query": Method(splits.unsettled, "GET"),
    "alipay.trade.order.settle": Method(splits.settle),
    "alipay.trade.order.settle.query": Method(settling.query, "GET"),
    "alipay.trade.orderinfo.sync": Method(settling.sync),
    "alipay.trade.pay": Method(counter.pay),
    "alipay.trade.precreate": Method(placing.precreate),
    "alipay.trade.query": Method(trades.query),
    "alipay.trade.refund": Method(refunds.refund),
    "alipay.trade.refund.apply": Method(refunds.apply),
    "alipay.trade.royalty.rate.query": Method(splits.rate, "GET"),
    "alipay.trade.royalty.relation.batchquery": Method(settling.relations),
    "alipay.trade.royalty.relation.bind": Method(splits.bind),
    "alipay.trade.royalty.relation.unbind": Method(splits.unbind),
    "alipay.trade.settle.confirm": Method(settling.confirm),
    "alipay.trade.settle.receivables.query": Method(funds.receivables, ""),
    "alipay.user.info.share": Method(people.share),
}


def path_of(method: str) -> str:
    """Where the REST form of a method lives."""
    return f"/v3/{method.replace('.', '/')}"
