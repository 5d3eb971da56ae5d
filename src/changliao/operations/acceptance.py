"""Asking what a platform accepts, and changing it: drafted by one, approved by another."""

from collections.abc import Iterable
from typing import Final

from changliao.core.acceptance import (
    OWN_METHOD,
    TERMINAL_OF,
    Acceptance,
    ApproveDraft,
    Draft,
    WithdrawDraft,
    decide_acceptance,
    decide_approval,
    decide_draft,
    decide_placing,
    decide_withdrawal,
    facts,
)
from changliao.core.acts import Facts
from changliao.core.baskets import Basket
from changliao.core.clock import Instant
from changliao.core.ids import MerchantId, PolicyDraftId, made_at
from changliao.core.orders import Order
from changliao.core.outcome import Reason, Refused
from changliao.operations import heirs
from changliao.operations.network import Network
from changliao.operations.operation import Operation, Place
from changliao.store.acceptance import ACCEPTANCES, DRAFTS, METHODS, TERMINALS, Method
from changliao.store.parties import MERCHANTS
from changliao.store.unit import UnitOfWork
from changliao.store.views import acceptance


def platform_of(order: Order, basket: Basket | None = None) -> MerchantId:
    """Whose rules an order obeys: its basket's seller's, its service provider's, or its own."""
    if basket is not None:
        return basket.merchant_id
    return order.partner_id or order.merchant_id


def may_be_placed(
    tx: UnitOfWork, order: Order, now: Instant, basket: Basket | None = None
) -> Refused | None:
    """Is there any way to pay it where its payer will be?"""
    agreed = heirs.agreed(tx, platform_of(order, basket), now)
    if agreed is None:
        return None
    return decide_placing(agreed.policies, TERMINAL_OF[order.scene], now)


def may_be_paid(
    tx: UnitOfWork,
    order: Order,
    now: Instant,
    basket: Basket | None = None,
    method_id: int = OWN_METHOD,
) -> Refused | None:
    """May it be paid so now? A platform that never agreed to anything takes wallets only."""
    agreed = heirs.agreed(tx, platform_of(order, basket), now)
    policies = agreed.policies if agreed else ()
    begun_at, terminal_id = made_at(order.id), TERMINAL_OF[order.scene]
    return decide_acceptance(policies, method_id, terminal_id, begun_at, now)


async def why_not(
    network: Network, order: Order, basket: Basket | None = None, method_id: int = OWN_METHOD
) -> Refused | None:
    """What a page shows before anybody tries; the commit asks again."""
    now, terminal_id = network.clock(), TERMINAL_OF[order.scene]
    agreed = await network.look_up(acceptance.of_platform, platform_of(order, basket))
    while agreed.heir_id and now >= agreed.heir_from:
        agreed = await network.look_up(acceptance.of_platform, agreed.heir_id)
    return decide_acceptance(agreed.policies, method_id, terminal_id, made_at(order.id), now)


def _draft(tx: UnitOfWork, command: Draft, now: Instant) -> Draft | Refused:
    """Keep a proposal that could be approved. The same one again is found."""
    earlier = tx.find(DRAFTS, command.id)
    if earlier is not None:
        return earlier
    if tx.find(MERCHANTS, command.platform_id) is None:
        return Refused(Reason.MERCHANT_NOT_FOUND, "platform_id")
    methods = {one.method_id for one in command.cells}
    terminals = {one.terminal_id for one in command.cells}
    known = frozenset(one for one in methods if tx.find(METHODS, one) is not None)
    there = frozenset(one for one in terminals if tx.find(TERMINALS, one) is not None)
    refused = decide_draft(command, _agreed(tx, command.platform_id), known, there, now)
    if refused is not None:
        return refused
    tx.insert(DRAFTS, command)
    return command


def _approve(tx: UnitOfWork, command: ApproveDraft, now: Instant) -> Draft | Refused:
    """Agree: from its beginning on every payment obeys it."""
    draft = tx.find(DRAFTS, command.draft_id)
    if draft is None:
        return Refused(Reason.POLICY_NOT_FOUND)
    decided = decide_approval(command, draft, _agreed(tx, draft.platform_id), now)
    if isinstance(decided, Refused):
        return decided
    tx.update(DRAFTS, decided.draft)
    tx.put(ACCEPTANCES, draft.platform_id, decided.acceptance)
    return decided.draft


def _withdraw(tx: UnitOfWork, command: WithdrawDraft, now: Instant) -> Draft | Refused:
    """Take it back."""
    draft = tx.find(DRAFTS, command.draft_id)
    if draft is None:
        return Refused(Reason.POLICY_NOT_FOUND)
    after = decide_withdrawal(command, draft, now)
    if isinstance(after, Draft) and after is not draft:
        tx.update(DRAFTS, after)
    return after


def _add_method(tx: UnitOfWork, command: Method, now: Instant) -> Method | Refused:
    """A new way to pay is a row. The same row again is no change."""
    earlier = tx.find(METHODS, command.id)
    if earlier is not None:
        return earlier if earlier == command else Refused(Reason.METHOD_TAKEN)
    tx.insert(METHODS, command)
    return command


def _agreed(tx: UnitOfWork, platform_id: MerchantId) -> Acceptance:
    return tx.find(ACCEPTANCES, platform_id) or Acceptance(platform_id)


def _draft_keys(command: Draft) -> Iterable[Place]:
    yield DRAFTS, command.id
    yield MERCHANTS, command.platform_id
    yield ACCEPTANCES, command.platform_id


def _decision_keys(command: ApproveDraft | WithdrawDraft) -> Iterable[Place]:
    yield DRAFTS, command.draft_id


def _facts(tx: UnitOfWork, draft_id: PolicyDraftId, now: Instant) -> Facts:
    draft = tx.find(DRAFTS, draft_id)
    return {} if draft is None else facts(draft, _agreed(tx, draft.platform_id), now)


DRAFT: Final = Operation(
    "acceptance.draft", _draft, _draft_keys, lambda tx, one, now: _facts(tx, one.id, now)
)
APPROVE: Final = Operation(
    "acceptance.approve",
    _approve,
    _decision_keys,
    lambda tx, one, now: _facts(tx, one.draft_id, now),
)
WITHDRAW: Final = Operation(
    "acceptance.withdraw",
    _withdraw,
    _decision_keys,
    lambda tx, one, now: _facts(tx, one.draft_id, now),
)
ADD_METHOD: Final = Operation("acceptance.add_method", _add_method, lambda command: ())
