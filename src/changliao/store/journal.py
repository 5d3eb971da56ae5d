"""The journal: one record a commit, each holding the hash of the one before it.

Every writing process has a chain of its own, so commits never wait for each other; the node number
in every leg id says which chain it belongs to. The hash covers the transfers in the order of their
ids, encoded as MessagePack arrays of integers. Changing, adding or removing a transfer breaks it.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from changliao.core.clock import Instant
from changliao.core.ids import block, block_end
from changliao.core.ledger import Transfer
from changliao.store import ledger
from changliao.store.engine import Row, Session
from changliao.store.unit import UnitOfWork

GENESIS: Final = bytes(32)
_ENCODER: Final = msgspec.msgpack.Encoder()


class Chain(Struct, frozen=True):
    """Where a node's chain ends: its last record's number and hash, and the last leg it holds."""

    node: int
    number: int = 0
    hash: bytes = GENESIS
    last_leg: int = 0


def head(session: Session, node: int) -> Chain:
    """The end of a node's chain, inside a transaction."""
    rows = session.select("journal_head", {"node": node})
    return Chain(node, rows[0][0], bytes(rows[0][2]), rows[0][1]) if rows else Chain(node)


def digest(previous: bytes, transfers: Sequence[Row]) -> bytes:
    """SHA-256 of the hash before and of transfers as (leg, debit, credit, amount, …) integers."""
    return hashlib.sha256(previous + _ENCODER.encode(transfers)).digest()


def sealed_row(leg_id: int, transfer: Transfer) -> Row:
    """What the hash covers of a transfer."""
    return (
        leg_id,
        *transfer.debit,
        *transfer.credit,
        transfer.amount,
        transfer.pending,
        int(transfer.code),
        transfer.cause,
    )


def commit(
    tx: UnitOfWork, session: Session, chain: Chain, take: Callable[[int], int], now: Instant
) -> Chain:
    """Write everything a batch did and commit it; the chain's new end.

    `take` gives the first of that many new ids. Raises Conflict or Unavailable; the caller rolls
    back. Nothing of the batch is stored unless all of it is.
    """
    work = tx.work(apart=ledger.ACCOUNTS)
    if not tx.transfers:
        session.write(work)
        session.commit([])
        return chain
    first = take(len(tx.transfers))
    leg_ids = block(first, len(tx.transfers))
    returned = session.write([*ledger.account_work(tx, leg_ids), *work])
    chain_rows = (row for rows in returned for row in rows)
    legs, newest = ledger.leg_rows(tx, leg_ids, chain_rows)
    sealed = [sealed_row(leg, one) for leg, one in zip(leg_ids, tx.transfers, strict=True)]
    last = block_end(first, len(sealed))
    after = Chain(chain.node, chain.number + 1, digest(chain.hash, sealed), last)
    record = (chain.node, after.number, now, first, last, len(sealed), after.hash)
    session.commit([("legs_insert", legs), ("journal_insert", [record])])
    tx.keep(ledger.ACCOUNTS, ledger.committed(tx, newest))
    return after
