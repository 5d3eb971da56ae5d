"""The sandbox inside a test run: the whole network in a thread, on a free port, gone at the end.

It is the program itself: the same doors, workers and books, on an embedded file in a temporary
folder. Isolation: one network for all tests, a fresh merchant for each (docs/decisions/0024). The
fixtures for pytest are in `changliao.pytest_plugin`; nothing here needs pytest.
"""

import asyncio
import hashlib
import hmac
import secrets
import socket
import tempfile
import threading
import time
from collections.abc import Coroutine, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx
import msgspec
import uvicorn
from msgspec import Struct
from msgspec.structs import replace

from changliao.app import Parts
from changliao.commands.settings import merchant_settings
from changliao.config import Config
from changliao.core.clock import Instant
from changliao.core.sandbox import Act
from changliao.doors.wechatpay import crypto
from changliao.operations import certificates, onboarding, payers
from changliao.operations.certificates import Pair
from changliao.operations.clock import MovableClock
from changliao.operations.network import Network
from changliao.operations.onboarding import NewMerchant
from changliao.operations.vault import Vault
from changliao.store.engines import open_engine
from changliao.store.views import orders
from changliao.store.views.orders import Placed

R = TypeVar("R")
WAIT_S: Final = 30.0
_START_WITHIN_S: Final = 60.0
_RETRY_SCALE: Final = 0.01


class Notification(Struct, frozen=True):
    """One notification as it came: hand headers and body to the SDK under test."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def fields(self) -> Any:
        """The body's JSON."""
        return msgspec.json.decode(self.body)


class Mailbox:
    """An address that takes every notification and answers 204. `url` is where it listens."""

    def __init__(self) -> None:
        self._told: list[Notification] = []
        self._arrived = threading.Condition()
        mailbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                mailbox.take(Notification(dict(self.headers.items()), body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """What came is looked at instead."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/notify"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def take(self, notification: Notification) -> None:
        """Keep one."""
        with self._arrived:
            self._told.append(notification)
            self._arrived.notify_all()

    def wait(self, count: int = 1, within_s: float = WAIT_S) -> list[Notification]:
        """Everything that came, once it is so many. Raises TimeoutError."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self._told) >= count, within_s):
                raise TimeoutError(f"{len(self._told)} of {count} notifications in {within_s} s")
            return list(self._told)

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()


class Merchant:
    """A merchant of its own. `settings` is what its SDK needs, as `sandbox merchant` prints it."""

    def __init__(self, sandbox: "Sandbox", settings: dict[str, str], merchant_id: int) -> None:
        self.settings = settings
        self.mailbox = Mailbox()
        self._sandbox = sandbox
        self._id = merchant_id
        # Reading every authority's certificate would take longer than all that is asked.
        secure = sandbox.url.startswith("https:")
        self._http = httpx.Client(
            base_url=sandbox.url, trust_env=False, verify=secure, timeout=WAIT_S
        )

    @property
    def notify_url(self) -> str:
        """Give it to orders; `notifications` then waits for what comes."""
        return self.mailbox.url

    def order(self, amount: int = 100, reference: str = "", **fields: Any) -> Any:
        """Place an order over REST, in fen; the shop's own SDK does it as well."""
        given = {
            "reference": reference or f"T{time.time_ns()}",
            "title": "test",
            "amount": amount,
            "notify_url": self.notify_url,
        }
        return self.call("POST", "/api/v1/orders", **(given | fields))

    def pay(self, order: Any, act: str = "pay") -> dict[str, str]:
        """Let a simulated payer pay, or do another act, and say what came of it.

        `order` is a code_url, prepay_id, h5_url or pay_url, the shop's own number, or what
        `order()` answered.
        """
        return self._sandbox.run(self._act(order, Act(act)))

    def refund(self, order: Any, amount: int, **fields: Any) -> Any:
        """Refund a part or all of an order of `order()`, or of this number."""
        order_id = order["id"] if isinstance(order, Mapping) else self.find(order)["id"]
        given = {
            "reference": f"R{time.time_ns()}", "amount": amount, "notify_url": self.notify_url,
        }  # fmt: skip
        return self.call("POST", f"/api/v1/orders/{order_id}/refunds", **(given | fields))

    def find(self, reference: str) -> Any:
        """The order with this number as the REST API shows it."""
        return self.call("GET", f"/api/v1/orders?reference={reference}")["data"][0]

    def notifications(self, count: int = 1, within_s: float = WAIT_S) -> list[Notification]:
        """Everything this merchant was told, once it is so many."""
        return self.mailbox.wait(count, within_s)

    def opened(self, notification: Notification) -> Any:
        """What a WeChat Pay notification says, decrypted with the APIv3 key."""
        sealed = notification.fields["resource"]
        plain = crypto.unseal(
            self.settings["api_v3_key"],
            sealed["nonce"],
            sealed["ciphertext"],
            sealed["associated_data"],
        )
        return msgspec.json.decode(plain or b"null")

    def call(self, method: str, path: str, **fields: Any) -> Any:
        """One signed call of the REST API. Raises AssertionError with its answer when refused."""
        body = msgspec.json.encode(fields) if method == "POST" else b""
        stamp, nonce = str(int(time.time())), secrets.token_hex(8)
        text = f"{method}\n{path}\n{stamp}\n{nonce}\n".encode() + body + b"\n"
        key = bytes.fromhex(self.settings["rest_secret"])
        parts = (
            f'key="{self.settings["rest_key"]}",timestamp="{stamp}",nonce="{nonce}",'
            f'signature="{hmac.new(key, text, hashlib.sha256).hexdigest()}"'
        )
        headers = {"Authorization": f"CHANGLIAO-HMAC-SHA256 {parts}"}
        answer = self._http.request(method, path, content=body, headers=headers)
        if answer.is_error:
            raise AssertionError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()

    def close(self) -> None:
        """Hang up; the merchant stays in the network."""
        self._http.close()
        self.mailbox.close()

    async def _act(self, order: Any, act: Act) -> dict[str, str]:
        text = order["pay_url"] if isinstance(order, Mapping) else str(order)
        network = self._sandbox.network
        found: tuple[Placed, int] | None = await payers.find_by_code(network, text)
        if found is None:
            placed = await network.read(orders.order_by_reference, self._id, 0, text)
            found = (placed, 0) if placed else None
        if found is None:
            raise LookupError(f"there is no order {text}")
        return payers.describe(await payers.perform(network, found[0].order, act, found[1]))


class Sandbox:
    """A running network. `start` it, use it from any thread, `close` it."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="changliao-")
        self._listening = socket.socket()
        self._listening.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._pool = ThreadPoolExecutor(1)
        # RSA keys take longest to make: the merchants' is made beside the network's own, and
        # shared by all merchants of the session, whose serials and secrets differ all the same.
        self._pair: Future[Pair] = self._pool.submit(certificates.new_pair, "test", _now())
        self.network = self._made()
        config = Config(
            public_url=self.url, sandbox=True, private_callbacks=True, retry_scale=_RETRY_SCALE
        )
        self._config = config
        self._parts = Parts(self.network, config)
        self._server = uvicorn.Server(
            uvicorn.Config(
                self._parts.serve, interface="asgi3", lifespan="off", log_level="warning",
                access_log=False, server_header=False, date_header=False,
            )
        )  # fmt: skip
        self._serving: Future[None] | None = None

    def start(self) -> "Sandbox":
        """Returns when it answers."""
        self._thread.start()
        self.run(self._parts.start(doors=True, workers=True))
        serving = self._server.serve([self._listening])
        self._serving = asyncio.run_coroutine_threadsafe(serving, self._loop)
        deadline = time.monotonic() + _START_WITHIN_S
        while not self._server.started:
            if self._serving.done() or time.monotonic() > deadline:
                raise RuntimeError("the sandbox did not start")
            time.sleep(0.002)
        return self

    def merchant(
        self, name: str = "Test shop", number: str = "", appid: str = "", api_key: str = ""
    ) -> Merchant:
        """A fresh merchant; what is left empty is made."""
        return self.run(self._taken_on(NewMerchant(name, number, appid, api_key)))

    def run(self, work: Coroutine[Any, Any, R]) -> R:
        """Something of the network's own, from another thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_START_WITHIN_S)

    def close(self) -> None:
        """Finish what was accepted and leave nothing behind."""
        self._server.should_exit = True
        if self._serving is not None:
            self._serving.result(_START_WITHIN_S)
        self.run(self._parts.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._listening.close()
        self._pool.shutdown()
        self._folder.cleanup()

    def _made(self) -> Network:
        engine = open_engine(str(Path(self._folder.name) / "changliao.db"))
        engine.migrate()
        vault = Vault(secrets.token_bytes(32))
        return Network(engine, MovableClock(_now), vault, engine.claim_node(0))

    async def _taken_on(self, asked: NewMerchant) -> Merchant:
        pair = await asyncio.wrap_future(self._pair)
        asked = replace(asked, public_key=pair.certificate.decode())
        taken_on = await onboarding.take_on(self.network, asked)
        settings = await merchant_settings(self.network, self._config, taken_on)
        settings["private_key"] = pair.private_key.decode()
        settings["certificate"] = pair.certificate.decode()
        return Merchant(self, settings, taken_on.merchant.id)


def _now() -> Instant:
    return Instant(time.time_ns() // 1000)
