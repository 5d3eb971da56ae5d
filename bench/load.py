"""Load from a process of its own: as fast as the server answers, or at a given rate.

The generator signs every request with HMAC, for the constant answer as well, so that both sides of
a ratio pay for the same client.
"""

import asyncio
import itertools
import random
import secrets
import time
from collections.abc import Awaitable, Callable
from multiprocessing import get_context
from typing import Any

import uvloop

from changliao.commands.rest_client import RestClient

Run = Callable[[], Awaitable[int]]
CONSTANT = "/healthz"


class Target:
    """Who is called, with which keys."""

    def __init__(self, port: int, operator: tuple[str, str], merchant: dict[str, Any]) -> None:
        self.port = port
        self.operator = operator
        self.merchant = merchant
        self.payers: list[str] = []


def closed(target: Target, kind: str, connections: int, seconds: float) -> float:
    """Requests a second with every connection always busy."""
    done, taken = _apart(_closed, target, kind, connections, seconds)
    return float(done / taken)


def opened(target: Target, rate: float, connections: int, seconds: float) -> list[float]:
    """Seconds each sale took from when it should have begun; `rate` is sales a second."""
    latencies: list[float] = _apart(_opened, target, rate, connections, seconds)
    return sorted(latencies)


def replayed(port: int, requests: list[bytes], connections: int) -> float:
    """Requests a second for requests that were signed before."""
    done, taken = _apart(_replayed, port, requests, connections)
    return float(done / taken)


def _apart(work: Callable[..., Any], *arguments: Any) -> Any:
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(_in_loop, (work, arguments))


def _in_loop(work: Callable[..., Any], arguments: Any) -> Any:
    return uvloop.run(work(*arguments))


class Seller:
    """One connection as a merchant and one as the operator."""

    def __init__(self, target: Target) -> None:
        self._target = target
        merchant = target.merchant
        address = "127.0.0.1", target.port
        self._shop = RestClient(*address, merchant["rest_key"], merchant["rest_secret"])
        self._office = RestClient(*address, *target.operator)

    async def sale(self) -> int:
        """Place, pay and query: three requests."""
        body = {"reference": secrets.token_hex(8), "title": "goods", "amount": 100}
        status, order = await self._shop.post("/api/v1/orders", body)
        payment = {
            "merchant_id": self._target.merchant["id"], "order_id": order["id"],
            "payer_id": random.choice(self._target.payers), "amount": 100,
        }  # fmt: skip
        paid, _ = await self._office.post("/api/v1/payments", payment)
        found, known = await self._shop.get(f"/api/v1/orders/{order['id']}")
        if (status, paid, found, known["state"]) != (201, 201, 200, "paid"):
            raise AssertionError((status, paid, found, known))
        return 3

    async def constant(self) -> int:
        """Three requests that are answered without doing anything."""
        for client in (self._shop, self._office, self._shop):
            await client.send(client.signed("GET", CONSTANT, b""), decode=False)
        return 3

    def close(self) -> None:
        self._shop.close()
        self._office.close()


async def _closed(target: Target, kind: str, connections: int, seconds: float) -> Any:
    sellers = [Seller(target) for _ in range(connections)]
    until = time.perf_counter() + seconds

    async def work(seller: Seller) -> int:
        run: Run = seller.sale if kind == "sale" else seller.constant
        done = 0
        while time.perf_counter() < until:
            done += await run()
        return done

    began = time.perf_counter()
    done = sum(await asyncio.gather(*map(work, sellers)))
    taken = time.perf_counter() - began
    for seller in sellers:
        seller.close()
    return done, taken


async def _opened(target: Target, rate: float, connections: int, seconds: float) -> list[float]:
    free: asyncio.Queue[Seller] = asyncio.Queue()
    for _ in range(connections):
        free.put_nowait(Seller(target))
    latencies: list[float] = []

    async def one(due: float) -> None:
        seller = await free.get()
        await seller.sale()
        latencies.append(time.perf_counter() - due)
        free.put_nowait(seller)

    began = time.perf_counter()
    tasks = []
    for number in itertools.count():
        due = began + number / rate
        if due > began + seconds:
            break
        await asyncio.sleep(max(due - time.perf_counter(), 0))
        tasks.append(asyncio.create_task(one(due)))
    await asyncio.gather(*tasks)
    while not free.empty():
        free.get_nowait().close()
    return latencies


async def _replayed(port: int, requests: list[bytes], connections: int) -> Any:
    rest = iter(requests)

    async def work() -> int:
        client = RestClient("127.0.0.1", port, "", "")
        done = 0
        for request in rest:
            status, answer = await client.send(request)
            if status != 200:
                raise AssertionError(answer)
            done += 1
        client.close()
        return done

    began = time.perf_counter()
    done = sum(await asyncio.gather(*(work() for _ in range(connections))))
    return done, time.perf_counter() - began
