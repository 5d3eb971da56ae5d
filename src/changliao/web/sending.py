"""Answers leave in one piece, and requests arrive within a limit.

Uvicorn writes an answer's head and its body apart, and each write is a call into the kernel: a
fifth of what a signed answer costs. Here a head waits for its body, and for the end of this turn of
the loop at the latest.

Whoever begins a request and does not end it holds a connection for ever: after ARRIVES_WITHIN_S it
is answered 408 and hung up on. A connection has one timer, so a request costs a look at the clock.
"""

import asyncio
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

ARRIVES_WITHIN_S: Final = 60.0
_HEAD: Final = b"HTTP/1.1 "
_LATE: Final = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class Gathering:
    """A transport that writes a head together with what follows it."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._head = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Now, with the head that waits; a head waits itself."""
        if self._head:
            data, self._head = self._head + data, b""
        elif data.startswith(_HEAD):
            self._head = data
            self._loop.call_soon(self._flush)
            return
        self._transport.write(data)

    def close(self) -> None:
        """Once everything is written."""
        self._flush()
        self._transport.close()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Somebody else writes from now on, to the transport itself."""
        self._flush()
        self._transport.set_protocol(protocol)

    def _flush(self) -> None:
        if self._head and not self._transport.is_closing():
            self._transport.write(self._head)
        self._head = b""


class OnePiece(HttpToolsProtocol):
    """Uvicorn's protocol, writing through a Gathering transport, that does not wait for ever."""

    arrives_within_s = ARRIVES_WITHIN_S

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(cast("asyncio.Transport", Gathering(transport)))
        self._since: float | None = self.loop.time()
        self._timer = self.loop.call_later(self.arrives_within_s, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        self._timer.cancel()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._since = self.loop.time()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._since = None

    def _look(self) -> None:
        """Hang up on who is late, or look again when it would be."""
        now, done = self.loop.time(), self.cycle is None or self.cycle.response_complete
        idle = done and self.timeout_keep_alive_task is not None
        ours = self.flow.read_paused
        if self._since is None:
            # Line ends between requests end the wait for the next one and begin none.
            self._since = None if idle or not done else now
        elif ours:
            self._since = now
        elif now - self._since >= self.arrives_within_s:
            self._hang_up()
            return
        due = now if self._since is None else self._since
        self._timer = self.loop.call_at(due + self.arrives_within_s, self._look)

    def _hang_up(self) -> None:
        """A request of which an answer has begun gets no second one."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete or not cycle.response_started:
            self.transport.write(_LATE)
        self.transport.close()
