"""Platform certificates change while merchants go on: the new one is published before it signs."""

import base64
import json
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509 import load_pem_x509_certificate

from tests.doors.test_wechatpay_splits import PADDING
from tests.served import Shop, merchant, serve

CERTIFICATES = "/v3/certificates"


def published(shop: Shop) -> dict[str, bytes]:
    """Certificates by serial number, as an SDK would fetch them."""
    key = AESGCM(shop.fields["api_v3_key"].encode())
    found = {}
    for one in shop.get(CERTIFICATES).json()["data"]:
        sealed = one["encrypt_certificate"]
        ciphertext, nonce = base64.b64decode(sealed["ciphertext"]), sealed["nonce"].encode()
        found[one["serial_no"]] = key.decrypt(nonce, ciphertext, b"certificate")
    return found


def signed_by(answer: httpx.Response, certificates: dict[str, bytes]) -> str:
    """The serial number of the certificate that an answer is signed under."""
    serial = answer.headers["Wechatpay-Serial"]
    public = load_pem_x509_certificate(certificates[serial]).public_key()
    assert isinstance(public, RSAPublicKey)
    head = f"{answer.headers['Wechatpay-Timestamp']}\n{answer.headers['Wechatpay-Nonce']}\n"
    message = head.encode() + answer.content + b"\n"
    signature = base64.b64decode(answer.headers["Wechatpay-Signature"])
    public.verify(signature, message, PKCS1v15(), hashes.SHA256())
    return serial


def added(shop: Shop, other: Shop, serial: str, certificate: bytes) -> httpx.Response:
    """A receiver whose name is encrypted under this certificate."""
    public = load_pem_x509_certificate(certificate).public_key()
    assert isinstance(public, RSAPublicKey)
    fields: dict[str, Any] = {
        "appid": shop.appid, "type": "MERCHANT_ID", "account": other.mchid,
        "name": base64.b64encode(public.encrypt(b"Other", PADDING)).decode(),
        "relation_type": "SUPPLIER",
    }  # fmt: skip
    path, body = "/v3/profitsharing/receivers/add", json.dumps(fields).encode()
    return shop.http.send(shop.signed("POST", path, body, serial=serial))


def test_certificates_change_with_an_overlap(tmp_path: Path) -> None:
    with (
        serve(tmp_path / "data", "changliao.db") as (served, _),
        merchant(served, "Shop") as shop,
        merchant(served, "Other") as other,
    ):
        (first,) = published(shop)
        later = served.command("rotate")["serial"]
        soon = served.command("rotate", "--after-hours", "0")["serial"]
        served.stop()
        served.restart()
        certificates = published(shop)
        assert set(certificates) == {first, later, soon}
        assert signed_by(shop.get(CERTIFICATES), certificates) == soon
        number = shop.fields["wechatpay_public_key_id"]
        by_public_key = shop.get(CERTIFICATES, serial=number)
        assert by_public_key.headers["Wechatpay-Serial"] == number
        assert shop.verifies(by_public_key)
        for serial, certificate in certificates.items():
            assert added(shop, other, serial, certificate).status_code == 200
