"""Risk hits: what met a rule, and letting a payer pass after looking into it."""

from typing import Final
from urllib.parse import urlencode

from msgspec import Struct
from starlette.responses import RedirectResponse, Response

from changliao.core import ids
from changliao.core.clock import HOUR, Instant
from changliao.core.ids import UserId
from changliao.core.members import Right
from changliao.core.outcome import Refused
from changliao.core.risk import Hit, Movement, RiskAction
from changliao.core.risk_rules import LONGEST_CLEARANCE, ClearPayer, clearance_facts
from changliao.doors.console import naming, risk
from changliao.doors.console.naming import Party
from changliao.doors.console.visit import UNPROCESSABLE, Entry, Visit
from changliao.operations.risk_rules import CLEAR
from changliao.store.views import members, parties
from changliao.store.views import risk as views

_PATH: Final = "/console/risk/hits"
_PAGE: Final = 30
_MOST_UNSEEN: Final = 20
_MOST_HOURS: Final = LONGEST_CLEARANCE // HOUR


class HitShown(Struct, frozen=True):
    """A hit with its rule and whom it is about. `payee`: the merchant or the receiver."""

    id: str
    hit: Hit
    rule: risk.RuleShown | None
    payer: Party
    payee: Party | None
    order_id: str


async def listed(visit: Visit) -> Response:
    """The newest first; with a payer in the address, also until when it is cleared."""
    return await _page(visit, visit.query.get("payer", ""), "")


async def clear(visit: Visit) -> Response:
    """Reviews do not stop this payer for some hours; none: they do again."""
    form = await visit.form()
    payer, hours = visit.request.path_params["id"], str(form.get("hours", ""))
    user_id = ids.parse("usr", payer)
    if user_id is None:
        return visit.missing()
    fine = hours.isascii() and hours.isdigit() and len(hours) <= len(str(_MOST_HOURS))
    if not fine or int(hours) > _MOST_HOURS:
        return await _page(visit, payer, visit.words("请填写 0 到 720 小时。"))
    note, now = str(form.get("note", "")).strip(), visit.network.clock()
    by = ids.show("mbr", visit.member.id)
    command = ClearPayer(UserId(user_id), Instant(now + int(hours) * HOUR), note, by)
    outcome = await visit.act(form, CLEAR, command, payer, hours=hours)
    if isinstance(outcome, Refused):
        return await _page(visit, payer, visit.problem(outcome))
    return RedirectResponse(f"{_PATH}?payer={payer}", 303)


async def _page(visit: Visit, payer: str, problem: str) -> Response:
    read, query = visit.network.read, visit.query
    payer_id = await _payer(visit, payer.strip())
    number = query.get("merchant", "").strip()
    merchant = await read(parties.merchant_by_number, number) if number else None
    action = RiskAction.__members__.get(query.get("action", "").upper())
    movement = Movement.__members__.get(query.get("movement", "").upper())
    rule = query.get("rule", "").strip()
    before = ids.parse("hit", query.get("before", "")) or ids.NEWEST
    wanted = views.HitsOf(
        payer_id or 0,
        merchant.id if merchant else 0,
        ids.parse("rsk", rule) or 0,
        int(action or 0),
        int(movement or 0),
    )
    named = ((payer, payer_id), (number, merchant), (rule, wanted.rule_id))
    unknown = any(text and not found for text, found in named)
    found = [] if unknown else await read(views.hits, wanted, before, _PAGE + 1)
    called = await risk.names(visit)
    rules = {}
    for rule_id in {one.rule_id for one in found[:_PAGE]}:
        if known := await read(views.rule, rule_id):
            rules[rule_id] = risk.shown(known, called)
    shown = [await _shown(visit, one, rules.get(one.rule_id)) for one in found[:_PAGE]]
    filters = {
        name: text
        for name, text in (
            ("payer", payer), ("merchant", number), ("rule", rule),
            ("action", query.get("action", "") if action else ""),
            ("movement", query.get("movement", "") if movement else ""),
        )
        if text
    }  # fmt: skip
    unseen = [] if filters else await read(views.unseen, visit.network.clock(), _MOST_UNSEEN + 1)
    clearance = await read(views.clearance, payer_id) if payer_id else None
    return visit.render(
        "console/risk_hits.html",
        UNPROCESSABLE if problem else 200,
        hits=shown,
        unseen=[(await naming.party(visit.network, one.payer_id), one)
                for one in unseen[:_MOST_UNSEEN]],
        more=len(unseen) > _MOST_UNSEEN,
        filters=filters,
        without={name: urlencode({n: t for n, t in filters.items() if n != name})
                 for name in filters},
        older=urlencode(filters | {"before": shown[-1].id}) if len(found) > _PAGE else "",
        payer=await naming.party(visit.network, payer_id) if payer_id else None,
        clearance=clearance,
        seen=clearance_facts(clearance) if clearance else {},
        people={ids.show("mbr", one.id): one.name for one in await read(members.members, 0)},
        now=visit.network.clock(),
        problem_text=problem,
        here_nav="hits",
    )  # fmt: skip


async def _payer(visit: Visit, text: str) -> int | None:
    """By id or phone number."""
    number = ids.parse("usr", text)
    if number is not None or not text:
        return number
    found = await visit.network.read(parties.user_by_phone, text)
    return found.id if found else None


async def _shown(visit: Visit, one: Hit, rule: risk.RuleShown | None) -> HitShown:
    network, attempted = visit.network, one.attempted
    payee = attempted.merchant_id or attempted.receiver_id
    return HitShown(
        ids.show("hit", one.id),
        one,
        rule,
        await naming.party(network, attempted.payer_id),
        await naming.party(network, payee) if payee else None,
        ids.show("ord", attempted.order_id) if attempted.order_id else "",
    )


ENTRIES: Final = (
    Entry("GET", _PATH, Right.LOOK, listed),
    Entry("POST", "/console/risk/payers/{id}", Right.CLEAR_PAYERS, clear, _PATH + "?payer={id}"),
)
