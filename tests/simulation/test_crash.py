"""A short version of tests.simulation.crash, which kills a hundred times on request."""

import pytest

from tests import postgres, requirements
from tests.simulation import crash


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_what_was_acknowledged_survives_a_kill(engine: str) -> None:
    if engine == "postgresql":
        try:
            postgres.binaries()
        except postgres.NoServer:
            requirements.missing("postgresql")
    assert crash.run(engine, times=3, seed=20261124)["payment"] > 0
