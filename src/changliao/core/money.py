"""Money: a whole number of minor units in one currency.

Units: minor units (fen, cents; yen and dong have none; dinars have three decimals).
Source: ISO 4217. No float or Decimal: text as "88.88" is read by the door that needs it.
"""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

BPS: Final = 10_000
# One payment's ceiling. Far above any real one, far below where 64-bit sums could overflow.
MAX_AMOUNT: Final = 1_000_000_000_000


class Currency(Struct, frozen=True, gc=False):
    """`number` is the ISO numeric code, `decimals` the digits of the minor unit."""

    code: str
    number: int
    decimals: int


CNY: Final = Currency("CNY", 156, 2)
CURRENCIES: Final[dict[str, Currency]] = {
    currency.code: currency
    for currency in (
        CNY,
        Currency("AED", 784, 2),
        Currency("AUD", 36, 2),
        Currency("BHD", 48, 3),
        Currency("CAD", 124, 2),
        Currency("CHF", 756, 2),
        Currency("EUR", 978, 2),
        Currency("GBP", 826, 2),
        Currency("HKD", 344, 2),
        Currency("IDR", 360, 2),
        Currency("JOD", 400, 3),
        Currency("JPY", 392, 0),
        Currency("KRW", 410, 0),
        Currency("KWD", 414, 3),
        Currency("MOP", 446, 2),
        Currency("MYR", 458, 2),
        Currency("SGD", 702, 2),
        Currency("THB", 764, 2),
        Currency("TND", 788, 3),
        Currency("TWD", 901, 2),
        Currency("USD", 840, 2),
        Currency("VND", 704, 0),
    )
}
BY_NUMBER: Final[dict[int, Currency]] = {one.number: one for one in CURRENCIES.values()}


class CurrencyMismatch(Exception):
    """Two currencies in one sum. Always a bug: decisions compare currencies first."""


class Money(Struct, frozen=True, gc=False):
    """`amount` in minor units; it may be negative where a difference is meant."""

    amount: int
    currency: Currency

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount, self.currency)

    def portion(self, bps: int) -> "Money":
        """A share in basis points, halves rounded up (away from zero)."""
        return Money(portion(self.amount, bps), self.currency)

    def split(self, weights: Sequence[int]) -> list["Money"]:
        """Shares in proportion to `weights`; they sum to the whole.

        Each share is rounded down; the units left over go one each to the shares in their order,
        so nobody is off by more than one. Raises ValueError without a positive weight.
        """
        return [Money(part, self.currency) for part in split(self.amount, weights)]

    def _same(self, other: "Money") -> int:
        if other.currency.number != self.currency.number:
            raise CurrencyMismatch(f"{self.currency.code} and {other.currency.code}")
        return other.amount


def portion(amount: int, bps: int) -> int:
    """`bps` of an amount that is not negative, halves rounded up."""
    return (amount * bps + BPS // 2) // BPS


def plain(minor: int, currency: Currency) -> str:
    """An amount as a plain number in the whole unit: `-88.88`."""
    whole, fraction = divmod(abs(minor), 10**currency.decimals)
    digits = f"{whole}.{fraction:0{currency.decimals}d}" if currency.decimals else str(whole)
    return f"-{digits}" if minor < 0 else digits


def split(amount: int, weights: Sequence[int]) -> list[int]:
    """Shares of minor units; see Money.split."""
    total = sum(weights)
    if total <= 0 or min(weights) < 0:
        raise ValueError("weights must not be negative and at least one must be positive")
    shares = [amount * weight // total for weight in weights]
    entitled = [place for place, weight in enumerate(weights) if weight]
    for place in entitled[: amount - sum(shares)]:
        shares[place] += 1
    return shares
