"""Coupons on pages: taking one by a shop's link, and those a person has."""

from typing import Final

from msgspec import Struct
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from changliao.core.budgets import Budget
from changliao.core.clock import Instant
from changliao.core.discounts import ClaimCoupon, Coupon, CouponState
from changliao.core.ids import NEWEST, BudgetId, CouponId, MerchantId, parse, show
from changliao.core.outcome import Refused
from changliao.doors.wallet.visit import UNPROCESSABLE, Visit, Wallet, problem, signed_in
from changliao.operations.budgets import CLAIM
from changliao.operations.invitations import Subject
from changliao.store.views import budgets, parties

_RECENT: Final = 50


class Row(Struct, frozen=True):
    """A coupon as its person reads it."""

    shop: str
    budget: Budget
    expires_at: Instant
    state: str


def routes(wallet: Wallet) -> list[Route]:
    """Mine at /w/coupons, taking at the campaign's link."""
    return [
        Route("/w/coupons", signed_in(wallet, mine)),
        Route("/w/coupon/{link}", signed_in(wallet, offered)),
        Route("/w/coupon/{link}", signed_in(wallet, claim), methods=["POST"]),
    ]


async def mine(visit: Visit) -> Response:
    """What I have, what I used, what ran out; the newest first."""
    network = visit.wallet.network
    found = await network.read(budgets.coupons_of, visit.user.id, NEWEST, _RECENT)
    rows = [row for one in found if (row := await _row(visit, one)) is not None]
    return visit.render("wallet/coupons.html", rows=rows)


async def offered(visit: Visit) -> Response:
    """What the coupon is worth, and a button."""
    return await _page(visit, "")


async def claim(visit: Visit) -> Response:
    """Take it: once for each form that was rendered."""
    form = await visit.wallet.pages.browser.form(visit.request)
    known = await _known(visit)
    coupon_id = parse("cpn", str(form.get("coupon_id", "")))
    if known is None or coupon_id is None:
        return visit.missing()
    command = ClaimCoupon(CouponId(coupon_id), known.owner_id, known.id, visit.user.id)
    outcome = await visit.wallet.network.perform(CLAIM, command)
    if isinstance(outcome, Refused):
        return await _page(visit, problem(visit.wallet, visit.request, outcome))
    return RedirectResponse("/w/coupons", 303)


async def _page(visit: Visit, wrong: str) -> Response:
    known = await _known(visit)
    if known is None:
        return visit.missing()
    network = visit.wallet.network
    shop = await network.look_up(parties.merchant, known.owner_id)
    return visit.render(
        "wallet/coupon.html",
        UNPROCESSABLE if wrong else 200,
        budget=known,
        shop=shop.name if shop else "",
        link=visit.request.path_params["link"],
        coupon_id=show("cpn", network.ids.new()),
        problem_text=wrong,
    )


async def _known(visit: Visit) -> Budget | None:
    network = visit.wallet.network
    invitation = network.invitations.read(visit.request.path_params["link"], Subject.BUDGET)
    if invitation is None:
        return None
    owner_id, budget_id = MerchantId(invitation.owner_id), BudgetId(invitation.subject_id)
    return await network.read(budgets.budget, owner_id, budget_id)


async def _row(visit: Visit, one: Coupon) -> Row | None:
    network = visit.wallet.network
    known = await network.read(budgets.budget, one.owner_id, one.budget_id)
    shop = await network.look_up(parties.merchant, one.owner_id)
    if known is None:
        return None
    late = one.state is CouponState.CLAIMED and network.clock() >= one.expires_at
    state = CouponState.EXPIRED if late else one.state
    return Row(shop.name if shop else "", known, one.expires_at, state.name.lower())
