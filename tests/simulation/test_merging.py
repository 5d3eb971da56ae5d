"""Three platforms are merged under load, and the process is killed at every boundary of a step.

Paipai, QQ Mall and Yixun sell through their own SDKs all the time. Each step is asked for, and the
process is killed while it works or just after it answered; after the restart the same step is asked
for again. Nothing acknowledged is lost, no step happens twice, sums before are sums after.
"""

import random
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import postgres
from tests.served import Rest, Served, Shop, merchant, serve
from tests.waiting import eventually

PRICE, MONEY = 1_000, 1_000_000_000
# Between two sales of a till: more load would show no more, and keep a starting process waiting.
PAUSE_S = 0.1
ENOUGH = 2
GONE = httpx.TransportError


class Sale:
    """One order of a kind of store, and how far it was acknowledged: placed, paid."""

    def __init__(self) -> None:
        self.reference = f"M{secrets.token_hex(8)}"
        self.order_id = ""
        self.told: list[str] = []


class Till:
    """A platform's SDK that sells for its store without end; Yixun has none and sells its own."""

    def __init__(self, served: Served, operator: Rest, platform: Shop, store: Shop | None) -> None:
        self.platform, self.store = platform, store
        self.seller = rest_of(served, store or platform)
        self.operator = Rest(served.base_url, operator.key, operator.secret)
        self.ids = {
            one.mchid: operator.get(f"/api/v1/merchants/{one.mchid}").json()["id"]
            for one in (platform, store or platform)
        }
        self.platform_id = self.ids[platform.mchid]
        self.seller_id = self.ids[(store or platform).mchid]
        buyer = operator.made("/api/v1/users", phone=f"136{secrets.randbelow(10**8):08d}", name="b")
        self.buyer_id = buyer["id"]
        operator.made(f"/api/v1/users/{self.buyer_id}/top-ups", amount=MONEY)
        self.sales: list[Sale] = []

    def close(self) -> None:
        self.seller.http.close()
        self.operator.http.close()

    def sell_until(self, gone: threading.Event) -> None:
        """Place and pay until the process is gone; what was cut short goes on by its number."""
        while not gone.is_set():
            if not self.sales or "paid" in self.sales[-1].told:
                self.sales.append(Sale())
            with suppress(GONE):
                self.finish(self.sales[-1])
            gone.wait(PAUSE_S)

    def finish(self, sale: Sale) -> None:
        """Place it and pay it, whatever of that was done before."""
        if "placed" not in sale.told:
            self._place(sale)
            path = f"/api/v1/orders?reference={sale.reference}"
            sale.order_id = self.seller.get(path).json()["data"][0]["id"]
            sale.told.append("placed")
        body = {
            "id": "pay_" + sale.order_id[4:], "merchant_id": self.seller_id,
            "order_id": sale.order_id, "payer_id": self.buyer_id, "amount": PRICE,
        }  # fmt: skip
        paid = self.operator.post("/api/v1/payments", **body)
        assert (paid.status_code, paid.json().get("state")) == (201, "paid"), paid.text
        sale.told.append("paid")

    def _place(self, sale: Sale) -> None:
        if self.store is None:
            body = {"reference": sale.reference, "title": "shoes", "amount": PRICE}
            assert self.seller.post("/api/v1/orders", **body).status_code == 201
            return
        order = {
            "sp_mchid": self.platform.mchid, "sp_appid": self.platform.appid,
            "sub_mchid": self.store.mchid, "description": "跑鞋",
            "out_trade_no": sale.reference, "notify_url": "http://127.0.0.1:9/",
            "amount": {"total": PRICE},
        }  # fmt: skip
        answer = self.platform.post("/v3/pay/partner/transactions/native", **order)
        assert answer.status_code == 200, answer.text

    def state(self, sale: Sale) -> str:
        """By the number it was placed with, asked as before the merger."""
        if self.store is None:
            return str(self.seller.get(f"/api/v1/orders/{sale.order_id}").json()["state"]).upper()
        sides = f"sp_mchid={self.platform.mchid}&sub_mchid={self.store.mchid}"
        path = f"/v3/pay/partner/transactions/out-trade-no/{sale.reference}?{sides}"
        return str(self.platform.get(path).json()["trade_state"])

    def refund(self, sale: Sale) -> Any:
        """All of it, asked as before the merger."""
        if self.store is None:
            path = f"/api/v1/orders/{sale.order_id}/refunds"
            return self.seller.post(path, reference=f"R{sale.reference}", amount=PRICE)
        return self.platform.post(
            "/v3/refund/domestic/refunds", sub_mchid=self.store.mchid,
            out_trade_no=sale.reference, out_refund_no=f"R{sale.reference}",
            amount={"refund": PRICE, "total": PRICE, "currency": "CNY"},
        )  # fmt: skip


def rest_of(served: Served, shop: Shop) -> Rest:
    return Rest(served.base_url, shop.fields["rest_key"], shop.fields["rest_secret"])


@contextmanager
def selling(tills: list[Till]) -> Iterator[None]:
    """All tills at once, through whatever happens inside."""
    gone = threading.Event()
    threads = [threading.Thread(target=one.sell_until, args=(gone,)) for one in tills]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        gone.set()
        for thread in threads:
            thread.join(30)


def sold_by_all(tills: list[Till]) -> None:
    """Wait until each has sold a little more."""
    wanted = [len(one.sales) + ENOUGH for one in tills]
    eventually(lambda: all(len(one.sales) > n for one, n in zip(tills, wanted, strict=True)))


def opened(served: Served, operator: Rest, stack: ExitStack) -> tuple[list[Till], str]:
    """The three platforms with a store each, and QQ Wanggou."""
    names = ("拍拍", "QQ 商城", "易迅", "小店", "美优", "QQ 网购")
    shops = [stack.enter_context(merchant(served, name, fee_bps=0)) for name in names]
    tills = [
        Till(served, operator, platform, store)
        for platform, store in zip(shops[:3], (shops[3], shops[4], None), strict=True)
    ]
    for till in tills:
        stack.callback(till.close)
    for till, mode in zip(tills, ("c2c", "open", "self_operated"), strict=True):
        operator.made("/api/v1/platforms", merchant_id=till.platform_id, name=mode)
        store = {"platform_id": till.platform_id, "merchant_id": till.seller_id}
        terms = {"commission_bps": 800} if mode == "open" else {}
        operator.made("/api/v1/stores", **store, title=mode, mode=mode, **terms)
        operator.post("/api/v1/stores/decisions", **store, decision="approve")
    heir = operator.get(f"/api/v1/merchants/{shops[5].mchid}").json()["id"]
    operator.made("/api/v1/platforms", merchant_id=heir, name="QQ 网购")
    return tills, heir


def step_and_kill(served: Served, operator: Rest, path: str, position: int, after_s: float) -> None:
    """Ask for a step and kill the process: after its answer, or before it could come."""
    answers: list[Any] = []

    def ask() -> None:
        client = Rest(served.base_url, operator.key, operator.secret)
        with suppress(GONE):
            answers.append(client.post(f"{path}/run", position=position).json())
        client.http.close()

    asking = threading.Thread(target=ask)
    asking.start()
    if after_s < 0:
        asking.join()
    else:
        time.sleep(after_s)
    served.kill()
    asking.join()
    served.restart()
    known = operator.get(path).json()["position"]
    if answers:
        assert answers[0].get("position") == position + 1, answers
        assert known == position + 1, "an acknowledged step was lost"
    assert known in (position, position + 1)
    again = operator.post(f"{path}/run", position=position).json()
    assert again["position"] == position + 1, again


def earned(operator: Rest, merchant_id: str, purpose: str = "payable") -> int:
    path = f"/api/v1/ledger/accounts?owner={merchant_id}"
    found = operator.get(path).json()["data"]
    return sum(one["balance"] for one in found if one["purpose"] == purpose)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_platforms_are_merged_under_load_and_killed_at_every_step(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    dice = random.Random(20261125)
    with ExitStack() as stack:
        address = "changliao.db"
        if engine == "postgresql":
            running: postgres.Server = request.getfixturevalue("postgresql")
            address = running.database()
        served, operator = stack.enter_context(serve(tmp_path / "data", address))
        tills, heir = opened(served, operator, stack)
        made = served.command("sandbox", "operator-key")
        second = Rest(served.base_url, made["operator_key"], made["operator_secret"])
        stack.callback(second.http.close)
        kills, before = 0, []
        for till in tills:
            fields = {"source_id": till.platform_id, "target_id": heir, "reason": "合并"}
            path = f"/api/v1/mergers/{operator.made('/api/v1/mergers', **fields)['id']}"
            assert second.post(f"{path}/approve").json()["state"] == "approved"
            state: dict[str, Any] = {"state": "approved", "position": 0}
            with selling(tills):
                sold_by_all(tills)
                before.append(list(till.sales))
                while state["state"] != "done":
                    after_s = -1 if kills % 2 else dice.uniform(0, 0.02)
                    step_and_kill(served, operator, path, state["position"], after_s)
                    state = operator.get(path).json()
                    kills += 1
            for joined in operator.get(f"{path}/report").json()["joined"]:
                assert joined["sum_before"] == joined["sum_after"]
            assert operator.post(f"{path}/collect").status_code == 200
        assert kills == 12
        check(served, operator, tills, before, heir)


def check(
    served: Served, operator: Rest, tills: list[Till], before: list[list[Sale]], heir: str
) -> None:
    """Nothing is lost, old numbers answer, and old sales are refunded."""
    for till in tills:
        till.finish(till.sales[-1])
        assert len(till.sales) > len(tills) * ENOUGH
        # What every one of them moved is in the sums below; by their numbers some are asked for.
        for sale in (*till.sales[:20], *till.sales[-20:]):
            assert till.state(sale) in ("SUCCESS", "PAID")
    spent = sum(len(till.sales) for till in tills) * PRICE
    for till in tills:
        assert balance(operator, till) == MONEY - len(till.sales) * PRICE
    merchants = {one for till in tills for one in (till.platform_id, till.seller_id)} | {heir}
    kept = sum(
        earned(operator, one, purpose) for one in merchants for purpose in ("payable", "escrow")
    )
    assert kept == spent, "sums before are sums after"
    for till, sales in zip(tills, before, strict=True):
        for sale in (sales[0], till.sales[-1]):
            answer = till.refund(sale)
            assert answer.status_code in (200, 201), answer.text
        assert balance(operator, till) == MONEY - (len(till.sales) - 2) * PRICE
    assert served.audit()["clean"]


def balance(operator: Rest, till: Till) -> int:
    return int(operator.get(f"/api/v1/users/{till.buyer_id}").json()["balances"][0]["balance"])
