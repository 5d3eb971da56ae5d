"""Identity levels: what each may spend, and how well a person is known."""

from typing import Final

from msgspec import Struct
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from changliao.core import ids, limits
from changliao.core.acts import Facts
from changliao.core.ids import UserId
from changliao.core.limits import Level, Limit, Limits, SetLevel, SetLimit
from changliao.core.members import Right
from changliao.core.money import BY_NUMBER, CNY, CURRENCIES
from changliao.core.outcome import Refused
from changliao.doors.console.visit import UNPROCESSABLE, Entry, Visit
from changliao.operations.limits import SET_LEVEL, SET_LIMIT
from changliao.store.views import limits as views
from changliao.web import display

_PATH: Final = "/console/limits"
_FIELDS: Final = ("per_payment", "per_day", "per_year")


class Shown(Struct, frozen=True):
    """What one level may spend in one currency, as it is typed; nothing: no limit."""

    level: Level
    currency: str
    typed: dict[str, str]
    seen: Facts


async def show(visit: Visit) -> Response:
    """Every level in every currency that has limits, and in the yuan."""
    return await _page(visit, "")


async def set_limit(visit: Visit) -> Response:
    """What a level may spend from the next payment on."""
    form = await visit.form()
    code, level = str(form.get("currency", "")), str(form.get("level", ""))
    asked = _asked(form, code) if code in CURRENCIES else None
    if asked is None or not (level.isascii() and level.isdigit()):
        return await _page(visit, visit.words("请填写金额；不填就是没有限额。"))
    number = CURRENCIES[code].number
    command = SetLimit(number, Limit(int(level[:2]), *asked))
    outcome = await visit.act(
        form,
        SET_LIMIT,
        command,
        f"{code} {command.limit.level}",
    )
    if isinstance(outcome, Refused):
        return await _page(visit, visit.problem(outcome))
    return RedirectResponse(_PATH, 303)


async def set_level(visit: Visit) -> Response:
    """What was seen of a person makes this level."""
    form = await visit.form()
    shown, level = visit.request.path_params["id"], str(form.get("level", ""))
    user_id = ids.parse("usr", shown)
    if user_id is None or not (level.isascii() and level.isdigit()):
        return visit.missing()
    outcome = await visit.act(
        form,
        SET_LEVEL,
        SetLevel(UserId(user_id), int(level[:2])),
        shown,
    )
    if isinstance(outcome, Refused):
        return visit.refused(outcome)
    return RedirectResponse(f"/console/ledger/{shown}", 303)


async def _page(visit: Visit, problem: str) -> Response:
    read = visit.network.read
    known = {one.currency: one for one in await read(views.limits)}
    known = {CNY.number: Limits(CNY.number)} | known
    rows = [
        Shown(
            level,
            BY_NUMBER[number].code,
            _typed(one.limit(level.number), number),
            limits.facts(one, level.number),
        )
        for number, one in known.items()
        for level in await read(views.levels)
    ]
    return visit.render(
        "console/limits.html",
        UNPROCESSABLE if problem else 200,
        rows=rows,
        problem_text=problem,
        here_nav="limits",
    )


def _asked(form: FormData, code: str) -> tuple[int, int, int] | None:
    """What was typed, in minor units; nothing is no limit. None for what is no amount."""
    texts = [str(form.get(name, "")).strip() for name in _FIELDS]
    payment, day, year = (display.minor(text, code) if text else 0 for text in texts)
    if payment is None or day is None or year is None:
        return None
    return payment, day, year


def _typed(limit: Limit, number: int) -> dict[str, str]:
    def text(minor: int) -> str:
        shown = display.amount(minor, BY_NUMBER[number].code)
        return f"{shown.whole}{shown.fraction}" if minor else ""

    most = (limit.per_payment, limit.per_day, limit.per_year)
    return dict(zip(_FIELDS, map(text, most), strict=True))


ENTRIES: Final = (
    Entry("GET", _PATH, Right.LOOK, show),
    Entry("POST", _PATH, Right.MANAGE_LIMITS, set_limit, _PATH),
    Entry(
        "POST",
        "/console/users/{id}/level",
        Right.MANAGE_LIMITS,
        set_level,
        "/console/ledger/{id}",
    ),
)
