"""Pictures of codes are read; what is none, or is too large, is refused and never unpacked."""

import io
import zlib

import pytest
import segno
from PIL import Image

from changliao.core.clock import SECOND, Instant
from changliao.web import pictures
from changliao.web.pictures import MOST_A_SECOND, NotAPicture, Pace, read_code
from changliao.web.security import FORM_LIMIT

TEXT = "weixin://wxpay/bizpayurl?pr=abc"


def png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def code(kind: str = "png") -> bytes:
    drawn = io.BytesIO()
    segno.make_qr(TEXT, error="m").save(drawn, kind="png", scale=4, border=4)
    if kind == "png":
        return drawn.getvalue()
    out = io.BytesIO()
    Image.open(drawn).convert("RGB").save(out, kind, quality=60)
    return out.getvalue()


def huge() -> bytes:
    """A few bytes that would be a picture of 400 million points."""
    plain = png(Image.new("1", (1, 1)))
    size = (20_000).to_bytes(4, "big") * 2
    head = b"IHDR" + size + plain[24:29]
    return plain[:12] + head + zlib.crc32(head).to_bytes(4, "big") + plain[33:]


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_a_code_is_read_off_a_picture(kind: str) -> None:
    assert pictures.readable()
    assert read_code(code(kind)) == TEXT


def test_a_picture_without_a_code_has_none() -> None:
    assert read_code(png(Image.new("RGB", (64, 64), "white"))) == ""


@pytest.mark.parametrize(
    "body",
    [b"", b"GIF89a", b"<svg onload=alert(1)>", b"\x89PNG\r\n\x1a\n", code()[:60],
     code("jpeg")[:200], b"\0" * (FORM_LIMIT + 1), huge()],
    ids=["empty", "gif", "svg", "png head", "cut png", "cut jpeg", "too many bytes", "huge"],
)  # fmt: skip
def test_what_is_no_picture_or_too_large_is_refused(body: bytes) -> None:
    with pytest.raises(NotAPicture):
        read_code(body)


def test_somebody_sends_so_many_a_second_and_no_more() -> None:
    pace, now = Pace(), Instant(7 * SECOND)
    sent = [pace.allows(1, now) for _ in range(MOST_A_SECOND + 1)]
    assert sent == [True] * MOST_A_SECOND + [False]
    assert pace.allows(2, now)
    assert pace.allows(1, Instant(8 * SECOND))
