"""Every reason to say no, as problem+json. Source: RFC 9457."""

from collections.abc import Mapping
from typing import Final

import msgspec

from changliao.core.outcome import Reason, Refused

STATUSES: Final[Mapping[Reason, int]] = {
    Reason.AMOUNT_CHANGED: 409,
    Reason.AMOUNT_NOT_POSITIVE: 422,
    Reason.AMOUNT_TOO_LARGE: 422,
    Reason.APP_NOT_BOUND: 422,
    Reason.APP_TAKEN: 409,
    Reason.BUSY: 429,
    Reason.CREDENTIAL_LOCKED: 423,
    Reason.CREDENTIAL_WRONG: 403,
    Reason.CURRENCY_MISMATCH: 422,
    Reason.EVENT_NOT_DUE: 409,
    Reason.EVENT_NOT_FOUND: 404,
    Reason.EXPIRY_PASSED: 422,
    Reason.INSUFFICIENT_FUNDS: 402,
    Reason.KEY_NOT_FOUND: 404,
    Reason.KEY_TAKEN: 409,
    Reason.MERCHANT_FUNDS_INSUFFICIENT: 402,
    Reason.MERCHANT_NOT_FOUND: 404,
    Reason.MERCHANT_TAKEN: 409,
    Reason.ORDER_ALREADY_PAID: 409,
    Reason.ORDER_CLOSED: 409,
    Reason.ORDER_EXPIRED: 409,
    Reason.ORDER_NOT_EXPIRED: 409,
    Reason.ORDER_NOT_FOUND: 404,
    Reason.ORDER_NOT_PAID: 409,
    Reason.PARTNER_RELATION_MISSING: 403,
    Reason.PAYER_MISMATCH: 409,
    Reason.PAYMENT_ID_REUSED: 409,
    Reason.PENDING_EXCEEDED: 422,
    Reason.PENDING_EXPIRED: 409,
    Reason.PENDING_NOT_EXPIRED: 409,
    Reason.PENDING_NOT_FOUND: 404,
    Reason.PENDING_POSTED: 409,
    Reason.PENDING_VOIDED: 409,
    Reason.PHONE_TAKEN: 409,
    Reason.REFERENCE_REUSED: 409,
    Reason.REFUND_EXCEEDS_PAYMENT: 422,
    Reason.REFUND_FINAL: 409,
    Reason.REFUND_NOT_FOUND: 404,
    Reason.REFUND_REFERENCE_REUSED: 409,
    Reason.REFUND_TOO_LATE: 409,
    Reason.REFUNDS_TOO_MANY: 409,
    Reason.SESSION_ENDED: 401,
    Reason.TRANSFER_TO_SELF: 422,
    Reason.UNAVAILABLE: 503,
    Reason.USER_NOT_FOUND: 404,
}


class Problem(Exception):
    """An answer that is not a success. `kind` is for programs, `detail` says what to do."""

    def __init__(self, status: int, kind: str, detail: str) -> None:
        super().__init__(kind)
        self.status = status
        self.kind = kind
        self.detail = detail

    def body(self) -> bytes:
        """application/problem+json."""
        title = self.kind.replace("_", " ")
        return msgspec.json.encode(
            {
                "type": f"urn:changliao:problem:{self.kind}",
                "title": title,
                "status": self.status,
                "code": self.kind,
                "detail": self.detail,
            }
        )


def refusal(refused: Refused) -> Problem:
    """A refusal of the network as a problem."""
    reason = refused.reason
    return Problem(STATUSES[reason], reason.value, refused.detail or reason.value.replace("_", " "))
