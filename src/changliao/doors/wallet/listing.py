"""The bills: filtered and searched by their address, in months with what came and went.

Looked through is one window of movements at a time (store/views/statements.py); where no more of it
is left to show, the page leads further back.
"""

from collections.abc import Collection
from typing import Final
from urllib.parse import urlencode

from msgspec import Struct, field
from starlette.responses import Response
from starlette.routing import Route

from changliao.core import chart, ids
from changliao.core.bills import SETTLING
from changliao.core.clock import BEIJING, Instant, to_datetime
from changliao.core.ids import UserId
from changliao.core.ledger import Code
from changliao.core.money import CNY, MAX_AMOUNT
from changliao.doors.wallet import bills, forms
from changliao.doors.wallet.bills import Bill
from changliao.doors.wallet.statements import months_of
from changliao.doors.wallet.visit import UNPROCESSABLE, Visit, Wallet, signed_in
from changliao.store.engine import Reader
from changliao.store.views import ledger, statements
from changliao.store.views.ledger import Entry
from changliao.store.views.statements import WINDOW
from changliao.web.display import amount

_PAGE: Final = 30
_LONGEST_TEXT: Final = 64
_WAITING: Final = "escrow"
_UNREAD: Final = "请填写金额，例如 88.88。"
KINDS: Final[dict[str, tuple[str, frozenset[Code]]]] = {
    "purchase": ("购物", frozenset({Code.PAYMENT, Code.DISCOUNT})),
    _WAITING: ("担保中", frozenset({Code.PAYMENT})),
    "refund": ("退款", frozenset({Code.REFUND, Code.REFUND_KEPT, Code.DISCOUNT_RETURN})),
    "transfer": ("转账", frozenset({Code.WALLET_TRANSFER, Code.PAYOUT})),
    "packet": ("红包", frozenset({Code.PACKET_GIVE, Code.PACKET_CLAIM, Code.PACKET_RETURN})),
    "group": ("AA 收款", frozenset({Code.GROUP_SHARE})),
    "top_up": ("充值", frozenset({Code.TOP_UP, Code.CHANNEL_PAY, Code.DIFFERENCE_PAID})),
    "withdrawal": ("提现", frozenset({Code.CHANNEL_ASK, Code.CHANNEL_BACK})),
    "freeze": ("预授权", frozenset({Code.FREEZE, Code.UNFREEZE})),
}
WAYS: Final = {"out": "支出", "in": "收入"}
_NAMES: Final = ("q", "kind", "way", "month", "least", "most")


class Wanted(Struct, frozen=True):
    """What of a wallet is asked for: nothing of it is everything."""

    text: str = ""
    kind: str = ""
    way: str = ""
    month: str = ""
    least: int = 0
    most: int = MAX_AMOUNT

    def takes(self, one: Entry) -> bool:
        """By what the movement itself says."""
        codes = KINDS[self.kind][1] if self.kind else None
        return (
            one.amount != 0
            and (codes is None or one.code in codes)
            and (not self.way or (one.amount > 0) == (self.way == "in"))
            and (not self.month or month_of(one.at) == self.month)
            and self.least <= abs(one.amount) <= self.most
        )


class Seen(Struct, frozen=True):
    """What a window has, newest first, and where the next begins; 0: there is nothing older."""

    found: list[Entry]
    after: int
    until: Instant


class Month(Struct):
    """A month's bills on this page, and its sums; None where not all of the month was seen."""

    name: str
    bills: list[Bill] = field(default_factory=list)
    came: int | None = None
    went: int | None = None


def routes(wallet: Wallet) -> list[Route]:
    """The list; one bill is in escrow.py."""
    return [Route("/w/bills", signed_in(wallet, show))]


async def show(visit: Visit) -> Response:
    """A page of bills."""
    query, network = visit.request.query_params, visit.wallet.network
    given = {name: query.get(name, "").strip()[:_LONGEST_TEXT] for name in _NAMES}
    months = [f"{one:%Y-%m}" for one in months_of(visit.user.created_at, network.clock())]
    wanted, wrong = _wanted(given, months)
    start = ids.parse("bil", query.get("from", "")) or 0
    seen = await network.read(looked, visit.user.id, start, wanted)
    shown = seen.found[:_PAGE]
    page = [await bills.told(network, one, visit.words) for one in shown]
    groups = _grouped(visit, page, seen, query.get("in", ""))
    # The movement to begin with next: after the last one shown, or after all that was looked at.
    full = len(seen.found) > _PAGE
    after = shown[-1].previous if full else seen.after
    rest = {name: text for name, text in given.items() if text}
    ahead = {"from": ids.show("bil", after), "in": groups[-1].name if groups and full else ""}
    return visit.render(
        "wallet/bills.html",
        UNPROCESSABLE if wrong else 200,
        given=given,
        kinds={code: name for code, (name, _) in KINDS.items()},
        ways=WAYS,
        months=months,
        tags=[(_said(visit, name, text), _without(rest, name)) for name, text in rest.items()],
        groups=groups,
        first=not start,
        older=urlencode(rest | {n: text for n, text in ahead.items() if text}) if after else "",
        further=not full,
        until=seen.until,
        query=urlencode(rest),
        problem_text=visit.words(wrong) if wrong else "",
        tab="bills",
    )


def looked(reader: Reader, user_id: UserId, start: int, wanted: Wanted) -> Seen:
    """Through one window of a person's movements, from this leg back or from the newest."""
    account = chart.wallet(user_id, CNY)
    leg_id = start or ledger.account(reader, account).last_leg
    entries = ledger.statement(reader, account, leg_id, WINDOW)
    if not entries:
        return Seen([], 0, Instant(0))
    found = [one for one in entries if wanted.takes(one)]
    if wanted.kind == _WAITING:
        held = statements.waiting(reader, found)
        found = [one for one in found if one.leg_id in held]
    if wanted.text:
        exactly, about = forms.fen(wanted.text), statements.subjects(reader, found)
        found = [
            one
            for one in found
            if abs(one.amount) == exactly
            or about[one.leg_id].has(wanted.text)
            or ids.show("bil", one.leg_id) == wanted.text
        ]
    # Several processes write one chain: its times are in order but for a few minutes.
    over = month_of(Instant(entries[-1].at + SETTLING)) < wanted.month
    return Seen(found, 0 if over else entries[-1].previous, entries[-1].at)


def _grouped(visit: Visit, page: list[Bill], seen: Seen, begun: str) -> list[Month]:
    """`begun` is the month that an earlier page began with: its sums stand there."""
    months: list[Month] = []
    for bill in page:
        name = month_of(bill.at)
        if not months or months[-1].name != name:
            months.append(Month(name))
        months[-1].bills.append(bill)
    for one in months:
        # All of a month was seen when something older was, or there is nothing older.
        if one.name != begun and (not seen.after or month_of(seen.until) < one.name):
            amounts = [entry.amount for entry in seen.found if month_of(entry.at) == one.name]
            one.came = sum(each for each in amounts if each > 0)
            one.went = sum(-each for each in amounts if each < 0)
    return months


def month_of(at: Instant) -> str:
    """`2026-11`, in Beijing."""
    return f"{to_datetime(at, BEIJING):%Y-%m}"


def _wanted(given: dict[str, str], months: Collection[str]) -> tuple[Wanted, str]:
    """What the address asks for, and what is wrong with it; what is not understood is not asked."""
    least, most = (forms.fen(given[name]) for name in ("least", "most"))
    unread = any(given[name] and not minor for name, minor in (("least", least), ("most", most)))
    for name, known in (("kind", KINDS), ("way", WAYS), ("month", months)):
        given[name] = given[name] if given[name] in known else ""
    wanted = Wanted(
        given["q"], given["kind"], given["way"], given["month"], least or 0, most or MAX_AMOUNT
    )
    return wanted, _UNREAD if unread else ""


def _without(rest: dict[str, str], name: str) -> str:
    return urlencode({one: text for one, text in rest.items() if one != name})


def _said(visit: Visit, name: str, text: str) -> str:
    """A filter in words."""
    match name:
        case "kind":
            return visit.words(KINDS[text][0])
        case "way":
            return visit.words(WAYS[text])
        case "least" | "most":
            minor = forms.fen(text)
            shown = str(amount(minor)) if minor else text
            return visit.words("至少 %s" if name == "least" else "至多 %s") % shown
        case "q":
            return visit.words("有“%s”") % text
        case _:
            return text
