"""The audit: recompute everything from the transfers and name the first thing that is wrong.

Checked in this order: both legs of each transfer agree; each account's legs form its chain; sums
equal the accounts; floors hold; debits equal credits in each currency; each node's journal chain
covers every transfer, unchanged; orders, baskets, refunds, holdings, shares, red packets, budgets,
limits, settlements, requests to channels, pending transfers and kept ends of days say what the
ledger says, policies and risk rules what two people agreed to.
Give it a snapshot: it then judges one moment, while payments go on.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct

from changliao.core import chart, ids
from changliao.core.chart import AccountId, Purpose
from changliao.core.ledger import Code, PendingState
from changliao.core.money import portion
from changliao.core.orders import OrderState
from changliao.core.refunds import RefundState
from changliao.operations import (
    audit_acceptance,
    audit_authorizations,
    audit_baskets,
    audit_budgets,
    audit_channels,
    audit_day_ends,
    audit_differences,
    audit_groupbills,
    audit_holds,
    audit_limits,
    audit_mergers,
    audit_packets,
    audit_payouts,
    audit_proposals,
    audit_repairs,
    audit_risk,
    audit_settlements,
    audit_tenders,
)
from changliao.store import journal
from changliao.store.engine import Reader, Row
from changliao.store.views import audit

_CREDIT: Final = 1
# What waits in these is compared with what it waits for.
_COMPARED: Final = frozenset(
    {
        Purpose.AVAILABLE,
        Purpose.BUDGET,
        Purpose.COUPONS,
        Purpose.ESCROW,
        Purpose.LEAVING,
        Purpose.PACKETS,
        Purpose.RESERVED,
    }
)


class Fault(Struct, frozen=True):
    """What is wrong, and where."""

    check: str
    detail: str


class Report(Struct, frozen=True):
    """What was counted, each node's newest journal hash, and the first fault (None: clean)."""

    transfers: int
    accounts: int
    orders: int
    refunds: int
    heads: dict[int, str]
    fault: Fault | None


class _Found(Exception):
    def __init__(self, check: str, detail: str) -> None:
        super().__init__(check)
        self.fault = Fault(check, detail)


class _Books:
    """What the legs alone say."""

    def __init__(self, reader: Reader) -> None:
        self.spent = audit_limits.Debits(reader)
        self.debits: dict[AccountId, int] = {}
        self.sums: dict[AccountId, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        self.chains: dict[AccountId, dict[int, int]] = defaultdict(dict)
        self.by_node: dict[int, list[Row]] = defaultdict(list)
        self.moved: dict[tuple[int, int], int] = defaultdict(int)
        self.standing: dict[Purpose, dict[AccountId, int]] = {one: {} for one in _COMPARED}
        self.count = 0


def check(reader: Reader) -> Report:
    """Recompute everything. Uses memory in proportion to transfers: about 300 bytes each."""
    books = _Books(reader)
    counts = {"accounts": 0, "orders": 0, "refunds": 0}
    heads: dict[int, str] = {}
    fault: Fault | None = None
    try:
        _read_legs(reader, books)
        counts["accounts"] = _check_accounts(reader, books)
        heads = _check_journal(reader, books)
        refunded = _check_refunds(reader, books, counts)
        _check_orders(reader, books, refunded, counts)
        _raise_for("basket", audit_baskets.first_fault(reader))
        _check_holds(reader, books)
        _check_pending(reader, books)
        _raise_for("payout", audit_payouts.first_fault(reader, books.moved))
        moved, standing = books.moved, books.standing
        reserved, packets = standing[Purpose.RESERVED], standing[Purpose.PACKETS]
        _raise_for("authorization", audit_authorizations.first_fault(reader, moved, reserved))
        _raise_for("packet", audit_packets.first_fault(reader, moved, packets))
        leaving = standing[Purpose.LEAVING]
        _raise_for("channel", audit_channels.first_fault(reader, moved, leaving))
        _raise_for("difference", audit_differences.first_fault(reader, moved))
        _raise_for("tender", audit_tenders.first_fault(reader))
        _raise_for("repair", audit_repairs.first_fault(reader, moved))
        _raise_for("budget", audit_budgets.first_fault(reader, books.moved, books.standing))
        _raise_for("group bill", audit_groupbills.first_fault(reader, moved))
        available = standing[Purpose.AVAILABLE]
        _raise_for("settlement", audit_settlements.first_fault(reader, moved, available))
        _raise_for("limit", books.spent.first_fault(reader, books.debits))
        _raise_for("proposal", audit_proposals.first_fault(reader))
        _raise_for("risk", audit_risk.first_fault(reader))
        _raise_for("acceptance", audit_acceptance.first_fault(reader))
        _raise_for("merger", audit_mergers.first_fault(reader, books.moved))
        _check_day_ends(reader)
    except _Found as found:
        fault = found.fault
    return Report(
        books.count, counts["accounts"], counts["orders"], counts["refunds"], heads, fault
    )


def _read_legs(reader: Reader, books: _Books) -> None:
    for debit, credit in _pairs(audit.legs(reader)):
        for leg in (debit, credit):
            account = chart.account(leg[1], leg[2])
            _link(books.chains[account], leg[0], leg[9])
            side = leg[0] & _CREDIT
            sums = books.sums[account]
            sums[side] += leg[3]
            sums[2 + side] += leg[4]
        sealed = (debit[0], *debit[1:3], *debit[5:7], *debit[3:5], debit[7], debit[8])
        books.by_node[ids.node_of(debit[0])].append(sealed)
        books.moved[debit[8], debit[7]] += debit[3]
        books.spent.see(debit)
        books.count += 1


def _link(pieces: dict[int, int], leg: int, previous: int) -> None:
    """Join a leg to its account's chain, kept as pieces: a piece's newest leg and what it follows.

    Several processes write one account, so its legs are not in the order of their ids.
    """
    follows = pieces.pop(previous, previous)
    for newest, after in pieces.items():
        if after == leg:
            pieces[newest] = follows
            return
    pieces[leg] = follows


def _pairs(legs: Iterable[Row]) -> Iterator[tuple[Row, Row]]:
    """Each transfer's legs. Every row has to be one of a pair that agrees."""
    waiting: Row | None = None
    for leg in legs:
        if waiting is None:
            if leg[0] & _CREDIT:
                raise _Found("double entry", f"leg {leg[0]} has no debit side")
            waiting = leg
            continue
        mirrored = (
            waiting[0] | _CREDIT,
            *waiting[5:7],
            *waiting[3:5],
            *waiting[1:3],
            *waiting[7:9],
        )
        if leg[:9] != mirrored:
            raise _Found("double entry", f"the legs of transfer {waiting[0]} do not agree")
        yield waiting, leg
        waiting = None
    if waiting is not None:
        raise _Found("double entry", f"leg {waiting[0]} has no credit side")


def _check_accounts(reader: Reader, books: _Books) -> int:
    totals: dict[int, int] = defaultdict(int)
    count = 0
    for row in audit.accounts(reader):
        account = chart.account(row[0], row[1])
        shown = f"{chart.purpose(account).name.lower()} of {account.owner}"
        if list(row[2:6]) != books.sums.pop(account, [0, 0, 0, 0]):
            raise _Found("balance", f"{shown} is not the sum of its transfers")
        if books.chains[account] != ({row[7]: 0} if row[7] else {}):
            raise _Found("account chain", f"the legs of {shown} are not one chain to its newest")
        if row[3] - row[2] - row[4] < row[6] or row[6] != chart.floor(account):
            raise _Found("floor", f"{shown} is below its floor")
        totals[chart.currency(account).number] += row[3] - row[2]
        if chart.purpose(account) is Purpose.WALLET:
            books.debits[account] = row[2]
        if chart.purpose(account) in _COMPARED:
            books.standing[chart.purpose(account)][account] = row[3] - row[2]
        count += 1
    for account in books.sums:
        raise _Found("balance", f"account {account} has transfers and no row")
    for currency, total in totals.items():
        if total:
            raise _Found("conservation", f"debits and credits differ by {total} in {currency}")
    return count


def _check_journal(reader: Reader, books: _Books) -> dict[int, str]:
    heads = {}
    for node in sorted({*audit.nodes(reader), *books.by_node}):
        transfers = books.by_node.get(node, [])
        place, chained = 0, journal.GENESIS
        for number, row in enumerate(audit.journal(reader, node), 1):
            mine = transfers[place : place + row[4]]
            place += row[4]
            chained = journal.digest(chained, mine)
            ends = (mine[0][0], mine[-1][0]) if mine else (0, 0)
            if row[1] != number or bytes(row[5]) != chained or tuple(row[2:4]) != ends:
                raise _Found("journal", f"record {row[1]} of node {node} does not match")
        if place != len(transfers):
            extra = transfers[place][0]
            raise _Found("journal", f"transfer {extra} of node {node} is in no record")
        heads[node] = chained.hex()
    return heads


def _check_refunds(
    reader: Reader, books: _Books, counts: dict[str, int]
) -> dict[tuple[int, int], list[int]]:
    """Sums by order: (amount refunded, fee returned)."""
    refunded: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    for merchant_id, refund_id, order_id, amount, state in audit.refunds(reader):
        counts["refunds"] += 1
        moved = books.moved.get((refund_id, Code.REFUND), 0)
        if moved != (0 if state == RefundState.CLOSED else amount):
            raise _Found("refund", f"{ids.show('rfd', refund_id)} moved {moved} of {amount}")
        sums = refunded[merchant_id, order_id]
        sums[0] += moved
        sums[1] += books.moved.get((refund_id, Code.FEE_RETURN), 0)
    return refunded


def _check_orders(
    reader: Reader,
    books: _Books,
    refunded: dict[tuple[int, int], list[int]],
    counts: dict[str, int],
) -> None:
    paid = 0
    odd: dict[int, tuple[str, int, int]] = {}
    for row in audit.orders(reader):
        merchant_id, order_id, state, payment_id, amount, fee, back, fee_back, fee_bps = row
        counts["orders"] += 1
        shown = ids.show("ord", order_id)
        due = (amount, fee) if state == OrderState.PAID else (0, 0)
        if _paid(books, payment_id) != due:
            _, *others = odd.get(payment_id, (shown, 0, 0))
            odd[payment_id] = (shown, others[0] + due[0], others[1] + due[1])
        if state == OrderState.PAID and fee != portion(amount, fee_bps):
            raise _Found("order", f"{shown} paid a fee of {fee}, not {fee_bps} basis points")
        paid += due[0]
        if refunded.get((merchant_id, order_id), [0, 0]) != [back, fee_back]:
            raise _Found("order", f"{shown} does not agree with its refunds")
    # Payers name their payments: two merchants may have been paid under one name.
    for payment_id, (shown, amount, fee) in odd.items():
        moved = _paid(books, payment_id)
        if moved != (amount, fee):
            raise _Found("order", f"{shown} of {amount} moved {moved[0]}, fee {moved[1]}")
    moved_in_all = sum(sum_ for (_, code), sum_ in books.moved.items() if code == Code.PAYMENT)
    if paid != moved_in_all:
        raise _Found("order", f"payments of {moved_in_all} moved for orders of {paid}")


def _paid(books: _Books, payment_id: int) -> tuple[int, int]:
    moved, fee = (books.moved.get((payment_id, code), 0) for code in (Code.PAYMENT, Code.FEE))
    return moved, fee


def _check_day_ends(reader: Reader) -> None:
    wrong = audit_day_ends.first_wrong(reader)
    if wrong is not None:
        shown = f"{chart.purpose(wrong.account).name.lower()} of {wrong.account.owner}"
        raise _Found("day end", f"{shown} did not stand so after day {wrong.day}")


def _check_holds(reader: Reader, books: _Books) -> None:
    wrong = audit_holds.first_wrong(reader, books.moved, books.standing[Purpose.ESCROW])
    if wrong:
        raise _Found("holding", wrong)


def _raise_for(check: str, fault: str | None) -> None:
    if fault is not None:
        raise _Found(check, fault)


def _check_pending(reader: Reader, books: _Books) -> None:
    for pending_id, _, _, posted, state in audit.pending(reader):
        moved = sum(books.moved.get((pending_id, code), 0) for code in (Code.RESERVE, Code.PAYOUT))
        if moved != posted or (posted and state != PendingState.POSTED):
            raise _Found("pending", f"pending transfer {pending_id} posted {moved}, says {posted}")
