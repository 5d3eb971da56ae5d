"""Budgets over REST: a platform sets money aside, buyers have it, every door tells how much."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.doors import test_counter as codes
from tests.doors.test_rest_platforms import Mall, Sandbox, reason, rest_of
from tests.phones import new_phone
from tests.served import Rest, merchant, serve
from tests.waiting import becomes
from tests.wallets import Wallet, hidden_in, somebody

YEAR_END = (datetime.now(UTC) + timedelta(days=30)).isoformat()


@contextmanager
def opened(sandbox: Sandbox) -> Iterator[Mall]:
    """A platform that has earned 50.00 and a store of its own customers."""
    with (
        merchant(sandbox[0], "QQ 网购", fee_bps=0) as platform,
        merchant(sandbox[0], "美优", fee_bps=0) as store,
    ):
        made = Mall(sandbox, platform, store)
        made.apply("open")
        made.decide(made.owner, "approve")
        earn(made.operator, made.platform_id, made.owner, 5_000)
        yield made
        made.close()


@pytest.fixture
def mall(sandbox: Sandbox) -> Iterator[Mall]:
    with opened(sandbox) as made:
        yield made


@pytest.fixture(scope="module")
def idle(sandbox: Sandbox) -> Iterator[Mall]:
    """For tests that change nothing."""
    with opened(sandbox) as made:
        yield made


@pytest.fixture
def buyer(sandbox: Sandbox) -> Iterator[Wallet]:
    person = somebody(sandbox, "", new_phone(), "买家", balance=100_000)
    yield person
    person.close()


def earn(operator: Rest, merchant_id: str, own: Rest, amount: int) -> None:
    user = operator.made("/api/v1/users", phone=new_phone(), name="顾客")["id"]
    operator.made(f"/api/v1/users/{user}/top-ups", amount=amount)
    order = own.made("/api/v1/orders", reference=f"E{time.time_ns()}", amount=amount, title="鞋")
    paid = {"merchant_id": merchant_id, "order_id": order["id"], "payer_id": user}
    operator.made("/api/v1/payments", **paid, amount=amount)


def a_budget(own: Rest, funded: int = 1_000, **fields: Any) -> Any:
    terms = {"name": "立减", "kind": "subsidy", "cap": 1_000, "face": 150, "ends_at": YEAR_END}
    made = own.made("/api/v1/budgets", **terms | fields)
    if funded:
        own.post(f"/api/v1/budgets/{made['id']}/funding", funded=funded)
    return made


def figures(own: Rest, budget: Any) -> tuple[int, ...]:
    found = own.get(f"/api/v1/budgets/{budget['id']}").json()["figures"]
    return tuple(found[name] for name in ("left", "promised", "uses", "paid", "returned"))


def test_a_platform_pays_a_part_of_what_its_store_sells(
    sandbox: Sandbox, mall: Mall, buyer: Wallet
) -> None:
    """Shown on the page, told through WeChat Pay, in proportion on a refund."""
    budget = a_budget(mall.owner)
    assert figures(mall.owner, budget) == (1_000, 0, 0, 0, 0)
    assert mall.earned(mall.owner) == 4_000
    code_url = mall.sell().json()["code_url"]
    page = f"/c/{code_url.split('pr=')[1]}"
    buyer.submit(f"{page}?view=phone")
    for view in ("phone", "pc&tab=account"):
        shown = buyer.see(f"{page}?view={view}")
        assert "立减" in shown
        assert "¥1.50" in shown
        assert re.search(r"确认付款 ¥8.50", shown)
    assert "8.50" in plain(buyer.pay(code_url))
    assert (buyer.balance(), figures(mall.owner, budget)) == (99_150, (850, 0, 1, 150, 0))
    assert "8.50" in plain(buyer.see(page))
    bills = buyer.see("/w/bills")
    assert "优惠" in bills
    assert "10.00" in plain(bills)

    order = mall.seller.get("/api/v1/orders").json()["data"][0]
    assert (order["amount"], order["discount"], order["state"]) == (1_000, 150, "paid")
    path = f"/v3/pay/partner/transactions/out-trade-no/{order['reference']}"
    sides = f"sp_mchid={mall.platform.mchid}&sub_mchid={mall.store.mchid}"
    told = mall.platform.get(f"{path}?{sides}").json()
    assert (told["amount"]["total"], told["amount"]["payer_total"]) == (1_000, 850)
    [promotion] = told["promotion_detail"]
    wanted = {"name": "立减", "type": "CASH", "amount": 150, "other_contribute": 150}
    assert {name: promotion[name] for name in wanted} == wanted

    back = mall.platform.post(
        "/v3/refund/domestic/refunds",
        sub_mchid=mall.store.mchid, out_trade_no=order["reference"],
        out_refund_no=f"{order['reference']}R",
        amount={"refund": 500, "total": 1_000, "currency": "CNY"},
    ).json()["amount"]  # fmt: skip
    assert (back["refund"], back["payer_refund"], back["discount_refund"]) == (500, 425, 75)
    assert (buyer.balance(), figures(mall.owner, budget)) == (99_575, (925, 0, 1, 150, 75))
    [refund] = mall.seller.get(f"/api/v1/orders/{order['id']}/refunds").json()["data"]
    assert refund["discount"] == 75
    assert sandbox[0].audit()["clean"]


def test_a_coupon_is_claimed_offered_and_used(mall: Mall, buyer: Wallet) -> None:
    budget = a_budget(mall.seller, 0, kind="coupon", coupon_days=7, threshold=500)
    earn(mall.operator, mall.store_id, mall.seller, 1_000)
    funding = mall.seller.post(f"/api/v1/budgets/{budget['id']}/funding", funded=1_000)
    assert funding.json()["funded"] == 1_000
    named = {"merchant_id": mall.store_id, "budget_id": budget["id"]}
    path = f"/api/v1/users/{buyer.id}/coupons"
    coupon = mall.operator.made(path, **named)
    assert mall.operator.made(path, **named, id=coupon["id"]) == coupon
    assert reason(mall.operator.post(path, **named)) == (409, "budget_taken")
    assert figures(mall.seller, budget) == (850, 150, 0, 0, 0)

    placed = mall.seller.made("/api/v1/orders", reference="C1", amount=800, title="袜子")
    query = f"payer_id={buyer.id}&merchant_id={mall.store_id}"
    [offer] = mall.operator.get(f"/api/v1/orders/{placed['id']}/offers?{query}").json()["data"]
    assert (offer["amount"], offer["coupon_id"], offer["name"]) == (150, coupon["id"], "立减")
    discount = {name: value for name, value in offer.items() if name != "name"}
    payment = {
        "merchant_id": mall.store_id, "order_id": placed["id"], "payer_id": buyer.id, "amount": 800,
    }  # fmt: skip
    wrong = mall.operator.post("/api/v1/payments", **payment, discount=discount | {"amount": 151})
    assert reason(wrong) == (409, "amount_changed")
    assert mall.operator.made("/api/v1/payments", **payment, discount=discount)["discount"] == 150
    assert figures(mall.seller, budget) == (850, 0, 1, 150, 0)
    assert buyer.balance() == 100_000 - 650
    [used] = mall.operator.get(path).json()["data"]
    assert used["state"] == "used"


def test_what_ran_out_meanwhile_charges_nothing_and_can_be_paid_in_full(
    mall: Mall, buyer: Wallet
) -> None:
    budget = a_budget(mall.owner, 150, cap=150)
    code_url = mall.sell().json()["code_url"]
    page = f"/c/{code_url.split('pr=')[1]}?view=pc&tab=account"
    buyer.submit(page)
    form = hidden_in(buyer.see(page)) | {"pin": "123456"}
    assert "8.50" in plain(buyer.see(page))
    closed = mall.owner.post(f"/api/v1/budgets/{budget['id']}/changes", change="close")
    assert closed.json()["state"] == "closed"
    refused = buyer.send(page.split("?", maxsplit=1)[0] + "/pay", form)
    assert "优惠活动已结束" in refused
    assert "确认付款 ¥10.00" in refused
    assert buyer.balance() == 100_000
    again = hidden_in(refused) | {"pin": "123456"}
    assert "支付成功" in buyer.send(page.split("?", maxsplit=1)[0] + "/pay", again)
    assert buyer.balance() == 99_000
    assert mall.earned(mall.owner) == 5_000


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ({"cap": 0}, (400, "malformed")),
        ({"kind": "gift"}, (400, "malformed")),
        ({"ends_at": "soon"}, (400, "malformed")),
        ({"ends_at": "2026-01-01T00:00:00+08:00"}, (422, "budget_invalid")),
        ({"face": 1_001}, (422, "budget_invalid")),
        ({"coupon_days": 3}, (422, "budget_invalid")),
        ({"kind": "coupon"}, (422, "budget_invalid")),
        ({"currency": "XXX"}, (422, "currency_unknown")),
    ],
    ids=str,
)
def test_a_budget_that_makes_no_sense_is_refused(idle: Mall, terms: Any, expected: Any) -> None:
    fields = {"name": "立减", "kind": "subsidy", "cap": 1_000, "face": 150, "ends_at": YEAR_END}
    assert reason(idle.owner.post("/api/v1/budgets", **fields | terms)) == expected
    assert idle.owner.get("/api/v1/budgets").json()["data"] == []


def test_a_till_gives_the_subsidy_that_the_payer_has_coming_and_no_coupon(
    sandbox: Sandbox, mall: Mall, buyer: Wallet
) -> None:
    earn(mall.operator, mall.store_id, mall.seller, 3_000)
    budget = a_budget(mall.seller, most_each=2)
    coupons = a_budget(mall.seller, kind="coupon", coupon_days=7, face=300)
    named = {"merchant_id": mall.store_id, "budget_id": coupons["id"]}
    mall.operator.made(f"/api/v1/users/{buyer.id}/coupons", **named)
    till = {"title": "茶", "amount": 1_000}

    def charged(amount: int = 1_000) -> Any:
        new = {"reference": f"T{time.time_ns()}", "pay_code": pay_code(buyer)}
        return mall.seller.made("/api/v1/charges", **till | new | {"amount": amount})

    assert "立减" in buyer.see("/w/pay-code")
    first = charged()
    assert (first["state"], first["discount"], buyer.balance()) == ("paid", 150, 99_150)
    by_wechat = mall.store.post(
        "/v3/pay/transactions/codepay", **codes.a_charge(mall.store, pay_code(buyer))
    ).json()
    assert (by_wechat["amount"]["total"], by_wechat["amount"]["payer_total"]) == (1_000, 850)
    assert by_wechat["promotion_detail"][0]["amount"] == 150
    third = charged()
    assert (third["state"], third.get("discount", 0)) == ("paid", 0)
    assert buyer.balance() == 100_000 - 850 - 850 - 1_000
    large = charged(100_001)
    assert (large["state"], large.get("discount", 0)) == ("open", 0)
    assert figures(mall.seller, budget) == (700, 0, 2, 300, 0)
    assert figures(mall.seller, coupons)[1:3] == (300, 0)
    assert sandbox[0].audit()["clean"]


def test_a_payment_by_a_channel_takes_no_discount_and_says_so(mall: Mall, buyer: Wallet) -> None:
    budget = a_budget(mall.owner)
    order = mall.owner.made("/api/v1/orders", reference=f"N{time.time_ns()}", amount=1_000,
                            title="鞋")  # fmt: skip
    discount = {"merchant_id": mall.platform_id, "budget_id": budget["id"], "amount": 150}
    answer = mall.operator.post(
        f"/api/v1/users/{buyer.id}/tenders", merchant_id=mall.platform_id, order_id=order["id"],
        method="netbank", amount=1_000, discount=discount,
    )  # fmt: skip
    assert reason(answer) == (409, "budget_unsuited")
    assert "discount: a payment by a channel takes none" in answer.json()["detail"]
    assert figures(mall.owner, budget) == (1_000, 0, 0, 0, 0)


def pay_code(buyer: Wallet) -> str:
    found = re.search(r'data-paycode="/w/pay-code/([0-9]{18})"', buyer.see("/w/pay-code"))
    assert found
    return found[1]


def test_nobody_touches_another_ones_budget(mall: Mall) -> None:
    budget = a_budget(mall.owner)
    path = f"/api/v1/budgets/{budget['id']}"
    sides = f"?merchant_id={mall.platform_id}"
    assert reason(mall.seller.get(path + sides)) == (404, "budget_not_found")
    for tail, fields in (("funding", {"funded": 1_000}), ("changes", {"change": "close"})):
        answer = mall.seller.post(f"{path}/{tail}{sides}", **fields)
        assert reason(answer) == (404, "budget_not_found")
    assert mall.operator.get(path + sides).json()["state"] == "open"
    over = mall.owner.post(f"{path}/funding", funded=1_001)
    assert reason(over) == (409, "budget_capped")
    assert reason(mall.owner.post(f"{path}/funding", funded=999)) == (422, "budget_invalid")
    [listed] = mall.owner.get("/api/v1/budgets").json()["data"]
    assert listed["id"] == budget["id"]


def test_coupons_and_budgets_end_by_themselves(tmp_path: Path) -> None:
    """A network of its own: its clock is moved."""
    with (
        serve(tmp_path / "data", "changliao.db") as (served, operator),
        merchant(served, "美优", fee_bps=0) as shop,
    ):
        own = rest_of(shop)
        merchant_id = operator.get(f"/api/v1/merchants/{shop.mchid}").json()["id"]
        earn(operator, merchant_id, own, 1_000)
        budget = a_budget(own, kind="coupon", coupon_days=1)
        user = operator.made("/api/v1/users", phone=new_phone(), name="买家")["id"]
        named = {"merchant_id": merchant_id, "budget_id": budget["id"]}
        operator.made(f"/api/v1/users/{user}/coupons", **named)
        assert figures(own, budget) == (850, 150, 0, 0, 0)
        operator.post("/api/v1/sandbox/clock", ahead_s=86_401)
        becomes(lambda: figures(own, budget)[:2], (1_000, 0))
        operator.post("/api/v1/sandbox/clock", ahead_s=31 * 86_400)
        path = f"/api/v1/budgets/{budget['id']}"
        becomes(lambda: own.get(path).json()["state"], "closed")
        assert figures(own, budget)[:2] == (0, 0)
        assert served.audit()["clean"]
        own.http.close()


def plain(page: str) -> str:
    """What a page says, without its tags."""
    return re.sub("<[^>]+>", "", page)
