"""`changliao sandbox faults`: what notifications meet on their way."""

from pathlib import Path

import click
import msgspec

from changliao.commands.context import merchant_or_everybody, run, visit_sandbox
from changliao.commands.options import data_option, fail, json_option, show
from changliao.core.sandbox import Faults
from changliao.operations import sandbox
from changliao.operations.onboarding import accepted
from changliao.operations.sandbox import SET_RULE


@click.command()
@data_option
@click.argument("merchant", required=False)
@click.option("--delay-ms", type=click.IntRange(0, 600_000), help="Hold each attempt so long.")
@click.option("--drop", type=click.IntRange(0, 100), help="Lose so many attempts of each.")
@click.option("--duplicate", type=click.IntRange(0, 10), help="Send so many times more.")
@click.option("--reorder/--in-order", default=None, help="Let the next one overtake each.")
@click.option("--clear", is_flag=True, help="Deliver faithfully again.")
@json_option
def faults(
    folder: Path, merchant: str | None, *, clear: bool, as_json: bool, **given: int | None
) -> None:
    """Delay, drop, duplicate or reorder notifications of MERCHANT, or of all.

    Without options it shows what is set. A merchant's own setting wins over the one for all; the
    delivery log (`changliao sandbox events`) shows what was done to each attempt.
    """
    asked = {name: value for name, value in given.items() if value is not None}
    if clear and asked:
        fail("--clear takes no other option", 2)

    async def work() -> Faults:
        async with visit_sandbox(folder) as network:
            merchant_id = await merchant_or_everybody(network, merchant)
            known = await sandbox.faults(network, merchant_id)
            if not (asked or clear):
                return known
            base = {} if clear else msgspec.structs.asdict(known)
            wanted = Faults(**(base | asked))
            accepted(await network.perform(SET_RULE, sandbox.faults_rule(merchant_id, wanted)))
            return wanted

    show(msgspec.structs.asdict(run(work())), as_json=as_json)
