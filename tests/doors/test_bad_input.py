"""Whatever a platform may get wrong is refused by name, and no money moves: line by line.

Statements with a wrong schema or total: tests/doors/test_rest_statements.py.
"""

import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.doors.test_rest_acceptance import DRAFTS
from tests.doors.test_rest_budgets import a_budget, buyer, mall
from tests.doors.test_rest_mergers import make_platform, merge, second, wanggou
from tests.doors.test_rest_platforms import Mall, Sandbox, rest_of
from tests.served import Rest, Shop, merchant, serve
from tests.wallets import Wallet

__all__ = ["buyer", "mall", "second", "wanggou"]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A network of its own: in one that others use, workers end what those began."""
    with serve(tmp_path_factory.mktemp("bad") / "data", "changliao.db") as (served, operator):
        yield served, operator
        assert served.audit()["clean"]


CELL = {"method": "changliao", "terminal": "pc", "state": "suspended"}


@contextmanager
def nothing_moves(sandbox: Sandbox) -> Iterator[None]:
    """Every transfer and every account is as it was before."""

    def books() -> list[Any]:
        with closing(sqlite3.connect(sandbox[0].data / "changliao.db")) as database:
            legs = database.execute("SELECT COUNT(*), MAX(leg_id) FROM legs").fetchall()
            return legs + database.execute("SELECT * FROM accounts ORDER BY 1, 2").fetchall()

    before = books()
    yield
    assert books() == before


def refused(answer: Any, status: int, reason: str, names: str = "") -> None:
    """By this reason, and the field that is wrong is named."""
    said = answer.json()
    assert (answer.status_code, said["reason"]) == (status, reason), said
    assert names in said["detail"], said


def in_days(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


def test_contradictory_and_overlapping_periods_and_unknown_terminals(
    sandbox: Sandbox, mall: Mall, second: Rest
) -> None:
    operator = mall.operator

    def draft(*cells: Any, **terms: Any) -> Any:
        fields = {"platform_id": mall.platform_id, "cells": cells, "reason": "x"}
        return operator.post(DRAFTS, **fields | terms)

    known = draft(CELL, starts_at=in_days(2), ends_at=in_days(6)).json()
    path = f"{DRAFTS}/{known['id']}"
    with nothing_moves(sandbox):
        twice = draft(CELL, CELL | {"state": "accepted"})
        refused(twice, 422, "policy_contradictory", "cells[1]")
        whole = draft(CELL | {"method": "tenpay"}, CELL, CELL | {"terminal": "*"})
        refused(whole, 422, "policy_contradictory", "cells[2]")
        refused(operator.post(f"{path}/approve"), 403, "policy_self_approval")
        assert second.post(f"{path}/approve").status_code == 200
        cut = draft(CELL, starts_at=in_days(4), ends_at=in_days(9))
        if cut.status_code == 201:
            cut = second.post(f"{DRAFTS}/{cut.json()['id']}/approve")
        refused(cut, 409, "policy_overlaps", f"starts_at: overlaps {known['id']} from")
        every = draft({"method": "*", "terminal": "*", "state": "banned"}, starts_at=in_days(5))
        refused(every, 409, "policy_overlaps", f"starts_at: overlaps {known['id']} from")
        refused(draft(CELL | {"terminal": "fax"}), 422, "terminal_unknown", "fax")
        refused(draft(CELL | {"method": "gold"}), 422, "method_unknown", "gold")


def test_splits_above_what_is_left(sandbox: Sandbox, mall: Mall, buyer: Wallet) -> None:
    seller = mall.owner
    fields = {"reference": secrets.token_hex(8), "title": "鞋", "amount": 1_000, "hold": "split"}
    order = seller.made("/api/v1/orders", **fields)["id"]
    paid = {"merchant_id": mall.platform_id, "order_id": order, "payer_id": buyer.id}
    mall.operator.made("/api/v1/payments", **paid, amount=1_000)
    seller.made("/api/v1/share-receivers", merchant_id=mall.store_id)
    mall.operator.post(f"/api/v1/merchants/{mall.platform.mchid}/sharing", ratio_bps=10_000)

    def share(amount: int) -> Any:
        parts = [{"merchant_id": mall.store_id, "amount": amount}]
        return seller.post(
            f"/api/v1/orders/{order}/shares", reference=secrets.token_hex(8), receivers=parts
        )

    assert share(600).status_code == 201
    with nothing_moves(sandbox):
        refused(share(401), 422, "share_exceeds_hold", "receivers: 401")
    assert share(400).status_code == 201


def test_receivers_of_another_platform(sandbox: Sandbox, mall: Mall, wanggou: Shop) -> None:
    other = make_platform(mall.operator, wanggou)
    with merchant(sandbox[0], "美优二店") as shop, nothing_moves(sandbox):
        applicant = rest_of(shop)
        cut = {"merchant_id": mall.store_id, "bps": 100}
        no = applicant.post(
            "/api/v1/stores", platform_id=other, title="店", mode="open", receivers=[cut]
        )
        refused(no, 422, "store_invalid", "receivers[0]")
        applicant.http.close()


def test_somebody_elses_receipt_and_a_dispute_after_release(
    sandbox: Sandbox, mall: Mall, buyer: Wallet
) -> None:
    operator = mall.operator
    with merchant(sandbox[0], "个人卖家", fee_bps=0) as shop:
        own = Mall(sandbox, mall.platform, shop)
        own.apply("c2c")
        own.decide(mall.owner, "approve")
        buyer.pay(own.sell().json()["code_url"])
        order = own.seller.get("/api/v1/orders").json()["data"][0]["id"]
        named = {"merchant_id": own.store_id, "order_id": order}
        receipts, disputes = "/api/v1/stores/receipts", "/api/v1/disputes"
        with nothing_moves(sandbox):
            stranger = operator.post(receipts, **named, payer_id="usr_0000000000001")
            refused(stranger, 404, "order_not_found", "payer_id")
        assert operator.post(receipts, **named, payer_id=buyer.id).json()["state"] == "released"
        with nothing_moves(sandbox):
            late = operator.post(disputes, **named, payer_id=buyer.id, reason="迟到")
            refused(late, 409, "hold_released", "order_id")
        own.close()


def test_platforms_that_cannot_be_merged_and_what_a_merged_one_withdraws(
    sandbox: Sandbox, mall: Mall, wanggou: Shop, second: Rest
) -> None:
    operator, path = mall.operator, "/api/v1/mergers"
    heir = make_platform(operator, wanggou)
    sides = {"source_id": mall.platform_id, "target_id": heir, "reason": "合并"}
    earned = mall.earned(mall.owner)
    assert earned == 5_000
    with nothing_moves(sandbox):
        itself = operator.post(path, **sides | {"target_id": mall.platform_id})
        refused(itself, 422, "merger_invalid", "target_id")
    done = merge(operator, second, **sides)
    assert operator.get(done).json()["state"] == "done"
    with merchant(sandbox[0], "第三家") as shop:
        third = make_platform(operator, shop)
        with nothing_moves(sandbox):
            closed = operator.post(
                path, **sides | {"source_id": third, "target_id": mall.platform_id}
            )
            refused(closed, 409, "platform_merged", "target_id")
            again = operator.post(path, **sides | {"target_id": third})
            refused(again, 409, "platform_merged", "source_id")
        first = operator.made(path, **sides | {"source_id": third})
        assert second.post(f"{path}/{first['id']}/approve").json()["state"] == "approved"
        with nothing_moves(sandbox):
            meanwhile = operator.post(path, **sides | {"source_id": third})
            refused(meanwhile, 409, "merger_under_way", "source_id")
        assert operator.post(f"{path}/{first['id']}/cancel").json()["state"] == "cancelled"
    with nothing_moves(sandbox):
        out = mall.owner.post("/api/v1/withdrawals", amount=1, account="6222 0000 0000 0001")
        refused(out, 402, "merchant_funds_insufficient")
    new = rest_of(wanggou)
    assert (mall.earned(mall.owner), mall.earned(new)) == (0, earned)
    new.http.close()


def test_a_budget_of_another_currency(sandbox: Sandbox, mall: Mall) -> None:
    operator, owner = mall.operator, mall.owner
    budget = a_budget(owner)
    phone = f"137{secrets.randbelow(10**8):08d}"
    user = operator.made("/api/v1/users", phone=phone, name="dollars")["id"]
    operator.made(f"/api/v1/users/{user}/top-ups", amount=10_000, currency="USD")
    terms = {"reference": f"U{time.time_ns()}", "title": "shoes", "amount": 2_000}
    order = owner.made("/api/v1/orders", **terms, currency="USD")["id"]
    discount = {"merchant_id": mall.platform_id, "budget_id": budget["id"], "amount": 150}
    paid = {"merchant_id": mall.platform_id, "order_id": order, "payer_id": user}
    with nothing_moves(sandbox):
        no = operator.post(
            "/api/v1/payments", **paid, amount=2_000, currency="USD", discount=discount
        )
        refused(no, 409, "budget_unsuited", "currency")


@pytest.mark.parametrize("amount", [0, -1, 1 << 62])
def test_amounts_that_are_none(sandbox: Sandbox, mall: Mall, amount: int) -> None:
    with nothing_moves(sandbox):
        no = mall.owner.post("/api/v1/withdrawals", amount=amount, account="6222")
        refused(no, 400, "malformed", "amount")
