"""A shop as its author wrote it, with PyPI wechatpayv3: no word of another host is in it.

    python behind_proxy_wechatpayv3.py SETTINGS.json NUMBER sync|async

It places an order, queries it and prints the code and the state.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from wechatpayv3 import WeChatPay, WeChatPayType
from wechatpayv3.async_ import AsyncWeChatPay
from wechatpayv3.async_ import WeChatPayType as AsyncType


def options(settings: dict[str, str]) -> dict[str, Any]:
    return {
        "mchid": settings["mchid"],
        "appid": settings["appid"],
        "private_key": settings["private_key"],
        "cert_serial_no": settings["certificate_serial"],
        "apiv3_key": settings["api_v3_key"],
        "public_key": settings["wechatpay_public_key"],
        "public_key_id": settings["wechatpay_public_key_id"],
        "notify_url": "http://127.0.0.1:9/notify",
    }


def shop(settings: dict[str, str], number: str) -> None:
    sdk = WeChatPay(wechatpay_type=WeChatPayType.NATIVE, **options(settings))
    _, placed = sdk.pay(description="Shoes", out_trade_no=number, amount={"total": 800})
    _, found = sdk.query(out_trade_no=number)
    said(placed, found)


async def async_shop(settings: dict[str, str], number: str) -> None:
    given = options(settings)
    async with AsyncWeChatPay(wechatpay_type=AsyncType.NATIVE, **given) as sdk:
        _, placed = await sdk.pay(description="Shoes", out_trade_no=number, amount={"total": 800})
        _, found = await sdk.query(out_trade_no=number)
    said(placed, found)


def said(placed: str, found: str) -> None:
    print(json.dumps(json.loads(placed) | {"state": json.loads(found)["trade_state"]}))


if __name__ == "__main__":
    told = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    if sys.argv[3] == "async":
        asyncio.run(async_shop(told, sys.argv[2]))
    else:
        shop(told, sys.argv[2])
