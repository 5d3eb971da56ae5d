"""Who a person is, and for whom an app acts: codes, tokens, and every no."""

from collections.abc import Iterator
from html import unescape
from typing import Any

import httpx
import pytest

from changliao.commands.people import Person
from changliao.core.clock import SECOND, Instant
from changliao.doors.alipay import tokens
from changliao.doors.alipay.tokens import Token
from changliao.operations.vault import Vault
from tests.openapi import OpenApp, open_app
from tests.served import Rest, Served

Sandbox = tuple[Served, Rest]
OAUTH, ISV = "alipay.system.oauth.token", "alipay.open.auth.token.app"
PAGE = "/oauth2/publicAppAuthorize.htm"


@pytest.fixture(scope="module")
def store(sandbox: Sandbox) -> Iterator[OpenApp]:
    with open_app(sandbox[0], "Mini shop") as made:
        yield made


@pytest.fixture(scope="module")
def other(sandbox: Sandbox) -> Iterator[OpenApp]:
    with open_app(sandbox[0], "Other shop") as made:
        yield made


def agreed(store: OpenApp, payer: Person, scope: str = "auth_user") -> httpx.URL:
    """Where the person is led who agrees."""
    query = {"app_id": store.app_id, "scope": scope, "state": "s&1"}
    query["redirect_uri"] = "https://shop.test/me?x=1"
    page = payer._browser.get(PAGE, params=query)
    assert "Mini shop" in page.text
    assert "shop.test" in page.text
    link = page.text.split('href="https://shop.test')[1].split('"')[0]
    return httpx.URL("https://shop.test" + unescape(link))


def test_a_person_who_agrees_becomes_known(store: OpenApp, payer: Person) -> None:
    led = agreed(store, payer).params
    assert (led["x"], led["state"], led["app_id"]) == ("1", "s&1", store.app_id)
    assert len(led["auth_code"]) <= 40
    answer = store.call(OAUTH, grant_type="authorization_code", code=led["auth_code"])
    known = answer.fields
    assert answer.root == "alipay_system_oauth_token_response"
    assert "code" not in known
    assert known["user_id"].startswith("2088")
    again = store.call(OAUTH, grant_type="refresh_token", refresh_token=known["refresh_token"])
    assert again.fields["user_id"] == known["user_id"]
    told = store.done("alipay.user.info.share", auth_token=known["access_token"])
    assert (told["user_id"], told["nick_name"]) == (known["user_id"], "付款人")
    made = store.order(buyer_id=known["user_id"])
    assert store.done("alipay.trade.create", made)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"grant_type": "password"}, "isv.grant-type-invalid"),
        ({"grant_type": "authorization_code", "code": "nonsense"}, "isv.code-invalid"),
        ({"grant_type": "authorization_code"}, "isv.code-invalid"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, "isv.refresh-token-invalid"),
    ],
)
def test_what_is_no_code_is_refused_under_the_old_root(
    store: OpenApp, changes: dict[str, Any], code: str
) -> None:
    answer = store.call(OAUTH, **changes)
    assert (answer.root, answer.fields["sub_code"]) == ("error_response", code)


def test_a_code_is_one_apps_and_no_token(store: OpenApp, other: OpenApp, payer: Person) -> None:
    code = agreed(store, payer, "auth_base").params["auth_code"]
    asked = {"grant_type": "authorization_code", "code": code}
    assert other.call(OAUTH, **asked).fields["sub_code"] == "isv.code-invalid"
    refused = store.refused("alipay.user.info.share", auth_token=code)
    assert refused == "aop.invalid-auth-token"


def test_nobody_is_led_anywhere_unasked(store: OpenApp, payer: Person) -> None:
    query = {"app_id": store.app_id, "scope": "auth_base", "redirect_uri": "https://shop.test/"}
    for changes in ({"app_id": "x"}, {"scope": "all"}, {"redirect_uri": "javascript:alert(1)"}):
        assert payer._browser.get(PAGE, params=query | changes).status_code == 404
    base = store.gateway.removesuffix("/gateway.do")
    stranger = store.http.get(base + PAGE, params=query)
    assert stranger.status_code == 303
    assert stranger.headers["Location"].startswith("/w/login?next=%2Foauth2%2F")


def test_a_provider_acts_for_a_merchant_that_accepted_it(
    sandbox: Sandbox, store: OpenApp, other: OpenApp
) -> None:
    given = sandbox[0].command("sandbox", "alipay-token", store.app_id, other.app_id)
    token = given["app_auth_token"]
    assert len(token) <= 40
    content = store.order(seller_id=other.pid)
    assert store.done("alipay.trade.precreate", content, app_auth_token=token)
    again = store.order(out_trade_no=content["out_trade_no"])
    assert other.done("alipay.trade.precreate", again)
    foreign = store.order(seller_id=store.pid)
    refused = store.refused("alipay.trade.precreate", foreign, app_auth_token=token)
    assert refused == "ACQ.ACCESS_FORBIDDEN"
    asked = {"out_trade_no": "x"}
    wrong = other.refused("alipay.trade.query", asked, app_auth_token=token)
    assert wrong == "aop.invalid-app-auth-token"
    rest = store.rest("POST", "/v3/alipay/trade/query", asked, token=token)
    assert rest.json()["code"] == "ACQ.TRADE_NOT_EXIST"
    exchanged = {"grant_type": "authorization_code", "code": given["app_auth_code"]}
    made = store.done(ISV, exchanged)
    assert (made["app_auth_token"], made["auth_app_id"]) == (token, other.app_id)
    assert made["user_id"] == other.pid
    refreshed = {"grant_type": "refresh_token", "refresh_token": made["app_refresh_token"]}
    assert store.done(ISV, refreshed)["app_auth_token"] == token
    assert other.refused(ISV, exchanged) == "isv.code-invalid"
    assert store.refused(ISV, {"grant_type": "x"}) == "isv.grant-type-invalid"


def test_tokens_end_and_are_of_one_kind() -> None:
    vault = Vault(bytes(32))
    token = Token(1, 2, Instant(5 * SECOND))
    text = tokens.make(vault, tokens.USER_CODE, token)
    assert tokens.read(vault, tokens.USER_CODE, text) == token
    assert tokens.read(vault, tokens.USER_TOKEN, text) is None
    assert tokens.read(vault, tokens.USER_CODE, text[:-1]) is None
    assert tokens.works(token, 1, Instant(4 * SECOND))
    assert not tokens.works(token, 1, Instant(5 * SECOND))
    assert not tokens.works(token, 3, Instant(0))
    assert not tokens.works(None, 1, Instant(0))
