"""Money into a wallet and from one wallet to another, over REST, for the wallets' operator."""

from typing import Any, Final

from msgspec import UNSET, Struct, UnsetType

from changliao.core import chart, ids
from changliao.core.channels import AskChannel, ChannelRequest, RequestKind, new_refund, new_request
from changliao.core.chart import AccountId
from changliao.core.ids import TransferId, UserId
from changliao.core.ledger import Code
from changliao.core.outcome import Reason, Refused
from changliao.core.wallet import TransferMoney, WalletTransfer
from changliao.doors.rest.asking import StateName, TerminalCode, ask, choose, state_name, terminal
from changliao.doors.rest.call import Call, Door, perform, read_id, read_money
from changliao.doors.rest.endpoint import BEYOND_LIMITS, RISKY, Endpoint, Who
from changliao.doors.rest.errors import refusal
from changliao.doors.rest.fields import (
    ChannelCode,
    Count,
    CurrencyCode,
    CursorText,
    Limit,
    Minor,
    Nothing,
    Page,
    Text128,
    TopUpIdText,
    TopUpRefundIdText,
    TransferIdText,
    UserIdText,
    show_cursor,
)
from changliao.doors.rest.users import find
from changliao.operations.wallet import TRANSFER
from changliao.store.views import channels, ledger
from changliao.store.views.ledger import Entry

# How many entries of an account are looked through for one page of a list.
_LOOK_THROUGH: Final = 500


class NewTopUp(Struct, frozen=True, forbid_unknown_fields=True):
    """Money for a wallet. `id` names it: once only. Without `channel` the best is asked.

    `terminal` is where the person is: some channels are for PCs only.
    """

    amount: Minor
    currency: CurrencyCode = "CNY"
    channel: ChannelCode | None = None
    terminal: TerminalCode | None = None
    id: TopUpIdText | None = None


class TopUpShown(Struct, frozen=True):
    """A top-up. `credited` is what came into the wallet, `returned` what was asked back of it.

    While it is `asked` or `unknown` nothing has come.
    """

    id: TopUpIdText
    user_id: UserIdText
    amount: Minor
    currency: CurrencyCode
    state: StateName
    credited: Count
    returned: Count = 0
    reason: str | UnsetType = UNSET


class NewTopUpRefund(Struct, frozen=True, forbid_unknown_fields=True):
    """How much of a top-up goes back to where it came from. `id` names it: once only."""

    amount: Minor
    id: TopUpRefundIdText | None = None


class TopUpRefundShown(Struct, frozen=True):
    """Money on its way back to where it came from. `paid` is what the channel gave back."""

    id: TopUpRefundIdText
    top_up_id: TopUpIdText
    user_id: UserIdText
    amount: Minor
    currency: CurrencyCode
    state: StateName
    paid: Count
    reason: str | UnsetType = UNSET


class NewTransfer(Struct, frozen=True, forbid_unknown_fields=True):
    """Money for another wallet. `id` names it: once only."""

    payee_id: UserIdText
    amount: Minor
    currency: CurrencyCode = "CNY"
    note: Text128 = ""
    id: TransferIdText | None = None


class TransferShown(Struct, frozen=True):
    """Money that went from one wallet to another."""

    id: TransferIdText
    payer_id: UserIdText
    payee_id: UserIdText
    amount: Minor
    currency: CurrencyCode
    note: str


class MovesQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """In which currency."""

    currency: CurrencyCode = "CNY"
    cursor: CursorText | None = None
    limit: Limit = 50


async def top_up(door: Door, call: Call[NewTopUp, Nothing]) -> Any:
    """Have a channel bring money into a wallet, once for each id.

    The state says what came of it; one that is not known yet will be.
    """
    form, network = call.form, door.network
    number = read_id("top", form.id) if form.id else network.ids.new()
    user_id = UserId(read_id("usr", call.path["user_id"]))
    home = chart.wallet(user_id, read_money(form.amount, form.currency).currency)
    terminal_id = await terminal(door, form.terminal)
    channel = await choose(door, form.channel, number, terminal_id)
    now = network.clock()
    asked = new_request(channel, RequestKind.PAY, home, form.amount, number=number, now=now)
    return await ask(door, call, AskChannel(asked, None, terminal_id), show_pay)


async def show_top_up(door: Door, call: Call[Nothing, Nothing]) -> TopUpShown:
    """Show a top-up."""
    user_id = UserId(read_id("usr", call.path["user_id"]))
    return await _top_up(door, user_id, read_id("top", call.path["top_up_id"]))


async def refund(door: Door, call: Call[NewTopUpRefund, Nothing]) -> Any:
    """Give a top-up, or a part of one, back to where it came from, once for each id.

    The operator answers for the user: no PIN is asked.
    """
    form, network = call.form, door.network
    user_id = UserId(read_id("usr", call.path["user_id"]))
    pay_id = read_id("top", call.path["top_up_id"])
    pay = await network.read(channels.request, user_id, pay_id)
    if pay is None or pay.kind is not RequestKind.PAY:
        raise refusal(Refused(Reason.CHANNEL_REQUEST_NOT_FOUND))
    number = read_id("tur", form.id) if form.id else network.ids.new()
    asked = new_refund(pay, form.amount, number, network.clock())
    return await ask(door, call, AskChannel(asked), show_refund)


async def transfer(door: Door, call: Call[NewTransfer, Nothing]) -> Any:
    """Move money to another wallet, once for each id.

    The operator answers for the payer: no PIN is asked.
    """
    form = call.form
    given = read_id("trf", form.id) if form.id else door.network.ids.new()
    moved = WalletTransfer(
        id=TransferId(given),
        payer_id=UserId(read_id("usr", call.path["user_id"])),
        payee_id=UserId(read_id("usr", form.payee_id)),
        amount=read_money(form.amount, form.currency),
        note=form.note,
    )
    return await perform(door, call, TRANSFER, TransferMoney(moved), show_transfer)


async def top_ups(door: Door, call: Call[Nothing, MovesQuery]) -> Page[TopUpShown]:
    """List what came into a wallet by top-ups, newest first."""
    user_id = await find(door, call)
    entries, following = await _entries(door, call.query, user_id, Code.TOP_UP)
    found = [await _top_up(door, user_id, one.cause_id) for one in entries]
    return Page(found, *following)


async def transfers(door: Door, call: Call[Nothing, MovesQuery]) -> Page[TransferShown]:
    """List what a wallet gave to and got from others, newest first."""
    user_id = await find(door, call)
    entries, following = await _entries(door, call.query, user_id, Code.WALLET_TRANSFER)
    found = [
        await door.network.read(
            ledger.wallet_transfer, one.cause_id, user_id if one.amount < 0 else one.other.owner
        )
        for one in entries
    ]
    return Page([show_transfer(one) for one in found if one is not None], *following)


def show_pay(one: ChannelRequest) -> TopUpShown:
    """A top-up that was asked of a channel, as this API shows it."""
    return TopUpShown(
        id=ids.show("top", one.id),
        user_id=ids.show("usr", one.home.owner),
        amount=one.amount,
        currency=chart.currency(one.home).code,
        state=state_name(one),
        credited=one.reached,
        returned=one.returned,
        reason=one.reason or UNSET,
    )


def show_refund(one: ChannelRequest) -> TopUpRefundShown:
    """What goes back of a top-up, as this API shows it."""
    return TopUpRefundShown(
        id=ids.show("tur", one.id),
        top_up_id=ids.show("top", one.pay_id),
        user_id=ids.show("usr", one.home.owner),
        amount=one.amount,
        currency=chart.currency(one.home).code,
        state=state_name(one),
        paid=one.reached,
        reason=one.reason or UNSET,
    )


def show_transfer(done: WalletTransfer) -> TransferShown:
    """A transfer as this API shows it."""
    return TransferShown(
        ids.show("trf", done.id),
        ids.show("usr", done.payer_id),
        ids.show("usr", done.payee_id),
        done.amount.amount,
        done.amount.currency.code,
        done.note,
    )


async def _top_up(door: Door, user_id: UserId, number: int) -> TopUpShown:
    """One that was asked of a channel, or came by itself. Raises Problem 404."""
    one = await door.network.read(channels.request, user_id, number)
    if one is not None and one.kind is RequestKind.PAY:
        return show_pay(one)
    done = await door.network.read(ledger.top_up, number, user_id)
    if done is None:
        raise refusal(Refused(Reason.CHANNEL_REQUEST_NOT_FOUND))
    minor, code = done.amount.amount, done.amount.currency.code
    shown = ids.show("top", done.id), ids.show("usr", done.user_id)
    return TopUpShown(*shown, minor, code, "done", minor)


async def _entries(
    door: Door, asked: MovesQuery, user_id: UserId, code: Code
) -> tuple[list[Entry], tuple[str, ...]]:
    """A page of a wallet's entries of one kind, and the cursor of the next page when there is one.

    The wallet's chain of entries is the list: a table by user would be a second one to keep.
    """
    account_id = chart.wallet(user_id, read_money(1, asked.currency).currency)
    start = await _start(door, asked.cursor, account_id)
    entries = await door.network.read(ledger.statement, account_id, start, _LOOK_THROUGH)
    found = [one for one in entries if one.code is code]
    if len(found) > asked.limit:
        return found[: asked.limit], (show_cursor(found[asked.limit - 1].previous),)
    rest = entries[-1].previous if entries else 0
    return found, (show_cursor(rest),) if rest else ()


async def _start(door: Door, cursor: str | None, account_id: AccountId) -> int:
    if cursor is not None:
        return read_id("cur", cursor)
    return (await door.network.read(ledger.account, account_id)).last_leg


_LISTING: Final = ("currency_unknown", Reason.USER_NOT_FOUND)
ENDPOINTS: Final = (
    Endpoint(
        "POST", "/users/{user_id}/top-ups", top_up, Who.OPERATOR, NewTopUp, Nothing, TopUpShown,
        201,
        (*_LISTING, Reason.CHANNEL_ELSEWHERE, Reason.CHANNEL_NOT_FOUND, Reason.CHANNEL_SUSPENDED,
         Reason.PAYMENT_ID_REUSED, Reason.TERMINAL_UNKNOWN),
    ),
    Endpoint(
        "GET", "/users/{user_id}/top-ups/{top_up_id}", show_top_up, Who.OPERATOR, Nothing, Nothing,
        TopUpShown, 200, (Reason.CHANNEL_REQUEST_NOT_FOUND,),
    ),
    Endpoint(
        "POST", "/users/{user_id}/top-ups/{top_up_id}/refunds", refund, Who.OPERATOR,
        NewTopUpRefund, Nothing, TopUpRefundShown, 201,
        (Reason.CHANNEL_REQUEST_NOT_FOUND, Reason.CHANNEL_SUSPENDED, Reason.INSUFFICIENT_FUNDS,
         Reason.PAYMENT_ID_REUSED, Reason.REFUND_EXCEEDS_PAYMENT),
    ),
    Endpoint(
        "GET", "/users/{user_id}/top-ups", top_ups, Who.OPERATOR, Nothing, MovesQuery,
        Page[TopUpShown], 200, _LISTING,
    ),
    Endpoint(
        "POST", "/users/{user_id}/transfers", transfer, Who.OPERATOR, NewTransfer, Nothing,
        TransferShown, 201,
        (*BEYOND_LIMITS, *RISKY, *_LISTING, Reason.INSUFFICIENT_FUNDS, Reason.PAYMENT_ID_REUSED,
         Reason.TRANSFER_TO_SELF),
    ),
    Endpoint(
        "GET", "/users/{user_id}/transfers", transfers, Who.OPERATOR, Nothing, MovesQuery,
        Page[TransferShown], 200, _LISTING,
    ),
)  # fmt: skip
