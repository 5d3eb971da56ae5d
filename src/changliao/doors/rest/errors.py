"""Every reason to say no, as problem+json. Source: RFC 9457."""

from collections.abc import Mapping
from typing import Annotated, Final

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from changliao.core.clock import NEVER, to_rfc3339
from changliao.core.outcome import LIMIT_REASONS, Reason, Refused

STATUSES: Final[Mapping[Reason, int]] = {
    Reason.AMOUNT_CHANGED: 409,
    Reason.AMOUNT_NOT_POSITIVE: 422,
    Reason.AMOUNT_TOO_LARGE: 422,
    Reason.APP_NOT_BOUND: 422,
    Reason.APP_TAKEN: 409,
    Reason.AUTHORIZATION_CAPTURED: 409,
    Reason.AUTHORIZATION_CLOSED: 409,
    Reason.AUTHORIZATION_EXCEEDED: 422,
    Reason.AUTHORIZATION_EXPIRED: 409,
    Reason.AUTHORIZATION_FINISHED: 409,
    Reason.AUTHORIZATION_FROZEN: 409,
    Reason.AUTHORIZATION_NOT_EXPIRED: 409,
    Reason.AUTHORIZATION_NOT_FOUND: 404,
    Reason.AUTHORIZATION_NOT_FROZEN: 409,
    Reason.AUTHORIZATION_REFERENCE_REUSED: 409,
    Reason.BASKET_INCOMPLETE: 422,
    Reason.BUDGET_CAPPED: 409,
    Reason.BUDGET_CLOSED: 409,
    Reason.BUDGET_INVALID: 422,
    Reason.BUDGET_NOT_ENDED: 409,
    Reason.BUDGET_NOT_FOUND: 404,
    Reason.BUDGET_PAUSED: 409,
    Reason.BUDGET_REUSED: 409,
    Reason.BUDGET_SPENT: 409,
    Reason.BUDGET_TAKEN: 409,
    Reason.BUDGET_UNSUITED: 409,
    Reason.BUSY: 429,
    Reason.CHANNEL_CONTRADICTS: 409,
    Reason.CHANNEL_ELSEWHERE: 409,
    Reason.CHANNEL_NOT_FOUND: 404,
    Reason.CHANNEL_REQUEST_NOT_FOUND: 404,
    Reason.CHANNEL_SUSPENDED: 409,
    Reason.CHANNEL_TAKEN: 409,
    Reason.CLOCK_NOT_MOVED: 409,
    Reason.COUPON_EXPIRED: 409,
    Reason.COUPON_NOT_EXPIRED: 409,
    Reason.COUPON_NOT_FOUND: 404,
    Reason.COUPON_USED: 409,
    Reason.CREDENTIAL_LOCKED: 423,
    Reason.CREDENTIAL_WRONG: 403,
    Reason.CURRENCY_MISMATCH: 422,
    Reason.CYCLE_INVALID: 422,
    Reason.CYCLE_MISSING: 404,
    Reason.DIFFERENCE_INVALID: 422,
    Reason.DIFFERENCE_NOT_FOUND: 404,
    Reason.DIFFERENCE_SELF_APPROVAL: 403,
    Reason.DIFFERENCE_STATE: 409,
    Reason.DISPUTE_ENDED: 409,
    Reason.DISPUTE_NOT_FOUND: 404,
    # RFC 9110, 13.1.1: what If-Match names is not what is there.
    Reason.EDITED_MEANWHILE: 412,
    Reason.EVENT_NOT_DUE: 409,
    Reason.EVENT_NOT_FOUND: 404,
    Reason.SAMPLE_NOT_TOLD: 422,
    Reason.EXPIRY_PASSED: 422,
    Reason.FEE_INVALID: 422,
    Reason.GROUP_BILL_CLOSED: 409,
    Reason.GROUP_BILL_FULL: 409,
    Reason.GROUP_BILL_INVALID: 422,
    Reason.GROUP_BILL_NOT_FOUND: 404,
    Reason.HOLD_DISPUTED: 409,
    Reason.HOLD_EXTENSION_INVALID: 422,
    Reason.HOLD_MISSING: 409,
    Reason.HOLD_NOT_DISPUTED: 409,
    Reason.HOLD_NOT_EXPIRED: 409,
    Reason.HOLD_OF_STORE: 409,
    Reason.HOLD_RELEASED: 409,
    Reason.IDEMPOTENCY_KEY_REUSED: 422,
    Reason.INSUFFICIENT_FUNDS: 402,
    Reason.KEY_NOT_FOUND: 404,
    Reason.KEY_TAKEN: 409,
    Reason.LEVEL_UNKNOWN: 422,
    Reason.LIMIT_INVALID: 422,
    Reason.LIMIT_PER_DAY: 409,
    Reason.LIMIT_PER_PAYMENT: 422,
    Reason.LIMIT_PER_YEAR: 409,
    Reason.MEMBER_NOT_FOUND: 404,
    Reason.MEMBER_NOT_PERMITTED: 403,
    Reason.MEMBER_SELF: 403,
    Reason.MEMBER_TAKEN: 409,
    Reason.MERCHANT_FUNDS_INSUFFICIENT: 402,
    Reason.MERCHANT_NOT_FOUND: 404,
    Reason.MERCHANT_TAKEN: 409,
    Reason.MERGER_INVALID: 422,
    Reason.MERGER_NOT_FOUND: 404,
    Reason.MERGER_SELF_APPROVAL: 403,
    Reason.MERGER_STATE: 409,
    Reason.MERGER_UNDER_WAY: 409,
    Reason.METHOD_BANNED: 409,
    Reason.METHOD_NOT_CONNECTED: 409,
    Reason.METHOD_SUSPENDED: 409,
    Reason.METHOD_TAKEN: 409,
    Reason.METHOD_UNKNOWN: 422,
    Reason.ORDER_ALREADY_PAID: 409,
    Reason.ORDER_CLOSED: 409,
    Reason.ORDER_EXPIRED: 409,
    Reason.ORDER_IN_BASKET: 409,
    Reason.ORDER_NOT_EXPIRED: 409,
    Reason.ORDER_NOT_FOUND: 404,
    Reason.ORDER_NOT_PAID: 409,
    Reason.PACKET_EMPTY: 409,
    Reason.PACKET_EXPIRED: 409,
    Reason.PACKET_NOT_EXPIRED: 409,
    Reason.PACKET_NOT_FOUND: 404,
    Reason.PACKET_SHARES_INVALID: 422,
    Reason.PARTNER_RELATION_MISSING: 403,
    Reason.PASSKEY_COPIED: 409,
    Reason.PASSKEY_EXPIRED: 409,
    Reason.PASSKEY_NOT_FOUND: 404,
    Reason.PASSKEY_NOT_PERMITTED: 403,
    Reason.PASSKEY_WRONG: 403,
    Reason.ORIGIN_INVALID: 422,
    Reason.PASSKEYS_TOO_MANY: 409,
    Reason.PAY_CODE_EXPIRED: 409,
    Reason.PAY_CODE_UNKNOWN: 404,
    Reason.PAY_CODE_USED: 409,
    Reason.PAYEE_MISMATCH: 403,
    Reason.PAYEE_NAME_MISMATCH: 422,
    Reason.PAYER_MISMATCH: 409,
    Reason.PAYMENT_ID_REUSED: 409,
    Reason.PAYOUT_CANCELLED: 409,
    Reason.PAYOUT_EXPIRED: 409,
    Reason.PAYOUT_FAILED: 409,
    Reason.PAYOUT_NOT_EXPIRED: 409,
    Reason.PAYOUT_NOT_FOUND: 404,
    Reason.PAYOUT_PAID: 409,
    Reason.PAYOUT_REFERENCE_REUSED: 409,
    Reason.PENDING_EXCEEDED: 422,
    Reason.PENDING_EXPIRED: 409,
    Reason.PENDING_NOT_EXPIRED: 409,
    Reason.PENDING_NOT_FOUND: 404,
    Reason.PENDING_POSTED: 409,
    Reason.PENDING_VOIDED: 409,
    Reason.PHONE_TAKEN: 409,
    Reason.PIN_RESET_NOT_OPEN: 409,
    Reason.PIN_RESET_WAITING: 423,
    Reason.PLATFORM_MERGED: 409,
    Reason.PLATFORM_NOT_FOUND: 404,
    Reason.POLICY_CONTRADICTORY: 422,
    Reason.POLICY_DECIDED: 409,
    Reason.POLICY_INVALID: 422,
    Reason.POLICY_NOT_FOUND: 404,
    Reason.POLICY_OVERLAPS: 409,
    Reason.POLICY_SELF_APPROVAL: 403,
    Reason.RECEIVER_NOT_FOUND: 422,
    Reason.RECEIVER_REPEATED: 422,
    Reason.REFERENCE_REUSED: 409,
    Reason.REFUND_EXCEEDS_PAYMENT: 422,
    Reason.REFUND_FINAL: 409,
    Reason.REFUND_NEEDS_SECOND: 409,
    Reason.REFUND_NOT_FOUND: 404,
    Reason.REFUND_PROPOSAL_DECIDED: 409,
    Reason.REFUND_PROPOSAL_NOT_FOUND: 404,
    Reason.REFUND_PROPOSAL_SELF_APPROVAL: 403,
    Reason.REFUND_REFERENCE_REUSED: 409,
    Reason.REFUND_THRESHOLD_INVALID: 422,
    Reason.REFUND_TOO_LATE: 409,
    Reason.REFUNDS_TOO_MANY: 409,
    Reason.RETURN_EXCEEDS_SHARE: 422,
    Reason.RETURN_TOO_LATE: 409,
    Reason.RISK_CLEARANCE_INVALID: 422,
    Reason.RISK_REFUSED: 409,
    Reason.RISK_REVIEW: 409,
    Reason.RISK_RULE_INVALID: 422,
    Reason.RISK_RULE_NOT_FOUND: 404,
    Reason.RISK_RULE_SELF_APPROVAL: 403,
    Reason.RISK_RULE_STATE: 409,
    Reason.SESSION_ENDED: 401,
    Reason.SETTLEMENT_ENDED: 409,
    Reason.SETTLEMENT_NOT_DUE: 409,
    Reason.SETTLEMENT_NOT_FOUND: 404,
    Reason.SETTLEMENT_PAYING: 409,
    Reason.SHARE_EXCEEDS_HOLD: 422,
    Reason.SHARE_EXCEEDS_RATIO: 422,
    Reason.SHARE_NOT_FOUND: 404,
    Reason.SHARE_REFERENCE_REUSED: 409,
    Reason.SHARES_TOO_MANY: 409,
    Reason.STATEMENT_MISSING: 404,
    Reason.STATEMENT_TOTAL_WRONG: 422,
    Reason.STATEMENT_UNREADABLE: 422,
    Reason.STORE_INVALID: 422,
    Reason.STORE_NOT_FOUND: 404,
    Reason.STORE_NOT_OPEN: 409,
    Reason.STORE_STATE: 409,
    Reason.TERMINAL_UNKNOWN: 422,
    Reason.TRANSFER_TO_SELF: 422,
    Reason.UNAVAILABLE: 503,
    Reason.USER_NOT_FOUND: 404,
}

# What this door says of its own, before the network is asked.
OWN: Final[Mapping[str, int]] = {
    "body_too_large": 413,
    "currency_unknown": 422,
    "fault": 500,
    "key_unusable": 422,
    "malformed": 400,
    "merchant_disabled": 403,
    "merchant_missing": 400,
    "no_sandbox": 403,
    "no_such_route": 404,
    "not_found": 404,
    "not_permitted": 403,
    "nothing_to_compare": 422,
    "owner_missing": 400,
    "replayed": 401,
    "stale": 401,
    "unknown_key": 401,
    "unsigned": 401,
    "wrong_method": 405,
    "wrong_signature": 401,
}
STATUS_OF: Final[Mapping[str, int]] = {
    **{reason.value: status for reason, status in STATUSES.items()},
    **OWN,
}


class ProblemShown(Struct, frozen=True):
    """An answer that is not a success (RFC 9457). Programs read `reason`; `detail` is for people.

    `field` names the field or parameter that is wrong, when it is one. `request_id` finds the
    request in the network's log.
    """

    type: Annotated[str, Meta(description="urn:changliao:problem: and the reason")]
    title: str
    status: Annotated[int, Meta(ge=400, le=599)]
    detail: str
    reason: Annotated[str, Meta(pattern=r"^[a-z_]+\Z")]
    request_id: Annotated[str, Meta(pattern="^req_")]
    field: str | UnsetType = UNSET


class Problem(Exception):
    """An answer that is not a success. `reason` is for programs, `detail` says what to do."""

    def __init__(self, reason: str, detail: str, field: str = "") -> None:
        super().__init__(reason)
        self.status = STATUS_OF[reason]
        self.reason = reason
        self.detail = detail
        self.field = field

    def body(self, request_id: str) -> bytes:
        """application/problem+json."""
        return msgspec.json.encode(
            ProblemShown(
                type=f"urn:changliao:problem:{self.reason}",
                title=self.reason.replace("_", " "),
                status=self.status,
                detail=self.detail,
                reason=self.reason,
                request_id=request_id,
                field=self.field or UNSET,
            )
        )


def refusal(refused: Refused) -> Problem:
    """A refusal of the network as a problem."""
    reason = refused.reason
    said = refused.detail or reason.value.replace("_", " ")
    if reason in LIMIT_REASONS and refused.detail:
        said = f"more than the payer's identity level allows; works again from {refused.detail}"
    if refused.since != NEVER:
        said = f"{said} (since {to_rfc3339(refused.since)})"
    return Problem(reason.value, said)
