"""Whose pages may show a merchant's codes, on its own page: registered and taken back."""

from typing import Final

from starlette.responses import RedirectResponse, Response

from changliao.core.frames import LONGEST, ChangeOrigin
from changliao.core.members import Right
from changliao.core.outcome import Refused
from changliao.doors.console import naming
from changliao.doors.console.visit import UNPROCESSABLE, Entry, Visit
from changliao.operations.frames import ALLOW, REMOVE
from changliao.store.views import frames

_PATH: Final = "/portal/frames"


async def show(visit: Visit) -> Response:
    """Which origins are registered."""
    return await _page(visit, "", "")


async def change(visit: Visit) -> Response:
    """One more, or one less."""
    form, merchant = await visit.form(), await naming.own_merchant(visit)
    typed, allowed = str(form.get("origin", ""))[: LONGEST + 1], form.get("allowed") == "1"
    command = ChangeOrigin(merchant.id, typed, allowed, visit.console.pages.sandbox)
    outcome = await visit.act(form, ALLOW if allowed else REMOVE, command, typed)
    if isinstance(outcome, Refused):
        return await _page(visit, visit.problem(outcome), typed)
    return RedirectResponse(_PATH, 303)


async def _page(visit: Visit, text: str, typed: str) -> Response:
    merchant = await naming.own_merchant(visit)
    return visit.render(
        "portal/frames.html",
        UNPROCESSABLE if text else 200,
        origins=await visit.network.read(frames.origins_of, merchant.id),
        typed=typed,
        problem_text=text,
        here_nav="frames",
    )


ENTRIES: Final = (
    Entry("GET", _PATH, Right.PORTAL_LOOK, show),
    Entry("POST", _PATH, Right.PORTAL_KEYS, change),
)
