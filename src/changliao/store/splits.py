"""Receivers, shares and what came back of them, as rows."""

import msgspec

from changliao.core.ids import MerchantId, OrderId, ReturnId, ShareId
from changliao.core.orders import Intended
from changliao.core.splits import (
    Part,
    PartyKind,
    Planned,
    Receiver,
    ReceiverState,
    Return,
    Share,
    Sharing,
)
from changliao.store.engine import Row
from changliao.store.unit import Index, Table

_INTENDED = msgspec.json.Decoder(tuple[Intended, ...])


def receiver_from_row(row: Row) -> Receiver:
    """A receiver from the columns of `receivers_find`."""
    return Receiver(MerchantId(row[0]), PartyKind(row[1]), row[2], row[3], ReceiverState(row[4]))


def sharing_from_row(row: Row) -> Sharing:
    """How a merchant may share, from the columns of `sharing_find`."""
    return Sharing(MerchantId(row[0]), row[1], row[2])


def share_from_row(row: Row) -> Share:
    """A share from the columns of `shares_find`."""
    return Share(
        id=ShareId(row[1]),
        merchant_id=MerchantId(row[0]),
        order_id=OrderId(row[2]),
        reference=row[3],
        digest=bytes(row[4]),
        partner_id=MerchantId(row[5]),
        description=row[6],
        released=row[7],
        refunded=row[8],
    )


def part_from_row(row: Row) -> Part:
    """A part from the columns of `share_parts_find`."""
    return Part(ShareId(row[0]), MerchantId(row[1]), PartyKind(row[2]), *row[3:])


def return_from_row(row: Row) -> Return:
    """A return from the columns of `share_returns_find`."""
    return Return(
        id=ReturnId(row[1]),
        merchant_id=MerchantId(row[0]),
        share_id=ShareId(row[2]),
        receiver_id=MerchantId(row[3]),
        reference=row[4],
        amount=row[5],
        digest=bytes(row[6]),
        partner_id=MerchantId(row[7]),
        description=row[8],
    )


RECEIVERS: Table[tuple[int, int, int], Receiver] = Table(
    name="receivers",
    key=lambda one: (one.merchant_id, int(one.kind), one.party_id),
    to_row=lambda one: (
        one.merchant_id,
        int(one.kind),
        one.party_id,
        one.relation,
        int(one.state),
    ),
    from_row=receiver_from_row,
    change=lambda before, after: (
        after.merchant_id,
        int(after.kind),
        after.party_id,
        after.relation,
        int(after.state),
        int(before.state),
    ),
)
PLANNED: Table[tuple[int, int], Planned] = Table(
    name="planned_shares",
    key=lambda one: (one.merchant_id, one.order_id),
    to_row=lambda one: (
        one.merchant_id,
        one.order_id,
        msgspec.json.encode(one.intended),
        int(one.keeps),
    ),
    from_row=lambda row: Planned(
        MerchantId(row[0]), OrderId(row[1]), _INTENDED.decode(row[2]), bool(row[3])
    ),
)
SHARING: Table[int, Sharing] = Table(
    name="sharing",
    key=lambda one: one.merchant_id,
    to_row=lambda one: (one.merchant_id, one.ratio_bps, one.notify_url),
    from_row=sharing_from_row,
    change=lambda before, after: (
        after.merchant_id,
        after.ratio_bps,
        after.notify_url,
        before.ratio_bps,
        before.notify_url,
    ),
)
SHARES: Table[tuple[int, int], Share] = Table(
    name="shares",
    key=lambda share: (share.merchant_id, share.id),
    to_row=lambda share: (
        share.merchant_id,
        share.id,
        share.order_id,
        share.reference,
        share.digest,
        share.partner_id,
        share.description,
        share.released,
        share.refunded,
    ),
    from_row=share_from_row,
)
SHARES_BY_REFERENCE: Index[tuple[int, int, str], Share] = Index(
    name="shares_find_by_reference",
    table=SHARES,
    key=lambda share: (share.merchant_id, share.partner_id, share.reference),
)
PARTS: Table[tuple[int, int, int, int], Part] = Table(
    name="share_parts",
    key=lambda part: (part.share_id, part.merchant_id, int(part.kind), part.party_id),
    to_row=lambda part: (
        part.share_id,
        part.merchant_id,
        int(part.kind),
        part.party_id,
        part.place,
        part.amount,
        part.account,
        part.description,
        part.returned,
    ),
    from_row=part_from_row,
    change=lambda before, after: (
        after.share_id,
        after.merchant_id,
        int(after.kind),
        after.party_id,
        after.returned,
        before.returned,
    ),
)
RETURNS: Table[tuple[int, int], Return] = Table(
    name="share_returns",
    key=lambda one: (one.merchant_id, one.id),
    to_row=lambda one: (
        one.merchant_id,
        one.id,
        one.share_id,
        one.receiver_id,
        one.reference,
        one.amount,
        one.digest,
        one.partner_id,
        one.description,
    ),
    from_row=return_from_row,
)
RETURNS_BY_REFERENCE: Index[tuple[int, int, str], Return] = Index(
    name="share_returns_find_by_reference",
    table=RETURNS,
    key=lambda one: (one.merchant_id, one.partner_id, one.reference),
)
