"""Insight of a file of payments instead of a network: the same questions, the same answers.

Nothing is withheld: who has the file has every row of it.
"""

from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import msgspec

from changliao.commands.options import fail
from changliao.core.market import Period
from changliao.core.money import CNY
from changliao.doors.rest.errors import Problem
from changliao.doors.rest.market import (
    active_shown,
    bounds_of,
    cohort_shown,
    concentration_shown,
    date_of,
    flow_shown,
    merged_of,
    share_shown,
)
from changliao.market import concentration, figures, files
from changliao.market.figures import Asked
from changliao.market.files import Book, Unreadable

_ANSWERS: Final = ("shares", "active", "flows", "cohorts", "concentration")


class FileOffice:
    """Answers what an office of a network would, from a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._book: Book | None = None

    def days(self) -> tuple[str, str]:
        """The first and the last day of its payments."""
        book = self._read()
        return date_of(book.first), date_of(book.last)

    def get(self, path: str) -> Any:
        """The answer; what a file does not say ends the command."""
        parts = urlsplit(path)
        what, query = parts.path.rpartition("/")[2], dict(parse_qsl(parts.query))
        if what not in _ANSWERS:
            fail(f"{what} needs a network: a file knows nothing of what platforms take", 2)
        try:
            return {"data": msgspec.to_builtins(_answer(self._read(), what, query))}
        except Problem as error:
            fail(f"{error.field}: {error.detail}", 2)

    def _read(self) -> Book:
        if self._book is None:
            try:
                self._book = files.read(self._path)
            except (Unreadable, OSError) as error:
                fail(str(error), 2)
        return self._book


def _answer(book: Book, what: str, query: dict[str, str]) -> list[Any]:
    if what == "cohorts":
        return [cohort_shown(one) for one in figures.cohorts(book.sums, 0)]
    every = Period[query["every"].upper()]
    bounds = bounds_of(query["first"], query["last"], query["every"])
    if query.get("currency", CNY.code) != CNY.code:
        raise Problem("malformed", "a file is in fen, which is CNY", "currency")
    by = next(one for one in figures.DIMENSIONS if one == query.get("by", "platform"))
    asked = Asked(*bounds, every, by, CNY.number, 0, 0)
    if what == "active":
        return [active_shown(one, every) for one in figures.active(book.sums, asked)]
    if what == "flows" and every is Period.DAY:
        raise Problem("malformed", "flows are of weeks or months", "every")
    if what == "flows":
        return [flow_shown(one, every) for one in figures.flows(book.sums, book.names, asked)]
    found = figures.shares(book.sums, book.names, asked)
    if what == "shares":
        return [share_shown(one, every) for one in found]
    merged = merged_of(query.get("merge", ""), found)
    name = query["thresholds"]
    known = concentration.thresholds().get(name)
    if known is None:
        raise Problem("malformed", f"one of {', '.join(concentration.thresholds())}", "thresholds")
    measure = next(one for one in concentration.MEASURES if one == query["measure"])
    rows = concentration.by_period(found, measure, merged, 0)
    return [concentration_shown(one, every, name, known) for one in rows]
