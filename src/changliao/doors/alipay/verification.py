"""Who is calling the gateway: public parameters, keys and the signature, in the documented order.

Source: alipay-openapi.md §2.2 and §2.3. Nothing of a request is believed before this.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from typing import Final

from changliao.core.clock import Instant
from changliao.core.parties import App, Key, KeyKind, Merchant, MerchantState
from changliao.doors.alipay import authorizations, crypto, words
from changliao.doors.alipay.call import Caller, Door
from changliao.doors.alipay.errors import AlipayError, invalid, missing
from changliao.doors.alipay.parameters import CODECS, Parameters
from changliao.store.views import parties

METHOD: Final = re.compile(r"[a-z0-9]+(\.[a-z0-9_]+){1,15}", re.ASCII)
_LONGEST_METHOD: Final = 128
_NEEDED: Final = (
    ("sign", "signature", "缺少签名参数"),
    ("sign_type", "signature-type", "缺少签名类型参数"),
    ("timestamp", "timestamp", "缺少时间戳参数"),
    ("version", "version", "缺少版本参数"),
)
# So the PHP SDK asks for a certificate it does not know; nothing else goes without a version.
_WITHOUT: Final = ("alipay.open.app.alipaycert.download", "version")
_FORMATS: Final = ("", "json", "JSON")
_LONGEST_SHOWN: Final = 8_192
_log = logging.getLogger("changliao.alipay")


def plausible(method: str) -> bool:
    """Could this be a method's name?"""
    return len(method) <= _LONGEST_METHOD and METHOD.fullmatch(method) is not None


async def authenticate(door: Door, given: Parameters) -> Caller:
    """The app that signed this request. Raises AlipayError."""
    if not plausible(given.get("method")):
        raise missing("method", "缺少方法名参数")
    app, merchant = await active_app(door, given.get("app_id"))
    for name, code, message in _NEEDED:
        if not given.get(name) and (given.get("method"), name) != _WITHOUT:
            raise missing(code, message)
    _check_values(given)
    keys = await door.network.look_up(parties.keys_of, app.id)
    key = _verify(given, _usable(given, keys, door))
    door.network.key_uses.note(key, door.network.clock())
    return await authorizations.caller(door, app, merchant, given.get("app_auth_token"))


async def active_app(door: Door, number: str) -> tuple[App, Merchant]:
    """A known app and its active merchant. Raises AlipayError."""
    if not number:
        raise missing("app-id", "缺少AppID参数")
    app = await door.network.look_up(parties.app_by_number, number)
    merchant = await door.network.look_up(parties.merchant, app.merchant_id) if app else None
    if app is None or merchant is None or merchant.state is not MerchantState.ACTIVE:
        raise invalid("invalid-app-id", "无效的AppID参数")
    return app, merchant


def usable_keys(keys: list[Key], certificate_number: str, now: Instant) -> list[Key]:
    """The keys that may have signed: the named certificate, or the bare keys.

    Raises AlipayError.
    """
    if certificate_number:
        return [_certificate(keys, certificate_number, now)]
    signing = [key for key in keys if key.kind in (KeyKind.RSA_PUBLIC, KeyKind.RSA_CERTIFICATE)]
    if not signing:
        raise AlipayError("40003", "isv.missing-signature-config", "应用未配置对应签名算法的公钥")
    bare = [key for key in signing if key.kind is KeyKind.RSA_PUBLIC and key.works(now)]
    if not bare:
        raise missing("app-cert-sn", "缺少应用公钥证书SN")
    return bare


def _check_values(given: Parameters) -> None:
    if given.get("sign_type") not in crypto.HASHES:
        raise invalid("invalid-signature-type", "无效的签名类型，支持 RSA2 与 RSA")
    try:
        words.read_moment(given.get("timestamp"))
    except (ValueError, OverflowError) as error:
        raise invalid("invalid-timestamp", "非法的时间戳参数") from error
    if given.charset.lower() not in CODECS:
        raise invalid("invalid-charset", "字符集错误，支持 utf-8、GBK 与 GB2312")
    if given.get("format") not in _FORMATS:
        raise invalid("invalid-format", "无效的数据格式，支持 json")
    if "\0" in "".join(given.values.values()):
        raise invalid("invalid-parameter", "参数不能包含 U+0000")


def _usable(given: Parameters, keys: list[Key], door: Door) -> list[Key]:
    number, root = given.get("app_cert_sn"), given.get("alipay_root_cert_sn")
    if root and not number:
        raise missing("app-cert-sn", "缺少应用公钥证书SN")
    if number and not root:
        raise missing("alipay-root-cert-sn", "缺少支付宝根证书SN")
    if root and root != door.platform.root_number:
        # It only says which root the client would check a downloaded certificate with.
        _log.info("app %s knows another root certificate", given.get("app_id"))
    return usable_keys(keys, number, door.network.clock())


def _certificate(keys: list[Key], number: str, now: Instant) -> Key:
    for key in keys:
        if key.kind is KeyKind.RSA_CERTIFICATE and key.serial == number.lower():
            if not key.works(now):
                raise invalid("app-cert-expired", "应用公钥证书已过期或已停用")
            return key
    raise invalid("app-cert-not-exist", "应用公钥证书不存在，请检查 app_cert_sn")


def _verify(given: Parameters, keys: list[Key]) -> Key:
    """The key that signed. Raises AlipayError."""
    sign, sign_type = given.get("sign"), given.get("sign_type")
    if not given.twice:
        for text in _forms(given.values):
            message = text.encode(given.codec, "replace")
            for key in keys:
                if crypto.verifies(key.material, message, sign, sign_type):
                    return key
    twice = "有参数重复且不一致，" if given.twice else ""
    raise AlipayError(
        "40002",
        "isv.invalid-signature",
        f"验签出错，{twice}建议检查签名字符串或签名私钥与应用公钥是否匹配，网关生成的验签字符串为：",
        evidence=crypto.canonical(given.values)[:_LONGEST_SHOWN],
    )


def _forms(values: Mapping[str, str]) -> Iterator[str]:
    """What was signed, then the two other forms that real SDKs sign (§2.2, T2 and T3)."""
    yield crypto.canonical(values)
    kept = {name: value for name, value in values.items() if name != "sign"}
    if "" in kept.values():
        yield crypto.joined(kept)
    without = {n: v for n, v in kept.items() if v not in ("", "0") and not v.startswith("@")}
    if len(without) != len(kept):
        yield crypto.joined(without)
