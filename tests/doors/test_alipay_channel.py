"""Alipay as a channel: a second network stands in for it, asked over the real OpenAPI."""

import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from html import unescape
from typing import Any, NamedTuple

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from msgspec.structs import replace

from changliao.commands.people import Person
from changliao.core import chart, ids
from changliao.core.bills import Movement
from changliao.core.channels import Absent, ChannelRequest, Done, RequestKind, Silent
from changliao.core.clock import BEIJING, MINUTE, Instant
from changliao.core.ids import ChannelRequestId, OrderId, UserId
from changliao.core.ledger import Code
from changliao.core.money import CNY
from changliao.core.statements import Statement, StatementLine
from changliao.doors.alipay import crypto
from changliao.doors.alipay.bill_files import Frame, ledger_file
from changliao.doors.alipay.channel import PAYABLE_FOR, SURE_AFTER, AlipayChannel, account
from changliao.web import iso20022
from tests.phones import new_phone
from tests.served import Rest, Served, later, serve
from tests.waiting import becomes, eventually

pytestmark = pytest.mark.xdist_group("alipay channel")


class Side(NamedTuple):
    """A network and its operator."""

    served: Served
    operator: Rest


class Pair(NamedTuple):
    """Our network, the one that stands in for Alipay, and the shop that sells here."""

    here: Side
    there: Side
    shop: Rest
    shop_id: str
    app_merchant: str


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("alipay")
    with serve(folder / "there", "changliao.db") as (served, operator):
        there = Side(served, operator)
        app = served.command("sandbox", "alipay", "Changliao", "--fee-bps", "0",
                             "--out", str(folder / "keys"))  # fmt: skip
        with serve(
            folder / "here", "changliao.db",
            alipay_gateway=app["gateway"], alipay_app_id=app["app_id"],
            alipay_key_file=app["app_private_key"],
            alipay_public_key_file=app["alipay_public_key_pem"],
        ) as (mine, me):  # fmt: skip
            made = prepared(Side(mine, me), there, app["merchant"])
            yield made
            made.shop.http.close()
            assert mine.audit()["clean"]
        assert served.audit()["clean"]


def prepared(here: Side, there: Side, number: str) -> Pair:
    """Alipay is opened as a channel, and a shop takes it on PC pages."""
    operator = here.operator
    operator.made(
        "/api/v1/channels", code="alipay", name_zh="支付宝", name_en="Alipay", kind="alipay",
        weight=0, method="alipay",
    )  # fmt: skip
    made = here.served.command("sandbox", "merchant", "QQ 网购", "--fee-bps", "0")
    shop = Rest(here.served.base_url, made["rest_key"], made["rest_secret"])
    shop_id = operator.get(f"/api/v1/merchants/{made['mchid']}").json()["id"]
    key = here.served.command("sandbox", "operator-key")
    second = Rest(here.served.base_url, key["operator_key"], key["operator_secret"])
    cells = [{"method": "alipay", "terminal": "pc", "state": "accepted"}]
    draft = operator.made("/api/v1/acceptance/drafts", platform_id=shop_id, cells=cells,
                          reason="支付宝上线")  # fmt: skip
    second.post(f"/api/v1/acceptance/drafts/{draft['id']}/approve")
    second.http.close()
    later(operator)
    app_merchant = there.operator.get(f"/api/v1/merchants/{number}").json()["id"]
    return Pair(here, there, shop, shop_id, app_merchant)


def somebody(side: Side, balance: int = 0) -> str:
    user = side.operator.made("/api/v1/users", phone=new_phone(), name="小满")
    if balance:
        side.operator.made(f"/api/v1/users/{user['id']}/top-ups", amount=balance)
    return str(user["id"])


def begun(pair: Pair, amount: int = 1_000) -> tuple[Any, str, Any]:
    """An order here, its payer, and the tender that waits for Alipay."""
    order = pair.shop.made("/api/v1/orders", reference=f"B{time.time_ns()}", title="键盘",
                           amount=amount)  # fmt: skip
    payer = somebody(pair.here)
    tender = pair.here.operator.made(
        f"/api/v1/users/{payer}/tenders", merchant_id=pair.shop_id, order_id=order["id"],
        method="alipay", amount=amount,
    )  # fmt: skip
    assert tender["state"] == "asked"
    return order, payer, tender


def pay_there(pair: Pair, tender: Any) -> Any:
    """The payer opens the page and pays; the trade there."""
    page = httpx.get(
        tender["page_url"], follow_redirects=True, trust_env=False, verify=False, timeout=30
    )
    assert page.status_code == 200, page.text
    trade = trade_of(pair, tender)
    buyer = somebody(pair.there, tender["amount"])
    pair.there.operator.made(
        "/api/v1/payments", merchant_id=pair.app_merchant, order_id=trade["id"], payer_id=buyer,
        amount=tender["amount"],
    )  # fmt: skip
    return trade


def trade_of(pair: Pair, tender: Any) -> Any:
    name = tender["id"].replace("pay_", "chr_")
    path = f"/api/v1/orders?merchant_id={pair.app_merchant}&reference={name}"
    [found] = pair.there.operator.get(path).json()["data"]
    return found


def until(pair: Pair, path: str, *states: str) -> Any:
    def shown() -> Any:
        found = pair.here.operator.get(path).json()
        return found if found["state"] in states else None

    return eventually(shown)


def test_an_order_is_paid_there_refunded_and_known_by_its_method(pair: Pair) -> None:
    order, payer, tender = begun(pair)
    trade = pay_there(pair, tender)
    path = f"/api/v1/users/{payer}/tenders/{tender['id']}"
    assert until(pair, path, "paid")["brought"] == 1_000
    paid = pair.shop.get(f"/api/v1/orders/{order['id']}").json()
    assert (paid["state"], paid["method"]) == ("paid", "alipay")
    pair.shop.made(f"/api/v1/orders/{order['id']}/refunds", reference=f"F{order['id']}",
                   amount=300)  # fmt: skip
    becomes(lambda: trade_of(pair, tender)["refunded"], 300)
    assert trade["refunded"] == 0
    assert pair.here.operator.get(f"/api/v1/users/{payer}").json()["balances"][0]["balance"] == 0


def test_the_cashier_leads_to_alipays_page_and_turns_when_it_is_paid(pair: Pair) -> None:
    order = pair.shop.made("/api/v1/orders", reference=f"C{time.time_ns()}", title="键盘",
                           amount=1_000)  # fmt: skip
    path = "/c/" + order["pay_url"].split("/c/")[1]
    payer = Person(pair.here.served.base_url, new_phone(), "小满", "135790")
    payer.sign_up()
    form = payer._browser.get(f"{path}?view=pc&tab=alipay").text
    waiting = payer._send(f"{path}/tender", form, {}, path).text
    assert 'data-state="processing"' in waiting
    link = re.search(r'href="([^"]+gateway\.do[^"]+)"', waiting)
    assert link, "where to go on to pay"
    page = unescape(link[1])
    name = json.loads(httpx.URL(page).params["biz_content"])["out_trade_no"]
    pay_there(pair, {"page_url": page, "id": name.replace("chr_", "pay_"), "amount": 1_000})
    eventually(lambda: 'data-state="paid"' in payer._browser.get(f"{path}/status").text)
    payer.close()


def test_what_is_paid_there_after_the_order_was_closed_goes_back(pair: Pair) -> None:
    order, payer, tender = begun(pair)
    pair.shop.post(f"/api/v1/orders/{order['id']}/close")
    pay_there(pair, tender)
    path = f"/api/v1/users/{payer}/tenders/{tender['id']}"
    assert until(pair, path, "returned")["reason"] == "order_closed"
    becomes(lambda: trade_of(pair, tender)["refunded"], 1_000)


def test_money_is_transferred_out_once_also_when_alipay_was_away(pair: Pair) -> None:
    _, _, tender = begun(pair, 5_000)
    pay_there(pair, tender)  # so that there is money there
    payee = pair.there.operator.made("/api/v1/users", phone=new_phone(), name="小满")
    user = somebody(pair.here, 3_000)
    out = f"/api/v1/users/{user}/withdrawals"
    asked = {"amount": 700, "account": f"{payee['phone']} 小满", "channel": "alipay"}
    made = pair.here.operator.made(out, **asked)
    assert until(pair, f"{out}/{made['id']}", "done", "refused")["state"] == "done"
    there = pair.there.operator.get(f"/api/v1/users/{payee['id']}").json()["balances"]
    assert sum(one["balance"] for one in there) == 700
    nobody = pair.here.operator.made(out, **asked | {"account": "13000000000 无"})
    assert nobody["state"] == "refused"

    pair.there.served.kill()
    lost = pair.here.operator.made(out, **asked)
    assert lost["state"] == "unknown"
    pair.there.served.restart()
    time.sleep(5)
    assert pair.here.operator.get(f"{out}/{lost['id']}").json()["state"] == "unknown"
    later(pair.here.operator, 900)
    assert until(pair, f"{out}/{lost['id']}", "refused")["paid"] == 0
    mine = pair.here.operator.get(f"/api/v1/users/{user}").json()["balances"]
    assert sum(one["balance"] for one in mine) == 2_300


def next_day(pair: Pair) -> str:
    """The day that was in Beijing; in both networks it is the next one."""
    now = pair.here.operator.get("/api/v1/sandbox/clock").json()
    for side in (pair.here, pair.there):
        side.operator.post("/api/v1/sandbox/clock", ahead_s=now["ahead_s"] + 86_400)
    return datetime.fromisoformat(now["now"]).astimezone(BEIJING).date().isoformat()


def read(pair: Pair, document: str) -> Any:
    answer = pair.here.operator.post("/api/v1/channels/alipay/statement", document=document)
    assert answer.status_code == 200, answer.text
    return answer.json()


def a_bill(statement: Statement, lines: list[StatementLine]) -> str:
    """The same day as Alipay's CSV, with these lines."""
    rows, balance = [], statement.opening
    for number, line in enumerate(lines, 1):
        balance += line.amount
        kind = Code.PAYMENT if line.amount > 0 else Code.PAYOUT
        at, reference = line.booked_at, line.name
        rows.append(Movement(number, at, line.amount, balance, kind, 7, reference))
    frame = Frame(statement.account, statement.begins, statement.ends, statement.ends)
    return ledger_file(frame, rows[::-1]).decode("gbk")


def test_alipays_bill_of_a_day_is_its_statement_and_every_wrong_line_a_case(pair: Pair) -> None:
    test_an_order_is_paid_there_refunded_and_known_by_its_method(pair)
    payee = pair.there.operator.made("/api/v1/users", phone=new_phone(), name="小满")
    user = somebody(pair.here, 400)
    out = f"/api/v1/users/{user}/withdrawals"
    asked = {"amount": 400, "account": f"{payee['phone']} 小满", "channel": "alipay"}
    until(pair, f"{out}/{pair.here.operator.made(out, **asked)['id']}", "done")
    path = "/api/v1/channels/alipay/statement"
    day = next_day(pair)
    answer = pair.here.operator.get(f"{path}?day={day}")
    assert answer.status_code == 200, answer.text
    document = answer.json()["document"]
    first = read(pair, document)
    assert (first["differences"], first["settled"]) == ([], 0), first
    statement = iso20022.read_statement(document.encode())
    assert isinstance(statement, Statement)
    lines = list(statement.lines)
    assert {line.amount for line in lines} >= {1_000, -300, -400}
    assert all(line.name for line in lines)

    paid = next(at for at, line in enumerate(lines) if line.amount == 1_000)
    sent = next(at for at, line in enumerate(lines) if line.amount == -400)
    stranger = replace(lines[paid], name="SOMEBODY-ELSE", amount=77)
    wrong = [line for at, line in enumerate(lines) if at != sent]
    wrong[paid] = replace(lines[paid], amount=999)
    wrong += [stranger, lines[0]]
    report = read(pair, a_bill(statement, wrong))
    found = Counter((one["kind"], one["statement"], one["ours"]) for one in report["differences"])
    assert found == {
        ("missing", 0, -400): 1, ("amount", 999, 1_000): 1, ("extra", 77, 0): 1,
        ("twice", lines[0].amount, lines[0].amount): 1,
    }, report  # fmt: skip
    assert read(pair, a_bill(statement, wrong)) == report
    opened = pair.here.operator.get("/api/v1/channel-differences?state=open").json()["data"]
    assert {one["id"] for one in opened} == {one["id"] for one in report["differences"]}
    bad = a_bill(statement, lines).replace("#收入合计：", "#收入合计：9")
    refused = pair.here.operator.post(path, document=bad)
    assert (refused.status_code, refused.json()["reason"]) == (422, "statement_unreadable")
    assert "#收入合计" in refused.json()["detail"]
    early = pair.here.operator.get(f"{path}?day=2999-01-01")
    assert (early.status_code, early.json()["reason"]) == (404, "statement_missing")


KEYS = [generate_private_key(65537, 2048) for _ in range(2)]
START = Instant(1_795_500_000_000_000)


class Told:
    """What a gateway and an address answer, one after the other."""

    def __init__(self, answers: list[bytes | None]) -> None:
        self.answers = answers

    async def post(self, url: str, fields: Any) -> bytes | None:
        return self.answers.pop(0)

    async def get(self, url: str) -> bytes | None:
        return self.answers.pop(0)


def a_connector(answers: list[bytes | None], now: Instant) -> AlipayChannel:
    ours, theirs = KEYS
    pem = ours.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = theirs.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    known = account("http://127.0.0.1:9/gateway.do", "2021000000000001", pem, public)
    return AlipayChannel(known, Told(answers), lambda: now)


def signed(method: str, node: dict[str, str], key: int = 1) -> bytes:
    text = json.dumps({"code": "10000", **node}, separators=(",", ":"), ensure_ascii=False)
    sign = crypto.sign(KEYS[key], text.encode())
    return f'{{"{method.replace(".", "_")}_response":{text},"sign":"{sign}"}}'.encode()


def a_request(kind: RequestKind) -> ChannelRequest:
    return ChannelRequest(
        ChannelRequestId(1 << 40), 33, kind, chart.wallet(UserId(1 << 41), CNY), 500, START, START,
        counterpart="13800000001 小满", pay_id=ChannelRequestId(1 << 39), order_id=OrderId(1 << 42),
    )  # fmt: skip


OURS, PAID = ids.show("chr", 1 << 40), ids.show("chr", 1 << 39)
OTHER = ids.show("chr", 1 << 41)


@pytest.mark.parametrize(
    ("method", "kind", "node", "expected"),
    [
        ("alipay.trade.query", RequestKind.PAY,
         {"out_trade_no": OURS, "trade_status": "TRADE_SUCCESS", "total_amount": "5.00",
          "trade_no": "T"},
         Done(500, "T")),
        ("alipay.trade.query", RequestKind.PAY,
         {"out_trade_no": OURS, "trade_status": "WAIT_BUYER_PAY"}, Silent("WAIT_BUYER_PAY")),
        ("alipay.trade.fastpay.refund.query", RequestKind.REFUND,
         {"out_trade_no": PAID, "out_request_no": OURS, "refund_status": "REFUND_SUCCESS",
          "refund_amount": "4.99", "trade_no": "T"},
         Done(499, "T")),
        ("alipay.fund.trans.common.query", RequestKind.PAYOUT,
         {"out_biz_no": OURS, "status": "SUCCESS", "order_id": "O"}, Done(500, "O")),
    ],
)  # fmt: skip
def test_only_what_alipay_signed_is_believed(
    method: str, kind: RequestKind, node: dict[str, str], expected: Any
) -> None:
    good, request = signed(method, node), a_request(kind)
    answers = [
        good, signed(method, node, key=0), good.replace(b"5.00", b"5.01"), None, b"", b"<html>",
        b"[1]", signed("alipay.trade.pay", node),
    ]  # fmt: skip
    connector = a_connector(list(answers), START)
    assert asyncio.run(connector.query(request)) == expected
    for answer in answers[1:]:
        told = asyncio.run(connector.query(request))
        unchanged = answer == good
        assert isinstance(told, Silent) or (unchanged and told == expected), answer


@pytest.mark.parametrize(
    ("method", "kind", "names", "node"),
    [
        ("alipay.trade.query", RequestKind.PAY, {"out_trade_no": OURS},
         {"trade_status": "TRADE_SUCCESS", "total_amount": "5.00"}),
        ("alipay.trade.fastpay.refund.query", RequestKind.REFUND,
         {"out_trade_no": PAID, "out_request_no": OURS},
         {"refund_status": "REFUND_SUCCESS", "refund_amount": "5.00"}),
        ("alipay.fund.trans.common.query", RequestKind.PAYOUT, {"out_biz_no": OURS},
         {"status": "SUCCESS"}),
    ],
)  # fmt: skip
def test_what_alipay_signed_about_something_else_is_no_answer(
    method: str, kind: RequestKind, names: dict[str, str], node: dict[str, str]
) -> None:
    good = {**names, **node}
    others = [signed(method, {**good, name: OTHER}) for name in names]
    without = [{key: good[key] for key in good if key != name} for name in names]
    nameless = [signed(method, node), signed(method, without[-1])]
    connector = a_connector([signed(method, good), *others, *nameless], START)
    request = a_request(kind)
    assert isinstance(asyncio.run(connector.query(request)), Done)
    for _ in (*others, *nameless):
        assert isinstance(asyncio.run(connector.query(request)), Silent)


def test_a_refund_is_done_when_its_own_query_says_so() -> None:
    request = a_request(RequestKind.REFUND)
    taken = signed("alipay.trade.refund", {"out_trade_no": PAID, "refund_fee": "5.00"})
    node = {"out_trade_no": PAID, "out_request_no": OURS, "refund_amount": "5.00"}
    query = "alipay.trade.fastpay.refund.query"
    done = signed(query, {**node, "refund_status": "REFUND_SUCCESS"})
    # An earlier refund of the trade is answered the same: of this one nothing is known then.
    connector = a_connector([taken, signed(query, node), taken, done], START)
    assert isinstance(asyncio.run(connector.refund(request)), Silent)
    assert asyncio.run(connector.refund(request)) == Done(500, "")


@pytest.mark.parametrize(
    ("method", "kind", "code", "waits"),
    [
        ("alipay.trade.query", RequestKind.PAY, "ACQ.TRADE_NOT_EXIST", PAYABLE_FOR + SURE_AFTER),
        ("alipay.fund.trans.common.query", RequestKind.PAYOUT, "ORDER_NOT_EXIST", SURE_AFTER),
    ],
)
def test_what_is_not_known_there_counts_only_when_nothing_can_arrive(
    method: str, kind: RequestKind, code: str, waits: int
) -> None:
    unknown = signed(method, {"code": "40004", "sub_code": code})
    for after, expected in ((MINUTE, Silent), (waits - 1, Silent), (waits, Absent)):
        connector = a_connector([unknown], Instant(START + after))
        assert isinstance(asyncio.run(connector.query(a_request(kind))), expected)
