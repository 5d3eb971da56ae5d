"""A client of our REST API for the demo and the benchmarks: one connection, signed requests.

It costs the machine as little as it can, because it shares the machine with the server it drives.
"""

import asyncio
import hmac
import itertools
import secrets
import time
from typing import Any

import msgspec


class RestClient:
    """One kept-alive connection; use it from one task at a time, and `close` it."""

    def __init__(self, host: str, port: int, key: str, secret: str) -> None:
        self._address = (host, port)
        self._key = key
        self._secret = bytes.fromhex(secret)
        self._salt = secrets.token_hex(6)
        self._count = itertools.count()
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def post(self, path: str, fields: object) -> tuple[int, Any]:
        """Status and decoded body."""
        return await self.send(self.signed("POST", path, msgspec.json.encode(fields)))

    async def get(self, path: str) -> tuple[int, Any]:
        """Status and decoded body."""
        return await self.send(self.signed("GET", path, b""))

    def signed(self, method: str, path: str, body: bytes) -> bytes:
        """A whole request, ready to be sent once."""
        timestamp, nonce = str(int(time.time())), f"{self._salt}{next(self._count):x}"
        message = f"{method}\n{path}\n{timestamp}\n{nonce}\n".encode() + body + b"\n"
        signature = hmac.digest(self._secret, message, "sha256").hex()
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {self._address[0]}\r\n"
            f'Authorization: CHANGLIAO-HMAC-SHA256 key="{self._key}",timestamp="{timestamp}",'
            f'nonce="{nonce}",signature="{signature}"\r\nContent-Length: {len(body)}\r\n\r\n'
        )
        return head.encode() + body

    async def send(self, request: bytes, *, decode: bool = True) -> tuple[int, Any]:
        """Send a request as it is and read the answer: JSON, unless it is not to be decoded."""
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(*self._address)
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        body = await self._reader.readexactly(_length(head))
        return status, msgspec.json.decode(body) if body and decode else None

    def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.close()


def ask(
    address: tuple[str, int], key: tuple[str, str], method: str, path: str, fields: object
) -> tuple[int, Any]:
    """One request on a connection of its own, outside a loop: status and decoded body."""

    async def asked() -> tuple[int, Any]:
        client = RestClient(*address, *key)
        try:
            return await (client.get(path) if method == "GET" else client.post(path, fields))
        finally:
            client.close()

    return asyncio.run(asked())


def _length(head: bytes) -> int:
    lower = head.lower()
    place = lower.find(b"content-length:")
    if place < 0:
        return 0
    return int(lower[place + 15 : lower.index(b"\r\n", place)])
