"""Whatever is sent from a page of the wallet or the cashier is answered by a redirect or a refusal.

So a page that was loaded can be loaded again, and nobody is asked to send a form twice.
"""

import re
import time
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import quote

import pytest
from starlette.routing import Route

from changliao.doors.cashier import door as cashier
from changliao.doors.wallet import door as wallet
from changliao.web.pages import Pages
from changliao.web.security import Browser
from tests.authenticators import Authenticator
from tests.doors.conftest import Here, Sent, payment
from tests.doors.test_passkeys import PASSWORD, Tab
from tests.openapi import number, open_app
from tests.phones import new_phone
from tests.wallets import PIN, hidden_in

# Asked by scripts, which never leave their page.
ASKED_BY_SCRIPTS = {
    "/w/scan/picture",
    "/w/passkeys/challenge",
    "/w/login/challenge",
    "/w/pin/challenge",
}


def forms() -> set[str]:
    """Where forms are sent to, by the two doors' own routes."""
    pages, none = Pages(Browser(b"key", https=False), sandbox=True), cast(Any, None)
    found: list[Route] = [
        *wallet.routes(none, pages, none, ""),
        *cashier.routes(none, pages, none, "", {}),
    ]
    return {one.path for one in found if "POST" in (one.methods or ())} - ASKED_BY_SCRIPTS


def joined(_: Here) -> Sent:
    fields = {"phone": new_phone(), "name": "新人", "password": PASSWORD, "pin": PIN}
    return "/w/join", fields


def logged_in(here: Here) -> Sent:
    return "/w/login", {"phone": here.me["phone"], "password": PASSWORD}


def scanned(here: Here) -> Sent:
    return "/w/scan", {"code": f"http://here{here.order()}"}


def banked(here: Here) -> Sent:
    page = here.tab.follow("/w/top-up", amount="5", channel="sandbox_bank")
    return "/w/bank", hidden_in(page.text)


def withdrawn(here: Here) -> Sent:
    return "/w/withdraw/confirm", here.check("/w/withdraw", account="6222", amount="1")


def transferred(here: Here) -> Sent:
    fields = here.check("/w/transfer", phone=here.friend["phone"], amount="1", note="茶")
    return "/w/transfer/confirm", fields


def given(here: Here) -> Sent:
    return "/w/packets/confirm", here.check("/w/packets", amount="1", shares="1", kind="equal")


def opened(here: Here) -> Sent:
    made = here.sandbox[1].made(
        f"/api/v1/users/{here.friend['id']}/packets", amount=100, shares=1, kind="equal"
    )
    return f"/w/packet/{made['link']}", {}


def asked(here: Here) -> Sent:
    shown = hidden_in(here.tab.see("/w/groups"))["bill_id"]
    return "/w/groups", {"title": "火锅", "amount": "2", "shares": "2", "bill_id": shown}


def shared(here: Here) -> Sent:
    bill = here.sandbox[1].made(
        f"/api/v1/users/{here.friend['id']}/group-bills", title="火锅", amount=200, shares=2
    )
    return f"/w/group/{bill['link']}", {"minor": "100", "pin": PIN}


def ended(here: Here) -> Sent:
    path, fields = asked(here)
    return f"{here.tab.send(path, **fields).headers['location']}/close", {}


def received(here: Here) -> Sent:
    return f"/w/bills/{here.bill().rpartition('/')[2]}/confirm", {"pin": PIN}


def disputed(here: Here) -> Sent:
    return f"{here.bill()}/dispute", {"reason": "坏了"}


def frozen(here: Here) -> Sent:
    terms = {
        "out_order_no": number(), "out_request_no": number(), "order_title": "押金",
        "amount": "1.00", "product_code": "PRE_AUTH_ONLINE",
    }  # fmt: skip
    with open_app(here.sandbox[0], "Hotel") as app:
        made = app.done("alipay.fund.auth.order.voucher.create", terms)
    path = "/w/freeze?" + made["code_url"].split("?")[1]
    return path, hidden_in(here.tab.see(path)) | {"pin": PIN}


def adopted(here: Here) -> Sent:
    made = here.tab.challenge("/w/passkeys/challenge", password=PASSWORD)
    device = Authenticator(f"http://localhost:{here.sandbox[0].port}")
    return "/w/passkeys", {"name": "another", "answer": device.create(made)}


def mine(here: Here) -> str:
    return hidden_in(here.tab.see("/w/passkeys"))["passkey"]


def logged_in_by_passkey(here: Here) -> Sent:
    made = here.tab.challenge("/w/login/challenge")
    return "/w/login/passkey", {"next": "/w/me", "answer": here.device.get(made)}


def cancelled(here: Here) -> Sent:
    here.tab.send("/w/pin/ask", password=PASSWORD)
    return "/w/pin/cancel", {}


def paid(here: Here) -> Sent:
    return payment(here, here.order())


def couponed(here: Here) -> Sent:
    ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 864_000))
    terms = {"name": "满减", "kind": "coupon", "cap": 100, "face": 10, "coupon_days": 7}
    rest = here.shop_rest()
    budget = rest.made("/api/v1/budgets", **terms, ends_at=ends)
    order, fields = paid(here)  # a shop funds a budget from what it earned
    assert here.tab.http.post(order, data=fields).status_code == 303
    assert rest.post(f"/api/v1/budgets/{budget['id']}/funding", funded=100).status_code == 200
    rest.http.close()
    path = f"/w/coupon/{budget['claim_url'].split('/')[-1]}"
    return path, hidden_in(here.tab.see(path))


FILLED: dict[str, Callable[[Here], Sent]] = {
    "/w/join": joined,
    "/w/login": logged_in,
    "/w/login/passkey": logged_in_by_passkey,
    "/w/logout": lambda _: ("/w/logout", {}),
    "/w/hide": lambda _: ("/w/hide", {"hides": "1"}),
    "/w/scan": scanned,
    "/w/top-up": lambda _: ("/w/top-up", {"amount": "5", "channel": "sandbox_bank"}),
    "/w/bank": banked,
    "/w/withdraw": lambda _: ("/w/withdraw", {"account": "6222", "amount": "1"}),
    "/w/withdraw/confirm": withdrawn,
    "/w/transfer": lambda here: (
        "/w/transfer",
        {"phone": here.friend["phone"], "amount": "1", "note": "茶"},
    ),
    "/w/transfer/confirm": transferred,
    "/w/packets": lambda _: ("/w/packets", {"amount": "1", "shares": "1", "kind": "lucky"}),
    "/w/packets/confirm": given,
    "/w/packet/{link}": opened,
    "/w/groups": asked,
    "/w/group/{link}": shared,
    "/w/group/{link}/close": ended,
    "/w/coupon/{link}": couponed,
    "/w/bills/{id}/confirm": received,
    "/w/bills/{id}/dispute": disputed,
    "/w/freeze": frozen,
    "/w/passkeys": adopted,
    "/w/passkeys/rename": lambda here: (
        "/w/passkeys/rename",
        {"passkey": mine(here), "name": "renamed"},
    ),
    "/w/passkeys/permit": lambda here: (
        "/w/passkeys/permit",
        {"passkey": mine(here), "permitted": "1", "pin": PIN},
    ),
    "/w/passkeys/remove": lambda here: ("/w/passkeys/remove", {"passkey": mine(here)}),
    "/w/me/pin": lambda _: ("/w/me/pin", {"old": PIN, "new": "864209", "again": "864209"}),
    "/w/me/password": lambda _: (
        "/w/me/password",
        {"old": PASSWORD, "new": "another one", "again": "another one"},
    ),
    "/w/pin/ask": lambda _: ("/w/pin/ask", {"password": PASSWORD}),
    "/w/pin/cancel": cancelled,
    "/c/{token}/pay": paid,
}
# Their success needs more than a form, and has tests of its own: test_pin_resets.py,
# test_wechatpay_transfers.py, e2e/test_settings.py and e2e/test_tenders.py.
ELSEWHERE = {"/w/pin/reset", "/w/receive", "/w/me/sessions/end", "/c/{token}/tender"}


def test_every_form_is_here() -> None:
    assert forms() == FILLED.keys() | ELSEWHERE


@pytest.mark.parametrize("path", FILLED)
def test_a_form_that_is_right_leads_to_a_page_that_can_be_loaded_again(
    here: Here, path: str
) -> None:
    where, fields = FILLED[path](here)
    answer = here.tab.send(where, **{k: v for k, v in fields.items() if k != "csrf"})
    assert answer.status_code == 303, answer.text
    following = answer.headers["location"]
    assert PIN not in following
    assert PASSWORD not in following
    for _ in range(2):
        page = here.tab.http.get(following, follow_redirects=True)
        assert page.status_code == 200, following


def test_an_empty_form_is_refused_or_leads_on(here: Here) -> None:
    stranger = Tab(here.sandbox[0])
    for tab in (here.tab, stranger):
        for path in (*sorted(forms() - {"/w/logout"}), "/w/logout"):
            answer = tab.send(re.sub(r"\{\w+\}", "x", path))
            assert answer.status_code == 303 or 400 <= answer.status_code < 500, path
    stranger.http.close()


STEPS = {"/w/transfer": transferred, "/w/withdraw": withdrawn, "/w/packets": given}


@pytest.mark.parametrize("path", STEPS)
def test_back_at_the_page_for_checking_the_result_is_shown(here: Here, path: str) -> None:
    answer = here.tab.send(path, **FILLED[path](here)[1])
    check = answer.headers["location"]
    fields = hidden_in(here.tab.http.get(check).text) | {"pin": PIN}
    assert PIN not in check
    assert "6222" not in check
    assert here.friend["phone"] not in check
    changed = here.tab.http.get(f"{check[:-4]}AAAA")
    assert (changed.status_code, changed.headers["location"]) == (303, path)
    other = Tab(here.sandbox[0]).log_in(here.me["phone"])
    assert other.http.get(check).status_code == 303, "another browser reads nothing"
    other.http.close()
    assert 'value="1"' in here.tab.http.get(f"{path}?of={check.split('of=')[1]}").text
    done = here.tab.send(f"{path}/confirm", **{k: v for k, v in fields.items() if k != "csrf"})
    again = here.tab.http.get(check)
    assert (again.status_code, again.headers["location"]) == (303, done.headers["location"])


def test_a_form_after_its_session_ended_is_kept_through_logging_in(here: Here) -> None:
    bill = here.bill()
    stranger = Tab(here.sandbox[0])
    sent = stranger.send(f"{bill}/dispute", reason="坏了 & broken")
    login = sent.headers["location"]
    assert login.startswith("/w/login?of=")
    assert quote("坏") not in login
    page = stranger.http.get(login)
    fields = hidden_in(page.text) | {"phone": here.me["phone"], "password": "wrong one"}
    wrong = stranger.http.post("/w/login", data=fields)
    assert wrong.status_code == 422
    fields = hidden_in(wrong.text) | {"phone": here.me["phone"], "password": PASSWORD}
    kept = stranger.http.post("/w/login", data=fields).headers["location"]
    for _ in range(2):
        shown = stranger.http.get(kept)
        assert "坏了 &amp; broken" in shown.text
        assert f'action="{bill}/dispute"' in shown.text
    done = stranger.http.post(f"{bill}/dispute", data=hidden_in(shown.text))
    assert (done.status_code, done.headers["location"]) == (303, bill)
    long = stranger.send(f"{bill}/dispute", reason="坏" * 5_000)
    assert long.status_code == 303, "logged in by now"
    stranger.http.close()
