"""Answers kept under idempotency keys, as rows."""

from changliao.core.answers import KeptAnswer
from changliao.core.clock import Instant
from changliao.store.engine import Row
from changliao.store.unit import Table, UnitOfWork


def from_row(row: Row) -> KeptAnswer:
    """An answer from its columns in the order of `kept_answers_find`."""
    return KeptAnswer(row[0], row[1], bytes(row[2]), row[3], bytes(row[4]), Instant(row[5]))


KEPT_ANSWERS: Table[tuple[int, str], KeptAnswer] = Table(
    name="kept_answers",
    key=lambda one: (one.owner_id, one.key),
    to_row=lambda one: (one.owner_id, one.key, one.digest, one.status, one.body, one.kept_at),
    from_row=from_row,
    change=lambda before, after: (
        after.owner_id,
        after.key,
        after.digest,
        after.status,
        after.body,
        after.kept_at,
        before.kept_at,
    ),
)


def drop(tx: UnitOfWork, owner_id: int, key: str, kept_at: Instant) -> None:
    """Forget an answer, unless it was replaced by a newer one."""
    tx.add("kept_answers_delete", (owner_id, key, kept_at))
