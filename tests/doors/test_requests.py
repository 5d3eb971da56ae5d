"""The sandbox's log of requests: what was asked, by whom, and why a signature failed."""

import base64
import json
import re
import secrets
import subprocess
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from changliao.web.masking import masked
from tests.openapi import open_app
from tests.served import CHANGLIAO, Rest, Served, Shop, merchant, started
from tests.waiting import eventually

PLACE = "/v3/pay/transactions/native"
LOG = "/api/v1/sandbox/requests"


@pytest.fixture(scope="module")
def own(sandbox: tuple[Served, Rest]) -> Iterator[Shop]:
    with merchant(sandbox[0], "Logged") as made:
        yield made


@pytest.fixture(scope="module")
def rest(sandbox: tuple[Served, Rest], own: Shop) -> Iterator[Rest]:
    made = Rest(sandbox[0].base_url, own.fields["rest_key"], own.fields["rest_secret"])
    yield made
    made.http.close()


def logged(rest: Rest, mark: str) -> Any:
    """The request whose body or path has this in it, once it is in the log."""

    def find() -> Any:
        found = rest.get(f"{LOG}?limit=100").json()["data"]
        return next((one for one in found if mark in one["body"] + one["target"]), None)

    return eventually(find)


def sent(own: Shop, build: Any, **changes: Any) -> str:
    """Send an order whose signature covers what `build` makes of the right lines; its number."""
    number = f"T{time.time_ns()}"
    target = changes.get("target", PLACE)
    body = json.dumps(own.order(out_trade_no=number), ensure_ascii=False).encode()
    right = own.signed("POST", target, body)
    header = right.headers["Authorization"]
    parts = dict(part.split('="') for part in header.partition(" ")[2].rstrip('"').split('",'))
    message = build(target.encode(), parts["timestamp"], parts["nonce_str"], body)
    changed = own.signed(
        "POST", target, body, signature=own.sign(message), nonce_str=parts["nonce_str"],
        timestamp=parts["timestamp"],
    )  # fmt: skip
    assert own.http.send(changed).status_code == 401
    return number


def lines(target: bytes, timestamp: str, nonce: str, body: bytes, method: bytes = b"POST") -> bytes:
    return b"%b\n%b\n%b\n%b\n%b\n" % (method, target, timestamp.encode(), nonce.encode(), body)


def rewritten(body: bytes, **style: Any) -> bytes:
    return json.dumps(json.loads(body), **style).encode()


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda t, s, n, b: lines(t, s, n, b)[:-1], "last line feed is missing"),
        (lambda t, s, n, b: lines(t, s, n, b).replace(b"\n", b"\r\n"), "CR LF"),
        (lambda t, s, n, b: lines(t, s, n, b""), "body was left out"),
        (lambda t, s, n, b: lines(t, s, n, b + b"\n"), "line feed follows"),
        (
            lambda t, s, n, b: lines(
                t, s, n, rewritten(b, ensure_ascii=False, separators=(",", ":"))
            ),
            "other whitespace",
        ),
        (lambda t, s, n, b: lines(t, s, n, rewritten(b)), "other escapes"),
        (
            lambda t, s, n, b: lines(t, s, n, rewritten(b, ensure_ascii=False, sort_keys=True)),
            "another order",
        ),
        (lambda t, s, n, b: lines(b"https://api.mch.weixin.qq.com" + t, s, n, b), "whole address"),
        (lambda t, s, n, b: lines(t[1:], s, n, b), "without its slash"),
        (lambda t, s, n, b: lines(t, s, n, b, b"post"), "method is post"),
        (lambda t, s, n, b: lines(t, s, n, b, b"PUT"), "method is PUT"),
        (lambda t, s, n, b: lines(t, s, n, b"", b"GET"), "method is GET"),
        (lambda t, s, n, b: lines(t[3:], s, n, b), "another path was signed: /pay/trans"),
        (lambda t, s, n, b: lines(b"/v3/combine-transactions/native", s, n, b), "v3/combine-tr"),
        (lambda t, s, n, b: b"something else", "another text was signed"),
    ],
)
def test_a_failed_signature_is_explained_in_words(
    own: Shop, rest: Rest, build: Any, words: str
) -> None:
    one = logged(rest, sent(own, build))
    assert words in one["guess"]
    assert (one["door"], one["status"], one["code"]) == ("wechatpay", 401, "SIGN_ERROR")
    assert one["merchant"] == own.mchid
    assert one["string_to_sign"].startswith(f"POST\n{PLACE}\n")
    assert len(one["our_digest"]) == len(one["their_digest"]) == 64
    assert one["our_digest"] != one["their_digest"]
    assert ("difference" in one) == bool(one["signed_text"])


def test_the_address_with_its_host_and_port_is_recognised(own: Shop, rest: Rest) -> None:
    host = own.fields["base_url"].encode()
    for said in (host, host.removeprefix(b"http://")):
        one = logged(rest, sent(own, lambda t, s, n, b, said=said: lines(said + t, s, n, b)))
        assert "whole address" in one["guess"]
        assert one["signed_text"].split("\n")[1] == f"{said.decode()}{PLACE}"
        differs = one["difference"]
        assert (differs["line"], differs["same"]) == (2, "")
        assert (differs["ours"], differs["theirs"]) == (f"{PLACE}↵", f"{said.decode()}{PLACE}↵")


def signed_by(key: Any, own: Shop, digest: Any, **changes: str) -> str:
    """Send a request signed by another key or digest; its number."""
    number = f"T{time.time_ns()}"
    body = json.dumps(own.order(out_trade_no=number), ensure_ascii=False).encode()
    fields = {"timestamp": str(int(time.time())), "nonce_str": secrets.token_hex(8)} | changes
    message = lines(PLACE.encode(), fields["timestamp"], fields["nonce_str"], body)
    signature = base64.b64encode(key.sign(message, PKCS1v15(), digest)).decode()
    answer = own.http.send(own.signed("POST", PLACE, body, signature=signature, **fields))
    assert answer.status_code == 401
    return number


def test_another_key_and_another_digest_are_told_apart(
    sandbox: tuple[Served, Rest], own: Shop, rest: Rest, tmp_path: Any
) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    stranger = rsa.generate_private_key(65_537, 2_048)
    one = logged(rest, signed_by(stranger, own, hashes.SHA256()))
    assert "no key we know opens this signature" in one["guess"]
    one = logged(rest, signed_by(own.private_key, own, hashes.SHA1()))
    assert "SHA-1" in one["guess"]
    file = tmp_path / "second.pem"
    public = stranger.public_key()
    file.write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    second = sandbox[0].command("sandbox", "key", own.mchid, str(file))["serial"]
    one = logged(rest, signed_by(stranger, own, hashes.SHA256()))
    assert f"signed with the key {second}" in one["guess"]


def test_a_wrong_clock_is_told_with_its_distance(own: Shop, rest: Rest) -> None:
    late = str(int(time.time()) - 3600)
    one = logged(rest, signed_by(own.private_key, own, hashes.SHA256(), timestamp=late))
    assert "the caller's clock is -360" in one["guess"]


def test_a_success_is_logged_with_its_bodies(own: Shop, rest: Rest) -> None:
    number, credential = own.place()
    one = logged(rest, number)
    assert (one["status"], one["code"], one["guess"]) == (200, "", "")
    assert json.loads(one["answer"]) == credential
    assert one["duration_ms"] > 0


def test_the_rest_door_explains_its_own_signatures(own: Shop, rest: Rest) -> None:
    mark = secrets.token_hex(6)
    body = json.dumps({"reference": mark, "title": "x", "amount": 1}).encode()
    compact = json.dumps(json.loads(body), separators=(",", ":")).encode()
    wrong = rest.signed("POST", "/api/v1/orders", compact)
    sent_body = rest.http.build_request(
        "POST", "/api/v1/orders", content=body,
        headers={"Authorization": wrong.headers["Authorization"]},
    )  # fmt: skip
    assert rest.http.send(sent_body).status_code == 401
    one = logged(rest, mark)
    assert one["code"] == "wrong_signature"
    assert "other whitespace" in one["guess"]
    assert one["merchant"] == own.mchid


def test_a_merchant_sees_its_own_requests_only(sandbox: tuple[Served, Rest], rest: Rest) -> None:
    served, operator = sandbox
    with merchant(served, "Other") as other:
        number, _ = other.place()
        logged(operator, number)
        mine = rest.get(f"{LOG}?limit=100").json()["data"]
        assert [one for one in mine if number in one["body"]] == []
        assert rest.get(f"{LOG}?merchant={other.mchid}").status_code == 403


def test_the_command_prints_and_follows(
    sandbox: tuple[Served, Rest], own: Shop, rest: Rest
) -> None:
    number = sent(own, lambda t, s, n, b: lines(t, s, n, b""))
    logged(rest, number)
    served, _ = sandbox
    words = [CHANGLIAO, "sandbox", "requests", "--merchant", own.mchid, "--data", str(served.data)]
    printed = subprocess.run(
        [*words, "--failed", "--most", "500"], env=served.environment, check=True,
        capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert "why        the body was left out of the signed text" in printed
    assert "differs        in line 5, after ''" in printed
    words = [*words, "--most", "1", "--follow", "--json"]
    with started(words, env=served.environment) as process:
        assert process.stdout
        json.loads(process.stdout.readline())
        number, _ = own.place()
        assert any(number in process.stdout.readline() for _ in range(20))
        process.terminate()


def test_no_secret_that_goes_through_a_door_is_in_the_log(sandbox: tuple[Served, Rest]) -> None:
    _, operator = sandbox
    password, pin, api_key = "geheim-" + secrets.token_hex(8), "864203", secrets.token_hex(16)
    phone = f"137{secrets.randbelow(10**8):08d}"
    operator.post("/api/v1/users", phone=phone, name="secretive", password=password, pin=pin)
    made = operator.post("/api/v1/merchants", name="Secretive", api_key=api_key).json()
    broken = b'{"name": "Secretive", "api_key": "%b", "fee_bps": }' % api_key.encode()
    operator.http.send(operator.signed("POST", "/api/v1/merchants", broken))
    mark = f"/api/v1/users?pin={pin}&x={secrets.token_hex(4)}"
    operator.get(mark)
    logged(operator, mark[-8:])
    found = operator.get(f"{LOG}?limit=100").json()["data"]
    assert any("Secretive" in one["body"] for one in found)
    text = json.dumps(found)
    key_line = made["private_key"].splitlines()[5]
    for secret in (password, pin, api_key, made["rest_secret"], key_line):
        assert secret not in text, secret


@pytest.mark.parametrize(
    "text",
    [
        '{"a": {"b": [{"pin": "S3CRET"}]}}',
        '{"pin": 5353535, "x": ',
        '{"\\u0070in": "S3CRET"}',
        '{"PIN": "S3CRET"}',
        'x {"api_v3_key" : "S3CRET\\"S3CRET',
        "a=1&password=S3CRET&b=2",
        '{"key": "-----BEGIN PRIVATE KEY-----\\nS3CRET\\n-----END PRIVATE KEY-----"}',
        "-----BEGIN RSA PRIVATE KEY-----\nS3CRET",
        '{"biz_content": "{\\"auth_code\\": \\"S3CRET\\"}"}',
    ],
)
def test_secrets_are_masked_in_whatever_form(text: str) -> None:
    shown = masked(text)
    assert "S3CRET" not in shown
    assert "5353535" not in shown
    assert "***" in shown


def test_what_is_no_secret_stays_as_it_was() -> None:
    for text in ('{"pinned":  "yes", "amount": {"total": 1}}', "pins=3", "", "[1, 2]", "\ufffd"):
        assert masked(text) == text


def test_a_signature_is_not_shown_whole_at_any_door(
    sandbox: tuple[Served, Rest], own: Shop, rest: Rest
) -> None:
    number = sent(own, lambda t, s, n, b: b"something else")
    (known,) = re.findall(r'signature="([^"]*)"', logged(rest, number)["headers"]["authorization"])
    assert re.fullmatch(r"[A-Za-z0-9+/]{8}…", known)
    with open_app(sandbox[0], "Signs") as app:
        for sold in ("V2A", "V3A"):
            if sold == "V2A":
                app.call("alipay.trade.query", {"out_trade_no": sold})
            else:
                app.rest("POST", "/v3/alipay/trade/query", {"out_trade_no": sold})
            one = logged(sandbox[1], sold)
            said = " ".join((one["target"], one["body"], one["headers"].get("authorization", "")))
            (known,) = re.findall(r"[&,?]sign=([^&\s]*)", said)
            assert len(unquote_plus(known)) <= 9
            assert known.endswith("…")
