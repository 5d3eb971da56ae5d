"""The only place where the parts are joined: doors by address, workers beside them.

Deleting a door's folder and its line here removes the protocol.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

from starlette.applications import Starlette

from changliao.config import BadConfiguration, Config
from changliao.doors.alipay import bills as alipay_bills
from changliao.doors.alipay import cashier as alipay_cashier
from changliao.doors.alipay import channel as alipay_channel
from changliao.doors.alipay import gateway as alipay
from changliao.doors.alipay import inspection as alipay_inspection
from changliao.doors.alipay import notify as alipay_notify
from changliao.doors.alipay import people as alipay_people
from changliao.doors.alipay import platform as alipay_platform
from changliao.doors.alipay import rest as alipay_rest
from changliao.doors.alipay.call import Door as AlipayDoor
from changliao.doors.alipay.channel import AlipayChannel
from changliao.doors.cashier import door as cashier
from changliao.doors.console import door as console
from changliao.doors.console.visit import Console
from changliao.doors.rest import door as rest
from changliao.doors.rest import inspection as rest_inspection
from changliao.doors.rest import notify as rest_notify
from changliao.doors.rest import reference as rest_reference
from changliao.doors.rest.call import Door as RestDoor
from changliao.doors.wallet import door as wallet
from changliao.doors.wechatpay import door as wechatpay
from changliao.doors.wechatpay import inspection as wechatpay_inspection
from changliao.doors.wechatpay import notify as wechatpay_notify
from changliao.doors.wechatpay import payer as wechatpay_payer
from changliao.doors.wechatpay import platform as wechatpay_platform
from changliao.doors.wechatpay.call import Door as WechatDoor
from changliao.operations.bank import SandboxBank
from changliao.operations.bank_files import BankFiles
from changliao.operations.books import Books
from changliao.operations.connectors import Connector, Desk
from changliao.operations.network import Network
from changliao.operations.payers import Payers
from changliao.operations.today import Today
from changliao.store.engine import Unavailable
from changliao.web import asgi
from changliao.web.asgi import Application, Receive, Scope, Send
from changliao.web.exchanges import recorded
from changliao.web.pages import Pages
from changliao.web.security import Browser
from changliao.workers import (
    answers,
    channels,
    clock,
    day_ends,
    expiry,
    key_uses,
    market,
    nonces,
    settlements,
    today,
)
from changliao.workers.notifier import Notifier
from changliao.workers.requests import Recorder

HEALTH: Final = "/healthz"
# How the sandbox's log of requests calls what answers under a path's first segment.
_DOORS: Final = {
    "api": "rest",
    "gateway.do": "alipay",
    "v3": "wechatpay",
    "v3/alipay": "alipay",
}
_INSPECTORS: Final = {
    "alipay": alipay_inspection.inspect,
    "rest": rest_inspection.inspect,
    "wechatpay": wechatpay_inspection.inspect,
}
_log = logging.getLogger("changliao")


class Parts:
    """A running network: its doors, and its workers once they are started."""

    def __init__(self, network: Network, config: Config) -> None:
        self.network = network
        self.config = config
        self._doors: dict[str, Application] = {}
        self._pages: Application | None = None
        self._misnamed: Application | None = None
        self._workers: list[asyncio.Task[None]] = []
        self._notifiers: dict[str, Notifier] = {}
        self._payers = Payers(network) if config.sandbox else None
        connectors: dict[str, Connector] = {"bank_files": BankFiles()}
        if config.sandbox:
            connectors["sandbox_bank"] = SandboxBank(network)
        if config.alipay_gateway:
            connectors[alipay_channel.KIND] = _alipay_channel(network, config)
        self._desk = Desk(network, connectors)
        self._today, self._books = Today(network), Books(network)
        self._recorder = Recorder(network, _INSPECTORS) if config.sandbox else None

    async def start(self, *, doors: bool, workers: bool) -> None:
        """Take commands; open the doors; begin to work. Raises Unavailable."""
        network, config = self.network, self.config
        await network.start()
        # A first start makes RSA keys: side by side, on all cores.
        platform, alipay_keys = await asyncio.gather(
            wechatpay_platform.load(network), alipay_platform.load(network)
        )
        self._notifiers = {
            "alipay": alipay_notify.Notifier(network, alipay_keys),
            "wechatpay": wechatpay_notify.Notifier(network, platform),
            "rest": rest_notify.Notifier(network),
        }
        if doors:
            self._open(platform, alipay_keys)
            self._work("key uses", lambda: key_uses.run(network))
            self._work("today", lambda: today.run(network, self._today, self._books))
        if workers:
            self._work("notifications", self._deliver)
            self._work("answers", lambda: answers.run(network))
            self._work("channels", lambda: channels.run(network, self._desk))
            self._work("expiry", lambda: expiry.run(network))
            self._work("nonces", lambda: nonces.run(network))
            self._work("day ends", lambda: day_ends.run(network))
            self._work("settlements", lambda: settlements.run(network, self._desk))
            self._work("market", lambda: market.run(network))
        self._work("alipay keys", lambda: alipay_platform.follow(network, alipay_keys))
        if config.sandbox:
            self._work("clock", lambda: clock.follow(network))
        if self._payers is not None:
            self._work("payers", self._payers.run)
        if self._recorder is not None:
            self._work("requests", self._recorder.run)

    async def close(self) -> None:
        """Stop working, finish what was accepted."""
        for worker in self._workers:
            worker.cancel()
        for worker in self._workers:
            with suppress(asyncio.CancelledError):
                await worker
        await self.network.close()

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        if path == HEALTH:
            await asgi.answer(send, 200, ((b"content-type", b"text/plain"),), b"ok\n")
            return
        segment = "v3/alipay" if path.startswith("/v3/alipay/") else path.split("/", 2)[1]
        door = self._doors.get(segment, self._pages)
        if "\0" in path or b"%00" in scope["query_string"]:
            # Nothing has such a name, and PostgreSQL would refuse to look for it.
            door = self._misnamed if door is self._pages else _no_name
        if door is not None:
            await door(scope, receive, send)

    def _open(
        self, platform: wechatpay_platform.Platform, alipay_keys: alipay_platform.Platform
    ) -> None:
        network, config = self.network, self.config
        wechat = WechatDoor(network, platform, config.public_url)
        settings = partial(wechatpay_platform.settings, platform)
        https = config.public_url.startswith("https://")
        browser = Browser(network.vault.derive("browser"), https=https)
        pages = Pages(browser, sandbox=config.sandbox)
        alipay_door = AlipayDoor(network, alipay_keys, config.public_url, pages)
        self._doors = {
            "gateway.do": alipay.application(alipay_door),
            "v3/alipay": alipay_rest.application(alipay_door),
            "v3": wechatpay.application(wechat),
            "api": rest.application(
                RestDoor(
                    network,
                    config.public_url,
                    config.default_fee_bps,
                    settings,
                    self._desk,
                    self._payers,
                    config.market_minimum_users,
                )
            ),
        }
        if self._recorder is not None:
            keep = self._recorder.keep
            doors = self._doors.items()
            self._doors = {
                segment: recorded(_DOORS[segment], door, keep) for segment, door in doors
            }
        ways_back = {"alipay": alipay_cashier.way_back}
        reference = rest_reference.made_once(config.public_url)
        members = Console(
            network,
            pages,
            self._today,
            self._books,
            self._desk,
            config.market_minimum_users,
            config.public_url,
            reference,
        )
        starlette = Starlette(
            routes=[
                *pages.routes(),
                *wechatpay_payer.routes(wechat),
                *alipay_bills.routes(alipay_door),
                *alipay_cashier.routes(alipay_door),
                *alipay_people.routes(alipay_door),
                *cashier.routes(network, pages, self._desk, config.public_url, ways_back),
                *console.routes(members),
                *wallet.routes(network, pages, self._desk, config.public_url),
                *rest_reference.routes(pages, reference),
            ],
            exception_handlers={**pages.exception_handlers(), Unavailable: pages.unavailable},
        )
        self._pages = pages.secured(starlette)
        self._misnamed = pages.secured(pages.misnamed)

    async def _deliver(self) -> None:
        """Tell merchants. The doors do not wait until this thread has an HTTP client."""
        run = await asyncio.to_thread(self._deliverer)
        await run()

    def _deliverer(self) -> Callable[[], Awaitable[None]]:
        from changliao.workers.addresses import Guard
        from changliao.workers.faults import Faithful, Faulty
        from changliao.workers.notifications import Deliverer

        config = self.config
        guard = Guard(allow_private=config.private_callbacks)
        carriage = Faulty(self.network) if config.sandbox else Faithful()
        return Deliverer(self.network, self._notifiers, guard, config.retry_scale, carriage).run

    def _work(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        self._workers.append(asyncio.create_task(_restarted(name, run), name=name))


async def _no_name(scope: Scope, receive: Receive, send: Send) -> None:
    await asgi.answer(send, 400, (), b"")


def _alipay_channel(network: Network, config: Config) -> Connector:
    from changliao.workers.addresses import Guard
    from changliao.workers.gateways import Caller

    caller = Caller(Guard(allow_private=config.private_callbacks))
    return AlipayChannel(_account(config), caller, network.clock)


def _account(config: Config) -> alipay_channel.Account:
    """What Alipay gave this network's app. Raises BadConfiguration."""
    try:
        return alipay_channel.account(
            config.alipay_gateway,
            config.alipay_app_id,
            Path(config.alipay_key_file).read_bytes(),
            Path(config.alipay_public_key_file).read_bytes(),
        )
    except (OSError, ValueError) as error:
        said = f"alipay_key_file and alipay_public_key_file must be PEM files: {error}"
        raise BadConfiguration(said) from error


async def _restarted(name: str, run: Callable[[], Awaitable[None]]) -> None:
    """A worker that fails is a bug; the others and the doors go on, and it starts again.

    A database that is gone is no bug, wherever in its work the worker finds out.
    """
    while True:
        try:
            await run()
        except Unavailable as error:
            _log.warning("worker %s: database unavailable: %s", name, error)
        except Exception:  # a worker's last line
            _log.exception("worker %s failed and starts again", name)
        await asyncio.sleep(1)
