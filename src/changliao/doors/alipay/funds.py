"""What a merchant's account holds. Source: alipay-openapi.md §11.4. Codes here have no prefix."""

from msgspec import Struct

from changliao.core import chart
from changliao.core.ids import MerchantId
from changliao.core.money import CNY
from changliao.doors.alipay import trades, words
from changliao.doors.alipay.call import Call, Door, Node, read_form
from changliao.doors.alipay.errors import business
from changliao.doors.alipay.forms import RequestNo, Text64
from changliao.operations.numbers import number_of
from changliao.store.engine import Reader
from changliao.store.views import ledger, splits

_NOTHING = words.yuan(0)


class Asked(Struct):
    """Whose account: the seller's own, or left out."""

    alipay_user_id: str = ""
    merchant_user_id: str = ""
    alipay_open_id: str = ""
    account_type: str = "ACCTRANS_ACCOUNT"


class Receivables(Struct):
    """What waits in escrow: of one trade, or of all that the seller sold."""

    out_request_no: RequestNo
    trade_no: Text64 = ""


async def query(door: Door, call: Call) -> Node:
    """alipay.fund.account.query: what may be spent, and what is reserved."""
    asked, seller = read_form(call, Asked), call.caller.seller
    named = asked.alipay_user_id or asked.merchant_user_id
    if asked.alipay_open_id or (named and named != await number_of(door.network, seller.id)):
        raise business("NO_PERMISSION", "只能查询应用所属商户自己的账户")
    if asked.account_type != "ACCTRANS_ACCOUNT":
        raise business("INVALID_PARAMETER", "account_type 不支持，支持 ACCTRANS_ACCOUNT")
    free, reserved = await door.network.read(_standing, seller.id)
    return {
        "available_amount": words.yuan(free),
        "freeze_amount": words.yuan(reserved),
        "total_amount": words.yuan(free + reserved),
    }


async def receivables(door: Door, call: Call) -> Node:
    """alipay.trade.settle.receivables.query: what waits in escrow; nothing is ever half settled."""
    asked, seller = read_form(call, Receivables), call.caller.seller
    if not asked.trade_no:
        held = await door.network.read(ledger.account, chart.escrow(seller.id, CNY))
        return {"unsettled_amount": words.yuan(held.balance), "on_settle_amount": _NOTHING}
    order = (await trades.find(door, call.caller, "", asked.trade_no)).order
    holding = await door.network.read(splits.holding, order.merchant_id, order.id)
    return {
        "unsettled_amount": words.yuan(holding.held if holding else 0),
        "settled_amount": words.yuan(holding.released + holding.shared if holding else 0),
        "on_settle_amount": _NOTHING,
    }


def _standing(reader: Reader, merchant_id: MerchantId) -> tuple[int, int]:
    """Of both accounts together. Units: fen."""
    accounts = [chart.payable(merchant_id, CNY), chart.available(merchant_id, CNY)]
    found = [ledger.account(reader, one) for one in accounts]
    free = sum(one.spendable for one in found)
    return free, sum(one.balance for one in found) - free
