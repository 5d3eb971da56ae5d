"""Kill the network while channels are asked, again and again: nothing is charged or paid twice.

    python -m tests.simulation.channel_crash --times 50 --engine sqlite|postgresql

In each round twelve people top up, give back and withdraw as fast as they can, at a bank that
fails in every way it can; at a random moment the process is killed with SIGKILL. After the restart
what was in flight is sent again under its own number. In the end, when everything is known, each
request says what the bank says, everybody has what follows from that, and the audit is clean.
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

PEOPLE = 12
MONEY = 1_000_000
LONGEST_S = 0.5
GONE = (OSError, asyncio.IncompleteReadError)
STEPS = (("top-ups", 1_000), ("refunds", 400), ("withdrawals", 700))
_PREFIXES = {"top-ups": "top", "refunds": "tur", "withdrawals": "wdl"}


class Crash:
    """One network that is killed many times."""

    def __init__(self, served: Served, operator: Rest, dice: random.Random) -> None:
        self.served = served
        self.operator = operator
        self.dice = dice
        self.people = [self._person(number) for number in range(PEOPLE)]
        self.unanswered: list[tuple[str, dict[str, object]]] = []
        self.counted: Counter[str] = Counter()

    def _person(self, number: int) -> str:
        user = self.operator.made("/api/v1/users", phone=f"1370000{number:04d}", name="somebody")
        self.operator.made(f"/api/v1/users/{user['id']}/top-ups", amount=MONEY)
        return str(user["id"])

    async def trade(self) -> None:
        """Everybody at once, until the process is gone."""
        await asyncio.gather(self._spoil(), *(self._person_trades(one) for one in self.people))

    async def send_again(self) -> None:
        """What was in flight, under its own number."""
        office = self._office()
        for path, body in self.unanswered:
            status, answer = await office.post(path, body)
            # A refund of a top-up that never was, or of nothing, is refused as it was before.
            assert status in (201, 404, 422), answer
            self.counted["sent again"] += 1
        self.unanswered = []
        office.close()

    async def _person_trades(self, user: str) -> None:
        office = self._office()
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
                    self.unanswered.append((path, body))
                    status, answer = await office.post(path, body)
                    self.unanswered.remove((path, body))
                    assert status in (201, 422), answer
                    self.counted[answer.get("state", "not asked")] += 1
                    top_up = number if step == "top-ups" else top_up
        except GONE:
            return
        finally:
            office.close()

    async def _spoil(self) -> None:
        """The bank fails once more, and once more."""
        office = self._office()
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

    def _office(self) -> RestClient:
        return RestClient("127.0.0.1", self.served.port, self.operator.key, self.operator.secret)


def run(engine: str, times: int, seed: int) -> Counter[str]:
    """Kill that many times; what was counted."""
    dice = random.Random(seed)
    with ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "data"
        address = "changliao.db"
        if engine == "postgresql":
            address = stack.enter_context(postgres.server()).database()
        served, operator = stack.enter_context(serve(data, address))
        crash = Crash(served, operator, dice)
        place = address if engine == "postgresql" else str(data / address)
        for _ in range(times):
            asyncio.run(_until_killed(crash, dice.uniform(0.05, LONGEST_S)))
            crash.counted += _left_open(place)
            served.restart()
            asyncio.run(crash.send_again())
        _wait_until_known(operator)
        crash.counted["requests"] = _compare(place, operator, crash.people)
        assert served.audit()["clean"]
    return crash.counted


async def _until_killed(crash: Crash, after_s: float) -> None:
    trading = asyncio.create_task(crash.trade())
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
            for state in ("asked", "unknown")
        ]
        if lists == [[], []]:
            return
    raise AssertionError(lists)


def _compare(address: str, operator: Rest, people: list[str]) -> int:
    """Each request is what the bank did of it, once; everybody has what follows."""
    due: Counter[str] = Counter()
    books = _books(address)
    for one, entry in books:
        moved = entry.amount if entry else 0
        assert one.state is (RequestState.DONE if moved else RequestState.REFUSED), (one, entry)
        assert one.settled == moved, (one, entry)
        assert one.finished_at > Instant(0)
        sign = 1 if one.kind is RequestKind.PAY else -1
        due[ids.show("usr", one.home.owner)] += sign * one.reached
    for person in people:
        (balance,) = operator.get(f"/api/v1/users/{person}").json()["balances"]
        assert balance["balance"] == due[person], person
    return len(books)


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
