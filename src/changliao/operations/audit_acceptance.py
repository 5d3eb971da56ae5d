"""The audit of acceptance: what is agreed is what was approved, and no payment broke it.

Not judged are payments from before methods were kept (terminal 0), captures of what was frozen, and
parts of baskets, which obey the basket's seller.
"""

from collections import defaultdict
from collections.abc import Iterator

from changliao.core import ids
from changliao.core.acceptance import Acceptance, Draft, DraftState, decide_acceptance, replayed
from changliao.core.clock import Instant
from changliao.core.ids import MerchantId, OrderId, made_at
from changliao.store.engine import Reader
from changliao.store.views import acceptance, audit

_PAGE = 1_000


def first_fault(reader: Reader) -> str | None:
    """What is wrong with acceptance; None: nothing."""
    approved: dict[MerchantId, list[Draft]] = defaultdict(list)
    for draft in _approved(reader):
        approved[draft.platform_id].append(draft)
    agreed = {one.platform_id: one for one in acceptance.every(reader)}
    for platform_id in {*approved, *agreed}:
        known = agreed.get(platform_id, Acceptance(platform_id))
        history = _in_order(approved[platform_id], known)
        if known.policies != replayed(platform_id, history).policies:
            shown = ids.show("mch", platform_id)
            return f"what {shown} accepts is not what was approved"
        if any(draft.decided_by == draft.drafted_by for draft in history):
            return f"somebody approved a draft of their own for {ids.show('mch', platform_id)}"
    for one in agreed.values():
        wrong = _broken(reader, one, agreed)
        if wrong is not None:
            return wrong
    return None


def _in_order(drafts: list[Draft], known: Acceptance) -> list[Draft]:
    """As they were approved. What one commit approved is in the order in which it is agreed."""
    place = {policy.draft_id: at for at, policy in enumerate(known.policies)}
    return sorted(drafts, key=lambda one: (one.decided_at, place.get(one.id, 0)))


def _broken(reader: Reader, one: Acceptance, agreed: dict[MerchantId, Acceptance]) -> str | None:
    """A payment that was made although its method was off at that moment, where it was merged."""
    for row in audit.payments_of_platform(reader, one.platform_id):
        payment_id, order_id, method_id, terminal_id, paid_at = row
        obeyed = one
        while obeyed.heir_id and paid_at >= obeyed.heir_from:
            obeyed = agreed.get(obeyed.heir_id, Acceptance(obeyed.heir_id))
        refused = decide_acceptance(
            obeyed.policies, method_id, terminal_id, made_at(OrderId(order_id)), Instant(paid_at)
        )
        if refused is not None:
            shown = ids.show("pay", payment_id)
            return f"{shown} was paid although it was {refused.reason.value}"
    return None


def _approved(reader: Reader) -> Iterator[Draft]:
    before = ids.NEWEST
    while found := acceptance.drafts(reader, 0, DraftState.APPROVED, before, _PAGE):
        yield from found
        before = found[-1].id
