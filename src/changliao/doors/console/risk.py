"""Risk rules: drafted by one member, approved by another, ended by whoever may approve."""

from typing import Final
from urllib.parse import urlencode

from msgspec import Struct
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from changliao.core import ids
from changliao.core.ids import RiskRuleId, UserId
from changliao.core.members import Right
from changliao.core.money import BY_NUMBER, CURRENCIES
from changliao.core.outcome import Refused
from changliao.core.risk import COUNTED, Movement, RiskAction, Rule, RuleKind, RuleState
from changliao.core.risk_rules import AMOUNTS, MOST_LISTED, WINDOWS, DecideRule, RuleEvent
from changliao.doors.console.visit import UNPROCESSABLE, Entry, Visit
from changliao.operations.risk_rules import DECIDE, DRAFT
from changliao.store.views import acceptance, members, parties, risk
from changliao.web import display

_PATH: Final = "/console/risk"
_PAGE: Final = 30
_MOST_DIGITS: Final = 6


class Names(Struct, frozen=True):
    """Methods and terminals in the member's language."""

    methods: dict[int, str]
    terminals: dict[int, str]


class RuleShown(Struct, frozen=True):
    """A rule with what is needed to say it in words."""

    id: str
    rule: Rule
    currency: str
    method: str
    terminal: str


async def listed(visit: Visit) -> Response:
    """Rules and drafts, the newest first, and a form for a new one."""
    return await _page(visit, {}, "")


async def draft(visit: Visit) -> Response:
    """A rule that another member is to approve."""
    form = await visit.form()
    given = {name: str(value) for name, value in form.items() if isinstance(value, str)}
    given["movements"] = " ".join(str(one) for one in form.getlist("movements"))
    wanted = await _asked(visit, form)
    if wanted is None:
        return await _page(visit, given, visit.words("请填写这种规则要的数目、金额或付款人。"))
    outcome = await visit.act(form, DRAFT, wanted, ids.show("rsk", wanted.id))
    if isinstance(outcome, Refused):
        return await _page(visit, given, visit.problem(outcome))
    return RedirectResponse(_PATH, 303)


async def approve(visit: Visit) -> Response:
    """Another member's draft; the next movement obeys it."""
    return await _decide(visit, RuleEvent.APPROVE)


async def end(visit: Visit) -> Response:
    """A rule in force stops at once."""
    return await _decide(visit, RuleEvent.END)


async def withdraw(visit: Visit) -> Response:
    """A draft is taken back."""
    return await _decide(visit, RuleEvent.WITHDRAW)


async def names(visit: Visit) -> Names:
    """What methods and terminals are called."""
    look_up = visit.network.look_up
    return Names(
        {one.id: visit.called(one) for one in await look_up(acceptance.methods)},
        {one.id: visit.called(one) for one in await look_up(acceptance.terminals)},
    )


def shown(rule: Rule, called: Names) -> RuleShown:
    """A rule as pages say it."""
    return RuleShown(
        ids.show("rsk", rule.id),
        rule,
        BY_NUMBER[rule.currency].code if rule.currency else "",
        called.methods.get(rule.method_id, ""),
        called.terminals.get(rule.terminal_id, ""),
    )


async def _decide(visit: Visit, event: RuleEvent) -> Response:
    form = await visit.form()
    number = ids.parse("rsk", visit.request.path_params["id"])
    known = await visit.network.read(risk.rule, number) if number else None
    if known is None:
        return visit.missing()
    by = ids.show("mbr", visit.member.id)
    outcome = await visit.act(
        form,
        DECIDE,
        DecideRule(known.id, event, by),
        ids.show("rsk", known.id),
        event=event.name.lower(),
    )
    if isinstance(outcome, Refused):
        return visit.refused(outcome)
    return RedirectResponse(_PATH, 303)


async def _page(visit: Visit, given: dict[str, str], problem: str) -> Response:
    read, query = visit.network.read, visit.query
    state = RuleState.__members__.get(query.get("state", "").upper())
    before = ids.parse("rsk", query.get("before", "")) or ids.NEWEST
    found = await read(risk.rules, int(state or 0), before, _PAGE + 1)
    called = await names(visit)
    rules = [shown(one, called) for one in found[:_PAGE]]
    filters = {"state": query["state"]} if state else {}
    return visit.render(
        "console/risk.html",
        UNPROCESSABLE if problem else 200,
        rules=rules,
        methods=called.methods,
        terminals=called.terminals,
        currencies=list(CURRENCIES),
        people={ids.show("mbr", one.id): one.name for one in await read(members.members, 0)},
        own=ids.show("mbr", visit.member.id),
        older=urlencode(filters | {"before": rules[-1].id}) if len(found) > _PAGE else "",
        chosen=query.get("state", "") if state else "",
        given=given,
        problem_text=problem,
        here_nav="risk",
    )


async def _asked(visit: Visit, form: FormData) -> Rule | None:
    """The rule that was typed, with what its kind asks for; None for what is no rule."""
    kind = RuleKind.__members__.get(str(form.get("kind", "")).upper())
    action = RiskAction.__members__.get(str(form.get("action", "")).upper())
    code = str(form.get("currency", ""))
    if kind is None or action is None or code not in CURRENCIES:
        return None
    amounts, counts, way = kind in AMOUNTS, kind in COUNTED, kind is RuleKind.WAY
    amount = display.minor(str(form.get("amount", "")), code) if amounts else 0
    users = await _people(visit, str(form.get("users", ""))) if kind is RuleKind.LISTED else ()
    if amount is None or users is None:
        return None
    return Rule(
        id=RiskRuleId(visit.network.ids.new()),
        kind=kind,
        action=action,
        reason=str(form.get("reason", "")).strip(),
        drafted_by=ids.show("mbr", visit.member.id),
        currency=CURRENCIES[code].number if amounts else 0,
        amount=amount,
        days=_number(form, "days") if kind is RuleKind.YOUNG_PAYER else 0,
        count=_number(form, "count") if counts else 0,
        minutes=_number(form, "minutes") if kind in WINDOWS else 0,
        method_id=_number(form, "method") if way else 0,
        terminal_id=_number(form, "terminal") if way else 0,
        users=users,
        movements=tuple(one for one in Movement if one.name.lower() in form.getlist("movements")),
    )


async def _people(visit: Visit, text: str) -> tuple[UserId, ...] | None:
    """Those who were named by id or phone number; None when somebody is not known."""
    found = []
    for word in text.split()[: MOST_LISTED + 1]:
        number = ids.parse("usr", word)
        if number is None:
            user = await visit.network.read(parties.user_by_phone, word)
            number = user.id if user else None
        if number is None:
            return None
        found.append(UserId(number))
    return tuple(dict.fromkeys(found))


def _number(form: FormData, name: str) -> int:
    """A whole number; 0 for anything else, which no rule takes."""
    text = str(form.get(name, ""))
    fine = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    return int(text) if fine else 0


ENTRIES: Final = (
    Entry("GET", _PATH, Right.LOOK, listed),
    Entry("POST", _PATH, Right.DRAFT_RISK_RULES, draft),
    Entry("POST", _PATH + "/rules/{id}/approve", Right.APPROVE_RISK_RULES, approve),
    Entry("POST", _PATH + "/rules/{id}/end", Right.APPROVE_RISK_RULES, end),
    Entry("POST", _PATH + "/rules/{id}/withdraw", Right.DRAFT_RISK_RULES, withdraw),
)
