"""Drives PyPI python-alipay-sdk for tests/e2e/test_alipay_sdks.py.

    python sdk_alipay_fzlee.py SETTINGS.json public-key|certificate

One JSON line in is one call of the SDK; one JSON line out is what the SDK made of it. It runs in
the environment of the SDK and imports nothing of ours.
"""

import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from alipay import AliPay, DCAliPay

SETTINGS = json.loads(Path(sys.argv[1]).read_text("utf-8"))


def client(mode: str) -> Any:
    """As a merchant makes it; the gateway is the one line that changes."""
    given = {"appid": SETTINGS["app_id"], "app_private_key_string": SETTINGS["app_private_key"]}
    if mode == "certificate":
        made = DCAliPay(
            **given,
            app_public_key_cert_string=SETTINGS["app_certificate"],
            alipay_public_key_cert_string=SETTINGS["alipay_certificate"],
            alipay_root_cert_string=SETTINGS["alipay_root_certificate"],
        )
    else:
        made = AliPay(**given, alipay_public_key_string=SETTINGS["alipay_public_key_pem"])
    made._gateway = SETTINGS["gateway"]
    return made


def call(sdk: Any, method: str, content: Any, **public: str) -> Any:
    node = sdk.server_api(method, content, **public)
    return {"node": node} if node["code"] == "10000" else {"refused": node["sub_code"]}


def page(sdk: Any, method: str, content: Any, **public: str) -> Any:
    return {"url": f"{SETTINGS['gateway']}?{sdk.client_api(method, content, **public)}"}


def app(sdk: Any, method: str, content: Any, **public: str) -> Any:
    return {"order": sdk.client_api(method, content, **public)}


def told(sdk: Any, body: str) -> Any:
    fields = dict(parse_qsl(body, keep_blank_values=True))
    return {"verified": sdk.verify(fields, fields.pop("sign")), "fields": fields}


def play() -> None:
    sdk = client(sys.argv[2])
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
