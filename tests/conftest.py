"""What many tests start from: each engine, a world on it, a served network."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import postgres, requirements
from tests.world import World


@pytest.fixture(scope="session")
def postgresql() -> Iterator[postgres.Server]:
    """One server for this process's tests. Durability is tested elsewhere: here it only costs."""
    try:
        postgres.binaries()
    except postgres.NoServer:
        requirements.missing("postgresql")
    with postgres.server(fsync="off") as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each engine."""
    if request.param == "sqlite":
        return str(tmp_path / "test.db")
    running: postgres.Server = request.getfixturevalue("postgresql")
    return running.database()


@pytest.fixture
def world(address: str) -> Iterator[World]:
    """A network on each engine. Whatever a test did, the books must be in order afterwards."""
    made = World(address)
    yield made
    made.audit()
    made.close()


@pytest.fixture
def sqlite_world(tmp_path: Path) -> Iterator[World]:
    """For what does not depend on the engine."""
    made = World(str(tmp_path / "test.db"))
    yield made
    made.audit()
    made.close()
