"""The portal's checklist says what really happened."""

import re
from contextlib import closing

import httpx

from changliao.commands.people import Person
from changliao.core.members import Role
from tests.doors.test_console_roles import Sandbox, logged_in
from tests.served import merchant
from tests.waiting import eventually

STEP = re.compile(r'chip (\w+)[^>]*>.*?href="([^"]+)"', re.DOTALL)


def done(browser: httpx.Client) -> list[str]:
    """Where the steps lead that are done."""
    [steps] = re.findall(
        r'<ol class="checklist">(.*?)</ol>', browser.get("/portal/").text, re.DOTALL
    )
    found = [(kind, place) for kind, place in STEP.findall(steps)]
    assert len(found) == 5
    return [place for kind, place in found if kind == "ok"]


def test_a_step_is_done_when_it_was_taken(sandbox: Sandbox, payer: Person) -> None:
    served, _ = sandbox
    with (
        merchant(served, "Begins") as shop,
        closing(logged_in(served, Role.DEVELOPER, shop, "begins")) as browser,
    ):
        assert done(browser) == ["/portal/keys"]
        _, placed = shop.place()
        # The log of requests is written beside them.
        taken = ["/portal/keys", "/portal/requests", "/portal/docs"]
        eventually(lambda: done(browser) == taken)
        payer.pay(placed["code_url"])
        assert done(browser)[-1] == "/portal/orders"
