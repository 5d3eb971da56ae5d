"""Kill the network while channels are asked, again and again: nothing is charged or paid twice.

    python -m tests.simulation.channel_crash --times 50 --engine sqlite|postgresql

In each round twelve people top up, give back and withdraw as fast as they can, and six buy with the
bank's money, some of them the same order twice at once, and are given a part back, at a bank that
fails in every way it can; at a random moment the process is killed with SIGKILL. After the restart
what was in flight is sent again under its own number. In the end, when everything is known, each
request says what the bank says, no order is paid by two tenders, everybody has what follows from
that, and the audit is clean.
"""

import argparse
import asyncio
import random
import secrets
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from changliao.commands.rest_client import RestClient
from changliao.core import ids
from changliao.core.bank import BankEntry, BankFault
from changliao.core.channels import ChannelRequest, RequestKind, RequestState
from changliao.core.clock import Instant
from changliao.store.engines import open_engine
from changliao.store.views import channels
from tests import postgres
from tests.served import Rest, Served, serve
from tests.waiting import LONGEST_S

PEOPLE = 12
BUYERS = 6
PRICE, PART = 900, 300
MONEY = 1_000_000
LATEST_S = 0.5
GONE = (OSError, asyncio.IncompleteReadError)
STEPS = (("top-ups", 1_000), ("refunds", 400), ("withdrawals", 700))
_PREFIXES = {"top-ups": "top", "refunds": "tur", "withdrawals": "wdl"}


class Crash:
    """One network that is killed many times."""

    def __init__(self, served: Served, operator: Rest, dice: random.Random) -> None:
        self.served = served
        self.operator = operator
        self.dice = dice
        self.people = [self._person(number) for number in range(PEOPLE + BUYERS)]
        made = served.command("sandbox", "merchant", "Bookshop", "--fee-bps", "0")
        self.shop = Rest(served.base_url, made["rest_key"], made["rest_secret"])
        self.shop_id = operator.get(f"/api/v1/merchants/{made['mchid']}").json()["id"]
        self._take_netbank()
        # What is on its way: from the shop or from the operator.
        self.unanswered: list[tuple[Rest, str, dict[str, object]]] = []
        self.counted: Counter[str] = Counter()
        self.paid = asyncio.Event()

    def _person(self, number: int) -> str:
        user = self.operator.made("/api/v1/users", phone=f"1370000{number:04d}", name="somebody")
        self.operator.made(f"/api/v1/users/{user['id']}/top-ups", amount=MONEY)
        return str(user["id"])

    def _take_netbank(self) -> None:
        """Two operators agree that the shop takes the bank's method on PC pages."""
        key = self.served.command("sandbox", "operator-key")
        second = Rest(self.served.base_url, key["operator_key"], key["operator_secret"])
        cells = [{"method": "netbank", "terminal": "pc", "state": "accepted"}]
        path = "/api/v1/acceptance/drafts"
        draft = self.operator.made(path, platform_id=self.shop_id, cells=cells, reason="opens")
        second.post(f"{path}/{draft['id']}/approve")
        second.http.close()
        self.operator.post("/api/v1/sandbox/clock", ahead_s=5)  # it begins in a moment

    async def trade(self) -> None:
        """Everybody at once, until the process is gone."""
        savers, buyers = self.people[:PEOPLE], self.people[PEOPLE:]
        work = [*map(self._person_trades, savers), *map(self._person_buys, buyers)]
        await asyncio.gather(self._spoil(), *work)

    async def send_again(self) -> None:
        """What was in flight, under its own number."""
        clients = {side: self._client(side) for side in (self.operator, self.shop)}
        for side, path, body in self.unanswered:
            status, answer = await clients[side].post(path, body)
            # A refund of what never was, or of nothing, is refused as it was before; so is a
            # tender for an order that another one paid.
            assert status in (201, 404, 409, 422), answer
            self.counted["sent again"] += 1
        self.unanswered = []
        for client in clients.values():
            client.close()

    async def _person_trades(self, user: str) -> None:
        office = self._client(self.operator)
        try:
            while True:
                top_up = ""
                for step, amount in STEPS:
                    number = ids.show(_PREFIXES[step], self.dice.getrandbits(61) << 1)
                    below = f"top-ups/{top_up}/refunds" if step == "refunds" else step
                    body: dict[str, object] = {"id": number, "amount": amount}
                    if step == "withdrawals":
                        body["account"] = "6222"
                    path = f"/api/v1/users/{user}/{below}"
                    status, answer = await self._send(self.operator, office, path, body)
                    assert status in (201, 422), answer
                    self.counted[answer.get("state", "not asked")] += 1
                    top_up = number if step == "top-ups" else top_up
        except GONE:
            return
        finally:
            office.close()

    async def _person_buys(self, user: str) -> None:
        """An order, one or two tenders for it, and some of it back if it was paid."""
        office, rival, shop = (self._client(one) for one in (self.operator,) * 2 + (self.shop,))
        try:
            while True:
                new = {"reference": f"B{self.dice.getrandbits(60)}", "title": "book"}
                _, order = await shop.post("/api/v1/orders", new | {"amount": PRICE})
                tries = [self._tender(office, user, order["id"])]
                if self.dice.random() < 0.3:
                    tries.append(self._tender(rival, user, order["id"]))
                if "paid" in await asyncio.gather(*tries):
                    self.paid.set()
                    body: dict[str, object] = {"reference": f"F{order['id']}", "amount": PART}
                    path = f"/api/v1/orders/{order['id']}/refunds"
                    status, answer = await self._send(self.shop, shop, path, body)
                    assert status == 201, answer
                    self.counted["refunded"] += 1
        except GONE:
            return
        finally:
            for one in (office, rival, shop):
                one.close()

    async def _tender(self, office: RestClient, user: str, order_id: str) -> str:
        body: dict[str, object] = {
            "id": ids.show("pay", self.dice.getrandbits(61) << 1), "merchant_id": self.shop_id,
            "order_id": order_id, "method": "netbank", "amount": PRICE,
        }  # fmt: skip
        path = f"/api/v1/users/{user}/tenders"
        status, answer = await self._send(self.operator, office, path, body)
        assert status in (201, 409, 422), answer
        state = str(answer.get("state", "not taken"))
        self.counted[f"tender {state}"] += 1
        return state

    async def _send(
        self, side: Rest, client: RestClient, path: str, body: dict[str, object]
    ) -> tuple[int, dict[str, str]]:
        self.unanswered.append((side, path, body))
        answer = await client.post(path, body)
        self.unanswered.remove((side, path, body))
        return answer

    async def _spoil(self) -> None:
        """The bank fails once more, and once more."""
        office = self._client(self.operator)
        path = "/api/v1/channels/sandbox_bank/faults"
        try:
            while True:
                fault, kind = self.dice.choice(list(BankFault)), self.dice.choice(list(RequestKind))
                off = self.dice.choice((-7, 7))
                body = {"kind": kind.name.lower(), "fault": fault.value, "times": 1, "off": off}
                await office.post(path, body)
                await asyncio.sleep(0.005)
        except GONE:
            return
        finally:
            office.close()

    def _client(self, side: Rest) -> RestClient:
        return RestClient("127.0.0.1", self.served.port, side.key, side.secret)


def run(engine: str, times: int, seed: int, server: postgres.Server | None = None) -> Counter[str]:
    """Kill that many times; what was counted. `server` is one that runs already."""
    dice = random.Random(seed)
    with ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "data"
        address = "changliao.db"
        if engine == "postgresql":
            address = (server or stack.enter_context(postgres.server())).database()
        served, operator = stack.enter_context(serve(data, address))
        crash = Crash(served, operator, dice)
        place = address if engine == "postgresql" else str(data / address)
        for _ in range(times):
            asyncio.run(_until_killed(crash, dice.uniform(0.05, LATEST_S)))
            crash.counted += _left_open(place)
            served.restart()
            asyncio.run(crash.send_again())
        _wait_until_known(operator)
        crash.counted += _compare(place, operator, crash.people)
        assert served.audit()["clean"]
    return crash.counted


async def _until_killed(crash: Crash, after_s: float) -> None:
    trading = asyncio.create_task(crash.trade())
    await asyncio.wait_for(crash.paid.wait(), LONGEST_S)  # a busy machine takes its time to begin
    await asyncio.sleep(after_s)
    crash.served.kill()
    await trading


def _books(address: str) -> list[tuple[ChannelRequest, BankEntry | None]]:
    """Every request, and what the bank's books say of it."""
    engine = open_engine(address)
    with engine.reader() as reader:
        found = [
            (one, channels.bank_entry(reader, one.channel_id, one.id))
            for one in channels.all_requests(reader)
        ]
    engine.close()
    return found


def _left_open(address: str) -> Counter[str]:
    """How many requests the kill cut short, and where."""
    cut = [entry for one, entry in _books(address) if one.state is RequestState.ASKED]
    asked = sum(entry is not None for entry in cut)
    return Counter({"killed before recording": asked, "killed before asking": len(cut) - asked})


def _wait_until_known(operator: Rest) -> None:
    """The clock is moved, and the worker looks."""
    for ahead in range(1, 100):
        operator.post("/api/v1/sandbox/clock", ahead_s=ahead * 120)
        time.sleep(0.3)
        lists = [
            operator.get(f"/api/v1/channel-requests?state={state}&limit=1").json()["data"]
            for state in ("asked", "unknown", "waiting")
        ]
        if not any(lists):
            return
    raise AssertionError(lists)


def _compare(address: str, operator: Rest, people: list[str]) -> Counter[str]:
    """Each request is what the bank did of it, once; everybody has what follows."""
    due: Counter[str] = Counter()
    paid: Counter[int] = Counter()
    counted: Counter[str] = Counter()
    books = _books(address)
    states = {
        one.id: _tender_state(operator, one)
        for one, _ in books
        if one.order_id and one.kind is RequestKind.PAY
    }
    for one, entry in books:
        person, moved = ids.show("usr", one.home.owner), entry.amount if entry else 0
        refund = one.kind is RequestKind.REFUND and states.get(one.pay_id) == "paid"
        declined = RequestState.HELD if refund else RequestState.REFUSED
        assert one.state is (RequestState.DONE if moved else declined), (one, entry)
        assert one.settled == moved, (one, entry)
        assert one.finished_at > Instant(0)
        due[person] += one.reached if one.kind is RequestKind.PAY else -one.reached
        if refund:  # from the shop to the wallet, and on; what the bank declined is held beside it
            due[person] += one.amount if moved else 0
        if one.id in states:
            state = states[one.id]
            expected = ("paid", "returned") if moved == PRICE else ("returned",)
            assert state in (expected if moved else ("refused",)), (one, state)
            paid[one.order_id] += state == "paid"
            due[person] -= PRICE if state == "paid" else 0
            counted[f"tenders {state} in the end"] += 1
        counted["requests"] += 1
    assert max(paid.values()) == 1, "an order was paid twice"
    for person in people:
        (balance,) = operator.get(f"/api/v1/users/{person}").json()["balances"]
        assert balance["balance"] == due[person], person
    return counted


def _tender_state(operator: Rest, one: ChannelRequest) -> str:
    user, payment = ids.show("usr", one.home.owner), ids.show("pay", one.id)
    return str(operator.get(f"/api/v1/users/{user}/tenders/{payment}").json()["state"])


def main() -> None:
    """The command line above."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else "")
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 32))
    asked = parser.parse_args()
    print(f"seed {asked.seed}")
    counted = run(asked.engine, asked.times, asked.seed)
    print(f"{asked.times} kills on {asked.engine}: {dict(counted)}")
    print("nothing was charged, paid or given back twice, the audit is clean")


if __name__ == "__main__":
    main()
