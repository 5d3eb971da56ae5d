"""What the committer is measured against.

`pay` is one hand-written transaction for each payment, as a developer would write it: read the
order, the attempt and the wallet, check, insert and update, commit. It writes the same rows under
the same guards with the same durability, but keeps no journal. `bare` writes the rows of whole
batches, known in advance, with no logic at all: the ceiling of the engine.
"""

from collections.abc import Sequence
from typing import Any

from bench.world import FEE_BPS, PRICE, World, batches, now
from changliao.core import chart
from changliao.core.ids import block
from changliao.core.ledger import Code
from changliao.core.limits import UNBOUNDED
from changliao.core.money import CNY, portion
from changliao.core.orders import OrderState, PayOrder
from changliao.store.engine import Session

FEE = portion(PRICE, FEE_BPS)
# Nothing refunded, no discount, from a wallet; and what the order was before: open, with its
# first link.
_UNTOUCHED = (0, 0, 0, 0, "", 1, 1, 0, 0)


def pay(session: Session, world: World, command: PayOrder) -> None:
    """One payment, one transaction."""
    session.begin([])
    order = session.find("orders_find", [(command.merchant_id, command.order_id)])[0]
    if session.find("payments_find", [(command.payment_id, command.merchant_id)]):
        raise AssertionError("paid before")
    wallet = session.find("accounts_find", [chart.wallet(command.payer_id, CNY)])[0]
    if order[12] != OrderState.OPEN or wallet[3] - wallet[2] - wallet[4] < order[5]:
        raise AssertionError("cannot be paid")
    for statement in work([command], world.ids.take(2)):
        session.write([statement])
    session.commit([])


def bare(session: Session, world: World, commands: Sequence[PayOrder], size: int) -> None:
    """The same rows, batch by batch."""
    for batch in batches(commands, size):
        session.begin([])
        statements = work(batch, world.ids.take(2 * len(batch)))
        session.write(statements)
        session.commit([])


def work(commands: Sequence[PayOrder], first: int) -> list[tuple[str, list[Any]]]:
    """The rows of some payments: accounts, legs, orders, attempts, events."""
    deltas: dict[Any, list[int]] = {}
    legs, orders, attempts, events = [], [], [], []
    at = now()
    transfers = iter(block(first, 2 * len(commands)))
    for one in commands:
        wallet = chart.wallet(one.payer_id, CNY)
        payable = chart.payable(one.merchant_id, CNY)
        fees = chart.fees(one.merchant_id, CNY)
        moves = ((wallet, payable, PRICE, Code.PAYMENT), (payable, fees, FEE, Code.FEE))
        for debit, credit, amount, code in moves:
            leg = next(transfers)
            deltas.setdefault(debit, [0, 0, 0])[0] += amount
            deltas.setdefault(credit, [0, 0, 0])[1] += amount
            deltas[debit][2], deltas[credit][2] = leg, leg | 1
            legs.append((leg, *debit, amount, 0, *credit, int(code), one.payment_id, 0))
            legs.append((leg | 1, *credit, amount, 0, *debit, int(code), one.payment_id, 0))
        orders.append(
            (
                one.merchant_id,
                one.order_id,
                2,
                1,
                one.payer_id,
                one.payment_id,
                at,
                FEE_BPS,
                FEE,
                *_UNTOUCHED,
            )
        )
        attempts.append((one.payment_id, one.merchant_id, one.order_id, one.payer_id, "", 1, 1))
        events.append((one.payment_id, one.merchant_id, 1, one.order_id, 1, 0, at))
    accounts = sorted(
        (*key, sums[0], sums[1], 0, 0, sums[2], UNBOUNDED) for key, sums in deltas.items()
    )
    return [
        ("accounts_add", accounts),
        ("legs_insert", legs),
        ("orders_update", sorted(orders)),
        ("payments_insert", attempts),
        ("events_insert", events),
    ]
