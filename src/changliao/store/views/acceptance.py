"""Reading methods, terminals, what is agreed, drafts, and the volume a policy touches."""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from changliao.core.acceptance import TERMINAL_OF, Acceptance, Draft
from changliao.core.clock import DAY, Instant
from changliao.core.ids import MerchantId, first_id
from changliao.core.orders import Scene
from changliao.store.acceptance import Method, Terminal, acceptance_from_row, draft_from_row
from changliao.store.engine import Reader

_LOOKED_BACK: Final = 30 * DAY


class Volume(Struct, frozen=True):
    """Payments of one kind. Units: minor."""

    method_id: int
    terminal_id: int
    payments: int
    amount: int


class OpenOrders(Struct, frozen=True):
    """Orders that wait for their payer in one scene."""

    scene: int
    orders: int
    amount: int


class Elsewhere(Struct, frozen=True):
    """What the payers of before paid at one platform afterwards."""

    platform_id: int
    payments: int
    amount: int


class Touched(Struct, frozen=True):
    """What a draft would touch: orders that wait, and its part of the volume before.

    Units: minor; `whole` is the platform's volume, of which `amount` is the draft's cells'.
    """

    open_orders: int
    open_amount: int
    payments: int
    amount: int
    whole: int


class Span(Struct, frozen=True):
    """Payments of a platform from one id to another; the second is not included."""

    platform_id: int
    first: int
    last: int


def methods(reader: Reader) -> list[Method]:
    """Every method there is."""
    return [Method(*row) for row in reader.select("methods_all", {})]


def terminals(reader: Reader) -> list[Terminal]:
    """Every terminal there is."""
    return [Terminal(*row) for row in reader.select("terminals_all", {})]


def of_platform(reader: Reader, platform_id: int) -> Acceptance:
    """What is agreed for a platform; nothing, when nothing is."""
    rows = reader.select("acceptance_of", {"platform_id": platform_id})
    return acceptance_from_row(rows[0]) if rows else Acceptance(MerchantId(platform_id))


def of_platforms(reader: Reader, platform_ids: Iterable[int]) -> dict[int, Acceptance]:
    """The same of many; those with whom nothing is agreed are left out."""
    keys = [(one,) for one in platform_ids]
    rows = reader.find("acceptances_find", keys) if keys else []
    return {one.platform_id: one for one in map(acceptance_from_row, rows)}


def every(reader: Reader) -> list[Acceptance]:
    """What is agreed, of all platforms."""
    return [acceptance_from_row(row) for row in reader.select("acceptances_all", {})]


def draft(reader: Reader, draft_id: int) -> Draft | None:
    """By id."""
    rows = reader.select("policy_draft_by_id", {"draft_id": draft_id})
    return draft_from_row(rows[0]) if rows else None


def drafts(reader: Reader, platform_id: int, state: int, before: int, most: int) -> list[Draft]:
    """Newest first; zeros are no filter."""
    keys = {"platform_id": platform_id, "state": state, "before": before, "most": most}
    return [draft_from_row(row) for row in reader.select("policy_drafts_latest", keys)]


def open_orders(reader: Reader, platform_id: int, now: int) -> list[OpenOrders]:
    """What waits for its payers, by scene."""
    keys = {"platform_id": platform_id, "now_us": now}
    return [OpenOrders(*map(int, row)) for row in reader.select("open_orders_by_scene", keys)]


def volume(reader: Reader, span: Span) -> list[Volume]:
    """What was paid, by method and terminal."""
    keys = {"platform_id": span.platform_id, "first": span.first, "last": span.last}
    return [Volume(*map(int, row)) for row in reader.select("volume_by_method", keys)]


def elsewhere(reader: Reader, before: Span, method_id: int, last: int) -> list[Elsewhere]:
    """Where those who paid so before paid afterwards, the largest first."""
    keys = {
        "platform_id": before.platform_id,
        "method_id": method_id,
        "first": before.first,
        "middle": before.last,
        "last": last,
    }
    sums: dict[int, tuple[int, int]] = {}
    for partner_id, merchant_id, payments, amount in reader.select("volume_elsewhere", keys):
        platform = partner_id or merchant_id
        known = sums.get(platform, (0, 0))
        sums[platform] = known[0] + int(payments), known[1] + int(amount)
    found = [Elsewhere(platform, *both) for platform, both in sums.items()]
    return sorted(found, key=lambda one: (-one.amount, one.platform_id))


def touched(reader: Reader, draft: Draft, now: Instant) -> Touched:
    """Open orders on its terminals, and thirty days' volume of its cells."""
    cells = {(cell.method_id, cell.terminal_id) for cell in draft.cells}
    terminals = {terminal for _, terminal in cells}
    waiting = open_orders(reader, draft.platform_id, now)
    there = [one for one in waiting if TERMINAL_OF[Scene(one.scene)] in terminals]
    since = Instant(now - _LOOKED_BACK)
    paid = volume(reader, Span(draft.platform_id, first_id(0, since), first_id(0, now)))
    own = [one for one in paid if (one.method_id, one.terminal_id) in cells]
    return Touched(
        open_orders=sum(one.orders for one in there),
        open_amount=sum(one.amount for one in there),
        payments=sum(one.payments for one in own),
        amount=sum(one.amount for one in own),
        whole=sum(one.amount for one in paid),
    )
