"""`changliao rotate`: a new certificate towards merchants, beside the one that signs."""

from pathlib import Path

import click

from changliao.commands.context import run, visit
from changliao.commands.options import data_option, json_option, show
from changliao.core import clock
from changliao.core.clock import HOUR
from changliao.doors.wechatpay import platform
from changliao.operations import gateway_certificates
from changliao.operations.network import Network
from changliao.operations.onboarding import accepted
from changliao.operations.parties import ADD_PLATFORM_KEY, AddPlatformKey


@click.command()
@data_option
@click.option(
    "--after-hours",
    type=click.IntRange(0, gateway_certificates.MOST_HOURS),
    default=48,
    show_default=True,
    help="When it begins to sign. WeChat Pay's SDKs fetch certificates once a day at the latest.",
)
@click.option("--alipay", is_flag=True, help="The Alipay gateway's certificate instead.")
@json_option
def rotate(folder: Path, *, as_json: bool, after_hours: int, alipay: bool) -> None:
    """Make the next certificate for WeChat Pay merchants: published first, then it signs.

    Restart what is serving before that time. The certificate that signs now stays published and
    readable until it ends, and the public key of public-key mode stays what it is.

    With --alipay what is serving follows by itself. Apps choose over REST whether they are
    answered under the new one before, or under the one before until that ends.
    """

    async def work() -> dict[str, str]:
        async with visit(folder) as (network, _):
            made = await (_alipay if alipay else _wechatpay)(network, after_hours)
            return {
                "serial": made.serial,
                "signs_from": clock.to_rfc3339(made.starts_at),
                "ends_at": clock.to_rfc3339(made.ends_at),
            }

    show(run(work()), as_json=as_json)


async def _wechatpay(network: Network, after_hours: int) -> AddPlatformKey:
    return await platform.rotate(network, after_hours * HOUR)


async def _alipay(network: Network, after_hours: int) -> AddPlatformKey:
    made = await gateway_certificates.renewed(network, after_hours)
    return accepted(await network.perform(ADD_PLATFORM_KEY, made))
