"""Money into a wallet and from one wallet to another, over REST, for the wallets' operator."""

from typing import Any, Final

from msgspec import Struct

from changliao.core import chart, ids
from changliao.core.chart import AccountId
from changliao.core.ids import TopUpId, TransferId, UserId
from changliao.core.ledger import Code
from changliao.core.outcome import Reason
from changliao.core.wallet import TopUp, TransferMoney, WalletTransfer
from changliao.doors.rest.call import Call, Door, perform, read_id, read_money
from changliao.doors.rest.endpoint import Endpoint, Who
from changliao.doors.rest.fields import (
    CurrencyCode,
    CursorText,
    Limit,
    Minor,
    Nothing,
    Page,
    Text128,
    TopUpIdText,
    TransferIdText,
    UserIdText,
    show_cursor,
)
from changliao.doors.rest.users import find
from changliao.operations.wallet import TOP_UP, TRANSFER
from changliao.store.views import ledger
from changliao.store.views.ledger import Entry

# How many entries of an account are looked through for one page of a list.
_LOOK_THROUGH: Final = 500


class NewTopUp(Struct, frozen=True, forbid_unknown_fields=True):
    """Money the sandbox bank has taken for the wallet. `id` names it: once only."""

    amount: Minor
    currency: CurrencyCode = "CNY"
    id: TopUpIdText | None = None


class TopUpShown(Struct, frozen=True):
    """A top-up."""

    id: TopUpIdText
    user_id: UserIdText
    amount: Minor
    currency: CurrencyCode


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
    """Credit a wallet from the sandbox bank, once for each id."""
    form = call.form
    given = read_id("top", form.id) if form.id else door.network.ids.new()
    command = TopUp(
        id=TopUpId(given),
        user_id=UserId(read_id("usr", call.path["user_id"])),
        amount=read_money(form.amount, form.currency),
        channel=chart.SANDBOX_BANK,
    )
    return await perform(door, call, TOP_UP, command, show_top_up)


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
    """List a wallet's top-ups, newest first."""
    user_id = await find(door, call)
    entries, following = await _entries(door, call.query, user_id, Code.TOP_UP)
    found = [await door.network.read(ledger.top_up, one.cause_id, user_id) for one in entries]
    return Page([show_top_up(one) for one in found if one is not None], *following)


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


def show_top_up(done: TopUp) -> TopUpShown:
    """A top-up as this API shows it."""
    return TopUpShown(
        ids.show("top", done.id),
        ids.show("usr", done.user_id),
        done.amount.amount,
        done.amount.currency.code,
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
        201, (*_LISTING, Reason.PAYMENT_ID_REUSED),
    ),
    Endpoint(
        "GET", "/users/{user_id}/top-ups", top_ups, Who.OPERATOR, Nothing, MovesQuery,
        Page[TopUpShown], 200, _LISTING,
    ),
    Endpoint(
        "POST", "/users/{user_id}/transfers", transfer, Who.OPERATOR, NewTransfer, Nothing,
        TransferShown, 201,
        (*_LISTING, Reason.INSUFFICIENT_FUNDS, Reason.PAYMENT_ID_REUSED, Reason.TRANSFER_TO_SELF),
    ),
    Endpoint(
        "GET", "/users/{user_id}/transfers", transfers, Who.OPERATOR, Nothing, MovesQuery,
        Page[TransferShown], 200, _LISTING,
    ),
)  # fmt: skip
