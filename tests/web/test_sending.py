"""An answer is one piece on the wire, and nothing waits that is expected at once."""

import socket

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
