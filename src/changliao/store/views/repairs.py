"""Reading repairs and what channels were to give back, for the audit."""

from changliao.core.repairs import Repair
from changliao.store.engine import Reader, Row
from changliao.store.repairs import repair_from_row


def all_repairs(reader: Reader) -> list[Repair]:
    """Every one."""
    return [repair_from_row(row) for row in reader.select("audit_repairs", {})]


def refunds_by_channel(reader: Reader) -> list[Row]:
    """Payer, refund, request, amount and state of every refund of an order a channel paid."""
    return reader.select("audit_refunds_by_channel", {})
