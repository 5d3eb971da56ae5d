"""A surge: many people sign up, top up and pay at once, over HTTP with signed requests."""

import asyncio
import secrets
import time
from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct

from changliao.commands.people import WentWrong
from changliao.commands.rest_client import RestClient

_CONNECTIONS: Final = 64
_STEPS: Final = 4
_PRICE: Final = 1_990


class Surge(Struct, frozen=True):
    """How many paid, with how many requests, in how long."""

    paid: int
    requests: int
    seconds: float


async def surge(
    address: tuple[str, int], operator: tuple[str, str], users: int, advance: Callable[[], None]
) -> Surge:
    """Everybody signs up, tops up and pays one order. Raises WentWrong at the first refusal."""
    office = RestClient(*address, *operator)
    merchant = _done(await office.post("/api/v1/merchants", {"name": "Surge"}))
    office.close()
    turns = iter(range(users))
    prefix = f"1{secrets.randbelow(90) + 10}"
    began = time.perf_counter()

    async def worker() -> None:
        wallets = RestClient(*address, *operator)
        shop = RestClient(*address, merchant["rest_key"], merchant["rest_secret"])
        for turn in turns:
            await _one(wallets, shop, f"{prefix}{turn:08d}")
            advance()
        wallets.close()
        shop.close()

    await asyncio.gather(*(worker() for _ in range(_CONNECTIONS)))
    return Surge(users, users * _STEPS, time.perf_counter() - began)


async def _one(wallets: RestClient, shop: RestClient, phone: str) -> None:
    user = _done(await wallets.post("/api/v1/users", {"phone": phone, "name": phone}))
    money = {"amount": 10_000}
    _done(await wallets.post(f"/api/v1/users/{user['id']}/top-ups", money))
    wanted = {"reference": f"S{phone}", "title": "first order", "amount": _PRICE}
    order = _done(await shop.post("/api/v1/orders", wanted))
    payment = {
        "merchant_id": order["merchant_id"],
        "order_id": order["id"],
        "payer_id": user["id"],
        "amount": _PRICE,
    }
    paid = _done(await wallets.post("/api/v1/payments", payment))
    if paid["state"] != "paid":
        raise WentWrong(f"order {order['id']} is {paid['state']}")


def _done(answer: tuple[int, Any]) -> Any:
    status, fields = answer
    if status >= 400:
        raise WentWrong(f"{status} {fields}")
    return fields
