"""What a merchant pays for each method: operators set it, the merchant sees it in its portal."""

from typing import Final

from msgspec import Struct
from starlette.responses import RedirectResponse, Response

from changliao.core import ids
from changliao.core.acceptance import OWN_METHOD
from changliao.core.acts import Facts
from changliao.core.fees import AS_WALLET, MethodFee, facts
from changliao.core.members import Right
from changliao.core.money import BPS
from changliao.core.outcome import Refused
from changliao.core.parties import Merchant
from changliao.doors.console import naming
from changliao.doors.console.visit import UNPROCESSABLE, Entry, Visit
from changliao.operations.fees import SET
from changliao.store.acceptance import Method
from changliao.store.views import acceptance, fees

_PATH: Final = "/console/merchants/{id}/fees"


class Rate(Struct, frozen=True):
    """What a merchant pays for a method; `own`: not its usual rate. A channel's can be `set`."""

    method: Method
    fee_bps: int
    own: bool
    set: bool
    seen: Facts


async def show(visit: Visit) -> Response:
    """Every method that money can come by, and its rate."""
    merchant = await naming.merchant_named(visit)
    return visit.missing() if merchant is None else await _page(visit, merchant, "")


async def change(visit: Visit) -> Response:
    """Another rate from the next payment on; nothing typed is the usual rate again."""
    form, merchant = await visit.form(), await naming.merchant_named(visit)
    if merchant is None:
        return visit.missing()
    rates = await _rates(visit, merchant)
    before = next((one for one in rates if one.method.code == form.get("method")), None)
    text = str(form.get("fee_bps", "")).strip()
    asked = _bps(text) if text else AS_WALLET
    if before is None or asked is None:
        return await _page(visit, merchant, visit.words("费率是 0 到 10000 个基点的整数。"))
    outcome = await visit.act(
        form,
        SET,
        MethodFee(merchant.id, before.method.id, asked),
        f"{merchant.number} {before.method.code}",
    )
    if isinstance(outcome, Refused):
        return await _page(visit, merchant, visit.problem(outcome))
    return RedirectResponse(_PATH.replace("{id}", ids.show("mch", merchant.id)), 303)


async def own(visit: Visit) -> Response:
    """The member's own merchant."""
    merchant = await naming.own_merchant(visit)
    return visit.render("portal/fees.html", rates=await _rates(visit, merchant), here_nav="fees")


async def _page(visit: Visit, merchant: Merchant, problem: str) -> Response:
    return visit.render(
        "console/fees.html",
        UNPROCESSABLE if problem else 200,
        id=ids.show("mch", merchant.id),
        merchant=merchant,
        rates=await _rates(visit, merchant),
        problem_text=problem,
        here_nav="merchants",
    )


async def _rates(visit: Visit, merchant: Merchant) -> list[Rate]:
    found = await visit.network.read(fees.of_merchant, merchant.id)
    its = {one.method_id: one for one in found}
    rates = {one.method_id: one.fee_bps for one in found if one.fee_bps != AS_WALLET}
    return [
        Rate(
            one,
            rates.get(one.id, merchant.fee_bps),
            one.id in rates,
            one.id != OWN_METHOD,
            facts(its.get(one.id)),
        )
        for one in await visit.network.look_up(acceptance.methods)
        if one.id == OWN_METHOD or one.connector
    ]


def _bps(text: str) -> int | None:
    fine = text.isascii() and text.isdigit() and len(text) <= len(str(BPS))
    return int(text) if fine and int(text) <= BPS else None


ENTRIES: Final = (
    Entry("GET", _PATH, Right.LOOK, show),
    Entry("POST", _PATH, Right.MANAGE_TERMS, change, _PATH),
    Entry("GET", "/portal/fees", Right.PORTAL_LOOK, own),
)
