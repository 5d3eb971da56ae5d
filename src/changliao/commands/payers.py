"""`changliao sandbox payer`: somebody scans, pays, mistypes, stays away or comes too late."""

import asyncio
from pathlib import Path
from typing import Any

import click

from changliao.commands.context import merchant_or_everybody, run, visit_sandbox
from changliao.commands.options import data_option, fail, json_option, show
from changliao.core import ids
from changliao.core.sandbox import EVERYBODY, Act, AutomaticPayer
from changliao.operations import payers, sandbox
from changliao.operations.network import Network
from changliao.operations.onboarding import accepted
from changliao.operations.sandbox import SET_RULE
from changliao.store.views import orders
from changliao.store.views.orders import Placed

_ACTS = click.Choice([act.value for act in Act])


@click.group()
def payer() -> None:
    """Simulated payers, with money and a PIN."""


@payer.command("act")
@data_option
@click.argument("act", type=_ACTS)
@click.argument("order")
@click.option("--merchant", help="Whose own number ORDER is.")
@click.option(
    "--after-ms", type=click.IntRange(0, 3_600_000), default=0, help="Wait so long first."
)
@json_option
def act_now(
    folder: Path, act: str, order: str, *, merchant: str | None, after_ms: int, as_json: bool
) -> None:
    """Let somebody do something with ORDER: scan, pay, wrong-pin, never, late.

    ORDER is what a payer gets (code_url, prepay_id, h5_url, an address of the cashier), or with
    --merchant the merchant's own number or our ord_… number. `late` waits until the order's time
    is over; moving the clock shortens that. A refused payment is a result, not a failure.
    """

    async def work() -> dict[str, str]:
        async with visit_sandbox(folder) as network:
            placed, issue = await _order(network, order, merchant)
            await asyncio.sleep(after_ms / 1000)
            acted = await payers.perform(network, placed.order, Act(act), issue)
            return payers.describe(acted)

    show(run(work()), as_json=as_json)


@payer.command()
@data_option
@click.argument("merchant", required=False)
@click.option("--act", type=_ACTS, default=Act.PAY.value, show_default=True)
@click.option("--after-ms", type=click.IntRange(0, 3_600_000), default=0, show_default=True)
@click.option("--off", is_flag=True, help="Nobody acts by itself any more.")
@click.option("--show", "only_show", is_flag=True, help="Only say what is set.")
@json_option
def auto(folder: Path, merchant: str | None, *, as_json: bool, **given: Any) -> None:
    """Let somebody act on every new order of MERCHANT, or of all, by itself."""

    async def work() -> AutomaticPayer | None:
        async with visit_sandbox(folder) as network:
            merchant_id = await merchant_or_everybody(network, merchant)
            if given["only_show"]:
                return await sandbox.automatic_payer(network, merchant_id)
            wanted = AutomaticPayer(Act(given["act"]), given["after_ms"])
            rule = sandbox.payer_rule(merchant_id, None if given["off"] else wanted)
            accepted(await network.perform(SET_RULE, rule))
            return None if given["off"] else wanted

    known = run(work())
    fields = {"act": known.act.value, "after_ms": known.after_ms} if known else {"act": None}
    show(fields, as_json=as_json)


async def _order(network: Network, text: str, number: str | None) -> tuple[Placed, int]:
    if number is None:
        found = await payers.find_by_code(network, text)
        if found is None:
            fail("this is no payment code of this network; give --merchant with an order's number")
        return found
    merchant_id = await merchant_or_everybody(network, number)
    placed = await network.read(orders.order_by_reference, merchant_id, 0, text)
    order_id = ids.parse("ord", text)
    if placed is None and order_id is not None and merchant_id != EVERYBODY:
        placed = await network.read(orders.order, merchant_id, order_id)
    if placed is None:
        fail(f"merchant {number} has no order {text}")
    return placed, 0
