"""Addresses that merchants give: where they are told, and where browsers go back to.

None has a user or a password in it: they would be shown, logged and sent on. WeChat Pay's take no
query. Source: wechatpay-v3.md §4.
"""

import re
from typing import Final

_HOST: Final = r"https?://[^/?#\s@]+"
ADDRESS: Final = _HOST + r"([/?#][^\s]*)?"
WITHOUT_QUERY: Final = _HOST + r"(/[^?#\s]*)?"
_WHOLE: Final = re.compile(ADDRESS)


def is_address(text: str) -> bool:
    """May a merchant give it?"""
    return _WHOLE.fullmatch(text) is not None
