"""The market dashboard: figures, shares over time, who moved where, concentration, events.

Everything is read from the sums that a worker keeps, for whole days, weeks or months.
"""

import csv
import io
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace
from starlette.responses import Response

from changliao.core import market
from changliao.core.acceptance import Accepting
from changliao.core.bills import date_of, day_of
from changliao.core.clock import Instant
from changliao.core.market import Period
from changliao.core.members import Right
from changliao.core.money import BY_NUMBER, CNY, CURRENCIES, Currency
from changliao.doors.console.market_charts import (
    flow_chart,
    hhi_chart,
    level_of,
    part_of,
    share_chart,
)
from changliao.doors.console.visit import Entry, Visit
from changliao.market import changes, concentration, figures, matrix, names
from changliao.market.concentration import Concentration
from changliao.market.figures import TOTAL, Active, Asked, Flow, Share
from changliao.market.matrix import Matrix
from changliao.store.engine import Reader

RANGES: Final = {"30": Period.DAY, "90": Period.WEEK, "365": Period.MONTH}
METRICS: Final[tuple[concentration.Measure, ...]] = ("amount", "payments", "users")
CUTS: Final[tuple[figures.By, ...]] = ("method", "platform", "group", "terminal")
THRESHOLDS: Final = "us2023"
OWN: Final = "changliao"


class Move(Struct, frozen=True):
    """What a change made of a method; no `terminals`: on all of them."""

    method: str
    terminals: tuple[str, ...]
    before: Accepting
    after: Accepting


class Board(Struct, frozen=True):
    """Everything the page shows, of one moment."""

    shares: list[Share]
    methods: list[Share]
    people: list[Active]
    flows: list[Flow]
    concentration: list[Concentration]
    events: list[changes.Change]
    matrix: Matrix
    terminals: int
    currencies: list[Currency]


async def dashboard(visit: Visit) -> Response:
    """The page; what the address asks for that is not there is the usual."""
    query = visit.query
    days = query.get("days", "30") if query.get("days", "30") in RANGES else "30"
    metric = next((one for one in METRICS if one == query.get("metric")), METRICS[0])
    by = next((one for one in CUTS if one == query.get("by")), CUTS[0])
    currency = CURRENCIES.get(query.get("currency", CNY.code), CNY)
    asked = asked_for(visit, days, by, currency)
    now = visit.network.clock()
    board = await visit.network.report(_board, asked, metric, now, english=visit.english)
    if query.get("format") == "csv":
        return _csv(board.shares, asked)
    of = [one for one in board.shares if one.label == TOTAL]
    return visit.render(
        "console/market.html",
        here_nav="market",
        chosen={"days": days, "metric": metric, "by": by, "currency": currency.code},
        choices={
            "days": list(RANGES),
            "metric": METRICS,
            "by": CUTS,
            "currency": sorted({one.code for one in [*board.currencies, currency]}),
        },
        kpis=_kpis(board, metric),
        share=share_chart(visit.words, board.shares, board.events, asked.every, metric),
        flow=flow_chart(visit.words, board.flows),
        hhi=hhi_chart(visit.words, board.concentration, asked, THRESHOLDS, metric),
        events=[one for one in board.events if asked.days[0] <= one.day <= asked.days[1]],
        date_of=date_of,
        moves=partial(moves, of=board.terminals),
        matrix=board.matrix,
        threshold=concentration.thresholds()[THRESHOLDS],
        anything=bool(of),
        minimum=asked.minimum,
    )


def asked_for(visit: Visit, days: str, by: figures.By, currency: Currency) -> Asked:
    """The last so many days."""
    last = day_of(visit.network.clock())
    minimum = visit.console.minimum_users
    first = last - int(days) + 1
    return Asked(first, last, RANGES[days], by, currency.number, minimum=minimum)


def moves(change: changes.Change, of: int) -> list[Move]:
    """Its cells, those alike together."""
    alike: dict[tuple[str, Accepting, Accepting], list[str]] = {}
    for one in change.changed:
        key = one.method.name, one.before, one.cell.state
        alike.setdefault(key, []).append(one.terminal.name)
    return [
        Move(method, () if len(there) == of else tuple(there), before, after)
        for (method, before, after), there in alike.items()
    ]


def _board(
    reader: Reader, asked: Asked, metric: concentration.Measure, now: Instant, *, english: bool
) -> Board:
    known = names.read(reader, chinese=not english)
    month = Asked(asked.last - 62, asked.last, Period.MONTH, "platform", minimum=asked.minimum)
    bare = replace(asked, by="platform", minimum=0)
    methods = replace(asked, by="method")
    return Board(
        shares=figures.shares(reader, known, asked),
        methods=figures.shares(reader, known, methods),
        people=figures.active(reader, month),
        flows=figures.flows(reader, known, month),
        concentration=concentration.by_period(
            figures.shares(reader, known, bare), metric, frozenset(), asked.minimum
        ),
        events=changes.changes(reader, known),
        matrix=matrix.standing(reader, known, now),
        terminals=len(known.terminals),
        currencies=[BY_NUMBER[one] for one in figures.currencies(reader, asked)],
    )


def _kpis(board: Board, metric: str) -> dict[str, Any]:
    """The first row: what it is now, and what it was at the beginning."""
    totals = [one.amount or 0 for one in board.shares if one.label == TOTAL]
    people = [one.users for one in board.people]
    own = [part_of(one, metric) or 0 for one in board.methods if one.label.key == OWN]
    known = [one for one in board.concentration if one.hhi is not None]
    last = known[-1] if known else None
    return {
        "amount": sum(totals),
        "people": people[-1] if people else None,
        "people_before": people[-2] if len(people) > 1 else None,
        "own": own[-1] if own else None,
        "own_before": own[0] if own else None,
        "hhi": last.hhi if last else None,
        "level": last and level_of(last, THRESHOLDS),
        "bans": board.matrix.stopped,
        "banning": board.matrix.stopping,
    }


def _csv(shares: Sequence[Share], asked: Asked) -> Response:
    """What the first chart shows; what is withheld is empty."""
    text = io.StringIO()
    fields = (
        "users",
        "payments",
        "amount",
        "refunds",
        "refunded",
        "of_users",
        "of_payments",
        "of_amount",
        "of_reach",
    )
    writer, every, money = csv.writer(text), asked.every, BY_NUMBER[asked.currency].code
    writer.writerow(("first", "last", "key", "name", "currency", *fields))
    for one in shares:
        span = market.first_day(every, one.period), market.first_day(every, one.period + 1) - 1
        values = ("" if getattr(one, name) is None else getattr(one, name) for name in fields)
        writer.writerow(
            (*map(str, map(date_of, span)), one.label.key, _plain(one.label.name), money, *values)
        )
    headers = {"Content-Disposition": 'attachment; filename="market.csv"'}
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _plain(name: str) -> str:
    """A spreadsheet must not take a name for a formula."""
    return f"'{name}" if name[:1] in "=+-@\t\r" else name


ENTRIES: Final = tuple(
    Entry("GET", path, Right.LOOK, dashboard) for path in ("/console/market", "/market")
)
