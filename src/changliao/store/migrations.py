"""Migrations: numbered, forward only, never edited once released.

`NNNN_title.sql` holds the shared text; `NNNN_title.<engine>.sql` what only one engine needs. The
text is a plain sequence of statements, each ended by a semicolon at the end of a line.
"""

import re
from importlib import resources
from typing import Final

from msgspec import Struct

from changliao.store.engine import Unavailable

TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS migrations ("
    "name TEXT NOT NULL, at_us BIGINT NOT NULL, PRIMARY KEY (name))"
)
_COMMENT: Final = re.compile(r"--[^\n]*")
_END: Final = re.compile(r";[ \t]*(?:\n|$)")


class Migration(Struct, frozen=True):
    """One numbered step for one engine."""

    name: str
    statements: tuple[str, ...]


def missing(done: set[str], engines: tuple[str, ...]) -> list[Migration]:
    """What a database in which `done` were applied still lacks. Raises Unavailable.

    What this program does not know it must not write to: a newer one made it.
    """
    known = all_of(engines)
    unknown = done - {one.name for one in known}
    if unknown:
        raise Unavailable(
            f"a newer version of this program made it ({max(unknown)}): update the program"
        )
    return [one for one in known if one.name not in done]


def all_of(engines: tuple[str, ...]) -> list[Migration]:
    """Every migration in order; `engines` are the engine's name and what it builds on."""
    folder = resources.files("changliao.store") / "schema"
    texts = {entry.name: entry.read_text("utf-8") for entry in folder.iterdir()}
    names = sorted(name[:-4] for name in texts if name.endswith(".sql") and name.count(".") == 1)
    migrations = []
    for name in names:
        files = [f"{name}.sql", *(f"{name}.{engine}.sql" for engine in engines)]
        statements = [one for file in files if file in texts for one in statements_of(texts[file])]
        migrations.append(Migration(name, tuple(statements)))
    return migrations


def statements_of(text: str) -> list[str]:
    """The statements of one file, without comments."""
    return [part.strip() for part in _END.split(_COMMENT.sub("", text)) if part.strip()]
