"""Confirming with a passkey: for one act, after the PIN permitted it."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from changliao.core.clock import DAY, NEVER, Instant
from changliao.core.confirmations import (
    Act,
    ActKind,
    Confirmation,
    PermitPasskey,
    decide_confirmation,
    decide_permission,
)
from changliao.core.credentials import Credential, CredentialKind, ask_reset
from changliao.core.ids import UserId
from changliao.core.nonces import Nonce
from changliao.core.outcome import Reason, Refused
from changliao.core.passkeys import Assertion, Passkey, UsePasskey

NOW = Instant(1_795_500_000_000_000)
PIN = Credential(UserId(7), CredentialKind.PIN, "hash", Instant(NOW - DAY))
PASSKEY = Passkey(b"credential", 7, "phone", b"key", 0, NOW, confirms_at=NOW)
ACT = Act(ActKind.TRANSFER, 1, 100, 156, "7 8")
ANSWER = Confirmation(ACT, UsePasskey(7, Assertion(b"credential", 1, Nonce(7, b"", b"", NOW))))
ACTS = st.builds(
    Act,
    st.sampled_from(ActKind),
    st.integers(0, 99),
    st.integers(0, 99),
    st.integers(0, 9),
    st.text("0 1", max_size=4),
)


@given(ACTS, ACTS)
def test_no_two_acts_have_the_same_statement(one: Act, other: Act) -> None:
    assert (one.statement() == other.statement()) == (one == other)


@given(ACTS)
def test_an_answer_is_for_its_act_alone(act: Act) -> None:
    refused = decide_confirmation(ANSWER, act, PASSKEY, PIN, NOW)
    assert refused == (None if act == ACT else Refused(Reason.PASSKEY_WRONG))


def test_only_what_the_present_pin_permitted_confirms() -> None:
    for passkey, pin, reason in (
        (PASSKEY, PIN, None),
        (PASSKEY, replace(PIN, set_at=NOW), None),
        (replace(PASSKEY, confirms_at=NEVER), PIN, Reason.PASSKEY_NOT_PERMITTED),
        (PASSKEY, replace(PIN, set_at=Instant(NOW + 1)), Reason.PASSKEY_NOT_PERMITTED),
        (PASSKEY, ask_reset(PIN, NOW), Reason.PIN_RESET_WAITING),
    ):
        refused = decide_confirmation(ANSWER, ACT, passkey, pin, NOW)
        assert (refused.reason if refused else None) is reason


def test_only_its_owner_permits_a_passkey_that_is_accepted() -> None:
    plain = replace(PASSKEY, confirms_at=NEVER)
    asked = PermitPasskey(7, plain.credential, permitted=True)
    assert decide_permission(asked, plain, NOW) == PASSKEY
    taken_back = replace(asked, permitted=False)
    assert decide_permission(taken_back, PASSKEY, NOW) == plain
    assert decide_permission(taken_back, plain, NOW) is plain
    for one in (None, replace(plain, owner_id=8), replace(plain, removed_at=NOW)):
        assert decide_permission(asked, one, NOW) == Refused(Reason.PASSKEY_NOT_FOUND)
