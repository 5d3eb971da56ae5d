"""What is taken as an app's key, and what is not, before anything is kept."""

import asyncio
import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from changliao.operations import app_keys
from changliao.operations.app_keys import NewApp
from changliao.operations.certificates import UnusableKey
from changliao.operations.network import Network
from changliao.operations.onboarding import NotTakenOn
from changliao.operations.vault import Vault
from changliao.store.engines import open_engine
from changliao.store.views import parties
from tests.world import START


def line(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(public)


def run(tmp_path: Path, *asked: NewApp) -> list[app_keys.TakenOnApp]:
    """Take these apps on, one after the other, in a network of their own."""

    async def work() -> list[app_keys.TakenOnApp]:
        engine = open_engine(str(tmp_path / "keys.db"))
        engine.migrate()
        network = Network(engine, lambda: START, Vault(bytes(32)), engine.claim_node(0))
        await network.start()
        try:
            return [await app_keys.take_on(network, one) for one in asked]
        finally:
            with network.engine.reader() as reader:
                assert len(parties.merchants(reader, 0, 9)) <= len(asked)
            await network.close()

    return asyncio.run(work())


BAD = {
    "another kind of key": NewApp("x", public_key=line(ec.generate_private_key(ec.SECP256R1()))),
    "a short key": NewApp("x", public_key=line(rsa.generate_private_key(65_537, 1_024))),
    "no key": NewApp("x", public_key=b"hello"),
    "a broken certificate": NewApp("x", public_key=b"-----BEGIN CERTIFICATE-----\n"),
    "a content key of another length": NewApp("x", content_key="YWJj"),
    "a content key that is no base64": NewApp("x", content_key="%"),
    "an account number of another kind": NewApp("x", account_number="1088000000000001"),
    "a short account number": NewApp("x", account_number="2088"),
    "a merchant nobody is": NewApp("x", owner="1900000000"),
}


@pytest.mark.parametrize("asked", BAD.values(), ids=BAD)
def test_what_cannot_be_used_is_refused_with_a_reason(tmp_path: Path, asked: NewApp) -> None:
    with pytest.raises(UnusableKey) as refused:
        run(tmp_path, asked)
    assert str(refused.value)


def test_two_apps_of_one_account_number_are_one_merchants(tmp_path: Path) -> None:
    first, second, third = run(
        tmp_path,
        NewApp("one", account_number="2088000000000017"),
        NewApp("two", account_number="2088000000000017"),
        NewApp("three", owner="2088000000000017"),
    )
    assert first.merchant == second.merchant == third.merchant
    assert third.account_number == "2088000000000017"
    assert len({one.app.number for one in (first, second, third)}) == 3


def test_an_app_id_is_one_merchants(tmp_path: Path) -> None:
    asked = NewApp("one", number="2019000000000001", account_number="2088000000000017")
    with pytest.raises(NotTakenOn):
        run(tmp_path, asked, NewApp("other", number="2019000000000001"))
