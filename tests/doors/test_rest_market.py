"""The market over REST: what operators see, what a platform sees, and what nobody does."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.bazaar import API, bazaar

PAYMENTS = 12


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Day 1: four at taobao, two of them at jd as well. Day 2: three at jd, one at the corner."""
    with bazaar(tmp_path_factory.mktemp("bazaar") / "data") as made:
        first = made.today()
        for person in (0, 1, 2, 3):
            made.buy(person, "taobao", 1_000)
        for person in (2, 3):
            made.buy(person, "jd", 500)
        refunded = made.buy(3, "taobao", 2_000)
        made.client("taobao").made(
            f"{API}/orders/{refunded['id']}/refunds", reference="F1", amount=300
        )
        made.later(1)
        for person in (1, 2, 4):
            made.buy(person, "jd", 500)
        made.buy(5, "corner", 100)
        made.buy(1, "corner", 100)
        made.settle(first, made.today(), PAYMENTS)
        yield made, first, made.today()


def parts(found: Any, first: str) -> dict[str, Any]:
    return {one["key"]: one for one in found if one["first"] == first}


def test_operators_see_every_platforms_share(market: Any) -> None:
    made, first, last = market
    days = made.ask("shares", first=first, last=last)
    one = parts(days, first)
    taobao, total = one[made.id("taobao")], one["total"]
    assert (taobao["payments"], taobao["amount"], taobao["users"]) == (5, 6_000, 4)
    assert (taobao["refunds"], taobao["refunded"]) == (1, 300)
    assert taobao["of_payments"] == 5 / 7
    assert taobao["of_users"] == 1
    assert (total["users"], total["payments"], total["amount"]) == (4, 7, 7_000)
    two = parts(days, last)
    assert two["others"]["payments"] == 2
    assert two[made.id("jd")]["users"] == 3
    assert sum(row["of_amount"] for key, row in two.items() if key != "total") == 1


def test_a_platform_sees_itself_and_all_others_together(market: Any) -> None:
    made, first, last = market
    seen = parts(made.ask("shares", made.client("jd"), first=first, last=last), first)
    assert set(seen) == {made.id("jd"), "others", "total"}
    assert (seen["others"]["payments"], seen["others"]["users"]) == (5, 4)
    stranger = parts(made.ask("shares", made.client("corner"), first=first, last=last), first)
    assert set(stranger) == {"others", "total"}
    refused = made.client("jd").get(f"{API}/market/shares?first={first}&last={last}&by=group")
    assert refused.json()["reason"] == "not_permitted"


def test_of_too_few_people_nothing_is_told(market: Any) -> None:
    made = market[0]
    made.later(2)
    day = made.today()
    made.buy(0, "jd", 500)
    made.buy(1, "taobao", 700)
    made.buy(2, "taobao", 700)
    made.settle(day, day, 3)
    row = parts(made.ask("shares", first=day, last=day), day)
    assert "payments" not in row[made.id("jd")]
    assert "payments" not in row[made.id("taobao")], "the total would give the other away"
    assert row["total"]["payments"] == 3
    [concentration] = made.ask("concentration", first=day, last=day, every="day")
    assert round(concentration["hhi"]) == round((500 / 1900 * 100) ** 2 + (1400 / 1900 * 100) ** 2)


def test_no_level_is_told_where_it_depends_on_who_is_on_no_platform(market: Any) -> None:
    """Were the corner many small shops, the market would be none of a few; it may be one."""
    made, first, last = market
    [even] = made.ask("concentration", first=first, last=first, every="day")
    assert (even["others"], even["most"], even["level"]) == (0, even["hhi"], "high")
    [some] = made.ask("concentration", first=last, last=last, every="day")
    share = 200 / 1_700
    assert some["others"] == pytest.approx(share)
    assert some["most"] - some["hhi"] == pytest.approx((100 * share) ** 2)
    made.later(1)
    day = made.today()
    for person in (0, 1):
        made.buy(person, "jd", 100)
    for person in (2, 3, 4):
        made.buy(person, "corner", 1_000)
    made.settle(day, day, 5)
    [most] = made.ask("concentration", first=day, last=day, every="day")
    assert most["hhi"] < 100
    assert most["most"] > 8_000
    assert "level" not in most
    made.later(1)
    day = made.today()
    for person in (0, 1):
        made.buy(person, "jd", 100)
    made.buy(2, "corner", 1_000)
    made.settle(day, day, 3)
    [withheld] = made.ask("concentration", first=day, last=day, every="day")
    assert {"others", "most", "level"}.isdisjoint(withheld), "one person's purchases"


def test_groups_methods_terminals_and_people(market: Any) -> None:
    made, first, last = market
    fields = {"platform_id": made.id("taobao"), "from_day": first, "name": "阿里"}
    assert made.operator.made(f"{API}/market/groups", **fields) == fields
    assert made.operator.get(f"{API}/market/groups").json()["data"] == [fields]
    one = parts(made.ask("shares", first=first, last=last, by="group"), first)
    assert one["阿里"]["payments"] == 5
    for by, key in (("method", "changliao"), ("terminal", "pc")):
        one = parts(made.ask("shares", first=first, last=first, by=by), first)
        assert (one[key]["users"], one[key]["of_amount"]) == (4, 1)
    [active] = made.ask("active", first=first, last=first)
    assert active["users"] == 4
    assert active["homing"] == [{"platforms": 1, "users": 2}, {"platforms": 2, "users": 2}]


def test_flows_and_cohorts_add_up(market: Any) -> None:
    made, first, last = market
    flows = made.ask("flows", first=first, last=last, every="month")
    arrived = [one for one in flows if one["source"] == "absent"]
    assert all(one["target"] != "absent" for one in arrived)
    cohorts = made.ask("cohorts")
    assert cohorts[0]["first"] == cohorts[0]["month"]
    assert cohorts[0]["of_first"] == 1
    refused = made.operator.get(f"{API}/market/flows?first={first}&last={last}")
    assert refused.json()["field"] == "every"


def test_concentration_names_its_source_and_what_a_merger_adds(market: Any) -> None:
    made, first, _ = market
    merge = f"{made.id('taobao')}%2B{made.id('jd')}"
    [one] = made.ask("concentration", first=first, last=first, every="day", merge=merge)
    shares = [6_000 / 7_000 * 100, 1_000 / 7_000 * 100]
    assert one["hhi"] == pytest.approx(sum(part**2 for part in shares))
    assert one["effective"] == pytest.approx(10_000 / one["hhi"])
    assert one["added"] == pytest.approx(2 * shares[0] * shares[1])
    assert (one["level"], one["level_after"], one["looked_at"]) == ("high", "high", True)
    assert (one["whole"], one["rivals"]) == (7_000, 2)
    assert "2023" in one["source"]
    odd = made.operator.get(f"{API}/market/concentration?first={first}&last={first}&thresholds=x")
    assert odd.json()["field"] == "thresholds"
    days = f"{API}/market/concentration?first={first}&last={first}"
    for wrong in (f"{made.id('taobao')}%2Bmer_misspelt", made.id("taobao"), "%2B"):
        no = made.operator.get(f"{days}&merge={wrong}")
        assert (no.status_code, no.json()["field"]) == (400, "merge"), no.text


@pytest.mark.parametrize(
    ("query", "field"),
    [("first=2026-02-30&last=2026-03-01", "first"), ("first=2026-03-02&last=2026-03-01", "last"),
     ("first=2020-01-01&last=2026-03-01", "last"),
     ("first=2026-01-01&last=2026-03-01&currency=XXX", "currency")],
)  # fmt: skip
def test_what_cannot_be_answered_is_said(market: Any, query: str, field: str) -> None:
    answer = market[0].operator.get(f"{API}/market/shares?{query}")
    assert answer.json()["field"] == field


def test_simulated_people_are_marked_and_are_in_no_figure(market: Any) -> None:
    made = market[0]
    made.later(2)
    day = made.today()
    marked = made.operator.made(
        f"{API}/market/synthetic", user_id=made.people[5], run="story seed 1"
    )
    assert marked["run"] == "story seed 1"
    made.later(1 / 86_400)
    made.buy(5, "jd")
    made.buy(4, "jd")
    made.buy(3, "jd")
    made.settle(day, day, 2)
    row = parts(made.ask("shares", first=day, last=day), day)
    assert (row["total"]["payments"], row["total"]["users"]) == (2, 2)
    missing = made.operator.post(f"{API}/market/synthetic", user_id="usr_0000000000001", run="x")
    assert missing.json()["reason"] == "user_not_found"


def test_changes_effects_and_diversion_are_told_by_their_draft(market: Any) -> None:
    made = market[0]
    for _ in range(2):
        made.later(1)
        for person in range(4):
            made.buy(person, "taobao")
            made.buy(person, "jd")
    made.later(1)
    draft = made.switch("taobao", "suspended")
    day = made.today()
    for person in range(4):
        for _ in range(3):
            made.buy(person, "jd")
    made.settle(day, day, 12)
    [change] = made.ask("changes")
    assert (change["number"], change["draft_id"], change["platform"]) == (1, draft["id"], "taobao")
    assert change["changed"] == [
        {"method": "changliao", "terminal": "pc", "before": "accepted", "after": "suspended"}
    ]
    query = f"draft_id={draft['id']}&days=2"
    effect = made.operator.get(f"{API}/market/effect?{query}").json()
    assert effect["effect"] < -0.5
    assert effect["p"] == 1, "of two, each differs as much from the other"
    diversion = made.operator.get(f"{API}/market/diversion?{query}").json()
    assert diversion["users"] == 4
    [jd] = [one for one in diversion["to"] if one["name"] == "jd"]
    assert jd["observed"] == (12 - 8) / 8, "for each purchase lost, in two days and in one"
    adoption = "method=changliao&state=suspended"
    answer = made.operator.get(f"{API}/market/adoption?{adoption}&first={market[1]}&last={day}")
    assert answer.status_code == 200, answer.text
    missing = made.operator.get(f"{API}/market/effect?draft_id=drf_0000000000001")
    assert missing.json()["reason"] == "policy_not_found"
    nothing = made.operator.get(f"{API}/market/adoption?method=alipay&state=accepted"
                                f"&first={market[1]}&last={day}")  # fmt: skip
    assert nothing.json()["reason"] == "nothing_to_compare"
