"""The real process over a real socket, and callers that sign as any client would.

The signing here is written from the documents, not with the product's own code, so that both would
have to be wrong in the same way.
"""

import base64
import hashlib
import hmac
import itertools
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

import httpx
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from changliao.commands.root import main

_COMMANDS = Lock()
# Below the ports that connections are given, above those that browsers refuse to open.
_LOWEST, _PORTS = 12_000, 20_000
_PORT = itertools.count(os.getpid() * 397)
CHANGLIAO = str(Path(sys.executable).with_name("changliao"))
START_WITHIN_S = 120
STOP_WITHIN_S = 60
DAY_S = 86_400
_LAST_LINES = 40
RUNNING: "list[Served]" = []


def command(*arguments: str, data: Path, **environment: str) -> Any:
    """What one of our commands prints as JSON.

    Called here, on a thread of its own since some bring a loop: a process spends ten times as long
    on imports. What a process makes of a command is for the tests of commands.
    """
    words = [*arguments, "--data", str(data), "--json"]
    done = typed(*words, **environment)
    if done.exit_code != 0:
        raise subprocess.CalledProcessError(done.exit_code, words, done.stdout, done.stderr)
    return json.loads(done.stdout)


def typed(*words: str, **environment: str) -> Result:
    """What comes of a command line of ours, called here in the same way."""
    with ThreadPoolExecutor(1) as own, _COMMANDS:
        asked = partial(CliRunner().invoke, main, words, env=environment, catch_exceptions=False)
        return own.submit(asked).result()


@contextmanager
def started(words: list[str], **options: Any) -> Iterator["subprocess.Popen[str]"]:
    """A process to talk with; one that a failed test leaves behind is killed, never waited for."""
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, **options) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def proxied(served: "Served") -> Iterator[dict[str, str]]:
    """What `changliao sandbox proxy` prints, while it runs before this network."""
    words = [CHANGLIAO, "sandbox", "proxy", "--port", "0", "--json", "--data", str(served.data)]
    with started(words, env={**os.environ, **served.environment}) as process:
        assert process.stdout
        yield json.loads(process.stdout.readline())
        process.terminate()
        assert process.wait(STOP_WITHIN_S) == 0


class Served:
    """A network that is being served. `log` is everything it wrote."""

    def __init__(
        self, data: Path, environment: dict[str, str], port: int, operator: "Rest"
    ) -> None:
        self.data = data
        self.operator = operator
        self.environment = environment
        self.port = port
        self.base_url = f"http://127.0.0.1:{port}"
        self.log_path = data / f"log-{port}"
        self.process = self._start()
        RUNNING.append(self)

    def _start(self) -> "subprocess.Popen[bytes]":
        arguments = [CHANGLIAO, "serve", "--data", str(self.data), "--port", str(self.port)]
        with self.log_path.open("ab") as log:
            process = subprocess.Popen(
                arguments, stdout=log, stderr=log, env={**os.environ, **self.environment}
            )
        deadline = time.monotonic() + START_WITHIN_S
        while True:
            try:
                # Without `verify` every attempt would read every authority's certificate.
                httpx.get(f"{self.base_url}/healthz", trust_env=False, verify=False, timeout=30)
            except httpx.TransportError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(self.log()) from None
                time.sleep(0.05)
            else:
                return process

    def log(self) -> str:
        """What the process printed and logged."""
        return self.log_path.read_text("utf-8")

    def last_words(self) -> str:
        """The end of that, for whoever has to find out why a test failed."""
        return "\n".join(self.log().splitlines()[-_LAST_LINES:])

    def kill(self) -> None:
        """As a power cut would: nothing is flushed, nobody is asked."""
        self.process.kill()
        self.process.wait()

    def restart(self) -> None:
        """Begin again on the same data."""
        if self not in RUNNING:
            RUNNING.append(self)
        self.process = self._start()

    def stop(self) -> None:
        """Politely."""
        if self in RUNNING:
            RUNNING.remove(self)
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(STOP_WITHIN_S)

    def beside(self) -> "Served":
        """One more process on the same data."""
        return Served(self.data, self.environment, free_port(), self.operator)

    def command(self, *arguments: str) -> Any:
        """One of our commands on this network, as JSON."""
        return command(*arguments, data=self.data, **self.environment)

    def audit(self) -> Any:
        """The report of `changliao audit`, which must be clean."""
        return self.command("audit")


@contextmanager
def serve(data: Path, database: str, **settings: str) -> Iterator[tuple[Served, "Rest"]]:
    """Initialise and serve; with the operator's client."""
    port = free_port()
    environment = {
        "CHANGLIAO_DATABASE": database,
        "CHANGLIAO_PUBLIC_URL": f"http://127.0.0.1:{port}",
        **{f"CHANGLIAO_{name.upper()}": value for name, value in settings.items()},
    }
    made = command("init", "--sandbox", data=data, **environment)
    base_url = environment["CHANGLIAO_PUBLIC_URL"]
    operator = Rest(base_url, made["operator_key"], made["operator_secret"])
    served = Served(data, environment, port, operator)
    try:
        yield served, operator
    finally:
        operator.http.close()
        served.stop()


def free_port() -> int:
    """A port nobody listens on, nor is given before it is used: each process begins elsewhere."""
    for number in itertools.islice(_PORT, _PORTS):
        port = _LOWEST + number % _PORTS
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
    raise AssertionError("every port is in use")


class Rest:
    """A caller of the REST API with an HMAC key (docs/doors/rest.md)."""

    def __init__(self, base_url: str, key: str, secret: str) -> None:
        self.key = key
        self.secret = secret
        self.http = httpx.Client(base_url=base_url, trust_env=False, verify=False, timeout=30)

    def signed(self, method: str, path: str, body: bytes = b"", **changes: str) -> httpx.Request:
        """A request ready to be sent; `changes` are parts of the header."""
        parts = {"key": self.key, "timestamp": str(int(time.time())), "nonce": secrets.token_hex(8)}
        parts |= changes
        text = f"{method}\n{path}\n{parts['timestamp']}\n{parts['nonce']}\n".encode() + body + b"\n"
        digest = hmac.new(bytes.fromhex(self.secret), text, hashlib.sha256)
        parts = {**parts, "signature": changes.get("signature", digest.hexdigest())}
        header = ",".join(f'{name}="{value}"' for name, value in parts.items())
        headers = {"Authorization": f"CHANGLIAO-HMAC-SHA256 {header}"}
        return self.http.build_request(method, path, content=body, headers=headers)

    def post(self, path: str, **fields: Any) -> httpx.Response:
        return self.http.send(self.signed("POST", path, json.dumps(fields).encode()))

    def get(self, path: str) -> httpx.Response:
        return self.http.send(self.signed("GET", path))

    def made(self, path: str, **fields: Any) -> Any:
        """What a successful POST made."""
        answer = self.post(path, **fields)
        assert answer.status_code == 201, answer.text
        return answer.json()


def later(operator: Rest, seconds: int = 3) -> None:
    """The sandbox's clock goes on: what was agreed for two seconds from now holds at once."""
    path = "/api/v1/sandbox/clock"
    ahead_s = operator.get(path).json()["ahead_s"] + seconds
    moved = operator.post(path, ahead_s=ahead_s)
    assert moved.status_code == 200, moved.text


def until_noon_s() -> int:
    """How far tomorrow's noon in Beijing is: on both sides of it a day has hours left."""
    today_s = (int(time.time()) + 8 * 3_600) % DAY_S
    return DAY_S + DAY_S // 2 - today_s


class Shop:
    """A WeChat Pay merchant that signs by hand; `sandbox merchant --json` prints its fields."""

    def __init__(self, fields: dict[str, str]) -> None:
        self.fields = fields
        self.mchid = fields["mchid"]
        self.appid = fields["appid"]
        self.http = httpx.Client(
            base_url=fields["base_url"], trust_env=False, verify=False, timeout=30
        )
        pem = fields["private_key"].encode()
        key = load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)
        assert isinstance(key, RSAPrivateKey)
        self.private_key = key
        platform = load_pem_public_key(fields["wechatpay_public_key"].encode())
        assert isinstance(platform, RSAPublicKey)
        self.platform_key = platform

    def __enter__(self) -> "Shop":
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def sign(self, text: bytes) -> str:
        return base64.b64encode(self.private_key.sign(text, PKCS1v15(), hashes.SHA256())).decode()

    def signed(self, method: str, target: str, body: bytes = b"", **changes: str) -> httpx.Request:
        """A request ready to be sent; `changes` are parts of the header or other headers."""
        parts = {
            "mchid": self.mchid,
            "nonce_str": secrets.token_hex(16).upper(),
            "timestamp": str(int(time.time())),
            "serial_no": self.fields["certificate_serial"],
        }
        parts |= {name: value for name, value in changes.items() if name in parts}
        lines = f"{method}\n{target}\n{parts['timestamp']}\n{parts['nonce_str']}\n"
        parts["signature"] = changes.get("signature") or self.sign(lines.encode() + body + b"\n")
        header = ",".join(f'{name}="{value}"' for name, value in parts.items())
        headers = {"Authorization": f"WECHATPAY2-SHA256-RSA2048 {header}"}
        if "serial" in changes:
            headers["Wechatpay-Serial"] = changes["serial"]
        return self.http.build_request(method, target, content=body, headers=headers)

    def post(self, target: str, **fields: Any) -> httpx.Response:
        body = json.dumps(fields, ensure_ascii=False).encode()
        return self.http.send(self.signed("POST", target, body))

    def get(self, target: str, **changes: str) -> httpx.Response:
        return self.http.send(self.signed("GET", target, b"", **changes))

    def order(self, **changes: Any) -> dict[str, Any]:
        """The body of an order; `changes` are members of it, None takes one away."""
        fields = {
            "mchid": self.mchid,
            "appid": self.appid,
            "description": "越野跑鞋 42 码",
            "out_trade_no": f"T{time.time_ns()}",
            "notify_url": "http://127.0.0.1:9/notify",
            "amount": {"total": 1000, "currency": "CNY"},
        } | changes
        return {name: value for name, value in fields.items() if value is not None}

    def place(self, scene: str = "native", **changes: Any) -> tuple[str, dict[str, Any]]:
        """An order's number and what the payer needs."""
        body = self.order(**changes)
        answer = self.post(f"/v3/pay/transactions/{scene}", **body)
        assert answer.status_code == 200, answer.text
        return body["out_trade_no"], answer.json()

    def verifies(self, answer: httpx.Response) -> bool:
        """Is the answer signed with the platform's key?"""
        text = f"{answer.headers['Wechatpay-Timestamp']}\n{answer.headers['Wechatpay-Nonce']}\n"
        signature = base64.b64decode(answer.headers["Wechatpay-Signature"])
        message = text.encode() + answer.content + b"\n"
        self.platform_key.verify(signature, message, PKCS1v15(), hashes.SHA256())
        return True


def merchant(served: Served, name: str = "Shop", **terms: Any) -> Shop:
    """A merchant with a pair of its own, as the operator takes one on."""
    return Shop(served.operator.made("/api/v1/merchants", name=name, **terms))
