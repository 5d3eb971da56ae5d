"""What many tests start from: each engine, a world on it, a served network."""

import shutil
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from changliao.commands.people import Person
from changliao.store.engines import open_engine
from tests import postgres, requirements
from tests.served import RUNNING, Rest, Served, Shop, merchant, serve
from tests.world import World, Worlds

# What fails here fails everywhere, whatever else the machine does. Other examples than the same
# ones each time: `pytest --hypothesis-profile default`.
hypothesis_settings.register_profile(
    "steady",
    deadline=None,
    derandomize=True,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
hypothesis_settings.load_profile("steady")


# What takes longest begins first: at the end no process waits long for another.
_LONGEST = ("simulation", "e2e", "doors", "workers")


def pytest_configure(config: pytest.Config) -> None:
    """The order below, not xdist's, which thinks that many tests take longer than one."""
    if config.pluginmanager.hasplugin("xdist"):
        config.option.loadscopereorder = False


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share what their module made run in one process, so that it is made once.

    First of all plugins: xdist reads the groups at its own turn.
    """
    items.sort(key=_turn)
    for item in items:
        if not isinstance(item, pytest.Function) or item.get_closest_marker("xdist_group"):
            continue
        found = [one for named in item._fixtureinfo.name2fixturedefs.values() for one in named]
        if any(one.scope == "module" for one in found):
            item.add_marker(pytest.mark.xdist_group(f"{item.path.parent.name} {item.path.stem}"))


def _turn(item: pytest.Item) -> int:
    folder = item.path.parent.name
    return _LONGEST.index(folder) if folder in _LONGEST else len(_LONGEST)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """A failure is shown with what the networks that were up wrote last."""
    report = yield
    if report.failed:
        for one in RUNNING:
            report.sections.append((f"network at {one.base_url}", one.last_words()))
    return report


@pytest.fixture(scope="session")
def postgresql() -> Iterator[postgres.Server]:
    """One server for this process's tests. Durability is tested elsewhere: here it only costs."""
    try:
        postgres.binaries()
    except postgres.NoServer:
        requirements.missing("postgresql")
    with postgres.server(fsync="off") as running:
        yield running


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file that every test copies: a schema is made once."""
    path = tmp_path_factory.mktemp("migrated") / "empty.db"
    engine = open_engine(str(path))
    engine.migrate()
    engine.close()
    return path


@pytest.fixture
def sqlite_address(migrated: Path, tmp_path: Path) -> str:
    """A network's file with nothing in it."""
    return str(shutil.copy(migrated, tmp_path / "test.db"))


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    """A network's database of each engine with nothing in it."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_address")
        return
    running: postgres.Server = request.getfixturevalue("postgresql")
    with running.borrowed() as borrowed:
        yield borrowed


@pytest.fixture
def world(address: str) -> Iterator[World]:
    """A network on each engine. Whatever a test did, the books must be in order afterwards."""
    made = World(address)
    yield made
    made.audit()
    made.close()


@pytest.fixture
def sqlite_world(sqlite_address: str) -> Iterator[World]:
    """For what does not depend on the engine."""
    made = World(sqlite_address)
    yield made
    made.audit()
    made.close()


@pytest.fixture(scope="session")
def worlds(migrated: Path) -> Worlds:
    """For tests of many examples, one network each: what one did the next one need not audit."""

    @contextmanager
    def fresh() -> Iterator[World]:
        with TemporaryDirectory() as folder:
            made = World(str(shutil.copy(migrated, folder)))
            with closing(made):
                yield made
                made.audit()

    return fresh


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Rest]]:
    """A sandbox served on SQLite for this process's tests, and its operator."""
    data = tmp_path_factory.mktemp("sandbox") / "data"
    with serve(data, "changliao.db", retry_scale="0.01") as (served, operator):
        yield served, operator
        served.audit()


@pytest.fixture(scope="session")
def shop(sandbox: tuple[Served, Rest]) -> Iterator[Shop]:
    """A merchant of the sandbox."""
    with merchant(sandbox[0], "Shop") as made:
        yield made


@pytest.fixture(scope="session")
def payer(sandbox: tuple[Served, Rest]) -> Iterator[Person]:
    """Somebody with ¥10,000 in the wallet, on the wallet's pages."""
    person = Person(sandbox[0].base_url, "13900000001", "付款人", "135790")
    person.sign_up()
    person.top_up("10000.00")
    yield person
    person.close()
