"""Top-ups and transfers between wallets, as rows."""

from changliao.core.ids import TopUpId, TransferId, UserId
from changliao.core.money import BY_NUMBER, Money
from changliao.core.wallet import TopUp, WalletTransfer
from changliao.store.unit import Table

TOP_UPS: Table[tuple[int, int], TopUp] = Table(
    name="top_ups",
    key=lambda top_up: (top_up.id, top_up.user_id),
    to_row=lambda top_up: (
        top_up.id,
        top_up.user_id,
        top_up.amount.amount,
        top_up.amount.currency.number,
        top_up.channel,
    ),
    from_row=lambda row: TopUp(
        TopUpId(row[0]), UserId(row[1]), Money(row[2], BY_NUMBER[row[3]]), row[4]
    ),
)
WALLET_TRANSFERS: Table[tuple[int, int], WalletTransfer] = Table(
    name="wallet_transfers",
    key=lambda transfer: (transfer.id, transfer.payer_id),
    to_row=lambda transfer: (
        transfer.id,
        transfer.payer_id,
        transfer.payee_id,
        transfer.amount.amount,
        transfer.amount.currency.number,
        transfer.note,
    ),
    from_row=lambda row: WalletTransfer(
        TransferId(row[0]),
        UserId(row[1]),
        UserId(row[2]),
        Money(row[3], BY_NUMBER[row[4]]),
        row[5],
    ),
)
