"""`changliao sandbox clock`: what time it is in the sandbox, and moving it forward."""

import re
from pathlib import Path
from typing import Final

import click

from changliao.commands.context import run, visit_sandbox
from changliao.commands.options import data_option, fail, json_option, show
from changliao.core import clock as times
from changliao.core.clock import DAY, HOUR, MINUTE, SECOND, Instant
from changliao.core.outcome import Refused
from changliao.core.sandbox import MoveClock
from changliao.operations.clock import ahead_us
from changliao.operations.network import Network
from changliao.operations.sandbox import MOVE_CLOCK

_UNITS: Final = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}
_STEP: Final = re.compile(r"([+-])(\d{1,9})([smhd])")


@click.command(context_settings={"ignore_unknown_options": True})
@data_option
@click.argument("to", required=False)
@json_option
def clock(folder: Path, to: str | None, *, as_json: bool) -> None:
    """Show the sandbox's clock, or move it: +90s, +15m, +2h, +30d, or a moment in RFC 3339.

    Orders expire, notifications are tried again and days end by this clock. Signatures are still
    checked against real time, and time never goes back.
    """

    async def work() -> dict[str, str]:
        async with visit_sandbox(folder) as network:
            if to is not None:
                await _move(network, to)
            ahead = await network.read(ahead_us)
            shown = Instant(network.real_clock() + ahead)
            return {"now": times.to_rfc3339(shown), "ahead_s": str(ahead // SECOND)}

    show(run(work()), as_json=as_json)


async def _move(network: Network, to: str) -> None:
    ahead = await network.read(ahead_us)
    step = _STEP.fullmatch(to)
    if step is not None:
        wanted = ahead + int(f"{step[1]}{step[2]}") * _UNITS[step[3]]
    else:
        try:
            wanted = times.from_rfc3339(to) - network.real_clock()
        except (ValueError, OverflowError):
            fail(f"{to} is neither a step such as +2h nor a moment such as 2026-11-24T10:00Z", 2)
    outcome = await network.perform(MOVE_CLOCK, MoveClock(wanted))
    if isinstance(outcome, Refused):
        fail(f"refused: {outcome.detail}")
