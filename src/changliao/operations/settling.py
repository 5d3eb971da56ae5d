"""Settling what stores sold: shares at the end of a hold, shares back on a refund, receipts.

A hold ends when its time has come, when the platform settles, or when the buyer confirms.
"""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from changliao.core import chart, platforms, splits
from changliao.core.clock import Instant
from changliao.core.confirmations import Act, ActKind, Proven
from changliao.core.holds import (
    ExpireHold,
    ExtendHold,
    Holding,
    HoldingState,
    decide_expiry,
    decide_extension,
    decide_receipt,
)
from changliao.core.ids import MerchantId, OrderId, ReturnId, ShareId, UserId
from changliao.core.ledger import Transfer
from changliao.core.money import BPS, CNY
from changliao.core.orders import Hold, Order
from changliao.core.outcome import Reason, Refused
from changliao.core.platforms import StoreMode
from changliao.core.refunds import Refund, RefundOrder
from changliao.core.splits import Part, PartyKind, Return, Sharing
from changliao.operations import confirmations, heirs, holds, stores
from changliao.operations.heirs import Accounts
from changliao.operations.operation import Operation, Place
from changliao.store import ledger
from changliao.store.holds import HOLDINGS
from changliao.store.notices import NOTICES
from changliao.store.orders import ORDERS
from changliao.store.splits import PARTS, RETURNS, RETURNS_BY_REFERENCE, SHARES, SHARES_BY_REFERENCE
from changliao.store.unit import UnitOfWork

# How a return is named that a refund makes.
BY_REFUND: Final = "refund@"


class Settle(Struct, frozen=True):
    """A platform settles a sale now."""

    platform_id: MerchantId
    merchant_id: MerchantId
    order_id: OrderId


class ConfirmReceipt(Struct, frozen=True):
    """The buyer has what was bought, or a part: `released` is what the seller then has in all.

    `proof` is the buyer's own; None when an operator answers for the buyer.
    """

    merchant_id: MerchantId
    order_id: OrderId
    payer_id: UserId
    released: int | None = None
    proof: Proven | None = None

    def act(self) -> Act:
        """What a passkey confirms; 0: all that is held."""
        subject = f"{self.payer_id} {self.merchant_id}"
        return Act(ActKind.RECEIPT, self.order_id, self.released or 0, 0, subject)


def settle(tx: UnitOfWork, order: Order, holding: Holding) -> Holding | Refused | None:
    """Split what an OPEN store's sale holds by its agreement; None: it is no such sale."""
    store = stores.store_of(tx, order)
    if store is None or store.mode is not StoreMode.OPEN or order.hold is not Hold.SPLIT:
        return None
    command, receivers = platforms.settlement(order, store, splits.unshared(order, holding))
    if tx.find(SHARES, SHARES.key(command.share)) is not None:
        return None
    whole = Sharing(order.merchant_id, BPS)
    shared = splits.decide_share(command, order, holding, whole, receivers)
    if isinstance(shared, Refused):
        return shared
    ledger.post(tx, shared.transfers)
    tx.insert(SHARES, shared.share, SHARES_BY_REFERENCE)
    for part in shared.parts:
        tx.insert(PARTS, part)
    holds.keep(tx, shared.holding)
    return shared.holding


class Back(Struct, kw_only=True):
    """What settled receivers give back for a refund: decided, and not written yet."""

    returns: list[Return] = []
    parts: list[Part] = []
    transfers: list[Transfer] = []
    holding: Holding | None = None
    partner_id: MerchantId = MerchantId(0)
    accounts: Accounts


def given_back(
    tx: UnitOfWork, order: Order, refund: Refund, holding: Holding | None
) -> Back | Refused:
    """The platform first, then the others in the order agreed, each in proportion.

    Before settlement nobody has anything to give back.
    """
    back = Back(holding=holding, partner_id=order.partner_id, accounts=Accounts(tx))
    store = stores.store_of(tx, order)
    share = tx.find(SHARES, (order.merchant_id, ShareId(order.payment_id))) if store else None
    if store is None or share is None or holding is None:
        return back
    for party in (store.platform_id, *(cut.merchant_id for cut in store.cuts)):
        part = tx.find(PARTS, (share.id, order.merchant_id, int(PartyKind.MERCHANT), party))
        due = platforms.due_back(part, share, order, order.refunded + refund.amount) if part else 0
        if part is None or not due:
            continue
        refused = _back(tx, back, part, due, f"{BY_REFUND}{refund.id}@{part.place}")
        if refused is not None:
            return refused
    return back


def taken_back(
    tx: UnitOfWork, order: Order, command: RefundOrder, back: Back, now: Instant
) -> Refused | None:
    """What receivers give back because the refund names them: whole, or the refund is refused."""
    seen = set()
    taken = sum(take.amount for take in command.takes)
    if command.takes and taken > command.refund.amount:
        return Refused(Reason.RETURN_EXCEEDS_SHARE)
    for take in command.takes:
        share = tx.find(SHARES, (order.merchant_id, take.share_id))
        key = (take.share_id, order.merchant_id, int(PartyKind.MERCHANT), take.receiver_id)
        part = tx.find(PARTS, key)
        if share is None or part is None or share.order_id != order.id:
            return Refused(Reason.SHARE_NOT_FOUND)
        if key in seen:
            return Refused(Reason.RECEIVER_REPEATED)
        seen.add(key)
        reference = f"{BY_REFUND}{command.refund.id}@{share.id}.{part.place}"
        refused = splits.returnable(share, now) or _back(tx, back, part, take.amount, reference)
        if refused is not None:
            return refused
    return None


def _back(tx: UnitOfWork, back: Back, part: Part, due: int, reference: str) -> Refused | None:
    """One receiver gives back; nothing is written yet."""
    holding = back.holding
    if holding is None:
        return Refused(Reason.HOLD_MISSING)
    asked = Return(
        ReturnId(tx.new_id()), part.merchant_id, part.share_id, MerchantId(part.party_id),
        reference, due, b"refund", back.partner_id,
    )  # fmt: skip
    receiver = chart.payable(asked.receiver_id, holding.currency)
    back.transfers += back.accounts.lent(receiver, due)
    returned = splits.decide_return(asked, part, holding, back.accounts.find(receiver))
    if isinstance(returned, Refused):
        return returned
    back.holding = returned.holding
    back.returns.append(returned.returned)
    back.parts.append(returned.part)
    back.transfers += returned.transfers
    for moved in returned.transfers:
        back.accounts.move(moved)
    return None


def keep_back(tx: UnitOfWork, back: Back) -> None:
    """Write what receivers gave back."""
    ledger.post(tx, back.transfers)
    for part, one in zip(back.parts, back.returns, strict=True):
        tx.update(PARTS, part)
        tx.insert(RETURNS, one, RETURNS_BY_REFERENCE)


def _settle(tx: UnitOfWork, command: Settle, now: Instant) -> Holding | Refused:
    """Settle a sale before its time. Settling again is no change."""
    order = tx.find(ORDERS, (command.merchant_id, command.order_id))
    if order is None or not heirs.inherits(tx, command.platform_id, order.partner_id):
        return Refused(Reason.ORDER_NOT_FOUND)
    holding = tx.find(HOLDINGS, (order.id, order.merchant_id))
    if holding is None:
        return Refused(Reason.HOLD_MISSING)
    if holding.state is HoldingState.RELEASED:
        return holding
    return settle(tx, order, holding) or Refused(Reason.HOLD_MISSING)


def _confirm(tx: UnitOfWork, command: ConfirmReceipt, now: Instant) -> Holding | Refused:
    """The buyer confirms: the seller has the money. Confirming the same again is no change."""
    order = tx.find(ORDERS, (command.merchant_id, command.order_id))
    if order is None or order.payer_id != command.payer_id:
        return Refused(Reason.ORDER_NOT_FOUND, "payer_id: has paid no such order")
    holding = tx.find(HOLDINGS, (order.id, order.merchant_id))
    if holding is None or order.hold is not Hold.RECEIPT:
        return Refused(Reason.HOLD_MISSING)
    released = decide_receipt(holding, command.released)
    if released is None:
        return holding
    if isinstance(released, Refused):
        return released
    refused = confirmations.check(tx, command.payer_id, command.proof, command.act, now)
    if refused is not None:
        return refused
    ledger.post(tx, released.transfers)
    holds.keep(tx, released.holding)
    return released.holding


def _extend(tx: UnitOfWork, command: ExtendHold, now: Instant) -> Holding | Refused:
    """Give the buyer more time. Extending to the same time again is no change."""
    order = tx.find(ORDERS, (command.merchant_id, command.order_id))
    holding = holds.of_order(tx, order) if order is not None else None
    if order is None or holding is None:
        return Refused(Reason.ORDER_NOT_FOUND if order is None else Reason.HOLD_MISSING)
    sides = order.partner_id, order.merchant_id
    if command.by and not any(heirs.inherits(tx, command.by, side) for side in sides):
        return Refused(Reason.ORDER_NOT_FOUND)
    if not stores.holds(tx, order):
        return Refused(Reason.HOLD_MISSING)
    after = decide_extension(command, holding, order.paid_at)
    if isinstance(after, Holding) and after is not holding:
        holds.move(tx, holding, after)
    return after


def _expire(tx: UnitOfWork, command: ExpireHold, now: Instant) -> Holding | Refused:
    """Settle or release what is held when its time has come, once."""
    holding = tx.find(HOLDINGS, (command.order_id, command.merchant_id))
    if holding is None:
        return Refused(Reason.HOLD_MISSING)
    released = decide_expiry(holding, now)
    if isinstance(released, Refused):
        return released
    order = tx.find(ORDERS, (command.merchant_id, command.order_id))
    settled = settle(tx, order, holding) if order is not None else None
    if settled is not None:
        return settled
    ledger.post(tx, released.transfers)
    holds.keep(tx, released.holding)
    return released.holding


def _expiry_keys(command: ExpireHold) -> Iterable[Place]:
    yield HOLDINGS, (command.order_id, command.merchant_id)
    yield NOTICES, command.merchant_id
    yield ledger.ACCOUNTS, chart.escrow(command.merchant_id, CNY)
    yield ledger.ACCOUNTS, chart.payable(command.merchant_id, CNY)


def _confirm_keys(command: ConfirmReceipt) -> Iterable[Place]:
    yield ORDERS, (command.merchant_id, command.order_id)
    yield HOLDINGS, (command.order_id, command.merchant_id)
    yield from confirmations.keys(command.payer_id, command.proof)


def _one_keys(command: Settle | ExtendHold) -> Iterable[Place]:
    yield ORDERS, (command.merchant_id, command.order_id)
    yield HOLDINGS, (command.order_id, command.merchant_id)


EXPIRE: Final = Operation("holds.expire", _expire, _expiry_keys)
SETTLE: Final = Operation("stores.settle", _settle, _one_keys)
EXTEND: Final = Operation("stores.extend", _extend, _one_keys)
CONFIRM: Final = Operation("stores.confirm_receipt", _confirm, _confirm_keys)
