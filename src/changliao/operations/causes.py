"""Ids that a caller chose: each names one thing on the whole network.

Whoever asks names what is asked, so that asking again finds it; rows are found by owner and id. But
a channel hears the id alone, and answers for another's request under it as for its own; and a
budget's money waits in accounts of its id.
"""

from typing import Final

from changliao.core.outcome import Reason, Refused
from changliao.store.causes import CAUSES, Cause
from changliao.store.unit import UnitOfWork

ANOTHERS: Final = "the id names something else already"


def named(tx: UnitOfWork, number: int) -> Refused | None:
    """Does this id name something already? Ask after looking for the owner's own."""
    known = tx.find(CAUSES, number)
    return None if known is None else Refused(Reason.PAYMENT_ID_REUSED, ANOTHERS)


def keep(tx: UnitOfWork, number: int, owner_id: int) -> None:
    """From now on it names this owner's."""
    tx.insert(CAUSES, Cause(number, owner_id))
