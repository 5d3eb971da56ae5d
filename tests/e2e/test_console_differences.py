"""What a bank's statement has and the books have not is resolved by two members."""

from collections.abc import Iterator
from datetime import datetime

import httpx
import pytest
from playwright.sync_api import Browser, Page

from changliao.core.clock import BEIJING
from tests.e2e.looks import SIDEWAYS, is_well_made
from tests.e2e.members import desk
from tests.e2e.site import Site, person, served, signed
from tests.served import DAY_S, Rest, later, until_noon_s

BANK = "/api/v1/channels/sandbox_bank"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A network of its own: its clock is moved."""
    with served(str(tmp_path_factory.mktemp("differences") / "data")) as running:
        yield running


@pytest.fixture(scope="module")
def supervisor(site: Site, found: str, chromium: Browser) -> Page:
    return desk(site, chromium, "supervisor", [])


@pytest.fixture(scope="module")
def operator(site: Site, found: str, chromium: Browser) -> Page:
    return desk(site, chromium, "operator", [])


@pytest.fixture(scope="module")
def found(site: Site) -> str:
    """The bank's statement of a day has a stranger's line; it is read. The case's id."""
    rest = Rest(site.base, site.operator.id, site.operator.secret)
    later(rest, until_noon_s())
    fault = {"kind": "pay", "fault": "line_extra"}
    signed(site.base, site.operator, f"{BANK}/faults", fault)
    payer = person(site, 0)
    path = f"/api/v1/users/{payer.id}/top-ups"
    signed(site.base, site.operator, path, {"amount": 777, "channel": "sandbox_bank"})
    now = datetime.fromisoformat(rest.get("/api/v1/sandbox/clock").json()["now"])
    today = now.astimezone(BEIJING).date().isoformat()
    later(rest, DAY_S)
    document = rest.get(f"{BANK}/statement?day={today}").json()["document"]
    read: httpx.Response = rest.post(f"{BANK}/statement", document=document)
    assert read.status_code == 200, read.text
    cases = rest.get("/api/v1/channel-differences?state=open").json()["data"]
    rest.http.close()
    return str(next(one["id"] for one in cases if one["said"] == 777))


def case(page: Page, site: Site, name: str) -> str:
    page.goto(f"{site.base}/console/differences")
    return page.locator(f"section[aria-labelledby='{name}']").inner_text()


@pytest.fixture(scope="module")
def third(site: Site, found: str, chromium: Browser) -> Page:
    return desk(site, chromium, "supervisor", [])


def test_one_proposes_and_another_approves(
    site: Site, found: str, operator: Page, supervisor: Page, third: Page
) -> None:
    supervisor.goto(f"{site.base}/console")
    assert "对账差异等待处理" in supervisor.inner_text("main")
    assert supervisor.locator("nav a[href='/console/differences'] .badge").count() == 1
    assert "¥7.77" in case(supervisor, site, found)
    is_well_made(supervisor, f"{site.base}/console/differences")
    assert supervisor.evaluate(SIDEWAYS) <= 0
    propose(supervisor, site, found)
    assert "自己提出的" in case(supervisor, site, found)
    assert "whose is <i>this</i>?" in case(operator, site, found)
    for page in (supervisor, operator):
        assert page.locator(f"form[action*='{found}']").count() == 0
    decide(third, site, found, "reject")
    propose(operator, site, found)
    decide(supervisor, site, found, "approve")
    assert "已解决" in case(supervisor, site, found)
    supervisor.goto(f"{site.base}/console/audit")
    assert "differences.decide" in supervisor.inner_text("main")


def test_counts_of_both_sides_stand_beside_the_cases(
    site: Site, found: str, supervisor: Page
) -> None:
    supervisor.goto(f"{site.base}/console/differences")
    beside = supervisor.locator("tbody tr").first.inner_text()
    supervisor.click("text=全部对账")
    assert supervisor.locator("tbody tr").first.inner_text() == beside
    sums = [one.split() for one in supervisor.locator("tbody tr >> nth=0").locator(".num")
            .all_inner_texts()]  # fmt: skip
    assert sums[:4] == [["1", "¥7.77"], ["2", "¥15.54"], ["1", "¥7.77"], ["1", "¥7.77"]]
    assert {tuple(one) for one in sums[4:]} == {("0", "¥0.00")}
    assert "差异" in beside
    supervisor.locator("#channel").select_option("sandbox_bank")
    supervisor.click("text=筛选")
    assert supervisor.locator("tbody tr").count() == 1
    for nothing in ("before=0.0.0", "before=1.x.y", "channel=nobody"):
        answer = supervisor.request.get(f"{site.base}/console/reconciliations?{nothing}")
        assert answer.status == 200
    is_well_made(supervisor, f"{site.base}/console/reconciliations")


def propose(page: Page, site: Site, name: str) -> None:
    assert "待处理" in case(page, site, name)
    page.locator(f"#how-{name}").select_option("suspense")
    page.fill(f"#note-{name}", "whose is <i>this</i>?")
    page.click(f"form[action*='{name}'] button")
    page.wait_for_load_state()


def decide(page: Page, site: Site, name: str, decision: str) -> None:
    case(page, site, name)
    page.click(f"form[action*='{name}'] button[value={decision}]")
    page.wait_for_load_state()
