"""Crowds over HTTP: an order is paid once and never refunded beyond what was paid."""

import asyncio
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from changliao.commands.rest_client import RestClient
from tests import postgres
from tests.served import Rest, Served, serve

PRICE, BUSY = 100, 429


@pytest.fixture(params=["sqlite", "postgresql"])
def processes(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[list[Served], Rest]]:
    """One process on SQLite; three on one PostgreSQL, with one secret."""
    if request.param == "sqlite":
        with serve(tmp_path / "data", "changliao.db") as (served, operator):
            yield [served], operator
            assert served.audit()["clean"]
        return
    running: postgres.Server = request.getfixturevalue("postgresql")
    with serve(tmp_path / "data", running.database()) as (served, operator):
        others = [served.beside() for _ in range(2)]
        try:
            yield [served, *others], operator
        finally:
            for other in others:
                other.stop()
        assert served.audit()["clean"]


def test_eight_payers_for_each_of_200_orders_pay_200_orders(
    processes: tuple[list[Served], Rest],
) -> None:
    served, operator = processes
    merchant = operator.made("/api/v1/merchants", name="Shop")
    payers = [_payer(operator, 200 * PRICE) for _ in range(8)]
    outcomes = asyncio.run(_all_pay(served, operator, merchant, payers))
    paid = [status for status, _ in outcomes].count(201)
    refused = {body["reason"] for status, body in outcomes if status != 201}
    assert (paid, len(outcomes), refused) == (200, 1600, {"order_already_paid"})
    spent = 8 * 200 * PRICE - sum(_balance(operator, payer) for payer in payers)
    assert spent == 200 * PRICE
    assert len(served[0].audit()["journal"]) >= len(served)  # each process has a chain of its own


async def _all_pay(
    served: list[Served], operator: Rest, merchant: Any, payers: list[str]
) -> list[tuple[int, Any]]:
    offices = [_client(served[n % len(served)], operator) for n in range(8)]
    shop = RestClient("127.0.0.1", served[0].port, merchant["rest_key"], merchant["rest_secret"])
    outcomes = []
    for _ in range(200):
        _, order = await shop.post("/api/v1/orders", _order())
        answers = await asyncio.gather(
            *(
                _heard(office, "/api/v1/payments", _payment(merchant, order, payer))
                for office, payer in zip(offices, payers, strict=True)
            )
        )
        outcomes += answers
    for client in (*offices, shop):
        client.close()
    return outcomes


def test_sixteen_refunds_of_60_on_each_of_100_orders_of_100_send_one_back(
    processes: tuple[list[Served], Rest],
) -> None:
    served, operator = processes
    merchant = operator.made("/api/v1/merchants", name="Shop", fee_bps=60)
    payer = _payer(operator, 100 * PRICE)
    outcomes = asyncio.run(_all_refund(served, operator, merchant, payer))
    done = [status for status, _ in outcomes].count(201)
    refused = {body["reason"] for status, body in outcomes if status != 201}
    assert (done, len(outcomes), refused) == (100, 1600, {"refund_exceeds_payment"})
    assert _balance(operator, payer) == 100 * 60


async def _all_refund(
    served: list[Served], operator: Rest, merchant: Any, payer: str
) -> list[tuple[int, Any]]:
    office = _client(served[0], operator)
    shops = [
        RestClient(
            "127.0.0.1",
            served[n % len(served)].port,
            merchant["rest_key"],
            merchant["rest_secret"],
        )
        for n in range(16)
    ]
    outcomes = []
    for _ in range(100):
        _, order = await shops[0].post("/api/v1/orders", _order())
        status, _ = await office.post("/api/v1/payments", _payment(merchant, order, payer))
        assert status == 201
        path = f"/api/v1/orders/{order['id']}/refunds"
        outcomes += await asyncio.gather(
            *(
                _heard(shop, path, {"reference": secrets.token_hex(8), "amount": 60})
                for shop in shops
            )
        )
    for client in (*shops, office):
        client.close()
    return outcomes


def test_one_payment_id_sent_everywhere_at_once_gets_one_answer(
    processes: tuple[list[Served], Rest],
) -> None:
    served, operator = processes
    merchant = operator.made("/api/v1/merchants", name="Shop")
    payer = _payer(operator, 1_000)
    answers = asyncio.run(_same_everywhere(served, operator, merchant, payer))
    assert {status for status, _ in answers} == {201}, answers
    assert len({body["payment_id"] for _, body in answers}) == 1
    assert _balance(operator, payer) == 900


async def _same_everywhere(
    served: list[Served], operator: Rest, merchant: Any, payer: str
) -> list[tuple[int, Any]]:
    offices = [_client(served[n % len(served)], operator) for n in range(12)]
    shop = RestClient("127.0.0.1", served[0].port, merchant["rest_key"], merchant["rest_secret"])
    _, order = await shop.post("/api/v1/orders", _order())
    body = _payment(merchant, order, payer) | {"id": "pay_" + order["id"][4:]}
    answers = await asyncio.gather(*(_heard(one, "/api/v1/payments", body) for one in offices))
    for client in (*offices, shop):
        client.close()
    return answers


async def _heard(client: RestClient, path: str, body: dict[str, Any]) -> tuple[int, Any]:
    """As one asks who is told that the network is busy: again."""
    while (answer := await client.post(path, body))[0] == BUSY:
        pass
    return answer


def _client(served: Served, operator: Rest) -> RestClient:
    return RestClient("127.0.0.1", served.port, operator.key, operator.secret)


def _order() -> dict[str, Any]:
    return {"reference": secrets.token_hex(8), "title": "shoes", "amount": PRICE}


def _payment(merchant: Any, order: Any, payer: str) -> dict[str, Any]:
    return {
        "merchant_id": merchant["id"], "order_id": order["id"], "payer_id": payer,
        "amount": PRICE,
    }  # fmt: skip


def _payer(operator: Rest, balance: int) -> str:
    phone = f"1{secrets.randbelow(10**12):012d}"
    user = operator.made("/api/v1/users", phone=phone, name="payer")
    operator.made(f"/api/v1/users/{user['id']}/top-ups", amount=balance)
    return str(user["id"])


def _balance(operator: Rest, payer: str) -> int:
    return int(operator.get(f"/api/v1/users/{payer}").json()["balances"][0]["balance"])
