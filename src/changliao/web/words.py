"""Every reason to say no, in a payer's words: what happened, whether money moved, what to do."""

from collections.abc import Callable, Mapping
from typing import Final

from changliao.core.clock import HOUR, MINUTE, Instant
from changliao.core.outcome import METHOD_REASONS, Reason, Refused

_FAULT: Final = "没有执行。请返回后重试。"
REASONS: Final[Mapping[Reason, str]] = {
    Reason.AMOUNT_CHANGED: "订单金额与页面不一致。没有扣款，请重新打开订单。",
    Reason.AMOUNT_NOT_POSITIVE: "金额必须大于 0。",
    Reason.AMOUNT_TOO_LARGE: "金额超过上限。",
    Reason.APP_NOT_BOUND: _FAULT,
    Reason.APP_TAKEN: _FAULT,
    Reason.AUTHORIZATION_CAPTURED: _FAULT,
    Reason.AUTHORIZATION_CLOSED: "这笔预授权已关闭，没有冻结资金。",
    Reason.AUTHORIZATION_EXCEEDED: _FAULT,
    Reason.AUTHORIZATION_EXPIRED: "这笔预授权已过期，没有冻结资金。",
    Reason.AUTHORIZATION_FINISHED: "这笔预授权已完结。",
    Reason.AUTHORIZATION_FROZEN: "这笔预授权已经冻结，没有再次冻结。",
    Reason.AUTHORIZATION_NOT_EXPIRED: _FAULT,
    Reason.AUTHORIZATION_NOT_FOUND: "没有这笔预授权。",
    Reason.AUTHORIZATION_NOT_FROZEN: _FAULT,
    Reason.AUTHORIZATION_REFERENCE_REUSED: _FAULT,
    Reason.BASKET_INCOMPLETE: _FAULT,
    Reason.BUSY: "系统繁忙，没有扣款。请稍后再试。",
    Reason.CHANNEL_CONTRADICTS: _FAULT,
    Reason.CHANNEL_NOT_FOUND: "没有这个银行或钱包渠道。没有扣款。",
    Reason.CHANNEL_REQUEST_NOT_FOUND: "没有这笔充值或提现。",
    Reason.CHANNEL_SUSPENDED: "银行暂停服务。没有扣款，请稍后再试。",
    Reason.CHANNEL_TAKEN: _FAULT,
    Reason.CLOCK_NOT_MOVED: _FAULT,
    Reason.CREDENTIAL_LOCKED: "密码输错太多次，已锁定。没有扣款，请稍后再试。",
    Reason.CREDENTIAL_WRONG: "密码不正确。没有扣款。",
    Reason.CURRENCY_MISMATCH: "币种与订单不一致。没有扣款。",
    Reason.DISPUTE_ENDED: "这个纠纷已经结束。",
    Reason.DISPUTE_NOT_FOUND: _FAULT,
    Reason.EVENT_NOT_DUE: _FAULT,
    Reason.EVENT_NOT_FOUND: _FAULT,
    Reason.EXPIRY_PASSED: "时间已过。",
    Reason.HOLD_DISPUTED: "这笔担保交易有未决的纠纷，钱先不动。",
    Reason.HOLD_EXTENSION_INVALID: _FAULT,
    Reason.HOLD_MISSING: _FAULT,
    Reason.HOLD_NOT_DISPUTED: _FAULT,
    Reason.HOLD_NOT_EXPIRED: _FAULT,
    Reason.HOLD_OF_STORE: _FAULT,
    Reason.HOLD_RELEASED: _FAULT,
    Reason.IDEMPOTENCY_KEY_REUSED: _FAULT,
    Reason.INSUFFICIENT_FUNDS: "余额不足。没有扣款，请先充值。",
    Reason.KEY_NOT_FOUND: _FAULT,
    Reason.KEY_TAKEN: _FAULT,
    Reason.MEMBER_NOT_FOUND: "没有这个成员。",
    Reason.MEMBER_NOT_PERMITTED: "你的角色没有这项权限，没有执行。",
    Reason.MEMBER_SELF: "不能改自己的角色或停用自己，请另一位管理员来做。",
    Reason.MEMBER_TAKEN: "用户名已有人使用。",
    Reason.MERCHANT_FUNDS_INSUFFICIENT: _FAULT,
    Reason.MERCHANT_NOT_FOUND: "商家不存在。",
    Reason.MERCHANT_TAKEN: _FAULT,
    Reason.MERGER_INVALID: _FAULT,
    Reason.MERGER_NOT_FOUND: _FAULT,
    Reason.MERGER_SELF_APPROVAL: _FAULT,
    Reason.MERGER_STATE: _FAULT,
    Reason.MERGER_UNDER_WAY: _FAULT,
    Reason.METHOD_BANNED: "平台不再接受这种支付方式。没有扣款。",
    Reason.METHOD_NOT_CONNECTED: "平台没有开通这种支付方式。没有扣款。",
    Reason.METHOD_SUSPENDED: "平台暂停了这种支付方式。没有扣款。",
    Reason.METHOD_TAKEN: _FAULT,
    Reason.METHOD_UNKNOWN: _FAULT,
    Reason.ORDER_ALREADY_PAID: "这个订单已经付过了，没有再次扣款。",
    Reason.ORDER_CLOSED: "订单已关闭。没有扣款。",
    Reason.ORDER_EXPIRED: "订单已过期。没有扣款，请让商家重新下单。",
    Reason.ORDER_IN_BASKET: "这个订单要和其他订单一起付款。没有扣款，请重新打开。",
    Reason.ORDER_NOT_EXPIRED: _FAULT,
    Reason.ORDER_NOT_FOUND: "没有这个订单。",
    Reason.ORDER_NOT_PAID: _FAULT,
    Reason.PACKET_EMPTY: "手慢了，红包领完了。",
    Reason.PACKET_EXPIRED: "红包已过期，没有领到。剩下的钱退回了发红包的人。",
    Reason.PACKET_NOT_EXPIRED: _FAULT,
    Reason.PACKET_NOT_FOUND: "没有这个红包。",
    Reason.PACKET_SHARES_INVALID: "红包个数是 1 到 100 个，每个至少 0.01 元。没有扣款。",
    Reason.PARTNER_RELATION_MISSING: _FAULT,
    Reason.PAY_CODE_EXPIRED: "付款码已过期。没有扣款，请刷新后再试。",
    Reason.PAY_CODE_UNKNOWN: "付款码无效。没有扣款，请刷新后再试。",
    Reason.PAY_CODE_USED: "付款码已使用。请刷新后再试。",
    Reason.PAYEE_MISMATCH: "这笔钱是付给另一个账户的，没有入账。",
    Reason.PAYEE_NAME_MISMATCH: _FAULT,
    Reason.PAYER_MISMATCH: "这个订单只能由另一个账户付款。没有扣款。",
    Reason.PAYMENT_ID_REUSED: "页面已过期。没有扣款，请重新打开。",
    Reason.PAYOUT_CANCELLED: "商家已撤回这笔转账，没有入账。",
    Reason.PAYOUT_EXPIRED: "这笔转账超时未收，钱已退回商家。",
    Reason.PAYOUT_FAILED: "这笔转账没有成功，没有入账。",
    Reason.PAYOUT_NOT_EXPIRED: _FAULT,
    Reason.PAYOUT_NOT_FOUND: "没有这笔转账。",
    Reason.PAYOUT_PAID: "这笔钱已经入账。",
    Reason.PAYOUT_REFERENCE_REUSED: _FAULT,
    Reason.PENDING_EXCEEDED: _FAULT,
    Reason.PENDING_EXPIRED: _FAULT,
    Reason.PENDING_NOT_EXPIRED: _FAULT,
    Reason.PENDING_NOT_FOUND: _FAULT,
    Reason.PENDING_POSTED: _FAULT,
    Reason.PENDING_VOIDED: _FAULT,
    Reason.PHONE_TAKEN: "这个手机号已经注册，请直接登录。",
    Reason.PLATFORM_MERGED: _FAULT,
    Reason.PLATFORM_NOT_FOUND: _FAULT,
    Reason.POLICY_CONTRADICTORY: _FAULT,
    Reason.POLICY_DECIDED: _FAULT,
    Reason.POLICY_INVALID: _FAULT,
    Reason.POLICY_NOT_FOUND: _FAULT,
    Reason.POLICY_OVERLAPS: _FAULT,
    Reason.POLICY_SELF_APPROVAL: _FAULT,
    Reason.RECEIVER_NOT_FOUND: _FAULT,
    Reason.RECEIVER_REPEATED: _FAULT,
    Reason.REFERENCE_REUSED: _FAULT,
    Reason.REFUND_EXCEEDS_PAYMENT: _FAULT,
    Reason.REFUND_FINAL: _FAULT,
    Reason.REFUND_NOT_FOUND: _FAULT,
    Reason.REFUND_REFERENCE_REUSED: _FAULT,
    Reason.REFUND_TOO_LATE: _FAULT,
    Reason.REFUNDS_TOO_MANY: _FAULT,
    Reason.RETURN_EXCEEDS_SHARE: _FAULT,
    Reason.RETURN_TOO_LATE: _FAULT,
    Reason.SESSION_ENDED: "登录已过期，请重新登录。",
    Reason.SHARE_EXCEEDS_HOLD: _FAULT,
    Reason.SHARE_EXCEEDS_RATIO: _FAULT,
    Reason.SHARE_NOT_FOUND: _FAULT,
    Reason.SHARE_REFERENCE_REUSED: _FAULT,
    Reason.SHARES_TOO_MANY: _FAULT,
    Reason.STORE_INVALID: _FAULT,
    Reason.STORE_NOT_FOUND: _FAULT,
    Reason.STORE_NOT_OPEN: "店铺没有营业。没有扣款。",
    Reason.STORE_STATE: _FAULT,
    Reason.TERMINAL_UNKNOWN: _FAULT,
    Reason.TRANSFER_TO_SELF: "不能转账给自己。",
    Reason.UNAVAILABLE: "系统暂时不可用，没有执行。请稍后查看账单再试。",
    Reason.USER_NOT_FOUND: "没有这个用户。",
}


def explain(translate: Callable[[str], str], refused: Refused, now: Instant) -> str:
    """A refusal with what its detail adds: the tries left, or how long the lock lasts."""
    text = translate(REASONS[refused.reason])
    if not refused.detail:
        return text
    if refused.reason is Reason.CREDENTIAL_WRONG:
        return f"{text} {translate('还可以试 %s 次。') % refused.detail}"
    if refused.reason is Reason.CREDENTIAL_LOCKED:
        return f"{text} {_unlocks(translate, int(refused.detail) - now)}"
    if refused.reason in METHOD_REASONS:
        return f"{text} {refused.detail}"
    return text


def _unlocks(translate: Callable[[str], str], left: int) -> str:
    """Rounded up: nobody comes back too early."""
    if left > 2 * HOUR:
        return translate("%s 小时后解锁。") % -(-left // HOUR)
    return translate("%s 分钟后解锁。") % max(1, -(-left // MINUTE))
