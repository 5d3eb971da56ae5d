"""Code 128: a reader gets back every pair of digits."""

import io

import pytest
import zxingcpp
from PIL import Image, ImageDraw

from changliao.web import barcode

SCALE, HEIGHT, QUIET = 3, 90, 10


def drawn(digits: str) -> Image.Image:
    widths = [one for symbol in barcode.symbols(digits) for one in barcode.widths(symbol)]
    image = Image.new("L", ((sum(widths) + 2 * QUIET) * SCALE, HEIGHT), 255)
    pen, at = ImageDraw.Draw(image), QUIET
    for place, width in enumerate(widths):
        if place % 2 == 0:
            pen.rectangle((at * SCALE, 0, (at + width) * SCALE - 1, HEIGHT), 0)
        at += width
    return image


@pytest.mark.parametrize("first", range(0, 100, 9))
def test_a_reader_gets_the_digits_back(first: int) -> None:
    digits = "".join(f"{pair % 100:02d}" for pair in range(first, first + 9))
    found = zxingcpp.read_barcodes(drawn(digits))
    assert [one.text for one in found] == [digits]


def test_only_pairs_of_digits_are_drawn() -> None:
    for wrong in ("123", "12a4", "１２"):
        with pytest.raises(ValueError, match="pairs"):
            barcode.symbols(wrong)


def test_the_picture_carries_its_label_safely() -> None:
    svg = str(barcode.code128("1234", "<a>&b"))
    assert "<title>&lt;a&gt;&amp;b</title>" in svg
    assert io.StringIO(svg).read().count("<svg") == 1
