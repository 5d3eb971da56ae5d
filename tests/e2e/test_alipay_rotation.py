"""The gateway's certificate changes while shops go on with the one their SDK knows."""

import base64
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from changliao.commands.people import Person
from tests.e2e.alipay_sdk_shop import PRECREATE, QUERY, Sdk, Shop, order, running_shop
from tests.openapi import OpenApp
from tests.phones import new_phone
from tests.served import Rest, Served, serve
from tests.waiting import eventually

DOWNLOAD = "alipay.open.app.alipaycert.download"
CERTIFICATES = "/api/v1/alipay-certificates"
SDK = Sdk("python-alipay-sdk", "certificate")


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Rest]]:
    """Of its own: the other tests' shops must not see their certificate change."""
    data = tmp_path_factory.mktemp("gateway") / "data"
    with serve(data, "changliao.db", retry_scale="0.01") as (served, operator):
        yield served, operator


class Rotating:
    """One app, asked by hand about certificates; its settings for SDKs that know one each."""

    def __init__(self, operator: Rest, app: OpenApp) -> None:
        self.operator = operator
        self.settings = app.fields
        self.app = app

    def known(self) -> dict[str, dict[str, Any]]:
        """What the gateway has, by number."""
        listed = self.operator.get(CERTIFICATES).json()["data"]
        return {one["serial"]: one for one in listed}

    def choose(self, serial: str | None) -> None:
        path = f"/api/v1/merchants/{self.settings['merchant']}/apps/{self.app.app_id}"
        answer = self.operator.post(f"{path}/alipay-certificate", serial=serial)
        assert answer.status_code == 200, answer.text
        assert self.operator.get(f"{path}/alipay-certificate").json() == answer.json()

    def answered_under(self, serial: str) -> bool:
        """Within seconds; then the REST form's errors are signed with its key too."""
        public = x509.load_pem_x509_certificate(self.known()[serial]["certificate"].encode())
        key = public.public_key()
        assert isinstance(key, RSAPublicKey)
        given = self.app.parameters(QUERY, {"out_trade_no": "nothing"})
        named = f'"alipay_cert_sn":"{serial}"'
        eventually(lambda: named in self.app.http.post(self.app.gateway, data=given).text)
        answer = self.app.rest("POST", "/v3/alipay/trade/query", {"out_trade_no": "nothing"})
        headers = answer.headers
        head = f"{headers['alipay-timestamp']}\n{headers['alipay-nonce']}\n"
        signature = base64.b64decode(headers["alipay-signature"])
        key.verify(signature, head.encode() + answer.content + b"\n", PKCS1v15(), hashes.SHA256())
        return True


@pytest.fixture
def one(gateway: tuple[Served, Rest]) -> Iterator[Rotating]:
    served, operator = gateway
    with OpenApp(served.command("sandbox", "alipay", "Shop"), certificate=True) as app:
        yield Rotating(operator, app)


def sells(shop: Shop, payer: Person) -> bool:
    """A trade whose answers and notification the SDK accepts."""
    box, terms = shop.mailbox(), order()
    payer.pay(shop.done(PRECREATE, terms, notify_url=box.url)["qr_code"])
    told = shop.told(box, 1)
    found = shop.done(QUERY, {"out_trade_no": terms["out_trade_no"]})
    return (told["trade_status"], found["trade_status"]) == ("TRADE_SUCCESS", "TRADE_SUCCESS")


def test_shops_change_their_certificate_one_by_one(
    gateway: tuple[Served, Rest], one: Rotating, tmp_path: Path
) -> None:
    served, operator = gateway
    payer = Person(served.base_url, new_phone(), "付款人", "135790")
    payer.sign_up()
    payer.top_up("1000.00")
    first = one.settings["alipay_certificate_number"]
    with ExitStack() as running:

        def shop(serial: str, certificate: str) -> Shop:
            settings = one.settings | {"alipay_certificate": certificate}
            folder = tmp_path / serial
            folder.mkdir()
            return running.enter_context(running_shop(SDK, settings, folder))

        before = shop(first, one.settings["alipay_certificate"])
        coming = served.command("rotate", "--alipay")["serial"]
        known = one.known()
        assert [known[serial]["signs"] for serial in (first, coming)] == [True, False]
        assert sells(before, payer)
        # Announced: its merchant fetches it with the SDK it has, and installs and chooses it.
        wanted = {"alipay_cert_sn": coming}
        fetched = one.app.done(DOWNLOAD, wanted)["alipay_cert_content"]
        asked = before.ask(do="call", method=DOWNLOAD, content=wanted)
        assert asked["node"]["alipay_cert_content"] == fetched
        pem = base64.b64decode(fetched).decode()
        assert pem == known[coming]["certificate"]
        leaf, issuer = x509.load_pem_x509_certificates(pem.encode())
        leaf.verify_directly_issued_by(issuer)
        issuer.verify_directly_issued_by(
            x509.load_pem_x509_certificate(one.settings["alipay_root_certificate"].encode())
        )
        one.choose(coming)
        assert one.answered_under(coming)
        after = shop(coming, pem)
        assert sells(after, payer)
        one.choose(None)
        assert one.answered_under(first)

        # Its moment comes: who chose nothing is answered under the newest, the others as before.
        soon = operator.made(CERTIFICATES, after_hours=0)["serial"]
        assert one.answered_under(soon)
        latest = shop(soon, one.known()[soon]["certificate"])
        assert sells(latest, payer)
        one.choose(first)
        assert one.answered_under(first)
        assert sells(before, payer)
    payer.close()


def test_only_a_certificate_of_the_gateway_can_be_chosen(
    gateway: tuple[Served, Rest], one: Rotating
) -> None:
    served, operator = gateway
    other = operator.made("/api/v1/merchants", name="Other")
    mine = f"/api/v1/merchants/{one.settings['merchant']}/apps/{one.app.app_id}/alipay-certificate"
    first = one.settings["alipay_certificate_number"]
    stranger = Rest(served.base_url, other["rest_key"], other["rest_secret"])
    for caller, serial, status, reason in (
        (operator, "0" * 32, 404, "key_not_found"),
        (operator, "x", 400, "malformed"),
        (stranger, first, 404, "merchant_not_found"),
    ):
        answer = caller.post(mine, serial=serial)
        assert (answer.status_code, answer.json()["reason"]) == (status, reason)
    assert stranger.post(CERTIFICATES).status_code == 403
    wrong = mine.replace(one.settings["merchant"], other["mchid"])
    assert operator.post(wrong, serial=first).json()["reason"] == "key_not_found"
    stranger.http.close()
