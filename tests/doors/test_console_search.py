"""The search of the console and of the portal: every kind of id that people see leads somewhere."""

import re
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

import changliao
from changliao.core.members import Role
from changliao.doors.console.search import FOUND, NO_PAGE
from tests.doors.test_console_roles import STRANGER, Sandbox, logged_in
from tests.doors.test_rest_budgets import YEAR_END
from tests.doors.test_rest_packets import a_user
from tests.served import Rest, Shop, merchant

SHOWN = re.compile(r"""\bshow(?:_id)?\(\s*["'](\w+)["']""")
# Of two things, the older is looked for.
NAMES = ("looked-for", "made-later")
NAMED = re.compile(r"""_PREFIX: Final = ["'](\w{3})["']""")


@pytest.fixture(scope="module")
def viewer(sandbox: Sandbox, shop: Shop) -> Iterator[httpx.Client]:
    with closing(logged_in(sandbox[0], Role.VIEWER, shop, "search")) as browser:
        yield browser


@pytest.fixture(scope="module")
def selling(sandbox: Sandbox) -> Iterator[tuple[Rest, str]]:
    made = sandbox[1].made("/api/v1/merchants", name="Found", fee_bps=0)
    rest = Rest(sandbox[0].base_url, made["rest_key"], made["rest_secret"])
    with closing(rest.http):
        yield rest, made["id"]


@pytest.fixture(scope="module")
def made(sandbox: Sandbox, selling: tuple[Rest, str]) -> dict[str, str]:
    """One of each kind that is made without much ado, by prefix."""
    operator, payer, friend = sandbox[1], a_user(sandbox[1], 90_000), a_user(sandbox[1])
    seller, owner = selling
    order = seller.made("/api/v1/orders", reference=f"F{time.time_ns()}", title="x", amount=5_000,
                        notify_url="http://127.0.0.1:9/notify")  # fmt: skip
    paid = {"merchant_id": owner, "order_id": order["id"], "payer_id": payer}
    payment = operator.made("/api/v1/payments", **paid, amount=5_000)
    refund = seller.made(f"/api/v1/orders/{order['id']}/refunds", reference="R1", amount=100)
    people = f"/api/v1/users/{payer}"
    packet = operator.made(f"{people}/packets", amount=100, shares=1)
    claim = operator.made(f"/api/v1/users/{friend}/packet-claims", link=packet["link"])
    transfer = operator.made(f"{people}/transfers", payee_id=friend, amount=70)
    top_up = operator.made(f"{people}/top-ups", amount=900)
    away = operator.made(f"{people}/withdrawals", amount=50, account="6222")
    entry = operator.get(f"/api/v1/ledger/entries?owner={payer}&purpose=wallet").json()["data"][0]
    terms = {"kind": "subsidy", "cap": 100, "face": 1, "ends_at": YEAR_END}
    budget, _ = (seller.made("/api/v1/budgets", name=name, **terms) for name in NAMES)
    payout, _ = (seller.made("/api/v1/payouts", reference=name, amount=10, payee_id=friend)
                 for name in NAMES)  # fmt: skip
    rule = operator.made("/api/v1/risk-rules", kind="listed", action="review", reason="x",
                         users=[friend])  # fmt: skip
    event = seller.get("/api/v1/events").json()["data"][0]
    everything = (order, payment, refund, packet, claim, transfer, top_up, away, entry, budget)
    shown = [one["id"] for one in (*everything, payout, rule, event)]
    shown += [owner, payer, entry["cause"]]
    return {one.partition("_")[0]: one for one in shown}


def search(browser: httpx.Client, text: str, base: str = "/console") -> httpx.Response:
    return browser.get(f"{base}/search", params={"q": text})


def test_every_kind_of_id_that_is_shown_is_found_or_listed_as_without_a_page() -> None:
    root = Path(changliao.__file__).parent
    shown: set[str] = set()
    for path in (*root.rglob("*.py"), *root.rglob("*.html")):
        text = path.read_text()
        shown |= {*SHOWN.findall(text), *NAMED.findall(text)}
    assert shown == FOUND | NO_PAGE.keys()
    assert not FOUND & NO_PAGE.keys()


def test_what_exists_leads_to_a_page_that_shows_it(
    viewer: httpx.Client, made: dict[str, str]
) -> None:
    for kind, shown in made.items():
        answer = search(viewer, shown)
        assert answer.status_code == 303, (kind, answer.text)
        page = viewer.get(answer.headers["location"])
        assert page.status_code == 200, (kind, page.text)


def test_lists_begin_with_what_was_looked_for(viewer: httpx.Client, made: dict[str, str]) -> None:
    for kind in ("bdg", "pot"):
        page = viewer.get(search(viewer, made[kind]).headers["location"]).text
        assert [name in page for name in NAMES] == [True, False], kind


@pytest.mark.parametrize("kind", sorted(FOUND | NO_PAGE.keys()))
def test_an_id_that_nothing_has_is_said_to_be_missing(viewer: httpx.Client, kind: str) -> None:
    answer = search(viewer, f"{kind}_{STRANGER}")
    if answer.status_code == 303:
        answer = viewer.get(answer.headers["location"])
    assert answer.status_code == 404 or "没有找到" in answer.text or kind == "usr"


def test_a_merchants_member_is_not_led_to_what_is_anothers(
    sandbox: Sandbox, made: dict[str, str]
) -> None:
    with (
        merchant(sandbox[0], "Elsewhere") as other,
        closing(logged_in(sandbox[0], Role.DEVELOPER, other, "elsewhere")) as browser,
    ):
        for kind, shown in made.items():
            there, nowhere = (
                search(browser, one, "/portal") for one in (shown, f"{kind}_{STRANGER}")
            )
            assert there.status_code == nowhere.status_code, kind
            if there.status_code == 303:
                assert there.headers["location"].startswith("/portal/")
                there, nowhere = (browser.get(one.headers["location"]) for one in (there, nowhere))
                assert (there.status_code, nowhere.status_code) == (404, 404), kind
            else:
                assert "没有找到" in there.text, kind
