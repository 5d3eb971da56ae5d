"""The ledger over REST: accounts, their entries, and what the books hold altogether."""

from typing import Annotated, Final

from msgspec import UNSET, Meta, Struct, UnsetType

from changliao.core import chart, ids
from changliao.core.chart import AccountId
from changliao.core.ledger import Account
from changliao.core.outcome import Reason, Refused
from changliao.doors.rest.call import Call, Door, read_id, read_money
from changliao.doors.rest.endpoint import Endpoint, Who
from changliao.doors.rest.errors import Problem, refusal
from changliao.doors.rest.fields import (
    Count,
    CurrencyCode,
    CursorText,
    LegIdText,
    Limit,
    MinorSum,
    Moment,
    Nothing,
    Page,
    moment,
    show_cursor,
)
from changliao.store.views import ledger

PURPOSES: Final = tuple(purpose.name.lower() for purpose in chart.Purpose)
PurposeName = Annotated[str, Meta(pattern=r"^[a-z_]{1,32}\Z", examples=["payable"])]
Owner = Annotated[
    str,
    Meta(
        pattern=r"^(mch|usr)_[0-7][0-9A-HJKMNP-TV-Z]{12}\Z",
        description="A merchant's or user's id; only operators name one",
    ),
]


class AccountShown(Struct, frozen=True):
    """An account: its balance is credits less debits, what the network owes its owner."""

    purpose: PurposeName
    currency: CurrencyCode
    balance: MinorSum
    available: MinorSum
    debits_posted: Count
    credits_posted: Count
    debits_pending: Count
    credits_pending: Count


class EntryShown(Struct, frozen=True):
    """One movement of an account. `amount` is signed: money in is positive.

    `reserved` is what a reservation added or, negative, set free. `cause` explains it: the number
    of the payment, refund or other fact.
    """

    id: LegIdText
    at: Moment
    amount: MinorSum
    reserved: MinorSum
    code: str
    cause: str
    other_purpose: PurposeName
    other_owner: str | UnsetType = UNSET


class OwnerQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose accounts: merchants see their own, operators anybody's."""

    owner: Owner | None = None


class EntriesQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which account: an owner's for one purpose in one currency."""

    purpose: PurposeName = "payable"
    currency: CurrencyCode = "CNY"
    owner: Owner | None = None
    cursor: CursorText | None = None
    limit: Limit = 50


async def accounts(door: Door, call: Call[Nothing, OwnerQuery]) -> Page[AccountShown]:
    """List a party's accounts."""
    owner = _owner(call, call.query.owner)
    found = await door.network.read(ledger.accounts_of, owner)
    return Page([_shown(one) for one in found])


async def entries(door: Door, call: Call[Nothing, EntriesQuery]) -> Page[EntryShown]:
    """List an account's movements, newest first: its statement."""
    asked = call.query
    account_id = _account(call, asked)
    if asked.cursor is not None:
        start = read_id("cur", asked.cursor)
    else:
        start = (await door.network.read(ledger.account, account_id)).last_leg
    found = await door.network.read(ledger.statement, account_id, start, asked.limit)
    shown = [
        EntryShown(
            id=ids.show("leg", one.leg_id),
            at=moment(one.at),
            amount=one.amount,
            reserved=one.pending,
            code=one.code.name.lower(),
            cause=ids.show("fact", one.cause_id),
            other_purpose=chart.purpose(one.other).name.lower(),
            other_owner=_party(one.other),
        )
        for one in found
    ]
    older = found[-1].previous if found else 0
    return Page(shown, show_cursor(older) if older else UNSET)


def _account(call: Call[Nothing, EntriesQuery], asked: EntriesQuery) -> AccountId:
    """Raises Problem 400 for a purpose that no account has."""
    if asked.purpose not in PURPOSES:
        raise Problem("malformed", f"purpose is one of {', '.join(PURPOSES)}", "purpose")
    currency = read_money(1, asked.currency).currency
    purpose = chart.Purpose[asked.purpose.upper()]
    return chart.account(_owner(call, asked.owner), chart.book(purpose, currency))


def _owner(call: Call[Nothing, OwnerQuery] | Call[Nothing, EntriesQuery], named: str | None) -> int:
    """Raises Problem 400 when an operator names nobody, 404 when a merchant names another."""
    own = call.caller.key.merchant_id
    if named is None:
        if call.caller.is_operator:
            raise Problem("owner_missing", "operators name the owner: ?owner=mch_…", "owner")
        return own
    number = read_id(named[:3], named)
    if not call.caller.is_operator and number != own:
        raise refusal(Refused(Reason.MERCHANT_NOT_FOUND))
    return number


def _party(account_id: AccountId) -> str | UnsetType:
    """Whose the other account is, where that is a user or merchant."""
    if account_id.owner < chart.FIRST_PARTY:
        return UNSET
    is_wallet = chart.purpose(account_id) is chart.Purpose.WALLET
    return ids.show("usr" if is_wallet else "mch", account_id.owner)


def _shown(account: Account) -> AccountShown:
    return AccountShown(
        purpose=chart.purpose(account.id).name.lower(),
        currency=chart.currency(account.id).code,
        balance=account.balance,
        available=account.spendable,
        debits_posted=account.debits_posted,
        credits_posted=account.credits_posted,
        debits_pending=account.debits_pending,
        credits_pending=account.credits_pending,
    )


_WHOSE: Final = ("owner_missing", Reason.MERCHANT_NOT_FOUND)
ENDPOINTS: Final = (
    Endpoint(
        "GET", "/ledger/accounts", accounts, Who.EITHER, Nothing, OwnerQuery, Page[AccountShown],
        200, _WHOSE,
    ),
    Endpoint(
        "GET", "/ledger/entries", entries, Who.EITHER, Nothing, EntriesQuery, Page[EntryShown],
        200, (*_WHOSE, "currency_unknown"),
    ),
)  # fmt: skip
