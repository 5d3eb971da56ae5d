"""The WeChat Pay door over a real socket: good calls, and every bad one in the protocol's words."""

import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from changliao.commands.people import Person
from tests.openapi import certificate_of
from tests.served import Rest, Served, Shop, merchant
from tests.waiting import becomes

NATIVE = "/v3/pay/transactions/native"
BY_NUMBER = "/v3/pay/transactions/out-trade-no"
REFUNDS = "/v3/refund/domestic/refunds"
Sandbox = tuple[Served, Rest]


@pytest.fixture(scope="module")
def paid(shop: Shop, payer: Person) -> str:
    """The number of an order of ¥10.00 that was paid."""
    number, placed = shop.place()
    payer.pay(placed["code_url"])
    return number


@pytest.fixture(scope="module")
def provider(sandbox: Sandbox) -> Iterator[Shop]:
    """A merchant that acts for others."""
    with merchant(sandbox[0], "Provider") as made:
        yield made


@pytest.fixture(scope="module")
def other(sandbox: Sandbox) -> Iterator[Shop]:
    """Another merchant."""
    with merchant(sandbox[0], "Other") as made:
        yield made


def refused(answer: httpx.Response, status: int, code: str) -> Any:
    """The body of a refusal, which is never signed: nobody was let in or nothing happened."""
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
    assert answer.json()["message"]
    assert "Wechatpay-Signature" not in answer.headers
    return answer.json()


def query(shop: Shop, number: str) -> Any:
    answer = shop.get(f"{BY_NUMBER}/{number}?mchid={shop.mchid}")
    assert answer.status_code == 200, answer.text
    assert shop.verifies(answer)
    return answer.json()


def test_an_order_lives_from_placing_to_refund(shop: Shop, payer: Person) -> None:
    number, placed = shop.place(attach="a=1", amount={"total": 1000})
    assert query(shop, number)["trade_state"] == "NOTPAY"
    payer.pay(placed["code_url"])
    order = query(shop, number)
    assert order["trade_state"] == "SUCCESS"
    assert order["attach"] == "a=1"
    assert order["amount"]["total"] == order["amount"]["payer_total"] == 1000
    by_id = shop.get(f"/v3/pay/transactions/id/{order['transaction_id']}?mchid={shop.mchid}")
    assert by_id.json() == order
    asked = {
        "out_trade_no": number,
        "out_refund_no": f"{number}R",
        "amount": {"refund": 300, "total": 1000, "currency": "CNY"},
    }
    refund = shop.post(REFUNDS, **asked)
    assert (refund.status_code, refund.json()["status"]) == (200, "SUCCESS")
    assert shop.post(REFUNDS, **asked).json() == refund.json()
    assert shop.get(f"{REFUNDS}/{number}R").json() == refund.json()
    assert query(shop, number)["trade_state"] == "REFUND"


def test_a_closed_order_stays_closed(shop: Shop) -> None:
    number, _ = shop.place()
    for _ in range(2):
        closed = shop.post(f"{BY_NUMBER}/{number}/close", mchid=shop.mchid)
        assert (closed.status_code, closed.content) == (204, b"")
        assert shop.verifies(closed)
    assert query(shop, number)["trade_state"] == "CLOSED"
    refused(shop.post(NATIVE, **shop.order(out_trade_no=number)), 400, "ORDER_CLOSED")


def test_a_provider_sells_for_its_merchant_only(
    sandbox: Sandbox, provider: Shop, other: Shop, payer: Person
) -> None:
    body = provider.order(
        mchid=None, appid=None, sp_mchid=provider.mchid, sp_appid=provider.appid,
        sub_mchid=other.mchid,
    )  # fmt: skip
    path = "/v3/pay/partner/transactions"
    refused(provider.post(f"{path}/native", **body), 403, "NO_AUTH")
    sandbox[0].command("sandbox", "partner", provider.mchid, other.mchid)
    # The directory may be a second old.
    becomes(lambda: provider.post(f"{path}/native", **body).status_code, 200)
    placed = provider.post(f"{path}/native", **body).json()
    payer.pay(placed["code_url"])
    whose = f"sp_mchid={provider.mchid}&sub_mchid={other.mchid}"
    number = body["out_trade_no"]
    order = provider.get(f"{path}/out-trade-no/{number}?{whose}").json()
    assert (order["trade_state"], order["sp_mchid"]) == ("SUCCESS", provider.mchid)
    assert order["sub_mchid"] == other.mchid
    by_id = provider.get(f"{path}/id/{order['transaction_id']}?{whose}")
    assert by_id.json() == order
    closing = provider.post(
        f"{path}/out-trade-no/{number}/close", sp_mchid=provider.mchid, sub_mchid=other.mchid
    )
    refused(closing, 400, "ORDERPAID")
    refunded = provider.post(
        REFUNDS, sub_mchid=other.mchid, out_trade_no=number, out_refund_no=f"{number}R",
        amount={"refund": 1000, "total": 1000, "currency": "CNY"},
    )  # fmt: skip
    assert refunded.json()["status"] == "SUCCESS"
    assert other.get(f"{path}/out-trade-no/{number}?{whose}").status_code == 400


def test_h5_and_app_orders_answer_what_their_sdks_expect(shop: Shop) -> None:
    scene_info = {"payer_client_ip": "1.2.3.4", "h5_info": {"type": "Wap"}}
    _, h5 = shop.place("h5", scene_info=scene_info)
    assert h5["h5_url"].startswith(shop.fields["base_url"] + "/h5pay?prepay_id=wx")
    _, app = shop.place("app")
    assert app["prepay_id"].startswith("wx")
    assert len(app["prepay_id"]) <= 64


def test_a_jsapi_order_is_its_payers_alone(sandbox: Sandbox, shop: Shop) -> None:
    owner = sandbox[0].command(
        "sandbox", "user", "13900000008", "--appid", shop.appid, "--balance", "5000"
    )
    refused(shop.post("/v3/pay/transactions/jsapi", **shop.order()), 400, "PARAM_ERROR")
    payer = {"openid": "o" + "x" * 27}
    body = shop.order(payer=payer)
    refused(shop.post("/v3/pay/transactions/jsapi", **body), 400, "PARAM_ERROR")
    number, placed = shop.place("jsapi", payer={"openid": owner["openid"]})
    assert placed["prepay_id"].startswith("wx")
    timestamp, nonce = str(int(time.time())), "5K8264ILTKCH16CQ2502SI8ZNMTM67VS"
    package = f"prepay_id={placed['prepay_id']}"
    pay_sign = shop.sign(f"{shop.appid}\n{timestamp}\n{nonce}\n{package}\n".encode())
    invoke = {
        "appId": shop.appid, "timeStamp": timestamp, "nonceStr": nonce, "package": package,
        "signType": "RSA", "paySign": pay_sign,
    }  # fmt: skip
    wrong = shop.http.get("/wxpay/invoke", params=invoke | {"nonceStr": "other"})
    assert wrong.status_code == 400
    opened = shop.http.get("/wxpay/invoke", params=invoke)
    assert opened.status_code == 303
    assert opened.headers["Location"] == "/c/" + placed["prepay_id"][2:]
    assert query(shop, number)["trade_state"] == "NOTPAY"


def test_answers_name_headers_exactly_as_documented(shop: Shop) -> None:
    """The official Java SDK reads header names by their case."""
    request = shop.signed("GET", "/v3/certificates")
    head = "\r\n".join(
        [
            "GET /v3/certificates HTTP/1.1",
            f"Host: {request.url.netloc.decode()}",
            f"Authorization: {request.headers['Authorization']}",
            "Connection: close",
            "",
            "",
        ]
    )
    with socket.create_connection((request.url.host, request.url.port or 80)) as connection:
        connection.sendall(head.encode())
        raw = b"".join(iter(lambda: connection.recv(65536), b""))
    names = [line.split(b":")[0] for line in raw.split(b"\r\n\r\n")[0].split(b"\r\n")[1:]]
    for name in (
        b"Wechatpay-Nonce", b"Wechatpay-Timestamp", b"Wechatpay-Serial", b"Wechatpay-Signature",
        b"Wechatpay-Signature-Type", b"Request-ID", b"Content-Type",
    ):  # fmt: skip
        assert name in names, names


def test_the_serial_tells_which_key_signed(shop: Shop) -> None:
    by_certificate = shop.get("/v3/certificates")
    assert (
        by_certificate.headers["Wechatpay-Serial"] == (shop.fields["wechatpay_certificate_serial"])
    )
    key_id = shop.fields["wechatpay_public_key_id"]
    by_key = shop.get("/v3/certificates", serial=key_id)
    assert by_key.headers["Wechatpay-Serial"] == key_id
    assert shop.verifies(by_certificate)
    assert shop.verifies(by_key)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer abc",
        "WECHATPAY2-SM2-WITH-SM3 a=1",
        "WECHATPAY2-SHA256-RSA2048",
        'WECHATPAY2-SHA256-RSA2048 mchid="1"',
        'WECHATPAY2-SHA256-RSA2048 mchid="1",nonce_str="\\"',
        'WECHATPAY2-SHA256-RSA2048 mchid="1",nonce_str="a",timestamp="x",serial_no="",signature=""',
    ],
)
def test_an_unsigned_request_is_let_nowhere(shop: Shop, header: str) -> None:
    headers = {"Authorization": header} if header else {}
    refused(shop.http.get("/v3/certificates", headers=headers), 401, "SIGN_ERROR")


def test_a_wrong_signature_says_what_should_have_been_signed(shop: Shop) -> None:
    body = b'{"a":1}'
    request = shop.signed("POST", NATIVE, body, signature=shop.sign(b"something else"))
    told = refused(shop.http.send(request), 401, "SIGN_ERROR")
    signed = told["detail"]["sign_information"]
    assert (signed["method"], signed["url"]) == ("POST", NATIVE)
    assert signed["truncated_sign_message"].startswith(f"POST\n{NATIVE}\n")
    assert signed["truncated_sign_message"].endswith('{"a":1}\n')


@pytest.mark.parametrize(
    "written",
    [
        f"{BY_NUMBER}/A|B*{{}}?mchid={{}}&a=C|D",
        f"{BY_NUMBER}/A|B*{{}}?mchid={{}}&a=C%7CD",
        f"{BY_NUMBER}/A%7CB*{{}}?mchid={{}}&a=C%7CD",
    ],
    ids=["as written", "only the query encoded", "both encoded"],
)
def test_numbers_may_be_signed_as_each_library_writes_them(shop: Shop, written: str) -> None:
    """Libraries encode an address after it was signed, wholly or only its path."""
    target = written.format("x", shop.mchid)
    request = shop.signed("GET", target)
    sent = f"{BY_NUMBER}/A%7CB*x?mchid={shop.mchid}&a=C%7CD"
    moved = shop.http.build_request("GET", sent, headers=request.headers)
    refused(shop.http.send(moved), 404, "ORDER_NOT_EXIST")
    other = shop.signed("GET", target.replace("x?", "y?"))
    moved = shop.http.build_request("GET", sent, headers=other.headers)
    refused(shop.http.send(moved), 401, "SIGN_ERROR")


@pytest.mark.parametrize("skew", [-301, 301])
def test_a_stale_request_is_refused(shop: Shop, skew: int) -> None:
    answer = shop.get("/v3/certificates", timestamp=str(int(time.time()) + skew))
    assert "5分钟" in refused(answer, 401, "SIGN_ERROR")["message"]


def test_strangers_are_refused(shop: Shop, other: Shop) -> None:
    refused(shop.get("/v3/certificates", mchid="1900000000"), 401, "SIGN_ERROR")
    refused(shop.get("/v3/certificates", mchid=other.mchid), 401, "SIGN_ERROR")
    refused(shop.get("/v3/certificates", serial_no="00FF"), 401, "SIGN_ERROR")
    refused(shop.get("/v3/certificates", serial_no="not hex"), 401, "SIGN_ERROR")


def test_a_key_that_ended_or_was_revoked_signs_nothing(sandbox: Sandbox) -> None:
    """Whose certificate it was does not count: each is looked for among the merchant's own."""
    with merchant(sandbox[0], "Keys") as made, merchant(sandbox[0], "Others") as stranger:
        keys = f"/api/v1/merchants/{made.mchid}/keys"

        def said(serial: str) -> str:
            answer = made.get("/v3/certificates", serial_no=serial)
            return str(refused(answer, 401, "SIGN_ERROR")["message"])

        for ends_in_days in (-1, 9):
            pem = certificate_of(made.private_key, ends_in_days)
            added = sandbox[1].post(keys, public_key=pem.decode())
            assert added.status_code == 201, added.text
            serial = added.json()["serial"]
            if ends_in_days < 0:
                assert "已过期" in said(serial)
        assert made.get("/v3/certificates", serial_no=serial).status_code == 200
        assert sandbox[1].post(f"{keys}/{serial}/revoke").status_code == 200
        assert "已作废" in said(serial)
        assert "序列号有误" in said(stranger.fields["certificate_serial"])
        assert made.get("/v3/certificates").status_code == 200


def test_a_replayed_request_changes_nothing(shop: Shop) -> None:
    """Proxies repeat requests, so a repeat is answered; the order is the same one."""
    body = json.dumps(shop.order()).encode()
    request = shop.signed("POST", NATIVE, body)
    assert shop.http.send(request).status_code == 200
    assert shop.http.send(request).status_code == 200


def test_what_is_said_twice_and_differently_is_refused(shop: Shop) -> None:
    number, _ = shop.place()
    target = f"/v3/pay/transactions/out-trade-no/{number}?mchid="
    assert shop.get(f"{target}{shop.mchid}&mchid={shop.mchid}").status_code == 200
    for mchids in (f"{shop.mchid}&mchid=1900000109", f"1900000109&mchid={shop.mchid}"):
        said = refused(shop.get(target + mchids), 400, "PARAM_ERROR")
        assert (said["detail"]["field"], said["detail"]["location"]) == ("mchid", "query")
    body = json.dumps(shop.order()).encode()
    signature = ("Authorization", shop.signed("POST", NATIVE, body).headers["Authorization"])
    kinds = [("Content-Type", "application/json"), ("Content-Type", "text/xml")]
    answer = shop.http.post(NATIVE, content=body, headers=[signature, *kinds])
    assert refused(answer, 400, "PARAM_ERROR")["detail"]["field"] == "Content-Type"


def test_a_member_given_twice_and_differently_is_refused(shop: Shop) -> None:
    body = json.dumps(shop.order(amount={"total": 1})).encode()
    other = body.replace(b'"total": 1', b'"total": 1, "total": 100000')
    said = refused(shop.http.send(shop.signed("POST", NATIVE, other)), 400, "PARAM_ERROR")
    assert (said["detail"]["field"], said["detail"]["location"]) == ("/total", "body")
    same = body.replace(b'"total": 1', b'"total": 1, "total": 1')
    assert shop.http.send(shop.signed("POST", NATIVE, same)).status_code == 200


def test_an_oversized_body_is_refused_with_the_limit(shop: Shop) -> None:
    answer = shop.http.send(shop.signed("POST", NATIVE, b" " * 1_048_577))
    assert "1048576" in refused(answer, 413, "PARAM_ERROR")["message"]


@pytest.mark.parametrize("path", [NATIVE, "/api/v1/orders", "/gateway.do"])
def test_who_is_still_sending_too_much_hears_why(shop: Shop, path: str) -> None:
    """A connection closed on its sender is reset, and the answer lost."""
    address = shop.http.base_url
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 4000000\r\n\r\n"
    )
    with socket.create_connection((address.host, address.port)) as connection:
        connection.sendall(head.encode())
        for _ in range(4):
            connection.sendall(b" " * 1_000_000)
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert answer.startswith((b"HTTP/1.1 413", b"HTTP/1.1 200"))
    assert len(answer) > 200


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount": {"total": "1000"}}, "/amount/total"),
        ({"amount": {"total": 10.5}}, "/amount/total"),
        ({"amount": {"total": 0}}, "/amount/total"),
        ({"amount": {"total": -1}}, "/amount/total"),
        ({"amount": {"total": 10**12 + 1}}, "/amount/total"),
        ({"amount": {"total": 10**30}}, "/amount/total"),
        ({"amount": {"total": True}}, "/amount/total"),
        ({"amount": None}, "/"),
        ({"amount": {"total": 1, "currency": "USD"}}, "/amount/currency"),
        ({"out_trade_no": "short"}, "/out_trade_no"),
        ({"out_trade_no": "x" * 33}, "/out_trade_no"),
        ({"out_trade_no": "with space"}, "/out_trade_no"),
        ({"out_trade_no": "with-a-line-feed\n"}, "/out_trade_no"),
        ({"description": ""}, "/description"),
        ({"description": "长" * 128}, "/description"),
        ({"description": "a\u0000b"}, "/"),
        ({"notify_url": "ftp://x.test/"}, "/notify_url"),
        ({"notify_url": "http://x.test/?a=1"}, "/notify_url"),
        ({"notify_url": "http://x.test/\n"}, "/notify_url"),
        ({"notify_url": "http:///notify"}, "/notify_url"),
        ({"notify_url": "http://user:word@x.test/"}, "/notify_url"),
        ({"time_expire": "tomorrow"}, "/time_expire"),
        ({"time_expire": "2020-01-01T00:00:00+08:00"}, "/time_expire"),
        ({"time_expire": "2020-13-01T00:00:00+08:00"}, "/time_expire"),
        ({"attach": ["list"]}, "/attach"),
        ({"payer": "me"}, "/payer"),
    ],
)
def test_a_wrong_field_is_named(shop: Shop, changes: dict[str, Any], field: str) -> None:
    body = shop.order(**changes)
    told = refused(shop.post(NATIVE, **body), 400, "PARAM_ERROR")
    assert told["detail"]["field"] == field
    if "out_trade_no" not in changes:
        missing = shop.get(f"{BY_NUMBER}/{body['out_trade_no']}?mchid={shop.mchid}")
        refused(missing, 404, "ORDER_NOT_EXIST")


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b'"text"', b"{", b"\xff\xfe", b'{"description": "\xff"}',
        b'{"description": "\\ud800"}', b"{}", b'{"detail":' + b'{"a":' * 50_000 + b"1",
        b'{"detail":' + b'{"a":' * 50_000 + b"1" + b"}" * 50_001,
        b'{"amount":{"total":1e400}}', b'{"amount":{"total":NaN}}',
    ],
    ids=range(13),
)  # fmt: skip
def test_a_body_that_is_no_form_is_refused(shop: Shop, body: bytes) -> None:
    refused(shop.http.send(shop.signed("POST", NATIVE, body)), 400, "PARAM_ERROR")


@pytest.mark.parametrize("number", ["%FF", "a" * 5000, "%E4%B8%AD", "1"])
def test_a_number_nobody_has_is_not_found(shop: Shop, number: str) -> None:
    answer = shop.get(f"{BY_NUMBER}/{number}?mchid={shop.mchid}")
    refused(answer, 404, "ORDER_NOT_EXIST")


@pytest.mark.parametrize("target", [f"{BY_NUMBER}/%00?mchid=1", f"{BY_NUMBER}/1?mchid=%00"])
def test_a_name_with_a_nul_byte_names_nothing(shop: Shop, target: str) -> None:
    assert shop.get(target).status_code == 400


def test_another_merchants_order_cannot_be_seen_or_touched(
    shop: Shop, other: Shop, paid: str
) -> None:
    refused(other.get(f"{BY_NUMBER}/{paid}?mchid={other.mchid}"), 404, "ORDER_NOT_EXIST")
    refused(other.get(f"{BY_NUMBER}/{paid}?mchid={shop.mchid}"), 400, "PARAM_ERROR")
    transaction_id = query(shop, paid)["transaction_id"]
    by_id = f"/v3/pay/transactions/id/{transaction_id}?mchid={other.mchid}"
    refused(other.get(by_id), 404, "ORDER_NOT_EXIST")
    closing = other.post(f"{BY_NUMBER}/{paid}/close", mchid=other.mchid)
    refused(closing, 404, "ORDER_NOT_EXIST")
    for named in ({"out_trade_no": paid}, {"transaction_id": transaction_id}):
        amount = {"refund": 1, "total": 1000, "currency": "CNY"}
        answer = other.post(REFUNDS, **named, out_refund_no="stolen", amount=amount)
        assert answer.status_code == 404, answer.text
    refused(other.post(NATIVE, **shop.order()), 400, "PARAM_ERROR")
    refused(other.post(NATIVE, **other.order(appid=shop.appid)), 400, "APPID_MCHID_NOT_MATCH")


def test_changed_terms_under_the_same_number_are_refused(shop: Shop) -> None:
    body = shop.order()
    assert shop.post(NATIVE, **body).status_code == 200
    changed = body | {"amount": {"total": 1, "currency": "CNY"}}
    refused(shop.post(NATIVE, **changed), 403, "OUT_TRADE_NO_USED")
    assert query(shop, body["out_trade_no"])["amount"]["total"] == 1000


def test_a_paid_order_is_neither_paid_nor_closed_again(shop: Shop, paid: str) -> None:
    body = shop.order(out_trade_no=paid)
    assert shop.post(NATIVE, **body).status_code in (400, 403)
    refused(shop.post(f"{BY_NUMBER}/{paid}/close", mchid=shop.mchid), 400, "ORDERPAID")


def test_a_refund_is_never_more_than_what_is_left(shop: Shop, payer: Person) -> None:
    number, placed = shop.place()
    amount = {"refund": 600, "total": 1000, "currency": "CNY"}
    unpaid = shop.post(REFUNDS, out_trade_no=number, out_refund_no="R0" + number, amount=amount)
    refused(unpaid, 404, "RESOURCE_NOT_EXISTS")
    payer.pay(placed["code_url"])
    first = shop.post(REFUNDS, out_trade_no=number, out_refund_no="R1" + number, amount=amount)
    assert first.status_code == 200
    second = shop.post(REFUNDS, out_trade_no=number, out_refund_no="R2" + number, amount=amount)
    refused(second, 400, "INVALID_REQUEST")
    other_total = amount | {"total": 2000, "refund": 1}
    third = shop.post(REFUNDS, out_trade_no=number, out_refund_no="R3" + number, amount=other_total)
    refused(third, 400, "INVALID_REQUEST")
    changed = amount | {"refund": 1}
    again = shop.post(REFUNDS, out_trade_no=number, out_refund_no="R1" + number, amount=changed)
    refused(again, 400, "INVALID_REQUEST")


def test_unknown_routes_and_methods_are_said(shop: Shop) -> None:
    assert shop.get("/v3/nothing").status_code == 404
    assert shop.get(f"{BY_NUMBER}/a%2Fb?mchid={shop.mchid}").status_code == 404
    assert shop.http.send(shop.signed("DELETE", NATIVE)).status_code == 405


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"scene_info": {"payer_client_ip": "here"}}, "/scene_info/payer_client_ip"),
        ({"scene_info": {"payer_client_ip": "::1", "store_info": {"name": "S"}}},
         "/scene_info/store_info"),
        ({"scene_info": {"payer_client_ip": "::1", "h5_info": {"app_name": "S"}}},
         "/scene_info/h5_info"),
        ({"settle_info": {"profit_sharing": "yes"}}, "/settle_info/profit_sharing"),
        ({"detail": {"goods_detail": []}}, "/detail/goods_detail"),
        ({"detail": {"goods_detail": [{"merchant_goods_id": "1", "quantity": 1}]}},
         "/detail/goods_detail/0"),
    ],
)  # fmt: skip
def test_what_an_order_says_of_its_goods_and_place_is_read(
    shop: Shop, changes: dict[str, Any], field: str
) -> None:
    said = refused(shop.post(NATIVE, **shop.order(**changes)), 400, "PARAM_ERROR")
    assert said["detail"]["field"] == field


def test_a_refund_of_named_accounts_adds_up_and_a_whole_one_is_the_last(
    shop: Shop, paid: str
) -> None:
    def ask(refund: int, number: str, **changes: Any) -> httpx.Response:
        amount = {"refund": refund, "total": 1000, "currency": "CNY", **changes}
        return shop.post(REFUNDS, out_trade_no=paid, out_refund_no=f"{paid}{number}", amount=amount)

    said = refused(ask(3, "A", **{"from": [{"account": "AVAILABLE", "amount": 2}]}), 400,
                   "PARAM_ERROR")  # fmt: skip
    assert said["detail"]["field"] == "/amount/from"
    refused(ask(2, "A", **{"from": [{"account": "ANY", "amount": 2}]}), 400, "PARAM_ERROR")
    assert ask(2, "A", **{"from": [{"account": "AVAILABLE", "amount": 2}]}).status_code == 200
    left = refused(ask(999, "B"), 400, "INVALID_REQUEST")
    assert ask(998, "C").status_code == 200
    none = refused(ask(1, "D"), 400, "INVALID_REQUEST")
    assert (left["message"], none["message"]) == ("退款金额超过订单可退金额", "订单已全额退款")
