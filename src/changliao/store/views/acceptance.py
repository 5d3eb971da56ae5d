"""Reading methods, terminals, what is agreed, drafts, and the volume a policy touches."""

from msgspec import Struct

from changliao.core.acceptance import Acceptance, Draft
from changliao.core.ids import MerchantId
from changliao.store.acceptance import Method, Terminal, acceptance_from_row, draft_from_row
from changliao.store.engine import Reader


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
