"""Sensitive fields: encrypted to us with our public key, and to a merchant with its own.

Source: wechatpay-v3.md §5: RSA-OAEP with SHA-1; the request's Wechatpay-Serial names our key.
"""

from changliao.core.parties import KeyKind, Merchant
from changliao.doors.wechatpay import crypto
from changliao.doors.wechatpay.call import Call, Door
from changliao.doors.wechatpay.errors import WechatError
from changliao.store.views import parties


def reveal(door: Door, call: Call, secret: str) -> str:
    """What a merchant encrypted. Raises WechatError 400."""
    if not call.serial:
        message = "HTTP header缺少微信支付平台证书序列号(Wechatpay-Serial)"
        raise WechatError(400, "PARAM_ERROR", message)
    if not door.platform.answers_to(call.merchant, call.serial):
        raise WechatError(400, "PARAM_ERROR", "平台证书序列号Wechatpay-Serial错误")
    plain = door.platform.decrypt(secret)
    if plain is None:
        raise WechatError(400, "PARAM_ERROR", "请确认待处理的消息是否为加密后的密文")
    return plain


async def conceal(door: Door, merchant: Merchant, plain: str) -> str:
    """Text that only this merchant reads, under its newest working key; as it is without one."""
    now = door.network.real_clock()
    keys = await door.network.read(parties.keys_of, merchant.id)
    usable = [key for key in keys if key.kind is KeyKind.RSA_PUBLIC and key.works(now)]
    if not usable:
        return plain
    newest = max(usable, key=lambda key: key.starts_at)
    return crypto.encrypt_for(newest.material, plain.encode())
