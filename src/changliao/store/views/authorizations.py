"""Reading authorizations and their steps."""

from changliao.core.authorizations import Authorization, Step
from changliao.store.authorizations import from_row, step_from_row
from changliao.store.engine import Reader


def authorization(reader: Reader, merchant_id: int, authorization_id: int) -> Authorization | None:
    """By id."""
    keys = {"merchant_id": merchant_id, "authorization_id": authorization_id}
    rows = reader.select("authorization_by_id", keys)
    return from_row(rows[0]) if rows else None


def authorization_by_reference(
    reader: Reader, merchant_id: int, reference: str
) -> Authorization | None:
    """By the merchant's own number."""
    keys = {"merchant_id": merchant_id, "reference": reference}
    rows = reader.select("authorization_by_reference", keys)
    return from_row(rows[0]) if rows else None


def of_merchant(reader: Reader, merchant_id: int, before: int, most: int) -> list[Authorization]:
    """Newest first."""
    keys = {"merchant_id": merchant_id, "before": before, "most": most}
    return [from_row(row) for row in reader.select("authorizations_of_merchant", keys)]


def steps(reader: Reader, merchant_id: int, authorization_id: int) -> list[Step]:
    """What moved its money, the oldest first."""
    keys = {"merchant_id": merchant_id, "authorization_id": authorization_id}
    return [step_from_row(row) for row in reader.select("steps_of_authorization", keys)]
