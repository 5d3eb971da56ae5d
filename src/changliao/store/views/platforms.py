"""Reading platforms and stores."""

from changliao.core.platforms import Platform, Store
from changliao.store.engine import Reader
from changliao.store.platforms import platform_from_row, store_from_row


def platforms(reader: Reader) -> list[Platform]:
    """Every platform."""
    return [platform_from_row(row) for row in reader.select("platforms_all", {})]


def stores(reader: Reader, platform_id: int, merchant_id: int) -> list[Store]:
    """Stores; zeros are no filter."""
    keys = {"platform_id": platform_id, "merchant_id": merchant_id}
    return [store_from_row(row) for row in reader.select("stores_of_platform", keys)]
