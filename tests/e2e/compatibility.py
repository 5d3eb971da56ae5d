"""What each SDK was seen to do, and docs/compatibility.md, which says so.

A protocol's tests declare a `Table`: a column for each SDK in each of its ways, a row for each
call. They `note` every call as it is made, and their last test calls `check`, which fails with the
new text when the document says something else. `make docs` writes it. To add an SDK, add its
column; to add a call, add its row; nothing else is kept anywhere. An SDK that this machine cannot
run keeps its column. All tests of one table run in one
process: mark them with `xdist_group`.
"""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "compatibility.md"
WORKED, NOT_OFFERED, NOT_SEEN = "✓", "–", " "
_HEAD: Final = """\
# Compatibility

Which calls of which SDK were made, unmodified, and understood by both sides. The tests write this
page (`make docs`) and fail when it is not what they saw; do not edit it. ✓ the call was made
and the SDK took the answer, – the SDK has no such call. How to set an SDK up: `docs/sdks/`. SDKs
for Go and Java are run where their toolchains are; elsewhere their columns stay as last seen.
"""


class Table:
    """One protocol's section: `columns` are names of SDKs, `calls` are rows with what they mean."""

    def __init__(self, title: str, columns: Sequence[str], calls: Mapping[str, str]) -> None:
        self.title = title
        self.columns = columns
        self.calls = calls
        self._seen: dict[tuple[str, str], str] = {}

    def note(self, column: str, call: str, result: str) -> None:
        """A call was made. A row or column that nobody declared is a mistake of the test."""
        assert column in self.columns, f"{column} is no column of {self.title}"
        assert call in self.calls, f"{call!r} is no row of {self.title}"
        self._seen[column, call] = result

    def check(self, document: Path = DOCUMENT) -> None:
        """The document says what was seen, in this section; what was not run is left as it was."""
        text = document.read_text("utf-8") if document.exists() else _HEAD
        if os.environ.get("WRITE_DOCS"):
            run = {column for column, _ in self._seen}
            kept = {cell: mark for cell, mark in self._read(text).items() if cell[0] not in run}
            document.write_text(self.written_into(text, kept), "utf-8")
            return
        wanted = self.written_into(text, self._read(text))
        assert text == wanted, f"{document.name} is stale; `make docs` writes:\n{wanted}"

    def written_into(self, text: str, before: Mapping[tuple[str, str], str]) -> str:
        """The document with this section as it is now, sections in the order of their titles."""
        parts = re.split(r"^(?=## )", text, flags=re.MULTILINE)[1:]
        sections = {part.splitlines()[0]: part.strip() for part in parts}
        sections[f"## {self.title}"] = self._section({**before, **self._seen})
        return "\n\n".join([_HEAD.strip(), *(sections[name] for name in sorted(sections))]) + "\n"

    def _section(self, cells: Mapping[tuple[str, str], str]) -> str:
        lines = [["call", "what it is", *self.columns], ["---"] * 2 + [":-:"] * len(self.columns)]
        for call, meaning in self.calls.items():
            marks = [cells.get((column, call), NOT_SEEN) for column in self.columns]
            lines.append([call, meaning, *marks])
        rows = ["| " + " | ".join(line) + " |" for line in lines]
        return "\n".join([f"## {self.title}", "", *rows])

    def _read(self, text: str) -> dict[tuple[str, str], str]:
        """The cells of this section as the document has them."""
        section = text.partition(f"## {self.title}\n")[2].partition("\n## ")[0]
        lines = [line for line in section.splitlines() if line.startswith("|")]
        rows = [[cell.strip() for cell in line[1:-1].split("|")] for line in lines]
        if not rows:
            return {}
        columns = rows[0][2:]
        return {
            (column, row[0]): mark or NOT_SEEN
            for row in rows[2:]
            for column, mark in zip(columns, row[2:], strict=True)
        }
