"""Reading held money, shares and returns."""

from changliao.core.events import Event, EventKind
from changliao.core.holds import Holding
from changliao.core.ids import MerchantId
from changliao.core.splits import Part, Receiver, Return, Share, Sharing
from changliao.store.engine import Reader
from changliao.store.holds import from_row as holding_from_row
from changliao.store.splits import (
    part_from_row,
    receiver_from_row,
    return_from_row,
    share_from_row,
    sharing_from_row,
)


def holding(reader: Reader, merchant_id: int, order_id: int) -> Holding | None:
    """An order's held money; None when it never held any."""
    rows = reader.select("holding", {"merchant_id": merchant_id, "order_id": order_id})
    return holding_from_row(rows[0]) if rows else None


def share_by_reference(
    reader: Reader, merchant_id: int, partner_id: int, reference: str
) -> Share | None:
    """A share by the merchant's own number."""
    keys = {"merchant_id": merchant_id, "partner_id": partner_id, "reference": reference}
    rows = reader.select("share_by_reference", keys)
    return share_from_row(rows[0]) if rows else None


def share(reader: Reader, merchant_id: int, share_id: int) -> Share | None:
    """A share by its id."""
    rows = reader.select("share_by_id", {"merchant_id": merchant_id, "share_id": share_id})
    return share_from_row(rows[0]) if rows else None


def receivers(reader: Reader, merchant_id: int, skipped: int, most: int) -> list[Receiver]:
    """Who may receive shares of a merchant, a page of them."""
    keys = {"merchant_id": merchant_id, "skipped": skipped, "most": most}
    return [receiver_from_row(row) for row in reader.select("receivers_of_merchant", keys)]


def receivers_count(reader: Reader, merchant_id: int) -> int:
    """How many may receive."""
    return int(reader.select("receivers_count", {"merchant_id": merchant_id})[0][0])


def shares_of_order(reader: Reader, merchant_id: int, order_id: int) -> list[Share]:
    """What was shared of an order, the oldest first."""
    keys = {"merchant_id": merchant_id, "order_id": order_id}
    return [share_from_row(row) for row in reader.select("shares_of_order", keys)]


def shares_between(reader: Reader, merchant_id: int, first_id: int, last_id: int) -> list[Share]:
    """What was shared in a time, the oldest first."""
    keys = {"merchant_id": merchant_id, "first_id": first_id, "last_id": last_id}
    return [share_from_row(row) for row in reader.select("shares_between", keys)]


def returns_between(reader: Reader, merchant_id: int, first_id: int, last_id: int) -> list[Return]:
    """What came back in a time, the oldest first."""
    keys = {"merchant_id": merchant_id, "first_id": first_id, "last_id": last_id}
    return [return_from_row(row) for row in reader.select("returns_between", keys)]


def parts(reader: Reader, merchant_id: int, share_id: int) -> list[Part]:
    """What a share's receivers got, in the order they were named."""
    keys = {"merchant_id": merchant_id, "share_id": share_id}
    return [part_from_row(row) for row in reader.select("parts_of_share", keys)]


def part_received(reader: Reader, share_id: int, receiver_id: int) -> Part | None:
    """What one merchant got of a share."""
    keys = {"share_id": share_id, "receiver_id": receiver_id}
    rows = reader.select("part_received", keys)
    return part_from_row(rows[0]) if rows else None


def return_by_reference(
    reader: Reader, merchant_id: int, partner_id: int, reference: str
) -> Return | None:
    """A return by the sharing merchant's own number."""
    keys = {"merchant_id": merchant_id, "partner_id": partner_id, "reference": reference}
    rows = reader.select("share_return_by_reference", keys)
    return return_from_row(rows[0]) if rows else None


def return_received(reader: Reader, receiver_id: int, return_id: int) -> Return | None:
    """What one merchant gave back, by the network's number."""
    keys = {"receiver_id": receiver_id, "return_id": return_id}
    rows = reader.select("return_received", keys)
    return return_from_row(rows[0]) if rows else None


def share_told(reader: Reader, event: Event) -> tuple[Share, Part, Return | None] | None:
    """The share, the receiver's part and what came back that an event is about."""
    returned, share_id = None, event.subject_id
    if event.kind is EventKind.SHARE_RETURNED:
        returned = return_received(reader, event.merchant_id, event.subject_id)
        share_id = returned.share_id if returned else 0
    part = part_received(reader, share_id, event.merchant_id)
    known = share(reader, part.merchant_id, share_id) if part else None
    return (known, part, returned) if known and part else None


def sharing(reader: Reader, merchant_id: MerchantId) -> Sharing:
    """How a merchant may share; the usual terms unless others were agreed."""
    rows = reader.select("sharing_of", {"merchant_id": merchant_id})
    return sharing_from_row(rows[0]) if rows else Sharing(merchant_id)
