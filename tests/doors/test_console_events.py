"""Notifications on the pages: several are sent again with one form, none that is on its way."""

import re
import time
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest

from changliao.core.members import Role
from tests.doors.test_console_roles import Sandbox, logged_in
from tests.doors.test_rest_packets import a_user
from tests.served import Rest, Shop
from tests.waiting import eventually
from tests.wallets import hidden_in
from tests.workers import receiver as answers
from tests.workers.receiver import Mailbox, Receiver, receiving, status

PAGE = "/console/events"


@pytest.fixture(scope="module")
def supervisor(sandbox: Sandbox, shop: Shop) -> Iterator[httpx.Client]:
    with closing(logged_in(sandbox[0], Role.SUPERVISOR, shop, "events")) as browser:
        yield browser


@pytest.fixture(scope="module")
def seller(sandbox: Sandbox) -> Iterator[Rest]:
    made = sandbox[1].made("/api/v1/merchants", name="Told", fee_bps=0)
    rest = Rest(sandbox[0].base_url, made["rest_key"], made["rest_secret"])
    with closing(rest.http):
        yield rest


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def sold(sandbox: Sandbox, seller: Rest, box: Mailbox) -> str:
    """A payment's event, once its first attempt has begun."""
    reference = f"E{time.time_ns()}"
    order = seller.made(
        "/api/v1/orders", reference=reference, title="x", amount=10, notify_url=box.url
    )
    paid = {"merchant_id": order["merchant_id"], "order_id": order["id"]}
    payer = a_user(sandbox[1], 10)
    sandbox[1].made("/api/v1/payments", **paid, payer_id=payer, amount=10)
    return str(box.wait()[0].fields["id"])


def delivered(seller: Rest, event: str) -> bool:
    return bool(seller.get(f"/api/v1/events/{event}").json()["state"] == "delivered")


def ticked(browser: httpx.Client, *events: str) -> httpx.Response:
    form = hidden_in(browser.get(PAGE).text)
    return browser.post(f"{PAGE}/resend", data={"csrf": form["csrf"], "event": list(events)})


def test_the_chosen_are_sent_again_and_what_is_on_its_way_is_not(
    sandbox: Sandbox, seller: Rest, supervisor: httpx.Client, receiver: Receiver
) -> None:
    boxes = [receiver.mailbox(then=status(200)) for _ in range(2)]
    slow = receiver.mailbox(answers.hang)
    done = [sold(sandbox, seller, box) for box in boxes]
    eventually(lambda: all(delivered(seller, one) for one in done))
    busy = sold(sandbox, seller, slow)

    page = supervisor.get(PAGE).text
    assert re.search(rf'value="{busy}"[^>]* disabled', page)
    assert not re.search(rf'value="{done[0]}"[^>]* disabled', page)
    assert re.search(r"<button[^>]* disabled", supervisor.get(f"{PAGE}/{busy}").text)
    refused = seller.post(f"/api/v1/events/{busy}/resend")
    assert (refused.status_code, refused.json()["reason"]) == (409, "event_not_due")

    answer = ticked(supervisor, *done, busy)
    assert answer.status_code == 422
    assert busy in answer.text
    assert done[0] not in answer.text
    for box in boxes:
        box.wait(2)
    assert ticked(supervisor).headers["location"] == PAGE
    assert "event_not_found" in ticked(supervisor, "evt_0000000000001").text


def test_a_merchants_member_sends_only_its_own_again(
    sandbox: Sandbox, shop: Shop, seller: Rest, receiver: Receiver
) -> None:
    event = sold(sandbox, seller, receiver.mailbox(then=status(200)))
    with closing(logged_in(sandbox[0], Role.DEVELOPER, shop, "not theirs")) as browser:
        form = hidden_in(browser.get("/portal/events").text)
        fields = {"csrf": form["csrf"], "event": event}
        answer = browser.post("/portal/events/resend", data=fields)
    assert answer.status_code == 422
    assert "event_not_found" in answer.text
