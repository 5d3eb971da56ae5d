"""What the cashier shows of an order: one value for every template."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from urllib.parse import urlencode, urlsplit

from msgspec import Struct
from starlette.requests import Request

from changliao.core import chart, clock
from changliao.core.baskets import MOST, Basket
from changliao.core.channels import RequestState
from changliao.core.clock import BEIJING, MILLISECOND, Instant
from changliao.core.ids import NEWEST, BudgetId, CouponId, MerchantId, show
from changliao.core.orders import Discount, Hold, Order, OrderState
from changliao.core.parties import User
from changliao.core.tenders import TenderState
from changliao.doors.cashier.methods import Off, Way, off
from changliao.operations import checkout
from changliao.operations.acceptance import why_not
from changliao.operations.links import Link
from changliao.operations.network import Network
from changliao.store.views import acceptance, baskets, budgets, ledger, orders, parties, tenders
from changliao.store.views.budgets import Offer
from changliao.store.views.orders import Placed
from changliao.store.views.tenders import Tried
from changliao.web.language import choose
from changliao.web.naming import called
from changliao.web.pages import Pages

FINAL: Final = frozenset({"paid", "already", "expired", "closed", "taken"})
_BY_SOMEBODY: Final = "paid by somebody"
_NO_OFFER: Final = "-"
_WAITING: Final = "正在等待%(name)s确认付款。可以关闭本页，付款成功后商家会收到通知。"
_UNKNOWN: Final = "%(name)s还没有答复，我们会继续查询。请不要重复付款。"
_DECLINED: Final = "%(name)s没有同意付款，没有扣款。可以再试一次，或换一种付款方式。"
_RETURNED: Final = "通过%(name)s付的钱没有用于这笔订单，会自动原路退回。"
_LATE: Final = "%(name)s还没有答复。如果它扣了款，钱会自动原路退回。"


class Part(Struct, frozen=True):
    """One order of a basket, as the payer reads it."""

    merchant: str
    title: str
    amount: int


class View(Struct, kw_only=True):
    """What the page shows.

    `state`: waiting, scanned, processing, then for good paid, already, expired, closed, taken or
    bad. `version` changes when the page does; `asked` is the way back it was opened with. `off`
    says why the platform does not take the wallet. `note` is what became of a
    payment by another method, `bank` that method's name while it is not known yet, and `page` where
    to go on to pay. `confirms`: the payer has a passkey that stands for the PIN here.
    """

    path: str
    state: str
    final: bool
    version: str = ""
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
    asked: str = ""
    scan_text: str = ""
    device: str = "pc"
    chosen: bool = False
    tab: str = ""
    payer: str = ""
    balance: int = 0
    payment_id: str = ""
    confirms: bool = False
    problem: str = ""
    off: Off | None = None
    ways: list[Way] = []
    choices: list[Way] = []
    guaranteed: bool = False
    host: str = ""
    tender_id: str = ""
    bank: str = ""
    page: str = ""
    note: str = ""
    parts: list[Part] = []
    given: int = 0
    offers: Sequence[Offer | None] = ()

    def link(self, step: str = "", **query: str) -> str:
        """An address of this order's that keeps the way back."""
        return address(self.path + step, self.asked, **query)

    @property
    def query(self) -> str:
        """What the page in the other language is opened with."""
        given = {"view": self.device if self.chosen else "", "back": self.asked}
        given["tab"] = self.tab if self.device == "pc" else ""
        return urlencode({name: value for name, value in given.items() if value})

    @property
    def due(self) -> int:
        """What the payer's wallet gives: the amount less what budgets pay of it."""
        return self.amount - self.given - sum(one.discount.amount for one in self.offers if one)

    @property
    def discount(self) -> str:
        """The offers, as the form sends them back: one for each part of a basket."""
        if not any(self.offers):
            return ""
        return " ".join(show_discount(one.discount) if one else _NO_OFFER for one in self.offers)


def state_of(
    order: Order, link: Link, payer: User | None, now: Instant, tried: Sequence[Tried] = ()
) -> str:
    """Where an order stands for whoever looks at it through this link; `tried` is what they did."""
    match order.state:
        case OrderState.PAID:
            return "paid" if payer is None or payer.id == order.payer_id else "already"
        case OrderState.CLOSED:
            return "expired" if now >= order.expires_at else "closed"
        case OrderState.OPEN:
            pass
    if any(one.tender.state is TenderState.ASKED for one in tried):
        return "processing"
    if now >= min(order.expires_at, link.expires_at) or link.issue != order.issue:
        return "expired"
    if order.payer_id and payer is not None and payer.id != order.payer_id:
        return "taken"
    return "scanned" if order.payer_id else "waiting"


def ending(request: Request, pages: Pages, state: str) -> tuple[str, str]:
    """Headline and explanation of a state in which nothing can be paid any more."""
    words = {
        "paid": ("支付成功", "商家会收到通知。"),
        _BY_SOMEBODY: ("订单已付清", "不用再付。商家会收到通知。"),
        "already": (
            "订单已由别人付清",
            "没有扣你的款，不用再付。如果应由你付款，请与商家联系。",
        ),
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


async def tries(network: Network, order: Order, payer: User | None) -> list[Tried]:
    """What this payer tried by other methods, newest first."""
    return await network.read(tenders.of_order, payer.id, order.id) if payer else []


async def describe(
    request: Request, network: Network, pages: Pages, found: tuple[Link, Placed], payer: User | None
) -> View:
    """Everything a page needs, read now."""
    link, placed = found
    order, now = placed.order, network.clock()
    merchant = await network.look_up(parties.merchant, order.merchant_id)
    tried = await tries(network, order, payer)
    state = state_of(order, link, payer, now, tried)
    # Whoever is not logged in may be the payer's own desk, or anybody: no word of who paid.
    unknown = payer is None and state == "paid"
    headline, explanation = ending(request, pages, _BY_SOMEBODY if unknown else state)
    until = min(order.expires_at, link.expires_at)
    moment: datetime = clock.to_datetime(Instant(until), BEIJING)
    token, back = request.path_params["token"], asked_back(request, placed)
    view = View(
        path=f"/c/{token}",
        state=state,
        final=state in FINAL,
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
        back=back,
        asked=back,
        guaranteed=order.hold is Hold.RECEIPT,
        scan_text=f"weixin://wxpay/bizpayurl?pr={token}",
        payment_id=show("pay", network.ids.new()),
        tender_id=show("pay", network.ids.new()),
        tab=request.query_params.get("tab", ""),
    )
    await _tell(request, network, pages, view, tried)
    basket = await checkout.basket_of(network, order)
    if basket is not None:
        seller = await network.look_up(parties.merchant, basket.merchant_id)
        view.merchant = seller.name if seller else view.merchant
        view.reference, view.amount = basket.reference, basket.amount.amount
        members = await network.read(baskets.members, basket)
        view.parts = await _parts(network, members)
        view.given = sum(one.order.discount for one in members)
        view.guaranteed = any(one.order.hold is Hold.RECEIPT for one in members)
    view.version = await version(network, order, basket, state)
    refused = None if view.final else await why_not(network, order, basket)
    if refused is not None:
        view.off = off(request, network, pages, refused)
    if payer is not None:
        account = chart.wallet(payer.id, order.amount.currency)
        standing = await network.read(ledger.account, account)
        view.payer, view.balance = payer.name, standing.spendable
    return view


async def version(network: Network, order: Order, basket: Basket | None, state: str) -> str:
    """What a page must show anew: where the order stands, and which methods are off."""
    if state in FINAL:
        return state
    gone = [
        one.code
        for one in await network.look_up(acceptance.methods)
        if await why_not(network, order, basket, one.id)
    ]
    return " ".join((state, *gone))


async def best_offers(network: Network, order: Order, payer: User | None) -> list[Offer | None]:
    """What budgets would pay of an order, or of each part of its basket; a budget of one part.

    Asked for whole pages only.
    """
    if payer is None or order.state is not OrderState.OPEN:
        return []
    parts, basket = [order], await checkout.basket_of(network, order)
    if basket is not None:
        parts = [one.order for one in await network.read(baskets.members, basket)]
    chosen: list[Offer | None] = []
    for part in parts:
        used = {one.discount.budget_id for one in chosen if one}
        found = await network.read(budgets.offers, part, payer.id, network.clock())
        chosen.append(next((one for one in found if one.discount.budget_id not in used), None))
    return chosen


async def _tell(
    request: Request, network: Network, pages: Pages, view: View, tried: Sequence[Tried]
) -> None:
    """What the last try by another method came to, or that it is not known yet."""
    if not tried:
        return
    last = next((one for one in tried if one.tender.state is TenderState.ASKED), tried[0])
    methods = await network.look_up(acceptance.methods)
    known = {one.id: called(one, choose(request)) for one in methods}
    name = known.get(last.tender.method_id, "")
    text = ""
    match last.tender.state:
        case TenderState.ASKED:
            view.bank = name
            text = _WAITING if last.request.state is RequestState.ASKED else _UNKNOWN
            if view.final:
                text = _LATE
        case TenderState.REFUSED:
            text = "" if view.final else _DECLINED
        case TenderState.RETURNED:
            text = _RETURNED
        case TenderState.PAID:
            pass
    view.note = pages.words(request, text) % {"name": name} if text else ""


def show_discount(discount: Discount) -> str:
    """Whose budget, which, how much of the order, and with which coupon."""
    named = discount.owner_id, discount.budget_id, discount.amount, discount.coupon_id
    return ".".join(map(str, named))


def read_discounts(text: str) -> tuple[Discount | None, ...]:
    """What the form sent back, one for each part of a basket; empty without any offer."""
    return tuple(read_discount(one) for one in text.split()[:MOST])


def read_discount(text: str) -> Discount | None:
    """What `show_discount` showed; None for nothing and for anything else."""
    parts = text.split(".")
    if len(parts) != 4 or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    owner_id, budget_id, amount, coupon_id = (min(int(part[:19]), NEWEST) for part in parts)
    return Discount(MerchantId(owner_id), BudgetId(budget_id), amount, CouponId(coupon_id))


async def _parts(network: Network, members: Sequence[Placed]) -> list[Part]:
    parts = []
    for placed in members:
        merchant = await network.look_up(parties.merchant, placed.order.merchant_id)
        name = merchant.name if merchant else ""
        parts.append(Part(name, placed.terms.title, placed.order.amount.amount))
    return parts


def address(path: str, back: str, **query: str) -> str:
    """A path with its query, and with the way back if there is one."""
    given = query | ({"back": back} if back else {})
    return f"{path}?{urlencode(given)}" if given else path


def asked_back(request: Request, placed: Placed) -> str:
    """Where the merchant wants the payer back: only on the host that hears of the payment."""
    asked = request.query_params.get("back", "")
    parts = urlsplit(asked)
    own = urlsplit(placed.terms.notify_url).netloc
    return asked if parts.scheme in ("http", "https") and own and parts.netloc == own else ""
