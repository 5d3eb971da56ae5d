"""Sensitive fields: encrypted to us with our public key, and to a merchant with its own.

Source: wechatpay-v3.md §5: RSA-OAEP with SHA-1; the request's Wechatpay-Serial names our key.
"""

from changliao.core.parties import Key, KeyKind, Merchant
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
    """Text that only this merchant reads. Raises WechatError 400."""
    key = await key_of(door, merchant)
    return crypto.encrypt_for(key.material, plain.encode())


async def key_of(door: Door, merchant: Merchant) -> Key:
    """The merchant's newest working key, under which it gets secrets. Raises WechatError 400."""
    now = door.network.clock()
    keys = await door.network.look_up(parties.keys_of, merchant.id)
    usable = [one for one in keys if one.kind is KeyKind.RSA_PUBLIC and one.works(now)]
    if not usable:
        raise WechatError(400, "INVALID_REQUEST", "商户没有有效的API证书")
    return max(usable, key=lambda one: one.starts_at)
