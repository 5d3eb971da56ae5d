"""One served network for these tests, and one browser for each module of them."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests import requirements
from tests.e2e.site import Site, served
from tests.served import Rest, Served, proxied


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A served network. What one test does the next one sees, so look for your own."""
    with served(str(tmp_path_factory.mktemp("network") / "data")) as running:
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for all pages."""
    path = requirements.chromium()
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def exported(sandbox: tuple[Served, Rest]) -> Iterator[dict[str, str]]:
    """What to export for SDKs with built-in host names."""
    with proxied(sandbox[0]) as printed:
        yield printed
