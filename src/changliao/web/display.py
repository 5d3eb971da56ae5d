"""How money, time and QR codes are shown on pages.

Source: WEB.md §6. Money is minor units; a minus sign is U+2212 and colour is never the only sign.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from markupsafe import Markup
from msgspec import Struct

from changliao.core import clock, money
from changliao.core.clock import BEIJING, Instant
from changliao.core.money import CURRENCIES

_SIGNS: Final = {"CNY": "¥"}
_QUIET_MODULES: Final = 4
_TURNING: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
_BACKTICKS: Final = re.compile(r"`([^`]+)`")
_TYPED: Final = re.compile(r"([0-9]{1,10})(?:\.([0-9]+))?")


class Amount(Struct, frozen=True):
    """An amount in parts, so that a hero can set the fraction smaller."""

    sign: str
    symbol: str
    whole: str
    fraction: str

    def __str__(self) -> str:
        return f"{self.sign}{self.symbol}{self.whole}{self.fraction}"


def amount(minor: int, currency: str = "CNY", *, signed: bool = False) -> Amount:
    """`signed` shows a plus as well: money that came in."""
    whole, point, fraction = money.plain(abs(minor), CURRENCIES[currency]).partition(".")
    sign = "−" if minor < 0 else "+" if signed else ""
    symbol = _SIGNS.get(currency, f"{currency} ")
    return Amount(sign, symbol, f"{int(whole):,}", point + fraction)


def plain(value: Any) -> Any:
    """What a page shows of a value: no marks that turn the direction of what follows them.

    Names and titles are others'; with such a mark an amount beside them would read otherwise.
    """
    if isinstance(value, str) and not value.isascii() and _TURNING.search(value):
        shown = _TURNING.sub("", value)
        return Markup(shown) if isinstance(value, Markup) else shown  # noqa: S704 it was markup before
    return value


def coded(text: str) -> Markup:
    """A sentence of a description: what stands between backticks is code."""
    parts = _BACKTICKS.split(text)
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else part
        for place, part in enumerate(parts)
    )


def minor(text: str, currency: str) -> int | None:
    """`88.88` as people type it, in minor units; None for what is no amount of this currency."""
    decimals = CURRENCIES[currency].decimals
    match = _TYPED.fullmatch(text.strip().replace(",", ""))
    if match is None or len(match[2] or "") > decimals:
        return None
    return int(match[1] + (match[2] or "").ljust(decimals, "0"))


def day_time(instant: Instant, now: Instant, words: tuple[str, str]) -> str:
    """`今天 14:32`, `昨天 21:47`, `11-21 08:00`; `words` are today and yesterday."""
    moment, today = clock.to_datetime(instant, BEIJING), clock.to_datetime(now, BEIJING)
    at = f"{moment:%H:%M}"
    if moment.date() == today.date():
        return f"{words[0]} {at}"
    if moment.date() == (today - timedelta(days=1)).date():
        return f"{words[1]} {at}"
    return f"{moment:%m-%d} {at}" if moment.year == today.year else f"{moment:%Y-%m-%d} {at}"


def full_time(instant: Instant) -> str:
    """`2026-11-23 14:05:09`, Beijing time."""
    return f"{clock.to_datetime(instant, BEIJING):%Y-%m-%d %H:%M:%S}"


def machine_time(instant: Instant) -> str:
    """For `<time datetime>`."""
    return datetime.fromtimestamp(instant / 1e6, UTC).isoformat(timespec="seconds")


def qr_image(text: str) -> str:
    """A QR code as an address of an image, for pages that set its size."""
    return str(_encoded(text).svg_data_uri(border=1))


def qr(text: str, label: str) -> Markup:
    """An inline SVG, dark on white in both themes."""
    svg = _encoded(text).svg_inline(
        border=_QUIET_MODULES,
        dark="#14212b",
        light="#fff",
        omitsize=True,
        svgclass="qr",
        title=label,
    )
    return Markup(svg)  # noqa: S704 made by segno from escaped text


def _encoded(text: str) -> Any:
    """Never a Micro QR: phones cannot read those."""
    import segno

    return segno.make_qr(text, error="m")
