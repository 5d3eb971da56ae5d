"""From how much on refunds need another member: shown, made stricter, loosened by two.

Operators have one threshold a currency; a merchant's members their own.
"""

from typing import Final

from msgspec import Struct
from starlette.responses import RedirectResponse, Response

from changliao.core import ids
from changliao.core.acts import Facts
from changliao.core.members import Right
from changliao.core.money import BY_NUMBER, CNY, CURRENCIES
from changliao.core.outcome import Refused
from changliao.core.thresholds import (
    NO_THRESHOLD,
    DecideThreshold,
    SetThreshold,
    Terms,
    Threshold,
    facts,
)
from changliao.doors.console import naming
from changliao.doors.console.visit import UNPROCESSABLE, Entry, Visit
from changliao.operations.thresholds import DECIDE, SET
from changliao.store.views import members, proposals
from changliao.web import display


class Shown(Struct, frozen=True):
    """A currency's threshold. `typed` is its amount as it is typed.

    `wanted` is what waits, `wanted_by` whose it is, `by` their name.
    """

    code: str
    terms: Terms
    typed: str
    wanted: Terms | None
    wanted_typed: str
    wanted_by: str
    by: str
    seen: Facts


async def shown(visit: Visit) -> list[Shown]:
    """Every currency with a threshold, and the yuan."""
    organisation = visit.member.organisation
    known = await visit.network.read(proposals.thresholds, organisation)
    if CNY.number not in {one.currency for one in known}:
        known = [Threshold(organisation, CNY.number), *known]
    people = await visit.network.read(members.members, organisation)
    names = {ids.show("mbr", one.id): one.name for one in people}
    return [_shown(one, names) for one in known]


async def change(visit: Visit) -> Response:
    """Another amount, for keys too or not; nothing typed is never."""
    form = await visit.form()
    code, text = str(form.get("currency", "")), str(form.get("amount", "")).strip()
    amount = _amount(text, code)
    if amount is None:
        return _unreadable(visit)
    terms = Terms(amount, bool(naming.scope(visit)) and amount > 0 and form.get("keys") == "1")
    organisation, by = visit.member.organisation, ids.show("mbr", visit.member.id)
    command = SetThreshold(CURRENCIES[code].number, terms, by, organisation)
    outcome = await visit.act(form, SET, command, _subject(visit, code))
    if isinstance(outcome, Refused):
        return visit.refused(outcome)
    return RedirectResponse(f"{naming.prefix(visit)}/refunds", 303)


async def decide(visit: Visit) -> Response:
    """Another member agrees to what waits, or does not; the form says what was seen."""
    form = await visit.form()
    code, said = str(form.get("currency", "")), str(form.get("decision", ""))
    amount = _amount(str(form.get("amount", "")), code)
    if amount is None or said not in ("approve", "reject"):
        return _unreadable(visit)
    terms = Terms(amount, form.get("keys") == "1")
    command = DecideThreshold(
        CURRENCIES[code].number,
        terms,
        said == "approve",
        ids.show("mbr", visit.member.id),
        visit.member.organisation,
    )
    outcome = await visit.act(form, DECIDE, command, _subject(visit, code), decision=said)
    if isinstance(outcome, Refused):
        return visit.refused(outcome)
    return RedirectResponse(f"{naming.prefix(visit)}/refunds", 303)


def _amount(text: str, code: str) -> int | None:
    """What was typed, NO_THRESHOLD for nothing; None for what is no amount or no currency."""
    if code not in CURRENCIES:
        return None
    return display.minor(text, code) if text else NO_THRESHOLD


def _shown(one: Threshold, names: dict[str, str]) -> Shown:
    code = BY_NUMBER[one.currency].code
    return Shown(
        code,
        one.terms,
        _typed(one.terms, code),
        one.wanted if one.wanted_by else None,
        _typed(one.wanted, code),
        one.wanted_by,
        names.get(one.wanted_by, one.wanted_by),
        facts(one),
    )


def _typed(terms: Terms, code: str) -> str:
    amount = display.amount(terms.amount, code)
    return f"{amount.whole}{amount.fraction}" if terms.amount else ""


def _subject(visit: Visit, code: str) -> str:
    """Whose threshold, in which currency."""
    own = naming.scope(visit)
    return f"{ids.show('mch', own)} {code}" if own else code


def _unreadable(visit: Visit) -> Response:
    text = visit.words("请填写金额；不填就是一个人就能退。")
    return visit.render("console/said.html", UNPROCESSABLE, said="refused", text=text)


ENTRIES: Final = (
    Entry("POST", "/console/refunds/threshold", Right.MANAGE_LIMITS, change, "/console/refunds"),
    Entry("POST", "/console/refunds/threshold-change", Right.MANAGE_LIMITS, decide),
    Entry("POST", "/portal/refunds/threshold", Right.PORTAL_TERMS, change, "/portal/refunds"),
    Entry("POST", "/portal/refunds/threshold-change", Right.PORTAL_REFUND, decide),
)
