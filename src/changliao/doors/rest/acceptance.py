"""Acceptance over REST: what platforms take, drafted by one operator and approved by another."""

from typing import Any, Final

from msgspec import UNSET

from changliao.core import ids
from changliao.core.acceptance import (
    Accepting,
    ApproveDraft,
    Cell,
    Draft,
    DraftState,
    Policy,
    UnderWay,
    WithdrawDraft,
    in_force,
    stands,
)
from changliao.core.clock import DAY, NEVER, Instant
from changliao.core.ids import MerchantId, PolicyDraftId, first_id, made_at
from changliao.core.members import Right
from changliao.core.outcome import Reason, Refused
from changliao.doors.rest.acceptance_forms import (
    AcceptanceShown,
    CellShown,
    DraftShown,
    DraftsQuery,
    DraftStateName,
    EffectQuery,
    EffectShown,
    MethodShown,
    MethodVolume,
    NewDraft,
    NewMethod,
    PlatformQuery,
    PolicyShown,
    PreviewShown,
    Standing,
    TerminalShown,
    WentTo,
)
from changliao.doors.rest.call import Call, Door, perform, read_id, read_moment
from changliao.doors.rest.endpoint import Endpoint, Who
from changliao.doors.rest.errors import Problem, refusal
from changliao.doors.rest.fields import Nothing, Page, moment, page
from changliao.doors.rest.members import doing, perform_by
from changliao.doors.rest.orders import whose
from changliao.operations.acceptance import ADD_METHOD, APPROVE, DRAFT, WITHDRAW
from changliao.store.acceptance import Method, Terminal
from changliao.store.views import acceptance
from changliao.store.views.acceptance import Span

_ALL: Final = "*"


class Names:
    """Codes of methods and terminals, both ways."""

    def __init__(self, methods: list[Method], terminals: list[Terminal]) -> None:
        self.methods = {one.code: one.id for one in methods}
        self.terminals = {one.code: one.id for one in terminals}
        self._method_codes = {one.id: one.code for one in methods}
        self._terminal_codes = {one.id: one.code for one in terminals}

    def cells(self, form: NewDraft) -> tuple[Cell, ...]:
        """Every cell a form means. Raises Problem for unknown codes and for cells named twice."""
        found: dict[tuple[int, int], Cell] = {}
        for place, one in enumerate(form.cells):
            methods = _named(self.methods, one.method, f"cells[{place}].method", "method_unknown")
            terminals = _named(
                self.terminals, one.terminal, f"cells[{place}].terminal", "terminal_unknown"
            )
            state = Accepting[one.state.upper()]
            for cell in [Cell(method, there, state) for method in methods for there in terminals]:
                key = cell.method_id, cell.terminal_id
                if key in found:
                    names = f"{self.method(key[0])} on {self._terminal_codes[key[1]]}"
                    said = f"cells[{place}]: {names} is named twice"
                    raise Problem("policy_contradictory", said, f"cells[{place}]")
                found[key] = cell
        return tuple(found.values())

    def shown(self, cell: Cell) -> CellShown:
        """A cell as this API shows it."""
        method, terminal = self.method(cell.method_id), self._terminal_codes[cell.terminal_id]
        return CellShown(method, terminal, _STANDINGS[cell.state])

    def method(self, method_id: int) -> str:
        """A method's code."""
        return self._method_codes[method_id]


async def list_methods(door: Door, call: Call[Nothing, Nothing]) -> Page[MethodShown]:
    """List every method there is."""
    found = await door.network.read(acceptance.methods)
    return Page([_method(one) for one in found])


async def add_method(door: Door, call: Call[NewMethod, Nothing]) -> Any:
    """Add a method.

    A new way to pay is a row here and a connector. The same method again is no change.
    """
    form = call.form
    method = Method(form.id, form.code, form.name_zh, form.name_en, form.connector)
    return await perform(door, call, ADD_METHOD, method, _method)


async def list_terminals(door: Door, call: Call[Nothing, Nothing]) -> Page[TerminalShown]:
    """List every terminal there is."""
    found = await door.network.read(acceptance.terminals)
    return Page([TerminalShown(one.id, one.code, one.name_zh, one.name_en) for one in found])


async def show(door: Door, call: Call[Nothing, PlatformQuery]) -> AcceptanceShown:
    """Show how every method stands on every terminal of a platform."""
    platform_id = whose(call, call.query.platform_id)
    names, now = await _names(door), door.network.clock()
    agreed = await door.network.read(acceptance.of_platform, platform_id)
    standing = []
    for method_id in names.methods.values():
        for terminal_id in names.terminals.values():
            policy = in_force(agreed.policies, method_id, terminal_id, now)
            state = stands(agreed.policies, method_id, terminal_id, now)
            standing.append(_policy(names, Cell(method_id, terminal_id, state), policy))
    later = [_policy(names, one.cell, one) for one in agreed.policies if one.starts_at > now]
    return AcceptanceShown(ids.show("mch", platform_id), standing, later)


async def draft(door: Door, call: Call[NewDraft, Nothing]) -> Any:
    """Propose a change for another member to approve."""
    form, names = call.form, await _names(door)
    wanted = Draft(
        id=PolicyDraftId(door.network.ids.new()),
        platform_id=MerchantId(read_id("mch", form.platform_id)),
        cells=names.cells(form),
        starts_at=NEVER if form.starts_at is None else read_moment(form.starts_at, "starts_at"),
        ends_at=NEVER if form.ends_at is None else read_moment(form.ends_at, "ends_at"),
        under_way=UnderWay[form.under_way.upper()],
        reason=form.reason,
        drafted_by=call.caller.name,
    )
    subject = ids.show("drf", wanted.id)
    return await perform_by(
        door, call, _DRAFT, wanted, lambda done: _draft(names, done), subject=subject
    )


async def search(door: Door, call: Call[Nothing, DraftsQuery]) -> Page[DraftShown]:
    """List drafts and what became of them, newest first: the history of acceptance."""
    asked, names = call.query, await _names(door)
    found = await door.network.read(
        acceptance.drafts,
        read_id("mch", asked.platform_id) if asked.platform_id else 0,
        DraftState[asked.state.upper()] if asked.state else 0,
        read_id("cur", asked.cursor) if asked.cursor else ids.NEWEST,
        asked.limit + 1,
    )
    return page([_draft(names, one) for one in found], [one.id for one in found], asked.limit)


async def show_draft(door: Door, call: Call[Nothing, Nothing]) -> DraftShown:
    """Show a draft."""
    return _draft(await _names(door), await _find(door, call))


async def preview(door: Door, call: Call[Nothing, Nothing]) -> PreviewShown:
    """Show what a draft would touch: open orders, and its part of thirty days' volume."""
    known, names, network = await _find(door, call), await _names(door), door.network
    now = network.clock()
    cells = {(cell.method_id, cell.terminal_id) for cell in known.cells}
    touched = await network.report(acceptance.touched, known, now)
    agreed = await network.read(acceptance.of_platform, known.platform_id)
    return PreviewShown(
        draft_id=ids.show("drf", known.id),
        open_orders=touched.open_orders,
        open_amount=touched.open_amount,
        payments=touched.payments,
        amount=touched.amount,
        volume_share=touched.amount / touched.whole if touched.whole else 0.0,
        before=[
            names.shown(Cell(*cell, stands(agreed.policies, *cell, now)))
            for cell in sorted(cells)
        ],
    )  # fmt: skip


async def approve(door: Door, call: Call[Nothing, Nothing]) -> Any:
    """Approve another member's draft.

    It begins when it says, or two seconds from now. The body is not read.
    """
    names, known = await _names(door), await _find(door, call)
    command, subject = ApproveDraft(known.id, call.caller.name), ids.show("drf", known.id)
    return await perform_by(
        door, call, _APPROVE, command, lambda done: _draft(names, done), subject=subject
    )


async def withdraw(door: Door, call: Call[Nothing, Nothing]) -> Any:
    """Take a draft back before it is approved.

    Taking it back again is no change. The body is not read.
    """
    names, known = await _names(door), await _find(door, call)
    command, subject = WithdrawDraft(known.id, call.caller.name), ids.show("drf", known.id)
    return await perform_by(
        door, call, _WITHDRAW, command, lambda done: _draft(names, done), subject=subject
    )


async def effect(door: Door, call: Call[Nothing, EffectQuery]) -> EffectShown:
    """Show what an approved change did to volume: by method before and after, and where it went."""
    known, names, network = await _find(door, call), await _names(door), door.network
    if known.state is not DraftState.APPROVED:
        raise refusal(Refused(Reason.POLICY_NOT_FOUND, "it was not approved"))
    window = call.query.days * DAY
    starts_at = known.starts_at
    until = Instant(max(min(starts_at + window, network.clock()), starts_at))
    first, middle, last = (
        first_id(0, Instant(at)) for at in (starts_at - (until - starts_at), starts_at, until)
    )
    before = Span(known.platform_id, first, middle)
    volumes = (
        await network.report(acceptance.volume, before),
        await network.report(acceptance.volume, Span(known.platform_id, middle, last)),
    )
    methods = sorted({one.method_id for volume in volumes for one in volume})
    changed = {cell.method_id for cell in known.cells if cell.state is not Accepting.ACCEPTED}
    went: dict[int, WentTo] = {}
    for method_id in sorted(changed):
        for one in await network.report(acceptance.elsewhere, before, method_id, last):
            went[one.platform_id] = WentTo(
                ids.show("mch", one.platform_id), one.payments, one.amount
            )
    return EffectShown(
        draft_id=ids.show("drf", known.id),
        starts_at=moment(starts_at),
        until=moment(until),
        methods=[_compared(names, method_id, volumes) for method_id in methods],
        went_to=sorted(went.values(), key=lambda one: -one.amount),
    )


def _compared(
    names: Names, method_id: int, volumes: tuple[list[acceptance.Volume], ...]
) -> MethodVolume:
    sums = [
        (sum(one.payments for one in volume if one.method_id == method_id),
         sum(one.amount for one in volume if one.method_id == method_id))
        for volume in volumes
    ]  # fmt: skip
    return MethodVolume(names.method(method_id), *sums[0], *sums[1])


def _draft(names: Names, known: Draft) -> DraftShown:
    approved = known.state is DraftState.APPROVED
    decided = known.state is not DraftState.OPEN
    return DraftShown(
        id=ids.show("drf", known.id),
        platform_id=ids.show("mch", known.platform_id),
        cells=[names.shown(cell) for cell in known.cells],
        reason=known.reason,
        under_way="finish" if known.under_way is UnderWay.FINISH else "stop",
        state=_STATES[known.state],
        drafted_by=known.drafted_by,
        drafted_at=moment(made_at(known.id)),
        starts_at=moment(known.starts_at) if known.starts_at != NEVER else UNSET,
        ends_at=moment(known.ends_at) if known.ends_at != NEVER else UNSET,
        decided_by=known.decided_by if decided else UNSET,
        decided_at=moment(known.decided_at) if decided else UNSET,
        before=[names.shown(cell) for cell in known.before] if approved else UNSET,
    )


def _policy(names: Names, cell: Cell, policy: Policy | None) -> PolicyShown:
    shown = names.shown(cell)
    if policy is None:
        return PolicyShown(shown.method, shown.terminal, shown.state)
    return PolicyShown(
        shown.method,
        shown.terminal,
        shown.state,
        policy.reason,
        ids.show("drf", policy.draft_id),
        moment(policy.starts_at),
        moment(policy.ends_at) if policy.ends_at != NEVER else UNSET,
    )


def _method(known: Method) -> MethodShown:
    return MethodShown(known.id, known.code, known.name_zh, known.name_en, known.connector)


async def _names(door: Door) -> Names:
    read = door.network.read
    return Names(await read(acceptance.methods), await read(acceptance.terminals))


async def _find(door: Door, call: Call[Nothing, Any]) -> Draft:
    draft_id = read_id("drf", call.path["draft_id"])
    found = await door.network.read(acceptance.draft, draft_id)
    if found is None:
        raise refusal(Refused(Reason.POLICY_NOT_FOUND))
    return found


def _named(known: dict[str, int], pattern: str, field: str, reason: str) -> list[int]:
    if pattern == _ALL:
        return list(known.values())
    if pattern not in known:
        raise Problem(reason, f"{pattern} is not one of {', '.join(known)}", field)
    return [known[pattern]]


_STANDINGS: Final[dict[Accepting, Standing]] = {
    Accepting.NOT_CONNECTED: "not_connected",
    Accepting.ACCEPTED: "accepted",
    Accepting.SUSPENDED: "suspended",
    Accepting.BANNED: "banned",
}
_STATES: Final[dict[DraftState, DraftStateName]] = {
    DraftState.OPEN: "open",
    DraftState.APPROVED: "approved",
    DraftState.WITHDRAWN: "withdrawn",
}
_APPROVE: Final = doing(APPROVE, Right.APPROVE_POLICY)
_DRAFT: Final = doing(DRAFT, Right.DRAFT_POLICY)
_WITHDRAW: Final = doing(WITHDRAW, Right.DRAFT_POLICY)
_ONE: Final = "/acceptance/drafts/{draft_id}"
_MISSING: Final = (Reason.POLICY_NOT_FOUND,)
ENDPOINTS: Final = (
    Endpoint(
        "GET", "/methods", list_methods, Who.EITHER, Nothing, Nothing, Page[MethodShown], 200,
    ),
    Endpoint(
        "POST", "/methods", add_method, Who.OPERATOR, NewMethod, Nothing, MethodShown, 201,
        (Reason.METHOD_TAKEN,), right=Right.MANAGE_TERMS,
    ),
    Endpoint(
        "GET", "/terminals", list_terminals, Who.EITHER, Nothing, Nothing, Page[TerminalShown],
        200,
    ),
    Endpoint(
        "GET", "/acceptance", show, Who.EITHER, Nothing, PlatformQuery, AcceptanceShown, 200,
        ("merchant_missing",),
    ),
    Endpoint(
        "POST", "/acceptance/drafts", draft, Who.MEMBER, NewDraft, Nothing, DraftShown, 201,
        (Reason.MERCHANT_NOT_FOUND, Reason.METHOD_UNKNOWN, Reason.POLICY_CONTRADICTORY,
         Reason.MEMBER_NOT_PERMITTED, Reason.POLICY_INVALID, Reason.POLICY_OVERLAPS,
         Reason.TERMINAL_UNKNOWN), right=Right.DRAFT_POLICY,
    ),
    Endpoint(
        "GET", "/acceptance/drafts", search, Who.OPERATOR, Nothing, DraftsQuery,
        Page[DraftShown], 200,
    ),
    Endpoint("GET", _ONE, show_draft, Who.OPERATOR, Nothing, Nothing, DraftShown, 200, _MISSING),
    Endpoint(
        "GET", f"{_ONE}/preview", preview, Who.OPERATOR, Nothing, Nothing, PreviewShown, 200,
        _MISSING,
    ),
    Endpoint(
        "GET", f"{_ONE}/effect", effect, Who.OPERATOR, Nothing, EffectQuery, EffectShown, 200,
        _MISSING,
    ),
    Endpoint(
        "POST", f"{_ONE}/approve", approve, Who.MEMBER, Nothing, Nothing, DraftShown, 200,
        (*_MISSING, Reason.MEMBER_NOT_PERMITTED, Reason.POLICY_DECIDED, Reason.POLICY_INVALID,
         Reason.POLICY_OVERLAPS, Reason.POLICY_SELF_APPROVAL), right=Right.APPROVE_POLICY,
    ),
    Endpoint(
        "POST", f"{_ONE}/withdraw", withdraw, Who.OPERATOR, Nothing, Nothing, DraftShown, 200,
        (*_MISSING, Reason.MEMBER_NOT_PERMITTED, Reason.POLICY_DECIDED), repeats=True,
        right=Right.DRAFT_POLICY,
    ),
)  # fmt: skip
