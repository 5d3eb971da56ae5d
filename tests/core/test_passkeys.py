"""Passkeys: counters that go back, and whose one is."""

import pytest

from changliao.core.clock import NEVER, Instant
from changliao.core.nonces import Nonce
from changliao.core.outcome import Reason, Refused
from changliao.core.passkeys import (
    Assertion,
    Passkey,
    RemovePasskey,
    UsePasskey,
    decide_removal,
    decide_use,
)

NOW = Instant(1_000)


def a_passkey(count: int = 0, removed_at: Instant = NEVER) -> Passkey:
    return Passkey(b"c", 7, "phone", b"key", count, Instant(1), removed_at=removed_at)


def used(passkey: Passkey | None, count: int, owner_id: int = 7) -> Passkey | Refused:
    assertion = Assertion(b"c", count, Nonce(0, b"d", b"", NOW))
    return decide_use(passkey, UsePasskey(owner_id, assertion), NOW)


@pytest.mark.parametrize(("before", "after"), [(0, 0), (0, 1), (1, 2), (7, 900)])
def test_a_counter_goes_on_or_does_not_count_at_all(before: int, after: int) -> None:
    outcome = used(a_passkey(before), after)
    assert isinstance(outcome, Passkey)
    assert (outcome.sign_count, outcome.used_at) == (after, NOW)


@pytest.mark.parametrize(("before", "after"), [(1, 0), (1, 1), (9, 8), (900, 0)])
def test_a_counter_that_stays_or_goes_back_is_a_copy(before: int, after: int) -> None:
    assert used(a_passkey(before), after) == Refused(Reason.PASSKEY_COPIED)


def test_nobody_uses_what_is_missing_removed_or_anothers() -> None:
    gone = Refused(Reason.PASSKEY_NOT_FOUND)
    assert used(None, 1) == gone
    assert used(a_passkey(), 1, owner_id=8) == gone
    assert used(a_passkey(removed_at=NOW), 1) == gone


def test_only_its_owner_removes_it_and_again_is_no_change() -> None:
    gone = Refused(Reason.PASSKEY_NOT_FOUND)
    assert decide_removal(a_passkey(), RemovePasskey(8, b"c"), NOW) == gone
    assert decide_removal(None, RemovePasskey(7, b"c"), NOW) == gone
    removed = decide_removal(a_passkey(), RemovePasskey(7, b"c"), NOW)
    assert isinstance(removed, Passkey)
    assert removed.removed_at == NOW
    assert decide_removal(removed, RemovePasskey(7, b"c"), Instant(2_000)) is removed
