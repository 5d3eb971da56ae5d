"""Which certificate answers: the newest that has begun, unless an app chose another."""

import pytest

from changliao.core.clock import Instant
from changliao.operations.gateway_certificates import answering
from changliao.store.views.parties import PlatformKey

LEAVES = [
    PlatformKey(serial, b"", b"", Instant(starts), Instant(ends))
    for serial, starts, ends in (("first", 0, 100), ("second", 50, 150), ("third", 90, 190))
]


@pytest.mark.parametrize(
    ("chosen", "now", "serial"),
    [
        ("", 0, "first"),
        ("", 49, "first"),
        ("", 50, "second"),
        ("", 189, "third"),
        ("second", 10, "second"),
        ("first", 99, "first"),
        ("first", 100, "third"),
        ("unknown", 60, "second"),
        ("", 500, "third"),
    ],
)
def test_the_newest_that_has_begun_answers_unless_another_was_chosen(
    chosen: str, now: int, serial: str
) -> None:
    choices = {"app": chosen} if chosen else {}
    assert answering(LEAVES, choices, "app", Instant(now)).serial == serial
    assert answering(LEAVES, choices, "", Instant(now)).serial == (
        "first" if now < 50 else "second" if now < 90 else "third"
    )
