"""Members logging in and out, and what a new one needs for it."""

import secrets
from typing import Final

from msgspec import Struct

from changliao.core import chart
from changliao.core.clock import Instant
from changliao.core.credentials import Credential, CredentialKind, Proof
from changliao.core.ids import MemberId, MemberSessionId, MerchantId, UserId
from changliao.core.members import SESSION_LIFETIME, LogIn, Member, MemberSession, Role
from changliao.core.outcome import Reason, Refused
from changliao.core.passkeys import Assertion
from changliao.operations import sessions, totp
from changliao.operations.credentials import CHECK, CheckCredential
from changliao.operations.members import (
    ADD,
    END_SESSION,
    LOG_IN,
    AddMember,
    ChangePassword,
    EndMemberSession,
    ResetMember,
    is_active,
)
from changliao.operations.network import Network
from changliao.operations.onboarding import RequestKey, accepted, add_request_key
from changliao.operations.secrets import new_token, stored_token
from changliao.store.views import members

LONGEST_NAME: Final = 64
SHORTEST_PASSWORD: Final = 12
LONGEST_PASSWORD: Final = 128
_BROWSER_KEPT: Final = 200
_PASSWORD_BYTES: Final = 12


class Typed(Struct, frozen=True):
    """What a member typed, and where."""

    name: str
    password: str
    code: str
    address: str
    browser: str


class Factors(Struct, frozen=True):
    """What only the member may know: shown once."""

    password: str
    totp_secret: str
    totp_address: str


class NewMember(Struct, frozen=True):
    """The command that adds a member, and what only that member may know."""

    command: AddMember
    factors: Factors


class NewFactors(Struct, frozen=True):
    """The command that gives a member other factors, and what only that member may know."""

    command: ResetMember
    factors: Factors


async def prepare(network: Network, name: str, role: Role, organisation: MerchantId) -> NewMember:
    """A member to be added."""
    member_id = MemberId(network.ids.new())
    sealed, credential, factors = await _factors(network, member_id, name)
    member = Member(member_id, name, role, organisation, sealed)
    return NewMember(AddMember(member, credential), factors)


def with_keys_only(network: Network, name: str, role: Role) -> AddMember:
    """A member of the network whom no password lets in, until both factors are reset."""
    member_id = MemberId(network.ids.new())
    sealed = network.vault.seal(totp.new_secret(), totp.PURPOSE)
    member = Member(member_id, name, role, MerchantId(chart.NETWORK), sealed)
    nothing = Credential(UserId(member_id), CredentialKind.PASSWORD, "", network.clock())
    return AddMember(member, nothing)


async def operator(network: Network, name: str, role: Role) -> RequestKey:
    """A member with a key of its own, for a sandbox. Raises NotTakenOn."""
    command = with_keys_only(network, name, role)
    accepted(await network.perform(ADD, command))
    return await add_request_key(network, chart.NETWORK, command.member.id)


async def prepare_reset(network: Network, member: Member) -> NewFactors:
    """Other factors for a member who lost one."""
    sealed, credential, factors = await _factors(network, member.id, member.name)
    return NewFactors(ResetMember(member.id, sealed, credential), factors)


async def _factors(
    network: Network, member_id: MemberId, name: str
) -> tuple[bytes, Credential, Factors]:
    """A sealed second factor, a hashed password, and both as the member must have them."""
    password, secret = secrets.token_urlsafe(_PASSWORD_BYTES), totp.new_secret()
    now = network.clock()
    credential = await network.in_thread(
        lambda: network.secrets.hash(UserId(member_id), CredentialKind.PASSWORD, password, now)
    )
    sealed = network.vault.seal(secret, totp.PURPOSE)
    shown = Factors(password, totp.shown(secret), totp.address(secret, name))
    return sealed, credential, shown


async def log_in(
    network: Network, typed: Typed, assertion: Assertion | None = None
) -> str | Refused:
    """A session's token for the browser. A name nobody has costs as much as a wrong password.

    The second factor is the code that was typed or the passkey that answered.
    """
    member = await network.read(members.member_by_name, typed.name)
    owner = UserId(member.id) if member else UserId(0)
    proof = await sessions.prove(network, owner, CredentialKind.PASSWORD, typed.password)
    if member is None or proof is None:
        return Refused(Reason.CREDENTIAL_WRONG)
    secret = network.vault.open(member.totp, totp.PURPOSE)
    step = totp.matching_step(secret, typed.code, network.real_clock())
    token, stored = new_token()
    session = MemberSession(
        id=MemberSessionId(network.ids.new()),
        token=stored,
        member_id=member.id,
        expires_at=Instant(network.clock() + SESSION_LIFETIME),
        address=typed.address,
        browser=typed.browser[:_BROWSER_KEPT],
    )
    outcome = await network.perform(
        LOG_IN, LogIn(session, Proof(proof.matched, proof.set_at), step, assertion)
    )
    return outcome if isinstance(outcome, Refused) else token


async def prepare_password(
    network: Network, member: Member, session: MemberSession, old: str, new: str
) -> ChangePassword | Refused:
    """The command by which a member changes the own password."""
    owner, now = UserId(member.id), network.clock()
    proof = await sessions.prove(network, owner, CredentialKind.PASSWORD, old)
    if proof is None:
        return Refused(Reason.CREDENTIAL_WRONG)
    credential = await network.in_thread(
        lambda: network.secrets.hash(owner, CredentialKind.PASSWORD, new, now)
    )
    return ChangePassword(member.id, session.id, proof, credential)


async def check_password(network: Network, member: Member, typed: str) -> Refused | None:
    """Why a member's password is not accepted; wrong tries count as they do when logging in."""
    owner, kind = UserId(member.id), CredentialKind.PASSWORD
    proof = await sessions.prove(network, owner, kind, typed)
    if proof is None:
        return Refused(Reason.CREDENTIAL_WRONG)
    return await network.perform(CHECK, CheckCredential(owner, kind, proof))


async def find(network: Network, token: str) -> tuple[Member, MemberSession] | None:
    """Who holds this token; None once the session ended or the member may not come in."""
    found = await network.read(members.of_session, stored_token(token), network.clock())
    return found if found is not None and is_active(found[0]) else None


async def log_out(network: Network, session: MemberSession) -> None:
    """End this browser's session."""
    await network.perform(END_SESSION, EndMemberSession(session.id, session.member_id))
