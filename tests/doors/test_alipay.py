"""The Alipay gateway over a real socket: good calls, and every bad one in the protocol's words."""

import base64
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from changliao.commands.people import Person
from tests.openapi import OpenApp, certificate_of, number, open_app
from tests.served import Rest, Served

Sandbox = tuple[Served, Rest]
QUERY, PRECREATE, REFUND = "alipay.trade.query", "alipay.trade.precreate", "alipay.trade.refund"
CLOSE, CANCEL = "alipay.trade.close", "alipay.trade.cancel"
REFUND_QUERY = "alipay.trade.fastpay.refund.query"


@pytest.fixture(scope="module", params=["key", "certificate"])
def app(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[OpenApp]:
    """An app in each mode."""
    with open_app(sandbox[0], certificate=request.param == "certificate") as made:
        yield made


@pytest.fixture(scope="module")
def store(sandbox: Sandbox) -> Iterator[OpenApp]:
    """An app in key mode, for what the mode does not matter to."""
    with open_app(sandbox[0], "Bookshop") as made:
        yield made


@pytest.fixture(scope="module")
def paid(store: OpenApp, payer: Person) -> str:
    """The number of a trade of ¥10.00 that was paid."""
    reference, code = store.precreate()
    payer.pay(code)
    return reference


def test_a_trade_lives_from_its_code_to_its_last_refund(app: OpenApp, payer: Person) -> None:
    reference, code = app.precreate()
    missing = app.call(QUERY, {"out_trade_no": reference}).fields
    assert (missing["sub_code"], missing["receipt_amount"]) == ("ACQ.TRADE_NOT_EXIST", "0.00")
    payer.pay(code)
    trade = app.query(reference)
    assert (trade["trade_status"], trade["total_amount"]) == ("TRADE_SUCCESS", "10.00")
    assert trade["buyer_logon_id"] == "139****0001"
    assert trade["buyer_user_id"].startswith("2088")
    by_number = app.done(QUERY, {"trade_no": trade["trade_no"], "out_trade_no": "other"})
    assert by_number == trade
    part = {"out_trade_no": reference, "refund_amount": 3, "out_request_no": "first"}
    back = app.done(REFUND, part)
    assert (back["fund_change"], back["refund_fee"], back["send_back_fee"]) == ("Y", "3.00", "3.00")
    again = app.done(REFUND, part)
    assert again == back | {"fund_change": "N"}
    asked = app.done(REFUND_QUERY, {"out_trade_no": reference, "out_request_no": "first"})
    assert (asked["refund_status"], asked["refund_amount"]) == ("REFUND_SUCCESS", "3.00")
    applied = app.done("alipay.trade.refund.apply", part)
    assert applied == {
        "code": "10000", "msg": "Success", "out_request_no": "first", "out_trade_no": reference,
        "refund_amount": "3.00", "refund_status": "REFUND_SUCCESS", "trade_no": trade["trade_no"],
    }  # fmt: skip
    rest = app.done(REFUND, {"trade_no": trade["trade_no"], "refund_amount": "7.00"})
    assert rest["refund_fee"] == "10.00"
    assert app.query(reference)["trade_status"] == "TRADE_CLOSED"
    more = {"out_trade_no": reference, "refund_amount": "0.01", "out_request_no": "more"}
    assert app.refused(REFUND, more) == "ACQ.TRADE_HAS_CLOSE"


def test_the_envelope_is_exact(app: OpenApp) -> None:
    answer = app.call(PRECREATE, app.order())
    assert answer.root == "alipay_trade_precreate_response"
    assert answer.node.startswith(b'{"code":"10000","msg":"Success","out_trade_no":"')
    assert b'"qr_code":"http:\\/\\/127.0.0.1' in answer.node
    has_number = b'"alipay_cert_sn":"' in answer.tail
    assert has_number == app.certificate
    refused = app.call(QUERY, {"out_trade_no": "x"})
    assert refused.root == "alipay_trade_query_response"


@pytest.mark.parametrize("charset", ["GBK", "gbk", "utf-8", "UTF-8"])
def test_a_charset_goes_through_from_end_to_end(store: OpenApp, charset: str) -> None:
    assert store.done(PRECREATE, store.order(subject="一号店"), charset=charset)["qr_code"]
    answer = store.call(QUERY, {"out_trade_no": number()}, charset=charset)
    assert answer.fields["sub_msg"] == "交易不存在"


def test_the_older_signature_is_answered_with_the_older_signature(store: OpenApp) -> None:
    assert store.done(PRECREATE, store.order(), sign_type="RSA")


def test_everything_may_come_in_the_address_even_when_it_is_long(store: OpenApp) -> None:
    content = store.order(unknown="x" * 40_000)
    given = store.parameters(PRECREATE, content)
    answer = store.read(store.http.get(store.gateway, params=given), given)
    assert answer.fields["code"] == "10000"


def test_some_may_come_in_the_address_and_some_in_the_body(store: OpenApp) -> None:
    given = store.parameters(PRECREATE, store.order())
    body = {name: given.pop(name) for name in ("biz_content", "charset")}
    query = given | {"charset": "utf-8"}
    answer = store.read(store.http.post(store.gateway, params=query, data=body), given)
    assert answer.fields["code"] == "10000"


def test_a_multipart_form_is_a_form(store: OpenApp) -> None:
    given = store.parameters(PRECREATE, store.order())
    files: Any = [(name, (None, value)) for name, value in given.items()]
    answer = store.http.post(store.gateway, files=[*files, ("photo", ("a.png", b"\x89\x00"))])
    assert store.read(answer, given).fields["code"] == "10000"


def test_a_whole_address_may_stand_in_the_request_line(store: OpenApp, sandbox: Sandbox) -> None:
    given = store.parameters(QUERY, {"out_trade_no": "x"})
    target = f"{store.gateway}?{urlencode(given)}"
    text = f"GET {target} HTTP/1.1\r\nHost: openapi.alipay.com\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", sandbox[0].port)) as connection:
        connection.sendall(text.encode())
        got = b"".join(iter(lambda: connection.recv(65_536), b""))
    head, _, body = got.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert b"text/html;charset=utf-8" in head
    assert b"ACQ.TRADE_NOT_EXIST" in body


def test_empty_parameters_may_be_signed_or_not(store: OpenApp) -> None:
    content = {"out_trade_no": number()}
    assert store.refused(QUERY, content, app_auth_token="") == "ACQ.TRADE_NOT_EXIST"
    given = store.parameters(QUERY, content, prod_code="", sign="")
    del given["sign"]
    text = "&".join(f"{name}={given[name]}" for name in sorted(given))
    signed = store.sign(text.encode())
    assert store.refused(
        QUERY, content, timestamp=given["timestamp"], prod_code="", sign=signed
    ) == ("ACQ.TRADE_NOT_EXIST")


def test_zero_and_values_with_an_at_sign_may_be_left_out_of_what_is_signed(store: OpenApp) -> None:
    given = store.parameters(QUERY, {"out_trade_no": "x"})
    sent = given | {"prod_code": "0", "terminal_info": "@home"}
    answer = store.read(store.http.post(store.gateway, data=sent), sent)
    assert answer.fields["sub_code"] == "ACQ.TRADE_NOT_EXIST"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"app_id": None}, "isv.missing-app-id"),
        ({"app_id": "2021999999999999"}, "isv.invalid-app-id"),
        ({"sign": ""}, "isv.missing-signature"),
        ({"sign_type": ""}, "isv.missing-signature-type"),
        ({"timestamp": None}, "isv.missing-timestamp"),
        ({"version": None}, "isv.missing-version"),
        ({"sign_type": "SM2"}, "isv.invalid-signature-type"),
        ({"timestamp": "yesterday"}, "isv.invalid-timestamp"),
        ({"timestamp": "2026-13-01 00:00:00"}, "isv.invalid-timestamp"),
        ({"charset": "latin-1"}, "isv.invalid-charset"),
        ({"format": "xml"}, "isv.invalid-format"),
        ({"sign": "AAAA"}, "isv.invalid-signature"),
        ({"sign": "not base64"}, "isv.invalid-signature"),
        ({"app_cert_sn": "0" * 32}, "isv.missing-alipay-root-cert-sn"),
        ({"alipay_root_cert_sn": "0" * 32}, "isv.missing-app-cert-sn"),
        ({"app_auth_token": "nonsense"}, "aop.invalid-app-auth-token"),
        ({"encrypt_type": "DES"}, "isv.invalid-encrypt-type"),
        ({"encrypt_type": "AES"}, "isv.decryption-error-not-valid-encrypt-key"),
        ({"biz_content": "not json"}, "isv.illegal-json"),
        ({"biz_content": "[]"}, "isv.illegal-json"),
        ({"biz_content": '{"a":NaN}'}, "isv.illegal-json"),
        ({"biz_content": "[" * 100_000}, "isv.illegal-json"),
        ({"biz_content": '{"out_trade_no":"\\u0000"}'}, "isv.illegal-json"),
        ({"biz_content": '{"out_trade_no":"x","out_trade_no":"y"}'}, "isv.illegal-json"),
        ({"biz_content": '{"out_trade_no":"x","out_trade_no":"x"}'}, "ACQ.TRADE_NOT_EXIST"),
        ({"biz_content": "{}"}, "ACQ.INVALID_PARAMETER"),
        ({"biz_content": '{"out_trade_no":"a-b"}'}, "ACQ.INVALID_PARAMETER"),
        ({"biz_content": '{"out_trade_no":{"a":1}}'}, "ACQ.INVALID_PARAMETER"),
    ],
)
def test_bad_parameters_are_refused_by_name(
    store: OpenApp, changes: dict[str, str | None], code: str
) -> None:
    if "app_cert_sn" in changes:
        given = store.parameters(QUERY, {"out_trade_no": "x"}, **changes)
        answer = store.http.post(store.gateway, data=given)
        assert code in answer.text
        return
    assert store.refused(QUERY, {"out_trade_no": "x"}, **changes) == code


def test_methods_nobody_has(store: OpenApp) -> None:
    assert store.refused("alipay.trade.nothing") == "isv.invalid-method"
    for method in ("", "../x", "x" * 200):
        answer = store.call(method)
        assert (answer.root, answer.fields["sub_code"]) == ("error_response", "isv.missing-method")


def test_a_wrong_signature_is_shown_what_was_signed(store: OpenApp) -> None:
    answer = store.call(QUERY, {"out_trade_no": "x"}, sign="AAAA")
    assert "app_id=" in answer.fields["sub_msg"]
    assert "&amp;biz_content={&quot;out_trade_no&quot;" in answer.fields["sub_msg"]


def test_text_in_another_charset_than_the_declared_one_is_not_verified(store: OpenApp) -> None:
    given = store.parameters(PRECREATE, store.order(subject="测试"))
    body = urlencode(given, encoding="gbk")
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = store.read(store.http.post(store.gateway, content=body, headers=kind), given)
    assert answer.fields["sub_code"] == "isv.invalid-signature"


def test_one_parameter_with_two_values_is_not_verified(store: OpenApp) -> None:
    given = store.parameters(QUERY, {"out_trade_no": "x"})
    twice = store.http.post(store.gateway, params={"version": "2.0"}, data=given)
    assert store.read(twice, given).fields["sub_code"] == "isv.invalid-signature"


def test_two_content_types_are_refused(store: OpenApp) -> None:
    given = store.parameters(QUERY, {"out_trade_no": "x"})
    kinds = [("Content-Type", "application/x-www-form-urlencoded"), ("Content-Type", "text/plain")]
    sent = store.http.post(store.gateway, params=given, content=b"a=1", headers=kinds)
    assert store.read(sent, given).fields["sub_code"] == "isv.invalid-parameter"


def test_a_body_one_byte_over_the_limit_is_refused(store: OpenApp) -> None:
    given = store.parameters(QUERY, {"out_trade_no": "x"})
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    for size, code in ((1_048_576, "ACQ.TRADE_NOT_EXIST"), (1_048_577, "isv.invalid-parameter")):
        body = b"&" * size
        sent = store.http.post(store.gateway, params=given, content=body, headers=kind)
        assert store.read(sent, given).fields["sub_code"] == code


def test_a_zero_byte_is_refused(store: OpenApp) -> None:
    answer = store.call(QUERY, {"out_trade_no": "x"}, terminal_info="\0")
    assert answer.fields["sub_code"] == "isv.invalid-parameter"


def test_other_verbs_and_places_are_not_the_gateway(store: OpenApp) -> None:
    assert store.http.put(store.gateway).status_code == 405
    assert store.http.get(f"{store.gateway}/more").status_code == 404


# Certificates ---------------------------------------------------------------------------------


def imported(
    sandbox: Sandbox, folder: Path, key: rsa.RSAPrivateKey, text: bytes, *options: str
) -> OpenApp:
    """An app whose key the merchant brought."""
    file = folder / number("key")
    file.write_bytes(text)
    fields = sandbox[0].command("sandbox", "alipay", "Old", "--public-key", str(file), *options)
    with open_app(sandbox[0]) as other:
        app = OpenApp(fields | {"app_private_key": other.fields["app_private_key"]})
    app.private_key = key
    return app


def test_certificates_must_be_known_valid_and_the_signers_own(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    key = rsa.generate_private_key(65_537, 2_048)
    good = certificate_of(key, 9)
    with imported(sandbox, tmp_path, key, good) as app:
        app.certificate = True
        content = {"out_trade_no": "x"}
        assert app.refused(QUERY, content) == "ACQ.TRADE_NOT_EXIST"
        other_root = {"alipay_root_cert_sn": "0" * 32}
        assert app.refused(QUERY, content, **other_root) == "ACQ.TRADE_NOT_EXIST"
        assert app.refused(QUERY, content, app_cert_sn="0" * 32) == "isv.app-cert-not-exist"
        with open_app(sandbox[0], certificate=True) as other:
            mixed = other.fields["app_certificate_number"]
            assert app.refused(QUERY, content, app_cert_sn=mixed) == "isv.app-cert-not-exist"
            assert other.done("alipay.trade.royalty.rate.query", {})["max_ratio"]
        app.private_key = rsa.generate_private_key(65_537, 2_048)
        assert app.refused(QUERY, content) == "isv.invalid-signature"
        app.private_key, app.certificate = key, False
        assert app.refused(QUERY, content) == "isv.missing-app-cert-sn"
    late = certificate_of(key, -1)
    with imported(sandbox, tmp_path, key, late) as app:
        app.certificate = True
        assert app.refused(QUERY, content) == "isv.app-cert-expired"


def test_a_new_key_works_beside_the_old_one(sandbox: Sandbox, tmp_path: Path) -> None:
    with open_app(sandbox[0], "Changing") as app:
        key = rsa.generate_private_key(65_537, 2_048)
        file = tmp_path / "new.crt"
        file.write_bytes(certificate_of(key, 9))
        added = sandbox[0].command("sandbox", "alipay-key", app.app_id, str(file))
        assert app.refused(QUERY, {"out_trade_no": "x"}) == "ACQ.TRADE_NOT_EXIST"
        app.certificate, app.private_key = True, key
        number = {"app_cert_sn": added["serial"]}
        assert app.refused(QUERY, {"out_trade_no": "x"}, **number) == "ACQ.TRADE_NOT_EXIST"


def test_a_merchant_keeps_its_numbers_and_its_key(sandbox: Sandbox, tmp_path: Path) -> None:
    key = rsa.generate_private_key(65_537, 2_048)
    line = base64.b64encode(
        key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    )
    options = ("--app-id", "2019000000000001", "--pid", "2088000000000017")
    with imported(sandbox, tmp_path, key, line, *options) as app:
        assert (app.app_id, app.pid) == ("2019000000000001", "2088000000000017")
        assert app.done(PRECREATE, app.order(seller_id="2088000000000017"))
        foreign = app.order(seller_id="2088000000000025")
        assert app.refused(PRECREATE, foreign) == "ACQ.ACCESS_FORBIDDEN"


def test_certificates_can_be_downloaded_by_number(app: OpenApp) -> None:
    known = app.fields["alipay_certificate_number"]
    method = "alipay.open.app.alipaycert.download"
    got = app.done(method, {"alipay_cert_sn": known})["alipay_cert_content"]
    assert base64.b64decode(got).decode() == app.fields["alipay_certificate"]
    assert app.refused(method, {"alipay_cert_sn": "0" * 32}) == "isv.invalid-parameter"


def test_a_certificate_is_asked_for_without_a_version_by_the_php_sdk(app: OpenApp) -> None:
    content = {"alipay_cert_sn": app.fields["alipay_certificate_number"]}
    method = "alipay.open.app.alipaycert.download"
    assert app.done(method, content, version=None)["alipay_cert_content"]


def test_contents_may_be_encrypted(sandbox: Sandbox) -> None:
    from changliao.doors.alipay import crypto

    key = b"0123456789abcdef"
    with open_app(sandbox[0], "Sealed", "--content-key", base64.b64encode(key).decode()) as app:
        for content, code in ((app.order(), "10000"), ({"out_trade_no": "-"}, "40004")):
            sealed = crypto.seal(key, json.dumps(content).encode())
            given = app.parameters(PRECREATE, sealed, encrypt_type="AES")
            answer = app.http.post(app.gateway, data=given)
            text = app.read(answer, given).fields
            opened = crypto.unseal(key, text)
            assert opened
            assert json.loads(opened)["code"] == code
        assert app.refused(PRECREATE, "x", encrypt_type="AES") == "isv.decryption-error-unknown"
        other = crypto.seal(key, json.dumps(app.order(), ensure_ascii=False).encode("gbk"))
        assert app.refused(PRECREATE, other, encrypt_type="AES") == "isv.illegal-json"


# Trades ---------------------------------------------------------------------------------------


def test_another_sellers_trades_do_not_exist(sandbox: Sandbox, store: OpenApp, paid: str) -> None:
    trade_no = store.query(paid)["trade_no"]
    with open_app(sandbox[0], "Elsewhere") as other:
        for content in ({"out_trade_no": paid}, {"trade_no": trade_no}):
            assert other.refused(QUERY, content) == "ACQ.TRADE_NOT_EXIST"
            assert other.refused(CLOSE, content) == "ACQ.TRADE_NOT_EXIST"
            asked = content | {"refund_amount": "1.00"}
            assert other.refused(REFUND, asked) == "ACQ.TRADE_NOT_EXIST"
    assert store.query(paid)["trade_status"] == "TRADE_SUCCESS"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"total_amount": "0"}, "ACQ.INVALID_PARAMETER"),
        ({"total_amount": "-1"}, "ACQ.INVALID_PARAMETER"),
        ({"total_amount": "1.001"}, "ACQ.INVALID_PARAMETER"),
        ({"total_amount": 1e30}, "ACQ.INVALID_PARAMETER"),
        ({"total_amount": None}, "ACQ.INVALID_PARAMETER"),
        ({"total_amount": "100000000.01"}, "ACQ.TOTAL_FEE_EXCEED"),
        ({"subject": "x" * 257}, "ACQ.INVALID_PARAMETER"),
        ({"out_trade_no": "x" * 65}, "ACQ.INVALID_PARAMETER"),
        ({"out_trade_no": "x\n"}, "ACQ.INVALID_PARAMETER"),
        ({"timeout_express": "16d"}, "ACQ.INVALID_PARAMETER"),
        ({"timeout_express": "1.5h"}, "ACQ.INVALID_PARAMETER"),
        ({"time_expire": "soon"}, "ACQ.INVALID_PARAMETER"),
        ({"time_expire": "2020-01-01 00:00:00"}, "ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR"),
        ({"goods_detail": [{}] * 151}, "ACQ.SUB_GOODS_SIZE_MAX_COUNT"),
        ({"discountable_amount": "1", "undiscountable_amount": "1"}, "ACQ.INVALID_PARAMETER"),
        (
            {"enable_pay_channels": "balance", "disable_pay_channels": "pcredit"},
            "ACQ.INVALID_PARAMETER",
        ),
    ],
)
def test_bad_orders_are_refused(store: OpenApp, changes: dict[str, Any], code: str) -> None:
    assert store.refused(PRECREATE, store.order(**changes)) == code


@pytest.mark.parametrize(
    "address",
    ["ftp://x.test/", "http://", "http:///x", "http://x/\r\nA: b", "http://user:word@x.test/"],
)
def test_addresses_that_are_none_are_refused(store: OpenApp, address: str) -> None:
    for name in ("notify_url", "return_url"):
        code = store.refused(PRECREATE, store.order(), **{name: address})
        assert code == "ACQ.INVALID_PARAMETER"


def test_free_text_cannot_make_clients_cut_in_the_wrong_place(
    store: OpenApp, payer: Person
) -> None:
    content = store.order(store_id='}"sign":"{', buyer_logon_id=payer.phone)
    store.done("alipay.trade.create", content)
    assert store.query(content["out_trade_no"])["store_id"] == "｝＂sign＂:＂｛"


def test_one_number_is_one_order(store: OpenApp, paid: str) -> None:
    content = store.order()
    assert store.done(PRECREATE, content)
    assert store.done(PRECREATE, content)
    for changes in ({"total_amount": "11.00"}, {"subject": "others"}):
        assert store.refused(PRECREATE, content | changes) == "ACQ.CONTEXT_INCONSISTENT"
    again = store.order(out_trade_no=paid)
    assert store.refused(PRECREATE, again) == "ACQ.TRADE_HAS_SUCCESS"


def test_an_order_for_one_buyer_exists_at_once_and_only_that_buyer_pays(
    sandbox: Sandbox, store: OpenApp, paid: str, payer: Person
) -> None:
    create = "alipay.trade.create"
    buyer = store.query(paid)["buyer_user_id"]
    content = store.order(buyer_id=buyer)
    made = store.done(create, content)
    trade = store.query(content["out_trade_no"])
    assert (trade["trade_status"], trade["trade_no"]) == ("WAIT_BUYER_PAY", made["trade_no"])
    assert trade["buyer_pay_amount"] == "0.00"
    assert store.done(create, content) == made
    assert store.done(CLOSE, {"trade_no": made["trade_no"]})["trade_no"] == made["trade_no"]
    assert store.done(CLOSE, {"trade_no": made["trade_no"]})["trade_no"] == made["trade_no"]
    assert store.query(content["out_trade_no"])["trade_status"] == "TRADE_CLOSED"
    assert store.refused(create, content) == "ACQ.TRADE_HAS_CLOSE"
    assert store.done(create, store.order(buyer_logon_id=payer.phone))
    assert store.refused(create, store.order(buyer_id="2088999999999999")) == "ACQ.BUYER_NOT_EXIST"
    assert store.refused(create, store.order(buyer_id="nobody")) == "ACQ.BUYER_NOT_EXIST"
    assert store.refused(create, store.order()) == "ACQ.INVALID_PARAMETER"


def test_what_nobody_scanned_is_no_trade_and_what_was_paid_is_not_closed(
    store: OpenApp, paid: str
) -> None:
    reference, _ = store.precreate()
    assert store.refused(CLOSE, {"out_trade_no": reference}) == "ACQ.TRADE_NOT_EXIST"
    assert store.refused(CLOSE, {"out_trade_no": paid}) == "ACQ.TRADE_STATUS_ERROR"
    assert store.refused(CLOSE, {"trade_no": "20260101" + "0" * 20}) == "ACQ.TRADE_NOT_EXIST"


def test_cancelling_ends_whatever_there_is(store: OpenApp, paid: str, payer: Person) -> None:
    reference, code = store.precreate()
    assert "action" not in store.done(CANCEL, {"out_trade_no": reference})
    assert store.refused(PRECREATE, store.order(out_trade_no=reference)) == "ACQ.TRADE_HAS_CLOSE"
    reference, code = store.precreate()
    payer.pay(code)
    store.done(REFUND, {"out_trade_no": reference, "refund_amount": "4.00", "out_request_no": "a"})
    first = store.done(CANCEL, {"out_trade_no": reference})
    assert first["action"] == "refund"
    assert store.done(CANCEL, {"out_trade_no": reference}) == first
    assert store.query(reference)["trade_status"] == "TRADE_CLOSED"


def test_a_number_that_was_cancelled_before_it_was_used_stays_unusable(store: OpenApp) -> None:
    content = store.order()
    for _ in range(2):
        gone = store.done(CANCEL, {"out_trade_no": content["out_trade_no"]})
        assert gone["out_trade_no"] == content["out_trade_no"]
        assert "action" not in gone
    assert store.refused(QUERY, {"out_trade_no": content["out_trade_no"]}) == "ACQ.TRADE_NOT_EXIST"
    assert store.refused(PRECREATE, content) == "ACQ.CONTEXT_INCONSISTENT"
    unknown = store.done(CANCEL, {"trade_no": "20260101" + "0" * 20})
    assert unknown["retry_flag"] == "N"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"refund_amount": "0"}, "ACQ.INVALID_PARAMETER"),
        ({"refund_amount": "-1"}, "ACQ.INVALID_PARAMETER"),
        ({"refund_amount": "100000000.01"}, "ACQ.INVALID_PARAMETER"),
        ({"refund_amount": "10.01"}, "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL"),
        ({"out_trade_no": "unknown"}, "ACQ.TRADE_NOT_EXIST"),
        ({"out_request_no": "a/b"}, "ACQ.INVALID_PARAMETER"),
        ({"refund_currency": "USD"}, "ACQ.INVALID_PARAMETER"),
    ],
)
def test_bad_refunds_are_refused_and_move_nothing(
    store: OpenApp, paid: str, changes: dict[str, Any], code: str
) -> None:
    content = {"out_trade_no": paid, "refund_amount": "1.00", "out_request_no": "bad"}
    assert store.refused(REFUND, content | changes) == code
    known = store.done(REFUND_QUERY, {"out_trade_no": paid, "out_request_no": "bad"})
    assert "refund_status" not in known


def test_a_request_number_is_one_refund_of_its_trade(store: OpenApp, payer: Person) -> None:
    for _ in range(2):
        reference, code = store.precreate()
        payer.pay(code)
        content = {"out_trade_no": reference, "refund_amount": "1.00", "out_request_no": "same"}
        assert store.done(REFUND, content)["fund_change"] == "Y"
        other = content | {"refund_amount": "2.00"}
        assert store.refused(REFUND, other) == "ACQ.DISCORDANT_REPEAT_REQUEST"
        assert store.done(REFUND, content)["refund_fee"] == "1.00"


def test_an_unpaid_trade_is_not_refunded(store: OpenApp, payer: Person) -> None:
    content = store.order(buyer_logon_id=payer.phone)
    store.done("alipay.trade.create", content)
    asked = {"out_trade_no": content["out_trade_no"], "refund_amount": "1.00"}
    assert store.refused(REFUND, asked) == "ACQ.TRADE_STATUS_ERROR"


# From pages -----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["alipay.trade.page.pay", "alipay.trade.wap.pay"])
def test_a_page_leads_to_the_cashier_and_back_with_a_signature(
    store: OpenApp, payer: Person, method: str
) -> None:
    content = store.order()
    back = "https://shop.test/back?route=1&a=%E6%B5%8B"
    given = store.parameters(method, content, return_url=back)
    opened = store.http.get(store.gateway, params=given)
    assert opened.status_code == 303
    again = store.http.post(store.gateway, data=given)
    assert again.status_code == 303
    cashier = store.gateway.removesuffix("/gateway.do") + again.headers["Location"]
    payer.pay(cashier)
    assert store.query(content["out_trade_no"])["trade_status"] == "TRADE_SUCCESS"
    page = store.http.get(cashier)
    token = again.headers["Location"].removeprefix("/c/")
    assert f'content="3;url=/alipay/back/{token}"' in page.text
    gone = store.http.get(cashier.replace("/c/", "/alipay/back/"))
    assert gone.status_code == 302
    address = httpx.URL(gone.headers["Location"])
    got = dict(address.params)
    assert (got.pop("route"), got.pop("a"), address.host) == ("1", "测", "shop.test")
    assert (got["method"], got["total_amount"]) == (f"{method}.return", "10.00")
    sign, _ = got.pop("sign"), got.pop("sign_type")
    text = "&".join(f"{name}={got[name]}" for name in sorted(got))
    store.alipay_key.verify(base64.b64decode(sign), text.encode(), padding(), hashes.SHA256())
    paid = store.http.post(store.gateway, data=given)
    assert "ACQ.TRADE_HAS_SUCCESS" in paid.text


def padding() -> Any:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

    return PKCS1v15()


def test_a_payer_who_gives_up_finds_the_shop_again(store: OpenApp) -> None:
    content = store.order(quit_url="https://shop.test/cart")
    given = store.parameters("alipay.trade.wap.pay", content)
    opened = store.http.get(store.gateway, params=given).headers["Location"]
    base = store.gateway.removesuffix("/gateway.do")
    assert opened.replace("/c/", "/alipay/back/") in store.http.get(base + opened).text
    left = store.http.get(base + opened.replace("/c/", "/alipay/back/"))
    assert left.headers["Location"] == "https://shop.test/cart"


def test_wrong_pages_are_told_as_pages(store: OpenApp) -> None:
    method = "alipay.trade.page.pay"
    for content, changes, said in (
        (store.order(), {"sign": "AAAA"}, "invalid-signature"),
        (store.order(total_amount="0"), {}, "ACQ.INVALID_PARAMETER"),
        ("not json", {}, "illegal-json"),
        (store.order(), {"return_url": "javascript:alert(1)"}, "ACQ.INVALID_PARAMETER"),
    ):
        given = store.parameters(method, content, **changes)
        answer = store.http.post(store.gateway, data=given)
        assert answer.headers["Content-Type"].startswith("text/html")
        assert "Content-Security-Policy" in answer.headers
        assert said in answer.text
        assert "<h1>商家请求有误</h1>" in answer.text


def test_an_order_string_opens_the_cashier_and_ends_with_a_signed_result(
    store: OpenApp, payer: Person
) -> None:
    content = store.order()
    given = store.parameters("alipay.trade.app.pay", content)
    opened = store.http.post(store.gateway, data=given).headers["Location"]
    base = store.gateway.removesuffix("/gateway.do")
    payer.pay(base + opened)
    told = store.http.get(base + opened.replace("/c/", "/alipay/back/")).json()
    assert told["resultStatus"] == "9000"
    node = told["result"].removeprefix('{"alipay_trade_app_pay_response":').split(',"sign":"')[0]
    signature = base64.b64decode(json.loads(told["result"])["sign"])
    store.alipay_key.verify(signature, node.encode(), padding(), hashes.SHA256())
    assert json.loads(node)["out_trade_no"] == content["out_trade_no"]


def test_links_that_are_not_ours_lead_nowhere(store: OpenApp) -> None:
    base = store.gateway.removesuffix("/gateway.do")
    assert store.http.get(f"{base}/alipay/back/nonsense").status_code == 404
