"""Whose pages may show the codes of a merchant's orders in a frame, over REST."""

from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from changliao.core.frames import LONGEST, ChangeOrigin, FrameOrigins
from changliao.core.members import Right
from changliao.core.outcome import Reason
from changliao.doors.rest.call import Call, Door
from changliao.doors.rest.endpoint import Endpoint, Who
from changliao.doors.rest.fields import Nothing
from changliao.doors.rest.members import Doing, doing, perform_by
from changliao.doors.rest.merchants import find
from changliao.operations.frames import ALLOW, REMOVE
from changliao.store.views import frames


class OriginForm(Struct, frozen=True, forbid_unknown_fields=True):
    """`https://host` or `https://host:port`; in a sandbox also `http://localhost:port`."""

    origin: Annotated[str, Meta(min_length=1, max_length=LONGEST)]


class OriginsShown(Struct, frozen=True):
    """Beside the origin that hears of an order, these may show its code."""

    origins: list[str]


async def listed(door: Door, call: Call[Nothing, Nothing]) -> OriginsShown:
    """List whose pages may show a merchant's codes in a frame."""
    merchant = await find(door, call)
    return OriginsShown(await door.network.read(frames.origins_of, merchant.id))


async def allow(door: Door, call: Call[OriginForm, Nothing]) -> Any:
    """Let pages of one more origin show a merchant's codes. The same again is no change."""
    return await _changed(door, call, _ALLOW, allowed=True)


async def remove(door: Door, call: Call[OriginForm, Nothing]) -> Any:
    """Let pages of an origin show a merchant's codes no more. The same again is no change."""
    return await _changed(door, call, _REMOVE, allowed=False)


async def _changed(
    door: Door,
    call: Call[OriginForm, Nothing],
    done: Doing[ChangeOrigin, FrameOrigins],
    *,
    allowed: bool,
) -> Any:
    merchant = await find(door, call)
    sandbox = door.payers is not None
    command = ChangeOrigin(merchant.id, call.form.origin, allowed, sandbox)
    return await perform_by(door, call, done, command, _shown, subject=call.form.origin)


def _shown(one: FrameOrigins) -> OriginsShown:
    return OriginsShown(list(one.origins))


_PATH: Final = "/merchants/{number}/frame-origins"
_ALLOW: Final = doing(ALLOW, Right.MANAGE_TERMS)
_REMOVE: Final = doing(REMOVE, Right.MANAGE_TERMS)
_UNKNOWN: Final = (Reason.MERCHANT_NOT_FOUND,)
_CHANGES: Final = (*_UNKNOWN, Reason.MEMBER_NOT_PERMITTED)
ENDPOINTS: Final = (
    Endpoint("GET", _PATH, listed, Who.EITHER, Nothing, Nothing, OriginsShown, 200, _UNKNOWN),
    Endpoint(
        "POST", _PATH, allow, Who.EITHER, OriginForm, Nothing, OriginsShown, 200,
        (*_CHANGES, Reason.ORIGIN_INVALID), repeats=True, right=Right.MANAGE_TERMS,
    ),
    Endpoint(
        "POST", f"{_PATH}/remove", remove, Who.EITHER, OriginForm, Nothing, OriginsShown, 200,
        _CHANGES, repeats=True, right=Right.MANAGE_TERMS,
    ),
)  # fmt: skip
