"""Settlement cycles and settlements, as rows."""

from changliao.core.bills import Day
from changliao.core.clock import Instant
from changliao.core.ids import ChannelRequestId, MerchantId, SettlementId
from changliao.core.money import BY_NUMBER
from changliao.core.settlements import Cycle, Settlement, SettlementState
from changliao.store.engine import Row
from changliao.store.unit import Table


def cycle_from_row(row: Row) -> Cycle:
    """A cycle, from its columns in the order of `settlement_cycles_find`."""
    return Cycle(
        merchant_id=MerchantId(row[0]),
        currency=BY_NUMBER[row[1]],
        days=row[2],
        channel=row[3],
        account=row[4],
        since=Day(row[5]),
        least=row[6],
        paused=bool(row[7]),
        revision=row[8],
    )


def from_row(row: Row) -> Settlement:
    """A settlement, from its columns in the order of `settlements_find`."""
    return Settlement(
        merchant_id=MerchantId(row[0]),
        currency=BY_NUMBER[row[1]],
        day=Day(row[2]),
        id=SettlementId(row[3]),
        first_day=Day(row[4]),
        opening=row[5],
        closing=row[6],
        amount=row[7],
        state=SettlementState(row[8]),
        tries=row[9],
        request_id=ChannelRequestId(row[10]),
        paid=row[11],
        reason=row[12],
        made_at=Instant(row[13]),
        finished_at=Instant(row[14]),
    )


CYCLES: Table[tuple[int, int], Cycle] = Table(
    name="settlement_cycles",
    key=lambda one: (one.merchant_id, one.currency.number),
    to_row=lambda one: (
        one.merchant_id,
        one.currency.number,
        one.days,
        one.channel,
        one.account,
        one.since,
        one.least,
        int(one.paused),
        one.revision,
    ),
    from_row=cycle_from_row,
    change=lambda before, after: (
        after.merchant_id,
        after.currency.number,
        after.days,
        after.channel,
        after.account,
        after.least,
        int(after.paused),
        after.revision,
        before.revision,
    ),
)
SETTLEMENTS: Table[tuple[int, int, int], Settlement] = Table(
    name="settlements",
    key=lambda one: (one.merchant_id, one.currency.number, one.day),
    to_row=lambda one: (
        one.merchant_id,
        one.currency.number,
        one.day,
        one.id,
        one.first_day,
        one.opening,
        one.closing,
        one.amount,
        int(one.state),
        one.tries,
        one.request_id,
        one.paid,
        one.reason,
        one.made_at,
        one.finished_at,
    ),
    from_row=from_row,
    change=lambda before, after: (
        after.merchant_id,
        after.currency.number,
        after.day,
        int(after.state),
        after.tries,
        after.request_id,
        after.paid,
        after.reason,
        after.finished_at,
        int(before.state),
        before.tries,
    ),
)
