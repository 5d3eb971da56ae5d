"""An HTTP proxy for a few host names: what is meant for them goes to this network.

`CONNECT host:443` is answered, TLS is ended here with a certificate of the sandbox's own
authority, and the bytes inside go to the network as they came: signatures cover the path, not the
host. Clients that send whole addresses to a proxy instead (`POST https://host/path`, as axios does)
are understood too. Every other host is refused: this is no open proxy.
Source: RFC 9110 §9.3.6, RFC 9112 §3.2.2.
"""

import asyncio
import logging
import re
import ssl
from asyncio import StreamReader, StreamWriter
from contextlib import suppress
from typing import Final
from urllib.parse import SplitResult, urlsplit

HOSTS: Final = (
    "api.mch.weixin.qq.com",
    "api2.mch.weixin.qq.com",
    "api.wechatpay.cn",
    "api2.wechatpay.cn",
    "openapi.alipay.com",
    "openapi.alipaydev.com",
    "openapi-sandbox.dl.alipaydev.com",
)
_PORTS: Final = (80, 443)
_MOST_HEAD: Final = 65_536
_HEAD_WITHIN_S: Final = 10.0
_CONNECT_WITHIN_S: Final = 10.0
_PIECE: Final = 65_536
_REQUEST: Final = re.compile(rb"([A-Z]+) (\S+) HTTP/1\.[01]\r\n")
_HOP: Final = re.compile(rb"\r\n(?:proxy-[a-z-]+|connection):[^\r]*", re.IGNORECASE)
_log = logging.getLogger("changliao.proxy")


class Refused(Exception):
    """What the caller is told; the message is the answer's body."""

    def __init__(self, status: bytes, message: str) -> None:
        super().__init__(message)
        self.status = status


class Proxy:
    """`network_url` is where the network listens; `tls` ends connections to the known hosts."""

    def __init__(self, network_url: str, tls: ssl.SSLContext) -> None:
        parts = urlsplit(network_url)
        secure = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if secure else 80)
        self._secure = secure
        self._tls = tls

    async def serve(self, host: str, port: int) -> asyncio.Server:
        """Begin to listen."""
        return await asyncio.start_server(self._answer, host, port, limit=_MOST_HEAD)

    async def _answer(self, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            await self._carry(reader, writer)
        except Refused as refused:
            body = str(refused).encode()
            writer.write(
                b"HTTP/1.1 %b\r\nContent-Type: text/plain; charset=utf-8\r\n"
                b"Content-Length: %d\r\nConnection: close\r\n\r\n%b"
                % (refused.status, len(body), body)
            )
        except asyncio.CancelledError:
            _log.info("a connection was open when the proxy ended")
        except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
            _log.info("a connection ended early: %s: %s", type(error).__name__, error)
        finally:
            with suppress(OSError):
                writer.close()
                await writer.wait_closed()

    async def _carry(self, reader: StreamReader, writer: StreamWriter) -> None:
        async with asyncio.timeout(_HEAD_WITHIN_S):
            head = await _head(reader)
        asked = _REQUEST.match(head)
        if asked is None:
            raise Refused(b"400 Bad Request", "not an HTTP/1.1 request\n")
        method, target = asked[1], asked[2].decode("latin-1")
        if method == b"CONNECT":
            _known(f"//{target}")
            near = await self._connected()
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await writer.start_tls(self._tls)
            await _joined(reader, writer, *near)
            return
        parts = _known(target)
        near = await self._connected()
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        line = b"%b %b HTTP/1.1" % (method, path.encode("latin-1"))
        rest = _HOP.sub(b"", head[asked.end() - 2 :])
        near[1].write(line + rest.removesuffix(b"\r\n") + b"Connection: close\r\n\r\n")
        await _joined(reader, writer, *near)

    async def _connected(self) -> tuple[StreamReader, StreamWriter]:
        try:
            async with asyncio.timeout(_CONNECT_WITHIN_S):
                context = ssl.create_default_context() if self._secure else None
                return await asyncio.open_connection(self._host, self._port, ssl=context)
        except (OSError, TimeoutError) as error:
            said = f"the network at {self._host}:{self._port} does not answer: is it served?\n"
            raise Refused(b"502 Bad Gateway", said) from error


async def _head(reader: StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError as error:
        raise Refused(b"431 Request Header Fields Too Large", "the head is too long\n") from error


def _known(address: str) -> SplitResult:
    """The parts of an address at a known host. Raises Refused."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise Refused(b"400 Bad Request", "not an address\n") from error
    if parts.hostname not in HOSTS or port not in (None, *_PORTS):
        said = f"only for {', '.join(HOSTS)}: this is no open proxy\n"
        raise Refused(b"403 Forbidden", said)
    return parts


async def _joined(
    reader: StreamReader, writer: StreamWriter, near: StreamReader, far: StreamWriter
) -> None:
    """Carry bytes both ways until one side has nothing more to say."""
    ways = [
        asyncio.create_task(_copied(reader, far)),
        asyncio.create_task(_copied(near, writer)),
    ]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        if not ways[1].done() and not far.is_closing():
            # The caller said all; the answer may still come.
            await asyncio.wait(ways[1:], timeout=_HEAD_WITHIN_S)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        far.close()


async def _copied(source: StreamReader, sink: StreamWriter) -> None:
    with suppress(OSError):
        while piece := await source.read(_PIECE):
            sink.write(piece)
            await sink.drain()
