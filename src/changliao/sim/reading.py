"""Reading a scenario file; what cannot be played is refused with its line, reason and mend."""

import tomllib
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import msgspec

from changliao.sim import facts, paths
from changliao.sim import scenario as scenarios
from changliao.sim.scenario import (
    MOST_DAYS,
    MOST_OPTIONAL_WALLETS,
    MOST_PLATFORMS,
    MOST_USERS,
    Enter,
    Event,
    Exit,
    Merge,
    Scenario,
    Strict,
)

MOST_BYTES: Final = 1_000_000
_CLOSE: Final = 1e-6
_TABLES: Final[list[type[Strict]]] = [
    one for one in vars(scenarios).values() if isinstance(one, type) and issubclass(one, Strict)
]
_BOUNDS: Final = (
    (
        ("model",),
        ("visit_rate", "mobile", "forgive", "contagion"),
        (0.0, 1.0),
        "is a share: from 0 to 1",
    ),
    (
        ("wallet", "event"),
        ("share", "outrage", "p", "q"),
        (0.0, 1.0),
        "is a share: from 0 to 1",
    ),
    (
        ("model",),
        ("presence_half_life", "goodwill_half_life", "wallet_scale"),
        (1e-6, 1e6),
        "must be above 0",
    ),
    (
        ("model",),
        ("habit", "network", "boycott_cost", "boycott_wallet", "subsidy_effect"),
        (-50.0, 50.0),
        "is in logits: from -50 to 50",
    ),
    (
        ("wallet", "event"),
        ("goodwill", "appeal", "amount", "subsidy", "budget", "pc", "mobile"),
        (-1e15, 1e15),
        "must be a finite number",
    ),
)
Way = list[str | int]
Found = Iterator[tuple[Way, str]]


class Problem(msgspec.Struct, frozen=True):
    """One thing to mend; `line` is 0 when it has no place."""

    line: int
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}" if self.line else self.message


class Unplayable(Exception):
    """The file cannot be played; `problems` says why."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


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


def load(path: Path) -> File:
    """Raises Unplayable, or OSError when it cannot be read."""
    if path.stat().st_size > MOST_BYTES:
        raise Unplayable([Problem(0, f"the file is larger than {MOST_BYTES:,} bytes")])
    try:
        return parse(path.read_text("utf-8"))
    except UnicodeDecodeError as error:
        raise Unplayable([Problem(0, f"the file is not UTF-8: {error}")]) from error


def parse(text: str) -> File:
    """A file's text. Raises Unplayable."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Unplayable([_of_toml(error)]) from error
    return _checked(text, raw)


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
    return paths.steps(place.lstrip(".")) if place else []


def _kinder(message: str, raw: Any, way: Way) -> str:
    """What msgspec says, with a guess when a key is misspelt."""
    if "unknown field" not in message:
        return message
    key = message.split("`")[1]
    known = {field for table in _TABLES for field in table.__struct_encode_fields__}
    close = get_close_matches(key, known, 1)
    return f"unknown key {key!r}" + (f": did you mean {close[0]!r}?" if close else "")


def _problems(scenario: Scenario) -> Found:
    yield from _of_size(scenario)
    yield from _of_numbers(scenario)
    yield from _of_names(scenario)
    yield from _of_shares(scenario)
    yield from _of_events(scenario)
    yield from _of_questions(scenario)


def _of_size(scenario: Scenario) -> Found:
    about, market = scenario.about, scenario.market
    if not 1 <= about.days <= MOST_DAYS:
        yield ["scenario", "days"], f"from 1 to {MOST_DAYS} days"
    if not 1 <= about.users <= MOST_USERS:
        yield ["scenario", "users"], f"from 1 to {MOST_USERS:,} users"
    if not 1 <= len(market.platform) <= MOST_PLATFORMS:
        yield ["market", "platform"], f"from 1 to {MOST_PLATFORMS} platforms"
    optional = sum(wallet.share < 1 for wallet in market.wallet)
    if optional > MOST_OPTIONAL_WALLETS:
        yield (
            ["market", "wallet"],
            f"{optional} wallets that not everybody holds make {1 << optional} sets of wallets; "
            f"at most {MOST_OPTIONAL_WALLETS}: give the small ones share = 1.0 or leave them out",
        )


def _of_numbers(scenario: Scenario) -> Found:
    parts: dict[str, list[tuple[Way, Any]]] = {"model": [(["model"], scenario.model)]}
    for kind in ("wallet", "event"):
        ones = enumerate(getattr(scenario.market, kind))
        parts[kind] = [(["market", kind, place], one) for place, one in ones]
    for kinds, names, bounds, say in _BOUNDS:
        for way, one in (part for kind in kinds for part in parts[kind]):
            yield from _outside(one, way, names, bounds, say)


def _outside(
    one: Any, way: Way, names: tuple[str, ...], bounds: tuple[float, float], say: str
) -> Found:
    for name in names:
        value = getattr(one, name, None)
        if isinstance(value, float | int) and not bounds[0] <= value <= bounds[1]:
            yield [*way, name], f"{name} {say}"


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
                yield ["market", "platform", place], _unknown("wallet", name, wallets)
    for place, people in enumerate(market.people):
        for name in people.taste:
            if name not in platforms:
                yield ["market", "people", place], _unknown("platform", name, platforms)


def _of_shares(scenario: Scenario) -> Found:
    for kind in ("platform", "people"):
        shares = [one.share for one in getattr(scenario.market, kind)]
        if any(not 0 < share <= 1 for share in shares):
            yield ["market", kind], f"every share of a {kind} is above 0 and at most 1"
        elif abs(sum(shares) - 1) > _CLOSE:
            yield ["market", kind], f"the shares add up to {sum(shares):.6g}, not to 1"


def _of_events(scenario: Scenario) -> Found:
    market = scenario.market
    wallets = {wallet.id for wallet in market.wallet}
    groups = {one.group or one.id for one in market.platform} | {one.group for one in market.wallet}
    presence = Presence({platform.id for platform in market.platform})
    day = 1
    for place, event in enumerate(market.event):
        way: Way = ["market", "event", place]
        if event.day < day:
            yield way, f"day {event.day} stands after day {day}: events stand in their order"
        if not 1 <= event.day <= scenario.about.days:
            yield way, f"day {event.day} is not among the {scenario.about.days} days"
        day = max(day, event.day)
        for message in (*_misnamed(event, wallets, groups), *presence.problems(event)):
            yield way, message


def _misnamed(event: Event, wallets: set[str], groups: set[str]) -> Iterator[str]:
    named = [*getattr(event, "accepts", ())]
    if hasattr(event, "wallet"):
        named.append(event.wallet)
    for name in named:
        if name not in wallets:
            yield _unknown("wallet", name, wallets)
    target = getattr(event, "target", "")
    if target and target not in groups:
        yield _unknown("group", target, groups)
    if getattr(event, "outrage", 0) and not target:
        yield "outrage needs a target: the group that is boycotted"


class Presence:
    """Which platforms there are, event by event."""

    def __init__(self, there: set[str]) -> None:
        self._there = there
        self._gone: set[str] = set()

    def problems(self, event: Event) -> Iterator[str]:
        """What an event asks of platforms that are not there; then it happens."""
        match event:
            case Enter(platform=name):
                if name in self._there | self._gone:
                    yield f"{name!r} is there already, or was"
                self._there.add(name)
            case Merge(platforms=parts, into=into):
                yield from self._missing(parts, event.day)
                if len(set(parts)) < 2:
                    yield "a merger needs two platforms at least"
                elif into in (self._there | self._gone) - set(parts):
                    yield f"{into!r} is another platform"
                self._there -= set(parts)
                self._gone |= set(parts) - {into}
                self._there.add(into)
            case Exit(platform=name):
                yield from self._missing((name,), event.day)
                self._there.discard(name)
                self._gone.add(name)
            case _:
                alone = getattr(event, "platform", None)
                named = (alone,) if alone is not None else getattr(event, "platforms", ())
                yield from self._missing(named, event.day)

    def _missing(self, names: tuple[str, ...], day: int) -> Iterator[str]:
        for name in names:
            if name in self._gone:
                yield f"{name!r} is not there any more on day {day}"
            elif name not in self._there:
                yield _unknown("platform", name, self._there)


def _of_questions(scenario: Scenario) -> Found:
    market = scenario.market
    names = {one.id for one in market.variant}
    for place, fact in enumerate(market.fact):
        try:
            asked = facts.compiled(fact.test)
        except facts.NotAQuestion as error:
            yield ["market", "fact", place], str(error)
            continue
        for name in asked.variants - names:
            yield ["market", "fact", place], _unknown("variant", name, names)
    for place, one in enumerate(market.calibrate):
        try:
            facts.compiled(one.moment)
        except facts.NotAQuestion as error:
            yield ["market", "calibrate", place], str(error)
        if not one.low < one.high:
            yield ["market", "calibrate", place], "low must be below high"


def _unknown(kind: str, name: str, known: set[str]) -> str:
    close = get_close_matches(name, known, 1)
    mend = f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(sorted(known))}"
    return f"no {kind} is called {name!r}: {mend}"
