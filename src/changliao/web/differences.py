"""Where two signed texts first differ."""

from itertools import takewhile, zip_longest
from typing import Annotated, Final

from msgspec import Meta, Struct

_LINE: Final = 200
# Ends of lines are seen where they are the difference.
_SEEN: Final = {ord("\n"): "↵", ord("\r"): "␍"}


class Difference(Struct, frozen=True):
    """Where a signed text first differs from ours: what is the same in its line, and what not."""

    line: Annotated[int, Meta(ge=1)]
    same: str
    ours: str
    theirs: str


def first_difference(ours: str, theirs: str) -> Difference | None:
    """In the first line that differs; None where nothing is known of theirs, or nothing differs."""
    if not theirs:
        return None
    lines = (text.splitlines(keepends=True) for text in (ours, theirs))
    for number, (mine, other) in enumerate(zip_longest(*lines, fillvalue=""), 1):
        if mine != other:
            alike = takewhile(lambda two: two[0] == two[1], zip(mine, other, strict=False))
            same = mine[: sum(1 for _ in alike)]
            rest = [text[len(same) :].translate(_SEEN)[:_LINE] for text in (mine, other)]
            return Difference(number, same[-_LINE:], rest[0], rest[1])
    return None
