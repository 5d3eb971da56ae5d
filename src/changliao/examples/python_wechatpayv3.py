"""A shop with the PyPI package wechatpayv3: an order, its payment, a partial refund.

Run it with a file of settings as `changliao sandbox merchant NAME --json` prints them. It speaks in
JSON lines: first the code to scan, then what its callback heard, verified and decrypted by the SDK.
"""

import json
import queue
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from wechatpayv3 import WeChatPay, WeChatPayType

WAIT_S = 60


def shop(settings: dict[str, str], notify_url: str, *, partner_mode: bool = False) -> WeChatPay:
    """The SDK as the shop sets it up, or a platform for its stores; only the address is ours."""
    sdk = WeChatPay(
        wechatpay_type=WeChatPayType.NATIVE,
        mchid=settings["mchid"],
        appid=settings["appid"],
        private_key=settings["private_key"],
        cert_serial_no=settings["certificate_serial"],
        apiv3_key=settings["api_v3_key"],
        notify_url=notify_url,
        public_key=settings["wechatpay_public_key"],
        public_key_id=settings["wechatpay_public_key_id"],
        partner_mode=partner_mode,
    )
    # This SDK has its host built in and no option for it.
    sdk._core._gate_way = settings["base_url"]
    return sdk


def listen(heard: "queue.Queue[tuple[dict[str, str], bytes]]") -> ThreadingHTTPServer:
    """The shop's callback address."""

    class Callback(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.put((dict(self.headers.items()), body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Callback)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def tell(**fields: Any) -> None:
    """One line for whoever started this shop."""
    print(json.dumps(fields, ensure_ascii=False), flush=True)


def main() -> None:
    """One order from start to refund."""
    settings = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    heard: queue.Queue[tuple[dict[str, str], bytes]] = queue.Queue()
    server = listen(heard)
    sdk = shop(settings, f"http://127.0.0.1:{server.server_port}/notify")
    number = f"JD{time.time_ns()}"
    _, answer = sdk.pay(description="越野跑鞋 42 码", out_trade_no=number, amount={"total": 26800})
    tell(step="ordered", out_trade_no=number, **json.loads(answer))
    paid = sdk.callback(*heard.get(timeout=WAIT_S))
    tell(step="notified", verified=paid is not None, event=paid and paid["event_type"])
    _, answer = sdk.query(out_trade_no=number)
    tell(step="queried", **json.loads(answer))
    status, answer = sdk.refund(
        out_refund_no=f"{number}R1",
        out_trade_no=number,
        amount={"refund": 6800, "total": 26800, "currency": "CNY"},
        notify_url=f"http://127.0.0.1:{server.server_port}/notify",
    )
    tell(step="refunded", http=status, **json.loads(answer))
    refunded = sdk.callback(*heard.get(timeout=WAIT_S))
    tell(step="notified", verified=refunded is not None, event=refunded and refunded["event_type"])


if __name__ == "__main__":
    main()
