"""A merchant's receiver of notifications: a real server that behaves as badly as it is told."""

import base64
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec

from tests.waiting import LONGEST_S

CLEANUP_S = 30


class Told(msgspec.Struct):
    """One request as it came; `headers` keep the case they were sent in."""

    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def fields(self) -> Any:
        return msgspec.json.decode(self.body)


Answer = Callable[["Handler"], None]


class Mailbox:
    """One address. The first answers are as told, then every one is `then`."""

    def __init__(self, url: str, answers: tuple[Answer, ...], then: Answer) -> None:
        self.url = url
        self.told: list[Told] = []
        self.then = then
        self._answers = list(answers)
        self._arrived = threading.Condition()

    def take(self, told: Told) -> Answer:
        """Keep a request; how it is to be answered."""
        with self._arrived:
            self.told.append(told)
            self._arrived.notify_all()
            return self._answers.pop(0) if self._answers else self.then

    def wait(self, count: int = 1, within_s: float = LONGEST_S) -> list[Told]:
        """What was told, once it is that many."""
        with self._arrived:
            came = self._arrived.wait_for(lambda: len(self.told) >= count, within_s)
            assert came, f"{len(self.told)} of {count} came to {self.url} in {within_s} s"
            return list(self.told)


class Receiver:
    """The server with all its mailboxes."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.released = threading.Event()
        self.mailboxes: dict[str, Mailbox] = {}
        self.base_url = f"http://127.0.0.1:{server.server_address[1]}"

    def mailbox(self, *answers: Answer, then: Answer | None = None) -> Mailbox:
        """A new address."""
        path = f"/told/{len(self.mailboxes)}"
        box = Mailbox(self.base_url + path, answers, then or status(204))
        self.mailboxes[path] = box
        return box


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    receiver: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        box = self.receiver.mailboxes[self.path]
        box.take(Told(dict(self.headers.items()), body, time.monotonic()))(self)

    def do_GET(self) -> None:
        raise AssertionError("a notification is posted, never fetched")

    def log_message(self, format: str, *args: Any) -> None:
        """The tests look at what came instead."""

    def hang_up(self) -> None:
        """Close without another word."""
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


class Server(ThreadingHTTPServer):
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Callers that were killed or lost patience have hung up."""


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver on a port of its own."""
    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver = Receiver(server)
    server.RequestHandlerClass = type("Bound", (Handler,), {"receiver": receiver})
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield receiver
    finally:
        receiver.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


def status(code: int, content: bytes = b"", **headers: str) -> Answer:
    """A well-formed answer; underscores in the names of headers are hyphens."""

    def say(handler: Handler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        if code != 204:
            handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        if code != 204:
            handler.wfile.write(content)

    return say


def garbage(handler: Handler) -> None:
    """Bytes that are no HTTP."""
    handler.wfile.write(b"\x00\xff not http at all\r\n\r\n")
    handler.hang_up()


def close(handler: Handler) -> None:
    """Not a byte."""
    handler.hang_up()


def hang(handler: Handler) -> None:
    """Say nothing while the caller waits."""
    handler.receiver.released.wait(CLEANUP_S)
    handler.hang_up()


def drip(handler: Handler) -> None:
    """A good answer that never ends: a byte now and then keeps every read alive."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while not handler.receiver.released.wait(0.5):
        handler.wfile.write(b".")


def unbase64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
