"""Acceptance: which platform takes which method on which terminal, since when, and why not.

A policy says it for one cell (platform, method, terminal) and one period. Without one, the
network's own wallet is accepted and no other method is connected. Policies are drafted by one
operator and approved by another; what was approved is never edited, only followed by another.
Refuses: paying or placing where nothing is accepted; drafts that contradict themselves or what is
agreed; approving one's own draft.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core import ids
from changliao.core.acts import Facts
from changliao.core.clock import NEVER, SECOND, Instant, to_rfc3339
from changliao.core.ids import MerchantId, PolicyDraftId
from changliao.core.members import same_hands
from changliao.core.orders import Scene
from changliao.core.outcome import Reason, Refused

OWN_METHOD: Final = 1
# An approved policy begins so much later that every process has seen it when it does.
LEAD: Final = 2 * SECOND
MOST_CELLS: Final = 200
# Where a payer meets an order; the numbers are rows of the table of terminals.
TERMINAL_OF: Final[Mapping[Scene, int]] = {
    Scene.APP: 1,
    Scene.JSAPI: 2,
    Scene.H5: 3,
    Scene.NATIVE: 4,
    Scene.PC: 4,
    Scene.COUNTER: 5,
}


class Accepting(IntEnum):
    """How a method stands. The number is stored."""

    __hash__ = int.__hash__

    NOT_CONNECTED = 0
    ACCEPTED = 1
    SUSPENDED = 2
    BANNED = 3


class UnderWay(IntEnum):
    """What becomes of orders begun before a policy. The number is stored."""

    FINISH = 1
    STOP = 2


class Cell(Struct, frozen=True):
    """One method on one terminal, and how it is to stand."""

    method_id: int
    terminal_id: int
    state: Accepting


class Policy(Struct, frozen=True):
    """How a cell stands from `starts_at` until `ends_at` (NEVER: until another follows).

    One with an end may interrupt one without: the last approved of those whose period it is holds.
    """

    draft_id: PolicyDraftId
    cell: Cell
    starts_at: Instant
    ends_at: Instant
    under_way: UnderWay
    reason: str


class Acceptance(Struct, frozen=True):
    """Everything that is agreed for a platform, in the order of approval.

    A platform that was merged obeys its heir's policies from `heir_from` on.
    """

    platform_id: MerchantId
    policies: tuple[Policy, ...] = ()
    heir_id: MerchantId = MerchantId(0)
    heir_from: Instant = NEVER


class DraftState(IntEnum):
    """The number is stored. All but OPEN are final."""

    __hash__ = int.__hash__

    OPEN = 1
    APPROVED = 2
    WITHDRAWN = 3


class Draft(Struct, frozen=True):
    """A change somebody proposes. `starts_at` NEVER: as soon as it is approved.

    `before` is how its cells stood when it was approved. Who is a member, or a key of nobody's.
    """

    id: PolicyDraftId
    platform_id: MerchantId
    cells: tuple[Cell, ...]
    starts_at: Instant
    ends_at: Instant
    under_way: UnderWay
    reason: str
    drafted_by: str
    state: DraftState = DraftState.OPEN
    decided_by: str = ""
    decided_at: Instant = NEVER
    before: tuple[Cell, ...] = ()


class ApproveDraft(Struct, frozen=True):
    """A second member agrees."""

    draft_id: PolicyDraftId
    by: str


class WithdrawDraft(Struct, frozen=True):
    """Somebody takes a draft back."""

    draft_id: PolicyDraftId
    by: str


class Approved(Struct, frozen=True):
    """The draft as approved, and what is agreed for its platform from now on."""

    draft: Draft
    acceptance: Acceptance


_REFUSALS: Final = {
    Accepting.NOT_CONNECTED: Reason.METHOD_NOT_CONNECTED,
    Accepting.SUSPENDED: Reason.METHOD_SUSPENDED,
    Accepting.BANNED: Reason.METHOD_BANNED,
}


def in_force(
    policies: Sequence[Policy], method_id: int, terminal_id: int, at: Instant
) -> Policy | None:
    """The policy of a cell at a moment: of those whose period it is, the last approved."""
    for policy in reversed(policies):
        cell = policy.cell
        if cell.method_id != method_id or cell.terminal_id != terminal_id:
            continue
        if policy.starts_at <= at and (policy.ends_at == NEVER or at < policy.ends_at):
            return policy
    return None


def stands(policies: Sequence[Policy], method_id: int, terminal_id: int, at: Instant) -> Accepting:
    """How a method stands on a terminal at a moment."""
    return _state(in_force(policies, method_id, terminal_id, at), method_id)


def facts(draft: Draft, agreed: Acceptance, now: Instant) -> Facts:
    """How a draft stands, what it wants, and what is agreed for the time it is about."""
    at = Instant(max(draft.starts_at, now + LEAD))
    wanted = sorted({cell.state for cell in draft.cells})
    standing = sorted(
        {stands(agreed.policies, cell.method_id, cell.terminal_id, at) for cell in draft.cells}
    )
    return {
        "state": draft.state.name.lower(),
        "wanted": " · ".join(one.name.lower() for one in wanted),
        "accepting": " · ".join(one.name.lower() for one in standing),
    }


def decide_acceptance(
    policies: Sequence[Policy], method_id: int, terminal_id: int, begun_at: Instant, now: Instant
) -> Refused | None:
    """May an order that was begun then be paid so now? The reason says why not and since when."""
    at, refused = now, None
    while True:
        policy = in_force(policies, method_id, terminal_id, at)
        state = _state(policy, method_id)
        if state is Accepting.ACCEPTED:
            return None
        if policy is None:
            return refused or Refused(_REFUSALS[state])
        refused = refused or Refused(_REFUSALS[state], policy.reason, policy.starts_at)
        if policy.under_way is UnderWay.STOP or begun_at >= policy.starts_at:
            return refused
        # What was begun before may still be finished, if it could be until this policy began.
        at = Instant(policy.starts_at - 1)


def decide_placing(policies: Sequence[Policy], terminal_id: int, now: Instant) -> Refused | None:
    """May an order be placed for a terminal: is any method accepted there?"""
    methods = {OWN_METHOD, *(policy.cell.method_id for policy in policies)}
    for method_id in methods:
        if stands(policies, method_id, terminal_id, now) is Accepting.ACCEPTED:
            return None
    return decide_acceptance(policies, OWN_METHOD, terminal_id, now, now)


def decide_draft(
    draft: Draft, agreed: Acceptance, methods: frozenset[int], terminals: frozenset[int],
    now: Instant,
) -> Refused | None:  # fmt: skip
    """Is this a change that could be approved?"""
    if not draft.cells or len(draft.cells) > MOST_CELLS:
        return Refused(Reason.POLICY_INVALID, f"cells: from 1 to {MOST_CELLS}")
    if not draft.reason.strip():
        return Refused(Reason.POLICY_INVALID, "reason: must not be empty")
    if draft.starts_at != NEVER and draft.starts_at < now:
        return Refused(Reason.POLICY_INVALID, "starts_at: is in the past")
    begins = max(draft.starts_at, now)
    if draft.ends_at != NEVER and draft.ends_at <= begins + LEAD:
        return Refused(Reason.POLICY_INVALID, "ends_at: is not after starts_at")
    seen: set[tuple[int, int]] = set()
    for place, cell in enumerate(draft.cells):
        if cell.method_id not in methods:
            return Refused(Reason.METHOD_UNKNOWN, f"cells[{place}].method")
        if cell.terminal_id not in terminals:
            return Refused(Reason.TERMINAL_UNKNOWN, f"cells[{place}].terminal")
        if (cell.method_id, cell.terminal_id) in seen:
            return Refused(Reason.POLICY_CONTRADICTORY, f"cells[{place}]: is named twice")
        seen.add((cell.method_id, cell.terminal_id))
    return _overlap(draft, agreed, Instant(begins))


def decide_approval(
    command: ApproveDraft, draft: Draft, agreed: Acceptance, now: Instant
) -> Approved | Refused:
    """Agree to a draft; it begins when it says, and not before everybody has seen it."""
    if draft.state is not DraftState.OPEN:
        return Refused(Reason.POLICY_DECIDED, f"state: the draft is {draft.state.name.lower()}")
    if same_hands(command.by, draft.drafted_by):
        return Refused(Reason.POLICY_SELF_APPROVAL, "drafted_by: is who approves")
    starts_at = Instant(max(draft.starts_at, now + LEAD))
    if draft.ends_at != NEVER and draft.ends_at <= starts_at:
        return Refused(Reason.POLICY_INVALID, "ends_at: is over before it could begin")
    refused = _overlap(draft, agreed, starts_at)
    if refused is not None:
        return refused
    before = tuple(
        Cell(one.method_id, one.terminal_id,
             stands(agreed.policies, one.method_id, one.terminal_id, now))
        for one in draft.cells
    )  # fmt: skip
    approved = replace(
        draft, state=DraftState.APPROVED, decided_by=command.by, decided_at=now,
        starts_at=starts_at, before=before,
    )  # fmt: skip
    return Approved(approved, agreed_after(agreed, approved))


def agreed_after(agreed: Acceptance, approved: Draft) -> Acceptance:
    """What is agreed once a draft was approved: it follows what had no end.

    One that has an end itself only interrupts, and what had none goes on afterwards.
    """
    cells = {(cell.method_id, cell.terminal_id) for cell in approved.cells}
    kept = agreed.policies
    if approved.ends_at == NEVER:
        kept = tuple(
            replace(policy, ends_at=approved.starts_at)
            if policy.ends_at == NEVER and (policy.cell.method_id, policy.cell.terminal_id) in cells
            else policy
            for policy in agreed.policies
        )
    new = tuple(
        Policy(
            approved.id, cell, approved.starts_at, approved.ends_at, approved.under_way,
            approved.reason,
        )
        for cell in approved.cells
    )  # fmt: skip
    return replace(agreed, policies=kept + new)


def decide_withdrawal(command: WithdrawDraft, draft: Draft, now: Instant) -> Draft | Refused:
    """Take a draft back before it was approved. Taking it back again is no change."""
    if draft.state is DraftState.WITHDRAWN:
        return draft
    if draft.state is not DraftState.OPEN:
        return Refused(Reason.POLICY_DECIDED, f"state: the draft is {draft.state.name.lower()}")
    return replace(draft, state=DraftState.WITHDRAWN, decided_by=command.by, decided_at=now)


def replayed(platform_id: MerchantId, approved: Iterable[Draft]) -> Acceptance:
    """What is agreed after these drafts, in the order in which they were approved."""
    agreed = Acceptance(platform_id)
    for draft in approved:
        agreed = agreed_after(agreed, draft)
    return agreed


def _state(policy: Policy | None, method_id: int) -> Accepting:
    if policy is not None:
        return policy.cell.state
    return Accepting.ACCEPTED if method_id == OWN_METHOD else Accepting.NOT_CONNECTED


def _overlap(draft: Draft, agreed: Acceptance, starts_at: Instant) -> Refused | None:
    """A period may follow one without an end, never cut into one that has its end or is to come."""
    cells = {(cell.method_id, cell.terminal_id) for cell in draft.cells}
    cut: dict[str, None] = {}
    for policy in agreed.policies:
        known = (policy.cell.method_id, policy.cell.terminal_id) in cells
        if not known or (policy.ends_at == NEVER and policy.starts_at < starts_at):
            continue
        ends_first = policy.ends_at != NEVER and policy.ends_at <= starts_at
        begins_later = draft.ends_at != NEVER and draft.ends_at <= policy.starts_at
        if not ends_first and not begins_later:
            cut[_period(policy)] = None
    said = f"starts_at: overlaps {', '.join(cut)}"
    return Refused(Reason.POLICY_OVERLAPS, said) if cut else None


def _period(policy: Policy) -> str:
    said = f"{ids.show('drf', policy.draft_id)} from {to_rfc3339(policy.starts_at)}"
    return said if policy.ends_at == NEVER else f"{said} to {to_rfc3339(policy.ends_at)}"
