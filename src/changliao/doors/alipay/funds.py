"""What a merchant's account holds. Source: alipay-openapi.md §11.4. Codes here have no prefix."""

from msgspec import Struct

from changliao.core import chart
from changliao.core.ids import MerchantId
from changliao.core.money import CNY
from changliao.doors.alipay import words
from changliao.doors.alipay.call import Call, Door, Node, read_form
from changliao.doors.alipay.errors import business
from changliao.operations.numbers import number_of
from changliao.store.engine import Reader
from changliao.store.views import ledger


class Asked(Struct):
    """Whose account: the seller's own, or left out."""

    alipay_user_id: str = ""
    merchant_user_id: str = ""
    alipay_open_id: str = ""
    account_type: str = "ACCTRANS_ACCOUNT"


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


def _standing(reader: Reader, merchant_id: MerchantId) -> tuple[int, int]:
    """Of both accounts together. Units: fen."""
    accounts = [chart.payable(merchant_id, CNY), chart.available(merchant_id, CNY)]
    found = [ledger.account(reader, one) for one in accounts]
    free = sum(one.spendable for one in found)
    return free, sum(one.balance for one in found) - free
