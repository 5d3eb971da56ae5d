"""Thresholds of refunds as rows."""

from changliao.core.ids import MerchantId
from changliao.core.thresholds import Terms, Threshold
from changliao.store.engine import Row
from changliao.store.unit import Table


def from_row(row: Row) -> Threshold:
    """A threshold, from its columns in the order of `refund_thresholds_find`."""
    organisation, currency, amount, keys, revision, wanted, wanted_keys, wanted_by = row
    return Threshold(
        MerchantId(organisation),
        currency,
        Terms(amount, bool(keys)),
        revision,
        Terms(wanted, bool(wanted_keys)),
        wanted_by,
    )


def _to_row(one: Threshold) -> Row:
    return (
        one.organisation,
        one.currency,
        one.terms.amount,
        int(one.terms.keys),
        one.revision,
        one.wanted.amount,
        int(one.wanted.keys),
        one.wanted_by,
    )


THRESHOLDS: Table[tuple[int, int], Threshold] = Table(
    name="refund_thresholds",
    key=lambda one: (one.organisation, one.currency),
    to_row=_to_row,
    from_row=from_row,
    change=lambda before, after: (*_to_row(after), before.revision),
)
