"""Notifications the sandbox delays, loses, repeats and reorders, and what the log says of it."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.served import Rest, Served, serve, typed
from tests.waiting import eventually
from tests.workers.receiver import Receiver
from tests.workers.till import Till, opened

FAULTS = "/api/v1/sandbox/faults"


@pytest.fixture
def own(sandbox: tuple[Served, Rest]) -> Iterator[Till]:
    """A merchant whose faults are nobody else's."""
    with opened(*sandbox) as one:
        yield one


def log_of(till: Till, order: Any, tries: int) -> list[Any]:
    """Every attempt of the notification of an order, once there were so many."""

    def found() -> Any:
        for event in till.rest.get("/api/v1/events").json()["data"]:
            attempts = till.event(event["id"])
            if event["id"][4:] == order["payment_id"][4:] and len(attempts["deliveries"]) >= tries:
                return attempts["deliveries"]
        return None

    done: list[Any] = eventually(found)
    return done


def test_dropped_attempts_never_arrive_and_the_next_one_does(own: Till, receiver: Receiver) -> None:
    assert own.rest.post(FAULTS, drop=2).json()["drop"] == 2
    box = receiver.mailbox()
    attempts = log_of(own, own.sell(box), 3)
    assert [one["status"] for one in attempts] == [0, 0, 204]
    assert [one["note"] for one in attempts] == ["[sandbox: dropped, never sent]"] * 2 + [""]
    assert len(box.told) == 1


def test_a_duplicate_is_the_same_letter_again(own: Till, receiver: Receiver) -> None:
    own.served.command("sandbox", "faults", own.made["mchid"], "--duplicate", "2")
    box = receiver.mailbox()
    order = own.sell(box)
    first, second, third = box.wait(3)
    assert first.body == second.body == third.body
    [attempt] = log_of(own, order, 1)
    assert (attempt["status"], attempt["note"]) == (204, "[sandbox: sent 3 times]")


def test_a_delay_holds_every_attempt(own: Till, receiver: Receiver) -> None:
    own.rest.post(FAULTS, delay_ms=600)
    box = receiver.mailbox()
    began = time.monotonic()
    order = own.sell(box)
    assert box.wait()[0].at - began >= 0.6
    assert log_of(own, order, 1)[0]["note"] == "[sandbox: held 600 ms]"


def test_reordered_notifications_arrive_the_second_first(own: Till, receiver: Receiver) -> None:
    own.rest.post(FAULTS, reorder=True)
    box = receiver.mailbox()
    first, second = (own.pay(one["id"]) for one in [own.place(box), own.place(box)])
    told = [one.fields["data"]["id"] for one in box.wait(2)]
    assert told == [second["id"], first["id"]]
    assert log_of(own, first, 1)[0]["note"] == "[sandbox: overtaken by the next]"
    assert log_of(own, second, 1)[0]["note"] == "[sandbox: overtook the one before]"


def test_one_that_nobody_overtakes_arrives_all_the_same(own: Till, receiver: Receiver) -> None:
    own.rest.post(FAULTS, reorder=True)
    box = receiver.mailbox()
    assert box.wait(0) == []
    order = own.sell(box)
    box.wait(1)
    assert log_of(own, order, 1)[0]["note"] == "[sandbox: nobody came to overtake it]"


def test_a_merchants_own_faults_win_and_leave_others_alone(
    own: Till, till: Till, receiver: Receiver
) -> None:
    own.rest.post(FAULTS, drop=100)
    box, other = receiver.mailbox(), receiver.mailbox()
    own.sell(box)
    till.sell(other)
    other.wait(1)
    assert box.told == []
    cleared = own.served.command("sandbox", "faults", own.made["mchid"], "--clear")
    assert cleared == {"delay_ms": 0, "drop": 0, "duplicate": 0, "reorder": False}
    assert own.rest.get(FAULTS).json() == cleared
    box.wait(1)


def test_setting_one_fault_by_command_keeps_the_others(own: Till) -> None:
    number = own.made["mchid"]
    own.served.command("sandbox", "faults", number, "--drop", "1")
    own.served.command("sandbox", "faults", number, "--delay-ms", "5", "--reorder")
    shown = own.served.command("sandbox", "faults", number)
    assert shown == {"delay_ms": 5, "drop": 1, "duplicate": 0, "reorder": True}


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"drop": -1}, 400),
        ({"drop": 101}, 400),
        ({"delay_ms": 600_001}, 400),
        ({"duplicate": "2"}, 400),
        ({"lose": 1}, 400),
        ({"drop": 1, "merchant": "1900000000"}, 404),
    ],
)
def test_faults_that_cannot_be_are_refused(own: Till, fields: Any, status: int) -> None:
    assert own.rest.post(FAULTS, **fields).status_code == status
    assert own.rest.get(FAULTS).json()["drop"] == 0


def test_a_merchant_sets_no_faults_for_another(own: Till, till: Till) -> None:
    answer = own.rest.post(FAULTS, merchant=till.made["mchid"], drop=1)
    assert (answer.status_code, answer.json()["reason"]) == (403, "not_permitted")


def test_production_has_no_sandbox(tmp_path: Path) -> None:
    with serve(tmp_path / "data", "changliao.db", sandbox="false") as (served, operator):
        for path in ("faults", "payer", "clock"):
            answer = operator.get(f"/api/v1/sandbox/{path}")
            assert (answer.status_code, answer.json()["reason"]) == (403, "no_sandbox")
        for path, fields in (
            ("faults", {"drop": 1}), ("payer", {"act": "pay"}), ("clock", {"ahead_s": 1}),
            ("acts", {"code": "x"}),
        ):  # fmt: skip
            answer = operator.post(f"/api/v1/sandbox/{path}", **fields)
            assert (answer.status_code, answer.json()["reason"]) == (403, "no_sandbox")
        for words in (["faults", "--drop", "1"], ["payer", "auto"], ["clock", "+1h"]):
            done = typed("sandbox", *words, "--data", str(served.data), **served.environment)
            assert done.exit_code == 2
            assert "is no sandbox" in done.stderr
