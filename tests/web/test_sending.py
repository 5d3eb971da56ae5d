"""An answer is one piece on the wire, and nothing waits that is expected at once."""

import asyncio
import socket
from typing import Any

import uvicorn

from changliao.web import asgi
from changliao.web.sending import OnePiece
from tests.served import Rest, Served

Sandbox = tuple[Served, Rest]


def talk(served: Served, *pieces: bytes) -> list[bytes]:
    """What comes back after each piece, as the kernel hands it over."""
    with socket.create_connection(("127.0.0.1", served.port), 20) as connection:
        answers = []
        for piece in pieces:
            connection.sendall(piece)
            answers.append(connection.recv(65_536))
        return answers


def test_head_and_body_come_together(sandbox: Sandbox) -> None:
    asked = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    for answer in talk(sandbox[0], asked, asked):
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert answer.endswith(b"\r\n\r\nok\n")


def test_a_head_without_a_body_comes_too(sandbox: Sandbox) -> None:
    (answer,) = talk(sandbox[0], b"HEAD /gateway.do HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 405 ")


def test_whoever_waits_for_leave_to_send_gets_it(sandbox: Sandbox) -> None:
    head = (
        b"POST /gateway.do HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"
    )
    leave, answer = talk(sandbox[0], head, b"x")
    assert leave == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert b"isv.missing-method" in answer


def test_what_is_no_http_is_refused_and_hung_up_on(sandbox: Sandbox) -> None:
    (answer,) = talk(sandbox[0], b"nonsense\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")


class Impatient(OnePiece):
    """The same with a limit that a test can wait for."""

    arrives_within_s = 0.3


HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n"
LATE = b"HTTP/1.1 408 "


async def answers_to(*pieces: bytes, pause_s: float = 0.1) -> bytes:
    """All that comes back until the other side hangs up, or has answered `GET /end`."""
    told: list[str] = []

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        try:
            body = await asgi.read_body(receive, 10)
        except asgi.Disconnected:
            told.append("gone")
            return
        if scope["path"] == "/slow":
            await asyncio.sleep(0.7)
        await asgi.answer(send, 200, (), scope["path"].encode() + body)

    config = uvicorn.Config(
        serve, http=Impatient, interface="asgi3", lifespan="off", log_level="error"
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        running = asyncio.create_task(server.serve([listener]))
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(pause_s)
        answer = b""
        while not answer.endswith(b"/end"):
            piece = await asyncio.wait_for(reader.read(65_536), 20)
            answer += piece
            if not piece:
                break
        writer.close()
        server.should_exit = True
        await running
    return answer + b"".join(one.encode() for one in told)


def heard(*pieces: bytes, pause_s: float = 0.1) -> bytes:
    return asyncio.run(answers_to(*pieces, pause_s=pause_s))


def test_a_head_or_body_that_does_not_arrive_is_answered_408_and_hung_up_on() -> None:
    assert heard().startswith(LATE)
    assert heard(b"POST / HTTP/1.1\r\nHo").startswith(LATE)
    drops = [HEAD[place : place + 4] for place in range(0, 12, 4)]
    assert heard(*drops).startswith(LATE)
    assert heard(HEAD).endswith(b"gone")
    assert heard(HEAD, b"a").startswith(LATE)
    first = HEAD + b"ok"
    assert LATE in heard(first, HEAD)
    assert heard(first, b"\r\n", pause_s=0.2).count(b"HTTP/1.1") == 2


def test_who_is_in_time_and_who_waits_for_an_answer_are_not_hurried() -> None:
    assert heard(HEAD, b"o", b"k", b"GET /end HTTP/1.1\r\n\r\n", pause_s=0.05).endswith(b"/end")
    slow = b"GET /slow HTTP/1.1\r\n\r\n"
    assert b"408" not in heard(slow, b"GET /end HTTP/1.1\r\n\r\n")
    idle = heard(b"GET / HTTP/1.1\r\n\r\n", b"", b"GET /end HTTP/1.1\r\n\r\n", pause_s=0.7)
    assert b"408" not in idle
