"""What a merchant puts into its SDK, gathered from the doors."""

from changliao.config import Config
from changliao.doors.wechatpay import platform
from changliao.operations.network import Network
from changliao.operations.onboarding import TakenOn


async def merchant_settings(network: Network, config: Config, taken_on: TakenOn) -> dict[str, str]:
    """Names and values in the order in which SDKs ask for them."""
    fields = {
        "mchid": taken_on.merchant.number,
        "appid": taken_on.app.number,
        "api_v3_key": taken_on.api_key,
        "certificate_serial": taken_on.serial,
        "base_url": config.public_url,
        "rest_key": taken_on.request_key.name,
        "rest_secret": taken_on.request_key.secret,
    }
    if taken_on.private_key:
        fields |= {"private_key": taken_on.private_key, "certificate": taken_on.certificate}
    return fields | platform.settings(await platform.load(network), taken_on.merchant)
