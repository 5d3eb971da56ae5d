"""GET /v3/certificates: the platform certificates, each encrypted for the asking merchant.

Source: wechatpay-v3.md §4.2. Always served, also to merchants in public-key mode: an SDK that wants
certificates would not start without one.
"""

from typing import Any

from changliao.core import clock
from changliao.core.parties import Merchant
from changliao.doors.wechatpay import crypto
from changliao.doors.wechatpay.call import Answer, Call, Door, ok
from changliao.operations.onboarding import API_KEY_PURPOSE
from changliao.operations.vault import Vault
from changliao.store.views.parties import PlatformKey

_ASSOCIATED = "certificate"


async def certificates(door: Door, call: Call) -> Answer:
    """Every certificate that is still valid; clients pick the one that lasts longest."""
    now = door.network.clock()
    key = api_key(door.network.vault, call.merchant)
    valid = [one for one in door.platform.keys if one.ends_at > now]
    return ok({"data": [_described(one, key) for one in valid]})


def api_key(vault: Vault, merchant: Merchant) -> str:
    """The merchant's APIv3 key: 32 ASCII characters."""
    return vault.open(merchant.api_key, API_KEY_PURPOSE).decode("ascii")


def _described(platform_key: PlatformKey, key: str) -> dict[str, Any]:
    nonce, ciphertext = crypto.seal(key, platform_key.certificate, _ASSOCIATED)
    return {
        "serial_no": platform_key.serial,
        "effective_time": clock.to_rfc3339(platform_key.starts_at),
        "expire_time": clock.to_rfc3339(platform_key.ends_at),
        "encrypt_certificate": {
            "algorithm": "AEAD_AES_256_GCM",
            "nonce": nonce,
            "associated_data": _ASSOCIATED,
            "ciphertext": ciphertext,
        },
    }
