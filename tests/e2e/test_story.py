"""The opening story on a real network: each point by the rows it left, not by what was printed."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from changliao.commands.demo import addresses, invite, play, start
from changliao.commands.people import WentWrong
from changliao.commands.story import scenario
from changliao.commands.story.acts import CheckRefused
from changliao.commands.story.scenario import NoScenario
from changliao.commands.story.stage import Stage
from changliao.core.ids import NEWEST
from changliao.store.engines import open_engine
from changliao.store.views import members, parties
from tests import postgres
from tests.waiting import eventually
from tests.wallets import hidden_in

pytestmark = pytest.mark.xdist_group("story")
CROWD = 80


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def told(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """The story, played once on each engine for all of these tests."""
    with pytest.MonkeyPatch.context() as environment:
        if request.param == "postgresql":
            engine: postgres.Server = request.getfixturevalue("postgresql")
            environment.setenv("CHANGLIAO_DATABASE", engine.database())
        running = start(0, tmp_path_factory.mktemp("story") / "network")
        try:
            stage = Stage(running.server, CROWD)
            play(scenario.read(scenario.OPENING), stage)
            yield stage
        finally:
            running.process.terminate()
            running.process.wait()


def policies(stage: Stage, name: str) -> list[Any]:
    """A platform's history of policies, oldest first."""
    path = f"/api/v1/acceptance/drafts?platform_id={stage.merchant(name)['id']}"
    return list(reversed(stage.ask("GET", path)["data"]))


def agreed_by_two(stage: Stage, *subjects: str) -> bool:
    """Does the audit log say of each that one member drafted and another one approved it?"""
    engine = open_engine(stage.server.operator["database"])
    with engine.reader() as reader:
        log = members.acts(reader, 0, NEWEST, 1_000)
    engine.close()
    for subject in subjects:
        approved, drafted = (one for one in log if one.subject == subject)
        actions = drafted.action.partition(".")[2], approved.action.partition(".")[2]
        assert actions == ("draft", "approve")
        assert drafted.member_id != approved.member_id
    return bool(subjects)


def state(stage: Stage, name: str, method: str, terminal: str) -> str:
    path = f"/api/v1/acceptance?platform_id={stage.merchant(name)['id']}"
    [found] = [
        one["state"]
        for one in stage.ask("GET", path)["now"]
        if (one["method"], one["terminal"]) == (method, terminal)
    ]
    return str(found)


def paid(stage: Stage, name: str) -> list[Any]:
    path = "/api/v1/orders?state=paid&limit=100"
    return list(stage.ask("GET", path, by=stage.as_merchant(name))["data"])


def test_1_taobao_and_tmall_ban_it_on_every_terminal_at_one_moment(told: Stage) -> None:
    [taobao], [tmall] = policies(told, "淘宝"), policies(told, "天猫")
    assert taobao["starts_at"] == tmall["starts_at"]
    for draft in (taobao, tmall):
        assert (draft["state"], draft["under_way"]) == ("approved", "stop")
        assert draft["drafted_by"] != draft["decided_by"]
        assert {one["state"] for one in draft["before"]} == {"accepted"}
    for terminal in ("app", "in_app", "mobile_web", "pc", "counter"):
        assert state(told, "淘宝", "changliao", terminal) == "banned"
    assert max(one["paid_at"] for one in paid(told, "淘宝")) <= taobao["starts_at"]
    assert agreed_by_two(told, taobao["id"], tmall["id"])


def test_2_five_adopt_it_two_first_with_the_sdks_they_have(told: Stage) -> None:
    first, then = policies(told, "京东")[0], policies(told, "苏宁")[0]
    assert first["starts_at"] < then["starts_at"]
    for name, earned in {"苏宁": 20_000, "国美": 20_000, "亚马逊": 20_000}.items():
        [order] = [one for one in paid(told, name) if one["refunded"]]
        assert order["amount"] - order["refunded"] == earned
        assert state(told, name, "changliao", "app") == "accepted"
    for name in ("京东", "美团", "苏宁", "国美", "亚马逊"):
        assert agreed_by_two(told, policies(told, name)[0]["id"])


def test_nobody_has_another_ones_number_by_chance(told: Stage) -> None:
    engine = open_engine(told.server.operator["database"])
    with engine.reader() as reader:
        phones = sorted(user.phone for user in parties.users(reader, NEWEST, 1_000))
    engine.close()
    with_faces = [phone for phone in phones if not phone.startswith("150")]
    assert with_faces == ["13800000001", "13800000002"]
    assert phones[2:] == [f"150{turn:08d}" for turn in range(1, len(phones) - 1)]


def test_3_everybody_moves_and_nobody_pays_twice(told: Stage) -> None:
    crowd = [user for one in told.crowds.values() for user in one]
    assert len(set(crowd)) == CROWD
    payers = [
        order["payer_id"]
        for name in ("京东", "美团", "苏宁", "国美", "亚马逊")
        for order in paid(told, name)
        if order["reference"].startswith("S")
    ]
    assert sorted(payers) == sorted(crowd)
    assert {told.wallet(user) for user in crowd[:5]} == {10_000 - 2 * 1_990}


def test_4_three_platforms_became_one_and_one_cart_paid_stores_of_three_kinds(
    told: Stage,
) -> None:
    mergers = told.ask("GET", "/api/v1/mergers")["data"]
    target = told.merchant("QQ网购")["id"]
    assert {(one["state"], one["target_id"]) for one in mergers} == {("done", target)}
    assert agreed_by_two(told, *(one["id"] for one in mergers))
    assert {one["source_id"] for one in mergers} == {
        told.merchant(name)["id"] for name in ("拍拍", "QQ商城", "易迅")
    }
    assert told.balance("QQ商城") == 0
    own = [one for one in paid(told, "易迅") if one["amount"] == 19_900]
    [shop] = [one for one in paid(told, "QQ商城旗舰店") if one["amount"] == 10_000]
    [seller] = [one for one in paid(told, "拍拍小店") if one["amount"] == 4_500]
    assert own[0]["payer_id"] == shop["payer_id"] == seller["payer_id"]
    assert own[0]["paid_at"] == shop["paid_at"] == seller["paid_at"]
    assert (own[0]["refunded"], shop["refunded"], seller["refunded"]) == (0, 0, 4_500)
    path = f"/api/v1/orders/{shop['id']}/holding"
    holding = told.ask("GET", path, by=told.as_merchant("QQ商城旗舰店"))
    assert (holding["state"], holding["held"]) == ("held", 10_000)
    before = told.ask("GET", f"/api/v1/orders/{told.begun['易迅']['id']}",
                      by=told.as_merchant("易迅"))  # fmt: skip
    assert before["state"] == "paid"


def test_5_and_6_pc_only_then_one_switch_and_what_was_under_way_finished(told: Stage) -> None:
    pc_only, switch, closed, _ = policies(told, "QQ网购")[:4]
    assert agreed_by_two(told, *(one["id"] for one in policies(told, "QQ网购")))
    cells = {(one["method"], one["terminal"]): one["state"] for one in switch["before"]}
    assert cells["changliao", "mobile_web"] == "not_connected"
    assert cells["alipay", "mobile_web"] == "accepted"
    assert {one["terminal"] for one in pc_only["cells"] if one["method"] == "tenpay"} == {"pc"}
    assert state(told, "QQ网购", "alipay", "app") == "suspended"
    assert state(told, "QQ网购", "changliao", "app") == "accepted"
    used = told.ask("GET", "/api/v1/channel-requests?channel=tenpay")["data"]
    assert [(one["kind"], one["state"], "order_id" in one) for one in used] == [
        ("refund", "done", True),
        ("pay", "done", True),
        ("payout", "done", False),
        ("pay", "done", False),
    ]
    by_method = {one["method"]: one for one in paid(told, "QQ网购") if one["method"] != "changliao"}
    assert by_method.keys() == {"tenpay", "netbank"}
    assert {(one["amount"], one["refunded"]) for one in by_method.values()} == {(20_000, 10_000)}
    waited = told.ask("GET", f"/api/v1/orders/{told.begun['QQ网购']['id']}",
                      by=told.as_merchant("QQ网购"))  # fmt: skip
    assert waited["state"] == "paid"
    assert waited["created_at"] <= closed["starts_at"] <= waited["paid_at"]
    stopped = told.ask("GET", f"/api/v1/orders/{told.begun['淘宝']['id']}",
                       by=told.as_merchant("淘宝"))  # fmt: skip
    assert stopped["state"] == "open"


def test_7_flagship_stores_are_settled_received_and_disputed(told: Stage) -> None:
    path = f"/api/v1/stores?platform_id={told.merchant('QQ网购')['id']}"
    found = {one["title"]: one for one in told.ask("GET", path)["data"]}
    assert {one["state"] for one in found.values()} == {"open"}
    assert {"美优", "星逸", "易迅", "QQ商城旗舰店", "拍拍小店"} <= set(found)
    assert told.balance("美优") == 12_900 - 12_900 * 8 // 100
    assert told.balance("拍拍小店") == 5_000 + 8_000 - 3_000
    disputes = told.ask("GET", "/api/v1/disputes", by=told.as_merchant("拍拍小店"))["data"]
    assert [(one["state"], one["refunded"]) for one in disputes] == [("decided", 3_000)]


def test_8_no_rival_spends_a_fen_above_the_pact(told: Stage) -> None:
    crowd, face = CROWD // 4, 100
    uses = round(crowd * 0.4)
    for name in ("京东", "苏宁"):
        own = told.as_merchant(name)
        [budget] = told.ask("GET", "/api/v1/budgets", by=own)["data"]
        assert budget["cap"] == budget["funded"] == uses * face + face // 2
        found = told.ask("GET", f"/api/v1/budgets/{budget['id']}", by=own)["figures"]
        assert found == {"left": face // 2, "promised": 0, "uses": uses, "paid": uses * face,
                         "returned": 0}  # fmt: skip
        orders = [one for one in paid(told, name) if one["reference"].startswith("P")]
        assert len(orders) == len({one["payer_id"] for one in orders}) == crowd
        assert sum(one.get("discount", 0) for one in orders) == uses * face


def test_9_a_new_method_is_a_row(told: Stage) -> None:
    codes = [one["code"] for one in told.ask("GET", "/api/v1/methods")["data"]]
    assert codes[-2:] == ["wechat", "qqwallet"]
    assert state(told, "QQ网购", "wechat", "pc") == "accepted"
    assert state(told, "京东", "wechat", "pc") == "not_connected"


def test_10_what_became_of_the_banned_platforms_payers(told: Stage) -> None:
    path = f"/api/v1/acceptance/drafts/{told.drafts['淘宝']}/effect"
    effect = told.ask("GET", path)
    [method] = effect["methods"]
    assert (method["payments_before"], method["payments_after"]) == (CROWD * 3 // 4, 0)
    names = {one["id"]: name for name, one in told.merchants()}
    went = {names[one["platform_id"]]: one["payments"] for one in effect["went_to"]}
    assert sum(went.values()) == CROWD * 3 // 4
    assert max(went, key=lambda name: went[name]) == "京东"


def test_10_figures_of_the_market_name_the_storys_platforms(told: Stage) -> None:
    """Not everybody under "others": who lost people, and who won them."""
    day = date.fromisoformat(told.ask("GET", "/api/v1/sandbox/clock")["now"][:10])
    asked = f"/api/v1/market/shares?first={day}&last={day}"

    def named() -> dict[str, Any]:
        return {one["name"]: one for one in told.ask("GET", asked)["data"]}

    eventually(lambda: named().get("total", {}).get("payments", 0) > 2 * CROWD)
    found = named()
    assert (found["淘宝"]["users"], found["天猫"]["users"]) == (0.75 * CROWD, 0.25 * CROWD)
    assert found["京东"]["users"] > 0.8 * CROWD
    assert "others" not in found


def test_the_books_are_right_at_the_end(told: Stage) -> None:
    assert told.run("audit")["orders"] > 2 * CROWD


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title = 'x'\npoint = 3", "Expected `array`, got `int` - at `$.point`"),
        ("title = 'x'\n[[point]]\nnumber = 1\ntitle = 'y'\nstep = [{ do = 'fly' }]", "'fly'"),
        (
            "title = 'x'\n[[point]]\nnumber = 1\ntitle = 'y'\n"
            "step = [{ do = 'begin', platfrom = 'z' }]",
            "platfrom",
        ),
        ("title = ", "Invalid value"),
    ],
)
def test_a_scenario_that_cannot_be_meant_says_where(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(NoScenario, match=r"wrong\.toml") as raised:
        scenario.read(file)
    assert said in str(raised.value)


def test_a_story_that_is_not_so_stops_with_what_was_found(told: Stage) -> None:
    step = CheckRefused(platform="京东", reason="method_banned")
    with pytest.raises(WentWrong, match="京东"):
        step.play(told)


def test_whoever_watches_can_look_at_every_page(told: Stage) -> None:
    visitors = invite(told)
    shown = "\n".join(addresses(told, visitors))
    for one, pages in (
        (visitors.operator, ("/console/", "/console/orders", "/market")),
        (visitors.developer, ("/portal/", "/portal/requests")),
    ):
        assert one["password"] in shown
        with httpx.Client(
            base_url=told.server.base_url,
            trust_env=False,
            verify=False,
            follow_redirects=True,
            headers={"Sec-Fetch-Site": "same-origin"},
        ) as browser:
            code = told.run("sandbox", "code", one["name"])["code"]
            fields = hidden_in(browser.get("/console/login").text) | {
                "name": one["name"], "password": one["password"], "code": code,
            }  # fmt: skip
            assert browser.post("/console/login", data=fields).status_code == 200
            for page in pages:
                answer = browser.get(page)
                assert (answer.status_code, answer.url.path != "/console/login") == (200, True)
    [cashier] = re.findall(r"Cashier +(\S+)", shown)
    assert httpx.get(cashier, trust_env=False, verify=False).status_code == 200
