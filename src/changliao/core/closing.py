"""The daily close: what each account held before a day, what moved, and what it holds then.

An account here is the whole of a book, such as all wallets in yuan, and its owner is 0; channels
are told apart, and on request everybody is. Amounts in minor units; balances are credits less
debits.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from changliao.core.chart import FIRST_PARTY, AccountId
from changliao.core.ledger import Code

# Owners below are named. Either the network and its channels, or everybody.
CHANNELS: Final = FIRST_PARTY
EVERYBODY: Final = (1 << 63) - 1


class Moved(Struct, frozen=True):
    """What went from one account to another for one reason: `count` transfers, added up."""

    debit: AccountId
    credit: AccountId
    code: Code
    count: int
    amount: int


class Close(Struct, frozen=True):
    """One account's day."""

    account: AccountId
    opening: int
    debits: int
    credits: int

    @property
    def closing(self) -> int:
        """What it holds at the day's end."""
        return self.opening + self.credits - self.debits


def closed(opening: Mapping[AccountId, int], moved: Iterable[Moved]) -> list[Close]:
    """Every account that holds or moved something, in the order of the chart."""
    given, got = Counter[AccountId](), Counter[AccountId]()
    for one in moved:
        given[one.debit] += one.amount
        got[one.credit] += one.amount
    order = sorted(
        opening.keys() | given.keys() | got.keys(), key=lambda one: (one.book, one.owner)
    )
    return [Close(one, opening.get(one, 0), given[one], got[one]) for one in order]
