"""`changliao sandbox events` and `resend`: the delivery log."""

from pathlib import Path

import click

from changliao.commands.context import run, visit
from changliao.commands.options import data_option, fail, json_option, show
from changliao.core import clock, ids
from changliao.core.events import ResendEvent
from changliao.operations.events import RESEND
from changliao.operations.onboarding import accepted
from changliao.store.views import events


@click.command("events")
@data_option
@click.option("--most", type=click.IntRange(1, 1000), default=20, show_default=True)
@json_option
def list_events(folder: Path, most: int, *, as_json: bool) -> None:
    """The delivery log: what was told, and what came of the last attempt."""

    async def read() -> dict[str, str]:
        async with visit(folder) as (network, _):
            lines = {}
            for event in await network.read(events.latest, ids.NEWEST, most):
                tries = await network.read(events.deliveries, event.id, event.merchant_id)
                last = f"{tries[-1].status} {tries[-1].note}" if tries else "-"
                due = f" next {clock.to_rfc3339(event.next_at)}" if event.next_at else ""
                state = f"{event.kind.name} {event.state.name} attempts={event.attempts}"
                lines[ids.show("evt", event.id)] = f"{state}{due} last={last}"
            return lines

    show(run(read()), as_json=as_json)


@click.command()
@data_option
@click.argument("event_id")
@json_option
def resend(folder: Path, event_id: str, *, as_json: bool) -> None:
    """Send a notification again, whatever became of it."""
    number = ids.parse("evt", event_id)
    if number is None:
        fail(f"{event_id} is not an event id: `changliao sandbox events` lists them", 2)

    async def again() -> dict[str, str]:
        async with visit(folder) as (network, _):
            event = await network.read(events.event, number)
            if event is None:
                fail(f"there is no event {event_id}")
            command = ResendEvent(event.merchant_id, event.id)
            accepted(await network.perform(RESEND, command))
            return {"event": event_id, "state": "due now"}

    show(run(again()), as_json=as_json)
