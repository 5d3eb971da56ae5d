"""Reading the sandbox's rules and its log of requests."""

from changliao.core.ids import MerchantId
from changliao.core.sandbox import EVERYBODY, Rule, RuleKind
from changliao.store.engine import Reader
from changliao.store.sandbox import Logged, logged_from_row, rule_from_row


def rule(reader: Reader, merchant_id: MerchantId, kind: RuleKind) -> Rule | None:
    """A merchant's own rule, or else everybody's; None when there is neither."""
    for owner in dict.fromkeys((merchant_id, EVERYBODY)):
        rows = reader.select("sandbox_rule", {"merchant_id": owner, "kind": int(kind)})
        found = rule_from_row(rows[0]) if rows else None
        if found is not None and found.body:
            return found
    return None


def requests_after(reader: Reader, after: int, merchant_id: int, most: int) -> list[Logged]:
    """Newer than this one, the oldest first; `merchant_id` 0 is everybody."""
    keys = {"after": after, "merchant_id": merchant_id, "most": most}
    return [logged_from_row(row) for row in reader.select("sandbox_requests_after", keys)]


def latest_requests(reader: Reader, merchant_id: int, most: int) -> list[Logged]:
    """The newest, the oldest of them first; `merchant_id` 0 is everybody."""
    keys = {"merchant_id": merchant_id, "most": most}
    rows = reader.select("sandbox_requests_latest", keys)
    return [logged_from_row(row) for row in reversed(rows)]


def oldest_requests(reader: Reader, most: int) -> list[tuple[int, int]]:
    """The keys of the oldest."""
    rows = reader.select("sandbox_requests_oldest", {"most": most})
    return [(row[0], row[1]) for row in rows]


def requests_kept(reader: Reader) -> int:
    """How many there are."""
    return int(reader.select("sandbox_requests_count", {})[0][0])
