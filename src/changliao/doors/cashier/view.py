"""What the cashier shows of an order: one value for every template."""

from datetime import datetime
from functools import partial
from urllib.parse import urlsplit

from msgspec import Struct
from starlette.requests import Request

from changliao.core import chart, clock
from changliao.core.baskets import Basket
from changliao.core.clock import BEIJING, MILLISECOND, Instant
from changliao.core.ids import NEWEST, BudgetId, CouponId, MerchantId, show
from changliao.core.orders import Discount, Order, OrderState
from changliao.core.parties import User
from changliao.operations import checkout
from changliao.operations.acceptance import why_not
from changliao.operations.links import Link
from changliao.operations.network import Network
from changliao.store.views import baskets, budgets, ledger, orders, parties
from changliao.store.views.budgets import Offer
from changliao.store.views.orders import Placed
from changliao.web.pages import Pages
from changliao.web.words import explain


class Part(Struct, frozen=True):
    """One order of a basket, as the payer reads it."""

    merchant: str
    title: str
    amount: int


class View(Struct, kw_only=True):
    """`state`: waiting, scanned, then for good paid, expired, closed, taken or bad.

    `off` says why the platform does not take the wallet; empty when it does.
    """

    path: str
    state: str
    final: bool
    headline: str = ""
    explanation: str = ""
    merchant: str = ""
    title: str = ""
    reference: str = ""
    amount: int = 0
    currency: str = "CNY"
    expires: str = ""
    expires_ms: int = 0
    now_ms: int = 0
    paid_at: Instant = clock.NEVER
    back: str = ""
    scan_text: str = ""
    device: str = "pc"
    chosen: bool = False
    tab: str = "scan"
    payer: str = ""
    balance: int = 0
    payment_id: str = ""
    problem: str = ""
    off: str = ""
    parts: list[Part] = []
    given: int = 0
    offer: Offer | None = None

    @property
    def due(self) -> int:
        """What the payer's wallet gives: the amount less what a budget pays of it."""
        return self.amount - self.given - (self.offer.discount.amount if self.offer else 0)

    @property
    def discount(self) -> str:
        """The offer, as the form sends it back."""
        return show_discount(self.offer.discount) if self.offer else ""


def state_of(order: Order, link: Link, payer: User | None, now: Instant) -> str:
    """Where an order stands for whoever looks at it through this link."""
    match order.state:
        case OrderState.PAID:
            return "paid"
        case OrderState.CLOSED:
            return "expired" if now >= order.expires_at else "closed"
        case OrderState.OPEN:
            pass
    if now >= min(order.expires_at, link.expires_at) or link.issue != order.issue:
        return "expired"
    if order.payer_id and payer is not None and payer.id != order.payer_id:
        return "taken"
    return "scanned" if order.payer_id else "waiting"


def ending(request: Request, pages: Pages, state: str) -> tuple[str, str]:
    """Headline and explanation of a state in which nothing can be paid any more."""
    words = {
        "paid": ("支付成功", "商家会收到通知。"),
        "expired": (
            "订单已过期",
            "没有扣款。如果刚才已经付款，请先查看账单；需要时请让商家重新下单。",
        ),
        "closed": ("订单已关闭", "没有扣款。需要时请让商家重新下单。"),
        "taken": ("订单由另一个账户付款", "没有扣款。请用扫码的那个账户付款，或让商家重新下单。"),
        "bad": ("付款链接无效", "链接不完整或不是我们的。没有扣款，请从商家页面重新打开。"),
    }
    headline, explanation = words.get(state, ("", ""))
    return pages.words(request, headline) if headline else "", (
        pages.words(request, explanation) if explanation else ""
    )


async def find(network: Network, token: str) -> tuple[Link, Placed] | None:
    """The order behind a link; None when the link is none of ours."""
    link = network.links.read(token)
    if link is None:
        return None
    placed = await network.read(orders.order, link.merchant_id, link.order_id)
    return (link, placed) if placed else None


async def describe(
    request: Request, network: Network, pages: Pages, found: tuple[Link, Placed], payer: User | None
) -> View:
    """Everything a page needs, read now."""
    link, placed = found
    order, now = placed.order, network.clock()
    merchant = await network.look_up(parties.merchant, order.merchant_id)
    state = state_of(order, link, payer, now)
    headline, explanation = ending(request, pages, state)
    until = min(order.expires_at, link.expires_at)
    moment: datetime = clock.to_datetime(Instant(until), BEIJING)
    token = request.path_params["token"]
    view = View(
        path=f"/c/{token}",
        state=state,
        final=state in ("paid", "expired", "closed", "taken"),
        headline=headline,
        explanation=explanation,
        merchant=merchant.name if merchant else "",
        title=placed.terms.title,
        reference=order.reference,
        amount=order.amount.amount,
        given=order.discount,
        currency=order.amount.currency.code,
        expires=f"{moment:%m-%d %H:%M}",
        expires_ms=until // MILLISECOND,
        now_ms=now // MILLISECOND,
        paid_at=order.paid_at,
        back=_back(request, placed),
        scan_text=f"weixin://wxpay/bizpayurl?pr={token}",
        payment_id=show("pay", network.ids.new()),
        tab="account" if request.query_params.get("tab") == "account" else "scan",
    )
    basket = await checkout.basket_of(network, order)
    if basket is not None:
        seller = await network.look_up(parties.merchant, basket.merchant_id)
        view.merchant = seller.name if seller else view.merchant
        view.reference, view.amount = basket.reference, basket.amount.amount
        view.parts = await _parts(network, basket)
    refused = None if view.final else await why_not(network, order, basket)
    if refused is not None:
        view.off = explain(partial(pages.words, request), refused, now)
    if payer is not None:
        account = chart.wallet(payer.id, order.amount.currency)
        standing = await network.read(ledger.account, account)
        view.payer, view.balance = payer.name, standing.spendable
    return view


async def best_offer(network: Network, order: Order, payer: User | None) -> Offer | None:
    """What a budget would pay of an order that is paid alone. Asked for whole pages only."""
    if payer is None or order.basket_id or order.state is not OrderState.OPEN:
        return None
    offers = await network.read(budgets.offers, order, payer.id, network.clock())
    return offers[0] if offers else None


def show_discount(discount: Discount) -> str:
    """Whose budget, which, how much of the order, and with which coupon."""
    named = discount.owner_id, discount.budget_id, discount.amount, discount.coupon_id
    return ".".join(map(str, named))


def read_discount(text: str) -> Discount | None:
    """What `show_discount` showed; None for nothing and for anything else."""
    parts = text.split(".")
    if len(parts) != 4 or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    owner_id, budget_id, amount, coupon_id = (min(int(part[:19]), NEWEST) for part in parts)
    return Discount(MerchantId(owner_id), BudgetId(budget_id), amount, CouponId(coupon_id))


async def _parts(network: Network, basket: Basket) -> list[Part]:
    parts = []
    for placed in await network.read(baskets.members, basket):
        merchant = await network.look_up(parties.merchant, placed.order.merchant_id)
        name = merchant.name if merchant else ""
        parts.append(Part(name, placed.terms.title, placed.order.amount.amount))
    return parts


def _back(request: Request, placed: Placed) -> str:
    """Where the merchant wants the payer back: only on the host that hears of the payment."""
    asked = request.query_params.get("back", "")
    parts = urlsplit(asked)
    own = urlsplit(placed.terms.notify_url).netloc
    return asked if parts.scheme in ("http", "https") and own and parts.netloc == own else ""
