"""Tables for spreadsheets: CSV that opens with its characters right and runs nothing."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Final

from starlette.responses import Response

# What a spreadsheet would take for a formula.
_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")
# Without it some read UTF-8 as the machine's own charset.
_BOM: Final = "\ufeff"


def table(name: str, rows: Iterable[Sequence[str]]) -> Response:
    """A file to download."""
    written = StringIO()
    csv.writer(written).writerows(rows)
    return Response(
        (_BOM + written.getvalue()).encode(),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


def text(words: str) -> str:
    """Words of somebody else, never a formula."""
    return f"'{words}" if words.startswith(_FORMULAS) else words
