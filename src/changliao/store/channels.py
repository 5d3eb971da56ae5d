"""Channels and what was asked of them, as rows."""

from changliao.core import chart
from changliao.core.channels import (
    Channel,
    ChannelRequest,
    ChannelState,
    RequestKind,
    RequestState,
)
from changliao.core.clock import Instant
from changliao.core.ids import ChannelRequestId, OrderId
from changliao.store.engine import Row
from changliao.store.unit import Table


def channel_from_row(row: Row) -> Channel:
    """A channel from its columns in the order of `channels_find`."""
    channel_id, code, name_zh, name_en, kind, state, *numbers = row
    return Channel(channel_id, code, name_zh, name_en, kind, ChannelState(state), *numbers)


def request_from_row(row: Row) -> ChannelRequest:
    """A request from its columns in the order of `channel_requests_find`."""
    return ChannelRequest(
        home=chart.account(row[0], row[4]),
        id=ChannelRequestId(row[1]),
        channel_id=row[2],
        kind=RequestKind(row[3]),
        amount=row[5],
        asked_at=Instant(row[6]),
        next_look=Instant(row[7]),
        counterpart=row[8],
        pay_id=ChannelRequestId(row[9]),
        state=RequestState(row[10]),
        settled=row[11],
        returned=row[12],
        reference=row[13],
        reason=row[14],
        looks=row[15],
        finished_at=Instant(row[16]),
        booked_at=Instant(row[17]),
        order_id=OrderId(row[18]),
    )


def _to_row(one: ChannelRequest) -> Row:
    return (
        one.home.owner,
        one.id,
        one.channel_id,
        int(one.kind),
        one.home.book,
        one.amount,
        one.asked_at,
        one.next_look,
        one.counterpart,
        one.pay_id,
        int(one.state),
        one.settled,
        one.returned,
        one.reference,
        one.reason,
        one.looks,
        one.finished_at,
        one.booked_at,
        one.order_id,
    )


def _change(before: ChannelRequest, after: ChannelRequest) -> Row:
    return (
        after.home.owner,
        after.id,
        int(after.state),
        after.asked_at,
        after.next_look,
        after.settled,
        after.returned,
        after.reference,
        after.reason,
        after.looks,
        after.finished_at,
        after.booked_at,
        int(before.state),
        before.looks,
        before.returned,
    )


CHANNELS: Table[int, Channel] = Table(
    name="channels",
    key=lambda one: one.id,
    to_row=lambda one: (
        one.id,
        one.code,
        one.name_zh,
        one.name_en,
        one.kind,
        int(one.state),
        one.weight,
        one.cost_bps,
        one.terminals,
        one.misses,
        one.method_id,
    ),
    from_row=channel_from_row,
    change=lambda before, after: (
        after.id,
        after.name_zh,
        after.name_en,
        int(after.state),
        after.weight,
        after.cost_bps,
        after.terminals,
        after.misses,
        after.method_id,
        int(before.state),
        before.weight,
        before.cost_bps,
        before.misses,
    ),
)
CHANNEL_REQUESTS: Table[tuple[int, int], ChannelRequest] = Table(
    name="channel_requests",
    key=lambda one: (one.home.owner, one.id),
    to_row=_to_row,
    from_row=request_from_row,
    change=_change,
)
