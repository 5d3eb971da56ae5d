"""Settlement: runs of everybody, and when and where to one merchant is settled.

Operators see all and set cycles; a merchant sees its own in its portal. Runs are the newest first.
"""

from typing import Final
from urllib.parse import urlencode

from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from changliao.core import bills, chart, ids
from changliao.core.ledger import Code
from changliao.core.members import Right
from changliao.core.money import CURRENCIES
from changliao.core.outcome import Refused
from changliao.core.parties import Merchant
from changliao.core.settlements import LONGEST_DAYS, Cycle, Settlement, SettlementState, facts
from changliao.doors.console import naming
from changliao.doors.console.visit import UNPROCESSABLE, Entry, Visit
from changliao.operations.settlements import SET_CYCLE
from changliao.store.views import channels, settlements
from changliao.web import display

_PATH: Final = "/console/settlements"
_ONE: Final = "/console/merchants/{id}/settlements"
_OWN: Final = "/portal/settlements"
_PAGE: Final = 30
_NEWEST: Final = 1 << 62
_DIGITS: Final = len(str(LONGEST_DAYS))


async def listed(visit: Visit) -> Response:
    """Of all merchants, or those in one state."""
    state = SettlementState.__members__.get(visit.query.get("state", "").upper())
    before = ids.parse("stl", visit.query.get("before", "")) or _NEWEST
    found = await visit.network.read(settlements.settlements, state or 0, before, _PAGE + 1)
    shown = [
        (
            ids.show("mch", one.merchant_id),
            await naming.party(visit.network, one.merchant_id),
            _days(one),
            one,
        )
        for one in found[:_PAGE]
    ]
    filters = {"state": state.name.lower()} if state else {}
    return visit.render(
        "console/settlements.html",
        settlements=shown,
        state=state.name if state else "",
        states=list(SettlementState.__members__),
        older=_older(found, filters),
        here_nav="settlements",
    )


async def own(visit: Visit) -> Response:
    """When and where to this merchant is settled, and each run."""
    merchant_id = visit.member.organisation
    before = ids.parse("stl", visit.query.get("before", "")) or _NEWEST
    found = await visit.network.read(settlements.of_merchant, merchant_id, before, _PAGE + 1)
    return visit.render(
        "portal/settlements.html",
        cycles=await visit.network.read(settlements.cycles_of, merchant_id),
        settlements=[(_days(one), one) for one in found[:_PAGE]],
        older=_older(found, {}),
        here_nav="settlements",
    )


async def of_merchant(visit: Visit) -> Response:
    """How one merchant is settled, by currency, and its runs."""
    merchant = await naming.merchant_named(visit)
    return visit.missing() if merchant is None else await _page(visit, merchant, "")


async def one(visit: Visit) -> Response:
    """What a run settled, and what its days held; another merchant's is not found."""
    own = naming.scope(visit)
    parts = visit.request.path_params
    merchant_id = own or ids.parse("mch", parts["id"])
    number = ids.parse("stl", parts["settlement"])
    found = None
    if merchant_id and number:
        found = await visit.network.read(settlements.settlement, merchant_id, number)
    if found is None:
        return visit.missing()
    payable = chart.payable(found.merchant_id, found.currency)
    held = await visit.network.report(settlements.holds, payable, found.first_day, found.day)
    return visit.render(
        "console/settlement.html",
        one=found,
        days=_days(found),
        held=[(Code(code), count, amount) for code, count, amount in held],
        party=await naming.party(visit.network, found.merchant_id),
        back=_OWN if own else _ONE.replace("{id}", ids.show("mch", found.merchant_id)),
        here_nav="settlements" if own else "merchants",
    )


async def set_cycle(visit: Visit) -> Response:
    """When and where to it is settled from now on; what was settled first stays."""
    form, merchant = await visit.form(), await naming.merchant_named(visit)
    if merchant is None:
        return visit.missing()
    channel = await visit.console.desk.askable(str(form.get("channel", "")))
    if isinstance(channel, Refused):
        return await _page(visit, merchant, visit.problem(channel))
    asked = _asked(form, merchant, channel.code, bills.day_of(visit.network.clock()))
    if asked is None:
        return await _page(visit, merchant, visit.words("请填写天数（1 到 30）、账号和金额。"))
    subject = f"{merchant.number} {asked.currency.code}"
    outcome = await visit.act(form, SET_CYCLE, asked, subject)
    if isinstance(outcome, Refused):
        return await _page(visit, merchant, visit.problem(outcome))
    return RedirectResponse(_ONE.replace("{id}", ids.show("mch", merchant.id)), 303)


async def _page(visit: Visit, merchant: Merchant, problem: str) -> Response:
    before = ids.parse("stl", visit.query.get("before", "")) or _NEWEST
    read = visit.network.read
    found = await read(settlements.of_merchant, merchant.id, before, _PAGE + 1)
    return visit.render(
        "console/merchant_settlements.html",
        UNPROCESSABLE if problem else 200,
        id=ids.show("mch", merchant.id),
        merchant=merchant,
        cycles=[
            (one, _typed(one), facts(one)) for one in await read(settlements.cycles_of, merchant.id)
        ],
        channels=await read(channels.channels),
        currencies=list(CURRENCIES),
        settlements=[(_days(one), one) for one in found[:_PAGE]],
        older=_older(found, {}),
        problem_text=problem,
        here_nav="merchants",
    )


def _asked(form: FormData, merchant: Merchant, channel: str, today: bills.Day) -> Cycle | None:
    """The cycle that was typed; None for what is none."""
    code, days = str(form.get("currency", "")), str(form.get("days", ""))
    fine = code in CURRENCIES and days.isascii() and days.isdigit() and len(days) <= _DIGITS
    least = display.minor(str(form.get("least", "")), code) if fine else None
    if least is None:
        return None
    return Cycle(
        merchant_id=merchant.id,
        currency=CURRENCIES[code],
        days=int(days),
        channel=channel,
        account=str(form.get("account", "")).strip(),
        since=today,
        least=least,
        paused=bool(form.get("paused")),
    )


def _typed(one: Cycle) -> str:
    shown = display.amount(one.least, one.currency.code)
    return f"{shown.whole}{shown.fraction}"


def _days(one: Settlement) -> str:
    first, last = (bills.date_of(day).isoformat() for day in (one.first_day, one.day))
    return first if first == last else f"{first} – {last}"


def _older(found: list[Settlement], filters: dict[str, str]) -> str:
    if len(found) <= _PAGE:
        return ""
    return urlencode(filters | {"before": ids.show("stl", found[_PAGE - 1].id)})


ENTRIES: Final = (
    Entry("GET", _PATH, Right.LOOK, listed),
    Entry("GET", _ONE, Right.LOOK, of_merchant),
    Entry("POST", _ONE, Right.MANAGE_TERMS, set_cycle, _ONE),
    Entry("GET", _ONE + "/{settlement}", Right.LOOK, one),
    Entry("GET", _OWN, Right.PORTAL_LOOK, own),
    Entry("GET", _OWN + "/{settlement}", Right.PORTAL_LOOK, one),
)
