"""Acceptance changes as the market sees them: numbered events, and what each did.

An effect is the platform's payments by the changed methods and terminals, as a part of its own mean
before, against platforms where these were not changed. Diversion is where the people who had paid
so went, beside where they would go in proportion to shares.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from changliao.core import ids, market
from changliao.core.acceptance import Accepting, Cell, Draft, DraftState
from changliao.core.bills import day_of
from changliao.core.clock import Instant
from changliao.core.ids import MerchantId
from changliao.core.market import Visit, Volume
from changliao.market.effects import Study, staggered, study
from changliao.market.figures import withheld
from changliao.market.names import Label, Names
from changliao.store.engine import Reader
from changliao.store.views import acceptance
from changliao.store.views import market as sums

MOST_CHANGES: Final = 1_000
# Of fewer payments a day before the change nothing can be told of a platform.
LEAST_A_DAY: Final = 1.0


class Changed(Struct, frozen=True):
    """A cell that a change made stand otherwise."""

    cell: Cell
    method: Label
    terminal: Label
    before: Accepting


class Change(Struct, frozen=True):
    """An approved change of what a platform takes; `number` is its place in the history."""

    number: int
    draft_id: str
    platform_id: MerchantId
    platform: Label
    at: Instant
    ends_at: Instant
    reason: str
    changed: tuple[Changed, ...]

    @property
    def day(self) -> int:
        """The first day on which it holds."""
        return day_of(self.at)

    @property
    def restricts(self) -> bool:
        """Did something stop being accepted?"""
        return any(one.before is Accepting.ACCEPTED for one in self.changed)

    def touches(self, method_id: int, terminal_id: int) -> bool:
        """Is this method on this terminal one of those changed?"""
        cells = ((one.cell.method_id, one.cell.terminal_id) for one in self.changed)
        return (method_id, terminal_id) in cells


class Diverted(Struct, frozen=True):
    """To one platform: what its affected people bought there more than before, per purchase lost.

    `proportional` is what its share alone would make of it.
    """

    platform: Label
    users: int | None
    before: int | None
    after: int | None
    observed: float | None
    proportional: float | None


class Diversion(Struct, frozen=True):
    """Of people who had paid in the changed way before: what they bought there, and elsewhere."""

    users: int | None
    before: int | None
    after: int | None
    to: tuple[Diverted, ...]


def changes(reader: Reader, names: Names) -> list[Change]:
    """Every approved change that made a difference, the first first."""
    approved = acceptance.drafts(reader, 0, DraftState.APPROVED, ids.NEWEST, MOST_CHANGES)
    approved.sort(key=lambda one: (one.starts_at, one.id))
    found = [(draft, tuple(_changed(draft, names))) for draft in approved]
    told = [(draft, changed) for draft, changed in found if changed]
    return [
        Change(
            number, ids.show("drf", draft.id), draft.platform_id,
            names.platform(draft.platform_id), draft.starts_at, draft.ends_at, draft.reason,
            changed,
        )
        for number, (draft, changed) in enumerate(told, 1)
    ]  # fmt: skip


def effect(reader: Reader, known: list[Change], change: Change, days: int, last: int) -> Study:
    """What became of the platform's payments, so many days before and after, none after `last`.

    Raises ValueError when there is nothing to compare with.
    """
    bounds = change.day - days, min(change.day + days - 1, last)
    touched = {one.platform_id for one in _near(known, bounds) if _same_cells(one, change)}
    panel = _panel(sums.volumes(reader, bounds), change, bounds)
    left = {
        unit: path for unit, path in panel.items()
        if unit == change.platform_id or unit not in touched
    }  # fmt: skip
    if change.platform_id not in left:
        raise ValueError("too few payments before the change")
    named = {str(unit): path for unit, path in left.items()}
    return study(named, frozenset((str(change.platform_id),)), days)


def adoption(
    reader: Reader, known: list[Change], method_id: int, to: Accepting, bounds: tuple[int, int]
) -> Study:
    """What a method's payments did at platforms where it came to stand so, each at its own time.

    Units are platforms; measured is the method's part of what each was paid. Raises ValueError.
    """
    starts: dict[str, int] = {}
    for change in _near(known, bounds):
        cells = [one.cell for one in change.changed if one.cell.method_id == method_id]
        if any(cell.state is to for cell in cells):
            starts.setdefault(str(change.platform_id), change.day - bounds[0])
    length = bounds[1] - bounds[0] + 1
    of_all: dict[int, list[int]] = defaultdict(lambda: [0] * length)
    of_method: dict[int, list[int]] = defaultdict(lambda: [0] * length)
    for volume in sums.volumes(reader, bounds):
        of_all[volume.platform_id][volume.day - bounds[0]] += volume.payments
        if volume.method_id == method_id:
            of_method[volume.platform_id][volume.day - bounds[0]] += volume.payments
    panel = {
        str(unit): [part / max(whole, 1) for part, whole in zip(of_method[unit], all_, strict=True)]
        for unit, all_ in of_all.items()
    }
    return staggered(panel, starts)


def diversion(
    reader: Reader, names: Names, change: Change, days: int, last: int, *, minimum: int
) -> Diversion:
    """Where those went who paid so in the days before. It reads a row a person: not for a page."""
    bounds = change.day - days, min(change.day + days - 1, last)
    before, after, people = Counter[int](), Counter[int](), Counter[int]()
    affected = 0
    for visits in _people(reader, bounds):
        if _is_affected(visits, change):
            affected += 1
            for visit in visits:
                (before if visit.day < change.day else after)[visit.platform_id] += visit.times
            people.update({visit.platform_id for visit in visits if visit.day >= change.day})
    if affected < minimum:
        return Diversion(None, None, None, ())
    lost = before[change.platform_id] - after[change.platform_id]
    shares = _shares(sums.volumes(reader, (bounds[0], change.day - 1)), change.platform_id)
    hidden = withheld({names.platform(one): people[one] for one in people}, minimum)
    to = [
        _diverted(names.platform(one), people[one], (before[one], after[one]), lost,
                  shares.get(one, 0.0))
        for one in sorted(set(before) | set(after)) if one != change.platform_id
    ]  # fmt: skip
    shown = tuple(
        Diverted(one.platform, None, None, None, None, one.proportional)
        if one.platform in hidden or not one.users or one.users < minimum else one
        for one in to
    )  # fmt: skip
    return Diversion(affected, before[change.platform_id], after[change.platform_id], shown)


def _changed(draft: Draft, names: Names) -> Iterable[Changed]:
    was = {(cell.method_id, cell.terminal_id): cell.state for cell in draft.before}
    for cell in draft.cells:
        before = was.get((cell.method_id, cell.terminal_id), Accepting.NOT_CONNECTED)
        if before is not cell.state:
            method = names.label(market.Dimension.METHOD, cell.method_id)
            terminal = names.label(market.Dimension.TERMINAL, cell.terminal_id)
            yield Changed(cell, method, terminal, before)


def _near(known: Iterable[Change], bounds: tuple[int, int]) -> list[Change]:
    return [one for one in known if bounds[0] <= one.day <= bounds[1]]


def _same_cells(one: Change, other: Change) -> bool:
    return any(
        other.touches(changed.cell.method_id, changed.cell.terminal_id) for changed in one.changed
    )


def _panel(
    volumes: Iterable[Volume], change: Change, bounds: tuple[int, int]
) -> dict[int, list[float]]:
    """Each platform's payments in the changed ways by day, its own mean before being one."""
    length = bounds[1] - bounds[0] + 1
    counts: dict[int, list[int]] = defaultdict(lambda: [0] * length)
    for volume in volumes:
        if change.touches(volume.method_id, volume.terminal_id):
            counts[volume.platform_id][volume.day - bounds[0]] += volume.payments
    start = change.day - bounds[0]
    means = {unit: sum(path[:start]) / start for unit, path in counts.items()}
    return {
        unit: [count / means[unit] for count in path]
        for unit, path in counts.items()
        if means[unit] >= LEAST_A_DAY
    }


def _people(reader: Reader, bounds: tuple[int, int]) -> Iterable[list[Visit]]:
    """Each person's visits in these days."""
    months = market.month_of(bounds[0]), market.month_of(bounds[1])
    user_id, visits = 0, list[Visit]()
    for month in sums.months(reader, months):
        if month.user_id != user_id:
            yield visits
            user_id, visits = month.user_id, []
        visits += [one for one in month.visits if bounds[0] <= one.day <= bounds[1]]
    yield visits


def _is_affected(visits: Iterable[Visit], change: Change) -> bool:
    return any(
        visit.day < change.day
        and visit.platform_id == change.platform_id
        and change.touches(visit.method_id, visit.terminal_id)
        for visit in visits
    )


def _shares(volumes: Iterable[Volume], without: int) -> Mapping[int, float]:
    """Of payments at all other platforms."""
    counts = Counter[int]()
    for volume in volumes:
        if volume.platform_id != without:
            counts[volume.platform_id] += volume.payments
    total = sum(counts.values())
    return {one: count / total for one, count in counts.items()} if total else {}


def _diverted(
    platform: Label, users: int, bought: tuple[int, int], lost: int, share: float
) -> Diverted:
    observed = (bought[1] - bought[0]) / lost if lost > 0 else None
    return Diverted(platform, users, *bought, observed, share)
