"""Shops that speak Alipay keep the SDK they have: each plays a trade from its code to its refund.

The SDK runs in an environment of its own, driven line by line (sdk_alipay_*). What it is told comes
to an address in this process and is handed to it byte by byte.
"""

import io
import json
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
import pytest

from changliao.commands.people import Person
from tests import requirements, yesterday
from tests.e2e import sdk_environments
from tests.e2e.compatibility import NOT_OFFERED, WORKED, Table
from tests.openapi import number
from tests.served import Rest, Served, started
from tests.workers.receiver import Mailbox, Receiver, receiving, status

pytestmark = pytest.mark.xdist_group("alipay-sdks")
HERE: Final = Path(__file__).parent
WAIT_S: Final = 30
PRECREATE, QUERY, CREATE = "alipay.trade.precreate", "alipay.trade.query", "alipay.trade.create"
REFUND, REFUND_QUERY = "alipay.trade.refund", "alipay.trade.fastpay.refund.query"
PAY = "alipay.trade.pay"
BILL = "alipay.data.dataservice.bill.downloadurl.query"
CLOSE, CANCEL, PAGE = "alipay.trade.close", "alipay.trade.cancel", "alipay.trade.page.pay"


class Sdk(NamedTuple):
    """One SDK in one way of checking our signatures; `variant` only where it has two."""

    package: str
    mode: str
    variant: str = ""

    def __str__(self) -> str:
        return "-".join(filter(None, self))

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
)
CALLS: Final = {
    PRECREATE: "a QR code",
    CREATE: "an order for one buyer",
    PAGE: "a signed address for the payer's browser",
    PAY: "charge the code on a phone",
    QUERY: "one trade",
    CLOSE: "end what waits",
    CANCEL: "undo",
    REFUND: "give back a part",
    REFUND_QUERY: "one refund",
    BILL: "where a day's bill can be had; the file is read",
    "told TRADE_SUCCESS": "payment notification, verified by the SDK",
    "told refund": "refund notification, verified by the SDK",
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
        kind = "refund" if "refund_fee" in fields else fields["trade_status"]
        TABLE.note(self.sdk.title, f"told {kind}", WORKED)
        return fields

    def mailbox(self) -> Mailbox:
        return self._receiver.mailbox(then=status(200, b"success"))


@pytest.fixture(scope="module", params=SDKS, ids=str)
def shop(
    request: pytest.FixtureRequest,
    sandbox: tuple[Served, Rest],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Shop]:
    """A shop with each SDK."""
    sdk: Sdk = request.param
    folder = tmp_path_factory.mktemp("shop")
    command, inside = sdk.command(folder / "settings.json")
    settings = sandbox[0].command("sandbox", "alipay", sdk.package)
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


def test_a_trade_lives_from_its_code_to_its_refund(shop: Shop, payer: Person) -> None:
    box, terms = shop.mailbox(), order(passback_params="a=1&b=二")
    named = {"out_trade_no": terms["out_trade_no"]}
    placed = shop.done(PRECREATE, terms, notify_url=box.url)
    assert shop.refused(QUERY, named) == "ACQ.TRADE_NOT_EXIST"
    payer.pay(placed["qr_code"])

    told = shop.told(box, 1)
    assert (told["out_trade_no"], told["trade_status"]) == (terms["out_trade_no"], "TRADE_SUCCESS")
    assert (told["subject"], told["passback_params"]) == (terms["subject"], "a=1&b=二")
    trade = shop.done(QUERY, named)
    assert (trade["trade_status"], trade["trade_no"]) == ("TRADE_SUCCESS", told["trade_no"])

    back = named | {"refund_amount": "3.00", "out_request_no": "first"}
    refund = shop.done(REFUND, back)
    assert (refund["fund_change"], refund["refund_fee"]) == ("Y", "3.00")
    assert shop.done(REFUND, back)["fund_change"] == "N"
    asked = shop.done(REFUND_QUERY, named | {"out_request_no": "first"})
    assert (asked["refund_status"], asked["refund_amount"]) == ("REFUND_SUCCESS", "3.00")
    told = shop.told(box, 2)
    assert (told["refund_fee"], told["trade_status"]) == ("3.00", "TRADE_SUCCESS")

    rest = shop.done(REFUND, named | {"refund_amount": "7.00", "out_request_no": "rest"})
    assert rest["refund_fee"] == "10.00"
    assert shop.told(box, 3)["trade_status"] == "TRADE_CLOSED"
    assert shop.done(QUERY, named)["trade_status"] == "TRADE_CLOSED"


def test_a_bill_is_downloaded_and_read(shop: Shop, sandbox: tuple[Served, Rest]) -> None:
    pid, app_id = shop.settings["pid"], shop.settings["app_id"]
    with yesterday.past(sandbox[0], yesterday.merchant_number(sandbox[0], pid)) as world:
        sold = yesterday.sell(world, app_id, 1_000, door="alipay")
    asked = {"bill_type": "trade", "bill_date": yesterday.date()}
    address = shop.done(BILL, asked)["bill_download_url"]
    content = httpx.get(address, trust_env=False).content
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        details, summary = (opened.read(name).decode("gbk") for name in opened.namelist())
    assert sold.reference in details
    assert summary.startswith("#支付宝业务汇总查询")


def test_a_notification_with_one_other_byte_is_refused(shop: Shop, payer: Person) -> None:
    box = shop.mailbox()
    payer.pay(shop.done(PRECREATE, order(), notify_url=box.url)["qr_code"])
    body = box.wait(1, WAIT_S)[0].body.decode("ascii")
    for before, after in (("total_amount=10.00", "total_amount=1.00"), ("T1", "T2")):
        assert before in body
        answer = shop.ask(do="told", body=body.replace(before, after))
        assert not answer.get("verified"), answer
    assert shop.ask(do="told", body=body)["verified"]


def test_an_order_for_one_buyer_is_closed_and_another_cancelled(shop: Shop, payer: Person) -> None:
    for ending, after in ((CLOSE, "TRADE_CLOSED"), (CANCEL, "TRADE_CLOSED")):
        terms = order(buyer_logon_id=payer.phone)
        made = shop.done(CREATE, terms)
        named = {"out_trade_no": terms["out_trade_no"]}
        assert shop.done(QUERY, named)["trade_status"] == "WAIT_BUYER_PAY"
        assert shop.done(ending, named)["trade_no"] == made["trade_no"]
        assert shop.done(QUERY, named)["trade_status"] == after


def test_a_code_on_a_phone_is_charged_and_undone(shop: Shop, payer: Person) -> None:
    terms = order(auth_code=payer.pay_code(), scene="bar_code")
    assert shop.done(PAY, terms)["total_amount"] == "10.00"
    assert shop.done(CANCEL, {"out_trade_no": terms["out_trade_no"]})["action"] == "refund"


def test_a_refusal_reaches_the_shop_with_its_code(shop: Shop) -> None:
    assert shop.refused(QUERY, {"out_trade_no": "nobody_has_this"}) == "ACQ.TRADE_NOT_EXIST"
    assert shop.refused(PRECREATE, order(total_amount="0")) == "ACQ.INVALID_PARAMETER"


def test_an_address_for_the_browser_opens_the_cashier(shop: Shop, sandbox: Any) -> None:
    if shop.sdk.variant == "curl":
        TABLE.note(shop.sdk.title, PAGE, NOT_OFFERED)
        return
    terms = order(product_code="FAST_INSTANT_TRADE_PAY")
    made = shop.ask(do="page", method=PAGE, content=terms, return_url="https://shop.test/back")
    address = httpx.URL(made["url"]).copy_with(port=sandbox[0].port)
    opened = httpx.get(address, trust_env=False)
    assert opened.status_code == 303, opened.text
    assert opened.headers["Location"].startswith("/c/")
    TABLE.note(shop.sdk.title, PAGE, WORKED)


def test_the_compatibility_page_says_what_was_seen() -> None:
    TABLE.check()
