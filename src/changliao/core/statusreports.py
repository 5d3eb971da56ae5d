"""What a bank says of a file of payments before anything is booked: which it rejects.

Only a no is believed. What a bank accepts it may still not pay: that stays unknown until a
statement names it. That something is rejected as a duplicate says nothing of the first one.
Source: ISO 20022, external code sets: payment status and status reason.
"""

from typing import Final

from msgspec import Struct

REJECTED: Final = "RJCT"
# Duplication, and duplicates of a message, of payment information and of a transaction.
_DUPLICATES: Final = frozenset({"AM05", "DUPL", "DU01", "DU02", "DU03", "DU04", "DU05"})


class PaymentStatus(Struct, frozen=True):
    """`name` is what named our request in the file; `reason` begins with the bank's code."""

    name: str
    status: str
    reason: str = ""

    @property
    def is_no(self) -> bool:
        """Will the bank certainly not pay it?"""
        return _is_no(self.status, self.reason)


class StatusReport(Struct, frozen=True):
    """`file` is the id of the file of payments; `status` is told of all that are not named."""

    id: str
    file: str
    status: str
    reason: str
    payments: tuple[PaymentStatus, ...]

    @property
    def is_no(self) -> bool:
        """Will the bank certainly pay nothing that it does not name?"""
        return _is_no(self.status, self.reason)


def _is_no(status: str, reason: str) -> bool:
    return status == REJECTED and reason.partition(":")[0] not in _DUPLICATES
