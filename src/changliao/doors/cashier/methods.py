"""Ways to pay as the payer reads them: which one, whether it is off, why and since when."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from msgspec import Struct
from starlette.requests import Request

from changliao.core.clock import NEVER
from changliao.core.outcome import Reason, Refused
from changliao.operations import checkout
from changliao.operations.network import Network
from changliao.web.display import full_time
from changliao.web.language import choose
from changliao.web.naming import called
from changliao.web.pages import Pages
from changliao.web.words import explain

WALLET: Final = "changliao"
LAST_COOKIE: Final = "cl_method"
_WORDS: Final = {
    Reason.METHOD_BANNED: ("bad square", "已禁止"),
    Reason.METHOD_SUSPENDED: ("warn ring", "已暂停"),
}
_OTHERWISE: Final = ("ring", "不可用")


class Off(Struct, frozen=True):
    """Why a method cannot be used: in a sentence, as a chip, and in a line under its name."""

    text: str
    chip: str
    word: str
    why: str


class Way(Struct, frozen=True):
    """A way to pay; `off` says why it cannot be used, None when it can."""

    code: str
    name: str
    off: Off | None = None


def off(request: Request, network: Network, pages: Pages, refused: Refused) -> Off:
    """A platform's or a channel's no, in the page's language."""
    words = partial(pages.words, request)
    chip, word = _WORDS.get(refused.reason, _OTHERWISE)
    text = explain(words, refused, network.clock())
    why = text
    if refused.since != NEVER:
        begun = words("自 %s 起。") % full_time(refused.since)
        why = f"{words('原因：%s。') % refused.detail.rstrip('。.')} {begun}"
    return Off(text, chip, words(word), why)


async def ways(
    request: Request, network: Network, pages: Pages, offers: Sequence[checkout.Offer]
) -> list[Way]:
    """The methods beside the wallet."""
    return [
        Way(
            one.method.code,
            called(one.method, choose(request)),
            off(request, network, pages, one.off) if one.off else None,
        )
        for one in offers
    ]


def arranged(wallet: Way, others: Sequence[Way], last: str) -> list[Way]:
    """All in one list: the last used first, those that are off at the end."""
    return sorted((wallet, *others), key=lambda one: (one.off is not None, one.code != last))


def preferred(choices: Sequence[Way], *, covered: bool) -> str:
    """What is chosen at first: something that can be paid with now; empty when all is off."""
    usable = [one.code for one in choices if one.off is None]
    return next((one for one in usable if covered or one != WALLET), usable[0] if usable else "")
