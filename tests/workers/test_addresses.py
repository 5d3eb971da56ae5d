"""Which addresses the network calls: never one inside a private network, however it is written."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import aiodns
import pytest
import uvloop

from changliao.workers.addresses import Forbidden, Guard, Target
from tests.served import serve
from tests.workers.receiver import Receiver
from tests.workers.till import Till, opened

PUBLIC = "93.184.215.14"


def checked(url: str, *answers: list[str], allow_private: bool = False, times: int = 1) -> Target:
    """What the guard says, names being resolved to these addresses, one list after the other."""
    coming: Iterator[list[str]] = iter(answers)

    class Resolver:
        async def getaddrinfo(self, name: str, **_: Any) -> Any:
            nodes = [SimpleNamespace(addr=(one.encode(), 0)) for one in next(coming)]
            return SimpleNamespace(nodes=nodes)

        async def close(self) -> None:
            """Nothing was opened."""

    async def check() -> Target:
        guard = Guard(allow_private=allow_private)
        if answers:
            vars(guard)["_resolver"] = Resolver()
        try:
            for _ in range(times - 1):
                await guard.check(url)
            return await guard.check(url)
        finally:
            await guard.close()

    loop = asyncio.SelectorEventLoop()
    try:
        return loop.run_until_complete(check())
    finally:
        loop.close()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "192.0.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1",
        "255.255.255.255", "[::1]", "[::]", "[fe80::1]", "[fc00::1]", "[fec0::1]", "[ff02::1]",
        "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
        "[::127.0.0.1]", "localhost",
    ],
)  # fmt: skip
def test_a_private_address_is_refused_however_it_is_written(host: str) -> None:
    with pytest.raises(Forbidden, match=r"private address|not an address"):
        checked(f"http://{host}/notify")


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1"])
def test_a_number_that_is_no_plain_address_is_called_nowhere(host: str) -> None:
    with pytest.raises((Forbidden, OSError)):
        checked(f"http://{host}/notify", allow_private=True)


def test_a_silent_name_server_keeps_nobody_else_waiting() -> None:
    async def play(silent: str) -> None:
        guard = Guard(allow_private=True)
        vars(guard)["_resolver"] = aiodns.DNSResolver(nameservers=[silent], timeout=30, tries=1)
        waiting = [
            asyncio.create_task(guard.check(f"http://{number}.shop.example/"))
            for number in range(200)
        ]
        await asyncio.sleep(0.1)
        async with asyncio.timeout(20):
            await guard.check("http://127.0.0.1:9/")
        assert not any(task.done() for task in waiting)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await guard.close()

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        uvloop.run(play(f"127.0.0.1:{silent.getsockname()[1]}"))


@pytest.mark.parametrize(
    "url",
    ["ftp://example.com/", "file:///etc/passwd", "http:///x", "http://user:pw@example.com/",
     "http://example.com:0/", "http://example.com:99999/", "http://[::1/", "gopher://x:70/", ""],
)  # fmt: skip
def test_what_is_no_address_to_call_is_refused(url: str) -> None:
    with pytest.raises(Forbidden):
        checked(url, [PUBLIC])


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    with pytest.raises(Forbidden, match=r"10\.0\.0\.5"):
        checked("http://shop.example/", [PUBLIC, "10.0.0.5"])
    with pytest.raises(Forbidden, match="::1"):
        checked("http://shop.example/", [PUBLIC, "::1"])


def test_the_connection_goes_to_the_address_that_was_checked_not_to_the_name() -> None:
    """A name that answers otherwise at the second look (DNS rebinding) is not looked up again."""
    target = checked("https://shop.example:8443/a?b=1", [PUBLIC], ["127.0.0.1"])
    assert urlsplit(target.url).hostname == PUBLIC
    assert (target.host, target.name) == ("shop.example:8443", "shop.example")
    assert target.url.endswith(":8443/a?b=1")


def test_a_name_that_turns_private_is_refused_at_the_next_attempt() -> None:
    with pytest.raises(Forbidden, match=r"127\.0\.0\.1"):
        checked("http://shop.example/", [PUBLIC], ["127.0.0.1"], times=2)


def test_an_operator_may_allow_private_addresses_and_nothing_else() -> None:
    assert checked("http://127.0.0.1:9/x", allow_private=True).url == "http://127.0.0.1:9/x"
    with pytest.raises(Forbidden):
        checked("file:///etc/passwd", allow_private=True)


@pytest.fixture(scope="module")
def careful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Till]:
    """A merchant of a network that calls no private address."""
    data = tmp_path_factory.mktemp("careful") / "data"
    settings = {"private_callbacks": "false", "retry_scale": "1e-9"}
    with serve(data, "changliao.db", **settings) as (served, operator):
        with opened(served, operator) as one:
            yield one
        assert served.audit()["clean"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
def test_a_running_network_tells_nothing_to_its_own_machine(
    careful: Till, receiver: Receiver, host: str
) -> None:
    box = receiver.mailbox()
    box.url = box.url.replace("127.0.0.1", host)
    paid = careful.sell(box)
    event = careful.settled(f"evt_{paid['payment_id'][4:]}", "given_up")
    assert {one["status"] for one in event["deliveries"]} == {0}
    assert all("private address" in one["note"] for one in event["deliveries"])
    assert box.told == []


def test_the_folder_of_a_production_network_allows_none(tmp_path: Path) -> None:
    from changliao.config import load

    assert not load(tmp_path, {}).private_callbacks
