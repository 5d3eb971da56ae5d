"""Kill the network in the middle of payments, again and again: what was acknowledged stands.

    python -m tests.simulation.crash --times 100 --engine sqlite|postgresql

Each round sixteen shops place, sell and refund as fast as they can; at a random moment the process
is killed with SIGKILL (on PostgreSQL every third time the database server crashes as well). After
the restart every acknowledged step must be there, every step that was in flight is sent again under
its own number and must have happened exactly once, and the audit must be clean.
"""

import argparse
import asyncio
import random
import secrets
import signal
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from changliao.commands.rest_client import RestClient
from tests import postgres
from tests.served import Rest, Served, serve
from tests.waiting import LONGEST_S

SHOPS = 16
PRICE, BACK = 1_000, 400
LATEST_S = 0.6
GONE = (OSError, asyncio.IncompleteReadError)


class Sale:
    """One order: which steps were sent, and which were acknowledged."""

    def __init__(self, payer: str) -> None:
        self.payer = payer
        self.reference = secrets.token_hex(8)
        self.payment_id = ""
        self.order_id = ""
        self.sent: list[str] = []
        self.told: list[str] = []


class Round:
    """One life of the process, from start to kill."""

    def __init__(
        self, served: Served, operator: Rest, merchant: dict[str, Any], payers: list[str]
    ) -> None:
        self.served = served
        self.operator = operator
        self.merchant = merchant
        self.payers = payers
        self.sales: list[Sale] = []
        self.cut_short = 0
        self.paid = asyncio.Event()

    async def sell(self) -> None:
        """All shops at once, until the process is gone."""
        await asyncio.gather(*(self._shop(number) for number in range(SHOPS)))

    async def _shop(self, number: int) -> None:
        shop = self._client(self.merchant["rest_key"], self.merchant["rest_secret"])
        office = self._client(self.operator.key, self.operator.secret)
        try:
            while True:
                sale = Sale(self.payers[number % len(self.payers)])
                self.sales.append(sale)
                for step in ("order", "payment", "refund"):
                    await self.take(sale, step, shop, office)
        except GONE:
            return
        finally:
            shop.close()
            office.close()

    async def take(self, sale: Sale, step: str, shop: RestClient, office: RestClient) -> None:
        """One step, sent under its own number: to repeat it is safe."""
        sale.sent.append(step)
        match step:
            case "order":
                body = {"reference": sale.reference, "title": "shoes", "amount": PRICE}
                status, made = await shop.post("/api/v1/orders", body)
                if status == 409:  # found again, and already paid
                    path = f"/api/v1/orders?reference={sale.reference}"
                    made = (await shop.get(path))[1]["data"][0]
                else:
                    assert status == 201, made
                sale.order_id = made["id"]
                sale.payment_id = "pay_" + made["id"][4:]
            case "payment":
                body = {
                    "id": sale.payment_id, "merchant_id": self.merchant["id"],
                    "order_id": sale.order_id, "payer_id": sale.payer, "amount": PRICE,
                }  # fmt: skip
                status, paid = await office.post("/api/v1/payments", body)
                assert (status, paid.get("state")) == (201, "paid"), paid
            case "refund":
                path = f"/api/v1/orders/{sale.order_id}/refunds"
                body = {"reference": f"R{sale.reference}", "amount": BACK}
                status, refund = await shop.post(path, body)
                assert (status, refund.get("amount")) == (201, BACK), refund
        sale.told.append(step)
        if step == "payment":
            self.paid.set()

    async def check(self) -> None:
        """After the restart: nothing told is lost, nothing in flight happens twice."""
        shop = self._client(self.merchant["rest_key"], self.merchant["rest_secret"])
        office = self._client(self.operator.key, self.operator.secret)
        for sale in self.sales:
            if sale.told:
                _, order = await shop.get(f"/api/v1/orders/{sale.order_id}")
                paid, back = order["state"] == "paid", order["refunded"]
                assert paid or "payment" not in sale.told, ("a payment was lost", order)
                assert back == BACK or "refund" not in sale.told, ("a refund was lost", order)
            for step in sale.sent[len(sale.told) :]:
                self.cut_short += 1
                sale.sent.remove(step)
                await self.take(sale, step, shop, office)
            _, order = await shop.get(f"/api/v1/orders/{sale.order_id}")
            due = (
                "paid" if "payment" in sale.told else "open",
                BACK if "refund" in sale.told else 0,
            )
            assert (order["state"], order["refunded"]) == due, order
        shop.close()
        office.close()

    def _client(self, key: str, secret: str) -> RestClient:
        return RestClient("127.0.0.1", self.served.port, key, secret)


def run(engine: str, times: int, seed: int) -> Counter[str]:
    """Kill that many times; how often each step was taken, and how many were cut short."""
    dice = random.Random(seed)
    with ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "data"
        database = None
        address = "changliao.db"
        if engine == "postgresql":
            database = stack.enter_context(postgres.server())
            address = database.database()
        served, operator = stack.enter_context(serve(data, address))
        merchant = operator.made("/api/v1/merchants", name="Shop", fee_bps=60)
        payers = [_payer(operator, number) for number in range(SHOPS // 2)]
        counted: Counter[str] = Counter()
        for number in range(times):
            one = Round(served, operator, merchant, payers)
            asyncio.run(_until_killed(one, dice.uniform(0.02, LATEST_S)))
            if database is not None and number % 3 == 0:
                database.process.send_signal(signal.SIGQUIT)  # "immediate": recovery follows
                database.process.wait()
                database.restart()
            served.restart()
            asyncio.run(one.check())
            counted.update(step for sale in one.sales for step in sale.told)
            counted["cut short"] += one.cut_short
            if number % 10 == 9 or number == times - 1:
                assert served.audit()["clean"]
                print(f"{number + 1} kills, {dict(counted)}", flush=True)
        _check_money(operator, payers, counted)
    return counted


async def _until_killed(one: Round, after_s: float) -> None:
    selling = asyncio.create_task(one.sell())
    await asyncio.wait_for(one.paid.wait(), LONGEST_S)  # a busy machine takes its time to begin
    await asyncio.sleep(after_s)
    one.served.kill()
    await selling


def _check_money(operator: Rest, payers: list[str], counted: Counter[str]) -> None:
    """The payers have less by exactly what was paid and not sent back."""
    left = sum(
        operator.get(f"/api/v1/users/{payer}").json()["balances"][0]["balance"] for payer in payers
    )
    spent = counted["payment"] * PRICE - counted["refund"] * BACK
    assert left == len(payers) * _MONEY - spent


_MONEY = 10_000_000_000


def _payer(operator: Rest, number: int) -> str:
    user = operator.made("/api/v1/users", phone=f"1380000{number:04d}", name="payer")
    operator.made(f"/api/v1/users/{user['id']}/top-ups", amount=_MONEY)
    return str(user["id"])


def main() -> None:
    """The command line above."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else "")
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 32))
    asked = parser.parse_args()
    print(f"seed {asked.seed}")
    began = time.monotonic()
    counted = run(asked.engine, asked.times, asked.seed)
    taken = time.monotonic() - began
    print(f"{asked.times} kills on {asked.engine} in {taken:.0f} s: {dict(counted)}")
    print("nothing acknowledged was lost, nothing happened twice, the audit is clean")


if __name__ == "__main__":
    main()
