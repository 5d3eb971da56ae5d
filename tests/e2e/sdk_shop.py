"""A merchant whose WeChat Pay SDK runs unmodified in an environment of its own.

The SDK is driven line by line (sdk_*.py, sdk_*.mjs, go/, java/). What it is told comes to an
address in this process and is handed to it byte by byte. What worked is a table in
docs/compatibility.md.
"""

import itertools
import json
import queue
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from tests import requirements
from tests.e2e import sdk_environments
from tests.e2e.compatibility import NOT_OFFERED, WORKED, Table
from tests.served import Rest, Served, started

HERE: Final = Path(__file__).parent
WAIT_S: Final = 30
GO_DRIVERS: Final = {"wechatpay-go": "wechatpay", "go-pay/gopay": "gopay"}
PRICE, BACK = 1000, 300
numbers = itertools.count(time.time_ns())


class Letter(NamedTuple):
    """A notification as it came in."""

    headers: dict[str, str]
    body: str


class Sdk(NamedTuple):
    """One SDK in one way of checking our signatures; `variant` only where it has two."""

    package: str
    mode: str
    variant: str = ""

    def __str__(self) -> str:
        return "-".join(filter(None, self)).replace("/", "-")

    @property
    def title(self) -> str:
        """Its column in the table."""
        mode = "public key" if self.mode == "public-key" else self.mode
        return f"{self.package} ({', '.join(filter(None, (self.variant, mode)))})"

    @property
    def proxied(self) -> bool:
        """Its host name is built in and stays: it goes through the sandbox's proxy."""
        return self.package in GO_DRIVERS or self.package == "wechatpay-java"

    def command(self, settings: Path) -> tuple[list[str], Path]:
        """What starts its driver, and the folder to start it in."""
        if self.package == "wechatpayv3":
            python = sdk_environments.python()
            script = str(HERE / "sdk_wechatpayv3.py")
            return [str(python), script, str(settings), self.variant, self.mode], settings.parent
        if self.package in GO_DRIVERS:
            program = str(sdk_environments.go(GO_DRIVERS[self.package]))
            return [program, str(settings), self.mode], settings.parent
        if self.package == "wechatpay-java":
            words = sdk_environments.java(self.package)
            return [*words, str(settings), self.mode], settings.parent
        name = {"wechatpay-axios-plugin": "sdk_axios_plugin", "wechatpay-node-v3": "sdk_node_v3"}
        folder = sdk_environments.node(self.package)
        script = str(HERE / f"{name[self.package]}.mjs")
        return [requirements.node(), script, str(settings), self.mode], folder


SDKS: Final = (
    Sdk("wechatpayv3", "public-key", "sync"),
    Sdk("wechatpayv3", "certificate", "sync"),
    Sdk("wechatpayv3", "public-key", "async"),
    Sdk("wechatpayv3", "certificate", "async"),
    Sdk("wechatpay-axios-plugin", "public-key"),
    Sdk("wechatpay-axios-plugin", "certificate"),
    Sdk("wechatpay-node-v3", "certificate"),
    Sdk("wechatpay-go", "public-key"),
    Sdk("wechatpay-go", "certificate"),
    Sdk("go-pay/gopay", "certificate"),
    Sdk("wechatpay-java", "public-key"),
    Sdk("wechatpay-java", "certificate"),
)


# A driver's word for a call, and the call.
CALLS: Final = {
    "place native": "`POST /v3/pay/transactions/native`",
    "place jsapi": "`POST /v3/pay/transactions/jsapi`",
    "place app": "`POST /v3/pay/transactions/app`",
    "place h5": "`POST /v3/pay/transactions/h5`",
    "query": "`GET /v3/pay/transactions/{out-trade-no,id}/…`",
    "codepay": "`POST /v3/pay/transactions/codepay`",
    "codepay_reverse": "`POST /v3/pay/transactions/out-trade-no/…/reverse`",
    "close": "`POST /v3/pay/transactions/out-trade-no/…/close`",
    "refund": "`POST /v3/refund/domestic/refunds`",
    "query_refund": "`GET /v3/refund/domestic/refunds/…`",
    "trade_bill": "`GET /v3/bill/tradebill`",
    "fundflow_bill": "`GET /v3/bill/fundflowbill`",
    "download_bill": "`GET /v3/billdownload/file`, plain and gzip, parsed",
    "submch_fundflow_bill": "`GET /v3/bill/sub-merchant-fundflowbill`",
    "download_sealed_bill": "`GET /v3/billdownload/file`, decrypted by the SDK",
    "partner pay": "`POST /v3/pay/partner/transactions/native`",
    "partner query": "`GET /v3/pay/partner/transactions/out-trade-no/…`",
    "partner close": "`POST /v3/pay/partner/transactions/out-trade-no/…/close`",
    "partner refund": "`POST /v3/refund/domestic/refunds` for a sub-merchant",
    "profitsharing_add_receiver": "`POST /v3/profitsharing/receivers/add`, the name encrypted",
    "profitsharing_order": "`POST /v3/profitsharing/orders`",
    "profitsharing_order_query": "`GET /v3/profitsharing/orders/…`",
    "profitsharing_return": "`POST /v3/profitsharing/return-orders`",
    "profitsharing_return_query": "`GET /v3/profitsharing/return-orders/…`",
    "profitsharing_amount_query": "`GET /v3/profitsharing/transactions/…/amounts`",
    "profitsharing_unfreeze": "`POST /v3/profitsharing/orders/unfreeze`",
    "profitsharing_delete_receiver": "`POST /v3/profitsharing/receivers/delete`",
    "mch_transfer_bills": "`POST /v3/fund-app/mch-transfer/transfer-bills`, the name encrypted",
    "mch_transfer_bills_query": "`GET …/transfer-bills/{out-bill-no,transfer-bill-no}/…`",
    "mch_transfer_bills_cancel": "`POST …/transfer-bills/out-bill-no/…/cancel`",
    "mch_transfer_elecsign": "`POST …/elecsign/{out-bill-no,transfer-bill-no}`",
    "mch_transfer_elecsign_query": "`GET …/elecsign/{out-bill-no,transfer-bill-no}/…`",
    "transfer_batch": "`POST /v3/transfer/batches`",
    "transfer_query_out_batch_no": "`GET /v3/transfer/batches/out-batch-no/…`",
    "transfer_query_batchid": "`GET /v3/transfer/batches/batch-id/…`",
    "transfer_query_out_detail_no": "`GET …/out-batch-no/…/details/out-detail-no/…`",
    "transfer_query_detail_id": "`GET …/batch-id/…/details/detail-id/…`",
    "batch_receipt": "`POST /v3/transfer/bill-receipt`",
    "batch_receipt_query": "`GET /v3/transfer/bill-receipt/…`",
    "detail_receipt": "`POST /v3/transfer-detail/electronic-receipts`",
    "detail_receipt_query": "`GET /v3/transfer-detail/electronic-receipts`",
    "profitsharing_bill": "`GET /v3/profitsharing/bills`, downloaded",
    "profitsharing_config_query": "`GET /v3/profitsharing/merchant-configs/…`",
    "image_upload": "`POST /v3/merchant/media/upload`",
    "applyment_submit": "`POST /v3/applyment4sub/applyment/`, encrypted by the SDK",
    "applyment_query": "`GET /v3/applyment4sub/applyment/{business_code,applyment_id}/…`",
    "fund_balance": "`GET /v3/merchant/fund/balance/…`",
    "ecommerce_share": "`POST /v3/ecommerce/profitsharing/orders`",
    "ecommerce_share_query": "`GET /v3/ecommerce/profitsharing/orders`",
    "ecommerce_finish": "`POST /v3/ecommerce/profitsharing/finish-order`",
    "ecommerce_refund": "`POST /v3/ecommerce/refunds/apply`",
    "ecommerce_refund_query": "`GET /v3/ecommerce/refunds/out-refund-no/…`",
    "complaint_list_query": "`GET /v3/merchant-service/complaints-v2`",
    "complaint_detail_query": "`GET /v3/merchant-service/complaints-v2/…`",
    "complaint_history_query": "`GET …/complaints-v2/…/negotiation-historys`",
    "complaint_response": "`POST …/complaints-v2/…/response`",
    "complaint_complete": "`POST …/complaints-v2/…/complete`",
    "combine_pay": "`POST /v3/combine-transactions/native`",
    "combine_query": "`GET /v3/combine-transactions/out-trade-no/…`",
    "combine_close": "`POST /v3/combine-transactions/out-trade-no/…/close`",
    "told TRANSACTION.SUCCESS": "payment notification, verified and decrypted by the SDK",
    "told REFUND.SUCCESS": "refund notification, verified and decrypted by the SDK",
    "told MCHTRANSFER.BILL.FINISHED": "the end of a transfer, verified and decrypted by the SDK",
    "told MCHTRANSFER.BATCH.FINISHED": "the end of a batch, verified and decrypted by the SDK",
}
TABLE: Final = Table("WeChat Pay v3", [sdk.title for sdk in SDKS], CALLS)


class Shop:
    """A merchant whose SDK is running, and what it was told, by path."""

    def __init__(
        self, sdk: Sdk, process: "subprocess.Popen[str]", settings: dict[str, str]
    ) -> None:
        self.sdk = sdk
        self._process = process
        self.settings = settings
        self.told: defaultdict[str, queue.Queue[Letter]] = defaultdict(queue.Queue)

    def do(self, name: str, /, **fields: Any) -> Any:
        """A call of the SDK, and what the SDK made of it."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"do": name, **fields}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the driver ended"
        answer = json.loads(line)
        if answer.get("verified"):
            TABLE.note(self.sdk.title, f"told {answer['opened']['event_type']}", WORKED)
        elif answer.get("status", 500) < 300:
            TABLE.note(self.sdk.title, _row(name, fields), WORKED)
        elif answer.get("missing"):
            TABLE.note(self.sdk.title, _row(name, fields), NOT_OFFERED)
        return answer

    def done(self, name: str, /, **fields: Any) -> Any:
        """The body of an answer that the network gave and the SDK accepted."""
        answer = self.do(name, **fields)
        assert answer.get("status") == 200, answer
        return answer["body"]

    def place(self, scene: str = "native", **changes: Any) -> tuple[str, Any]:
        """An order's number and the SDK's answer."""
        # Every mark that a number may have: libraries write them differently in addresses.
        # gopay signs one address and sends another when there is a bar in it.
        marks = "*_-" if self.sdk.package == "go-pay/gopay" else "|*_-"
        number = f"S{marks}{next(numbers)}"
        terms = {"description": "越野跑鞋 42 码", "amount": {"total": PRICE, "currency": "CNY"}}
        answer = self.do("place", scene=scene, out_trade_no=number, **(terms | changes))
        assert answer.get("status") == 200, answer
        return number, answer

    def address(self, path: str) -> str:
        return self.settings["notify_url"] + path

    def letter(self, path: str) -> Letter:
        """The next notification that comes to this path."""
        return self.told[f"/notify{path}"].get(timeout=WAIT_S)


def _row(name: str, fields: dict[str, Any]) -> str:
    kind = fields.get("scene") or fields.get("call") or ""
    return f"{name} {kind}".strip()


@contextmanager
def opened_shop(request: pytest.FixtureRequest, folder: Path) -> Iterator[Shop]:
    """A merchant of the sandbox with the SDK asked for running, until the block ends."""
    sdk: Sdk = request.param
    sandbox: tuple[Served, Rest] = request.getfixturevalue("sandbox")
    direct = {"NO_PROXY": "*", "PYTHONUTF8": "1"}
    network = request.getfixturevalue("exported") if sdk.proxied else direct
    served, operator = sandbox
    command, inside = sdk.command(folder / "settings.json")
    settings = served.command("sandbox", "merchant", sdk.package)
    if sdk.mode == "public-key":
        path = f"/api/v1/merchants/{settings['mchid']}"
        assert operator.post(path, signing_mode="public_key").status_code == 200
    settings |= {"cert_dir": str(folder / "certificates")}
    told: dict[str, Shop] = {}

    class Callback(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            told["shop"].told[self.path].put(Letter(dict(self.headers.items()), body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing on the terminal."""

    with listening(Callback) as port:
        settings |= {"notify_url": f"http://127.0.0.1:{port}/notify"}
        (folder / "settings.json").write_text(json.dumps(settings), "utf-8")
        with started(
            command,
            cwd=inside,
            stdin=subprocess.PIPE,
            env={"PATH": "/usr/bin:/bin", **network},
        ) as process:
            told["shop"] = Shop(sdk, process, settings)
            yield told["shop"]
            assert process.stdin
            process.stdin.close()
            assert process.wait(WAIT_S) == 0


@contextmanager
def listening(handler: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    """A server of the test's own, on this port, until the block ends however it ends."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
