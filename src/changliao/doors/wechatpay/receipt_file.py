"""A receipt as a PDF: the same facts give the same bytes, so its digest can be told.

No font is in the file: it names one of the Chinese fonts that readers know by themselves, and the
text is UTF-16. Source: ISO 32000-1, 7.5 (file structure), 9.7.5.2 (predefined CMaps).
"""

from collections.abc import Sequence
from typing import Final

_WIDTH, _HEIGHT, _MARGIN = 595, 421, 48  # A5 on its side, in points
_TITLE, _TEXT, _LINE = 18, 10, 24
_LABEL_WIDTH: Final = 120
# As many Chinese characters of a value as fit on a line.
_ON_LINE: Final = (_WIDTH - 2 * _MARGIN - _LABEL_WIDTH) // _TEXT
_FIRST: Final = _HEIGHT - _MARGIN - _TITLE - _LINE
_LINES: Final = (_FIRST - _MARGIN - _LINE) // _LINE + 1
_PAGES_FROM: Final = 6  # each page is an object, and its content the next one
_FONT: Final = (
    "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UTF16-H"
    " /DescendantFonts [4 0 R] >>",
    "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /DW 1000"
    " /W [1 95 500] /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >>"
    " /FontDescriptor 5 0 R >>",
    "<< /Type /FontDescriptor /FontName /STSong-Light /Flags 4 /FontBBox [-25 -254 1000 880]"
    " /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>",
)


def pdf(title: str, rows: Sequence[tuple[str, str]], note: str) -> bytes:
    """A line for each label and its value; on every page the title, and a note at the foot."""
    lines: list[tuple[str, str]] = []
    for label, value in rows:
        parts = [value[at : at + _ON_LINE] for at in range(0, len(value) or 1, _ON_LINE)]
        lines += zip([label, *[""] * (len(parts) - 1)], parts, strict=True)
    starts = range(0, len(lines) or 1, _LINES)
    pages = [_page(title, lines[start : start + _LINES], note) for start in starts]
    kids = " ".join(f"{_PAGES_FROM + 2 * place} 0 R" for place in range(len(pages)))
    objects = ["<< /Type /Catalog /Pages 2 0 R >>"]
    objects += [f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>", *_FONT]
    for content in pages:
        objects += [
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {_WIDTH} {_HEIGHT}]"
            f" /Contents {len(objects) + 2} 0 R /Resources << /Font << /F 3 0 R >> >> >>",
            f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
        ]
    return _file(objects)


def _page(title: str, lines: Sequence[tuple[str, str]], note: str) -> str:
    drawn = [_text(_MARGIN, _HEIGHT - _MARGIN - _TITLE, _TITLE, title)]
    for place, (label, value) in enumerate(lines):
        at = _FIRST - place * _LINE
        if label:
            drawn.append(_text(_MARGIN, at, _TEXT, label))
        drawn.append(_text(_MARGIN + _LABEL_WIDTH, at, _TEXT, value))
    return "\n".join([*drawn, _text(_MARGIN, _MARGIN, _TEXT, note)])


def _text(left: int, bottom: int, size: int, text: str) -> str:
    shown = text.encode("utf-16-be", "replace").hex().upper()
    return f"BT /F {size} Tf {left} {bottom} Td <{shown}> Tj ET"


def _file(objects: Sequence[str]) -> bytes:
    body = "%PDF-1.5\n"
    places = []
    for number, one in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n{one}\nendobj\n"
    size = len(objects) + 1
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    end = f"xref\n0 {size}\n0000000000 65535 f \n{table}"
    end += f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n"
    return (body + end).encode("ascii")
