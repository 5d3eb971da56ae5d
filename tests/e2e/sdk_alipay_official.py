"""Drives the official PyPI alipay-sdk-python for tests/e2e/test_alipay_sdks.py.

    python sdk_alipay_official.py SETTINGS.json public-key

One JSON line in is one call of the SDK; one JSON line out is what the SDK made of it. It runs in
the environment of the SDK and imports nothing of ours.
"""

import http.client
import importlib
import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from alipay.aop.api.AlipayClientConfig import AlipayClientConfig
from alipay.aop.api.DefaultAlipayClient import DefaultAlipayClient
from alipay.aop.api.util import SignatureUtils

SETTINGS = json.loads(Path(sys.argv[1]).read_text("utf-8"))
GATEWAY = urlsplit(SETTINGS["gateway"])


class Forwarded(http.client.HTTPConnection):
    """The SDK knows no port but 80: its connections go on to ours, as behind a forwarder."""

    def __init__(self, host: str, port: int, timeout: float) -> None:
        super().__init__(GATEWAY.hostname or host, GATEWAY.port or port, timeout=timeout)


def client() -> Any:
    """As a merchant makes it."""
    config = AlipayClientConfig()
    config.server_url = f"http://{GATEWAY.hostname}/gateway.do"
    config.app_id = SETTINGS["app_id"]
    config.app_private_key = SETTINGS["app_private_key_pkcs1"]
    config.alipay_public_key = SETTINGS["alipay_public_key"]
    return DefaultAlipayClient(config)


def request(method: str, content: Any, public: dict[str, str]) -> Any:
    """The SDK has a class for each method."""
    name = "".join(part.capitalize() for part in method.split(".")) + "Request"
    made = vars(importlib.import_module(f"alipay.aop.api.request.{name}"))[name]()
    made.biz_content = content
    for key, value in public.items():
        setattr(made, key, value)
    return made


def call(sdk: Any, method: str, content: Any, **public: str) -> Any:
    node = json.loads(sdk.execute(request(method, content, public)))
    return {"node": node} if node["code"] == "10000" else {"refused": node["sub_code"]}


def page(sdk: Any, method: str, content: Any, **public: str) -> Any:
    return {"url": sdk.page_execute(request(method, content, public), http_method="GET")}


def app(sdk: Any, method: str, content: Any, **public: str) -> Any:
    return {"order": sdk.sdk_execute(request(method, content, public))}


def told(_: Any, body: str) -> Any:
    """What the SDK's documents tell merchants to do with a notification."""
    fields = dict(parse_qsl(body, keep_blank_values=True))
    sign, _ = fields.pop("sign"), fields.pop("sign_type")
    message = SignatureUtils.get_sign_content(fields).encode()
    verified = SignatureUtils.verify_with_rsa(SETTINGS["alipay_public_key"], message, sign)
    return {"verified": verified, "fields": fields}


def play() -> None:
    vars(http.client)["HTTPConnection"] = Forwarded
    sdk = client()
    calls: dict[str, Any] = {"call": call, "page": page, "app": app, "told": told}
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            answer = calls[asked.pop("do")](sdk, **asked)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    play()
