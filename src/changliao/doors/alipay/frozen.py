"""An authorization as Alipay describes it: its numbers, states, sums and operations.

Source: alipay-openapi.md §13 and §16.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from changliao.core.authorizations import Authorization, AuthorizationState, Step, StepKind
from changliao.core.ids import OrderId, UserId, made_at
from changliao.core.outcome import Reason, Refused
from changliao.doors.alipay import trades, words
from changliao.doors.alipay.call import Caller, Door, Node
from changliao.doors.alipay.errors import AlipayError, business, refusal
from changliao.operations.network import Network
from changliao.operations.numbers import number_of
from changliao.store.views import parties

INVALID: Final = "ILLEGAL_ARGUMENT"
STATES: Final[Mapping[AuthorizationState, str]] = {
    AuthorizationState.OPEN: "INIT",
    AuthorizationState.FROZEN: "AUTHORIZED",
    AuthorizationState.FINISHED: "FINISH",
    AuthorizationState.CLOSED: "CLOSED",
}
_CODES: Final[Mapping[Reason, str]] = {
    Reason.AMOUNT_NOT_POSITIVE: INVALID,
    Reason.AMOUNT_TOO_LARGE: "PRODUCT_AMOUNT_LIMIT_ERROR",
    Reason.AUTHORIZATION_CAPTURED: "ORDER_ALREADY_FINISH",
    Reason.AUTHORIZATION_CLOSED: "ORDER_ALREADY_CLOSED",
    Reason.AUTHORIZATION_EXCEEDED: "REQUEST_AMOUNT_EXCEED",
    Reason.AUTHORIZATION_EXPIRED: "ORDER_ALREADY_CLOSED",
    Reason.AUTHORIZATION_FINISHED: "ORDER_ALREADY_FINISH",
    Reason.AUTHORIZATION_NOT_FOUND: "AUTH_ORDER_NOT_EXIST",
    Reason.AUTHORIZATION_NOT_FROZEN: "ILLEGAL_STATUS",
    Reason.AUTHORIZATION_REFERENCE_REUSED: "UNIQUE_VIOLATION",
    Reason.INSUFFICIENT_FUNDS: "MONEY_NOT_ENOUGH",
    Reason.PAY_CODE_EXPIRED: "PAYMENT_AUTH_CODE_INVALID",
    Reason.PAY_CODE_UNKNOWN: "PAYMENT_AUTH_CODE_INVALID",
    Reason.PAY_CODE_USED: "PAYMENT_AUTH_CODE_INVALID",
}


def number(subject_id: int) -> str:
    """28 digits, made as a trade's are."""
    return words.trade_no(OrderId(subject_id))


def sums(known: Authorization) -> dict[str, str]:
    """What was frozen, paid, given back and is left."""
    return {
        "rest_amount": words.yuan(known.frozen),
        "total_freeze_amount": words.yuan(known.amount.amount if known.frozen_at else 0),
        "total_pay_amount": words.yuan(known.captured),
        "total_unfreeze_amount": words.yuan(known.released),
    }


def refused(outcome: Refused) -> AlipayError:
    """A refusal with this product's own code."""
    code, said = _CODES.get(outcome.reason), refusal(outcome)
    return business(code, said.message) if code else said


async def payer(door: Door, caller: Caller, user_id: UserId) -> dict[str, str]:
    """Whose money it is, once that is known."""
    user = await door.network.read(parties.user, user_id) if user_id else None
    if user is None:
        return {}
    return {
        "payer_logon_id": words.masked(user.phone),
        "payer_open_id": door.network.openids.of(caller.app.id, user.id),
        "payer_user_id": await number_of(door.network, user.id),
    }


async def operation(door: Door, caller: Caller, known: Authorization, step: Step | None) -> Node:
    """One operation; without a step it is a freeze that nobody has confirmed yet."""
    waiting = known.state is AuthorizationState.OPEN
    fields: Node = {
        "amount": words.yuan(step.amount if step else known.amount.amount),
        "auth_no": number(known.id),
        "operation_id": number(step.id) if step else "",
        "out_order_no": known.reference,
        "out_request_no": step.reference if step else known.freeze_reference,
        "status": "SUCCESS" if step else ("INIT" if waiting else "CLOSED"),
        **await payer(door, caller, known.payer_id),
    }
    if step is not None:
        fields |= {
            "fund_amount": words.yuan(step.amount),
            "gmt_trans": words.moment(made_at(step.id)),
        }
    return fields


async def told(network: Network, known: Authorization, steps: Sequence[Step]) -> dict[str, str]:
    """A notification's fields; `steps` are those until the one that is told, the oldest first."""
    step, details = steps[-1], msgspec.json.decode(known.details, type=trades.Details)
    moved = {kind: sum(one.amount for one in steps if one.kind is kind) for kind in StepKind}
    user = await network.read(parties.user, known.payer_id)
    operation_type = "FREEZE" if step.kind is StepKind.FREEZE else "UNFREEZE"
    left = moved[StepKind.FREEZE] - moved[StepKind.CAPTURE] - moved[StepKind.RELEASE]
    return {
        "amount": words.yuan(step.amount),
        "app_id": details.app_id,
        "auth_app_id": details.auth_app_id,
        "auth_no": number(known.id),
        "charset": details.charset,
        "gmt_create": words.moment(made_at(known.id)),
        "gmt_trans": words.moment(made_at(step.id)),
        "notify_type": f"fund_auth_{operation_type.lower()}",
        "operation_id": number(step.id),
        "operation_type": operation_type,
        "out_order_no": known.reference,
        "out_request_no": step.reference,
        "payer_logon_id": words.masked(user.phone) if user else "",
        "payer_user_id": await number_of(network, known.payer_id),
        "rest_amount": words.yuan(left),
        "sign_type": details.sign_type,
        "status": "SUCCESS",
        "total_freeze_amount": words.yuan(moved[StepKind.FREEZE]),
        "total_pay_amount": words.yuan(moved[StepKind.CAPTURE]),
        "total_unfreeze_amount": words.yuan(moved[StepKind.RELEASE]),
        "version": "1.0",
    }
