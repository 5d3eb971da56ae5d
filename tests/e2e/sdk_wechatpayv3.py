"""Drives PyPI wechatpayv3, sync or async, for tests/e2e/test_sdks.py.

    python sdk_wechatpayv3.py SETTINGS.json sync|async public-key|certificate

One JSON line in is one call of the SDK; one JSON line out is what the SDK made of it. It runs in
the environment of the SDK and imports nothing of ours.
"""

import asyncio
import base64
import gzip
import inspect
import json
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

from requests import PreparedRequest, Response, sessions
from requests.adapters import HTTPAdapter
from wechatpayv3 import WeChatPay, async_
from wechatpayv3 import WeChatPayType as SyncType
from wechatpayv3.async_ import AsyncWeChatPay
from wechatpayv3.utils import aes_decrypt

HOST = "https://api.mch.weixin.qq.com"


def redirect(base_url: str) -> None:
    """Requests to the host that the SDK has built in go to ours, as with another DNS entry.

    In certificate mode the sync SDK asks for certificates while it is made, before its attribute
    could be set.
    """

    class Redirected(HTTPAdapter):
        def send(self, request: PreparedRequest, *args: Any, **options: Any) -> Response:
            request.url = (request.url or "").replace(HOST, base_url)
            request.headers["Host"] = HOST.removeprefix("https://")
            return super().send(request, *args, **options)

    vars(sessions)["HTTPAdapter"] = Redirected


def options(settings: dict[str, str], types: Any, mode: str) -> dict[str, Any]:
    """What the shop gives to its SDK."""
    given: dict[str, Any] = {
        "wechatpay_type": types.NATIVE,
        "mchid": settings["mchid"],
        "appid": settings["appid"],
        "private_key": settings["private_key"],
        "cert_serial_no": settings["certificate_serial"],
        "apiv3_key": settings["api_v3_key"],
        "notify_url": settings["notify_url"],
    }
    if mode == "certificate":
        return given | {"cert_dir": settings["cert_dir"]}
    return given | {
        "public_key": settings["wechatpay_public_key"],
        "public_key_id": settings["wechatpay_public_key_id"],
    }


class Driver:
    """A method for each word in a line's `do` that is not simply a call of the SDK's own name."""

    def __init__(self, sdk: Any, partner: Any, types: Any, appid: str) -> None:
        self._sdk = sdk
        self._partner = partner
        self._types = types
        self._appid = appid

    async def place(self, scene: str, **fields: Any) -> Any:
        answer = await self._called("pay", pay_type=self._types[scene.upper()], **fields)
        prepay_id = answer["body"].get("prepay_id")
        if prepay_id:
            answer["invoke"] = self._invocation(scene, prepay_id)
        return answer

    async def codepay(self, **fields: Any) -> Any:
        return await self._called("pay", pay_type=self._types.CODEPAY, **fields)

    async def combine_pay(self, **fields: Any) -> Any:
        return await self._called("combine_pay", pay_type=self._types.NATIVE, **fields)

    async def profitsharing_config_query(self, **fields: Any) -> Any:
        answer = self._partner.profitsharing_config_query(**fields)
        status, body = await answer if inspect.isawaitable(answer) else answer
        return {"status": status, "body": json.loads(body)}

    async def batch_receipt_query(self, **fields: Any) -> Any:
        return await self._called("transfer_query_bill_receipt", **fields)

    async def download_bill(self, url: str) -> Any:
        answer = self._sdk.download_bill(url)
        status, content = await answer if inspect.isawaitable(answer) else answer
        content = gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
        return {"status": status, "body": content.decode("utf-8-sig")}

    async def callback(self, headers: dict[str, str], body: str) -> Any:
        opened = self._sdk.callback(headers, body)
        return {"verified": bool(opened), "opened": opened or None}

    async def download_sealed_bill(self, url: str, encrypt_key: str, nonce: str) -> Any:
        answer = self._sdk.download_bill(url)
        status, content = await answer if inspect.isawaitable(answer) else answer
        sealed, key = base64.b64encode(content), self._sdk.decrypt(encrypt_key)
        text = aes_decrypt(nonce, sealed, "", key)
        return {"status": status, "body": text.removeprefix("\ufeff")}

    async def partner(self, call: str, **fields: Any) -> Any:
        """The same calls by the SDK set up as a service provider's."""
        if call == "pay":
            fields["pay_type"] = self._types.NATIVE
        answer = getattr(self._partner, call)(**fields)
        status, body = await answer if inspect.isawaitable(answer) else answer
        return {"status": status, "body": json.loads(body) if body else {}}

    def __getattr__(self, name: str) -> Any:
        """Any other word is the SDK's own name of a call."""
        getattr(self._sdk, name)
        return partial(self._called, name)

    async def _called(self, name: str, /, **fields: Any) -> Any:
        answer = getattr(self._sdk, name)(**fields)
        # Uploads of the async variant have to be awaited twice.
        while inspect.isawaitable(answer):
            answer = await answer
        status, body = answer
        return {"status": status, "body": json.loads(body) if body else {}}

    def _invocation(self, scene: str, prepay_id: str) -> dict[str, str]:
        """What the shop's page or app hands to the payer's, signed by the SDK's helper."""
        timestamp, nonce = str(int(time.time())), "5K8264ILTKCH16CQ2502SI8ZNMTM67VS"
        if scene == "app":
            signature = self._sdk.sign([self._appid, timestamp, nonce, prepay_id])
            return {
                "appid": self._appid, "prepayid": prepay_id, "package": "Sign=WXPay",
                "timestamp": timestamp, "noncestr": nonce, "sign": signature,
            }  # fmt: skip
        package = f"prepay_id={prepay_id}"
        signature = self._sdk.sign([self._appid, timestamp, nonce, package])
        return {
            "appId": self._appid, "timeStamp": timestamp, "nonceStr": nonce, "package": package,
            "signType": "RSA", "paySign": signature,
        }  # fmt: skip


async def answer_lines(driver: Driver) -> None:
    """Until there is no more."""
    for line in sys.stdin:
        asked = json.loads(line)
        call = getattr(driver, asked.pop("do"), None)
        try:
            answer = await call(**asked) if call else {"missing": True}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


async def play(settings: dict[str, str], variant: str, mode: str) -> None:
    """With the SDK made, answer lines."""
    # Each variant knows only the kinds of payment of its own module.
    types: Any = async_.WeChatPayType if variant == "async" else SyncType
    given = options(settings, types, mode)
    if variant == "async":
        sdks = AsyncWeChatPay(**given), AsyncWeChatPay(**given, partner_mode=True)
        for made in sdks:
            made._core._gate_way = settings["base_url"]
        async with sdks[0], sdks[1]:
            await answer_lines(Driver(*sdks, types, settings["appid"]))
    else:
        redirect(settings["base_url"])
        both = WeChatPay(**given), WeChatPay(**given, partner_mode=True)
        await answer_lines(Driver(*both, types, settings["appid"]))


if __name__ == "__main__":
    asyncio.run(play(json.loads(Path(sys.argv[1]).read_text("utf-8")), *sys.argv[2:]))
