"""Reading what a journal says next of the market: payments and refunds, with what explains them."""

from collections.abc import Iterable, Iterator

from changliao.core import market
from changliao.core.bills import day_of
from changliao.core.chart import AccountId, Purpose, purpose
from changliao.core.clock import Instant
from changliao.core.ids import made_at
from changliao.core.ledger import Code
from changliao.core.market import REBUILDING, Paid, Returned, Stretch
from changliao.core.orders import Attempt, Order
from changliao.core.refunds import Refund
from changliao.store import orders, refunds
from changliao.store.engine import Reader, Row
from changliao.store.views import platforms


def nodes(reader: Reader) -> list[int]:
    """Which nodes have a journal."""
    found: list[int] = []
    after = -1
    while (row := reader.select("market_next_node", {"after": after})[0])[0] is not None:
        after = row[0]
        found.append(after)
    return found


def position(reader: Reader, node: int) -> int:
    """Up to which leg a node's journal is added up."""
    rows = reader.select("market_position_of", {"node": node})
    return int(rows[0][0]) if rows else 0


def stretch(reader: Reader, node: int, most: int) -> Stretch | None:
    """What comes next in a node's journal, at most so many movements; None: nothing, or not now."""
    after = position(reader, node)
    heads = reader.select("journal_head", {"node": node})
    if after == REBUILDING or not heads or heads[0][1] <= after:
        return None
    # A record holds whole commits in order: once the newest is seen, so is all before it.
    head = heads[0][1]
    keys = {"node": node, "after": after, "head": head, "most": most}
    moved = reader.select("market_movements", keys)
    last = moved[-1][0] if len(moved) == most else head
    since = {int(one.merchant_id): one.created_at for one in platforms.platforms(reader)}
    paid = [row for row in moved if row[5] == Code.PAYMENT]
    back = [row for row in moved if row[5] == Code.REFUND]
    return Stretch(
        node, after, last, tuple(_paid(reader, paid, since)), tuple(_returned(reader, back, since))
    )


def _paid(reader: Reader, moved: list[Row], since: dict[int, Instant]) -> Iterator[Paid]:
    attempts = _attempts(reader, [(row[6], row[3]) for row in moved])
    of = _orders(reader, [(one.merchant_id, one.order_id) for one in attempts.values()])
    synthetic = _synthetic(reader, of.values())
    for row in moved:
        attempt = attempts[row[6], row[3]]
        order = of[attempt.merchant_id, attempt.order_id]
        if not _is_synthetic(order, synthetic):
            platform_id = market.platform_at(
                order.merchant_id, order.partner_id, since, order.paid_at
            )
            yield Paid(
                attempt.payer_id, day_of(order.paid_at), platform_id, attempt.method_id,
                attempt.terminal_id, order.amount.currency.number, row[4],
            )  # fmt: skip


def _returned(reader: Reader, moved: list[Row], since: dict[int, Instant]) -> Iterator[Returned]:
    rows = _find(reader, "refunds_find", [(row[1], row[6]) for row in moved])
    known = {(one.merchant_id, one.id): one for one in map(refunds.from_row, rows)}
    of = _orders(reader, [(one.merchant_id, one.order_id) for one in known.values()])
    attempts = _attempts(reader, [(one.payment_id, one.merchant_id) for one in of.values()])
    synthetic = _synthetic(reader, of.values())
    for row in moved:
        refund = known[row[1], row[6]]
        order = of[refund.merchant_id, refund.order_id]
        if _is_synthetic(order, synthetic):
            continue
        attempt = attempts[order.payment_id, order.merchant_id]
        platform_id = market.platform_at(order.merchant_id, order.partner_id, since, order.paid_at)
        # What is paid partly from held money comes in two movements: the held one stands for both.
        held = purpose(AccountId(row[1], row[2])) is Purpose.ESCROW
        yield Returned(
            day_of(_left_at(refund, order)), platform_id, attempt.method_id, attempt.terminal_id,
            order.amount.currency.number, row[4], held or row[4] == refund.amount,
        )  # fmt: skip


def _left_at(refund: Refund, order: Order) -> Instant:
    """When the money left the merchant; a channel takes its time after that."""
    return made_at(refund.id) if order.method else refund.finished_at


def _attempts(reader: Reader, keys: list[Row]) -> dict[tuple[int, int], Attempt]:
    found = map(orders.ATTEMPTS.from_row, _find(reader, "payments_find", keys))
    return {(one.payment_id, one.merchant_id): one for one in found}


def _orders(reader: Reader, keys: list[Row]) -> dict[tuple[int, int], Order]:
    found = map(orders.from_row, _find(reader, "orders_find", keys))
    return {(one.merchant_id, one.id): one for one in found}


def _find(reader: Reader, name: str, keys: list[Row]) -> list[Row]:
    return reader.find(name, sorted(set(keys))) if keys else []


def _synthetic(reader: Reader, paid: Iterable[Order]) -> dict[int, int]:
    rows = _find(reader, "synthetic_people_find", [(one.payer_id,) for one in paid])
    return {row[0]: row[1] for row in rows}


def _is_synthetic(order: Order, synthetic: dict[int, int]) -> bool:
    since = synthetic.get(order.payer_id)
    return since is not None and since <= order.paid_at
