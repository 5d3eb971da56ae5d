"""Reading a scenario file; what cannot be played is refused with its line, reason and mend."""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final, get_args

import msgspec

from changliao.sim import facts, paths
from changliao.sim import scenario as scenarios
from changliao.sim.bounds import Found, Way, out_of_bounds
from changliao.sim.calibration import Impossible
from changliao.sim.happenings import of_events, unknown
from changliao.sim.result import Result, empty
from changliao.sim.scenario import (
    MOST_CALIBRATED,
    MOST_DAYS,
    MOST_EVENTS,
    MOST_FACTS,
    MOST_OPTIONAL_WALLETS,
    MOST_PEOPLE,
    MOST_PLATFORMS,
    MOST_SEED,
    MOST_TABLE,
    MOST_USERS,
    MOST_VARIANTS,
    TERMINALS,
    Enter,
    Merge,
    Scenario,
    Strict,
)

MOST_BYTES: Final = 1_000_000
_CLOSE: Final = 1e-6
_TABLES: Final[Mapping[str, type[Strict]]] = {
    "scenario": scenarios.About, "model": scenarios.Model, "market": scenarios.Market,
    "wallet": scenarios.Wallet, "platform": scenarios.Platform, "people": scenarios.People,
    "calibrate": scenarios.Calibrate, "variant": scenarios.Variant, "fact": scenarios.Fact,
    "tell": scenarios.Tell,
}  # fmt: skip
_MOST: Final[Mapping[str, int]] = {
    "event": MOST_EVENTS, "variant": MOST_VARIANTS, "fact": MOST_FACTS, "tell": MOST_FACTS,
    "calibrate": MOST_CALIBRATED,
}  # fmt: skip
_EVENTS: Final[Mapping[str, type[Strict]]] = {
    str(one.__struct_config__.tag): one for one in get_args(scenarios.Happening)
}

_WANTED: Final[Mapping[facts.Kind, str]] = {
    "truth": "a fact is true or false: compare, as in competitors(30) > 2",
    "number": "a number is asked for here, as flow(10, 'big', 'small')",
}


class Problem(msgspec.Struct, frozen=True):
    """One thing to mend; `line` is 0 when it has no place."""

    line: int
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}" if self.line else self.message


class Unplayable(Exception):
    """The file cannot be played; `problems` says why."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        return "; ".join(map(str, self.problems))


class File(msgspec.Struct, frozen=True):
    """A file as read: its text, its tables, and the scenario they make."""

    text: str
    raw: dict[str, Any]
    scenario: Scenario

    def changed(self, values: dict[str, Any]) -> "File":
        """The same with other values at some paths. Raises Unplayable."""
        try:
            raw = paths.changed(self.raw, values)
        except paths.NoSuchPath as error:
            raise Unplayable([Problem(0, str(error))]) from error
        return _checked(self.text, raw)

    def variant(self, name: str) -> "File":
        """One of the file's own variants. Raises Unplayable."""
        for one in self.scenario.market.variant:
            if one.id == name:
                file = self.changed(dict(one.set))
                kept = [
                    event
                    for event in file.raw["market"].get("event", [])
                    if event.get("id", "") not in one.without or not event.get("id")
                ]
                return _checked(self.text, paths.changed(file.raw, {"market.event": kept}))
        known = ", ".join(one.id for one in self.scenario.market.variant) or "none"
        raise Unplayable([Problem(0, f"no variant is called {name!r}; there are: {known}")])

    def place_in(self, name: str, path: str) -> Way | None:
        """Where a variant has what the file has at a path; None: it has something else there."""
        way = paths.steps(path)
        for variant in self.scenario.market.variant:
            if variant.id != name:
                continue
            for other in map(paths.steps, variant.set):
                if other[: len(way)] == way[: len(other)]:
                    return None
            if way[:2] == ["market", "event"] and isinstance(way[2], int):
                gone = [one.id in variant.without for one in self.scenario.market.event]
                if gone[way[2]]:
                    return None
                way[2] -= sum(gone[: way[2]])
        return way


def load(path: Path) -> File:
    """Raises Unplayable, or OSError when it cannot be read."""
    with path.open("rb") as file:
        read = file.read(MOST_BYTES + 1)
    if len(read) > MOST_BYTES:
        raise Unplayable([Problem(0, f"the file is larger than {MOST_BYTES:,} bytes")])
    try:
        return parse(read.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Unplayable([Problem(0, f"the file is not UTF-8: {error}")]) from error


def story() -> str:
    """The opening story's scenario."""
    return (resources.files("changliao.sim") / "scenarios" / "story.toml").read_text("utf-8")


def parse(text: str, progress: Callable[[int], None] = lambda day: None) -> File:
    """A file's text. Raises Unplayable. `progress` is told of day 0 as it is read."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Unplayable([_of_toml(error)]) from error
    except (ValueError, RecursionError) as error:
        # A number of more digits than Python reads, or brackets in brackets in brackets.
        raise Unplayable([Problem(0, f"not TOML: {error}")]) from error
    file = _checked(text, raw)
    problems = list(_of_variants(file, progress)) or [
        Problem(paths.line_of(text, way), message) for way, message in _of_questions(file, progress)
    ]
    if problems:
        raise Unplayable(problems)
    return file


def unfit(text: str, error: Impossible) -> Problem:
    """Why a file that could be read cannot be fitted, at the line that has to be mended."""
    return Problem(paths.line_of(text, error.way) if error.way else 0, str(error))


def _of_toml(error: tomllib.TOMLDecodeError) -> Problem:
    message, _, place = str(error).partition(" (at line ")
    number = place.split(",")[0]
    return Problem(int(number) if number.isdigit() else 0, f"not TOML: {message}")


def _checked(text: str, raw: dict[str, Any]) -> File:
    try:
        scenario = msgspec.convert(raw, Scenario, strict=False)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$")
        way = _way(place.rstrip("`"))
        if "unknown field" in message:
            way.append(message.split("`")[1])
        raise Unplayable([Problem(paths.line_of(text, way), _kinder(message, raw, way))]) from error
    problems = [Problem(paths.line_of(text, way), message) for way, message in _problems(scenario)]
    if problems:
        raise Unplayable(problems)
    return File(text, raw, scenario)


def _way(place: str) -> Way:
    return paths.steps(place.lstrip(".").replace("[...]", "")) if place else []


def _kinder(message: str, raw: Any, way: Way) -> str:
    """What msgspec says, with the key's name and the mend."""
    names = [step for step in way if isinstance(step, str)]
    if "unknown field" in message:
        known = _fields(raw, way[:-1])
        close = get_close_matches(names[-1], known, 1)
        mend = f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(known)}"
        return f"unknown key {names[-1]!r}: {mend}"
    if "missing required" in message:
        return f"{message.split('`')[1]} is missing"
    if "Invalid value" in message:
        return unknown("event type", message.split("'")[1], set(_EVENTS))
    if "Invalid enum value" in message:
        return f"appeal is sum or average, not {message.split(chr(39))[1]!r}"
    return f"{names[-1]}: {message}" if names else message


def _fields(raw: Any, way: Way) -> tuple[str, ...]:
    """What keys the table there may have."""
    table: type[Strict] = Scenario
    match way:
        case ["market", "event", int(place)]:
            table = _EVENTS[raw["market"]["event"][place]["type"]]
        case ["market", kind, int()]:
            table = _TABLES[str(kind)]
        case [name]:
            table = _TABLES[str(name)]
    return table.__struct_encode_fields__


def _problems(scenario: Scenario) -> Found:
    too_large = list(_of_size(scenario))
    yield from too_large
    if too_large:
        return
    yield from out_of_bounds(scenario)
    yield from _of_names(scenario)
    yield from _of_shares(scenario)
    yield from of_events(scenario)


def _of_size(scenario: Scenario) -> Found:
    about, market = scenario.about, scenario.market
    if not 1 <= about.days <= MOST_DAYS:
        yield ["scenario", "days"], f"from 1 to {MOST_DAYS} days"
    if not 1 <= about.users <= MOST_USERS:
        yield ["scenario", "users"], f"from 1 to {MOST_USERS:,} users"
    if not 0 <= about.seed <= MOST_SEED:
        yield ["scenario", "seed"], f"from 0 to {MOST_SEED:,}"
    comers = [one for one in market.event if isinstance(one, Enter | Merge)]
    platforms = len(market.platform) + len(comers)
    if not market.platform or platforms > MOST_PLATFORMS:
        yield (
            ["market", "platform"],
            f"{platforms} platforms with those that come later; from 1 to {MOST_PLATFORMS}",
        )
    if not 1 <= len(market.people) <= MOST_PEOPLE:
        yield ["market", "people"], f"from 1 to {MOST_PEOPLE} classes of people"
    for kind, most in _MOST.items():
        if (count := len(getattr(market, kind))) > most:
            yield ["market", kind], f"{count} of these; at most {most}"
    optional = sum(wallet.share < 1 for wallet in market.wallet)
    if optional > MOST_OPTIONAL_WALLETS:
        yield (
            ["market", "wallet"],
            f"{optional} wallets that not everybody holds make {1 << optional} sets of wallets; "
            f"at most {MOST_OPTIONAL_WALLETS}: give the small ones share = 1.0 or leave them out",
        )
        return
    kinds = 2 * len(market.people) << optional
    chances = len(TERMINALS) * kinds * platforms * max(platforms, len(market.wallet))
    if chances > MOST_TABLE:
        yield (
            ["market", "platform"],
            f"{chances:,} chances a day: {kinds} kinds of people at {platforms} platforms; at most "
            f"{MOST_TABLE:,}: have fewer platforms, classes of people or wallets of some",
        )


def _of_names(scenario: Scenario) -> Found:
    market = scenario.market
    for kind in ("wallet", "platform", "people", "variant", "fact"):
        seen: set[str] = set()
        for place, one in enumerate(getattr(market, kind)):
            if not one.id or one.id in seen:
                yield ["market", kind, place], f"the id {one.id!r} is empty or used twice"
            seen.add(one.id)
    wallets = {wallet.id for wallet in market.wallet}
    platforms = {platform.id for platform in market.platform}
    for place, platform in enumerate(market.platform):
        for name in platform.accepts:
            if name not in wallets:
                yield ["market", "platform", place], unknown("wallet", name, wallets)
    for place, people in enumerate(market.people):
        for name in people.taste:
            if name not in platforms:
                yield ["market", "people", place], unknown("platform", name, platforms)


def _of_shares(scenario: Scenario) -> Found:
    for kind in ("platform", "people"):
        shares = [one.share for one in getattr(scenario.market, kind)]
        wrong = [place for place, share in enumerate(shares) if not 0 < share <= 1]
        for place in wrong:
            yield ["market", kind, place], f"share of a {kind} is above 0 and at most 1"
        if not wrong and shares and abs(sum(shares) - 1) > _CLOSE:
            yield ["market", kind], f"the shares add up to {sum(shares):.6g}, not to 1"


def _of_questions(file: File, progress: Callable[[int], None]) -> Found:
    """Each is put to a run of nothing: what that does not know, no run will."""
    market = file.scenario.market
    names = {one.id for one in market.variant}

    @cache
    def nothing(variant: str) -> Result:
        return empty((file.variant(variant) if variant else file).scenario)

    for place, fact in enumerate(market.fact):
        progress(0)
        for message in _unanswerable(fact.test, "truth", nothing, names):
            yield ["market", "fact", place], message
    for place, told in enumerate(market.tell):
        progress(0)
        for message in _unanswerable(told.value, "number", nothing, names):
            yield ["market", "tell", place], message
    for place, one in enumerate(market.calibrate):
        for message in _unanswerable(one.moment, "number", nothing, set()):
            yield ["market", "calibrate", place], message
        if not one.low < one.high:
            yield ["market", "calibrate", place], "low must be below high"


def _unanswerable(
    text: str, kind: facts.Kind, nothing: Callable[[str], Result], variants: set[str]
) -> Iterator[str]:
    """Why an expression is no question to this scenario, if it is none."""
    try:
        asked = facts.compiled(text)
    except facts.NotAQuestion as error:
        yield str(error)
        return
    if asked.kind != kind:
        yield _WANTED[kind]
    missing = asked.variants - variants
    for name in missing:
        yield unknown("variant", name, variants)
    if not missing:
        yield from asked.problems(nothing)


def _of_variants(file: File, progress: Callable[[int], None]) -> Iterator[Problem]:
    """Every variant and every parameter that is fitted can be played too."""
    market = file.scenario.market
    ids = {event.id for event in market.event if event.id}
    for place, one in enumerate(market.variant):
        progress(0)
        line = paths.line_of(file.text, ["market", "variant", place])
        for name in one.without:
            if name not in ids:
                yield Problem(line, unknown("event", name, ids))
        try:
            file.variant(one.id)
        except Unplayable as error:
            yield from (Problem(line, f"{one.id}: {problem}") for problem in error.problems)
    for place, calibrated in enumerate(market.calibrate):
        try:
            file.changed({calibrated.vary: calibrated.high})
        except Unplayable as error:
            line = paths.line_of(file.text, ["market", "calibrate", place])
            yield from (Problem(line, f"vary: {problem}") for problem in error.problems)
