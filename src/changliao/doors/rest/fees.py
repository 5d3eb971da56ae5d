"""What a merchant pays for each method, over REST."""

from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from changliao.core.acceptance import OWN_METHOD
from changliao.core.acts import version
from changliao.core.fees import AS_WALLET, MethodFee, facts
from changliao.core.members import Right
from changliao.core.outcome import Reason, Refused
from changliao.core.parties import Merchant
from changliao.doors.rest.call import Call, Door
from changliao.doors.rest.endpoint import Endpoint, Who
from changliao.doors.rest.errors import refusal
from changliao.doors.rest.fields import FeeBps, Nothing, Page, Version
from changliao.doors.rest.members import doing, perform_by
from changliao.doors.rest.merchants import find
from changliao.operations.fees import SET
from changliao.store.views import acceptance
from changliao.store.views import fees as views

MethodCode = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,31}\Z", examples=["netbank"])]


class NewFee(Struct, frozen=True, forbid_unknown_fields=True):
    """What a merchant pays for orders paid by a method; null: its usual rate again."""

    method: MethodCode
    fee_bps: FeeBps | None


class FeeShown(Struct, frozen=True):
    """What a merchant pays for orders that are paid by a method; `own`: not its usual rate."""

    method: MethodCode
    fee_bps: FeeBps
    own: bool
    version: Version


async def set_fee(door: Door, call: Call[NewFee, Nothing]) -> Any:
    """Say what a merchant pays for a method, from the next payment on.

    Orders that were paid keep the fee that was taken, and refunds return of that.
    """
    form, merchant = call.form, await find(door, call)
    methods = {one.code: one.id for one in await door.network.look_up(acceptance.methods)}
    if form.method not in methods:
        said = f"method: one of {', '.join(methods)}"
        raise refusal(Refused(Reason.METHOD_UNKNOWN, said))
    rate = AS_WALLET if form.fee_bps is None else form.fee_bps

    def shown(one: MethodFee) -> FeeShown:
        return _shown(form.method, merchant, one)

    command = MethodFee(merchant.id, methods[form.method], rate)
    subject = f"{merchant.number} {form.method}"
    return await perform_by(door, call, _SET, command, shown, subject=subject)


async def fees(door: Door, call: Call[Nothing, Nothing]) -> Page[FeeShown]:
    """List what a merchant pays for each method."""
    merchant = await find(door, call)
    found = await door.network.read(views.of_merchant, merchant.id)
    known = {one.method_id: one for one in found}
    return Page(
        [
            _shown(one.code, merchant, known.get(one.id))
            for one in await door.network.look_up(acceptance.methods)
            if one.id == OWN_METHOD or one.connector
        ]
    )


def _shown(method: str, merchant: Merchant, one: MethodFee | None) -> FeeShown:
    own = one is not None and one.fee_bps != AS_WALLET
    rate = one.fee_bps if one is not None and own else merchant.fee_bps
    return FeeShown(method, rate, own, version(facts(one)))


_SET: Final = doing(SET, Right.MANAGE_TERMS)
ENDPOINTS: Final = (
    Endpoint(
        "POST", "/merchants/{number}/fees", set_fee, Who.OPERATOR, NewFee, Nothing, FeeShown, 200,
        (Reason.FEE_INVALID, Reason.MEMBER_NOT_PERMITTED, Reason.MERCHANT_NOT_FOUND,
         Reason.METHOD_UNKNOWN), repeats=True, right=Right.MANAGE_TERMS, edits=True,
    ),
    Endpoint(
        "GET", "/merchants/{number}/fees", fees, Who.EITHER, Nothing, Nothing, Page[FeeShown],
        200, (Reason.MERCHANT_NOT_FOUND,),
    ),
)  # fmt: skip
