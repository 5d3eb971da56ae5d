"""Taking money out through a channel over REST: users by their operator, merchants themselves."""

from typing import Annotated, Any, Final

from msgspec import UNSET, Meta, Struct, UnsetType

from changliao.core import chart, ids
from changliao.core.channels import AskChannel, ChannelRequest, RequestKind, new_request
from changliao.core.chart import AccountId
from changliao.core.ids import MerchantId, UserId
from changliao.core.outcome import Reason, Refused
from changliao.doors.rest.asking import (
    Codes,
    StateName,
    ask,
    choose,
    codes,
    finished,
    state_name,
)
from changliao.doors.rest.call import Call, Door, read_id, read_money
from changliao.doors.rest.endpoint import BEYOND_LIMITS, RISKY, Endpoint, Who
from changliao.doors.rest.errors import refusal
from changliao.doors.rest.fields import (
    ChannelCode,
    Count,
    CurrencyCode,
    CursorText,
    Limit,
    MerchantIdText,
    Minor,
    Moment,
    Nothing,
    Page,
    WithdrawalIdText,
    moment,
    page,
)
from changliao.doors.rest.orders import WhoseQuery, whose
from changliao.doors.rest.users import find
from changliao.store.views import channels

BankAccount = Annotated[
    str, Meta(min_length=1, max_length=64, description="The account at the bank, in its own words")
]


class NewWithdrawal(Struct, frozen=True, forbid_unknown_fields=True):
    """Money for a bank account. `id` names it: once only. Without `channel` the best is taken."""

    amount: Minor
    account: BankAccount
    currency: CurrencyCode = "CNY"
    channel: ChannelCode | None = None
    id: WithdrawalIdText | None = None


class WithdrawalShown(Struct, frozen=True):
    """Money on its way out. While `asked` or `unknown` it has left the balance and waits.

    `paid` is what the bank paid out; what it did not pay is back in the balance.
    """

    id: WithdrawalIdText
    owner_id: str
    amount: Minor
    currency: CurrencyCode
    account: str
    channel: ChannelCode
    state: StateName
    paid: Count
    asked_at: Moment
    reason: str | UnsetType = UNSET
    finished_at: Moment | UnsetType = UNSET


class WithdrawalsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which page; operators name the merchant."""

    merchant_id: MerchantIdText | None = None
    cursor: CursorText | None = None
    limit: Limit = 50


class UsersWithdrawalsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which page."""

    cursor: CursorText | None = None
    limit: Limit = 50


async def withdraw_for(door: Door, call: Call[NewWithdrawal, Nothing]) -> Any:
    """Pay out of a wallet to a bank account, once for each id.

    The operator answers for the user: no PIN is asked.
    """
    user_id = UserId(read_id("usr", call.path["user_id"]))
    currency = read_money(1, call.form.currency).currency
    return await _withdraw(door, call, chart.wallet(user_id, currency))


async def withdraw(door: Door, call: Call[NewWithdrawal, Nothing]) -> Any:
    """Pay out of what the merchant has earned to a bank account, once for each id."""
    currency = read_money(1, call.form.currency).currency
    merchant_id = MerchantId(call.caller.key.merchant_id)
    return await _withdraw(door, call, chart.payable(merchant_id, currency))


async def show_of(door: Door, call: Call[Nothing, Nothing]) -> WithdrawalShown:
    """Show a user's withdrawal."""
    return await _show(door, call, read_id("usr", call.path["user_id"]))


async def show(door: Door, call: Call[Nothing, WhoseQuery]) -> WithdrawalShown:
    """Show a merchant's withdrawal."""
    return await _show(door, call, whose(call, call.query.merchant_id))


async def search_of(
    door: Door, call: Call[Nothing, UsersWithdrawalsQuery]
) -> Page[WithdrawalShown]:
    """List a user's withdrawals, newest first."""
    return await _list(door, await find(door, call), call.query.cursor, call.query.limit)


async def search(door: Door, call: Call[Nothing, WithdrawalsQuery]) -> Page[WithdrawalShown]:
    """List a merchant's withdrawals, newest first."""
    asked = call.query
    return await _list(door, whose(call, asked.merchant_id), asked.cursor, asked.limit)


async def _withdraw(door: Door, call: Call[NewWithdrawal, Nothing], home: AccountId) -> Any:
    form = call.form
    number = read_id("wdl", form.id) if form.id else door.network.ids.new()
    channel = await choose(door, form.channel, number)
    now = door.network.clock()
    asked = new_request(
        channel, RequestKind.PAYOUT, home, form.amount,
        number=number, now=now, counterpart=form.account,
    )  # fmt: skip
    known = await codes(door)
    return await ask(door, call, AskChannel(asked), lambda one: show_withdrawal(one, known))


async def _show(door: Door, call: Call[Nothing, Any], owner_id: int) -> WithdrawalShown:
    number = read_id("wdl", call.path["withdrawal_id"])
    one = await door.network.read(channels.request, owner_id, number)
    if one is None or one.kind is not RequestKind.PAYOUT:
        raise refusal(Refused(Reason.CHANNEL_REQUEST_NOT_FOUND))
    return show_withdrawal(one, await codes(door))


async def _list(door: Door, owner_id: int, cursor: str | None, limit: int) -> Page[WithdrawalShown]:
    before = read_id("cur", cursor) if cursor else ids.NEWEST
    found = await door.network.read(
        channels.of_owner, owner_id, RequestKind.PAYOUT, before, limit + 1
    )
    known = await codes(door)
    shown = [show_withdrawal(one, known) for one in found]
    return page(shown, [one.id for one in found], limit)


def show_withdrawal(one: ChannelRequest, known: Codes) -> WithdrawalShown:
    """A withdrawal as this API shows it."""
    is_wallet = chart.purpose(one.home) is chart.Purpose.WALLET
    return WithdrawalShown(
        id=ids.show("wdl", one.id),
        owner_id=ids.show("usr" if is_wallet else "mch", one.home.owner),
        amount=one.amount,
        currency=chart.currency(one.home).code,
        account=one.counterpart,
        channel=known.get(one.channel_id, ""),
        state=state_name(one),
        paid=one.reached,
        asked_at=moment(one.asked_at),
        reason=one.reason or UNSET,
        finished_at=finished(one),
    )


_ASKING: Final = (
    "currency_unknown", Reason.CHANNEL_NOT_FOUND, Reason.CHANNEL_SUSPENDED,
    Reason.PAYMENT_ID_REUSED,
)  # fmt: skip
ENDPOINTS: Final = (
    Endpoint(
        "POST", "/users/{user_id}/withdrawals", withdraw_for, Who.OPERATOR, NewWithdrawal, Nothing,
        WithdrawalShown, 201,
        (*BEYOND_LIMITS, *RISKY, *_ASKING, Reason.INSUFFICIENT_FUNDS, Reason.USER_NOT_FOUND),
    ),
    Endpoint(
        "GET", "/users/{user_id}/withdrawals", search_of, Who.OPERATOR, Nothing,
        UsersWithdrawalsQuery, Page[WithdrawalShown], 200, (Reason.USER_NOT_FOUND,),
    ),
    Endpoint(
        "GET", "/users/{user_id}/withdrawals/{withdrawal_id}", show_of, Who.OPERATOR, Nothing,
        Nothing, WithdrawalShown, 200, (Reason.CHANNEL_REQUEST_NOT_FOUND,),
    ),
    Endpoint(
        "POST", "/withdrawals", withdraw, Who.MERCHANT, NewWithdrawal, Nothing, WithdrawalShown,
        201, (*_ASKING, Reason.MERCHANT_FUNDS_INSUFFICIENT),
    ),
    Endpoint(
        "GET", "/withdrawals", search, Who.EITHER, Nothing, WithdrawalsQuery,
        Page[WithdrawalShown], 200, ("merchant_missing",),
    ),
    Endpoint(
        "GET", "/withdrawals/{withdrawal_id}", show, Who.EITHER, Nothing, WhoseQuery,
        WithdrawalShown, 200, ("merchant_missing", Reason.CHANNEL_REQUEST_NOT_FOUND),
    ),
)  # fmt: skip
