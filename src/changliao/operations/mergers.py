"""Merging platforms in steps: each is one commit and done once, wherever it was broken off."""

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from changliao.core import chart, mergers, platforms
from changliao.core.acceptance import LEAD, Acceptance
from changliao.core.clock import Instant
from changliao.core.ids import MerchantId, MergerId
from changliao.core.ledger import Code, Transfer
from changliao.core.mergers import (
    MOST_STORES,
    AdvanceMerger,
    ApproveMerger,
    CancelMerger,
    CollectMerger,
    Joined,
    Merger,
    MergerEvent,
    MergerState,
    Step,
)
from changliao.core.money import CURRENCIES
from changliao.core.outcome import Reason, Refused
from changliao.core.parties import Partnership
from changliao.core.platforms import DecideStore, StoreEvent, StoreState
from changliao.operations.operation import Operation, Place, standing
from changliao.store import ledger
from changliao.store.acceptance import ACCEPTANCES
from changliao.store.mergers import MERGERS
from changliao.store.parties import PARTNERSHIPS
from changliao.store.platforms import PLATFORMS, STORES
from changliao.store.unit import UnitOfWork


def _draft(tx: UnitOfWork, command: Merger, now: Instant) -> Merger | Refused:
    """Keep a proposal that could be approved."""
    earlier = tx.find(MERGERS, command.id)
    if earlier is not None:
        return earlier
    refused = _refused(tx, command)
    if refused is not None:
        return refused
    tx.insert(MERGERS, command)
    return command


def _approve(tx: UnitOfWork, command: ApproveMerger, now: Instant) -> Merger | Refused:
    """Agree: it may run. Until its end both platforms take part in no other merger."""
    known = tx.find(MERGERS, command.merger_id)
    if known is None:
        return Refused(Reason.MERGER_NOT_FOUND)
    after = mergers.decide_event(known, MergerEvent.APPROVE, command.by, now)
    if isinstance(after, Refused) or after is known:
        return after
    refused = _refused(tx, known)
    if refused is not None:
        return refused
    _bind(tx, (known.source_id, known.target_id), known.id)
    tx.update(MERGERS, after)
    return after


def _cancel(tx: UnitOfWork, command: CancelMerger, now: Instant) -> Merger | Refused:
    """Take it back before it runs; cancelling again is no change."""
    known = tx.find(MERGERS, command.merger_id)
    if known is None:
        return Refused(Reason.MERGER_NOT_FOUND)
    after = mergers.decide_event(known, MergerEvent.CANCEL, command.by, now)
    if isinstance(after, Merger) and after is not known:
        if known.state is MergerState.APPROVED:
            _bind(tx, (known.source_id, known.target_id), MergerId(0))
        tx.update(MERGERS, after)
    return after


def _advance(tx: UnitOfWork, command: AdvanceMerger, now: Instant) -> Merger | Refused:
    """Do the next step; one that was done already is not done again."""
    known = tx.find(MERGERS, command.merger_id)
    if known is None:
        return Refused(Reason.MERGER_NOT_FOUND)
    running = mergers.decide_advance(known, command)
    if isinstance(running, Refused) or running is known:
        return running
    match running.step:
        case Step.CLOSE:
            _close(tx, running, now)
            after = mergers.changed(running, step=Step.STORES)
        case Step.STORES:
            after = _move_stores(tx, running, now)
        case _:
            joined = mergers.joins(running, _join_balances(tx, running))
            _bind(tx, (running.target_id,), MergerId(0))
            after = mergers.changed(joined, state=MergerState.DONE, step=Step.END, ended_at=now)
    tx.update(MERGERS, after)
    return after


def _collect(tx: UnitOfWork, command: CollectMerger, now: Instant) -> Merger | Refused:
    """What the source has earned since the merger goes to the target as well."""
    known = tx.find(MERGERS, command.merger_id)
    if known is None:
        return Refused(Reason.MERGER_NOT_FOUND)
    if known.state is not MergerState.DONE:
        said = f"state: the merger is {known.state.name.lower()}"
        return Refused(Reason.MERGER_STATE, said)
    after = mergers.joins(_move_stores(tx, known, now), _join_balances(tx, known))
    if after is not known:
        tx.update(MERGERS, after)
    return after


def _refused(tx: UnitOfWork, asked: Merger) -> Refused | None:
    sides = asked.source_id, asked.target_id
    named = {answer.merchant_id for answer in asked.answers}
    both = frozenset(
        one for one in named if all(tx.find(STORES, (side, one)) is not None for side in sides)
    )
    source, target = (tx.find(PLATFORMS, one) for one in sides)
    return mergers.decide_merger(asked, source, target, both)


def _bind(tx: UnitOfWork, sides: Iterable[MerchantId], merger_id: MergerId) -> None:
    """Platforms take part in a merger, or in none."""
    for side in sides:
        platform = tx.find(PLATFORMS, side)
        if platform is not None:
            tx.update(PLATFORMS, replace(platform, merger_id=merger_id))


def _close(tx: UnitOfWork, merger: Merger, now: Instant) -> None:
    source = tx.find(PLATFORMS, merger.source_id)
    if source is not None:
        tx.update(PLATFORMS, replace(source, heir_id=merger.target_id))
    if not merger.own_policies:
        agreed = tx.find(ACCEPTANCES, merger.source_id) or Acceptance(merger.source_id)
        heir = replace(agreed, heir_id=merger.target_id, heir_from=Instant(now + LEAD))
        tx.put(ACCEPTANCES, merger.source_id, heir)


def _move_stores(tx: UnitOfWork, merger: Merger, now: Instant) -> Merger:
    """A few more. What this batch moved already is still among the committed rows."""
    keys = {"platform_id": merger.source_id, "most": MOST_STORES}
    found = [MerchantId(row[0]) for row in tx.select("stores_to_move", keys)]
    moved = sum(_move_store(tx, merger, merchant_id, now) for merchant_id in found)
    if moved:
        merger = mergers.changed(merger, stores=merger.stores + moved)
    if found or merger.step is not Step.STORES:
        return merger
    return mergers.changed(merger, step=Step.BALANCES)


def _move_store(tx: UnitOfWork, merger: Merger, merchant_id: MerchantId, now: Instant) -> bool:
    store = tx.find(STORES, (merger.source_id, merchant_id))
    if store is None:
        return False
    command = DecideStore(merger.source_id, merchant_id, StoreEvent.MOVE, merger.reason)
    moved = platforms.decide_store(command, store, now)
    if isinstance(moved, Refused) or moved is store:
        return False
    key = (merger.target_id, merchant_id)
    there = mergers.decide_move(merger, store, tx.find(STORES, key), now)
    tx.update(STORES, moved)
    tx.put(STORES, key, there)
    acts = there.state in (StoreState.OPEN, StoreState.SUSPENDED)
    if acts and merchant_id != merger.target_id and tx.find(PARTNERSHIPS, key) is None:
        tx.insert(PARTNERSHIPS, Partnership(*key, now))
    return True


def _join_balances(tx: UnitOfWork, merger: Merger) -> list[Joined]:
    """What may be spent of what the source earned goes to the target.

    What is reserved or was settled stays, and is paid out.
    """
    found = []
    for currency in CURRENCIES.values():
        source = ledger.account(tx, chart.payable(merger.source_id, currency))
        target = ledger.account(tx, chart.payable(merger.target_id, currency))
        amount = source.spendable
        if amount <= 0:
            continue
        ledger.post(tx, [Transfer(source.id, target.id, amount, Code.MERGER, merger.id)])
        after = [ledger.account(tx, one.id).balance for one in (source, target)]
        found.append(Joined(source.id.book, amount, source.balance, target.balance, *after))
    return found


def _drafting_keys(command: Merger) -> Iterable[Place]:
    yield PLATFORMS, command.source_id
    yield PLATFORMS, command.target_id


def _one_keys(
    command: ApproveMerger | AdvanceMerger | CancelMerger | CollectMerger,
) -> Iterable[Place]:
    yield MERGERS, command.merger_id


_FACTS: Final = standing(MERGERS, lambda one: one.merger_id, mergers.facts)
DRAFT: Final = Operation(
    "mergers.draft", _draft, _drafting_keys, standing(MERGERS, lambda one: one.id, mergers.facts)
)
APPROVE: Final = Operation("mergers.approve", _approve, _one_keys, _FACTS)
ADVANCE: Final = Operation("mergers.advance", _advance, _one_keys, _FACTS)
CANCEL: Final = Operation("mergers.cancel", _cancel, _one_keys, _FACTS)
COLLECT: Final = Operation("mergers.collect", _collect, _one_keys)
