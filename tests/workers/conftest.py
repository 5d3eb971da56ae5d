"""Networks, one of which waits for nothing between attempts, and a receiver of what they tell."""

from collections.abc import Iterator

import pytest

from tests.served import Rest, Served, serve
from tests.workers.receiver import Receiver, receiving
from tests.workers.till import Till, opened

AT_ONCE = "1e-9"


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture(scope="session")
def till(sandbox: tuple[Served, Rest]) -> Iterator[Till]:
    """A merchant of the sandbox, whose schedule is a hundredth of the protocol's."""
    with opened(*sandbox) as one:
        yield one


@pytest.fixture(scope="session")
def eager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Till]:
    """A merchant of a network that waits for nothing between attempts."""
    data = tmp_path_factory.mktemp("eager") / "data"
    with serve(data, "changliao.db", retry_scale=AT_ONCE) as (served, operator):
        with opened(served, operator) as one:
            yield one
        assert served.audit()["clean"]
