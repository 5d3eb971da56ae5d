"""From how much on refunds need two: read by everybody about themselves, set by operators.

A merchant's thresholds are set in its portal, by people.
"""

from typing import Annotated, Any, Final

from msgspec import UNSET, Meta, Struct, UnsetType

from changliao.core.acts import version
from changliao.core.members import Right
from changliao.core.money import BY_NUMBER, MAX_AMOUNT, Currency
from changliao.core.outcome import Reason
from changliao.core.thresholds import DecideThreshold, SetThreshold, Terms, Threshold, facts
from changliao.doors.rest.call import Call, Door, read_money
from changliao.doors.rest.endpoint import Endpoint, Who
from changliao.doors.rest.fields import CurrencyCode, Nothing, Page, Version
from changliao.doors.rest.members import doing, perform_by
from changliao.operations.thresholds import DECIDE, SET
from changliao.store.views import proposals as views

From = Annotated[int, Meta(ge=0, le=MAX_AMOUNT, description="Minor units; 0: no threshold")]


class NewThreshold(Struct, frozen=True, forbid_unknown_fields=True):
    """From which sum of an order's refunds on two are needed."""

    amount: From
    currency: CurrencyCode = "CNY"


class ChangeShown(Struct, frozen=True):
    """What a member wants instead; it waits for another member."""

    amount: From
    keys: bool
    proposed_by: str


class ThresholdShown(Struct, frozen=True):
    """From which sum of an order's refunds on two are needed.

    `keys`: also for what a merchant's keys refund. Operators' keys are always asked.
    """

    currency: CurrencyCode
    amount: From
    keys: bool
    version: Version
    waiting: ChangeShown | UnsetType = UNSET


async def listed(door: Door, call: Call[Nothing, Nothing]) -> Page[ThresholdShown]:
    """List from how much on refunds need two, by currency: the caller's own, or the operators'."""
    found = await door.network.read(views.thresholds, call.caller.key.merchant_id)
    return Page([_shown(one) for one in found])


async def set_threshold(door: Door, call: Call[NewThreshold, Nothing]) -> Any:
    """Say from how much on refunds need two operators. The same again is no change.

    Stricter counts at once. A higher amount, or none, waits for another operator; saying again
    what is in force takes that back.
    """
    currency, terms = _asked(call)
    command = SetThreshold(currency.number, terms, call.caller.name)
    return await perform_by(door, call, _SET, command, _shown, subject=currency.code)


async def approve(door: Door, call: Call[NewThreshold, Nothing]) -> Any:
    """Approve the change that another operator wants: the body says which, as it was seen."""
    return await _decide(door, call, approves=True)


async def reject(door: Door, call: Call[NewThreshold, Nothing]) -> Any:
    """Reject the change that waits, or take the own one back: the body says which."""
    return await _decide(door, call, approves=False)


async def _decide(door: Door, call: Call[NewThreshold, Nothing], *, approves: bool) -> Any:
    currency, terms = _asked(call)
    command = DecideThreshold(currency.number, terms, approves, call.caller.name)
    return await perform_by(door, call, _DECIDE, command, _shown, subject=currency.code)


def _asked(call: Call[NewThreshold, Nothing]) -> tuple[Currency, Terms]:
    return read_money(1, call.form.currency).currency, Terms(call.form.amount)


def _shown(one: Threshold) -> ThresholdShown:
    wanted = ChangeShown(one.wanted.amount, one.wanted.keys, one.wanted_by)
    return ThresholdShown(
        BY_NUMBER[one.currency].code,
        one.terms.amount,
        one.terms.keys,
        version(facts(one)),
        wanted if one.wanted_by else UNSET,
    )


_SET: Final = doing(SET, Right.MANAGE_LIMITS)
_DECIDE: Final = doing(DECIDE, Right.MANAGE_LIMITS)
_PATH: Final = "/refund-thresholds"
_REFUSES: Final = ("currency_unknown", Reason.MEMBER_NOT_PERMITTED)
ENDPOINTS: Final = (
    Endpoint("GET", _PATH, listed, Who.EITHER, Nothing, Nothing, Page[ThresholdShown], 200),
    Endpoint(
        "POST", _PATH, set_threshold, Who.MEMBER, NewThreshold, Nothing, ThresholdShown, 200,
        (*_REFUSES, Reason.REFUND_THRESHOLD_INVALID),
        repeats=True, right=Right.MANAGE_LIMITS, edits=True,
    ),
    Endpoint(
        "POST", f"{_PATH}/approve", approve, Who.MEMBER, NewThreshold, Nothing, ThresholdShown,
        200, (*_REFUSES, Reason.REFUND_PROPOSAL_DECIDED, Reason.REFUND_PROPOSAL_SELF_APPROVAL),
        repeats=True, right=Right.MANAGE_LIMITS,
    ),
    Endpoint(
        "POST", f"{_PATH}/reject", reject, Who.MEMBER, NewThreshold, Nothing, ThresholdShown,
        200, (*_REFUSES, Reason.REFUND_PROPOSAL_DECIDED),
        repeats=True, right=Right.MANAGE_LIMITS,
    ),
)  # fmt: skip
