"""A shop shows an order's code inside its own page; nobody else can, and nothing more is shown."""

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from playwright.sync_api import Browser

from tests.e2e.looks import is_well_made
from tests.e2e.members import log_in, member
from tests.e2e.site import Site, open_page, pay, person, place, signed

ANCESTORS = re.compile(r"frame-ancestors ([^;]+)")


class _Shop(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """A page with a frame of whatever it is asked for."""
        body = f"<!doctype html><title>x</title><iframe src='{self.path[2:]}'></iframe>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        """What it hears of a payment."""
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def shops() -> Iterator[list[str]]:
    """Two origins with pages of their own."""
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), _Shop) for _ in range(2)]
    threads = [threading.Thread(target=one.serve_forever) for one in servers]
    for thread in threads:
        thread.start()
    yield [f"http://127.0.0.1:{one.server_port}" for one in servers]
    for one, thread in zip(servers, threads, strict=True):
        one.shutdown()
        thread.join()
        one.server_close()


def test_the_shops_page_shows_the_code_live_and_another_site_shows_nothing(
    site: Site, chromium: Browser, shops: list[str]
) -> None:
    own, other = shops
    order, payer = place(site, notify_url=f"{own}/paid"), person(site)
    page = open_page(chromium, [], 1280)
    embedded, whole = f"{site.base}/c/{order.token}/embed", f"{site.base}/c/{order.token}"
    for shop, address in ((other, embedded), (own, whole), (other, whole)):
        page.goto(f"{shop}/?{address}")
        assert page.frames[1].locator("main").count() == 0, "the browser refuses it"
    page.goto(f"{own}/?{embedded}")
    frame = page.frame_locator("iframe")
    frame.locator("svg.qr").wait_for()
    assert frame.locator("form, a, input, button").count() == 0
    pay(site, order, payer)
    frame.locator("[data-state=paid]").wait_for()
    assert frame.locator("svg.qr").count() == 0
    assert "已付清" in frame.locator("main").inner_text()
    page.context.close()


def test_a_site_that_the_shop_registered_shows_the_code(
    site: Site, chromium: Browser, shops: list[str]
) -> None:
    hears, sells = shops
    order = place(site, notify_url=f"{hears}/paid")
    path = f"/api/v1/merchants/{site.shop_number}/frame-origins"
    signed(site.base, site.shop, path, {"origin": sells})
    page = open_page(chromium, [], 1280)
    for shop in shops:
        page.goto(f"{shop}/?{site.base}/c/{order.token}/embed")
        page.frame_locator("iframe").locator("svg.qr").wait_for()
    log_in(page, site.base, member(site, "developer", site.shop_number))
    page.wait_for_url("**/portal/")
    is_well_made(page, f"{site.base}/portal/frames")
    signed(site.base, site.shop, f"{path}/remove", {"origin": sells})
    page.context.close()


def test_only_the_code_names_an_origin_and_only_one_that_the_shop_named(site: Site) -> None:
    def ancestors(path: str) -> list[str]:
        answer = httpx.get(site.base + path, trust_env=False)
        assert len(answer.headers.get_list("content-security-policy")) == 1
        return ANCESTORS.findall(answer.headers["content-security-policy"])

    silent, named = place(site), place(site, notify_url=f"{site.base}/x")
    assert ancestors(f"/c/{silent.token}/embed") == ["'none'"]
    assert ancestors(f"/c/{named.token}/embed") == [site.base]
    for path in ("", "/status", "/pay", "?view=phone"):
        assert ancestors(f"/c/{named.token}{path}") == ["'none'"], path
    assert ancestors(f"/c/{'x' * 44}/embed") == ["'none'"]
    signed(site.base, site.shop, f"/api/v1/orders/{named.id}/close", {})
    assert "已关闭" in httpx.get(f"{site.base}/c/{named.token}/embed", trust_env=False).text
