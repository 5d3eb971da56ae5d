"""A served network where people buy at two platforms day after day, and one of them bans."""

import itertools
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.served import DAY_S, Rest, Served, serve, until_noon_s
from tests.waiting import eventually

BEIJING_S = 8 * 3_600
API = "/api/v1"


class Bazaar:
    """There are platforms, and `corner` is a shop on none; people have wallets."""

    def __init__(
        self, served: Served, operator: Rest, people: int, platforms: Sequence[str]
    ) -> None:
        self.served, self.operator = served, operator
        self._number = itertools.count(1)
        made = served.command("sandbox", "operator-key")
        self.second = Rest(served.base_url, made["operator_key"], made["operator_secret"])
        self.shops = {name: self._shop(name) for name in (*platforms, "corner")}
        for name in platforms:
            operator.made(f"{API}/platforms", merchant_id=self.id(name), name=name)
        self.people = [self._person() for _ in range(people)]
        self.ahead_s = 0
        # What is bought within minutes is bought on one day.
        self.later(until_noon_s() / DAY_S)

    def _shop(self, name: str) -> tuple[str, Rest]:
        made = self.operator.made(f"{API}/merchants", name=name, fee_bps=0)
        return made["id"], Rest(self.served.base_url, made["rest_key"], made["rest_secret"])

    def _person(self) -> str:
        phone = f"1330000{next(self._number):04d}"
        user = self.operator.made(f"{API}/users", phone=phone, name="买家")
        self.operator.made(f"{API}/users/{user['id']}/top-ups", amount=10_000_000)
        return str(user["id"])

    def id(self, name: str) -> str:
        return self.shops[name][0]

    def client(self, name: str) -> Rest:
        return self.shops[name][1]

    def buy(self, person: int, shop: str, amount: int = 1_000, currency: str = "CNY") -> Any:
        """The order as paid."""
        money = {"amount": amount, "currency": currency}
        asked = {"reference": f"R{next(self._number)}", "title": "跑鞋", **money}
        order = self.client(shop).made(f"{API}/orders", **asked)
        return self.operator.made(
            f"{API}/payments", merchant_id=self.id(shop), order_id=order["id"],
            payer_id=self.people[person], **money,
        )  # fmt: skip

    def later(self, days: float) -> None:
        self.ahead_s += int(days * DAY_S)
        answer = self.operator.post(f"{API}/sandbox/clock", ahead_s=self.ahead_s)
        assert answer.status_code == 200, answer.text

    def today(self) -> str:
        """The date it is in the sandbox, in Beijing."""
        now = time.time() + self.ahead_s + BEIJING_S
        return time.strftime("%Y-%m-%d", time.gmtime(now))

    def switch(self, shop: str, state: str, reason: str = "安全检查") -> Any:
        """The network's own wallet on PCs, as two operators agree; it holds when this returns."""
        cells = [{"method": "changliao", "terminal": "pc", "state": state}]
        fields = {"platform_id": self.id(shop), "cells": cells, "reason": reason}
        draft = self.operator.made(f"{API}/acceptance/drafts", **fields)
        path = f"{API}/acceptance/drafts/{draft['id']}/approve"
        approved = self.second.post(path)
        assert approved.status_code == 200, approved.text
        self.later(3 / DAY_S)
        return approved.json()

    def settle(self, first: str, last: str, payments: int) -> None:
        """Wait until the worker has added up so many payments."""
        eventually(lambda: self.total(first, last) >= payments)

    def total(self, first: str, last: str) -> int:
        found = self.ask("shares", first=first, last=last)
        return sum(one.get("payments", 0) for one in found if one["key"] == "total")

    def ask(self, what: str, caller: Rest | None = None, **query: str) -> Any:
        words = "&".join(f"{name}={value}" for name, value in query.items())
        path = f"{API}/market/{what}?{words}".rstrip("?")
        answer = (caller or self.operator).get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def close(self) -> None:
        for _, client in self.shops.values():
            client.http.close()
        self.second.http.close()


@contextmanager
def bazaar(
    data: Path,
    people: int = 6,
    minimum: int = 2,
    database: str = "changliao.db",
    platforms: Sequence[str] = ("taobao", "jd"),
) -> Iterator[Bazaar]:
    """Of fewer people than `minimum` nothing is told."""
    with serve(data, database, market_minimum_users=str(minimum)) as (served, operator):
        made = Bazaar(served, operator, people, platforms)
        yield made
        made.close()
        assert served.audit()["clean"]
