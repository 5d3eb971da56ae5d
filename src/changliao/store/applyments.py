"""Applications and the files that go with them, as rows."""

from changliao.core.applyments import Applyment, MediaFile
from changliao.core.clock import Instant
from changliao.core.ids import MerchantId
from changliao.store.engine import Row
from changliao.store.unit import Table


def media_from_row(row: Row) -> MediaFile:
    """A file from the columns of `media_files_find`."""
    return MediaFile(
        MerchantId(row[0]), bytes(row[1]), row[2], row[3], bytes(row[4]), Instant(row[5])
    )


def from_row(row: Row) -> Applyment:
    """An application from the columns of `applyments_find`."""
    return Applyment(
        provider_id=MerchantId(row[0]),
        kind=row[1],
        reference=row[2],
        merchant_id=MerchantId(row[3]),
        digest=bytes(row[4]),
        details=bytes(row[5]),
        applied_at=Instant(row[6]),
    )


MEDIA_FILES: Table[tuple[int, bytes], MediaFile] = Table(
    name="media_files",
    key=lambda one: (one.merchant_id, one.digest),
    to_row=lambda one: (
        one.merchant_id,
        one.digest,
        one.name,
        one.kind,
        one.content,
        one.kept_at,
    ),
    from_row=media_from_row,
)
APPLYMENTS: Table[tuple[int, str, str], Applyment] = Table(
    name="applyments",
    key=lambda one: (one.provider_id, one.kind, one.reference),
    to_row=lambda one: (
        one.provider_id,
        one.kind,
        one.reference,
        one.merchant_id,
        one.digest,
        one.details,
        one.applied_at,
    ),
    from_row=from_row,
)
