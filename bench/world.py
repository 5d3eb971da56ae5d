"""A network to measure: merchants, people with money, and payments waiting to be made."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from changliao.core import chart
from changliao.core.clock import DAY, Instant
from changliao.core.ids import AppId, MerchantId, OrderId, PaymentId, TopUpId, UserId
from changliao.core.money import CNY, Money
from changliao.core.orders import Order, PayOrder, PlaceOrder, Scene, Terms
from changliao.core.outcome import Refused
from changliao.core.parties import User
from changliao.core.wallet import TopUp
from changliao.operations import orders, parties, wallet
from changliao.operations.committer import Committer, Ticket
from changliao.operations.ids import Ids
from changliao.operations.operation import Operation
from changliao.store.engine import Engine
from changliao.store.engines import open_engine
from tests.postgres import server

FEE_BPS = 60
PRICE = 100
RICH = 10**9
SEED = 20261124


def now() -> Instant:
    return Instant(time.time_ns() // 1000)


@contextmanager
def database(engine: str) -> Iterator[str]:
    """The address of an empty database that goes away again; both engines sync every commit."""
    if engine == "sqlite":
        with TemporaryDirectory(prefix="bench-", dir=Path.cwd()) as folder:
            yield f"{folder}/bench.db"
        return
    settings = {"shared_buffers": "1GB", "max_wal_size": "8GB", "checkpoint_timeout": "15min"}
    with server(**settings) as running:
        yield running.database()


class World:
    """A committer driven directly: no queue and no loop, as the figures are about the commits."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.engine: Engine = open_engine(address)
        self.engine.migrate()
        # How long ago it all happens, in microseconds.
        self.ago = 0
        self.ids = Ids(self.engine.claim_node(0), self.now)
        self.committer = Committer(
            self.engine, self.now, self.ids, lambda batch: None, lambda tx: None
        )
        self.committer.connect()
        self.random = random.Random(SEED)
        self.merchants: list[MerchantId] = []
        self.users: list[UserId] = []

    def now(self) -> Instant:
        return Instant(now() - self.ago)

    def close(self) -> None:
        self.committer.close()
        self.engine.close()

    def populate(self, merchants: int, users: int) -> None:
        """People with money; merchants are only names to the ledger."""
        self.merchants = [MerchantId(self.ids.new()) for _ in range(merchants)]
        people = [User(UserId(self.ids.new()), f"1{i:010d}", "u", self.now()) for i in range(users)]
        self.users = [user.id for user in people]
        self.perform(parties.SIGN_UP, [parties.SignUp(user, ()) for user in people], 1024)
        money = Money(RICH, CNY)
        top_ups = [
            TopUp(TopUpId(self.ids.new()), user_id, money, chart.SANDBOX_BANK)
            for user_id in self.users
        ]
        self.perform(wallet.TOP_UP, top_ups, 1024)

    def orders(self, count: int, *, hot: bool = False) -> list[PlaceOrder]:
        """Orders to be placed, spread over the merchants or all with one."""
        return [self._order(hot) for _ in range(count)]

    def payments(self, placed: Sequence[PlaceOrder]) -> list[PayOrder]:
        """A payment by somebody for each order."""
        return [
            PayOrder(
                payment_id=PaymentId(self.ids.new()),
                merchant_id=one.order.merchant_id,
                order_id=one.order.id,
                payer_id=self.random.choice(self.users),
                amount=one.order.amount,
            )
            for one in placed
        ]

    def perform(self, operation: Operation[Any, Any], commands: Sequence[Any], size: int) -> float:
        """Seconds for all commands in batches of `size`. Every one must succeed."""
        tickets = [Ticket(operation, command, None) for command in commands]
        began = time.perf_counter()
        for batch in batches(tickets, size):
            self.committer.commit(batch)
        taken = time.perf_counter() - began
        for ticket in tickets:
            if ticket.fault is not None or isinstance(ticket.outcome, Refused):
                raise AssertionError(ticket.fault or ticket.outcome)
        return taken

    def place(self, count: int, *, hot: bool = False) -> list[PlaceOrder]:
        """Orders that are there."""
        wanted = self.orders(count, hot=hot)
        self.perform(orders.PLACE, wanted, 1024)
        return wanted

    def _order(self, hot: bool) -> PlaceOrder:
        merchant_id = self.merchants[0] if hot else self.random.choice(self.merchants)
        order_id = OrderId(self.ids.new())
        order = Order(
            id=order_id,
            merchant_id=merchant_id,
            app_id=AppId(1),
            reference=f"R{order_id}",
            amount=Money(PRICE, CNY),
            scene=Scene.NATIVE,
            expires_at=Instant(self.now() + DAY),
            fee_bps=FEE_BPS,
            digest=bytes(16),
            notifies=True,
        )
        terms = Terms(order_id, merchant_id, "goods", "", "http://127.0.0.1:9/n", "rest", b"{}")
        return PlaceOrder(order, terms)


def batches(items: Sequence[Any], size: int) -> Iterator[list[Any]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def median(run: Callable[[], float], times: int) -> float:
    return sorted(run() for _ in range(times))[times // 2]
