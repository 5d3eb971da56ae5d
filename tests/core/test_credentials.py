from changliao.core.clock import HOUR, MINUTE, Instant
from changliao.core.credentials import ATTEMPTS, Credential, CredentialKind, Proof, decide_proof
from changliao.core.ids import UserId
from changliao.core.outcome import Reason

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
