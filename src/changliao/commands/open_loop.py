"""Load at a given rate, whatever the answers take: nobody waits for somebody else's answer.

A person who wants to pay at a moment does so however busy the network is. So a latency counts from
the intended moment, waiting for a free connection included; a generator that waited for answers
would not see its own delay (coordinated omission, G. Tene).
"""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from changliao.commands.rest_client import RestClient

ANSWER_WITHIN_S: Final = 30.0
PARTS: Final = (0.5, 0.9, 0.99, 0.999)
# Later than this, or this part of the whole, behind the plan's end: the rate was not held.
_LATE_S: Final = 1.0
_LATE_PART: Final = 0.02
_API: Final = "/api/v1"
NO_ANSWER: Final = "no_answer"


class Sale(Struct, frozen=True):
    """Somebody's purchase: `reference` names the order, so that sent again it is the same one."""

    shop: str
    payer: str
    reference: str
    amount: int


class Shop(Struct, frozen=True):
    """A merchant that signs its orders."""

    id: str
    key: str
    secret: str


class Report(Struct):
    """What came of it. Seconds; latencies of what was paid, in milliseconds."""

    wanted_per_s: float
    sent: int = 0
    paid: int = 0
    amount: int = 0
    seconds: float = 0.0
    paid_per_s: float = 0.0
    sustained: bool = False
    interrupted: bool = False
    refused: dict[str, int] = {}
    paid_at: dict[str, int] = {}
    latency_ms: dict[str, float] = {}


class Load:
    """One run of sales over a few connections."""

    def __init__(
        self, address: tuple[str, int], operator: tuple[str, str], shops: dict[str, Shop]
    ) -> None:
        self._address = address
        self._office = RestClient(*address, *operator)
        self._shops = shops
        self._signers = {
            name: RestClient(*address, one.key, one.secret) for name, one in shops.items()
        }
        self._free: asyncio.Queue[RestClient] = asyncio.Queue()
        self._refused: Counter[str] = Counter()
        self._paid: dict[str, int] = defaultdict(int)
        self._amount = 0
        self._latencies: list[float] = []

    async def play(
        self,
        sales: Sequence[Sale],
        rate: float,
        connections: int,
        progress: Callable[[int], None],
    ) -> Report:
        """The sale with number n is due n / rate seconds after the first."""
        for _ in range(connections):
            self._free.put_nowait(self._connection())
        report, running = Report(rate), set[asyncio.Task[None]]()
        began = time.perf_counter()
        try:
            for number, sale in enumerate(sales):
                due = began + number / rate
                if (early := due - time.perf_counter()) > 0:
                    await asyncio.sleep(early)
                task = asyncio.create_task(self._sell(sale, due))
                running.add(task)
                task.add_done_callback(running.discard)
                report.sent += 1
                progress(report.sent)
            await asyncio.gather(*running)
        except asyncio.CancelledError:
            report.interrupted = True
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
        self._close()
        return self._told(report, time.perf_counter() - began, len(sales) / rate)

    async def _sell(self, sale: Sale, due: float) -> None:
        connection = await self._free.get()
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                refused = await self._sold(connection, sale)
        except (OSError, EOFError, TimeoutError):
            # What came of it nobody knows; the connection may still get the answer.
            connection.close()
            connection, refused = self._connection(), NO_ANSWER
        finally:
            self._free.put_nowait(connection)
        if refused:
            self._refused[refused] += 1
            return
        self._latencies.append(time.perf_counter() - due)
        self._paid[sale.shop] += 1
        self._amount += sale.amount

    async def _sold(self, connection: RestClient, sale: Sale) -> str:
        """Place as the shop, pay on the operator's word; why not, if it was refused."""
        wanted = {"reference": sale.reference, "title": "simulated", "amount": sale.amount}
        status, order = await self._post(connection, self._signers[sale.shop], "orders", wanted)
        if status < 400:
            payment = {
                "merchant_id": self._shops[sale.shop].id, "order_id": order["id"],
                "payer_id": sale.payer, "amount": sale.amount,
            }  # fmt: skip
            status, order = await self._post(connection, self._office, "payments", payment)
        return "" if status < 400 else str(order.get("reason", status))

    async def _post(
        self, connection: RestClient, signer: RestClient, path: str, fields: dict[str, Any]
    ) -> tuple[int, Any]:
        body = msgspec.json.encode(fields)
        return await connection.send(signer.signed("POST", f"{_API}/{path}", body))

    def _connection(self) -> RestClient:
        return RestClient(*self._address, "", "")

    def _close(self) -> None:
        while not self._free.empty():
            self._free.get_nowait().close()

    def _told(self, report: Report, seconds: float, planned: float) -> Report:
        ordered = sorted(self._latencies)
        report.paid, report.amount, report.seconds = len(ordered), self._amount, seconds
        report.paid_per_s = len(ordered) / max(seconds, 1e-9)
        report.refused, report.paid_at = dict(self._refused), dict(self._paid)
        in_time = seconds - planned <= max(_LATE_S, _LATE_PART * planned)
        report.sustained = in_time and not report.interrupted
        if ordered:
            last = len(ordered) - 1
            report.latency_ms = {f"p{100 * part:g}": 1000 * ordered[round(part * last)]
                                 for part in PARTS} | {"max": 1000 * ordered[last]}  # fmt: skip
        return report
