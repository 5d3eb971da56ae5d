"""Members: people who run the network or a merchant's affairs, and what each may do.

The table of roles is the one place where that is said. Every page names the right it needs, and
the commit asks again, so a member whose role was taken away in between does nothing more.
Refuses: what a role has no right to; a member changing its own role or state, so that somebody
always remains who may manage members; a second factor that was used before.
"""

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from changliao.core import chart, ids
from changliao.core.clock import HOUR, Instant
from changliao.core.credentials import Credential, Proof, decide_proof
from changliao.core.ids import MemberId, MemberSessionId, MerchantId
from changliao.core.outcome import Reason, Refused
from changliao.core.passkeys import Assertion

SESSION_LIFETIME: Final = 12 * HOUR


class Role(IntEnum):
    """The number is stored. The last two are for members of a merchant."""

    __hash__ = int.__hash__

    ADMIN = 1
    SUPERVISOR = 2
    OPERATOR = 3
    VIEWER = 4
    DEVELOPER = 5
    ACCOUNTANT = 6


class Right(StrEnum):
    """What a page or an action asks for."""

    OWN_ACCOUNT = "own_account"
    LOOK = "look"
    RESEND = "resend"
    DRAFT_POLICY = "draft_policy"
    APPROVE_POLICY = "approve_policy"
    REVIEW_STORES = "review_stores"
    DECIDE_DISPUTES = "decide_disputes"
    REFUND_ORDERS = "refund_orders"
    CANCEL_PAYOUTS = "cancel_payouts"
    MANAGE_CHANNELS = "manage_channels"
    MANAGE_BUDGETS = "manage_budgets"
    MANAGE_LIMITS = "manage_limits"
    MANAGE_TERMS = "manage_terms"
    DRAFT_RISK_RULES = "draft_risk_rules"
    APPROVE_RISK_RULES = "approve_risk_rules"
    CLEAR_PAYERS = "clear_payers"
    PROPOSE_DIFFERENCES = "propose_differences"
    APPROVE_DIFFERENCES = "approve_differences"
    DRAFT_MERGER = "draft_merger"
    APPROVE_MERGER = "approve_merger"
    MANAGE_MEMBERS = "manage_members"
    USE_KEY = "use_key"
    ACT_FOR_OTHERS = "act_for_others"
    PORTAL_LOOK = "portal_look"
    PORTAL_KEYS = "portal_keys"
    PORTAL_TEST = "portal_test"
    PORTAL_REFUND = "portal_refund"
    PORTAL_TERMS = "portal_terms"


_VIEWER: Final = frozenset({Right.OWN_ACCOUNT, Right.LOOK})
_OPERATOR: Final = _VIEWER | {
    Right.PROPOSE_DIFFERENCES,
    Right.RESEND,
    Right.DRAFT_POLICY,
    Right.DRAFT_RISK_RULES,
    Right.DRAFT_MERGER,
    Right.USE_KEY,
}
_SUPERVISOR: Final = _OPERATOR | {
    Right.ACT_FOR_OTHERS,
    Right.APPROVE_POLICY,
    Right.APPROVE_RISK_RULES,
    Right.CLEAR_PAYERS,
    Right.APPROVE_MERGER,
    Right.REVIEW_STORES,
    Right.DECIDE_DISPUTES,
    Right.REFUND_ORDERS,
    Right.CANCEL_PAYOUTS,
    Right.MANAGE_CHANNELS,
    Right.MANAGE_BUDGETS,
    Right.MANAGE_LIMITS,
    Right.MANAGE_TERMS,
    Right.APPROVE_DIFFERENCES,
}
_OF_MERCHANT: Final = frozenset({Right.OWN_ACCOUNT, Right.PORTAL_LOOK, Right.PORTAL_REFUND})
RIGHTS: Final[Mapping[Role, frozenset[Right]]] = {
    Role.ADMIN: _SUPERVISOR | {Right.MANAGE_MEMBERS},
    Role.SUPERVISOR: _SUPERVISOR,
    Role.OPERATOR: _OPERATOR,
    Role.VIEWER: _VIEWER,
    Role.DEVELOPER: _OF_MERCHANT | {Right.PORTAL_KEYS, Right.PORTAL_TEST},
    Role.ACCOUNTANT: _OF_MERCHANT | {Right.PORTAL_TERMS},
}
OF_MERCHANTS: Final = frozenset({Role.DEVELOPER, Role.ACCOUNTANT})


class MemberState(IntEnum):
    """The number is stored."""

    ACTIVE = 1
    DISABLED = 2


class Member(Struct, frozen=True):
    """`name` is what the member logs in with. `organisation` is the network or a merchant.

    `totp` is sealed. `last_step` is the step of the second factor that was used last.
    """

    id: MemberId
    name: str
    role: Role
    organisation: MerchantId
    totp: bytes
    state: MemberState = MemberState.ACTIVE
    last_step: int = 0


class MemberSession(Struct, frozen=True):
    """A browser a member logged in with; `token` is the SHA-256 of what it holds."""

    id: MemberSessionId
    token: bytes
    member_id: MemberId
    expires_at: Instant
    address: str
    browser: str


class LogIn(Struct, frozen=True):
    """A member typed a password and a code, or a passkey answered instead of the code.

    `step` is the code's, 0 when it was wrong or none was needed.
    """

    session: MemberSession
    proof: Proof
    step: int
    assertion: Assertion | None = None


class ChangeMember(Struct, frozen=True):
    """Another role, or a member that may not come in any more."""

    member_id: MemberId
    role: Role
    state: MemberState
    by: MemberId


class LoggedIn(Struct, frozen=True):
    """The member and its credential after a try, and None or why the try is refused."""

    member: Member
    credential: Credential
    refused: Refused | None


def facts(member: Member) -> dict[str, str]:
    """What others say of a member."""
    return {"role": member.role.name.lower(), "state": member.state.name.lower()}


def may(member: Member, right: Right) -> bool:
    """Does the role have the right?"""
    return member.state is MemberState.ACTIVE and right in RIGHTS[member.role]


def same_hands(one: str, other: str) -> bool:
    """May both names be one person's? Who holds a key that belongs to nobody, nobody knows."""
    people = (ids.parse("mbr", one), ids.parse("mbr", other))
    return None in people or people[0] == people[1]


def fits(member: Member) -> bool:
    """Is the role one of its organisation's?"""
    return (member.organisation != chart.NETWORK) == (member.role in OF_MERCHANTS)


def decide_act(member: Member | None, right: Right) -> Refused | None:
    """The answer of the commit, whatever the page thought."""
    if member is None or not may(member, right):
        return Refused(Reason.MEMBER_NOT_PERMITTED, right.value)
    return None


def decide_login(
    member: Member, credential: Credential, command: LogIn, now: Instant, *, with_passkey: bool
) -> LoggedIn:
    """Both factors or neither: nobody learns which one was wrong."""
    second = with_passkey or command.step > member.last_step
    right = second and member.state is MemberState.ACTIVE
    proof = command.proof if right else replace(command.proof, matched=False)
    checked = decide_proof(credential, proof, now)
    if checked.refused is not None:
        return LoggedIn(member, checked.credential, checked.refused)
    step = max(member.last_step, command.step)
    return LoggedIn(replace(member, last_step=step), checked.credential, None)


def decide_change(command: ChangeMember, member: Member) -> Member | Refused:
    """A role of its organisation, given by somebody else."""
    if command.by == member.id:
        return Refused(Reason.MEMBER_SELF)
    after = replace(member, role=command.role, state=command.state)
    return after if fits(after) else Refused(Reason.MEMBER_NOT_PERMITTED, "role")
