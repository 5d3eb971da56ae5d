"""A merchant whose Alipay SDK runs unmodified in an environment of its own.

The SDK is driven line by line (sdk_alipay_*, go/, java/). What it is told comes to an address in
this process and is handed to it byte by byte. What worked is a table in docs/compatibility.md.
"""

import base64
import json
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests import requirements
from tests.e2e import sdk_environments
from tests.e2e.compatibility import WORKED, Table
from tests.openapi import number
from tests.served import Rest, Served, started
from tests.workers.receiver import Mailbox, Receiver, receiving, status

HERE: Final = Path(__file__).parent
WAIT_S: Final = 30
PRECREATE, QUERY, CREATE = "alipay.trade.precreate", "alipay.trade.query", "alipay.trade.create"
REFUND, REFUND_QUERY = "alipay.trade.refund", "alipay.trade.fastpay.refund.query"
PAY = "alipay.trade.pay"
BILL = "alipay.data.dataservice.bill.downloadurl.query"
BIND, UNBIND = "alipay.trade.royalty.relation.bind", "alipay.trade.royalty.relation.unbind"
RATE, LEFT = "alipay.trade.royalty.rate.query", "alipay.trade.order.onsettle.query"
SETTLE, FUNDS = "alipay.trade.order.settle", "alipay.fund.account.query"
SHARED, BOUND = "alipay.trade.order.settle.query", "alipay.trade.royalty.relation.batchquery"
CONFIRM, SYNC = "alipay.trade.settle.confirm", "alipay.trade.orderinfo.sync"
TRANSFER, TRANSFERRED = "alipay.fund.trans.uni.transfer", "alipay.fund.trans.common.query"
FREEZE, UNFREEZE = "alipay.fund.auth.order.freeze", "alipay.fund.auth.order.unfreeze"
FROZEN = "alipay.fund.auth.operation.detail.query"
THAW = "alipay.fund.auth.operation.cancel"
VOUCHER = "alipay.fund.auth.order.voucher.create"
APP_FREEZE = "alipay.fund.auth.order.app.freeze"
CLOSE, CANCEL, PAGE = "alipay.trade.close", "alipay.trade.cancel", "alipay.trade.page.pay"
WAP, APP = "alipay.trade.wap.pay", "alipay.trade.app.pay"
DOWNLOAD = "alipay.open.app.alipaycert.download"


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

    def command(self, settings: Path) -> tuple[list[str], Path]:
        """What starts its driver, and the folder to start it in."""
        if self.package == "alipay-sdk":
            folder = sdk_environments.node(self.package)
            words = [requirements.node(), str(HERE / "sdk_alipay_node.mjs"), str(settings)]
            return [*words, self.mode, self.variant], folder
        if self.package.startswith("alipay-sdk-java"):
            words = sdk_environments.java(self.package)
            return [*words, str(settings), self.mode, self.variant], settings.parent
        if self.package == "smartwalle/alipay":
            program = str(sdk_environments.go("smartwalle"))
            return [program, str(settings), self.mode, self.variant], settings.parent
        names = {"alipay-sdk-python": "official", "python-alipay-sdk": "fzlee"}
        script = HERE / f"sdk_alipay_{names[self.package]}.py"
        python = sdk_environments.alipay_python(self.package)
        return [str(python), str(script), str(settings), self.mode], settings.parent


SDKS: Final = (
    Sdk("alipay-sdk-python", "public-key"),
    Sdk("python-alipay-sdk", "public-key"),
    Sdk("python-alipay-sdk", "certificate"),
    Sdk("alipay-sdk", "public-key", "exec"),
    Sdk("alipay-sdk", "certificate", "exec"),
    Sdk("alipay-sdk", "public-key", "curl"),
    Sdk("alipay-sdk", "certificate", "curl"),
    Sdk("alipay-sdk-java", "public-key"),
    Sdk("alipay-sdk-java", "certificate", "AES"),
    Sdk("alipay-sdk-java-v3", "public-key"),
    Sdk("alipay-sdk-java-v3", "certificate", "AES"),
    Sdk("smartwalle/alipay", "public-key"),
    Sdk("smartwalle/alipay", "certificate", "AES"),
)
CALLS: Final = {
    PRECREATE: "a QR code",
    CREATE: "an order for one buyer",
    PAGE: "a signed address for the payer's browser",
    WAP: "the same for the browser on a phone",
    APP: "an order string that the shop's app hands on",
    PAY: "charge the code on a phone",
    QUERY: "one trade",
    CLOSE: "end what waits",
    CANCEL: "undo",
    REFUND: "give back a part",
    REFUND_QUERY: "one refund",
    BILL: "where a day's bill can be had; the file is read",
    BIND: "who may receive shares",
    UNBIND: "and who no more",
    RATE: "how much of an order may be shared",
    SETTLE: "share a payment, release the rest",
    LEFT: "what may still be shared",
    SHARED: "what a share's receivers got",
    BOUND: "who may receive, a page at a time",
    CONFIRM: "the seller may have what waits in escrow",
    SYNC: "what became of an order",
    TRANSFER: "pay a user",
    TRANSFERRED: "one transfer",
    FUNDS: "what the merchant may spend",
    VOUCHER: "ask for a deposit by a code",
    APP_FREEZE: "an order string for a deposit",
    FREEZE: "freeze a deposit by the code on a phone",
    UNFREEZE: "give a part of it back",
    FROZEN: "one step of a deposit",
    THAW: "give all of it back",
    DOWNLOAD: "the certificate of a number",
    "told TRADE_SUCCESS": "payment notification, verified by the SDK",
    "told refund": "refund notification, verified by the SDK",
    "told fund_auth_freeze": "a deposit was frozen, verified by the SDK",
    "told fund_auth_unfreeze": "a part went back, verified by the SDK",
}
TABLE: Final = Table("Alipay OpenAPI", [sdk.title for sdk in SDKS], CALLS)


class Shop:
    """A merchant whose SDK is running."""

    def __init__(
        self,
        sdk: Sdk,
        process: "subprocess.Popen[str]",
        receiver: Receiver,
        settings: dict[str, str],
    ) -> None:
        self.sdk = sdk
        self.settings = settings
        self._process = process
        self._receiver = receiver

    def ask(self, **line: Any) -> Any:
        """One line to the driver, and its answer."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the driver ended"
        return json.loads(answer)

    def done(self, method: str, content: dict[str, Any], **public: str) -> dict[str, Any]:
        """The node of an answer that the SDK accepted."""
        answer = self.ask(do="call", method=method, content=content, **public)
        assert "node" in answer, answer
        TABLE.note(self.sdk.title, method, WORKED)
        node: dict[str, Any] = answer["node"]
        return node

    def refused(self, method: str, content: dict[str, Any]) -> str:
        """The code of a refusal that the SDK handed on."""
        answer = self.ask(do="call", method=method, content=content)
        assert "refused" in answer, answer
        return str(answer["refused"])

    def told(self, box: Mailbox, count: int) -> dict[str, str]:
        """The fields of a notification, which the SDK has verified."""
        letter = box.wait(count, WAIT_S)[count - 1]
        answer = self.ask(do="told", body=letter.body.decode("ascii"))
        assert answer.get("verified") is True, answer
        fields: dict[str, str] = answer["fields"]
        kind = fields["notify_type"]
        if kind == "trade_status_sync":
            kind = "refund" if "refund_fee" in fields else fields["trade_status"]
        TABLE.note(self.sdk.title, f"told {kind}", WORKED)
        return fields

    def mailbox(self) -> Mailbox:
        return self._receiver.mailbox(then=status(200, b"success"))


@contextmanager
def opened_shop(sdk: Sdk, sandbox: tuple[Served, Rest], folder: Path) -> Iterator[Shop]:
    """A merchant of the sandbox with this SDK running, until the block ends."""
    key = base64.b64encode(secrets.token_bytes(16)).decode() if sdk.variant == "AES" else ""
    settings = sandbox[0].command("sandbox", "alipay", sdk.package, "--content-key", key)
    settings |= {"content_key": key}
    with running_shop(sdk, settings, folder) as shop:
        yield shop


@contextmanager
def running_shop(sdk: Sdk, settings: dict[str, str], folder: Path) -> Iterator[Shop]:
    """A merchant that was taken on, with this SDK running, until the block ends."""
    command, inside = sdk.command(folder / "settings.json")
    (folder / "settings.json").write_text(json.dumps(settings), "utf-8")
    environment = {"PATH": "/usr/bin:/bin", "NO_PROXY": "*", "PYTHONUTF8": "1"}
    with (
        receiving() as receiver,
        started(
            command,
            cwd=inside,
            stdin=subprocess.PIPE,
            env=environment,
        ) as process,
    ):
        yield Shop(sdk, process, receiver, settings)
        assert process.stdin
        process.stdin.close()
        assert process.wait(WAIT_S) == 0


def order(**changes: str) -> dict[str, str]:
    return {
        "out_trade_no": number(),
        "total_amount": "10.00",
        "subject": "越野跑鞋 {42} 码",
    } | changes
