"""Passkeys: what the commit keeps, what a challenge is good for, what the library lets pass."""

import json
import threading
from base64 import urlsafe_b64decode
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from changliao.core.clock import SECOND, Instant
from changliao.core.nonces import Nonce
from changliao.core.outcome import Reason
from changliao.core.passkeys import (
    ANSWER_WITHIN,
    MOST,
    AddPasskey,
    Asked,
    Assertion,
    Party,
    Passkey,
    Purpose,
    RemovePasskey,
    RenamePasskey,
    UsePasskey,
)
from changliao.operations import webauthn
from changliao.operations.challenges import Challenges
from changliao.operations.passkeys import ADD, REMOVE, RENAME, USE
from changliao.operations.vault import Vault
from changliao.operations.webauthn import Signed, Unverified
from changliao.store.views import passkeys as views
from tests import postgres
from tests.authenticators import Authenticator
from tests.world import World, refused

ORIGIN = "http://localhost:1"
PARTY = Party("localhost", ORIGIN)
ASKED = Asked(Purpose.LOG_IN, 0, "browser")
NOW = Instant(1_795_500_000 * SECOND)
CHALLENGES = Challenges(Vault(b"m" * 32))


def challenge(number: int) -> Nonce:
    return Nonce(0, b"%032d" % number, b"", NOW)


def a_passkey(owner_id: int, number: int = 1) -> Passkey:
    return Passkey(b"credential %d" % number, owner_id, "phone", b"key", 0, NOW)


def use(passkey: Passkey, number: int, count: int, owner_id: int = 7) -> UsePasskey:
    return UsePasskey(owner_id, Assertion(passkey.credential, count, challenge(number)))


def known(world: World, owner_id: int) -> list[Passkey]:
    with world.engine.reader() as reader:
        return views.passkeys_of(reader, owner_id)


def test_a_challenge_is_answered_once_also_in_one_batch(world: World) -> None:
    passkey = a_passkey(7)
    assert world.do(ADD, AddPasskey(passkey, challenge(1))) == passkey
    again = world.do(ADD, AddPasskey(a_passkey(7, 2), challenge(1)))
    assert refused(again, Reason.PASSKEY_EXPIRED)
    outcomes = world.batch([(USE, use(passkey, 2, 5)), (USE, use(passkey, 2, 6))])
    assert outcomes[0].sign_count == 5
    assert refused(outcomes[1], Reason.PASSKEY_EXPIRED)
    assert refused(world.do(USE, use(passkey, 2, 7)), Reason.PASSKEY_EXPIRED)
    assert known(world, 7)[0].sign_count == 5


def test_two_processes_take_one_answer_once(postgresql: postgres.Server) -> None:
    address = postgresql.database()
    worlds = [World(address, node=node) for node in (0, 1)]
    passkey = a_passkey(7)
    worlds[0].do(ADD, AddPasskey(passkey, challenge(1)))
    taken: list[Any] = []

    def race(world: World) -> None:
        for number in range(2, 22):
            taken.append(world.heard(USE, use(passkey, number, 0)))

    threads = [threading.Thread(target=race, args=(world,)) for world in worlds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    used = [one for one in taken if isinstance(one, Passkey)]
    assert (len(taken), len(used)) == (40, 20)
    assert {one.reason for one in taken if one not in used} == {Reason.PASSKEY_EXPIRED}
    for world in worlds:
        world.close()


def test_what_is_refused_changes_nothing(world: World) -> None:
    passkey = a_passkey(7)
    world.do(ADD, AddPasskey(passkey, challenge(1)))
    world.do(USE, use(passkey, 2, 5))
    before = world.rows()
    for command, reason in (
        (use(passkey, 3, 5), Reason.PASSKEY_COPIED),
        (use(passkey, 3, 4), Reason.PASSKEY_COPIED),
        (use(passkey, 3, 6, owner_id=8), Reason.PASSKEY_NOT_FOUND),
        (use(a_passkey(7, 9), 3, 6), Reason.PASSKEY_NOT_FOUND),
    ):
        assert refused(world.do(USE, command), reason)
    taken = AddPasskey(a_passkey(8), challenge(3))
    assert refused(world.do(ADD, taken), Reason.PASSKEY_WRONG)
    others = RemovePasskey(8, passkey.credential)
    assert refused(world.do(REMOVE, others), Reason.PASSKEY_NOT_FOUND)
    assert world.rows() == before


def test_a_removed_passkey_is_never_accepted_again(world: World) -> None:
    passkey = a_passkey(7)
    world.do(ADD, AddPasskey(passkey, challenge(1)))
    command = RemovePasskey(7, passkey.credential)
    removed = world.do(REMOVE, command)
    assert removed.removed_at
    assert world.do(REMOVE, command) == removed
    assert known(world, 7) == []
    assert refused(world.do(USE, use(passkey, 2, 1)), Reason.PASSKEY_NOT_FOUND)
    again = world.do(ADD, AddPasskey(passkey, challenge(3)))
    assert refused(again, Reason.PASSKEY_WRONG)


def test_only_its_owner_renames_what_is_still_accepted(world: World) -> None:
    passkey = a_passkey(7)
    world.do(ADD, AddPasskey(passkey, challenge(1)))
    world.do(USE, use(passkey, 2, 5))
    command = RenamePasskey(7, passkey.credential, "work")
    others = RenamePasskey(8, passkey.credential, "theirs")
    renamed, again, refusal = world.batch([(RENAME, command), (RENAME, command), (RENAME, others)])
    assert (renamed.name, renamed.sign_count, again) == ("work", 5, renamed)
    assert refused(refusal, Reason.PASSKEY_NOT_FOUND)
    assert [one.name for one in known(world, 7)] == ["work"]
    world.do(REMOVE, RemovePasskey(7, passkey.credential))
    assert refused(world.do(RENAME, command), Reason.PASSKEY_NOT_FOUND)


def test_nobody_has_more_than_ten(world: World) -> None:
    for number in range(MOST):
        assert world.do(ADD, AddPasskey(a_passkey(7, number), challenge(number)))
    more = AddPasskey(a_passkey(7, MOST), challenge(MOST))
    assert refused(world.do(ADD, more), Reason.PASSKEYS_TOO_MANY)
    assert isinstance(world.do(ADD, AddPasskey(a_passkey(8, MOST), challenge(MOST))), Passkey)


@pytest.mark.parametrize(
    ("asked", "later"),
    [
        (Asked(Purpose.ADD, 0, "browser"), 0),
        (Asked(Purpose.LOG_IN, 7, "browser"), 0),
        (Asked(Purpose.LOG_IN, 0, "another"), 0),
        (ASKED, ANSWER_WITHIN),
    ],
    ids=["act", "owner", "browser", "late"],
)
def test_a_challenge_is_for_one_act_in_one_browser_and_a_while(asked: Asked, later: int) -> None:
    made = CHALLENGES.make(ASKED, NOW)
    first, second = (CHALLENGES.read(made, ASKED, NOW) for _ in range(2))
    assert first is not None
    assert first == second
    assert CHALLENGES.read(made, ASKED, Instant(NOW + ANSWER_WITHIN - SECOND)) is not None
    assert CHALLENGES.read(made, asked, Instant(NOW + later)) is None


def test_nobody_else_makes_a_challenge() -> None:
    made = CHALLENGES.make(ASKED, NOW)
    theirs = Challenges(Vault(b"n" * 32)).make(ASKED, NOW)
    for text in ("", "A", made[:-4], "B" + made[1:], made + "AAAA", theirs, "密"):
        assert CHALLENGES.read(text, ASKED, NOW) is None


def parts(answer: str) -> dict[str, bytes]:
    return {name: urlsafe_b64decode(one + "==") for name, one in json.loads(answer).items()}


def registered(device: Authenticator) -> Passkey:
    made = CHALLENGES.make(ASKED, NOW)
    given = parts(device.create(made))
    new = webauthn.created(PARTY, made, given["clientDataJSON"], given["attestationObject"])
    assert new.credential == device.credential
    return Passkey(new.credential, 7, "phone", new.public_key, new.sign_count, NOW)


def signed(passkey: Passkey, made: str, answer: str) -> int:
    given = parts(answer)
    said = Signed(given["authenticatorData"], given["signature"])
    return webauthn.asserted(PARTY, made, passkey, given["clientDataJSON"], said)


LIES: list[dict[str, Any]] = [
    {"origin": "http://localhost:2"},
    {"origin": "https://localhost:1"},
    {"origin": "https://pay.evil"},
    {"party": "pay.evil"},
    {"flags": 1},
    {"flags": 4},
    {"cross_origin": True},
    {"kind": "webauthn.other"},
]


@pytest.mark.parametrize("lies", LIES, ids=str)
def test_an_answer_from_elsewhere_or_without_its_owner_is_none(lies: dict[str, Any]) -> None:
    device, made = Authenticator(ORIGIN), CHALLENGES.make(ASKED, NOW)
    passkey = registered(device)
    assert signed(passkey, made, device.get(made)) == 1
    with pytest.raises(Unverified):
        signed(passkey, made, device.get(made, **lies))
    given = parts(device.create(made, **lies))
    with pytest.raises(Unverified):
        webauthn.created(PARTY, made, given["clientDataJSON"], given["attestationObject"])


def test_another_challenge_an_altered_answer_or_another_key_is_none() -> None:
    device, made = Authenticator(ORIGIN), CHALLENGES.make(ASKED, NOW)
    passkey = registered(device)
    other = registered(Authenticator(ORIGIN))
    for key, wanted, answer in (
        (passkey, CHALLENGES.make(ASKED, NOW), device.get(made)),
        (passkey, made, device.get(made, altered=True)),
        (other, made, device.get(made)),
    ):
        with pytest.raises(Unverified):
            signed(key, wanted, answer)


DEVICE, MADE = Authenticator(ORIGIN), CHALLENGES.make(ASKED, NOW)
ANSWERS = {"create": parts(DEVICE.create(MADE)), "get": parts(DEVICE.get(MADE))}


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.sampled_from(
        [
            ("create", "clientDataJSON"),
            ("create", "attestationObject"),
            ("get", "clientDataJSON"),
            ("get", "authenticatorData"),
            ("get", "signature"),
        ]
    ),
    st.integers(0, 400),
    st.integers(0, 3),
    st.binary(max_size=4),
)
def test_whatever_bytes_come_nothing_else_is_raised(
    part: tuple[str, str], place: int, cut: int, put: bytes
) -> None:
    kind, name = part
    passkey, given = registered(DEVICE), dict(ANSWERS[kind])
    place %= len(given[name])
    altered = given[name][:place] + put + given[name][place + cut :]
    if altered == given[name]:
        return
    given[name] = altered
    client = given["clientDataJSON"]
    try:
        if kind == "get":
            said = Signed(given["authenticatorData"], given["signature"])
            webauthn.asserted(PARTY, MADE, passkey, client, said)
        else:
            webauthn.created(PARTY, MADE, client, given["attestationObject"])
    except Unverified:
        return
    # An attestation is not signed: other bytes of it may well be another new passkey.
    assert kind == "create"
