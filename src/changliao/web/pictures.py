"""Pictures of codes: read here for browsers that cannot, never kept.

Source: WEB.md §5. A picture is small, because every form is (security.FORM_LIMIT); what it would
unpack to has a limit of its own, asked before it is unpacked. Where the libraries are not installed
(`pip install changliao[scan]`) nothing is read, and the page offers no picture.
"""

import io
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from changliao.core.clock import SECOND, Instant
from changliao.web.security import FORM_LIMIT

MOST_PIXELS: Final = 4_000_000
MOST_A_SECOND: Final = 8
_FORMATS: Final = ("JPEG", "PNG", "WEBP")


class NotAPicture(Exception):
    """No picture, or one that is too large to be looked at."""


class Pace:
    """How many pictures somebody sends in a second; older seconds are forgotten."""

    def __init__(self) -> None:
        self._second = 0
        self._sent: dict[int, int] = {}

    def allows(self, user_id: int, now: Instant) -> bool:
        """Is one more within the limit? It is counted."""
        if now // SECOND != self._second:
            self._second, self._sent = now // SECOND, {}
        self._sent[user_id] = self._sent.get(user_id, 0) + 1
        return self._sent[user_id] <= MOST_A_SECOND


def readable() -> bool:
    """Can pictures be read here?"""
    return _reader() is not None


def read_code(body: bytes) -> str:
    """The text of the QR code in a picture, "" when there is none. Raises NotAPicture."""
    reader = _reader()
    if reader is None or len(body) > FORM_LIMIT:
        raise NotAPicture
    return reader(body)


@cache
def _reader() -> Callable[[bytes], str] | None:
    try:
        import zxingcpp
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        return None
    broken: tuple[type[Exception], ...] = (
        UnidentifiedImageError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
        OSError,
        SyntaxError,
        ValueError,
    )
    only = zxingcpp.barcode_formats_from_str("QRCode")

    def read(body: bytes) -> str:
        try:
            with Image.open(io.BytesIO(body), formats=_FORMATS) as found:
                if found.width * found.height > MOST_PIXELS:
                    raise NotAPicture
                grey: Any = found.convert("L")
        except broken as error:
            raise NotAPicture from error
        codes = zxingcpp.read_barcodes(grey, formats=only)
        return str(codes[0].text) if codes else ""

    return read
