"""People's passkeys over REST: an operator removes those of a lost phone."""

from typing import Annotated, Any, Final

from msgspec import UNSET, Meta, Struct, UnsetType

from changliao.core.outcome import Reason
from changliao.core.passkeys import Passkey, RemovePasskey
from changliao.doors.rest.call import Call, Door, perform
from changliao.doors.rest.endpoint import Endpoint, Who
from changliao.doors.rest.fields import Moment, Name, Nothing, Page, moment
from changliao.doors.rest.users import find
from changliao.operations import authenticators
from changliao.operations.passkeys import REMOVE
from changliao.store.views import passkeys
from changliao.web.passkeys import encoded


class PasskeyShown(Struct, frozen=True):
    """A passkey. `credential` is what its authenticator calls it, in URL-safe base 64.

    `confirms_at` is when its owner permitted it to stand for the PIN; another PIN ends that.
    """

    credential: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,1364}\Z")]
    name: Name
    added_at: Moment
    used_at: Moment | UnsetType = UNSET
    removed_at: Moment | UnsetType = UNSET
    confirms_at: Moment | UnsetType = UNSET


async def of_user(door: Door, call: Call[Nothing, Nothing]) -> Page[PasskeyShown]:
    """List what a user may log in with besides the password, newest first."""
    found = await door.network.read(passkeys.passkeys_of, await find(door, call))
    return Page([_shown(one) for one in found])


async def remove(door: Door, call: Call[Nothing, Nothing]) -> Any:
    """Accept a user's passkey no more, for a device that was lost.

    The body is not read. Removing it again is no change; another user's is not found.
    """
    user_id = await find(door, call)
    command = RemovePasskey(user_id, authenticators.credential(call.path["credential"]))
    return await perform(door, call, REMOVE, command, _shown)


def _shown(one: Passkey) -> PasskeyShown:
    return PasskeyShown(
        credential=encoded(one.credential),
        name=one.name,
        added_at=moment(one.added_at),
        used_at=moment(one.used_at) if one.used_at else UNSET,
        removed_at=moment(one.removed_at) if one.removed_at else UNSET,
        confirms_at=moment(one.confirms_at) if one.confirms_at else UNSET,
    )


ENDPOINTS: Final = (
    Endpoint(
        "GET", "/users/{user_id}/passkeys", of_user, Who.OPERATOR, Nothing, Nothing,
        Page[PasskeyShown], 200, (Reason.USER_NOT_FOUND,),
    ),
    Endpoint(
        "POST", "/users/{user_id}/passkeys/{credential}/remove", remove, Who.OPERATOR, Nothing,
        Nothing, PasskeyShown, 200, (Reason.PASSKEY_NOT_FOUND, Reason.USER_NOT_FOUND),
        repeats=True,
    ),
)  # fmt: skip
