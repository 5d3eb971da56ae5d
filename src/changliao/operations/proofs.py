"""What stands for a person in an act: the PIN, or a passkey's answer for exactly this act."""

from typing import Final

from msgspec import Struct

from changliao.core.confirmations import Act, Confirmation, Proven
from changliao.core.credentials import CredentialKind
from changliao.core.ids import UserId
from changliao.core.outcome import Reason, Refused
from changliao.core.passkeys import Asked, Party, Passkey, Purpose
from changliao.operations import authenticators, sessions
from changliao.operations.network import Network

_LONGEST_PIN: Final = 16


class Confirming(Struct, frozen=True):
    """Who is to confirm what, in which browser."""

    user_id: UserId
    browser: str
    act: Act

    @property
    def asked(self) -> Asked:
        """What a challenge for this act says of itself."""
        return Asked(Purpose.CONFIRM, self.user_id, self.browser, self.act.statement())


async def ready(network: Network, party: Party | None, user_id: UserId) -> bool:
    """Has this person a passkey that confirms, and is this an address for it?"""
    return party is not None and bool(await authenticators.permitted(network, user_id))


async def challenge(network: Network, wanted: Confirming) -> tuple[str, list[Passkey]]:
    """A challenge that confirms this act and nothing else, and the passkeys that may answer."""
    made = network.challenges.make(wanted.asked, network.real_clock())
    return made, await authenticators.permitted(network, wanted.user_id)


async def proof(
    network: Network, party: Party | None, wanted: Confirming, pin: str, answer: str
) -> Proven | Refused:
    """What was typed or answered proves; the commit judges it. A PIN goes before an answer."""
    if pin:
        typed, kind = pin[:_LONGEST_PIN], CredentialKind.PIN
        known = await sessions.prove(network, wanted.user_id, kind, typed)
        return known or Refused(Reason.CREDENTIAL_WRONG)
    if not answer:
        return Refused(Reason.CREDENTIAL_WRONG)
    if party is None:
        return Refused(Reason.PASSKEY_WRONG)
    used = await authenticators.asserted(network, party, wanted.asked, answer)
    return used if isinstance(used, Refused) else Confirmation(wanted.act, used)
