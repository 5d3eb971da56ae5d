"""Whether a scenario's events can happen, one after the other."""

from collections.abc import Iterator
from difflib import get_close_matches

from changliao.sim.bounds import Found, Way
from changliao.sim.scenario import Enter, Event, Exit, Merge, Scenario


def of_events(scenario: Scenario) -> Found:
    """Events that cannot happen: out of order, of what is not there, or of nothing."""
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
            yield unknown("wallet", name, wallets)
    if not getattr(event, "platforms", True):
        yield f"this {type(event).__struct_config__.tag} names no platform"
    target = getattr(event, "target", "")
    if target and target not in groups:
        yield unknown("group", target, groups)
    if getattr(event, "outrage", 0) and not target:
        yield "outrage needs a target: the group that is boycotted"


class Presence:
    """Which platforms there are, event by event."""

    def __init__(self, there: set[str]) -> None:
        self._there = there
        self._gone: set[str] = set()

    def problems(self, event: Event) -> Iterator[str]:
        """What an event asks of platforms that are not there; then it happens."""
        if isinstance(event, Enter | Merge) and not _new(event):
            yield "the new platform needs a name"
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
                yield unknown("platform", name, self._there)


def _new(event: Enter | Merge) -> str:
    """The platform that begins."""
    return event.into if isinstance(event, Merge) else event.platform


def unknown(kind: str, name: str, known: set[str]) -> str:
    """Nothing has that name; what was meant, or what there is."""
    close = get_close_matches(name, known, 1)
    mend = f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(sorted(known))}"
    return f"no {kind} is called {name!r}: {mend}"
