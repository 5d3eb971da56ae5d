"""Stores in the portal: where a merchant sells, where it applies, and who sells on its platform."""

from typing import Final

from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from changliao.core import ids
from changliao.core.ids import MerchantId
from changliao.core.members import Right
from changliao.core.outcome import Refused
from changliao.core.platforms import MOST_DAYS, DecideStore, Store, StoreEvent, StoreMode
from changliao.doors.console import naming
from changliao.doors.console.merchants import LONGEST_REASON, offered
from changliao.doors.console.visit import UNPROCESSABLE, Entry, Visit
from changliao.operations.stores import APPLY, DECIDE
from changliao.store.views import platforms

_PATH: Final = "/portal/stores"
_LONGEST_TITLE: Final = 64
_GIVEN: Final = {"platform": "", "title": "", "mode": "open", "commission": "0", "days": "7"}


async def listed(visit: Visit) -> Response:
    """One's own stores, those on one's own platform, and a form to apply with."""
    return await _page(visit, _GIVEN, "")


async def apply(visit: Visit) -> Response:
    """Apply for a store, or again after a refusal; the same application again is no change."""
    form = await visit.form()
    given = {name: str(form.get(name, "")).strip() for name in _GIVEN}
    platform_id, bps = ids.parse("mch", given["platform"]), _bps(given["commission"])
    mode = StoreMode.__members__.get(given["mode"].upper())
    if platform_id is None or mode is None or not 0 < len(given["title"]) <= _LONGEST_TITLE:
        return await _page(visit, given, visit.words("请选择平台和方式，并填写店名。"))
    if bps is None or not given["days"].isascii() or not given["days"].isdecimal():
        return await _page(visit, given, visit.words("佣金是 0 到 100 的百分数，天数是整数。"))
    asked = Store(
        platform_id=MerchantId(platform_id),
        merchant_id=MerchantId(visit.member.organisation),
        title=given["title"],
        mode=mode,
        applied_at=visit.network.clock(),
        commission_bps=bps,
        days=min(int(given["days"][:4]), MOST_DAYS + 1),
    )
    subject = f"{given['platform']}/{ids.show('mch', asked.merchant_id)}"
    outcome = await visit.act(form, APPLY, asked, subject, name=asked.title)
    if isinstance(outcome, Refused):
        return await _page(visit, given, visit.problem(outcome))
    return RedirectResponse(_PATH, 303)


async def decide(visit: Visit) -> Response:
    """A platform's member decides about its stores; a merchant's closes its own."""
    form, parts = await visit.form(), visit.request.path_params
    event, own = _event(form), visit.member.organisation
    platform_id, merchant_id = ids.parse("mch", parts["id"]), ids.parse("mch", parts["store"])
    ours = own == platform_id or (own == merchant_id and event is StoreEvent.CLOSE)
    if event is None or platform_id is None or merchant_id is None or not ours:
        return visit.missing()
    reason = str(form.get("reason", "")).strip()[:LONGEST_REASON]
    command = DecideStore(MerchantId(platform_id), MerchantId(merchant_id), event, reason)
    subject = f"{parts['id']}/{parts['store']}"
    details = {"event": event.name.lower(), "reason": reason}
    outcome = await visit.act(form, DECIDE, command, subject, **details)
    return visit.refused(outcome) if isinstance(outcome, Refused) else RedirectResponse(_PATH, 303)


async def _page(visit: Visit, given: dict[str, str], text: str) -> Response:
    read, own = visit.network.read, visit.member.organisation
    known = await read(platforms.platforms)
    names = {one.merchant_id: one.name for one in known}
    mine = await read(platforms.stores, 0, own)
    sellers = [one for one in await read(platforms.stores, own, 0) if one.merchant_id != own]
    return visit.render(
        "portal/stores.html",
        UNPROCESSABLE if text else 200,
        mine=[(_shown(one), names.get(one.platform_id, ""), one) for one in mine],
        is_platform=own in names,
        sellers=[
            (_shown(one), await naming.party(visit.network, one.merchant_id), offered(one), one)
            for one in sellers
        ],
        platforms=[
            (ids.show("mch", one.merchant_id), one.name)
            for one in known
            if not one.heir_id and one.merchant_id != own
        ],
        modes=[one for one in StoreMode if one is not StoreMode.SELF_OPERATED],
        given=given,
        most_days=MOST_DAYS,
        problem_text=text,
        here_nav="stores",
    )


def _shown(store: Store) -> str:
    return f"{ids.show('mch', store.platform_id)}/{ids.show('mch', store.merchant_id)}"


def _event(form: FormData) -> StoreEvent | None:
    event = StoreEvent.__members__.get(str(form.get("event", "")).upper())
    return None if event in (StoreEvent.APPLY, StoreEvent.MOVE) else event


def _bps(text: str) -> int | None:
    """A percentage with at most two decimals, in basis points."""
    whole, _, fraction = text.partition(".")
    if not whole.isascii() or not whole.isdecimal() or len(whole) > 3:
        return None
    if fraction and not (fraction.isascii() and fraction.isdecimal() and len(fraction) <= 2):
        return None
    bps = int(whole) * 100 + int(fraction.ljust(2, "0") if fraction else 0)
    return bps if bps <= 10_000 else None


ENTRIES: Final = (
    Entry("GET", _PATH, Right.PORTAL_LOOK, listed),
    Entry("POST", _PATH, Right.PORTAL_TERMS, apply),
    Entry("POST", _PATH + "/{id}/{store}", Right.PORTAL_TERMS, decide),
)
