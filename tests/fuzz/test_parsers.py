"""Everything that reads bytes of strangers, with bytes nobody would send.

Inputs are real ones that were cut, doubled, spliced and sprinkled with what parsers trip over.
A parser may refuse in its door's own way; anything else is a bug. `FUZZ_INPUTS` says how many
inputs each gets (`make fuzz`: a million), `FUZZ_SEED` which.
"""

import os
import random
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from changliao.core import ids
from changliao.core.clock import Instant
from changliao.core.ids import MerchantId
from changliao.core.parties import Key, KeyKind
from changliao.doors.alipay import call as alipay
from changliao.doors.alipay import forms as alipay_forms
from changliao.doors.alipay import notify as alipay_notify
from changliao.doors.alipay import parameters
from changliao.doors.alipay.errors import AlipayError
from changliao.doors.rest import authorization as rest
from changliao.doors.rest import endpoint
from changliao.doors.rest.call import read_form, read_query
from changliao.doors.rest.errors import Problem
from changliao.doors.rest.orders import NewOrder, OrdersQuery, since
from changliao.doors.wechatpay import authorization as wechatpay
from changliao.doors.wechatpay import call as wechatpay_call
from changliao.doors.wechatpay import forms as wechatpay_forms
from changliao.doors.wechatpay.errors import WechatError
from changliao.operations.links import Links
from changliao.operations.vault import Vault

INPUTS = int(os.environ.get("FUZZ_INPUTS", "4000"))
SEED = int(os.environ.get("FUZZ_SEED", "2012"))
LONGEST = 4_096
TROUBLE = [
    b"\x00", b"\\u0000", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b'"', b"\\", b"{",
    b"[", b"}", b"]", b",", b":", b"=", b"&", b"%", b"%00", b"%zz", b"%u0041", b"+", b"\r\n", b"\n",
    b"null", b"true", b"NaN", b"Infinity", b"-0", b"1e999", b"1" * 400, b"0x10", b"-1", b"\\ud800",
    "²٣".encode(), "\u202e".encode(), b"{" * 200, b"[" * 3000, b'{"a":' * 600, b" ", b"\t",
    b"key=", b"charset=gbk", b"charset=utf-16", b"--", b"boundary=x", b"; name=", b"9" * 20,
    b"cur_7ZZZZZZZZZZZZ", b"cur_8ZZZZZZZZZZZZ", b"2026-11-25T24:00:00+99:99", b"0000-00-00",
]  # fmt: skip
ORDER = msgspec.json.encode(
    {"reference": "A-1", "title": "鞋", "amount": 1800, "currency": "CNY", "expires_in_s": 60}
)
WECHAT = msgspec.json.encode(
    {
        "mchid": "1900000109", "appid": "wx2421b1c4370ec43b", "description": "鞋",
        "out_trade_no": "T1", "notify_url": "https://a.example/", "time_expire": "2030-01-01",
        "amount": {"total": 100, "currency": "CNY"}, "scene_info": {"payer_client_ip": "::1"},
    }
)  # fmt: skip
ALIPAY = '{"out_trade_no":"1","total_amount":"88.88","subject":"鞋","timeout_express":"90m"}'
SAMPLES = {
    "rest header": [
        b'CHANGLIAO-HMAC-SHA256 key="key_0000000000000",timestamp="1700000000",'
        b'nonce="nonce-0001",signature="' + b"0" * 64 + b'"',
        b'CHANGLIAO-ED25519 key="key_0SB09HB4C0000",timestamp="1",'
        b'nonce="!!!!!!!!",signature="/w=="',
    ],
    "wechatpay header": [
        b'WECHATPAY2-SHA256-RSA2048 mchid="1900000109",nonce_str="ABC",timestamp="1700000000",'
        b'serial_no="00FF",signature="c2ln"',
        b"WECHATPAY2-SM2-WITH-SM3 mchid=1",
    ],
    "signature": [b"0" * 64, b"AAAA", b"/w==", b"=", b"a" * 86 + b"=="],
    "json": [ORDER, WECHAT, b"{}", b"[]", b'"x"', b"1"],
    "query": [
        b"state=paid&limit=10&cursor=cur_0SB09HB4C0000",
        b"created_from=2026-11-25T00%3A00%3A00%2B08%3A00&reference=A-1",
    ],
    "form": [
        f"method=alipay.trade.query&app_id=1&charset=gbk&biz_content={quote(ALIPAY)}".encode(),
        b'--x\r\nContent-Disposition: form-data; name="charset"\r\n\r\ngbk\r\n--x--\r\n',
        b"a=1&a=2&charset=utf-8",
    ],
    "content": [ALIPAY.encode(), b'{"refund_amount":1e2,"out_request_no":null}'],
    "answer": [b"success", b" SUCCESS\n", b"fail", b'{"code":"SUCCESS"}'],
    "link": [b"DKwJirsAAAAMrAmKyMAAAAAAAAFrBeIIxCTgWeAbbx8V", b"ord_0SB09HB4C0000"],
}
NOBODY: Any = None  # forms are read without asking whose they are
DECODER = msgspec.json.Decoder(NewOrder)
LINKS = Links(Vault(bytes(32)))
SECRET = Key(MerchantId(2), "key", KeyKind.HMAC_SECRET, b"", Instant(0))
HMAC = rest.Caller(SECRET, "", Instant(0), bytes(32))
PEM = (
    b"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
    b"-----END PUBLIC KEY-----\n"
)
PUBLIC = Key(MerchantId(2), "key", KeyKind.ED25519_PUBLIC, PEM, Instant(0))
ED25519 = rest.Caller(PUBLIC, "", Instant(0))


def read_rest_header(raw: bytes) -> None:
    match = rest.HEADER.fullmatch(raw.decode("latin-1"))
    if match is not None:
        assert ids.parse("key", match[2]) is None or len(match[2]) == 17
        int(match[3])


def read_signature(raw: bytes) -> None:
    text = raw.decode("latin-1")
    if text.isascii():  # the header's pattern lets nothing else through
        assert not rest._verified(HMAC, b"message", text)
        assert not rest._verified(ED25519, b"message", text)


def read_rest_query(raw: bytes) -> None:
    asked = read_query(endpoint._pairs(raw), OrdersQuery)
    assert 1 <= asked.limit <= 100
    for text in asked.created_from, asked.created_before:
        assert 0 <= since(text) < 1 << 63


def read_rest_form(raw: bytes) -> None:
    form = read_form(raw, DECODER)
    assert 1 <= form.amount <= 10**12
    assert "\0" not in form.title + form.reference + form.attach


def read_wechatpay_form(raw: bytes) -> None:
    form = wechatpay_call.read_form(raw, wechatpay_forms.Order)
    assert "\0" not in form.out_trade_no + form.description


def read_alipay_form(raw: bytes) -> None:
    kinds = [b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=x", b"", b";"]
    kind = kinds[len(raw) % len(kinds)]
    found = parameters.read(raw[: len(raw) // 2], [kind], raw)
    assert len(found.values) <= parameters.MOST_PARAMETERS
    assert found.charset


def read_alipay_content(raw: bytes) -> None:
    content = alipay.read_content(raw.decode("utf-8", "replace"))
    for form in alipay_forms.Placing, alipay_forms.Refunding, alipay_forms.Naming:
        try:
            alipay.read_form(alipay.Call(NOBODY, "", content, {}), form)
        except AlipayError:
            continue


def read_answer(raw: bytes) -> None:
    text = raw.decode("utf-8", "replace")
    assert not alipay_notify.acknowledged(500, text)
    assert alipay_notify.acknowledged(200, text) in (True, False)


READERS: dict[str, tuple[str, Callable[[bytes], Any]]] = {
    "rest authorization": ("rest header", read_rest_header),
    "rest signature": ("signature", read_signature),
    "rest query": ("query", read_rest_query),
    "rest form": ("json", read_rest_form),
    "wechatpay authorization": (
        "wechatpay header", lambda raw: wechatpay.parse(raw.decode("latin-1")),
    ),
    "wechatpay form": ("json", read_wechatpay_form),
    "alipay form": ("form", read_alipay_form),
    "alipay content": ("content", read_alipay_content),
    "receiver's answer": ("answer", read_answer),
    "payment link": ("link", lambda raw: LINKS.read(raw.decode("latin-1"))),
}  # fmt: skip


@pytest.mark.parametrize("name", READERS)
def test_no_bytes_do_more_than_be_refused(name: str) -> None:
    kind, reader = READERS[name]
    dice = random.Random(f"{SEED} {name}")
    for number in range(INPUTS):
        raw = mangled(dice, SAMPLES[kind])
        try:
            reader(raw)
        except (Problem, WechatError, AlipayError):
            continue
        except Exception as fault:
            raise AssertionError(f"input {number} of {name}: {raw!r}") from fault


def mangled(dice: random.Random, samples: list[bytes]) -> bytes:
    """A sample after a few accidents."""
    raw = dice.choice(samples)
    for _ in range(dice.randrange(5)):
        at, to = sorted((dice.randrange(len(raw) + 1), dice.randrange(len(raw) + 1)))
        match dice.randrange(6):
            case 0:
                raw = raw[:at] + raw[to:]
            case 1:
                raw = raw[:to] + raw[at:]
            case 2:
                raw = raw[:at] + dice.choice(TROUBLE) + raw[at:]
            case 3:
                raw = raw[:at] + dice.randbytes(1) + raw[at + 1 :]
            case 4:
                other = dice.choice(samples)
                raw = raw[:at] + other[dice.randrange(len(other) + 1) :]
            case _:
                raw = raw[:at] + dice.choice(TROUBLE) + raw[to:]
    return raw[:LONGEST]
