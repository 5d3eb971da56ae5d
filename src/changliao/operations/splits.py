"""Declaring receivers, sharing held money with them, and taking shares back."""

from collections.abc import Iterable
from typing import Final

from changliao.core import splits
from changliao.core.clock import Instant
from changliao.core.events import Event, EventKind
from changliao.core.ids import EventId, MerchantId, ShareId
from changliao.core.orders import Order, PlaceOrder
from changliao.core.outcome import Reason, Refused
from changliao.core.splits import (
    AT_PAYMENT,
    SETTLEMENT,
    Part,
    PartyKind,
    Planned,
    Receiver,
    ReceiverState,
    RemoveReceiver,
    Return,
    Share,
    ShareOrder,
    Sharing,
)
from changliao.operations import holds, stores
from changliao.operations.heirs import Accounts
from changliao.operations.operation import Operation, Place
from changliao.operations.settling import BY_REFUND
from changliao.store import ledger
from changliao.store.events import EVENTS
from changliao.store.holds import HOLDINGS
from changliao.store.orders import ORDERS
from changliao.store.splits import (
    PARTS,
    PLANNED,
    RECEIVERS,
    RETURNS,
    RETURNS_BY_REFERENCE,
    SHARES,
    SHARES_BY_REFERENCE,
    SHARING,
)
from changliao.store.unit import UnitOfWork


def _add(tx: UnitOfWork, command: Receiver, now: Instant) -> Receiver | Refused:
    """Declare a relation; declaring it again only changes its name."""
    key = RECEIVERS.key(command)
    receiver = splits.decide_receiver(tx.find(RECEIVERS, key), command)
    if isinstance(receiver, Receiver):
        tx.put(RECEIVERS, key, receiver)
    return receiver


def _remove(tx: UnitOfWork, command: RemoveReceiver, now: Instant) -> Receiver | Refused:
    """End a relation; ending it again is no change."""
    known = tx.find(RECEIVERS, (command.merchant_id, int(command.kind), command.party_id))
    if known is None:
        return Refused(Reason.RECEIVER_NOT_FOUND)
    removed = splits.decide_removal(known)
    tx.update(RECEIVERS, removed)
    return removed


def _agree(tx: UnitOfWork, command: Sharing, now: Instant) -> Sharing | Refused:
    """Set how a merchant may share."""
    tx.find(SHARING, command.merchant_id)
    tx.put(SHARING, command.merchant_id, command)
    return command


def _share(tx: UnitOfWork, command: ShareOrder, now: Instant) -> Share | Refused:
    """Share or release once for each reference. A refusal is not kept: the number may be used."""
    asked = command.share
    earlier = tx.find_by(SHARES_BY_REFERENCE, SHARES_BY_REFERENCE.key(asked))
    if earlier is not None:
        same = earlier.digest == asked.digest and earlier.order_id == asked.order_id
        return earlier if same else Refused(Reason.SHARE_REFERENCE_REUSED)
    if asked.reference.startswith((SETTLEMENT, AT_PAYMENT)):
        return Refused(Reason.SHARE_REFERENCE_REUSED, "such references are the network's")
    return _make(tx, command, now)


def plan(tx: UnitOfWork, command: PlaceOrder, order: Order) -> Refused | None:
    """Keep what an order that is being placed is to share by itself, or say why it cannot."""
    if not command.intended:
        return None
    if stores.holds(tx, order):
        return Refused(Reason.HOLD_OF_STORE)
    planned = Planned(order.merchant_id, order.id, command.intended, command.keeps)
    wanted = splits.planned_share(planned, order, ShareId(0))
    receivers = [_receiver(tx, wanted.share, part) for part in wanted.parts]
    sharing = tx.find(SHARING, order.merchant_id) or Sharing(order.merchant_id)
    refused = splits.decide_plan(wanted, order, sharing, receivers)
    if refused is None:
        tx.insert(PLANNED, planned)
    return refused


def share_planned(tx: UnitOfWork, order: Order, now: Instant) -> None:
    """Share an order that was just paid as it was placed.

    What cannot be shared any more, because a receiver was removed or the ratio became smaller, is
    not: the whole waits as any held payment does, and the merchant may share it otherwise.
    """
    planned = tx.find(PLANNED, (order.merchant_id, order.id))
    if planned is not None:
        _make(tx, splits.planned_share(planned, order, ShareId(tx.new_id())), now)


def _make(tx: UnitOfWork, command: ShareOrder, now: Instant) -> Share | Refused:
    asked = command.share
    order = tx.find(ORDERS, (asked.merchant_id, asked.order_id))
    if order is None:
        return Refused(Reason.ORDER_NOT_FOUND)
    if stores.holds(tx, order):
        return Refused(Reason.HOLD_OF_STORE)
    holding = holds.of_order(tx, order)
    if holding is None:
        return Refused(Reason.HOLD_MISSING)
    sharing = tx.find(SHARING, order.merchant_id) or Sharing(order.merchant_id)
    receivers = [_receiver(tx, asked, part) for part in command.parts]

    shared = splits.decide_share(command, order, holding, sharing, receivers)

    if isinstance(shared, Refused):
        return shared
    ledger.post(tx, shared.transfers)
    holds.keep(tx, shared.holding)
    tx.insert(SHARES, shared.share, SHARES_BY_REFERENCE)
    for part in shared.parts:
        tx.insert(PARTS, part)
        if part.kind is PartyKind.MERCHANT:
            _tell(tx, part.party_id, EventKind.SHARE_RECEIVED, shared.share.id, now)
    return shared.share


def _receiver(tx: UnitOfWork, share: Share, part: Part) -> Receiver | None:
    """Whom the merchant declared, or the provider that shares for it: for all its merchants."""
    own = tx.find(RECEIVERS, (share.merchant_id, int(part.kind), part.party_id))
    if own is not None and own.state is ReceiverState.ACTIVE:
        return own
    if not share.partner_id:
        return own
    return tx.find(RECEIVERS, (share.partner_id, int(part.kind), part.party_id)) or own


def _return(tx: UnitOfWork, command: Return, now: Instant) -> Return | Refused:
    """Take a share back once for each reference. A refusal is not kept."""
    earlier = tx.find_by(RETURNS_BY_REFERENCE, RETURNS_BY_REFERENCE.key(command))
    if earlier is not None:
        same = earlier.digest == command.digest and earlier.share_id == command.share_id
        return earlier if same else Refused(Reason.SHARE_REFERENCE_REUSED)
    if command.reference.startswith(BY_REFUND):
        return Refused(Reason.SHARE_REFERENCE_REUSED, f"{BY_REFUND} is the network's")
    share = tx.find(SHARES, (command.merchant_id, command.share_id))
    merchant = int(PartyKind.MERCHANT)
    part = tx.find(PARTS, (command.share_id, command.merchant_id, merchant, command.receiver_id))
    if share is None or part is None:
        return Refused(Reason.SHARE_NOT_FOUND)
    refused = splits.returnable(share, now)
    if refused is not None:
        return refused
    holding = tx.find(HOLDINGS, (share.order_id, share.merchant_id))
    if holding is None:
        return Refused(Reason.HOLD_MISSING)
    account = splits.account_of(part.kind, part.party_id, holding.currency)
    accounts = Accounts(tx)
    lent = accounts.lent(account, command.amount)

    back = splits.decide_return(command, part, holding, accounts.find(account))

    if isinstance(back, Refused):
        return back
    ledger.post(tx, [*lent, *back.transfers])
    tx.update(HOLDINGS, back.holding)
    tx.update(PARTS, back.part)
    tx.insert(RETURNS, back.returned, RETURNS_BY_REFERENCE)
    _tell(tx, command.receiver_id, EventKind.SHARE_RETURNED, command.id, now)
    return back.returned


def _tell(tx: UnitOfWork, receiver_id: int, kind: EventKind, subject_id: int, now: Instant) -> None:
    """Merchants hear of what they received and gave back, at the address they chose for it."""
    agreed = tx.find(SHARING, receiver_id)
    if agreed is not None and agreed.notify_url:
        event_id = EventId(tx.new_id())
        tx.insert(EVENTS, Event(event_id, MerchantId(receiver_id), kind, subject_id, now))


def _adding_keys(command: Receiver | RemoveReceiver) -> Iterable[Place]:
    yield RECEIVERS, (command.merchant_id, int(command.kind), command.party_id)


def _agreeing_keys(command: Sharing) -> Iterable[Place]:
    yield SHARING, command.merchant_id


def _sharing_keys(command: ShareOrder) -> Iterable[Place]:
    share = command.share
    yield SHARES_BY_REFERENCE, SHARES_BY_REFERENCE.key(share)
    yield ORDERS, (share.merchant_id, share.order_id)
    yield HOLDINGS, (share.order_id, share.merchant_id)
    yield SHARING, share.merchant_id
    for part in command.parts:
        yield RECEIVERS, (share.merchant_id, int(part.kind), part.party_id)
        if share.partner_id:
            yield RECEIVERS, (share.partner_id, int(part.kind), part.party_id)
        if part.kind is PartyKind.MERCHANT:
            yield SHARING, part.party_id


def _returning_keys(command: Return) -> Iterable[Place]:
    yield RETURNS_BY_REFERENCE, RETURNS_BY_REFERENCE.key(command)
    yield SHARES, (command.merchant_id, command.share_id)
    merchant = int(PartyKind.MERCHANT)
    yield PARTS, (command.share_id, command.merchant_id, merchant, command.receiver_id)
    yield SHARING, command.receiver_id


ADD_RECEIVER: Final = Operation("splits.add_receiver", _add, _adding_keys)
REMOVE_RECEIVER: Final = Operation("splits.remove_receiver", _remove, _adding_keys)
AGREE: Final = Operation("splits.agree", _agree, _agreeing_keys)
SHARE: Final = Operation("splits.share", _share, _sharing_keys)
RETURN: Final = Operation("splits.return", _return, _returning_keys)
