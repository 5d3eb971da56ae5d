"""A worker that falls over starts again; only a bug leaves a traceback."""

import asyncio

import pytest

from changliao.app import _restarted
from changliao.store.engine import Unavailable
from tests.waiting import LONGEST_S


@pytest.mark.parametrize(
    ("error", "traced"), [(Unavailable("gone"), False), (RuntimeError("a bug"), True)]
)
def test_a_worker_starts_again(
    error: Exception, traced: bool, caplog: pytest.LogCaptureFixture
) -> None:
    began = []

    async def scene() -> None:
        again = asyncio.Event()

        async def run() -> None:
            began.append(1)
            if len(began) == 1:
                raise error
            again.set()
            await asyncio.Event().wait()

        task = asyncio.create_task(_restarted("expiry", run))
        await asyncio.wait_for(again.wait(), LONGEST_S)
        task.cancel()

    asyncio.run(scene())
    assert len(began) == 2
    [record] = caplog.records
    assert (record.exc_info is not None, "expiry" in record.getMessage()) == (traced, True)
