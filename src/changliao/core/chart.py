"""The chart of accounts: the only place where an account is spelled.

An account belongs to a party (its owner) and to one book: what the money is, and in which currency.
Owner and book together are its identity, so nothing has to be looked up and everything a party has
lives on one shard. Balances are credits less debits: what the network owes the owner.
"""

from enum import IntEnum
from typing import Final, NamedTuple

from changliao.core.ids import BudgetId, MerchantId, UserId
from changliao.core.money import BY_NUMBER, Currency

NETWORK: Final = 1
SANDBOX_BANK: Final = 16
# Below are the network and its channels, from here on users and merchants.
FIRST_PARTY: Final = 1 << 16
_CURRENCY_SPACE: Final = 1000
# What the world outside may owe us is bounded only by what 64 bits hold with room to add.
UNBOUNDED: Final = -(1 << 61)


class Purpose(IntEnum):
    """What the money in an account is. The number is stored: never change one."""

    WALLET = 1
    PAYABLE = 2
    AVAILABLE = 3
    ESCROW = 4
    FEES = 5
    CLEARING = 6
    BUDGET = 7
    SUSPENSE = 8
    RESERVED = 9
    PACKETS = 21
    COUPONS = 31
    LEAVING = 40


_WALLET: Final = Purpose.WALLET.value * _CURRENCY_SPACE
_PAYABLE: Final = Purpose.PAYABLE.value * _CURRENCY_SPACE
_AVAILABLE: Final = Purpose.AVAILABLE.value * _CURRENCY_SPACE
_ESCROW: Final = Purpose.ESCROW.value * _CURRENCY_SPACE
_FEES: Final = Purpose.FEES.value * _CURRENCY_SPACE
_CLEARING: Final = Purpose.CLEARING.value * _CURRENCY_SPACE
_BUDGET: Final = Purpose.BUDGET.value * _CURRENCY_SPACE
_SUSPENSE: Final = Purpose.SUSPENSE.value * _CURRENCY_SPACE
_RESERVED: Final = Purpose.RESERVED.value * _CURRENCY_SPACE
_PACKETS: Final = Purpose.PACKETS.value * _CURRENCY_SPACE
_COUPONS: Final = Purpose.COUPONS.value * _CURRENCY_SPACE
_LEAVING: Final = Purpose.LEAVING.value * _CURRENCY_SPACE
_FLOORS: Final[dict[int, int]] = {
    purpose.value: UNBOUNDED if purpose in (Purpose.CLEARING, Purpose.SUSPENSE) else 0
    for purpose in Purpose
}


class AccountId(NamedTuple):
    """`book` is the purpose times 1,000 plus the currency's ISO number, readable in plain SQL."""

    owner: int
    book: int


def account(owner: int, book: int) -> AccountId:
    """The account of these two numbers, as rows hold them."""
    # The named tuple's own constructor costs four times as much, on the busiest path there is.
    return tuple.__new__(AccountId, (owner, book))


def book(purpose: Purpose, currency: Currency) -> int:
    """The book of this purpose in this currency."""
    return purpose.value * _CURRENCY_SPACE + currency.number


def wallet(user_id: UserId, currency: Currency) -> AccountId:
    """A user's own money."""
    return account(user_id, _WALLET + currency.number)


def reserved(user_id: UserId, currency: Currency) -> AccountId:
    """A user's money frozen for merchants that may capture it."""
    return account(user_id, _RESERVED + currency.number)


def packets(user_id: UserId, currency: Currency) -> AccountId:
    """A user's money in red packets that nobody has claimed yet."""
    return account(user_id, _PACKETS + currency.number)


def payable(merchant_id: MerchantId, currency: Currency) -> AccountId:
    """What a merchant has earned and is not yet settled."""
    return account(merchant_id, _PAYABLE + currency.number)


def available(merchant_id: MerchantId, currency: Currency) -> AccountId:
    """What a merchant may take out."""
    return account(merchant_id, _AVAILABLE + currency.number)


def escrow(merchant_id: MerchantId, currency: Currency) -> AccountId:
    """Buyers' money held until receipt is confirmed, by the store that will earn it."""
    return account(merchant_id, _ESCROW + currency.number)


def fees(merchant_id: MerchantId, currency: Currency) -> AccountId:
    """The network's fees earned from one merchant: per merchant, so that no account is hot."""
    return account(merchant_id, _FEES + currency.number)


def leaving(home: AccountId) -> AccountId:
    """Money of this account's owner on its way out through a channel."""
    return account(home.owner, _LEAVING + home.book % _CURRENCY_SPACE)


def clearing(channel: int, currency: Currency) -> AccountId:
    """Money a channel holds for us; its balance is negative by that much."""
    return account(channel, _CLEARING + currency.number)


def budget(budget_id: BudgetId, currency: Currency) -> AccountId:
    """What is set aside for discounts and not promised to anybody yet."""
    return account(budget_id, _BUDGET + currency.number)


def coupons(budget_id: BudgetId, currency: Currency) -> AccountId:
    """What a budget has promised to people who hold coupons of it."""
    return account(budget_id, _COUPONS + currency.number)


def suspense(currency: Currency) -> AccountId:
    """Money whose owner is not known yet."""
    return account(NETWORK, _SUSPENSE + currency.number)


def floor(account_id: AccountId) -> int:
    """The least balance an account may have, pending debits counted. Units: minor units."""
    return _FLOORS[account_id.book // _CURRENCY_SPACE]


def purpose(account_id: AccountId) -> Purpose:
    """What the money in this account is."""
    return Purpose(account_id.book // _CURRENCY_SPACE)


def currency(account_id: AccountId) -> Currency:
    """The one currency of this account."""
    return BY_NUMBER[account_id.book % _CURRENCY_SPACE]
