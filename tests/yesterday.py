"""Sales of a day that is over, in a network that is being served: its bills can then be had today.

A process of its own on the same database whose clock is a day behind, as one that did the work
yesterday would have been.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import msgspec

from changliao.core.bills import SETTLING
from changliao.core.clock import BEIJING, DAY, HOUR, MILLISECOND, SECOND, Instant
from changliao.core.ids import AppId
from changliao.core.orders import Order, PlaceOrder, Terms
from changliao.core.refunds import Refund
from changliao.operations import orders, refunds
from changliao.store.views import numbers, parties
from tests.served import Served
from tests.waiting import clear_of_midnight
from tests.world import World

_NODES = 100
# A bill is ready some minutes after its day: until then the day before is the last that has one.
_READY = timedelta(microseconds=SETTLING)


def date(days_ago: int = 1) -> str:
    """A date in Beijing."""
    return f"{datetime.now(BEIJING) - _READY - timedelta(days=days_ago):%Y-%m-%d}"


@contextmanager
def past(served: Served, mchid: str, days_ago: int = 1) -> Iterator[World]:
    """A world in the hour after noon of that day in Beijing, whose merchant is this one.

    Each is at another millisecond of that hour: ids are made of the time.
    """
    clear_of_midnight(_READY.total_seconds())
    noon = _day() + timedelta(hours=12)
    since = time.time_ns() // MILLISECOND // 1_000 * MILLISECOND % HOUR
    then = Instant(int(noon.timestamp()) * SECOND - days_ago * DAY + since)
    # A node of that day's own: ids of one node never go back.
    world = World(str(served.data / "changliao.db"), then, _NODES + days_ago % _NODES)
    # The network that is being served writes beside it.
    vars(world)["do"] = world.heard
    try:
        world._phones = time.time_ns() % 10**8
        with world.engine.reader() as reader:
            merchant = parties.merchant_by_number(reader, mchid)
        assert merchant is not None
        world.merchant = merchant.id
        yield world
    finally:
        world.close()


def _day() -> datetime:
    """Its midnight."""
    return (datetime.now(BEIJING) - _READY).replace(hour=0, minute=0, second=0, microsecond=0)


def merchant_number(served: Served, account: str) -> str:
    """The merchant number behind an Alipay account number."""
    world = World(str(served.data / "changliao.db"))
    try:
        with world.engine.reader() as reader:
            party = numbers.party_of(reader, int(account))
            merchant = parties.merchant(reader, party) if party else None
    finally:
        world.close()
    assert merchant is not None
    return merchant.number


def sell(
    world: World, appid: str, amount: int, title: str = "越野跑鞋", door: str = "wechatpay"
) -> Order:
    """An order of the merchant's that was paid.

    It may still be paid today: the network that is being served would close it in between, were its
    time over.
    """
    with world.engine.reader() as reader:
        app = parties.app_by_number(reader, appid)
    command = world.an_order(
        amount,
        app_id=app.id if app else AppId(0),
        notifies=False,
        expires_at=Instant(time.time_ns() // 1_000 + HOUR),
    )
    own = {"app_id": appid, "store_id": "S1"} if door == "alipay" else {"appid": appid}
    details = msgspec.json.encode({**own, "device_id": "POS1"})
    order = command.order
    terms = Terms(order.id, order.merchant_id, title, "a,b", "", door, details)
    assert world.do(orders.PLACE, PlaceOrder(order, terms)) == order
    paid = world.do(orders.PAY, world.a_payment(order, world.user(amount)))
    assert isinstance(paid, Order), paid
    return paid


def send_back(world: World, order: Order, amount: int, **changes: Any) -> Refund:
    """A refund on the same day."""
    refund = world.do(refunds.REFUND, world.a_refund(order, amount, notify_url="", **changes))
    assert isinstance(refund, Refund), refund
    return refund
