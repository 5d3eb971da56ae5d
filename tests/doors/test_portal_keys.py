"""Keys of the portal: one form makes one key, its secret is its maker's, and when each was used."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from types import SimpleNamespace
from typing import cast

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from changliao.core.members import Role
from tests.doors.test_console_roles import Sandbox, logged_in
from tests.openapi import open_app
from tests.served import Rest, Shop, merchant
from tests.waiting import eventually
from tests.wallets import hidden_in

KEYS = "/portal/keys"
SHOWN = re.compile(r'<dd class="id">(key_\w{13}|[0-9a-f]{64})</dd>')


@pytest.fixture(scope="module")
def own(sandbox: Sandbox) -> Iterator[Shop]:
    with merchant(sandbox[0], "Keys") as made:
        yield made


@pytest.fixture(scope="module")
def developer(sandbox: Sandbox, own: Shop) -> Iterator[httpx.Client]:
    with closing(logged_in(sandbox[0], Role.DEVELOPER, own, "keys")) as browser:
        yield browser


def form_of(browser: httpx.Client) -> dict[str, str]:
    return hidden_in(browser.get(KEYS).text) | {"kind": "hmac"}


def keys_of(sandbox: Sandbox, shop: Shop) -> list[str]:
    found = sandbox[1].get(f"/api/v1/merchants/{shop.mchid}/keys").json()["data"]
    return [one["serial"] for one in found]


def test_one_form_makes_one_key_however_often_it_is_sent(
    sandbox: Sandbox, own: Shop, developer: httpx.Client
) -> None:
    before, form = keys_of(sandbox, own), form_of(developer)
    with ThreadPoolExecutor(2) as clicks:
        answers = list(clicks.map(lambda _: developer.post(KEYS, data=form), range(2)))
    again = developer.post(KEYS, data=form)
    shown = [SHOWN.findall(one.text) for one in (*answers, again)]
    assert shown[0] == shown[1] == shown[2]
    assert len(shown[0]) == 2
    assert keys_of(sandbox, own) == [*before, shown[0][0]]
    other = SHOWN.findall(developer.post(KEYS, data=form_of(developer)).text)
    assert other[0] != shown[0][0]


def test_a_forms_key_is_not_another_members(
    sandbox: Sandbox, own: Shop, developer: httpx.Client
) -> None:
    form = form_of(developer)
    (name, secret) = SHOWN.findall(developer.post(KEYS, data=form).text)
    with closing(logged_in(sandbox[0], Role.DEVELOPER, own, "keys too")) as colleague:
        mine = form_of(colleague) | {"act": form["act"]}
        theirs = SHOWN.findall(colleague.post(KEYS, data=mine).text)
    assert theirs[0] != name
    assert theirs[1] != secret


def test_a_revoked_keys_secret_is_not_shown_again(developer: httpx.Client) -> None:
    form = form_of(developer)
    (name, secret) = SHOWN.findall(developer.post(KEYS, data=form).text)
    token = form_of(developer)
    assert developer.post(f"{KEYS}/revoke", data=token | {"serial": name}).status_code == 303
    answer = developer.post(KEYS, data=form)
    assert answer.status_code == 422
    assert secret not in answer.text
    assert "key_taken" in answer.text


def test_the_same_public_key_from_one_form_is_one_key(
    sandbox: Sandbox, own: Shop, developer: httpx.Client
) -> None:
    pem = Ed25519PrivateKey.generate().public_key()
    text = pem.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    before, form = keys_of(sandbox, own), form_of(developer) | {"kind": "pem", "pem": text}
    for _ in range(2):
        assert developer.post(KEYS, data=form).status_code == 303
    assert len(keys_of(sandbox, own)) == len(before) + 1


def test_a_key_shows_when_it_was_last_used(
    sandbox: Sandbox, own: Shop, developer: httpx.Client
) -> None:
    name, secret = SHOWN.findall(developer.post(KEYS, data=form_of(developer)).text)
    assert "还没用过" in row_of(developer, name)
    rest = Rest(sandbox[0].base_url, name, secret)
    assert rest.get("/api/v1/orders").status_code == 200
    rest.http.close()
    eventually(lambda: "还没用过" not in row_of(developer, name))
    assert own.get("/v3/certificates").status_code == 200
    eventually(lambda: "还没用过" not in row_of(developer, own.fields["certificate_serial"]))


def test_an_apps_key_is_told_and_revoked_beside_the_merchants(sandbox: Sandbox) -> None:
    with open_app(sandbox[0], "App keys", certificate=True) as app:
        seller = cast(Shop, SimpleNamespace(mchid=app.pid))
        serial = app.fields["app_certificate_number"]
        with closing(logged_in(sandbox[0], Role.DEVELOPER, seller, "app keys")) as browser:
            assert "还没用过" in row_of(browser, serial)
            assert app.done("alipay.fund.account.query", {})
            eventually(lambda: "还没用过" not in row_of(browser, serial))
            form = hidden_in(browser.get(KEYS).text) | {"serial": serial, "app": app.app_id}
            foreign = browser.post(f"{KEYS}/revoke", data=form | {"app": "2021000000000000"})
            assert foreign.status_code == 422
            assert browser.post(f"{KEYS}/revoke", data=form).status_code == 303
            assert "已作废" in row_of(browser, serial)
        eventually(lambda: app.refused("alipay.trade.query", {}) == "isv.app-cert-expired")


def row_of(browser: httpx.Client, serial: str) -> str:
    rows = browser.get(KEYS).text.split("<tr>")
    return next(one for one in rows if serial in one)
