import pytest

from changliao.core.clock import HOUR, MINUTE, Instant
from changliao.core.credentials import (
    ATTEMPTS,
    RESET_STAYS_OPEN,
    RESET_WAITS,
    Credential,
    CredentialKind,
    Proof,
    ask_reset,
    decide_proof,
    decide_reset,
)
from changliao.core.ids import UserId
from changliao.core.outcome import Reason, Refused
from changliao.core.passkeys import Passkey

NOW = Instant(1_795_500_000_000_000)
FRESH = Credential(UserId(1), CredentialKind.PIN, "hash", NOW)


def tried(credential, *, right, now=NOW, times=1):
    reasons = []
    for _ in range(times):
        checked = decide_proof(credential, Proof(right, credential.set_at), now)
        credential = checked.credential
        reasons.append(checked.refused.reason if checked.refused else None)
    return credential, reasons


def test_a_right_secret_passes_and_changes_nothing():
    credential, reasons = tried(FRESH, right=True)
    assert credential is FRESH
    assert reasons == [None]


def test_the_fifth_wrong_try_locks_and_even_the_right_one_is_refused():
    credential, reasons = tried(FRESH, right=False, times=ATTEMPTS)
    assert reasons == [Reason.CREDENTIAL_WRONG] * 4 + [Reason.CREDENTIAL_LOCKED]
    locked, reasons = tried(credential, right=True, now=Instant(NOW + 9 * MINUTE))
    assert reasons == [Reason.CREDENTIAL_LOCKED]
    assert locked is credential


def test_a_lock_runs_out_and_the_next_is_longer():
    locked, _ = tried(FRESH, right=False, times=ATTEMPTS)
    later = Instant(NOW + 10 * MINUTE)
    again, reasons = tried(locked, right=False, now=later, times=ATTEMPTS)
    assert reasons[-1] is Reason.CREDENTIAL_LOCKED
    assert again.locked_until == later + HOUR
    _, reasons = tried(again, right=True, now=Instant(later + HOUR))
    assert reasons == [None]


def test_a_right_secret_forgets_earlier_failures():
    failed, _ = tried(FRESH, right=False, times=4)
    clean, _ = tried(failed, right=True)
    assert clean.failures == 0


def test_a_proof_of_an_older_secret_counts_as_wrong():
    checked = decide_proof(FRESH, Proof(matched=True, set_at=Instant(NOW - 1)), NOW)
    assert checked.refused is not None
    assert checked.refused.reason is Reason.CREDENTIAL_WRONG


def asked(now=NOW):
    return ask_reset(FRESH, now)


def test_a_pin_that_is_being_reset_pays_for_nothing_until_that_is_over():
    waiting = asked()
    for later in (0, RESET_WAITS - 1, RESET_WAITS, RESET_WAITS + RESET_STAYS_OPEN - 1):
        for right in (True, False):
            after, reasons = tried(waiting, right=right, now=Instant(NOW + later))
            assert reasons == [Reason.PIN_RESET_WAITING]
            assert after is waiting
    over = Instant(NOW + RESET_WAITS + RESET_STAYS_OPEN)
    assert tried(waiting, right=True, now=over)[1] == [None]


def test_asking_again_does_not_begin_anew_before_it_is_over():
    waiting = asked()
    assert ask_reset(waiting, Instant(NOW + HOUR)) is waiting
    over = Instant(NOW + RESET_WAITS + RESET_STAYS_OPEN)
    assert ask_reset(waiting, over).reset_at == over + RESET_WAITS


@pytest.mark.parametrize(
    ("pin", "later", "passkey_age", "opens"),
    [
        (FRESH, RESET_WAITS, None, False),
        (asked(), RESET_WAITS - 1, None, False),
        (asked(), RESET_WAITS, None, True),
        (asked(), RESET_WAITS + RESET_STAYS_OPEN - 1, None, True),
        (asked(), RESET_WAITS + RESET_STAYS_OPEN, None, False),
        (FRESH, 0, RESET_WAITS, True),
        (asked(), 0, RESET_WAITS, True),
        (FRESH, 0, RESET_WAITS - 1, False),
        (asked(), 0, 0, False),
    ],
)
def test_a_forgotten_pin_needs_the_wait_or_a_passkey_as_old_as_it(pin, later, passkey_age, opens):
    now, wanted = Instant(NOW + later), Credential(UserId(1), CredentialKind.PIN, "new", NOW)
    passkey = None
    if passkey_age is not None:
        passkey = Passkey(b"c", 1, "phone", b"", 0, Instant(now - passkey_age))
    outcome = decide_reset(pin, wanted, passkey, now)
    assert outcome == (wanted if opens else Refused(Reason.PIN_RESET_NOT_OPEN))
