"""Platforms and stores, as rows."""

import msgspec

from changliao.core.clock import Instant
from changliao.core.ids import MerchantId, MergerId
from changliao.core.platforms import Cut, Platform, Store, StoreMode, StoreState, Terms
from changliao.store.engine import Row
from changliao.store.unit import Table

_CUTS = msgspec.json.Decoder(tuple[Cut, ...])
_EARLIER = msgspec.json.Decoder(tuple[Terms, ...])


def platform_from_row(row: Row) -> Platform:
    """A platform from its columns in the order of `platforms_find`."""
    return Platform(
        MerchantId(row[0]), row[1], Instant(row[2]), MerchantId(row[3]), MergerId(row[4])
    )


def store_from_row(row: Row) -> Store:
    """A store from its columns in the order of `stores_find`."""
    return Store(
        platform_id=MerchantId(row[0]),
        merchant_id=MerchantId(row[1]),
        title=row[2],
        mode=StoreMode(row[3]),
        applied_at=Instant(row[4]),
        commission_bps=row[5],
        cuts=_CUTS.decode(row[6]),
        days=row[7],
        state=StoreState(row[8]),
        reason=row[9],
        decided_at=Instant(row[10]),
        earlier=_EARLIER.decode(row[11]),
    )


PLATFORMS: Table[int, Platform] = Table(
    name="platforms",
    key=lambda one: one.merchant_id,
    to_row=lambda one: (
        one.merchant_id,
        one.name,
        one.created_at,
        one.heir_id,
        one.merger_id,
    ),
    from_row=platform_from_row,
    change=lambda before, after: (
        after.merchant_id,
        after.heir_id,
        after.merger_id,
        before.heir_id,
        before.merger_id,
    ),
)
STORES: Table[tuple[int, int], Store] = Table(
    name="stores",
    key=lambda one: (one.platform_id, one.merchant_id),
    to_row=lambda one: (
        one.platform_id,
        one.merchant_id,
        one.title,
        int(one.mode),
        one.applied_at,
        one.commission_bps,
        msgspec.json.encode(one.cuts),
        one.days,
        int(one.state),
        one.reason,
        one.decided_at,
        msgspec.json.encode(one.earlier),
    ),
    from_row=store_from_row,
    change=lambda before, after: (
        after.platform_id,
        after.merchant_id,
        after.title,
        int(after.mode),
        after.applied_at,
        after.commission_bps,
        msgspec.json.encode(after.cuts),
        after.days,
        int(after.state),
        after.reason,
        after.decided_at,
        msgspec.json.encode(after.earlier),
        int(before.state),
    ),
)
