"""The order's code alone, for a shop's own page: the only page of ours that may be framed.

A shop's page is known by where the shop hears of the payment, which it named in a signed request:
only pages of that origin may show the code. Logging in and confirming never happen in a frame.
Source: WEB.md §3; CSP level 3, frame-ancestors.
"""

import re
from typing import Final
from urllib.parse import urlsplit

from changliao.store.views.orders import Placed

# What a policy may name: anything else could end the directive and begin another.
_HOST: Final = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:]+\](:[0-9]{1,5})?")


def origin(placed: Placed) -> str:
    """Whose pages may show it; empty: nobody's."""
    parts = urlsplit(placed.terms.notify_url)
    known = parts.scheme in ("http", "https") and _HOST.fullmatch(parts.netloc)
    return f"{parts.scheme}://{parts.netloc}" if known else ""
