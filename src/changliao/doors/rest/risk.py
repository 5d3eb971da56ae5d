"""Risk rules over REST: drafted by one member, approved by another; hits, and cleared payers."""

from typing import Any, Final

from msgspec import UNSET, Struct

from changliao.core import ids
from changliao.core.acts import version
from changliao.core.ids import RiskRuleId, UserId
from changliao.core.members import Right
from changliao.core.money import BY_NUMBER
from changliao.core.outcome import Reason, Refused
from changliao.core.risk import (
    ANY,
    COUNTED,
    Clearance,
    Hit,
    Movement,
    RiskAction,
    Rule,
    RuleKind,
    RuleState,
)
from changliao.core.risk_rules import ClearPayer, DecideRule, RuleEvent, clearance_facts
from changliao.doors.rest.call import Call, Door, read_id, read_moment, read_money
from changliao.doors.rest.endpoint import Endpoint, Who
from changliao.doors.rest.errors import refusal
from changliao.doors.rest.fields import Nothing, Page, moment, page
from changliao.doors.rest.members import doing, perform_by
from changliao.doors.rest.risk_forms import (
    ActionName,
    ClearanceShown,
    HitShown,
    HitsQuery,
    KindName,
    MovementName,
    NewClearance,
    NewRule,
    RuleShown,
    RulesQuery,
    RuleStateName,
)
from changliao.doors.rest.users import find
from changliao.operations.risk_rules import CLEAR, DECIDE, DRAFT
from changliao.store.views import acceptance
from changliao.store.views import risk as views


class Names(Struct, frozen=True):
    """Codes of methods and terminals by number."""

    methods: dict[int, str]
    terminals: dict[int, str]


async def draft(door: Door, call: Call[NewRule, Nothing]) -> Any:
    """Propose a rule for another member to approve."""
    form, names = call.form, await _names(door)
    wanted = Rule(
        id=RiskRuleId(door.network.ids.new()),
        kind=RuleKind[form.kind.upper()],
        action=RiskAction[form.action.upper()],
        reason=form.reason,
        drafted_by=call.caller.name,
        currency=read_money(form.amount, form.currency).currency.number if form.amount else 0,
        amount=form.amount or 0,
        days=form.days or 0,
        count=form.count or 0,
        minutes=form.minutes or 0,
        method_id=_number(names.methods, form.method, Reason.METHOD_UNKNOWN),
        terminal_id=_number(names.terminals, form.terminal, Reason.TERMINAL_UNKNOWN),
        users=tuple(UserId(read_id("usr", one)) for one in form.users),
        movements=tuple(Movement[one.upper()] for one in form.movements or _PAYMENTS),
    )
    subject = ids.show("rsk", wanted.id)
    return await perform_by(
        door, call, _DRAFT, wanted, lambda one: _rule(one, names), subject=subject
    )


async def search(door: Door, call: Call[Nothing, RulesQuery]) -> Page[RuleShown]:
    """List rules and drafts, newest first."""
    asked, names = call.query, await _names(door)
    state = int(RuleState[asked.state.upper()]) if asked.state else 0
    before = read_id("cur", asked.cursor) if asked.cursor else ids.NEWEST
    found = await door.network.read(views.rules, state, before, asked.limit + 1)
    return page([_rule(one, names) for one in found], [one.id for one in found], asked.limit)


async def show(door: Door, call: Call[Nothing, Nothing]) -> RuleShown:
    """Show a rule."""
    found = await door.network.read(views.rule, read_id("rsk", call.path["rule_id"]))
    if found is None:
        raise refusal(Refused(Reason.RISK_RULE_NOT_FOUND))
    return _rule(found, await _names(door))


async def approve(door: Door, call: Call[Nothing, Nothing]) -> Any:
    """Approve another member's rule: the next movement obeys it. The body is not read."""
    return await _decide(door, call, _APPROVE, RuleEvent.APPROVE)


async def end(door: Door, call: Call[Nothing, Nothing]) -> Any:
    """End a rule that is in force.

    One member does it alone: what stops good payers must stop at once. The body is not read.
    """
    return await _decide(door, call, _APPROVE, RuleEvent.END)


async def withdraw(door: Door, call: Call[Nothing, Nothing]) -> Any:
    """Take a draft back before it is approved. The body is not read."""
    return await _decide(door, call, _DECIDE_DRAFT, RuleEvent.WITHDRAW)


async def hits(door: Door, call: Call[Nothing, HitsQuery]) -> Page[HitShown]:
    """List movements that met a rule, newest first."""
    asked, names = call.query, await _names(door)
    wanted = views.HitsOf(
        payer_id=read_id("usr", asked.payer_id) if asked.payer_id else 0,
        merchant_id=read_id("mch", asked.merchant_id) if asked.merchant_id else 0,
        rule_id=read_id("rsk", asked.rule_id) if asked.rule_id else 0,
        action=RiskAction[asked.action.upper()] if asked.action else 0,
        movement=Movement[asked.movement.upper()] if asked.movement else 0,
    )
    before = read_id("cur", asked.cursor) if asked.cursor else ids.NEWEST
    found = await door.network.read(views.hits, wanted, before, asked.limit + 1)
    return page([_hit(one, names) for one in found], [one.id for one in found], asked.limit)


async def clear(door: Door, call: Call[NewClearance, Nothing]) -> Any:
    """Let a payer pass reviews for a time, at most 30 days, after looking into it."""
    until = read_moment(call.form.until, "until")
    user_id = UserId(read_id("usr", call.path["user_id"]))
    command = ClearPayer(user_id, until, call.form.note, call.caller.name)
    return await perform_by(door, call, _CLEAR, command, _clearance, subject=call.path["user_id"])


async def cleared(door: Door, call: Call[Nothing, Nothing]) -> ClearanceShown:
    """Show until when a payer passes reviews."""
    user_id = await find(door, call)
    found = await door.network.read(views.clearance, user_id)
    nothing = ClearanceShown(ids.show("usr", user_id), version({}))
    return _clearance(found) if found else nothing


async def _decide(door: Door, call: Call[Nothing, Nothing], done: Any, event: RuleEvent) -> Any:
    names, subject = await _names(door), call.path["rule_id"]
    command = DecideRule(RiskRuleId(read_id("rsk", subject)), event, call.caller.name)
    return await perform_by(
        door, call, done, command, lambda one: _rule(one, names), subject=subject
    )


async def _names(door: Door) -> Names:
    look_up = door.network.look_up
    return Names(
        {one.id: one.code for one in await look_up(acceptance.methods)},
        {one.id: one.code for one in await look_up(acceptance.terminals)},
    )


def _number(codes: dict[int, str], code: str | None, unknown: Reason) -> int:
    """The number of a code; none means any. Raises Problem for one that nobody knows."""
    if code is None:
        return ANY
    found = next((number for number, one in codes.items() if one == code), None)
    if found is None:
        raise refusal(Refused(unknown, f"one of {', '.join(codes.values())}"))
    return found


def _rule(one: Rule, names: Names) -> RuleShown:
    return RuleShown(
        id=ids.show("rsk", one.id),
        kind=_KINDS[one.kind],
        action=_ACTIONS[one.action],
        reason=one.reason,
        state=_STATES[one.state],
        drafted_by=one.drafted_by,
        movements=[_MOVEMENTS[move] for move in one.movements],
        currency=BY_NUMBER[one.currency].code if one.currency else UNSET,
        amount=one.amount or UNSET,
        days=one.days or UNSET,
        count=one.count if one.kind in COUNTED else UNSET,
        minutes=one.minutes or UNSET,
        method=names.methods[one.method_id] if one.method_id else UNSET,
        terminal=names.terminals[one.terminal_id] if one.terminal_id else UNSET,
        users=[ids.show("usr", user) for user in one.users] or UNSET,
        decided_by=one.decided_by or UNSET,
        decided_at=moment(one.decided_at) if one.decided_at else UNSET,
        ended_by=one.ended_by or UNSET,
        ended_at=moment(one.ended_at) if one.ended_at else UNSET,
    )


def _hit(one: Hit, names: Names) -> HitShown:
    attempted = one.attempted
    return HitShown(
        id=ids.show("hit", one.id),
        rule_id=ids.show("rsk", one.rule_id),
        action=_ACTIONS[one.action],
        passed=one.passed,
        movement=_MOVEMENTS[attempted.movement],
        payer_id=ids.show("usr", attempted.payer_id),
        amount=attempted.amount.amount,
        currency=attempted.amount.currency.code,
        at=moment(ids.made_at(one.id)),
        merchant_id=ids.show("mch", attempted.merchant_id) if attempted.merchant_id else UNSET,
        method=names.methods.get(attempted.method_id, UNSET),
        terminal=names.terminals.get(attempted.terminal_id, UNSET),
        receiver_id=ids.show("usr", attempted.receiver_id) if attempted.receiver_id else UNSET,
        order_id=ids.show("ord", attempted.order_id) if attempted.order_id else UNSET,
    )


def _clearance(one: Clearance) -> ClearanceShown:
    said = version(clearance_facts(one))
    return ClearanceShown(ids.show("usr", one.user_id), said, moment(one.until), one.note, one.by)


_KINDS: Final[dict[RuleKind, KindName]] = {
    RuleKind.YOUNG_PAYER: "young_payer",
    RuleKind.MANY_PAYMENTS: "many_payments",
    RuleKind.WRONG_PINS: "wrong_pins",
    RuleKind.MANY_RETURNS: "many_returns",
    RuleKind.WAY: "way",
    RuleKind.LISTED: "listed",
    RuleKind.LARGE: "large",
    RuleKind.LARGE_SUM: "large_sum",
    RuleKind.NEW_RECEIVER: "new_receiver",
}
_MOVEMENTS: Final[dict[Movement, MovementName]] = {
    Movement.PAYMENT: "payment",
    Movement.TRANSFER: "transfer",
    Movement.PACKET: "packet",
    Movement.WITHDRAWAL: "withdrawal",
}
_ACTIONS: Final[dict[RiskAction, ActionName]] = {
    RiskAction.NOTE: "note",
    RiskAction.REVIEW: "review",
    RiskAction.REFUSE: "refuse",
}
_STATES: Final[dict[RuleState, RuleStateName]] = {
    RuleState.DRAFTED: "drafted",
    RuleState.IN_FORCE: "in_force",
    RuleState.WITHDRAWN: "withdrawn",
    RuleState.ENDED: "ended",
}
_PAYMENTS: Final[tuple[MovementName, ...]] = ("payment",)
_DRAFT: Final = doing(DRAFT, Right.DRAFT_RISK_RULES)
_DECIDE_DRAFT: Final = doing(DECIDE, Right.DRAFT_RISK_RULES)
_APPROVE: Final = doing(DECIDE, Right.APPROVE_RISK_RULES)
_CLEAR: Final = doing(CLEAR, Right.CLEAR_PAYERS)
_ONE: Final = "/risk-rules/{rule_id}"
_DECIDING: Final = (
    Reason.MEMBER_NOT_PERMITTED, Reason.RISK_RULE_NOT_FOUND, Reason.RISK_RULE_STATE,
)  # fmt: skip
ENDPOINTS: Final = (
    Endpoint(
        "POST", "/risk-rules", draft, Who.MEMBER, NewRule, Nothing, RuleShown, 201,
        ("currency_unknown", Reason.MEMBER_NOT_PERMITTED, Reason.METHOD_UNKNOWN,
         Reason.RISK_RULE_INVALID, Reason.TERMINAL_UNKNOWN), right=Right.DRAFT_RISK_RULES,
    ),
    Endpoint(
        "GET", "/risk-rules", search, Who.OPERATOR, Nothing, RulesQuery, Page[RuleShown], 200,
    ),
    Endpoint(
        "GET", _ONE, show, Who.OPERATOR, Nothing, Nothing, RuleShown, 200,
        (Reason.RISK_RULE_NOT_FOUND,),
    ),
    Endpoint(
        "POST", f"{_ONE}/approve", approve, Who.MEMBER, Nothing, Nothing, RuleShown, 200,
        (*_DECIDING, Reason.RISK_RULE_INVALID, Reason.RISK_RULE_SELF_APPROVAL),
        right=Right.APPROVE_RISK_RULES,
    ),
    Endpoint(
        "POST", f"{_ONE}/withdraw", withdraw, Who.MEMBER, Nothing, Nothing, RuleShown, 200,
        _DECIDING, repeats=True, right=Right.DRAFT_RISK_RULES,
    ),
    Endpoint(
        "POST", f"{_ONE}/end", end, Who.MEMBER, Nothing, Nothing, RuleShown, 200,
        _DECIDING, repeats=True, right=Right.APPROVE_RISK_RULES,
    ),
    Endpoint(
        "GET", "/risk-hits", hits, Who.OPERATOR, Nothing, HitsQuery, Page[HitShown], 200,
    ),
    Endpoint(
        "GET", "/users/{user_id}/risk-clearance", cleared, Who.OPERATOR, Nothing, Nothing,
        ClearanceShown, 200, (Reason.USER_NOT_FOUND,),
    ),
    Endpoint(
        "POST", "/users/{user_id}/risk-clearance", clear, Who.MEMBER, NewClearance, Nothing,
        ClearanceShown, 200,
        (Reason.MEMBER_NOT_PERMITTED, Reason.RISK_CLEARANCE_INVALID, Reason.USER_NOT_FOUND),
        repeats=True, right=Right.CLEAR_PAYERS, edits=True,
    ),
)  # fmt: skip
