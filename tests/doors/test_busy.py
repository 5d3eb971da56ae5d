"""A full queue: every door says busy in its own words, and nothing is kept."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from changliao.app import Parts
from changliao.config import Config
from changliao.core import chart
from changliao.operations import committer, onboarding
from changliao.operations.network import Network
from changliao.operations.onboarding import NewMerchant
from changliao.operations.vault import Vault
from changliao.store.engines import open_engine
from tests.served import Rest, Shop
from tests.world import dump


def test_every_door_says_busy_and_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.run(_scene(str(tmp_path / "test.db"), monkeypatch))


async def _scene(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = open_engine(address)
    engine.migrate()
    vault = Vault(bytes(range(32)))
    network = Network(engine, _now, vault, engine.claim_node(0))
    parts = Parts(network, Config())
    await parts.start(doors=True, workers=False)
    key = await onboarding.add_request_key(network, chart.NETWORK)
    taken_on = await onboarding.take_on(network, NewMerchant("Shop"))
    operator = Rest("http://pay.test", key.name, key.secret)
    shop = Shop(
        {
            "mchid": taken_on.merchant.number,
            "appid": taken_on.app.number,
            "certificate_serial": taken_on.serial,
            "private_key": taken_on.private_key,
            "wechatpay_public_key": taken_on.certificate and _public(taken_on.certificate),
            "base_url": "http://pay.test",
        }
    )
    before = {table: dump(engine, table) for table in ("orders", "users")}
    monkeypatch.setattr(committer, "MOST_WAITING", 0)
    transport = httpx.ASGITransport(app=parts.serve)
    async with httpx.AsyncClient(transport=transport, base_url="http://pay.test") as client:
        body = json.dumps(shop.order()).encode()
        wechat = await client.send(shop.signed("POST", "/v3/pay/transactions/native", body))
        assert (wechat.status_code, wechat.json()["code"]) == (429, "FREQUENCY_LIMITED")
        rest = await client.send(
            operator.signed("POST", "/api/v1/users", b'{"phone":"13900000000","name":"a"}')
        )
        assert (rest.status_code, rest.json()["reason"]) == (429, "busy")
        page = await _join(client)
        assert (page.status_code, page.headers.get("retry-after")) == (429, "1")
    assert "系统繁忙" in page.text
    assert before == {table: dump(engine, table) for table in before}
    shop.http.close()
    operator.http.close()
    await parts.close()


async def _join(client: httpx.AsyncClient) -> httpx.Response:
    page = (await client.get("/w/join")).text
    token = page.partition('name="csrf" value="')[2].partition('"')[0]
    fields = {"phone": "13900000000", "name": "a", "password": "long enough", "pin": "135790"}
    return await client.post(
        "/w/join", data={**fields, "csrf": token}, headers={"sec-fetch-site": "same-origin"}
    )


def _now() -> Any:
    return time.time_ns() // 1000


def _public(certificate: str) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    from cryptography.x509 import load_pem_x509_certificate

    key = load_pem_x509_certificate(certificate.encode()).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
