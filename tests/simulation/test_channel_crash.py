"""A short version of tests.simulation.channel_crash, which kills fifty times on request."""

import pytest

from tests.simulation import channel_crash


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_channels_are_asked_once_whenever_the_process_dies(
    engine: str, request: pytest.FixtureRequest
) -> None:
    server = request.getfixturevalue("postgresql") if engine == "postgresql" else None
    counted = channel_crash.run(engine, times=3, seed=20261125, server=server)
    assert counted["requests"] > 2 * channel_crash.PEOPLE
    assert counted["tenders paid in the end"] > 0
