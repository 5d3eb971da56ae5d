"""Budgets over REST: merchants set them up, people take coupons and discounts of them."""

from functools import partial
from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from changliao.core import ids
from changliao.core.budgets import (
    MOST_EACH,
    Budget,
    BudgetEvent,
    BudgetKind,
    BudgetState,
    ChangeBudget,
    FundBudget,
)
from changliao.core.clock import DAY, Instant
from changliao.core.discounts import ClaimCoupon, Coupon, CouponState
from changliao.core.ids import BudgetId, CouponId, MerchantId, UserId
from changliao.core.members import Right
from changliao.core.orders import Discount
from changliao.core.outcome import Reason, Refused
from changliao.doors.rest.call import Call, Door, perform, read_id, read_moment, read_money
from changliao.doors.rest.endpoint import Endpoint, Who
from changliao.doors.rest.errors import refusal
from changliao.doors.rest.fields import (
    BudgetIdText,
    Count,
    CouponIdText,
    CurrencyCode,
    CursorText,
    FeeBps,
    Limit,
    MerchantIdText,
    Minor,
    Moment,
    Name,
    Nothing,
    Page,
    UserIdText,
    moment,
    page,
)
from changliao.doors.rest.orders import WhoseQuery, whose
from changliao.doors.rest.orders import find as find_order
from changliao.doors.rest.users import find as find_user
from changliao.operations.budgets import CHANGE, CLAIM, FUND, OPEN
from changliao.operations.invitations import Subject
from changliao.store.views import budgets as views

KindName = Literal["coupon", "subsidy"]
StateName = Literal["open", "paused", "closed"]
CouponStateName = Literal["claimed", "used", "expired"]
Uses = Annotated[int, Meta(ge=1, le=MOST_EACH, description="How often one person may")]
Days = Annotated[int, Meta(ge=1, le=366)]


class NewBudget(Struct, frozen=True, forbid_unknown_fields=True):
    """A budget, without money yet. `id` names it. Operators say whose; merchants own theirs.

    One use pays `face`; with `rate_bps` that part of the order, at most `face`. Smaller orders than
    `threshold` get nothing. A `coupon` is claimed before, and lives `coupon_days`.
    """

    name: Name
    kind: KindName
    cap: Minor
    face: Minor
    ends_at: Moment
    currency: CurrencyCode = "CNY"
    starts_at: Moment | None = None
    rate_bps: FeeBps = 0
    threshold: Count = 0
    most_each: Uses = 1
    coupon_days: Days | None = None
    id: BudgetIdText | None = None
    merchant_id: MerchantIdText | None = None


class Funding(Struct, frozen=True, forbid_unknown_fields=True):
    """What is set aside in all from now on. It never becomes less."""

    funded: Minor


class Change(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether new coupons and discounts are given. What is closed stays closed."""

    change: Literal["pause", "resume", "close"]


class FiguresShown(Struct, frozen=True):
    """How a budget stands: `left` is free, `promised` in people's coupons.

    `uses` orders had `paid` together, of which `returned` came back with their refunds.
    """

    left: Count
    promised: Count
    uses: Count
    paid: Count
    returned: Count


class BudgetShown(Struct, frozen=True):
    """A budget; `figures` with one alone. `claim_url` is where people take a coupon of it."""

    id: BudgetIdText
    merchant_id: MerchantIdText
    name: str
    kind: KindName
    state: StateName
    cap: Minor
    currency: CurrencyCode
    funded: Count
    face: Minor
    rate_bps: FeeBps
    threshold: Count
    most_each: Uses
    ends_at: Moment
    starts_at: Moment | UnsetType = UNSET
    coupon_days: Days | UnsetType = UNSET
    claim_url: str | UnsetType = UNSET
    figures: FiguresShown | UnsetType = UNSET


class NewCoupon(Struct, frozen=True, forbid_unknown_fields=True):
    """Of which merchant's budget. `id` names the coupon: once only."""

    merchant_id: MerchantIdText
    budget_id: BudgetIdText
    id: CouponIdText | None = None


class CouponShown(Struct, frozen=True):
    """A person's coupon."""

    id: CouponIdText
    merchant_id: MerchantIdText
    budget_id: BudgetIdText
    user_id: UserIdText
    state: CouponStateName
    expires_at: Moment


class OfferQuery(WhoseQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whose order, and who would pay it."""

    payer_id: UserIdText


class DiscountAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """What a budget is to pay of an order: `amount` is what was offered, and what the payer saw."""

    merchant_id: MerchantIdText
    budget_id: BudgetIdText
    amount: Minor
    coupon_id: CouponIdText | None = None

    def read(self) -> Discount:
        """As the network reads it. Raises Problem 400 for numbers that are none."""
        return Discount(
            MerchantId(read_id("mch", self.merchant_id)),
            BudgetId(read_id("bdg", self.budget_id)),
            self.amount,
            CouponId(read_id("cpn", self.coupon_id) if self.coupon_id else 0),
        )


class OfferShown(Struct, frozen=True):
    """A discount that a payment of this order may ask for; `name` is the campaign's."""

    merchant_id: MerchantIdText
    budget_id: BudgetIdText
    amount: Minor
    name: str
    coupon_id: CouponIdText | UnsetType = UNSET


class ListQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose, and which page."""

    merchant_id: MerchantIdText | None = None
    cursor: CursorText | None = None
    limit: Limit = 50


class CouponsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which page."""

    cursor: CursorText | None = None
    limit: Limit = 50


async def open_budget(door: Door, call: Call[NewBudget, Nothing]) -> Any:
    """Set a budget up, once for each id. Money is set aside by its funding."""
    form = call.form
    asked = Budget(
        id=BudgetId(read_id("bdg", form.id) if form.id else door.network.ids.new()),
        owner_id=MerchantId(whose(call, form.merchant_id)),
        name=form.name,
        kind=BudgetKind[form.kind.upper()],
        cap=read_money(form.cap, form.currency),
        face=form.face,
        starts_at=read_moment(form.starts_at, "starts_at") if form.starts_at else Instant(0),
        ends_at=read_moment(form.ends_at, "ends_at"),
        rate_bps=form.rate_bps,
        threshold=form.threshold,
        most_each=form.most_each,
        coupon_lives=(form.coupon_days or 0) * DAY,
    )
    return await perform(door, call, OPEN, asked, partial(show_budget, door))


async def search(door: Door, call: Call[Nothing, ListQuery]) -> Page[BudgetShown]:
    """List a merchant's budgets, newest first."""
    asked, owner_id = call.query, whose(call, call.query.merchant_id)
    before = read_id("cur", asked.cursor) if asked.cursor else ids.NEWEST
    found = await door.network.read(views.of_owner, owner_id, before, asked.limit + 1)
    return page([show_budget(door, one) for one in found], [one.id for one in found], asked.limit)


async def show(door: Door, call: Call[Nothing, WhoseQuery]) -> BudgetShown:
    """Show a budget and how it stands."""
    owner_id, budget_id = _named(call)
    known = await door.network.read(views.budget, owner_id, budget_id)
    if known is None:
        raise refusal(Refused(Reason.BUDGET_NOT_FOUND))
    found = await door.network.read(views.figures, known)
    figures = FiguresShown(found.left, found.promised, found.uses, found.paid, found.returned)
    return show_budget(door, known, figures)


async def fund(door: Door, call: Call[Funding, WhoseQuery]) -> Any:
    """Set money aside out of the merchant's earnings, up to the cap.

    So much again is no change.
    """
    return await perform(
        door, call, FUND, FundBudget(*_named(call), call.form.funded), partial(show_budget, door)
    )


async def change(door: Door, call: Call[Change, WhoseQuery]) -> Any:
    """Pause, resume or close a budget; asking again is no change.

    Coupons that people have stay good. What nobody has of a closed budget goes back to its owner.
    """
    event = BudgetEvent[call.form.change.upper()]
    return await perform(
        door, call, CHANGE, ChangeBudget(*_named(call), event), partial(show_budget, door)
    )


async def claim(door: Door, call: Call[NewCoupon, Nothing]) -> Any:
    """Take a coupon for a user. The operator answers for the user."""
    form = call.form
    command = ClaimCoupon(
        CouponId(read_id("cpn", form.id) if form.id else door.network.ids.new()),
        MerchantId(read_id("mch", form.merchant_id)),
        BudgetId(read_id("bdg", form.budget_id)),
        UserId(read_id("usr", call.path["user_id"])),
    )
    return await perform(door, call, CLAIM, command, show_coupon)


async def coupons(door: Door, call: Call[Nothing, CouponsQuery]) -> Page[CouponShown]:
    """List a user's coupons, newest first."""
    user_id, asked = await find_user(door, call), call.query
    before = read_id("cur", asked.cursor) if asked.cursor else ids.NEWEST
    found = await door.network.read(views.coupons_of, user_id, before, asked.limit + 1)
    return page([show_coupon(one) for one in found], [one.id for one in found], asked.limit)


async def offers(door: Door, call: Call[Nothing, OfferQuery]) -> Page[OfferShown]:
    """List what a user may have off an order now, the best first."""
    placed = await find_order(door, call)
    user_id, now = read_id("usr", call.query.payer_id), door.network.clock()
    found = await door.network.read(views.offers, placed.order, user_id, now)
    return Page([show_offer(one) for one in found])


def show_budget(
    door: Door, known: Budget, figures: FiguresShown | UnsetType = UNSET
) -> BudgetShown:
    """A budget as this API shows it."""
    claim_url: str | UnsetType = UNSET
    if known.kind is BudgetKind.COUPON:
        link = door.network.invitations.make(Subject.BUDGET, known.owner_id, known.id)
        claim_url = f"{door.public_url}/w/coupon/{link}"
    return BudgetShown(
        id=ids.show("bdg", known.id),
        merchant_id=ids.show("mch", known.owner_id),
        name=known.name,
        kind="coupon" if known.kind is BudgetKind.COUPON else "subsidy",
        state=_STATES[known.state],
        cap=known.cap.amount,
        currency=known.cap.currency.code,
        funded=known.funded,
        face=known.face,
        rate_bps=known.rate_bps,
        threshold=known.threshold,
        most_each=known.most_each,
        ends_at=moment(known.ends_at),
        starts_at=moment(known.starts_at) if known.starts_at else UNSET,
        coupon_days=known.coupon_lives // DAY or UNSET,
        claim_url=claim_url,
        figures=figures,
    )


def show_coupon(known: Coupon) -> CouponShown:
    """A coupon as this API shows it."""
    return CouponShown(
        ids.show("cpn", known.id),
        ids.show("mch", known.owner_id),
        ids.show("bdg", known.budget_id),
        ids.show("usr", known.user_id),
        _COUPON_STATES[known.state],
        moment(known.expires_at),
    )


def show_offer(known: views.Offer) -> OfferShown:
    """An offer as this API shows it."""
    discount = known.discount
    return OfferShown(
        ids.show("mch", discount.owner_id),
        ids.show("bdg", discount.budget_id),
        discount.amount,
        known.name,
        ids.show("cpn", discount.coupon_id) if discount.coupon_id else UNSET,
    )


def _named(call: Call[Any, WhoseQuery]) -> tuple[MerchantId, BudgetId]:
    budget_id = BudgetId(read_id("bdg", call.path["budget_id"]))
    return MerchantId(whose(call, call.query.merchant_id)), budget_id


_STATES: Final[dict[BudgetState, StateName]] = {
    BudgetState.OPEN: "open",
    BudgetState.PAUSED: "paused",
    BudgetState.CLOSED: "closed",
}
_COUPON_STATES: Final[dict[CouponState, CouponStateName]] = {
    CouponState.CLAIMED: "claimed",
    CouponState.USED: "used",
    CouponState.EXPIRED: "expired",
}
ENDPOINTS: Final = (
    Endpoint(
        "POST", "/budgets", open_budget, Who.EITHER, NewBudget, Nothing, BudgetShown, 201,
        ("currency_unknown", "merchant_missing", Reason.BUDGET_INVALID, Reason.BUDGET_REUSED,
         Reason.MERCHANT_NOT_FOUND), right=Right.MANAGE_BUDGETS,
    ),
    Endpoint(
        "GET", "/budgets", search, Who.EITHER, Nothing, ListQuery, Page[BudgetShown], 200,
        ("merchant_missing",),
    ),
    Endpoint(
        "GET", "/budgets/{budget_id}", show, Who.EITHER, Nothing, WhoseQuery, BudgetShown, 200,
        ("merchant_missing", Reason.BUDGET_NOT_FOUND),
    ),
    Endpoint(
        "POST", "/budgets/{budget_id}/funding", fund, Who.EITHER, Funding, WhoseQuery, BudgetShown,
        200,
        ("merchant_missing", Reason.BUDGET_CAPPED, Reason.BUDGET_CLOSED, Reason.BUDGET_INVALID,
         Reason.BUDGET_NOT_FOUND, Reason.MERCHANT_FUNDS_INSUFFICIENT), right=Right.MANAGE_BUDGETS,
    ),
    Endpoint(
        "POST", "/budgets/{budget_id}/changes", change, Who.EITHER, Change, WhoseQuery,
        BudgetShown, 200,
        ("merchant_missing", Reason.BUDGET_CLOSED, Reason.BUDGET_NOT_FOUND),
        right=Right.MANAGE_BUDGETS,
    ),
    Endpoint(
        "POST", "/users/{user_id}/coupons", claim, Who.OPERATOR, NewCoupon, Nothing, CouponShown,
        201,
        (Reason.BUDGET_CLOSED, Reason.BUDGET_NOT_FOUND, Reason.BUDGET_PAUSED, Reason.BUDGET_REUSED,
         Reason.BUDGET_SPENT, Reason.BUDGET_TAKEN, Reason.USER_NOT_FOUND),
    ),
    Endpoint(
        "GET", "/users/{user_id}/coupons", coupons, Who.OPERATOR, Nothing, CouponsQuery,
        Page[CouponShown], 200, (Reason.USER_NOT_FOUND,),
    ),
    Endpoint(
        "GET", "/orders/{order_id}/offers", offers, Who.OPERATOR, Nothing, OfferQuery,
        Page[OfferShown], 200, ("merchant_missing", Reason.ORDER_NOT_FOUND),
    ),
)  # fmt: skip
