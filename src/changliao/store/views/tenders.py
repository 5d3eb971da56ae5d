"""Reading tenders: a payer's tries to pay an order by a channel."""

from msgspec import Struct

from changliao.core.channels import ChannelRequest
from changliao.core.tenders import Tender
from changliao.store.engine import Reader
from changliao.store.tenders import tender_from_row
from changliao.store.views import channels


class Tried(Struct, frozen=True):
    """A tender and the request to its channel."""

    tender: Tender
    request: ChannelRequest


def tried(reader: Reader, payer_id: int, payment_id: int) -> Tried | None:
    """By payer and payment."""
    rows = reader.select("tender_by_id", {"payer_id": payer_id, "payment_id": payment_id})
    request = channels.request(reader, payer_id, payment_id) if rows else None
    return Tried(tender_from_row(rows[0]), request) if request else None


def of_order(reader: Reader, payer_id: int, order_id: int) -> list[Tried]:
    """A payer's for one order, newest first."""
    rows = reader.select("tenders_of_order", {"payer_id": payer_id, "order_id": order_id})
    found = (tried(reader, payer_id, row[1]) for row in rows)
    return [one for one in found if one is not None]


def all_tenders(reader: Reader) -> list[Tender]:
    """Every one, for the audit."""
    return [tender_from_row(row) for row in reader.select("audit_tenders", {})]


def paid_by_channel(reader: Reader) -> dict[tuple[int, int], tuple[int, int]]:
    """Amount and what was refunded of every order that a channel paid.

    For the audit, by payer and payment. Units: minor.
    """
    rows = reader.select("audit_orders_by_channel", {})
    return {(row[0], row[1]): (row[2], row[3]) for row in rows}
