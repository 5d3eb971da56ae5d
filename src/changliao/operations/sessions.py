"""Logging in and out, and who a session belongs to."""

from typing import Final

from changliao.core.clock import DAY, Instant
from changliao.core.credentials import CredentialKind, Proof
from changliao.core.ids import UserId
from changliao.core.outcome import Reason, Refused
from changliao.core.parties import User
from changliao.operations import secrets
from changliao.operations.credentials import CHECK, CheckCredential
from changliao.operations.network import Network
from changliao.operations.parties import END_SESSION, OPEN_SESSION, EndSession
from changliao.store.parties import Session
from changliao.store.views import parties

LIFETIME: Final = 30 * DAY
_BROWSER_KEPT: Final = 200


async def log_in(network: Network, phone: str, password: str, browser: str) -> str | Refused:
    """A session's token for the browser. A phone nobody has costs as much as a wrong password."""
    user = await network.read(parties.user_by_phone, phone)
    proof = await prove(network, user.id if user else UserId(0), CredentialKind.PASSWORD, password)
    if user is None or proof is None:
        return Refused(Reason.CREDENTIAL_WRONG)
    check = CheckCredential(user.id, CredentialKind.PASSWORD, proof)
    refused = await network.perform(CHECK, check)
    return refused if refused is not None else await begin(network, user, browser)


async def begin(network: Network, user: User, browser: str) -> str | Refused:
    """A new session's token for the browser."""
    token, stored = secrets.new_token()
    now = network.clock()
    session = Session(stored, user.id, Instant(now + LIFETIME), now, browser[:_BROWSER_KEPT])
    outcome = await network.perform(OPEN_SESSION, session)
    return outcome if isinstance(outcome, Refused) else token


async def end(network: Network, token: str) -> None:
    """Log out."""
    await network.perform(END_SESSION, EndSession(secrets.stored_token(token)))


async def find(network: Network, token: str) -> User | None:
    """Who holds this token; None once the session ended."""
    stored = secrets.stored_token(token)
    return await network.read(parties.user_of_session, stored, network.clock())


async def prove(
    network: Network, user_id: UserId, kind: CredentialKind, secret: str
) -> Proof | None:
    """What a decision needs to know of a typed secret; None when there is no such credential."""
    credential = await network.read(parties.credential, user_id, kind)
    if credential is None:
        await network.in_thread(lambda: network.secrets.hash(user_id, kind, secret, Instant(0)))
        return None
    return await network.in_thread(lambda: network.secrets.prove(credential, secret))
