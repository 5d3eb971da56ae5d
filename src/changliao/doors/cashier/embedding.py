"""The order's code alone, for a shop's own page: the only page of ours that may be framed.

A shop's page is known by where the shop hears of the payment, which it named in a signed request,
or by an origin that the merchant, or the partner acting for it, registered. Logging in and
confirming never happen in a frame.
Source: WEB.md §3; CSP level 3, frame-ancestors.
"""

import re
from typing import Final
from urllib.parse import urlsplit

from changliao.operations.network import Network
from changliao.store.views import frames
from changliao.store.views.orders import Placed

# What a policy may name: anything else could end the directive and begin another.
_HOST: Final = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:]+\](:[0-9]{1,5})?")


async def origins(network: Network, placed: Placed) -> list[str]:
    """Whose pages may show it; none: nobody's."""
    owners = placed.order.merchant_id, placed.order.partner_id
    known = {*await network.look_up(frames.origins_of, *owners), _heard_at(placed)}
    return sorted(known - {""})


def _heard_at(placed: Placed) -> str:
    parts = urlsplit(placed.terms.notify_url)
    known = parts.scheme in ("http", "https") and _HOST.fullmatch(parts.netloc)
    return f"{parts.scheme}://{parts.netloc}" if known else ""
