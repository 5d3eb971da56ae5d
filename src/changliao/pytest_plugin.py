"""Fixtures for pytest, found by its entry point: the sandbox as a test dependency.

The network is imported when a test asks for it, so other test runs pay nothing.
"""

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="session")
def changliao_sandbox() -> Iterator[Any]:
    """A running network (`changliao.testing.Sandbox`) for all tests of the session."""
    testing = pytest.importorskip("changliao.testing")
    running = testing.Sandbox().start()
    yield running
    running.close()


@pytest.fixture
def changliao_merchant(changliao_sandbox: Any) -> Iterator[Any]:
    """A fresh merchant (`changliao.testing.Merchant`) of that network."""
    made = changliao_sandbox.merchant()
    yield made
    made.close()
