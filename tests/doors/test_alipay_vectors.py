"""The protocol's vectors: what real SDKs signed, sealed and accepted, byte for byte."""

import base64
import hashlib
import re
from textwrap import wrap
from typing import Any

import pytest

from changliao.core.clock import Instant
from changliao.core.ids import OrderId
from changliao.doors.alipay import answers, crypto, rest, words
from changliao.doors.alipay.errors import AlipayError
from changliao.doors.alipay.parameters import read
from changliao.operations import certificate_chains
from tests.doors import alipay_vectors as vectors

NAMES = """app_id auth_app_id biz_content buyer_id buyer_pay_amount charset format fund_bill_list
    gmt_create gmt_payment invoice_amount method notify_id notify_time notify_type notify_url
    out_trade_no point_amount receipt_amount seller_id sign_type subject timestamp total_amount
    trade_no trade_status version"""
AES_KEY = base64.b64decode("MDEyMzQ1Njc4OWFiY2RlZg==")


def pem(line: str) -> bytes:
    body = "\n".join(wrap(line, 64))
    return f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n".encode()


APP, GATEWAY = pem(vectors.APP_KEY), pem(vectors.GATEWAY_KEY)


def parameters(text: str) -> dict[str, str]:
    """Taken apart where the next known name begins: values hold marks of their own."""
    names = set(re.findall(r"\w+", NAMES))
    found: list[list[str]] = []
    for part in text.split("&"):
        name = part.partition("=")[0]
        if name in names:
            found.append([name, part.partition("=")[2]])
        else:
            found[-1][1] += f"&{part}"
    return {pair[0]: pair[1] for pair in found}


def test_a_request_is_what_the_app_signed() -> None:
    given = parameters(vectors.CANONICAL)
    assert given["notify_url"] == "https://m.test/n?a=1&b=2"
    text = crypto.canonical(given | {"app_auth_token": "", "sign": "x"})
    assert text == vectors.CANONICAL
    assert hashlib.sha256(text.encode()).hexdigest().startswith("f1012169b0192c30")
    assert crypto.verifies(APP, text.encode(), vectors.REQUEST_SIGNATURE)
    assert crypto.verifies(APP, text.encode(), vectors.REQUEST_SHA1_SIGNATURE, "RSA")
    assert not crypto.verifies(APP, text.encode(), vectors.REQUEST_SHA1_SIGNATURE)
    assert not crypto.verifies(GATEWAY, text.encode(), vectors.REQUEST_SIGNATURE)


@pytest.mark.parametrize(
    ("codec", "digest", "signature"),
    [
        ("utf-8", "7c564f7919f141ed", vectors.NODE_UTF8_SIGNATURE),
        ("gbk", "b2175e5f6440329f", vectors.NODE_GBK_SIGNATURE),
    ],
)
def test_a_node_is_what_clients_verify(codec: str, digest: str, signature: str) -> None:
    fields = {
        "store_name": "一号店",
        "qr_code": "https://pay.example/q/1",
        "out_trade_no": "T1",
        "nothing": "",
        "less": {},
    }
    text = answers.node_text(answers.success(fields))
    assert text == vectors.NODE
    assert hashlib.sha256(text.encode(codec)).hexdigest().startswith(digest)
    assert crypto.verifies(GATEWAY, text.encode(codec), signature)


def test_a_notification_leaves_the_kind_of_signature_out() -> None:
    given = parameters(vectors.NOTIFIED) | {"sign_type": "RSA2", "sign": "x", "body": ""}
    text = crypto.canonical(given, without=("sign", "sign_type"))
    assert text == vectors.NOTIFIED
    assert crypto.verifies(GATEWAY, text.encode(), vectors.NOTIFICATION_SIGNATURE)


def test_a_return_is_signed_like_a_notification() -> None:
    text = crypto.canonical(parameters(vectors.RETURNED))
    assert text == vectors.RETURNED
    assert crypto.verifies(GATEWAY, text.encode(), vectors.RETURN_SIGNATURE)


def test_rest_requests_are_what_their_senders_signed() -> None:
    head, _, rest_of = vectors.REST_TEXT.partition("\n")
    body = b'{"out_trade_no":"T1"}'
    message = rest.request_message(head, "POST", b"/v3/alipay/trade/query", body, "")
    assert message == vectors.REST_TEXT.encode()
    assert rest_of.endswith("}\n")
    assert crypto.verifies(APP, message, vectors.REST_SIGNATURE)
    message = rest.request_message(head, "POST", b"/v3/alipay/trade/query", body, "TOK")
    assert crypto.verifies(APP, message, vectors.REST_TOKEN_SIGNATURE)
    bill = b"/v3/alipay/data/dataservice/bill/downloadurl/query"
    target = bill + b"?bill_type=trade&bill_date=2026-11-22"
    message = rest.request_message(head, "GET", target, b"", "")
    assert crypto.verifies(APP, message, vectors.REST_GET_SIGNATURE)


def test_a_rest_answer_is_what_clients_verify() -> None:
    body = b'{"out_trade_no":"T1","trade_status":"TRADE_SUCCESS"}'
    message = rest.answer_message("1795426358939", "cc9a42aa2e25c1190891e49dcff588cc", body)
    assert crypto.verifies(GATEWAY, message, vectors.REST_ANSWER_SIGNATURE)


def test_contents_are_sealed_as_clients_open_them() -> None:
    assert crypto.seal(AES_KEY, b'{"out_trade_no":"T1"}') == (
        "hM7TQ18QF5bhZ+Favk3byVFyBpVEinWvPeJOn+sIWrA="
    )
    node = b'{"code":"10000","msg":"Success","trade_status":"TRADE_SUCCESS"}'
    sealed = crypto.seal(AES_KEY, node)
    assert sealed.startswith("sb44umJUD7auqhU6RDzOGa1sxXOWIxth2OsK89GQTNP7")
    assert crypto.unseal(AES_KEY, sealed) == node
    assert crypto.unseal(AES_KEY, sealed[:-8]) is None
    assert crypto.unseal(AES_KEY, "not base64") is None
    assert crypto.verifies(GATEWAY, f'"{sealed}"'.encode(), vectors.SEALED_SIGNATURE)


def test_certificates_are_numbered_as_everybody_numbers_them() -> None:
    text = (
        "CN=Ant Financial Certification Authority Class 2 R1 test,"
        "OU=Certification Authority test,O=Ant Financial test,C=CN"
        "42717148566940702771351790021258524976"
    )
    digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    assert digest == "e90dd23a37c5c7b616e003970817ff82"
    chain = certificate_chains.new_chain("Gateway", Instant(1_795_500_000_000_000))
    leaf = certificate_chains.read(chain.leaf.certificate)
    issuer = "CN=Gateway CA Class 2,OU=Certification Authority,O=Changliao Pay,C=CN"
    expected = hashlib.md5(f"{issuer}{leaf.serial_number}".encode(), usedforsecurity=False)
    assert chain.leaf.number == expected.hexdigest()
    assert leaf.serial_number < 1 << 127
    bundle = chain.root.certificate + b"\n" + chain.issuer.certificate
    assert certificate_chains.bundle_number(bundle) == f"{chain.root.number}_{chain.issuer.number}"
    leaf.verify_directly_issued_by(certificate_chains.read(chain.issuer.certificate))


@pytest.mark.parametrize(
    ("text", "amount"), [("0.01", 1), ("10", 1000), ("0.8", 80), ("100000000.00", 10_000_000_000)]
)
def test_amounts_are_read_from_their_text(text: str, amount: int) -> None:
    assert words.fen(text, "total_amount") == amount


@pytest.mark.parametrize("text", ["", "-1", "+1", "1e2", "0.001", "0", "0.00", "1.", ".5", "１"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(AlipayError) as refused:
        words.fen(text, "total_amount")
    assert refused.value.sub_code == "ACQ.INVALID_PARAMETER"


def test_trade_numbers_lead_back_to_their_orders() -> None:
    order_id = OrderId(913268189230530560)
    number = words.trade_no(order_id)
    assert (len(number), number[:8]) == (28, "20261125")
    assert words.order_id_of(number) == order_id
    for other in ("", "x" * 28, "20261124" + number[8:], number + "0", number[:-1] + "９"):
        assert words.order_id_of(other) is None


def multipart(*parts: tuple[str, str]) -> bytes:
    lines = [f"--b\r\nContent-Disposition: form-data; {name}\r\n\r\n{text}" for name, text in parts]
    return ("\r\n".join(lines) + "\r\n--b--\r\n").encode()


@pytest.mark.parametrize(
    ("query", "kind", "body"),
    [
        (b"a=1&b=%E6%B5%8B+%26", b"", b""),
        (b"a=1", b"application/x-www-form-urlencoded;charset=utf-8", b"b=%E6%B5%8B%20%26"),
        (
            b"charset=utf-8",
            b"application/x-www-form-urlencoded",
            b"charset=utf-8&a=1&b=%E6%B5%8B+%26",
        ),
        (
            b"a=1",
            b"multipart/form-data; boundary=b",
            multipart(('name="b"', "测 &"), ('name="f"; filename="x"', "no")),
        ),
    ],
)
def test_parameters_come_from_wherever_clients_put_them(
    query: bytes, kind: bytes, body: bytes
) -> None:
    given = read(query, [kind] if kind else [], body)
    assert {name: given.get(name) for name in ("a", "b")} == {"a": "1", "b": "测 &"}
    assert (given.twice, "f" in given.values) == ("", False)


def test_the_charset_decides_how_everything_is_read() -> None:
    given = read(b"charset=GBK&subject=%B2%E2%CA%D4", [], b"")
    assert (given.get("subject"), given.codec) == ("测试", "gbk")


def test_one_name_with_two_values_is_noticed() -> None:
    assert read(b"a=1&a=1", [], b"").twice == ""
    assert read(b"a=1", [], b"a=2").twice == "a"


@pytest.mark.parametrize(
    ("kinds", "body"),
    [
        ([b"text/plain", b"application/x-www-form-urlencoded"], b"a=1"),
        ([b"application/json"], b"{}"),
        ([b"multipart/form-data; boundary=b"], b"nonsense"),
        ([b"multipart/form-data"], b"nonsense"),
        ([], b"&".join(b"n%d=1" % place for place in range(129))),
    ],
)
def test_bodies_that_are_no_form_are_refused(kinds: list[bytes], body: bytes) -> None:
    with pytest.raises(AlipayError) as refused:
        read(b"", kinds, body)
    assert refused.value.sub_code == "isv.invalid-parameter"


def test_free_text_cannot_mislead_clients_that_cut_by_braces() -> None:
    said: Any = answers.harmless('{"sign":"x"}')
    assert not set('{}"') & set(said)
