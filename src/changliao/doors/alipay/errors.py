"""Every reason to say no, in Alipay's words: code, sub_code and message.

Source: alipay-openapi.md §5 and the code lists of §8. Where the documents name no code, the choice
is marked in docs/doors/alipay.md.
"""

import html
from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from changliao.core.clock import NEVER, to_rfc3339
from changliao.core.outcome import LIMIT_REASONS, METHOD_REASONS, Reason, Refused

MESSAGES: Final[Mapping[str, str]] = {
    "10000": "Success",
    "10003": "order success pay inprocess",
    "20000": "Service Currently Unavailable",
    "20001": "Insufficient Token Permissions",
    "40001": "Missing Required Arguments",
    "40002": "Invalid Arguments",
    "40003": "Insufficient Conditions",
    "40004": "Business Failed",
    "40005": "Call Limited",
    "40006": "Insufficient Permissions",
}
MISSING, INVALID, BUSINESS = "40001", "40002", "40004"
_UNAUTHENTICATED: Final = frozenset(
    {
        "isv.invalid-signature",
        "isv.invalid-app-id",
        "isv.app-cert-not-exist",
        "isv.app-cert-expired",
        "isv.invalid-timestamp",
        "isv.missing-signature",
    }
)
_STATUSES: Final = {"20000": 500, "20001": 401, "40003": 403, "40005": 429, "40006": 403}


class AlipayError(Exception):
    """An answer that is not a success.

    `fields` are more members of the node; `evidence` is what a developer compares with.
    """

    def __init__(
        self,
        code: str,
        sub_code: str,
        message: str,
        fields: Mapping[str, Any] | None = None,
        evidence: str = "",
    ) -> None:
        super().__init__(sub_code)
        self.code = code
        self.sub_code = sub_code
        self.message = message
        self.fields = fields or {}
        self.evidence = evidence

    @property
    def status(self) -> int:
        """The HTTP status of the REST form; the gateway always answers 200."""
        if self.sub_code in _UNAUTHENTICATED:
            return 401
        return _STATUSES.get(self.code, 400)

    @property
    def bare_code(self) -> str:
        """How the REST form spells the code."""
        for prefix in ("isv.", "aop.", "isp."):
            if self.sub_code.startswith(prefix):
                return self.sub_code.removeprefix(prefix)
        return self.sub_code

    def node(self) -> dict[str, Any]:
        """The members of the gateway's answer."""
        return {
            "code": self.code,
            "msg": MESSAGES[self.code],
            "sub_code": self.sub_code,
            "sub_msg": self.message + html.escape(self.evidence),
            **self.fields,
        }


class Words(Struct, frozen=True):
    """How one reason is said."""

    sub_code: str
    message: str
    code: str = BUSINESS


_PARAMETER: Final = "ACQ.INVALID_PARAMETER"
REASONS: Final[Mapping[Reason, Words]] = {
    Reason.AMOUNT_CHANGED: Words("ACQ.CONTEXT_INCONSISTENT", "付款金额与订单金额不一致"),
    Reason.AMOUNT_NOT_POSITIVE: Words(_PARAMETER, "金额必须大于0"),
    Reason.AMOUNT_TOO_LARGE: Words("ACQ.TOTAL_FEE_EXCEED", "订单总金额超过限额"),
    Reason.APP_NOT_BOUND: Words("ACQ.ACCESS_FORBIDDEN", "应用与商户没有绑定"),
    Reason.APP_TAKEN: Words("ACQ.ACCESS_FORBIDDEN", "应用已属于其他商户"),
    Reason.AUTHORIZATION_CAPTURED: Words("ACQ.TRADE_STATUS_ERROR", "预授权已转支付，不能撤销"),
    Reason.AUTHORIZATION_CLOSED: Words("ACQ.AUTH_ORDER_HAS_CLOSED", "预授权已关闭"),
    Reason.AUTHORIZATION_EXCEEDED: Words("ACQ.AUTH_AMOUNT_NOT_ENOUGH", "超过剩余冻结金额"),
    Reason.AUTHORIZATION_EXPIRED: Words("ACQ.AUTH_ORDER_HAS_CLOSED", "预授权已过期"),
    Reason.AUTHORIZATION_FINISHED: Words("ACQ.AUTH_ORDER_HAS_FINISHED", "预授权已完结"),
    Reason.AUTHORIZATION_FROZEN: Words("ACQ.TRADE_STATUS_ERROR", "预授权资金已冻结"),
    Reason.AUTHORIZATION_NOT_EXPIRED: Words("ACQ.TRADE_STATUS_ERROR", "预授权尚未过期"),
    Reason.AUTHORIZATION_NOT_FOUND: Words("ACQ.AUTH_NO_ERROR", "预授权不存在"),
    Reason.AUTHORIZATION_NOT_FROZEN: Words("ACQ.AUTH_ORDER_NOT_PAID", "预授权资金尚未冻结"),
    Reason.AUTHORIZATION_REFERENCE_REUSED: Words(
        "ACQ.UNIQUE_VIOLATION", "单号已用于另一笔预授权操作"
    ),
    Reason.BASKET_INCOMPLETE: Words("ACQ.INVALID_PARAMETER", "合单的订单不完整"),
    Reason.BUDGET_CAPPED: Words("ACQ.INVALID_PARAMETER", "预算已到上限"),
    Reason.BUDGET_CLOSED: Words("ACQ.INVALID_PARAMETER", "优惠活动已结束"),
    Reason.BUDGET_INVALID: Words("ACQ.INVALID_PARAMETER", "预算参数不合法"),
    Reason.BUDGET_NOT_ENDED: Words("ACQ.INVALID_PARAMETER", "优惠活动未结束"),
    Reason.BUDGET_NOT_FOUND: Words("ACQ.INVALID_PARAMETER", "优惠活动不存在"),
    Reason.BUDGET_PAUSED: Words("ACQ.INVALID_PARAMETER", "优惠活动已暂停"),
    Reason.BUDGET_REUSED: Words("ACQ.INVALID_PARAMETER", "预算号已用于另一内容"),
    Reason.BUDGET_SPENT: Words("ACQ.INVALID_PARAMETER", "优惠已发完"),
    Reason.BUDGET_TAKEN: Words("ACQ.INVALID_PARAMETER", "优惠次数已用完"),
    Reason.BUDGET_UNSUITED: Words("ACQ.INVALID_PARAMETER", "订单不适用这项优惠"),
    Reason.BUSY: Words("isv.app-call-limited", "请求过多，本次未受理，请稍后重试", "40005"),
    Reason.CHANNEL_CONTRADICTS: Words(_PARAMETER, "渠道前后答复不一致"),
    Reason.CHANNEL_ELSEWHERE: Words(_PARAMETER, "渠道不支持该终端"),
    Reason.CHANNEL_NOT_FOUND: Words(_PARAMETER, "渠道不存在"),
    Reason.CHANNEL_REQUEST_NOT_FOUND: Words(_PARAMETER, "渠道请求不存在"),
    Reason.CHANNEL_SUSPENDED: Words(_PARAMETER, "渠道已暂停"),
    Reason.CHANNEL_TAKEN: Words(_PARAMETER, "渠道已存在"),
    Reason.CLOCK_NOT_MOVED: Words(_PARAMETER, "时钟不能这样移动"),
    Reason.COUPON_EXPIRED: Words("ACQ.INVALID_PARAMETER", "优惠券已过期"),
    Reason.COUPON_NOT_EXPIRED: Words("ACQ.INVALID_PARAMETER", "优惠券未过期"),
    Reason.COUPON_NOT_FOUND: Words("ACQ.INVALID_PARAMETER", "优惠券不存在"),
    Reason.COUPON_USED: Words("ACQ.INVALID_PARAMETER", "优惠券已使用"),
    Reason.CREDENTIAL_LOCKED: Words("ACQ.BUYER_ENABLE_STATUS_FORBID", "买家支付密码已锁定"),
    Reason.CREDENTIAL_WRONG: Words("ACQ.PAYMENT_FAIL", "买家支付密码错误"),
    Reason.CURRENCY_MISMATCH: Words(_PARAMETER, "货币与订单不一致"),
    Reason.CYCLE_INVALID: Words("ACQ.INVALID_PARAMETER", "结算周期不合法"),
    Reason.CYCLE_MISSING: Words("ACQ.INVALID_PARAMETER", "没有结算周期"),
    Reason.DISPUTE_ENDED: Words("ACQ.INVALID_PARAMETER", "纠纷已结束"),
    Reason.DIFFERENCE_INVALID: Words("ACQ.INVALID_PARAMETER", "差异处理方式无效"),
    Reason.DIFFERENCE_NOT_FOUND: Words("ACQ.INVALID_PARAMETER", "对账差异不存在"),
    Reason.DIFFERENCE_SELF_APPROVAL: Words("ACQ.INVALID_PARAMETER", "不能复核自己的处理意见"),
    Reason.DIFFERENCE_STATE: Words("ACQ.INVALID_PARAMETER", "对账差异状态不允许"),
    Reason.DISPUTE_NOT_FOUND: Words("ACQ.INVALID_PARAMETER", "纠纷不存在"),
    Reason.EDITED_MEANWHILE: Words(_PARAMETER, "内容已被他人修改"),
    Reason.EVENT_NOT_DUE: Words(_PARAMETER, "通知正在发送"),
    Reason.EVENT_NOT_FOUND: Words(_PARAMETER, "通知不存在"),
    Reason.SAMPLE_NOT_TOLD: Words(_PARAMETER, "没有这种通知"),
    Reason.EXPIRY_PASSED: Words("ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR", "超时时间早于当前时间"),
    Reason.FEE_INVALID: Words("ACQ.INVALID_PARAMETER", "费率不合法"),
    Reason.GROUP_BILL_CLOSED: Words("ACQ.INVALID_PARAMETER", "群收款已结束"),
    Reason.GROUP_BILL_FULL: Words("ACQ.INVALID_PARAMETER", "群收款已收齐"),
    Reason.GROUP_BILL_INVALID: Words("ACQ.INVALID_PARAMETER", "群收款参数不合法"),
    Reason.GROUP_BILL_NOT_FOUND: Words("ACQ.INVALID_PARAMETER", "群收款不存在"),
    Reason.HOLD_DISPUTED: Words("ACQ.TRADE_STATUS_ERROR", "订单有未决纠纷，资金已冻结"),
    Reason.HOLD_EXTENSION_INVALID: Words("ACQ.INVALID_PARAMETER", "延长后的时间不合法"),
    Reason.HOLD_MISSING: Words("ACQ.TRADE_STATUS_ERROR", "交易没有冻结资金"),
    Reason.HOLD_NOT_DISPUTED: Words("ACQ.TRADE_STATUS_ERROR", "订单没有纠纷"),
    Reason.HOLD_NOT_EXPIRED: Words("ACQ.TRADE_STATUS_ERROR", "冻结资金尚未到期"),
    Reason.HOLD_OF_STORE: Words("ACQ.TRADE_SETTLE_ERROR", "店铺订单按约定结算，不能手动分账"),
    Reason.HOLD_RELEASED: Words("ACQ.TRADE_SETTLE_ERROR", "交易冻结资金已解冻"),
    Reason.IDEMPOTENCY_KEY_REUSED: Words(_PARAMETER, "幂等键已用于其他请求"),
    Reason.INSUFFICIENT_FUNDS: Words("ACQ.BUYER_BALANCE_NOT_ENOUGH", "买家余额不足"),
    Reason.KEY_NOT_FOUND: Words(_PARAMETER, "密钥不存在"),
    Reason.KEY_TAKEN: Words(_PARAMETER, "密钥已存在"),
    Reason.LEVEL_UNKNOWN: Words("ACQ.INVALID_PARAMETER", "身份等级不存在"),
    Reason.LIMIT_INVALID: Words("ACQ.INVALID_PARAMETER", "限额不合法"),
    Reason.LIMIT_PER_DAY: Words("ACQ.BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR", "买家付款日限额超限"),
    Reason.LIMIT_PER_PAYMENT: Words("ACQ.BEYOND_PER_RECEIPT_RESTRICTION", "超过买家单笔付款限额"),
    Reason.LIMIT_PER_YEAR: Words("ACQ.BEYOND_PAY_RESTRICTION", "买家付款年限额超限"),
    Reason.MEMBER_NOT_FOUND: Words("ACQ.ACCESS_FORBIDDEN", "成员不存在"),
    Reason.MEMBER_NOT_PERMITTED: Words("ACQ.ACCESS_FORBIDDEN", "成员没有这项权限"),
    Reason.MEMBER_SELF: Words("ACQ.ACCESS_FORBIDDEN", "成员不能改自己的角色"),
    Reason.MEMBER_TAKEN: Words("ACQ.ACCESS_FORBIDDEN", "用户名已有人使用"),
    Reason.MERCHANT_FUNDS_INSUFFICIENT: Words(
        "ACQ.SELLER_BALANCE_NOT_ENOUGH", "卖家余额不足，请充值后用原请求号重新发起"
    ),
    Reason.MERCHANT_NOT_FOUND: Words("ACQ.SELLER_NOT_EXIST", "卖家不存在"),
    Reason.MERCHANT_TAKEN: Words("ACQ.ACCESS_FORBIDDEN", "商户号已存在"),
    Reason.MERGER_INVALID: Words("ACQ.INVALID_PARAMETER", "合并方案不合法"),
    Reason.MERGER_NOT_FOUND: Words("ACQ.INVALID_PARAMETER", "合并方案不存在"),
    Reason.MERGER_SELF_APPROVAL: Words("ACQ.INVALID_PARAMETER", "不能审批自己起草的合并方案"),
    Reason.MERGER_STATE: Words("ACQ.INVALID_PARAMETER", "合并方案状态不允许此操作"),
    Reason.MERGER_UNDER_WAY: Words("ACQ.INVALID_PARAMETER", "平台正在合并"),
    Reason.METHOD_BANNED: Words("ACQ.ERROR_BALANCE_PAYMENT_DISABLE", "平台已停用该支付方式"),
    Reason.METHOD_NOT_CONNECTED: Words("ACQ.ERROR_BALANCE_PAYMENT_DISABLE", "平台未开通该支付方式"),
    Reason.METHOD_SUSPENDED: Words("ACQ.ERROR_BALANCE_PAYMENT_DISABLE", "平台已暂停该支付方式"),
    Reason.METHOD_TAKEN: Words("ACQ.INVALID_PARAMETER", "支付方式编号已存在"),
    Reason.METHOD_UNKNOWN: Words("ACQ.INVALID_PARAMETER", "支付方式不存在"),
    Reason.ORDER_ALREADY_PAID: Words("ACQ.TRADE_HAS_SUCCESS", "交易已被支付"),
    Reason.ORDER_CLOSED: Words("ACQ.TRADE_HAS_CLOSE", "交易已经关闭"),
    Reason.ORDER_EXPIRED: Words("ACQ.TRADE_HAS_CLOSE", "交易已经超时关闭"),
    Reason.ORDER_IN_BASKET: Words("ACQ.TRADE_STATUS_ERROR", "合单的订单不能单独支付"),
    Reason.ORDER_NOT_EXPIRED: Words("ACQ.TRADE_STATUS_ERROR", "交易尚未超时"),
    Reason.ORDER_NOT_FOUND: Words("ACQ.TRADE_NOT_EXIST", "交易不存在"),
    Reason.ORDER_NOT_PAID: Words("ACQ.TRADE_STATUS_ERROR", "交易状态不合法：尚未支付"),
    Reason.PACKET_EMPTY: Words("ACQ.INVALID_PARAMETER", "红包已领完"),
    Reason.PACKET_EXPIRED: Words("ACQ.INVALID_PARAMETER", "红包已过期"),
    Reason.PACKET_NOT_EXPIRED: Words("ACQ.INVALID_PARAMETER", "红包未过期"),
    Reason.PACKET_NOT_FOUND: Words("ACQ.INVALID_PARAMETER", "红包不存在"),
    Reason.PACKET_SHARES_INVALID: Words("ACQ.INVALID_PARAMETER", "红包个数不合法"),
    Reason.PARTNER_RELATION_MISSING: Words(
        "aop.invalid-app-auth-token", "无效的应用授权令牌", "20001"
    ),
    Reason.PASSKEY_COPIED: Words("ACQ.INVALID_PARAMETER", "通行密钥可能被复制"),
    Reason.PASSKEY_EXPIRED: Words("ACQ.INVALID_PARAMETER", "通行密钥验证已过期"),
    Reason.PASSKEY_NOT_PERMITTED: Words("ACQ.INVALID_PARAMETER", "通行密钥不能用于确认支付"),
    Reason.PASSKEY_NOT_FOUND: Words("ACQ.INVALID_PARAMETER", "通行密钥不存在"),
    Reason.PASSKEY_WRONG: Words("ACQ.INVALID_PARAMETER", "通行密钥未通过验证"),
    Reason.ORIGIN_INVALID: Words("ACQ.INVALID_PARAMETER", "网站格式错误"),
    Reason.PASSKEYS_TOO_MANY: Words("ACQ.INVALID_PARAMETER", "通行密钥数量已达上限"),
    Reason.PAY_CODE_EXPIRED: Words("ACQ.PAYMENT_AUTH_CODE_INVALID", "付款码已过期"),
    Reason.PAY_CODE_UNKNOWN: Words("ACQ.PAYMENT_AUTH_CODE_INVALID", "付款码无效"),
    Reason.PAY_CODE_USED: Words("ACQ.PAYMENT_AUTH_CODE_INVALID", "付款码已使用"),
    Reason.PAYEE_MISMATCH: Words("ACQ.PAYEE_NOT_EXIST", "收款用户不一致"),
    Reason.PAYEE_NAME_MISMATCH: Words("ACQ.PAYEE_USER_INFO_ERROR", "收款用户姓名不一致"),
    Reason.PAYER_MISMATCH: Words("ACQ.TRADE_BUYER_NOT_MATCH", "交易买家不匹配"),
    Reason.PAYMENT_ID_REUSED: Words("ACQ.CONTEXT_INCONSISTENT", "付款编号已用于另一笔付款"),
    Reason.PAYOUT_CANCELLED: Words("ACQ.ORDER_STATUS_INVALID", "转账单已撤销"),
    Reason.PAYOUT_EXPIRED: Words("ACQ.ORDER_STATUS_INVALID", "转账单已过期，资金已退回"),
    Reason.PAYOUT_FAILED: Words("ACQ.ORDER_STATUS_INVALID", "转账单已失败"),
    Reason.PAYOUT_NOT_EXPIRED: Words("ACQ.ORDER_STATUS_INVALID", "转账单尚未过期"),
    Reason.PAYOUT_NOT_FOUND: Words("ACQ.ORDER_NOT_EXIST", "转账单不存在"),
    Reason.PAYOUT_PAID: Words("ACQ.ORDER_STATUS_INVALID", "转账已入账"),
    Reason.PAYOUT_REFERENCE_REUSED: Words(
        "ACQ.PAYMENT_INFO_INCONSISTENCY", "两次请求商户单号一样，但是参数不一致"
    ),
    Reason.PENDING_EXCEEDED: Words("ACQ.REQUEST_AMOUNT_EXCEED", "超过冻结金额"),
    Reason.PENDING_EXPIRED: Words("ACQ.AUTH_ORDER_HAS_CLOSED", "冻结已过期"),
    Reason.PENDING_NOT_EXPIRED: Words("ACQ.TRADE_STATUS_ERROR", "冻结尚未过期"),
    Reason.PENDING_NOT_FOUND: Words("ACQ.AUTH_NO_ERROR", "冻结不存在"),
    Reason.PENDING_POSTED: Words("ACQ.AUTH_ORDER_HAS_FINISHED", "冻结已完成"),
    Reason.PENDING_VOIDED: Words("ACQ.AUTH_ORDER_HAS_CLOSED", "冻结已撤销"),
    Reason.PHONE_TAKEN: Words(_PARAMETER, "手机号已注册"),
    Reason.PIN_RESET_NOT_OPEN: Words("ACQ.INVALID_PARAMETER", "支付密码重设未开放"),
    Reason.PIN_RESET_WAITING: Words("ACQ.BUYER_ENABLE_STATUS_FORBID", "买家正在重设支付密码"),
    Reason.PLATFORM_MERGED: Words("ACQ.INVALID_PARAMETER", "平台已并入其他平台"),
    Reason.PLATFORM_NOT_FOUND: Words("ACQ.INVALID_PARAMETER", "平台不存在"),
    Reason.POLICY_CONTRADICTORY: Words("ACQ.INVALID_PARAMETER", "受理规则自相矛盾"),
    Reason.POLICY_DECIDED: Words("ACQ.INVALID_PARAMETER", "受理规则草案已处理"),
    Reason.POLICY_INVALID: Words("ACQ.INVALID_PARAMETER", "受理规则不合法"),
    Reason.POLICY_NOT_FOUND: Words("ACQ.INVALID_PARAMETER", "受理规则草案不存在"),
    Reason.POLICY_OVERLAPS: Words("ACQ.INVALID_PARAMETER", "受理规则时段重叠"),
    Reason.POLICY_SELF_APPROVAL: Words("ACQ.ACCESS_FORBIDDEN", "不能批准自己的草案"),
    Reason.RECEIVER_NOT_FOUND: Words("ACQ.ROYALTY_RECEIVER_INVALID", "分账收入方没有绑定分账关系"),
    Reason.RECEIVER_REPEATED: Words(_PARAMETER, "分账收入方重复"),
    Reason.REFERENCE_REUSED: Words(
        "ACQ.CONTEXT_INCONSISTENT", "交易信息被篡改：同一商户订单号的参数必须相同"
    ),
    Reason.REFUND_EXCEEDS_PAYMENT: Words("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", "退款金额超限"),
    Reason.REFUND_FINAL: Words("ACQ.TRADE_STATUS_ERROR", "退款已完结"),
    Reason.REFUND_NEEDS_SECOND: Words("ACQ.INVALID_PARAMETER", "退款金额较大，需另一位操作员复核"),
    Reason.REFUND_NOT_FOUND: Words("ACQ.TRADE_NOT_EXIST", "退款不存在"),
    Reason.REFUND_PROPOSAL_DECIDED: Words("ACQ.INVALID_PARAMETER", "退款申请已处理"),
    Reason.REFUND_PROPOSAL_NOT_FOUND: Words("ACQ.INVALID_PARAMETER", "退款申请不存在"),
    Reason.REFUND_PROPOSAL_SELF_APPROVAL: Words("ACQ.INVALID_PARAMETER", "不能复核自己的退款申请"),
    Reason.REFUND_REFERENCE_REUSED: Words(
        "ACQ.DISCORDANT_REPEAT_REQUEST", "不一致的请求：同一退款请求号的金额必须相同"
    ),
    Reason.REFUND_THRESHOLD_INVALID: Words("ACQ.INVALID_PARAMETER", "复核金额无效"),
    Reason.REFUND_TOO_LATE: Words("ACQ.TRADE_HAS_FINISHED", "交易已经结束，不能退款"),
    Reason.REFUNDS_TOO_MANY: Words("ACQ.TRADE_NOT_ALLOW_REFUND", "一笔交易最多退款50次"),
    Reason.RETURN_EXCEEDS_SHARE: Words(
        "ACQ.REFUND_ROYALTY_AMOUNT_EXCEED", "退分账金额超过已分金额"
    ),
    Reason.RETURN_TOO_LATE: Words("ACQ.TRADE_STATUS_ERROR", "分账已超过180天，不能退分账"),
    Reason.RISK_CLEARANCE_INVALID: Words("ACQ.INVALID_PARAMETER", "放行条件无效"),
    Reason.RISK_REFUSED: Words("ACQ.PAYMENT_REQUEST_HAS_RISK", "支付有风险"),
    Reason.RISK_REVIEW: Words("ACQ.PAYMENT_REQUEST_HAS_RISK", "支付有风险，买家需经人工核实"),
    Reason.RISK_RULE_INVALID: Words("ACQ.INVALID_PARAMETER", "风险规则无效"),
    Reason.RISK_RULE_NOT_FOUND: Words("ACQ.INVALID_PARAMETER", "风险规则不存在"),
    Reason.RISK_RULE_SELF_APPROVAL: Words("ACQ.INVALID_PARAMETER", "不能复核自己起草的风险规则"),
    Reason.RISK_RULE_STATE: Words("ACQ.INVALID_PARAMETER", "风险规则状态不允许"),
    Reason.SESSION_ENDED: Words("aop.invalid-auth-token", "会话已结束", "20001"),
    Reason.SETTLEMENT_ENDED: Words("ACQ.INVALID_PARAMETER", "结算已结束"),
    Reason.SETTLEMENT_NOT_DUE: Words("ACQ.INVALID_PARAMETER", "结算日未到"),
    Reason.SETTLEMENT_NOT_FOUND: Words("ACQ.INVALID_PARAMETER", "结算单不存在"),
    Reason.SETTLEMENT_PAYING: Words("ACQ.INVALID_PARAMETER", "结算正在出款"),
    Reason.SHARE_EXCEEDS_HOLD: Words("ACQ.ALLOC_AMOUNT_VALIDATE_ERROR", "分账金额超过剩余可分金额"),
    Reason.SHARE_EXCEEDS_RATIO: Words(
        "ACQ.ALLOC_AMOUNT_VALIDATE_ERROR", "分账金额超过最大可分账比例"
    ),
    Reason.SHARE_NOT_FOUND: Words("ACQ.TRADE_NOT_EXIST", "分账不存在"),
    Reason.SHARE_REFERENCE_REUSED: Words(
        "ACQ.DISCORDANT_REPEAT_REQUEST", "同一分账请求号的参数必须相同"
    ),
    Reason.SHARES_TOO_MANY: Words("ACQ.TRADE_SETTLE_ERROR", "一笔交易最多分账50次"),
    Reason.STATEMENT_MISSING: Words(_PARAMETER, "对账单不存在"),
    Reason.STATEMENT_TOTAL_WRONG: Words(_PARAMETER, "对账单余额不符"),
    Reason.STATEMENT_UNREADABLE: Words(_PARAMETER, "对账单格式错误"),
    Reason.STORE_INVALID: Words("ACQ.INVALID_PARAMETER", "店铺信息不合法"),
    Reason.STORE_NOT_FOUND: Words("ACQ.INVALID_PARAMETER", "店铺不存在"),
    Reason.STORE_NOT_OPEN: Words("ACQ.ACCESS_FORBIDDEN", "店铺未营业"),
    Reason.STORE_STATE: Words("ACQ.INVALID_PARAMETER", "店铺状态不允许此操作"),
    Reason.TERMINAL_UNKNOWN: Words("ACQ.INVALID_PARAMETER", "终端类型不存在"),
    Reason.TRANSFER_TO_SELF: Words("ACQ.BUYER_SELLER_EQUAL", "买卖家不能相同"),
    Reason.UNAVAILABLE: Words("isp.unknow-error", "服务暂不可用，请查询后用原参数重试", "20000"),
    Reason.USER_NOT_FOUND: Words("ACQ.BUYER_NOT_EXIST", "买家不存在"),
}


def refusal(refused: Refused) -> AlipayError:
    """A refusal of the network as this protocol says it."""
    words = REASONS[refused.reason]
    why = f"：{refused.detail}" if refused.reason in METHOD_REASONS and refused.detail else ""
    if refused.since != NEVER:
        why += f"（自 {to_rfc3339(refused.since)} 起）"
    if refused.reason in LIMIT_REASONS and refused.detail:
        why = f"，{refused.detail} 起恢复"
    return AlipayError(words.code, words.sub_code, words.message + why)


def business(sub_code: str, message: str) -> AlipayError:
    """40004: the method's own refusal."""
    return AlipayError(BUSINESS, sub_code, message)


def missing(name: str, message: str) -> AlipayError:
    """40001: a public parameter is not there."""
    return AlipayError(MISSING, f"isv.missing-{name}", message)


def invalid(name: str, message: str) -> AlipayError:
    """40002: a public parameter is wrong."""
    return AlipayError(INVALID, f"isv.{name}", message)


def bad_content(issue: str) -> AlipayError:
    """40004: a member of the content is missing or wrong."""
    return business(_PARAMETER, f"参数无效：{issue}")


def unavailable() -> AlipayError:
    """20000: the database cannot be read now."""
    return refusal(Refused(Reason.UNAVAILABLE))


def unknown() -> AlipayError:
    """20000: a bug of ours; whether something was done must be asked."""
    return AlipayError("20000", "aop.unknow-error", "系统繁忙，请查询后用原参数重试")
