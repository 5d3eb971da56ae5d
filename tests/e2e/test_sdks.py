"""Shops keep the SDK they have: each plays an order from placing to refund, unmodified.

What worked is the table in docs/compatibility.md.
"""

import hashlib
from collections.abc import Iterator

import httpx
import pytest

from changliao.commands.people import Person
from tests import yesterday
from tests.e2e.sdk_shop import BACK, PRICE, SDKS, TABLE, Shop, numbers, opened_shop
from tests.served import Rest, Served

pytestmark = pytest.mark.xdist_group("sdks")


@pytest.fixture(scope="module", params=SDKS, ids=str)
def shop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    """A shop with each SDK."""
    with opened_shop(request, tmp_path_factory.mktemp("shop")) as running:
        yield running


def test_an_order_lives_from_placing_to_refund(shop: Shop, payer: Person) -> None:
    number, placed = shop.place(notify_url=shop.address("/paid"), attach="a=1&b=二")
    payer.pay(placed["body"]["code_url"])

    told = shop.do("callback", **shop.letter("/paid")._asdict())
    assert told.get("verified"), told
    assert told["opened"]["event_type"] == "TRANSACTION.SUCCESS"
    fact = told["opened"]["resource"]
    assert (fact["out_trade_no"], fact["trade_state"]) == (number, "SUCCESS")
    assert fact["amount"]["payer_total"] == PRICE

    order = shop.done("query", out_trade_no=number)
    assert (order["trade_state"], order["attach"]) == ("SUCCESS", "a=1&b=二")
    assert order == fact
    assert shop.done("query", transaction_id=order["transaction_id"]) == order

    asked = {
        "out_trade_no": number,
        "out_refund_no": f"R{number}",
        "reason": "七天无理由",
        "amount": {"refund": BACK, "total": PRICE, "currency": "CNY"},
        "notify_url": shop.address("/refunded"),
    }
    refund = shop.done("refund", **asked)
    assert (refund["status"], refund["amount"]["refund"]) == ("SUCCESS", BACK)
    assert shop.done("refund", **asked) == refund
    assert shop.done("query_refund", out_refund_no=f"R{number}") == refund
    assert shop.done("query", out_trade_no=number)["trade_state"] == "REFUND"

    told = shop.do("callback", **shop.letter("/refunded")._asdict())
    assert told.get("verified"), told
    assert told["opened"]["event_type"] == "REFUND.SUCCESS"
    fact = told["opened"]["resource"]
    assert (fact["refund_status"], fact["refund_id"]) == ("SUCCESS", refund["refund_id"])
    assert fact["amount"]["refund"] == BACK


def test_a_notification_with_one_other_byte_is_refused(shop: Shop, payer: Person) -> None:
    _, placed = shop.place(notify_url=shop.address("/changed"))
    payer.pay(placed["body"]["code_url"])
    headers, body = shop.letter("/changed")
    place = body.index('"ciphertext":"') + len('"ciphertext":"')
    other = "A" if body[place] != "A" else "B"
    summary = body.replace("支付成功", "支付失败")
    assert summary != body
    for changed in (body[:place] + other + body[place + 1 :], summary, body + " "):
        answer = shop.do("callback", headers=headers, body=changed)
        assert not answer.get("verified"), answer
    late = headers | {"Wechatpay-Timestamp": str(int(headers["Wechatpay-Timestamp"]) + 1)}
    assert not shop.do("callback", headers=late, body=body).get("verified")
    assert shop.do("callback", headers=headers, body=body)["verified"]


def test_a_closed_order_stays_closed(shop: Shop) -> None:
    number, _ = shop.place()
    assert shop.done("query", out_trade_no=number)["trade_state"] == "NOTPAY"
    closed = shop.do("close", out_trade_no=number)
    assert (closed.get("status"), closed.get("body")) == (204, {}), closed
    assert shop.done("query", out_trade_no=number)["trade_state"] == "CLOSED"


def test_a_refusal_reaches_the_shop_with_its_code(shop: Shop) -> None:
    unknown = shop.do("query", out_trade_no="nobody-has-this")
    assert (unknown.get("status"), unknown["body"]["code"]) == (404, "ORDER_NOT_EXIST")
    wrong = shop.do(
        "place", scene="native", description="x", out_trade_no="short", amount={"total": 1}
    )
    assert (wrong.get("status"), wrong["body"]["code"]) == (400, "PARAM_ERROR")


@pytest.mark.parametrize("zipped", ["", "GZIP"], ids=["plain", "gzip"])
def test_a_bill_is_downloaded_and_parsed(
    shop: Shop, sandbox: tuple[Served, Rest], zipped: str
) -> None:
    with yesterday.past(sandbox[0], shop.settings["mchid"]) as world:
        order = yesterday.sell(world, shop.settings["appid"], PRICE)
        refund = yesterday.send_back(world, order, BACK)
    asked = {"bill_date": yesterday.date(), "tar_type": zipped}
    offer = shop.done("trade_bill", bill_type="ALL", **asked)
    bill = shop.do("download_bill", url=offer["download_url"])
    assert bill.get("status") == 200, bill
    digest = hashlib.sha1(b"\xef\xbb\xbf" + bill["body"].encode(), usedforsecurity=False)
    assert digest.hexdigest() == offer["hash_value"]
    lines = bill["body"].split("\r\n")
    rows = [line[1:].split(",`") for line in lines[1:-3]]
    assert {(order.reference, "SUCCESS", "0"), (order.reference, "REFUND", refund.reference)} <= {
        (row[6], row[9], row[15]) for row in rows
    }
    if "rows" in bill:
        assert [list(row.values()) for row in bill["rows"]] == rows
        assert bill["summary"]["总交易单数"] == str(len(rows))
    offer = shop.done("fundflow_bill", account_type="BASIC", **asked)
    flow = shop.do("download_bill", url=offer["download_url"])["body"]
    assert refund.reference in flow


@pytest.fixture(scope="module")
def sub_mchid(shop: Shop, sandbox: tuple[Served, Rest]) -> str:
    """A merchant that lets the shop act for it."""
    made = sandbox[0].command("sandbox", "merchant", "Sub")["mchid"]
    sandbox[0].command("sandbox", "partner", shop.settings["mchid"], made)
    return str(made)


def test_a_pay_code_is_charged_and_the_payment_undone(shop: Shop, payer: Person) -> None:
    number = f"C{next(numbers)}"
    charged = shop.do(
        "codepay",
        out_trade_no=number,
        description="咖啡",
        amount={"total": PRICE, "currency": "CNY"},
        payer={"auth_code": payer.pay_code()},
        scene_info={"store_info": {"id": "1"}},
    )
    if charged.get("missing"):
        assert shop.do("codepay_reverse")["missing"]
        return
    assert charged.get("status") == 200, charged
    assert (charged["body"]["trade_type"], charged["body"]["trade_state"]) == (
        "MICROPAY",
        "SUCCESS",
    )
    for _ in range(2):
        assert shop.done("codepay_reverse", out_trade_no=number)["out_trade_no"] == number
    assert shop.done("query", out_trade_no=number)["trade_state"] == "REFUND"


def test_a_provider_acts_for_a_sub_merchant(shop: Shop, sub_mchid: str, payer: Person) -> None:
    number = f"P{next(numbers)}"
    sold = {"out_trade_no": number, "sub_mchid": sub_mchid}
    total = {"total": PRICE, "currency": "CNY"}
    placed = shop.do("partner", call="pay", description="茶", amount=total, **sold)
    if placed.get("missing"):
        for call in ("query", "refund", "close"):
            assert shop.do("partner", call=call)["missing"]
        return
    payer.pay(placed["body"]["code_url"])
    order = shop.done("partner", call="query", **sold)
    assert (order["trade_state"], order["sub_mchid"]) == ("SUCCESS", sub_mchid)
    refund = {"out_refund_no": f"R{number}", "amount": {"refund": BACK, **total}}
    assert shop.done("partner", call="refund", **sold, **refund)["status"] == "SUCCESS"
    other = sold | {"out_trade_no": f"{number}B"}
    again = shop.do("partner", call="pay", description="茶", amount=total, **other)
    assert again["status"] == 200
    assert shop.do("partner", call="close", **other)["status"] == 204
    assert shop.done("partner", call="query", **other)["trade_state"] == "CLOSED"


def test_a_provider_opens_the_sealed_bill_of_a_sub_merchant(
    shop: Shop, sandbox: tuple[Served, Rest], sub_mchid: str
) -> None:
    with yesterday.past(sandbox[0], sub_mchid) as world:
        order = yesterday.sell(world, shop.settings["appid"], PRICE)
    asked = {"sub_mchid": sub_mchid, "bill_date": yesterday.date(), "account_type": "BASIC"}
    offer = shop.do("submch_fundflow_bill", algorithm="AEAD_AES_256_GCM", **asked)
    if offer.get("missing"):
        assert shop.do("download_sealed_bill")["missing"]
        return
    (one,) = offer["body"]["download_bill_list"]
    sealed = {"encrypt_key": one["encrypt_key"], "nonce": one["nonce"]}
    bill = shop.do("download_sealed_bill", url=one["download_url"], **sealed)
    assert bill.get("status") == 200, bill
    assert bill["body"].startswith("记账时间,")
    assert order.reference in bill["body"]


def test_what_the_sdk_signs_for_a_page_opens_the_cashier(
    shop: Shop, sandbox: tuple[Served, Rest], payer: Person
) -> None:
    appid = shop.settings["appid"]
    user = sandbox[0].command("sandbox", "user", payer.phone, "--appid", appid)
    _, placed = shop.place("jsapi", payer={"openid": user["openid"]}, notify_url=shop.address("/j"))
    cashier = opened(shop, placed["invoke"])
    payer.pay(shop.settings["base_url"] + cashier)
    told = shop.do("callback", **shop.letter("/j")._asdict())["opened"]["resource"]
    assert (told["trade_type"], told["payer"]) == ("JSAPI", {"openid": user["openid"]})


def test_what_the_sdk_signs_for_an_app_opens_the_cashier(shop: Shop) -> None:
    _, placed = shop.place("app")
    opened(shop, placed["invoke"])


def test_an_h5_order_opens_the_cashier(shop: Shop) -> None:
    scene_info = {"payer_client_ip": "1.2.3.4", "h5_info": {"type": "Wap"}}
    _, placed = shop.place("h5", scene_info=scene_info)
    answer = httpx.get(placed["body"]["h5_url"], trust_env=False, verify=False, timeout=30)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/c/")


def test_the_compatibility_page_says_what_was_seen() -> None:
    TABLE.check()


def opened(shop: Shop, invocation: dict[str, str]) -> str:
    """Where a signed invocation leads; with another nonce it leads nowhere."""
    address = f"{shop.settings['base_url']}/wxpay/invoke"
    nonce = "nonceStr" if "nonceStr" in invocation else "noncestr"
    forged = httpx.get(
        address, params=invocation | {nonce: "other"}, trust_env=False, verify=False, timeout=30
    )
    assert forged.status_code == 400
    answer = httpx.get(address, params=invocation, trust_env=False, verify=False, timeout=30)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])
