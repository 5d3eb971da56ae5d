"""Reading proposed refunds and their thresholds."""

from typing import Final

from msgspec import Struct

from changliao.core import chart, ids
from changliao.core.proposals import Proposal
from changliao.core.thresholds import Threshold
from changliao.store.engine import Reader
from changliao.store.proposals import proposal_from_row
from changliao.store.thresholds import from_row as threshold_from_row

_PAGE: Final = 1_000


class ProposalsOf(Struct, frozen=True):
    """Which proposals; 0 is any."""

    state: int = 0
    order_id: int = 0
    organisation: int = 0


def thresholds(reader: Reader, organisation: int = chart.NETWORK) -> list[Threshold]:
    """Of every currency that has, or had, one."""
    keys = {"organisation": organisation}
    return [threshold_from_row(row) for row in reader.select("refund_thresholds_list", keys)]


def proposals(reader: Reader, wanted: ProposalsOf, before: int, most: int) -> list[Proposal]:
    """Newest first."""
    keys = {
        "state": wanted.state,
        "order_id": wanted.order_id,
        "organisation": wanted.organisation,
        "before": before,
        "most": most,
    }
    return [proposal_from_row(row) for row in reader.select("refund_proposals_list", keys)]


def proposal(reader: Reader, proposal_id: int) -> Proposal | None:
    """By id."""
    found = proposals(reader, ProposalsOf(), proposal_id + 1, 1)
    return found[0] if found and found[0].id == proposal_id else None


def every(reader: Reader) -> list[Proposal]:
    """All of them, for the audit."""
    found: list[Proposal] = []
    before = ids.NEWEST
    while page := proposals(reader, ProposalsOf(), before, _PAGE):
        found += page
        before = page[-1].id
    return found
