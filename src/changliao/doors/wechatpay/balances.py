"""What a merchant's accounts hold now, and a sub-merchant's for its platform.

Source: wechatpay-v3.md §8.11. Units: fen. `pending_amount` is what is reserved, for a refund or a
withdrawal under way.
"""

from changliao.core.ids import MerchantId
from changliao.core.money import CNY
from changliao.doors.wechatpay.acting import partner
from changliao.doors.wechatpay.bill_rows import ACCOUNTS
from changliao.doors.wechatpay.call import Answer, Call, Door, ok
from changliao.doors.wechatpay.errors import param_error
from changliao.store.engine import Reader
from changliao.store.views import ledger


async def balance(door: Door, call: Call) -> Answer:
    """GET /v3/merchant/fund/balance/{account_type}."""
    return ok(await _held(door, call.merchant.id, call.path["account_type"]))


async def sub_merchant_balance(door: Door, call: Call) -> Answer:
    """GET /v3/ecommerce/fund/balance/{sub_mchid}[?account_type=]."""
    number, kind = call.path["sub_mchid"], call.query.get("account_type") or "BASIC"
    acting = await partner(door, call, call.merchant.number, number)
    held = await _held(door, acting.merchant.id, kind)
    return ok({"sub_mchid": number, "account_type": kind, **held})


async def _held(door: Door, merchant_id: MerchantId, kind: str) -> dict[str, int]:
    """Raises WechatError 400 for an account that merchants do not have."""
    if kind not in ACCOUNTS:
        raise param_error("account_type", f"must be one of {', '.join(ACCOUNTS)}", "path")
    free, whole = await door.network.read(_standing, merchant_id, kind)
    return {"available_amount": free, "pending_amount": whole - free}


def _standing(reader: Reader, merchant_id: MerchantId, kind: str) -> tuple[int, int]:
    """What may be spent, and all there is."""
    found = [ledger.account(reader, account(merchant_id, CNY)) for account in ACCOUNTS[kind]]
    return sum(one.spendable for one in found), sum(one.balance for one in found)
