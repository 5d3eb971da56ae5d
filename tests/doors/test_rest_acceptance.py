"""Acceptance over REST, and what every door and the cashier make of it."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.openapi import OpenApp, open_app
from tests.phones import new_phone
from tests.served import Rest, Served, Shop, later, merchant
from tests.wallets import PIN, Wallet, hidden_in, somebody

Sandbox = tuple[Served, Rest]
DRAFTS = "/api/v1/acceptance/drafts"


@pytest.fixture(scope="module")
def second(sandbox: Sandbox) -> Iterator[Rest]:
    """Another operator."""
    made = sandbox[0].command("sandbox", "operator-key")
    client = Rest(sandbox[0].base_url, made["operator_key"], made["operator_secret"])
    yield client
    client.http.close()


@pytest.fixture
def platform(sandbox: Sandbox) -> Iterator[Shop]:
    with merchant(sandbox[0], "QQ 网购") as shop:
        yield shop


def id_of(sandbox: Sandbox, shop: Shop) -> str:
    return str(sandbox[1].get(f"/api/v1/merchants/{shop.mchid}").json()["id"])


def change(sandbox: Sandbox, shop: Shop, *cells: tuple[str, str, str], **terms: Any) -> Any:
    """The answer to a draft."""
    named = [{"method": m, "terminal": t, "state": s} for m, t, s in cells]
    fields = {"platform_id": id_of(sandbox, shop), "cells": named, "reason": "安全检查"} | terms
    return sandbox[1].post(DRAFTS, **fields)


def switched(
    sandbox: Sandbox, second: Rest, shop: Shop, *cells: tuple[str, str, str], **terms: Any
) -> Any:
    """An approved change, once it has begun."""
    made = change(sandbox, shop, *cells, **terms)
    assert made.status_code == 201, made.text
    approved = second.post(f"{DRAFTS}/{made.json()['id']}/approve")
    assert approved.status_code == 200, approved.text
    later(sandbox[1])
    return approved.json()


def reason(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["reason"]


def test_methods_and_terminals_are_data(sandbox: Sandbox) -> None:
    operator = sandbox[1]
    known = {one["code"]: one["id"] for one in operator.get("/api/v1/methods").json()["data"]}
    assert known["changliao"] == 1
    fields = {"id": 50, "code": "qq_wallet", "name_zh": "QQ钱包", "name_en": "QQ Wallet"}
    made = operator.made("/api/v1/methods", **fields, connector="qq")
    assert operator.made("/api/v1/methods", **fields, connector="qq") == made
    assert reason(operator.post("/api/v1/methods", **fields)) == (409, "method_taken")
    terminals = [one["code"] for one in operator.get("/api/v1/terminals").json()["data"]]
    assert terminals == ["app", "in_app", "mobile_web", "pc", "counter"]


def test_a_change_needs_a_second_operator_and_shows_what_it_touches(
    sandbox: Sandbox, second: Rest, platform: Shop
) -> None:
    operator = sandbox[1]
    buyer = somebody(sandbox, "", new_phone(), "买家", balance=100_000)
    _, first = platform.place(amount={"total": 3_000, "currency": "CNY"})
    assert "icon ok" in pay(buyer, first["code_url"])
    platform.place(amount={"total": 1_000, "currency": "CNY"})
    made = change(sandbox, platform, ("changliao", "pc", "suspended")).json()
    path = f"{DRAFTS}/{made['id']}"
    touched = operator.get(f"{path}/preview").json()
    assert (touched["open_orders"], touched["open_amount"]) == (1, 1_000)
    assert (touched["payments"], touched["amount"], touched["volume_share"]) == (1, 3_000, 1.0)
    assert touched["before"][0]["state"] == "accepted"
    assert reason(operator.post(f"{path}/approve")) == (403, "policy_self_approval")
    done = second.post(f"{path}/approve").json()
    assert (done["state"], done["before"][0]["state"]) == ("approved", "accepted")
    assert done["drafted_by"] != done["decided_by"]
    assert reason(second.post(f"{path}/approve")) == (409, "policy_decided")
    assert reason(operator.post(f"{path}/withdraw")) == (409, "policy_decided")
    known = operator.get(f"{DRAFTS}?platform_id={made['platform_id']}").json()["data"]
    assert [one["id"] for one in known] == [made["id"]]
    later(operator)
    shown = operator.get(f"/api/v1/acceptance?platform_id={made['platform_id']}").json()["now"]
    standing = {(one["method"], one["terminal"]): one["state"] for one in shown}
    assert standing["changliao", "pc"] == "suspended"
    assert standing["changliao", "app"] == "accepted"
    assert standing["tenpay", "pc"] == "not_connected"
    effect = operator.get(f"{path}/effect").json()
    assert effect["methods"][0]["method"] == "changliao" if effect["methods"] else True
    buyer.close()


def opened(buyer: Wallet, code_url: str) -> tuple[str, dict[str, str]]:
    """The cashier's page on a phone: where its form goes and what is in it."""
    path = f"/c/{code_url.split('pr=')[1]}"
    buyer.submit(f"{path}?view=phone")
    return f"{path}/pay", hidden_in(buyer.see(f"{path}?view=phone"))


def pay(buyer: Wallet, code_url: str) -> str:
    """The page that says what came of it."""
    path, fields = opened(buyer, code_url)
    return buyer.send(path, fields | {"pin": PIN})


def test_a_suspended_method_is_refused_at_every_door_with_reason_and_date(
    sandbox: Sandbox, second: Rest, platform: Shop
) -> None:
    buyer = somebody(sandbox, "", new_phone(), "买家", balance=100_000)
    _, before = platform.place()
    _, stopped_later = platform.place()
    form = opened(buyer, stopped_later["code_url"])
    switched(sandbox, second, platform, ("changliao", "*", "suspended"))
    body = platform.order()
    placed = platform.post("/v3/pay/transactions/native", **body)
    assert (placed.status_code, placed.json()["code"]) == (403, "RULE_LIMIT")
    assert "安全检查（自 20" in placed.json()["message"]
    rest = Rest(
        platform.fields["base_url"], platform.fields["rest_key"], platform.fields["rest_secret"]
    )
    refused = rest.post("/api/v1/orders", reference="x", title="x", amount=1)
    assert reason(refused) == (409, "method_suspended")
    assert "安全检查 (since 20" in refused.json()["detail"]
    rest.http.close()
    # Begun before, and this policy lets it finish.
    assert "icon ok" in pay(buyer, before["code_url"])
    switched(sandbox, second, platform, ("changliao", "*", "banned"), under_way="stop")
    balance = buyer.balance()
    page = buyer.send(form[0], form[1] | {"pin": PIN})
    assert "不再接受这种支付方式" in page
    assert "安全检查" in page
    assert buyer.balance() == balance
    buyer.close()


def test_the_cashier_says_that_a_method_is_off_before_anybody_types_a_pin(
    sandbox: Sandbox, second: Rest, platform: Shop
) -> None:
    _, placed = platform.place()
    switched(sandbox, second, platform, ("changliao", "pc", "banned"), under_way="stop")
    buyer = somebody(sandbox, "", new_phone(), "买家", balance=100_000)
    page = buyer.see(f"/c/{placed['code_url'].split('pr=')[1]}?view=phone")
    assert all(one in page for one in ("已禁止", "原因：安全检查", "没有扣款"))
    assert "data-open-pin" not in page
    buyer.close()


def test_the_alipay_door_and_service_providers_obey_their_platforms_rules(
    sandbox: Sandbox, second: Rest, platform: Shop
) -> None:
    with open_app(sandbox[0], "Tmall") as app:
        fields = {
            "platform_id": sandbox[1].get(f"/api/v1/merchants/{mchid_of(app)}").json()["id"],
            "cells": [{"method": "changliao", "terminal": "*", "state": "banned"}],
            "reason": "封杀",
        }
        made = sandbox[1].made(DRAFTS, **fields)
        assert second.post(f"{DRAFTS}/{made['id']}/approve").status_code == 200
        with merchant(sandbox[0], "Store") as store:
            sandbox[0].command("sandbox", "partner", platform.mchid, store.mchid)
            switched(sandbox, second, platform, ("changliao", "*", "suspended"))
            order = {
                "sp_mchid": platform.mchid, "sp_appid": platform.appid, "sub_mchid": store.mchid,
                "description": "x", "out_trade_no": f"S{time.time_ns()}",
                "notify_url": "http://127.0.0.1:9/", "amount": {"total": 1},
            }  # fmt: skip
            of_platform = platform.post("/v3/pay/partner/transactions/native", **order)
            assert of_platform.json()["code"] == "RULE_LIMIT"
            assert store.place()  # what the store sells by itself is its own affair
        refused = app.call("alipay.trade.precreate", app.order()).fields
        assert refused["sub_code"] == "ACQ.ERROR_BALANCE_PAYMENT_DISABLE"
        assert "封杀" in refused["sub_msg"]


def mchid_of(app: OpenApp) -> str:
    return app.fields["merchant"]


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ({"cells": [{"method": "gold", "terminal": "pc", "state": "banned"}]},
         (422, "method_unknown")),
        ({"cells": [{"method": "changliao", "terminal": "fax", "state": "banned"}]},
         (422, "terminal_unknown")),
        ({"cells": [{"method": "changliao", "terminal": "*", "state": "banned"},
                    {"method": "changliao", "terminal": "pc", "state": "accepted"}]},
         (422, "policy_contradictory")),
        ({"starts_at": "2020-01-01T00:00:00+08:00"}, (422, "policy_invalid")),
        ({"ends_at": "2020-01-01T00:00:00+08:00"}, (422, "policy_invalid")),
        ({"platform_id": "mch_0000000000001"}, (404, "merchant_not_found")),
        ({"starts_at": "tomorrow"}, (400, "malformed")),
        ({"reason": ""}, (400, "malformed")),
        ({"cells": []}, (400, "malformed")),
    ],
    ids=str,
)  # fmt: skip
def test_a_draft_that_cannot_be_meant_is_refused(
    sandbox: Sandbox, platform: Shop, terms: Any, expected: Any
) -> None:
    fields = {"cells": [{"method": "changliao", "terminal": "pc", "state": "banned"}]} | terms
    fields = {"platform_id": id_of(sandbox, platform), "reason": "x"} | fields
    assert reason(sandbox[1].post(DRAFTS, **fields)) == expected


def test_a_merchant_sees_its_own_acceptance_and_changes_nothing(
    sandbox: Sandbox, platform: Shop
) -> None:
    own = Rest(
        platform.fields["base_url"], platform.fields["rest_key"], platform.fields["rest_secret"]
    )
    assert own.get("/api/v1/acceptance").json()["platform_id"] == id_of(sandbox, platform)
    assert own.get(DRAFTS).status_code == 403
    assert own.post(DRAFTS).status_code == 403
    own.http.close()
