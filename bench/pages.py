"""How soon pages are there over a slow line, and how soon they show a payment.

The slow profile is WEB.md's: 1.6 Mbit/s, 150 ms, a processor a quarter as fast, nothing cached.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click
from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console
from rich.table import Table

from bench.results import save
from tests import requirements
from tests.e2e import members
from tests.e2e.site import Site, log_in, open_page, pay, person, place, served
from tests.e2e.test_cashier import HIDEABLE, PAID

ROUNDS: Final = 5
TABS: Final = 7
DESK, HAND = 1280, 390
BYTES_A_SECOND: Final = 1_600_000 // 8
LATENCY_MS: Final = 150
SLOWER: Final = 4
PAINT: Final = """() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime"""
PAINTED: Final = """() => performance.getEntriesByName("first-contentful-paint").length > 0"""


def first_paints(site: Site, chromium: Browser) -> dict[str, float]:
    """Medians in milliseconds, by page."""
    order, payer = place(site), person(site)
    hand, desk = open_page(chromium, [], HAND), members.desk(site, chromium, "supervisor", [])
    log_in(hand, site.base, payer.phone)
    portal = members.desk(site, chromium, "developer", [])
    pages: dict[str, tuple[int, Page | None, str]] = {
        "cashier, on a desk": (DESK, None, f"/c/{order.token}"),
        "cashier, in a hand": (HAND, hand, f"/c/{order.token}"),
        "wallet": (HAND, hand, "/w/"),
        "console, overview": (DESK, desk, "/console/"),
        "console, orders": (DESK, desk, "/console/orders"),
        "console, market": (DESK, desk, "/console/market"),
        "portal": (DESK, portal, "/portal/"),
    }
    return {
        name: statistics.median(
            _painted(chromium, width, known, site.base + path) for _ in range(ROUNDS)
        )
        for name, (width, known, path) in pages.items()
    }


def _painted(chromium: Browser, width: int, known: Page | None, address: str) -> float:
    options: dict[str, Any] = {"storage_state": known.context.storage_state()} if known else {}
    page = open_page(chromium, [], width, **options)
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": LATENCY_MS,
            "downloadThroughput": BYTES_A_SECOND,
            "uploadThroughput": BYTES_A_SECOND,
        },
    )
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(address)
    page.wait_for_function(PAINTED)
    painted = float(page.evaluate(PAINT))
    page.context.close()
    return painted


def live(site: Site, chromium: Browser) -> dict[str, float]:
    """The slowest of some payments, in milliseconds from its answer until the page shows it."""
    found: dict[str, float] = {}
    for name, prepared, awake, tabs in (
        ("open", None, None, 1),
        ("hidden, from its return on", _hide, _show, 1),
        ("offline, from its return on", _cut, _join, 1),
        (f"{TABS} tabs, the last of them", None, None, TABS),
    ):
        found[name] = max(_shown(site, chromium, prepared, awake, tabs) for _ in range(ROUNDS))
    return found


Step = Callable[[Page], None]


def _shown(
    site: Site, chromium: Browser, before: Step | None, after: Step | None, tabs: int
) -> float:
    order, payer = place(site), person(site)
    first = open_page(chromium, [], DESK)
    first.add_init_script(HIDEABLE)
    pages = [first, *(first.context.new_page() for _ in range(tabs - 1))]
    for page in pages:
        page.goto(f"{site.base}/c/{order.token}")
        page.wait_for_selector("[data-state=waiting]")
    if before is not None:
        before(first)
    pay(site, order, payer)
    if after is not None:
        after(first)
    began = time.perf_counter()
    for page in pages:
        page.wait_for_selector(PAID)
    shown = (time.perf_counter() - began) * 1_000
    first.context.close()
    return shown


def _hide(page: Page) -> None:
    page.evaluate("() => turn(true)")


def _show(page: Page) -> None:
    page.evaluate("() => turn(false)")


def _cut(page: Page) -> None:
    page.context.set_offline(True)
    page.wait_for_selector("[data-away]")


def _join(page: Page) -> None:
    page.context.set_offline(False)


@contextmanager
def _opened() -> Iterator[tuple[Site, Browser]]:
    with (
        tempfile.TemporaryDirectory(prefix="bench-", dir=Path.cwd()) as folder,
        served(str(Path(folder) / "data")) as site,
        sync_playwright() as driver,
    ):
        browser = driver.chromium.launch(
            executable_path=requirements.chromium(), args=["--no-sandbox"]
        )
        yield site, browser
        browser.close()


@click.command(help=__doc__)
def main() -> None:
    """Print both tables and keep them."""
    with _opened() as (site, browser):
        found = {"first_paint_ms": first_paints(site, browser), "shown_ms": live(site, browser)}
    console = Console()
    for title, of in (("First paint, slow profile", "first_paint_ms"), ("Paid", "shown_ms")):
        table = Table("page", "ms", title=title)
        for name, value in found[of].items():
            table.add_row(name, f"{value:,.0f}")
        console.print(table)
    save("pages", found)


if __name__ == "__main__":
    main()
