"""A short version of tests.simulation.channel_crash, which kills fifty times on request."""

import pytest

from tests import postgres, requirements
from tests.simulation import channel_crash


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_channels_are_asked_once_whenever_the_process_dies(engine: str) -> None:
    if engine == "postgresql":
        try:
            postgres.binaries()
        except postgres.NoServer:
            requirements.missing("postgresql")
    counted = channel_crash.run(engine, times=3, seed=20261125)
    assert counted["requests"] > 2 * channel_crash.PEOPLE
    assert counted["tenders paid in the end"] > 0
