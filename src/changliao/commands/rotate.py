"""`changliao rotate`: a new certificate for WeChat Pay merchants, beside the one that signs."""

from pathlib import Path

import click

from changliao.commands.context import data_option, json_option, run, show, visit
from changliao.core import clock
from changliao.core.clock import HOUR
from changliao.doors.wechatpay import platform


@click.command()
@data_option
@click.option(
    "--after-hours",
    type=click.IntRange(0, 8_760),
    default=48,
    show_default=True,
    help="When it begins to sign. SDKs fetch certificates once a day at the latest.",
)
@json_option
def rotate(folder: Path, *, as_json: bool, after_hours: int) -> None:
    """Make the next platform certificate: published first, then it signs.

    Restart what is serving before that time. The certificate that signs now stays published and
    readable until it ends, and the public key of public-key mode stays what it is.
    """

    async def work() -> dict[str, str]:
        async with visit(folder) as (network, _):
            made = await platform.rotate(network, after_hours * HOUR)
            return {
                "serial": made.serial,
                "signs_from": clock.to_rfc3339(made.starts_at),
                "ends_at": clock.to_rfc3339(made.ends_at),
            }

    show(run(work()), as_json=as_json)
