"""Who answers for a platform that was merged: its heir, for rules, stores and money."""

from changliao.core import chart, ledger
from changliao.core.acceptance import Acceptance
from changliao.core.chart import AccountId
from changliao.core.clock import Instant
from changliao.core.ids import MerchantId, made_at
from changliao.core.ledger import Account, Code, Transfer
from changliao.core.orders import Order
from changliao.core.platforms import Store, StoreState, as_at
from changliao.store import ledger as accounts
from changliao.store.acceptance import ACCEPTANCES
from changliao.store.platforms import PLATFORMS, STORES
from changliao.store.unit import UnitOfWork


class Accounts:
    """Accounts as they will be after transfers that are decided and not yet posted."""

    def __init__(self, tx: UnitOfWork) -> None:
        self._tx = tx
        self._after: dict[AccountId, Account] = {}

    def find(self, account_id: AccountId) -> Account:
        """What the account will be."""
        return self._after.get(account_id) or accounts.account(self._tx, account_id)

    def move(self, transfer: Transfer) -> None:
        """One more transfer is decided."""
        self._after[transfer.debit] = ledger.debited(self.find(transfer.debit), transfer)
        self._after[transfer.credit] = ledger.credited(self.find(transfer.credit), transfer)

    def lent(self, account_id: AccountId, needed: int) -> list[Transfer]:
        """What brings a merged platform's account up to so much, lent by its heirs; decided here.

        Nobody lends to a merchant that was not merged. What an heir lacks is lacking.
        """
        short = needed - self.find(account_id).spendable
        if short <= 0:
            return []
        platform = self._tx.find(PLATFORMS, account_id.owner)
        if platform is None or not platform.heir_id:
            return []
        heir = chart.account(platform.heir_id, account_id.book)
        found = self.lent(heir, short)
        amount = min(short, self.find(heir).spendable)
        if amount > 0:
            found.append(Transfer(heir, account_id, amount, Code.MERGER_LOAN, platform.merger_id))
            self.move(found[-1])
        return found


def follow(tx: UnitOfWork, store: Store) -> Store | None:
    """Where a store went with its platform."""
    platform = tx.find(PLATFORMS, store.platform_id)
    heir_id = platform.heir_id if platform is not None else MerchantId(0)
    return tx.find(STORES, (heir_id, store.merchant_id))


def now_at(tx: UnitOfWork, store: Store) -> Store:
    """The store where it is now."""
    while store.state is StoreState.MOVED:
        there = follow(tx, store)
        if there is None:
            return store
        store = there
    return store


def sold_under(tx: UnitOfWork, order: Order, store: Store) -> Store:
    """The store with the terms an order is sold under: a merger changes them for later orders."""
    made = made_at(order.id)
    while store.state is StoreState.MOVED and made >= store.decided_at:
        there = follow(tx, store)
        if there is None:
            return store
        store = there
    return as_at(store, made)


def inherits(tx: UnitOfWork, heir_id: MerchantId, platform_id: MerchantId) -> bool:
    """Is one platform the other, or what it was merged into?"""
    while platform_id and platform_id != heir_id:
        platform = tx.find(PLATFORMS, platform_id)
        platform_id = platform.heir_id if platform is not None else MerchantId(0)
    return platform_id == heir_id


def agreed(tx: UnitOfWork, platform_id: MerchantId, now: Instant) -> Acceptance | None:
    """The acceptance policies a platform's orders obey; None: nothing was ever agreed."""
    known = tx.find(ACCEPTANCES, platform_id)
    while known is not None and known.heir_id and now >= known.heir_from:
        known = tx.find(ACCEPTANCES, known.heir_id)
    return known
