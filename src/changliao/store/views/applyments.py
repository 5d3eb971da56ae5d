"""Reading applications."""

from changliao.core.applyments import Applyment
from changliao.store.applyments import from_row
from changliao.store.engine import Reader


def has_media(reader: Reader, merchant_id: int, digest: bytes) -> bool:
    """Did this merchant hand in a file of this digest?"""
    keys = {"merchant_id": merchant_id, "token": digest}
    return bool(reader.select("media_file_known", keys)[0][0])


def by_reference(reader: Reader, provider_id: int, kind: str, reference: str) -> Applyment | None:
    """An application by the provider's own number."""
    keys = {"provider_id": provider_id, "reference": reference}
    found = [from_row(row) for row in reader.select("applyments_by_reference", keys)]
    return next((one for one in found if one.kind == kind), None)


def of_merchant(reader: Reader, provider_id: int, merchant_id: int) -> Applyment | None:
    """The application by which a provider brought a merchant."""
    keys = {"provider_id": provider_id, "merchant_id": merchant_id}
    rows = reader.select("applyments_of_provider", keys)
    return from_row(rows[0]) if rows else None
