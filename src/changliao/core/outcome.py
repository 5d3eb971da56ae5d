"""Outcomes: one closed set of reasons to say no. A refusal is an answer, not a fault.

Each door maps every reason once, in its errors module; a test compares the table with this enum.
"""

from enum import StrEnum

from msgspec import Struct


class Reason(StrEnum):
    """Why the network refused. The value is the name in our own REST API."""

    AMOUNT_CHANGED = "amount_changed"
    AMOUNT_NOT_POSITIVE = "amount_not_positive"
    AMOUNT_TOO_LARGE = "amount_too_large"
    APP_NOT_BOUND = "app_not_bound"
    APP_TAKEN = "app_taken"
    BASKET_INCOMPLETE = "basket_incomplete"
    BUSY = "busy"
    CLOCK_NOT_MOVED = "clock_not_moved"
    CREDENTIAL_LOCKED = "credential_locked"
    CREDENTIAL_WRONG = "credential_wrong"
    CURRENCY_MISMATCH = "currency_mismatch"
    EVENT_NOT_DUE = "event_not_due"
    EVENT_NOT_FOUND = "event_not_found"
    EXPIRY_PASSED = "expiry_passed"
    HOLD_MISSING = "hold_missing"
    HOLD_NOT_EXPIRED = "hold_not_expired"
    HOLD_RELEASED = "hold_released"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    KEY_NOT_FOUND = "key_not_found"
    KEY_TAKEN = "key_taken"
    MERCHANT_FUNDS_INSUFFICIENT = "merchant_funds_insufficient"
    MERCHANT_NOT_FOUND = "merchant_not_found"
    MERCHANT_TAKEN = "merchant_taken"
    ORDER_ALREADY_PAID = "order_already_paid"
    ORDER_CLOSED = "order_closed"
    ORDER_EXPIRED = "order_expired"
    ORDER_IN_BASKET = "order_in_basket"
    ORDER_NOT_EXPIRED = "order_not_expired"
    ORDER_NOT_FOUND = "order_not_found"
    ORDER_NOT_PAID = "order_not_paid"
    PARTNER_RELATION_MISSING = "partner_relation_missing"
    PAY_CODE_EXPIRED = "pay_code_expired"
    PAY_CODE_UNKNOWN = "pay_code_unknown"
    PAY_CODE_USED = "pay_code_used"
    PAYER_MISMATCH = "payer_mismatch"
    PAYMENT_ID_REUSED = "payment_id_reused"
    PENDING_EXCEEDED = "pending_exceeded"
    PENDING_EXPIRED = "pending_expired"
    PENDING_NOT_EXPIRED = "pending_not_expired"
    PENDING_NOT_FOUND = "pending_not_found"
    PENDING_POSTED = "pending_posted"
    PENDING_VOIDED = "pending_voided"
    PHONE_TAKEN = "phone_taken"
    RECEIVER_NOT_FOUND = "receiver_not_found"
    RECEIVER_REPEATED = "receiver_repeated"
    REFERENCE_REUSED = "reference_reused"
    REFUND_EXCEEDS_PAYMENT = "refund_exceeds_payment"
    REFUND_FINAL = "refund_final"
    REFUND_NOT_FOUND = "refund_not_found"
    REFUND_REFERENCE_REUSED = "refund_reference_reused"
    REFUND_TOO_LATE = "refund_too_late"
    REFUNDS_TOO_MANY = "refunds_too_many"
    RETURN_EXCEEDS_SHARE = "return_exceeds_share"
    RETURN_TOO_LATE = "return_too_late"
    SESSION_ENDED = "session_ended"
    SHARE_EXCEEDS_HOLD = "share_exceeds_hold"
    SHARE_EXCEEDS_RATIO = "share_exceeds_ratio"
    SHARE_NOT_FOUND = "share_not_found"
    SHARE_REFERENCE_REUSED = "share_reference_reused"
    SHARES_TOO_MANY = "shares_too_many"
    TRANSFER_TO_SELF = "transfer_to_self"
    UNAVAILABLE = "unavailable"
    USER_NOT_FOUND = "user_not_found"


class Refused(Struct, frozen=True, gc=False):
    """The network's no. `detail` helps a person; programs read `reason` only."""

    reason: Reason
    detail: str = ""
