"""Reading what people type: phone numbers, amounts in yuan, scanned codes."""

import re
from typing import Final
from urllib.parse import parse_qs, urlsplit

from changliao.core.money import MAX_AMOUNT

SHORTEST_PASSWORD: Final = 8
LONGEST_PASSWORD: Final = 128
_PHONE: Final = re.compile(r"\+?[0-9]{6,15}")
_AMOUNT: Final = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,2}))?")
_PIN: Final = re.compile(r"[0-9]{6}")
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{44}")
_GIFT: Final = re.compile(r"/w/(packet|coupon|group)/[A-Za-z0-9_-]{40}")


def phone(text: str) -> str | None:
    """Digits, with spaces and hyphens taken out."""
    digits = re.sub(r"[\s-]", "", text)
    return digits if _PHONE.fullmatch(digits) else None


def fen(text: str) -> int | None:
    """`88.88` yuan as 8888 fen; None for anything else, for nothing and for too much."""
    match = _AMOUNT.fullmatch(text.strip().replace(",", ""))
    if match is None:
        return None
    minor = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))
    return minor if 0 < minor <= MAX_AMOUNT else None


def is_pin(text: str) -> bool:
    """Six digits."""
    return _PIN.fullmatch(text) is not None


def scanned(text: str) -> str | None:
    """The payment link in a scanned code: a WeChat code_url or an address of our cashier."""
    parts = urlsplit(text.strip()[:512])
    token = parse_qs(parts.query).get("pr", [""])[0] if parts.scheme == "weixin" else ""
    if parts.scheme in ("http", "https") and parts.path.startswith("/c/"):
        token = parts.path.removeprefix("/c/")
    return token if _TOKEN.fullmatch(token) else None


def gift(text: str) -> str | None:
    """The page of a red packet, coupon or group bill whose address was scanned."""
    parts = urlsplit(text.strip()[:512])
    named = parts.scheme in ("http", "https") and _GIFT.fullmatch(parts.path)
    return parts.path if named else None
