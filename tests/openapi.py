"""An Alipay app that signs by hand; `sandbox alipay --json` prints its fields.

Written from the documents, not with the product's own code, so that both would have to be wrong in
the same way.
"""

import base64
import itertools
import json
import secrets
import time
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlencode

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    load_der_public_key,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from tests.doors.alipay_codes import CODES
from tests.served import Served

HASHES = {"RSA2": hashes.SHA256(), "RSA": hashes.SHA1()}
BEIJING = timezone(timedelta(hours=8))
_numbers = itertools.count(time.time_ns())


class OpenApp:
    """Calls the gateway and the REST form; `certificate` adds the certificate numbers."""

    def __init__(self, fields: dict[str, str], *, certificate: bool = False) -> None:
        self.fields = fields
        self.app_id, self.pid = fields["app_id"], fields["pid"]
        self.certificate = certificate
        self.gateway = fields["gateway"]
        self.http = httpx.Client(trust_env=False, verify=False, timeout=30)
        pem = fields["app_private_key"].encode()
        key = load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)
        assert isinstance(key, RSAPrivateKey)
        self.private_key = key
        public = load_der_public_key(base64.b64decode(fields["alipay_public_key"]))
        assert isinstance(public, RSAPublicKey)
        self.alipay_key = public

    def __enter__(self) -> "OpenApp":
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def sign(self, text: bytes, sign_type: str = "RSA2") -> str:
        return base64.b64encode(self.private_key.sign(text, PKCS1v15(), HASHES[sign_type])).decode()

    def parameters(self, method: str, content: Any = None, **changes: str | None) -> dict[str, str]:
        """Signed; `changes` are public parameters, None takes one away."""
        given: dict[str, Any] = {
            "app_id": self.app_id,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": datetime.now(BEIJING).strftime("%Y-%m-%d %H:%M:%S"),
            "version": "1.0",
        }
        if content is not None:
            as_text = isinstance(content, str)
            given["biz_content"] = content if as_text else json.dumps(content, ensure_ascii=False)
        if self.certificate:
            given["app_cert_sn"] = self.fields["app_certificate_number"]
            given["alipay_root_cert_sn"] = self.fields["alipay_root_certificate_number"]
        kept: dict[str, str] = {
            name: value for name, value in (given | changes).items() if value is not None
        }
        if "sign" not in kept:
            text = "&".join(f"{name}={kept[name]}" for name in sorted(kept) if kept[name])
            codec = kept.get("charset", "utf-8")
            known = kept.get("sign_type", "RSA2")
            try:
                message = text.encode(codec)
            except LookupError:
                message = text.encode()
            kept["sign"] = self.sign(message, known if known in HASHES else "RSA2")
        return kept

    def call(self, method: str, content: Any = None, **changes: str | None) -> "Answer":
        """POST as a form; the answer once its signature was verified."""
        given = self.parameters(method, content, **changes)
        codec = given.get("charset", "utf-8")
        body = urlencode(given, encoding=codec if codec in ("utf-8", "GBK", "gbk") else "utf-8")
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.read(self.http.post(self.gateway, content=body, headers=headers), given)

    def read(self, answer: httpx.Response, given: dict[str, str]) -> "Answer":
        """Cut the envelope as strict clients do, and verify."""
        assert answer.status_code == 200, answer.text
        root = given.get("method", "").replace(".", "_") + "_response"
        head = f'{{"{root}":'.encode()
        content = answer.content
        if not content.startswith(head):
            root, head = "error_response", b'{"error_response":'
        assert content.startswith(head), content
        mark = b',"alipay_cert_sn":"' if self.certificate else b',"sign":"'
        end = content.rindex(mark)
        node, tail = content[len(head) : end], content[end:]
        signature = tail.split(b'"sign":"')[1].removesuffix(b'"}')
        sign_type = given.get("sign_type", "RSA2")
        algorithm = HASHES.get(sign_type, HASHES["RSA2"])
        self.alipay_key.verify(base64.b64decode(signature), node, PKCS1v15(), algorithm)
        kind = answer.headers["Content-Type"]
        return Answer(node, json.loads(node.decode(kind.split("charset=")[1])), root, tail)

    def done(self, method: str, content: Any = None, **changes: str | None) -> dict[str, Any]:
        """The members of a success."""
        answer = self.call(method, content, **changes)
        assert answer.fields["code"] == "10000", answer.fields
        fields: dict[str, Any] = answer.fields
        return fields

    def refused(self, method: str, content: Any = None, **changes: str | None) -> str:
        """The sub_code of a refusal."""
        answer = self.call(method, content, **changes)
        assert answer.fields["code"] != "10000", answer.fields
        assert answer.fields["sub_msg"]
        code = str(answer.fields["sub_code"])
        if method in CODES and code.startswith("ACQ."):
            assert code.removeprefix("ACQ.") in CODES[method], f"{code} is no code of {method}"
        return code

    def order(self, **changes: Any) -> dict[str, Any]:
        """The content of an order; None takes a member away."""
        fields = {"out_trade_no": number(), "total_amount": "10.00", "subject": "越野跑鞋 42 码"}
        return {name: value for name, value in (fields | changes).items() if value is not None}

    def precreate(self, notify_url: str | None = None, **changes: Any) -> tuple[str, str]:
        """An order's number and its QR code."""
        content = self.order(**changes)
        made = self.done("alipay.trade.precreate", content, notify_url=notify_url)
        return content["out_trade_no"], made["qr_code"]

    def query(self, out_trade_no: str, **more: Any) -> dict[str, Any]:
        return self.done("alipay.trade.query", {"out_trade_no": out_trade_no, **more})

    def rest(
        self, verb: str, target: str, content: Any = None, kind: str = "", **changes: str
    ) -> httpx.Response:
        """A call of the REST form; `changes` are parts of the header, `kind` is an encryption."""
        parts = {"app_id": self.app_id}
        if self.certificate:
            parts["app_cert_sn"] = self.fields["app_certificate_number"]
        parts |= {"nonce": secrets.token_hex(16), "timestamp": str(int(time.time() * 1000))}
        parts |= {name: value for name, value in changes.items() if name not in ("sign", "token")}
        authorization = ",".join(f"{name}={value}" for name, value in parts.items() if value)
        body = content if isinstance(content, bytes) else b""
        if content is not None and not body:
            body = json.dumps(content, ensure_ascii=False).encode()
        token = changes.get("token", "")
        message = f"{authorization}\n{verb}\n{target}\n".encode() + body + b"\n"
        message += f"{token}\n".encode() if token else b""
        signature = changes.get("sign") or self.sign(message)
        headers = {"Authorization": f"ALIPAY-SHA256withRSA {authorization},sign={signature}"}
        headers |= {"Content-Type": "application/json"}
        headers |= {"alipay-app-auth-token": token} if token else {}
        headers |= {"alipay-encrypt-type": kind} if kind else {}
        address = self.gateway.removesuffix("/gateway.do") + target
        return self.http.request(verb, address, content=body, headers=headers)

    def verifies(self, answer: httpx.Response) -> bool:
        """Is an answer of the REST form signed with the gateway's key?"""
        text = f"{answer.headers['alipay-timestamp']}\n{answer.headers['alipay-nonce']}\n"
        signature = base64.b64decode(answer.headers["alipay-signature"])
        message = text.encode() + answer.content + b"\n"
        self.alipay_key.verify(signature, message, PKCS1v15(), hashes.SHA256())
        return True


def certificate_of(key: RSAPrivateKey, days: int) -> bytes:
    """A certificate that ends in so many days, by its own word."""
    ends = datetime.now(UTC) + timedelta(days=days)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "app")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name)
    made = made.public_key(key.public_key()).serial_number(x509.random_serial_number())
    made = made.not_valid_before(ends - timedelta(days=20)).not_valid_after(ends)
    return made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


class Answer:
    """A verified answer: the node's bytes and members, its root, and what followed it."""

    def __init__(self, node: bytes, fields: Any, root: str, tail: bytes) -> None:
        self.node, self.fields, self.root, self.tail = node, fields, root, tail


def number(prefix: str = "T") -> str:
    """A merchant's own number that nobody used."""
    return f"{prefix}{next(_numbers)}"


def open_app(served: Served, name: str = "Store", *options: str, certificate: bool = False) -> Any:
    """An app with keys of its own."""
    fields = served.command("sandbox", "alipay", name, *options)
    return OpenApp(fields, certificate=certificate)
