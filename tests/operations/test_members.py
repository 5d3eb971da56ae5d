"""Members: who may do what in the commit itself, and that what was done is kept with it."""

from typing import Any

import pytest
from msgspec.structs import replace

from changliao.core import chart
from changliao.core.acts import Act
from changliao.core.clock import Instant
from changliao.core.credentials import Credential, CredentialKind, Proof
from changliao.core.ids import ActId, MemberId, MemberSessionId, MerchantId, UserId
from changliao.core.members import (
    ChangeMember,
    LogIn,
    Member,
    MemberSession,
    MemberState,
    Right,
    Role,
)
from changliao.core.nonces import Nonce
from changliao.core.outcome import Reason
from changliao.core.passkeys import AddPasskey, Assertion, Passkey
from changliao.operations import totp
from changliao.operations.acts import By, acting
from changliao.operations.members import (
    ADD,
    CHANGE,
    LOG_IN,
    RESET,
    AddMember,
    ResetMember,
)
from changliao.operations.passkeys import ADD as ADD_PASSKEY
from tests.world import World, refused

NETWORK = MerchantId(chart.NETWORK)


def a_member(world: World, name: str, role: Role = Role.ADMIN, of: MerchantId = NETWORK) -> Member:
    made = Member(MemberId(world.ids.new()), name, role, of, b"sealed")
    assert add(world, made) == made
    return made


def add(world: World, member: Member) -> Any:
    password = Credential(UserId(member.id), CredentialKind.PASSWORD, "hash", world.now)
    return world.do(ADD, AddMember(member, password))


def by(world: World, member: Member, command: Any, right: Right = Right.MANAGE_MEMBERS) -> Any:
    act = Act(ActId(world.ids.new()), member.id, "members.change", "", {"a": "1"}, "127.0.0.1")
    return By(act, right, command)


def disable(member: Member, by_whom: Member) -> ChangeMember:
    return ChangeMember(member.id, member.role, MemberState.DISABLED, by_whom.id)


def test_what_is_done_is_kept_and_what_is_refused_leaves_no_trace(world: World) -> None:
    admin, viewer = a_member(world, "a"), a_member(world, "v", Role.VIEWER)
    before = world.rows()
    no = world.do(acting(CHANGE), by(world, viewer, disable(admin, viewer)))
    assert refused(no, Reason.MEMBER_NOT_PERMITTED)
    assert world.rows() == before
    command = by(world, admin, disable(viewer, admin))
    assert world.do(acting(CHANGE), command).state is MemberState.DISABLED
    assert len(world.rows()["acts"]) == 1
    # The same form sent twice is one act.
    assert world.do(acting(CHANGE), command).state is MemberState.DISABLED
    assert len(world.rows()["acts"]) == 1


def test_nothing_is_done_without_a_row_whatever_number_the_form_brings(world: World) -> None:
    admin, other = a_member(world, "a"), a_member(world, "b")
    viewer = a_member(world, "v", Role.VIEWER)
    first = by(world, admin, disable(viewer, admin))
    world.do(acting(CHANGE), first)
    act = first.act
    others = [
        replace(act, subject="another"),
        replace(act, action="members.reset"),
        replace(act, details={"a": "2"}),
        replace(act, member_id=other.id),
    ]
    for again in others:
        done = world.do(acting(CHANGE), By(again, Right.MANAGE_MEMBERS, first.command))
        assert isinstance(done, Member)
    # What it leads to is something else as well.
    lets_in = ChangeMember(viewer.id, Role.VIEWER, MemberState.ACTIVE, admin.id)
    assert isinstance(world.do(acting(CHANGE), By(act, Right.MANAGE_MEMBERS, lets_in)), Member)
    world.do(CHANGE, first.command)
    kept = world.rows()["acts"]
    assert len(kept) == len({row[0] for row in kept}) == 2 + len(others)
    # What was before has changed by the first time: that makes no other act of it.
    same = replace(act, before={"state": "x"}, address="127.0.0.2")
    world.do(acting(CHANGE), By(same, Right.MANAGE_MEMBERS, first.command))
    assert world.rows()["acts"] == kept


def test_nobody_changes_itself_so_an_administrator_always_remains(world: World) -> None:
    one, two = a_member(world, "one"), a_member(world, "two")
    own = world.do(acting(CHANGE), by(world, one, disable(one, one)))
    assert refused(own, Reason.MEMBER_SELF)
    # Both at once, in one batch: the second is no administrator any more.
    outcomes = world.batch(
        [
            (acting(CHANGE), by(world, one, disable(two, one))),
            (acting(CHANGE), by(world, two, disable(one, two))),
        ]
    )
    assert outcomes[0].state is MemberState.DISABLED
    assert refused(outcomes[1], Reason.MEMBER_NOT_PERMITTED)


@pytest.mark.parametrize(("role", "of"), [(Role.ADMIN, MerchantId(77)), (Role.DEVELOPER, NETWORK)])
def test_a_role_belongs_to_its_organisation(world: World, role: Role, of: MerchantId) -> None:
    member = Member(MemberId(world.ids.new()), "x", role, of, b"")
    assert refused(add(world, member), Reason.MEMBER_NOT_PERMITTED)
    known = a_member(world, "y", Role.VIEWER)
    command = ChangeMember(known.id, Role.DEVELOPER, MemberState.ACTIVE, MemberId(1))
    assert refused(world.do(CHANGE, command), Reason.MEMBER_NOT_PERMITTED)


def test_a_name_is_one_members(world: World) -> None:
    known = a_member(world, "same")
    assert add(world, known) == known
    other = replace(known, id=MemberId(world.ids.new()))
    assert refused(add(world, other), Reason.MEMBER_TAKEN)


def test_a_code_works_once_and_both_factors_count(world: World) -> None:
    member = a_member(world, "m")

    def attempt(step: int, *, right: bool = True) -> Any:
        number = MemberSessionId(world.ids.new())
        session = MemberSession(number, b"%d" % number, member.id, Instant(world.now + 9), "", "")
        return world.do(LOG_IN, LogIn(session, Proof(right, world.now), step))

    assert isinstance(attempt(100), MemberSession)
    for step, right in ((100, True), (99, True), (0, True), (101, False)):
        assert refused(attempt(step, right=right), Reason.CREDENTIAL_WRONG)
    assert refused(attempt(102, right=False), Reason.CREDENTIAL_LOCKED)
    assert refused(attempt(103), Reason.CREDENTIAL_LOCKED)
    assert len(world.rows()["member_sessions"]) == 1


def test_a_passkey_stands_for_the_code_once_and_for_its_own_member(world: World) -> None:
    member, other = a_member(world, "p"), a_member(world, "q")
    passkey = Passkey(b"credential", member.id, "key", b"", 0, world.now)

    def challenge(number: int) -> Nonce:
        return Nonce(0, b"%032d" % number, b"", world.now)

    def attempt(who: Member, number: int, count: int, *, right: bool = True) -> Any:
        session_id = MemberSessionId(world.ids.new())
        token, ends = b"%d" % session_id, Instant(world.now + 9)
        session = MemberSession(session_id, token, who.id, ends, "", "")
        assertion = Assertion(passkey.credential, count, challenge(number))
        return world.do(LOG_IN, LogIn(session, Proof(right, world.now), 0, assertion))

    assert world.do(ADD_PASSKEY, AddPasskey(passkey, challenge(1))) == passkey
    assert isinstance(attempt(member, 2, 1), MemberSession)
    for who, number, count in (
        (member, 2, 2),  # answered before
        (other, 3, 3),  # another member's
        (member, 4, 1),  # a copy
    ):
        assert refused(attempt(who, number, count), Reason.CREDENTIAL_WRONG), (who, number)
    assert isinstance(attempt(member, 5, 4), MemberSession)
    # A wrong password uses the challenge up.
    assert refused(attempt(member, 6, 5, right=False), Reason.CREDENTIAL_WRONG)
    assert refused(attempt(member, 6, 6), Reason.CREDENTIAL_WRONG)
    assert isinstance(attempt(member, 8, 6), MemberSession)
    password = Credential(UserId(member.id), CredentialKind.PASSWORD, "new", world.now)
    assert isinstance(world.do(RESET, ResetMember(member.id, b"sealed", password)), Member)
    assert refused(attempt(member, 7, 7), Reason.CREDENTIAL_WRONG)


# RFC 6238, appendix B: the last six of its eight digits.
@pytest.mark.parametrize(
    ("second", "digits"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_the_rfc(second: int, digits: str) -> None:
    secret, step = b"12345678901234567890", second // 30
    assert totp.code(secret, step) == digits
    now = Instant(second * 1_000_000)
    assert totp.matching_step(secret, digits, now) == step
    assert totp.matching_step(secret, "", now) == 0
    late = Instant((second + 61) * 1_000_000)
    assert totp.matching_step(secret, digits, late) == 0
