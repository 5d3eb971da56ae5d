"""Naming a value of a scenario file: `model.habit`, `event[1].goodwill`, `wallet[0].share`.

Also finding the line it stands on, so that a refusal can point at it.
"""

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final

from msgspec.structs import replace

_LISTS: Final = ("wallet", "platform", "people", "event", "calibrate", "variant", "fact", "tell")
_PART: Final = re.compile(r"([A-Za-z_]+)((?:\[\d+\])*)$")


class NoSuchPath(Exception):
    """Nothing has that name; the message says where it ended."""


def steps(path: str) -> list[str | int]:
    """The keys and places of a path. Raises NoSuchPath when it is not one."""
    found: list[str | int] = []
    for part in path.split("."):
        match = _PART.match(part)
        if match is None:
            raise NoSuchPath(f"{path!r} is not a path such as model.habit or event[1].goodwill")
        found.append(match[1])
        found += [int(place) for place in re.findall(r"\d+", match[2])]
    return ["market", *found] if found[0] in _LISTS else found


def changed(raw: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """A copy with these values at these paths. Raises NoSuchPath."""
    copy = deepcopy(raw)
    for path, value in values.items():
        *way, last = steps(path)
        holder: Any = copy
        for step in way:
            holder = _inside(holder, step, path)
        if isinstance(last, int):
            _inside(holder, last, path)
        elif not isinstance(holder, dict):
            raise NoSuchPath(f"{path!r}: there is nothing called {last!r}")
        holder[last] = value
    return copy


def _inside(holder: Any, step: str | int, path: str) -> Any:
    try:
        return holder[step]
    except (KeyError, IndexError, TypeError):
        raise NoSuchPath(f"{path!r}: there is no {step!r}") from None


def put(holder: Any, way: list[str | int], value: Any) -> Any:
    """A scenario with another value where a way leads, which must be there; it is not checked."""
    if not way:
        return value
    step, *rest = way
    if isinstance(step, int):
        return (*holder[:step], put(holder[step], rest, value), *holder[step + 1 :])
    if isinstance(holder, Mapping):
        return {**holder, step: put(holder.get(step), rest, value)}
    known = zip(holder.__struct_encode_fields__, holder.__struct_fields__, strict=True)
    name = dict(known)[step]
    return replace(holder, **{name: put(getattr(holder, name), rest, value)})


def line_of(text: str, way: list[str | int]) -> int:
    """The line, from 1, where a value begins, as near as its place in the text tells."""
    lines = text.splitlines()
    at = 0
    for step, after in zip(way, [*way, None][1:], strict=True):
        if isinstance(step, int):
            continue
        heading = re.compile(rf"^\s*\[+\s*(?:[\w.]+\.)?{re.escape(step)}\s*\]+")
        assigned = re.compile(rf"(?:^|[\s{{,]){re.escape(step)}\s*=")
        place = after if isinstance(after, int) else 0
        at = _seek(lines, at, heading, assigned, place)
    return at + 1


def _seek(
    lines: list[str], at: int, heading: re.Pattern[str], assigned: re.Pattern[str], place: int
) -> int:
    headings = [number for number, line in enumerate(lines) if heading.match(line)]
    if headings:
        return headings[min(place, len(headings) - 1)]
    for number in range(at, len(lines)):
        if not assigned.search(lines[number].split("#")[0]):
            continue
        tables = [row for row in range(number, len(lines)) if lines[row].lstrip().startswith("{")]
        inline = lines[number].split("#")[0].rstrip().endswith("[")
        return tables[place] if inline and place < len(tables) else number
    return at
