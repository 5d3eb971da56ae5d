"""Named SQL statements: one text for every engine, read once from queries/*.sql.

A statement that works on many rows at once names them in a comment, `-- input: a bigint, b text`,
and reads them from a table called `input`. Each engine puts a `WITH input` of its own in front, so
the SQL itself is the same. `-- guarded: yes` says that every input row must change one row: fewer
is a lost race. Other statements take named parameters, `:like_this`. `<subject>.<engine>.sql`
overrides a name where an engine has its own wording.
"""

import re
from functools import cache
from importlib import resources
from typing import Final

from msgspec import Struct

_NAME: Final = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
_NOTE: Final = re.compile(r"^-- (input|guarded|returns): (.+)$", re.MULTILINE)


class Column(Struct, frozen=True):
    """A column of `input` and its SQL type."""

    name: str
    type: str


class Statement(Struct, frozen=True):
    """`input` is empty for a statement with named parameters."""

    name: str
    text: str
    input: tuple[Column, ...] = ()
    guarded: bool = False
    returns: bool = False


@cache
def load(engine: str) -> dict[str, Statement]:
    """Every statement by name, with this engine's own wording where it has one."""
    folder = resources.files("changliao.store") / "queries"
    files = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    shared = [name for name in files if name.count(".") == 1]
    own = [name for name in files if name.endswith(f".{engine}.sql")]
    found: dict[str, Statement] = {}
    for name in shared + own:
        for statement in parse((folder / name).read_text("utf-8")):
            found[statement.name] = statement
    return found


def parse(text: str) -> list[Statement]:
    """The statements of one file. Raises ValueError for a note this loader does not know."""
    parts = _NAME.split(text)
    return [_statement(name, body) for name, body in zip(parts[1::2], parts[2::2], strict=True)]


def _statement(name: str, body: str) -> Statement:
    notes = dict(_NOTE.findall(body))
    columns = tuple(
        Column(*column.split()) for column in notes.get("input", "").split(", ") if column
    )
    return Statement(
        name=name,
        text=_NOTE.sub("", body).strip().rstrip(";"),
        input=columns,
        guarded=notes.get("guarded") == "yes",
        returns=notes.get("returns") == "yes",
    )
