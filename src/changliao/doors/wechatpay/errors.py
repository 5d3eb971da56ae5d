"""Every reason to say no, in WeChat Pay's words: HTTP status, code and message.

Source: wechatpay-v3.md §6 and the error tables of §8. Where the documents name no code, the choice
is marked in docs/doors/wechatpay.md.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from changliao.core.clock import NEVER, to_rfc3339
from changliao.core.outcome import LIMIT_REASONS, METHOD_REASONS, Reason, Refused


class WechatError(Exception):
    """An answer that is not a success. `detail` is for developers."""

    def __init__(
        self, status: int, code: str, message: str, detail: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message
        self.detail = detail

    def body(self) -> bytes:
        """The JSON that SDKs read."""
        fields: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.detail:
            fields["detail"] = self.detail
        return msgspec.json.encode(fields)


class Words(Struct, frozen=True):
    """How one reason is said."""

    status: int
    code: str
    message: str


_PARAM: Final = "PARAM_ERROR"
_INVALID: Final = "INVALID_REQUEST"
_SYSTEM: Final = Words(500, "SYSTEM_ERROR", "系统异常，请稍后用相同参数重试")
REASONS: Final[Mapping[Reason, Words]] = {
    Reason.AMOUNT_CHANGED: Words(403, "TRADE_ERROR", "付款金额与订单金额不一致，请重新打开订单"),
    Reason.AMOUNT_NOT_POSITIVE: Words(400, _PARAM, "金额低于最小值 1"),
    Reason.AMOUNT_TOO_LARGE: Words(400, _PARAM, "金额超过上限 1000000000000 分"),
    Reason.APP_NOT_BOUND: Words(400, "APPID_MCHID_NOT_MATCH", "商户号和appid不匹配，请先绑定"),
    Reason.APP_TAKEN: Words(400, _INVALID, "appid已被其他商户绑定"),
    Reason.AUTHORIZATION_CAPTURED: Words(403, "RULE_LIMIT", "预授权已转支付，不能撤销"),
    Reason.AUTHORIZATION_CLOSED: Words(403, "RULE_LIMIT", "预授权已关闭"),
    Reason.AUTHORIZATION_EXCEEDED: Words(403, "RULE_LIMIT", "超过剩余冻结金额"),
    Reason.AUTHORIZATION_EXPIRED: Words(403, "RULE_LIMIT", "预授权已过期"),
    Reason.AUTHORIZATION_FINISHED: Words(403, "RULE_LIMIT", "预授权已完结"),
    Reason.AUTHORIZATION_FROZEN: Words(403, "RULE_LIMIT", "预授权资金已冻结"),
    Reason.AUTHORIZATION_NOT_EXPIRED: Words(403, "RULE_LIMIT", "预授权尚未过期"),
    Reason.AUTHORIZATION_NOT_FOUND: Words(404, "RESOURCE_NOT_EXISTS", "预授权不存在"),
    Reason.AUTHORIZATION_NOT_FROZEN: Words(403, "RULE_LIMIT", "预授权资金尚未冻结"),
    Reason.AUTHORIZATION_REFERENCE_REUSED: Words(400, _INVALID, "单号已用于另一笔预授权操作"),
    Reason.BASKET_INCOMPLETE: Words(400, _PARAM, "子单须为2至50笔，且须与下单时完全一致"),
    Reason.BUDGET_CAPPED: Words(400, "INVALID_REQUEST", "预算已到上限"),
    Reason.BUDGET_CLOSED: Words(400, "INVALID_REQUEST", "优惠活动已结束"),
    Reason.BUDGET_INVALID: Words(400, "PARAM_ERROR", "预算参数不合法"),
    Reason.BUDGET_NOT_ENDED: Words(400, "INVALID_REQUEST", "优惠活动未结束"),
    Reason.BUDGET_NOT_FOUND: Words(404, "RESOURCE_NOT_EXISTS", "优惠活动不存在"),
    Reason.BUDGET_PAUSED: Words(400, "INVALID_REQUEST", "优惠活动已暂停"),
    Reason.BUDGET_REUSED: Words(400, "INVALID_REQUEST", "预算号已用于另一内容"),
    Reason.BUDGET_SPENT: Words(400, "INVALID_REQUEST", "优惠已发完"),
    Reason.BUDGET_TAKEN: Words(400, "INVALID_REQUEST", "优惠次数已用完"),
    Reason.BUDGET_UNSUITED: Words(400, "INVALID_REQUEST", "订单不适用这项优惠"),
    Reason.BASKET_INCOMPLETE: Words(400, _PARAM, "子单数量不符，或与下单时不一致"),
    Reason.BUSY: Words(429, "FREQUENCY_LIMITED", "请求过多，本次未受理，请稍后用相同参数重试"),
    Reason.CHANNEL_CONTRADICTS: Words(400, _INVALID, "渠道前后答复不一致"),
    Reason.CHANNEL_ELSEWHERE: Words(400, _INVALID, "渠道不支持该终端"),
    Reason.CHANNEL_NOT_FOUND: Words(404, "RESOURCE_NOT_EXISTS", "渠道不存在"),
    Reason.CHANNEL_REQUEST_NOT_FOUND: Words(404, "RESOURCE_NOT_EXISTS", "渠道请求不存在"),
    Reason.CHANNEL_SUSPENDED: Words(400, _INVALID, "渠道已暂停"),
    Reason.CHANNEL_TAKEN: Words(400, _INVALID, "渠道已存在"),
    Reason.CLOCK_NOT_MOVED: Words(400, _INVALID, "沙箱时钟只能向前拨"),
    Reason.COUPON_EXPIRED: Words(400, "INVALID_REQUEST", "优惠券已过期"),
    Reason.COUPON_NOT_EXPIRED: Words(400, "INVALID_REQUEST", "优惠券未过期"),
    Reason.COUPON_NOT_FOUND: Words(404, "RESOURCE_NOT_EXISTS", "优惠券不存在"),
    Reason.COUPON_USED: Words(400, "INVALID_REQUEST", "优惠券已使用"),
    Reason.CREDENTIAL_LOCKED: Words(403, "USER_ACCOUNT_ABNORMAL", "支付密码已锁定，请稍后再试"),
    Reason.CREDENTIAL_WRONG: Words(403, "TRADE_ERROR", "支付密码错误"),
    Reason.CURRENCY_MISMATCH: Words(400, _PARAM, "货币与订单不一致"),
    Reason.CYCLE_INVALID: Words(400, "PARAM_ERROR", "结算周期不合法"),
    Reason.CYCLE_MISSING: Words(404, "RESOURCE_NOT_EXISTS", "没有结算周期"),
    Reason.DISPUTE_ENDED: Words(400, "INVALID_REQUEST", "纠纷已结束"),
    Reason.DIFFERENCE_INVALID: Words(400, "PARAM_ERROR", "差异处理方式无效"),
    Reason.DIFFERENCE_NOT_FOUND: Words(404, "RESOURCE_NOT_EXISTS", "对账差异不存在"),
    Reason.DIFFERENCE_SELF_APPROVAL: Words(400, "PARAM_ERROR", "不能复核自己的处理意见"),
    Reason.DIFFERENCE_STATE: Words(400, "PARAM_ERROR", "对账差异状态不允许"),
    Reason.DISPUTE_NOT_FOUND: Words(404, "RESOURCE_NOT_EXISTS", "纠纷不存在"),
    Reason.EDITED_MEANWHILE: Words(400, _INVALID, "内容已被他人修改"),
    Reason.EVENT_NOT_DUE: Words(400, _INVALID, "通知正在发送"),
    Reason.EVENT_NOT_FOUND: Words(404, "RESOURCE_NOT_EXISTS", "通知不存在"),
    Reason.SAMPLE_NOT_TOLD: Words(400, _INVALID, "没有这种通知"),
    Reason.EXPIRY_PASSED: Words(400, _PARAM, "time_expire必须晚于当前时间"),
    Reason.FEE_INVALID: Words(400, "PARAM_ERROR", "费率不合法"),
    Reason.GROUP_BILL_CLOSED: Words(400, "INVALID_REQUEST", "群收款已结束"),
    Reason.GROUP_BILL_FULL: Words(400, "INVALID_REQUEST", "群收款已收齐"),
    Reason.GROUP_BILL_INVALID: Words(400, "PARAM_ERROR", "群收款参数不合法"),
    Reason.GROUP_BILL_NOT_FOUND: Words(404, "RESOURCE_NOT_EXISTS", "群收款不存在"),
    Reason.HOLD_DISPUTED: Words(400, "INVALID_REQUEST", "订单有未决纠纷，资金已冻结"),
    Reason.HOLD_EXTENSION_INVALID: Words(400, "PARAM_ERROR", "延长后的时间不合法"),
    Reason.HOLD_MISSING: Words(400, _INVALID, "非分账订单不支持分账"),
    Reason.HOLD_NOT_DISPUTED: Words(400, "INVALID_REQUEST", "订单没有纠纷"),
    Reason.HOLD_NOT_EXPIRED: Words(400, _INVALID, "冻结资金尚未到期"),
    Reason.HOLD_OF_STORE: Words(400, _INVALID, "店铺订单按约定结算，不能手动分账"),
    Reason.HOLD_RELEASED: Words(400, _INVALID, "订单剩余资金已解冻，不能再分账"),
    Reason.IDEMPOTENCY_KEY_REUSED: Words(400, _INVALID, "幂等键已用于其他请求"),
    Reason.INSUFFICIENT_FUNDS: Words(403, "NOT_ENOUGH", "余额不足"),
    Reason.KEY_NOT_FOUND: Words(404, "RESOURCE_NOT_EXISTS", "证书不存在"),
    Reason.KEY_TAKEN: Words(400, _INVALID, "证书序列号已存在"),
    Reason.LEVEL_UNKNOWN: Words(400, "PARAM_ERROR", "身份等级不存在"),
    Reason.LIMIT_INVALID: Words(400, "PARAM_ERROR", "限额不合法"),
    Reason.LIMIT_PER_DAY: Words(403, "RULE_LIMIT", "超过付款人身份等级的单日限额"),
    Reason.LIMIT_PER_PAYMENT: Words(403, "RULE_LIMIT", "超过付款人身份等级的单笔限额"),
    Reason.LIMIT_PER_YEAR: Words(403, "RULE_LIMIT", "超过付款人身份等级的年度限额"),
    Reason.MEMBER_NOT_FOUND: Words(404, "RESOURCE_NOT_EXISTS", "成员不存在"),
    Reason.MEMBER_NOT_PERMITTED: Words(403, "NO_AUTH", "成员没有这项权限"),
    Reason.MEMBER_SELF: Words(403, "NO_AUTH", "成员不能改自己的角色"),
    Reason.MEMBER_TAKEN: Words(400, _INVALID, "用户名已有人使用"),
    Reason.MERCHANT_FUNDS_INSUFFICIENT: Words(
        403, "NOT_ENOUGH", "商户可用余额不足，请充值后用原单号重新发起"
    ),
    Reason.MERCHANT_NOT_FOUND: Words(400, "MCH_NOT_EXISTS", "商户号不存在"),
    Reason.MERCHANT_TAKEN: Words(400, _INVALID, "商户号已存在"),
    Reason.MERGER_INVALID: Words(400, "INVALID_REQUEST", "合并方案不合法"),
    Reason.MERGER_NOT_FOUND: Words(400, "INVALID_REQUEST", "合并方案不存在"),
    Reason.MERGER_SELF_APPROVAL: Words(400, "INVALID_REQUEST", "不能审批自己起草的合并方案"),
    Reason.MERGER_STATE: Words(400, "INVALID_REQUEST", "合并方案状态不允许此操作"),
    Reason.MERGER_UNDER_WAY: Words(400, "INVALID_REQUEST", "平台正在合并"),
    Reason.METHOD_BANNED: Words(403, "RULE_LIMIT", "平台已停用该支付方式"),
    Reason.METHOD_NOT_CONNECTED: Words(403, "RULE_LIMIT", "平台未开通该支付方式"),
    Reason.METHOD_SUSPENDED: Words(403, "RULE_LIMIT", "平台已暂停该支付方式"),
    Reason.METHOD_TAKEN: Words(400, "INVALID_REQUEST", "支付方式编号已存在"),
    Reason.METHOD_UNKNOWN: Words(400, "PARAM_ERROR", "支付方式不存在"),
    Reason.ORDER_ALREADY_PAID: Words(400, "ORDERPAID", "该订单已支付"),
    Reason.ORDER_CLOSED: Words(400, "ORDER_CLOSED", "该订单已关闭，请换商户订单号重新下单"),
    Reason.ORDER_EXPIRED: Words(400, "ORDER_CLOSED", "该订单已过期，请重新下单"),
    Reason.ORDER_IN_BASKET: Words(404, "ORDER_NOT_EXIST", "合单子单不能单独操作"),
    Reason.ORDER_NOT_EXPIRED: Words(400, _INVALID, "订单尚未过期"),
    Reason.ORDER_NOT_FOUND: Words(404, "ORDER_NOT_EXIST", "订单不存在"),
    Reason.ORDER_NOT_PAID: Words(404, "RESOURCE_NOT_EXISTS", "订单不存在或未支付，不能退款"),
    Reason.PACKET_EMPTY: Words(400, "INVALID_REQUEST", "红包已领完"),
    Reason.PACKET_EXPIRED: Words(400, "INVALID_REQUEST", "红包已过期"),
    Reason.PACKET_NOT_EXPIRED: Words(400, "INVALID_REQUEST", "红包未过期"),
    Reason.PACKET_NOT_FOUND: Words(404, "RESOURCE_NOT_EXISTS", "红包不存在"),
    Reason.PACKET_SHARES_INVALID: Words(400, "PARAM_ERROR", "红包个数不合法"),
    Reason.PARTNER_RELATION_MISSING: Words(403, "NO_AUTH", "受理关系不存在"),
    Reason.PASSKEY_COPIED: Words(403, "NO_AUTH", "通行密钥可能被复制"),
    Reason.PASSKEY_EXPIRED: Words(403, "NO_AUTH", "通行密钥验证已过期"),
    Reason.PASSKEY_NOT_PERMITTED: Words(403, "NO_AUTH", "通行密钥不能用于确认支付"),
    Reason.PASSKEY_NOT_FOUND: Words(404, "RESOURCE_NOT_EXISTS", "通行密钥不存在"),
    Reason.PASSKEY_WRONG: Words(403, "NO_AUTH", "通行密钥未通过验证"),
    Reason.ORIGIN_INVALID: Words(400, _INVALID, "网站格式错误"),
    Reason.PASSKEYS_TOO_MANY: Words(403, "NO_AUTH", "通行密钥数量已达上限"),
    Reason.PAY_CODE_EXPIRED: Words(400, _INVALID, "付款码已过期，请用户刷新后重新扫码"),
    Reason.PAY_CODE_UNKNOWN: Words(400, _INVALID, "付款码无效，请扫描用户的付款码"),
    Reason.PAY_CODE_USED: Words(400, _INVALID, "付款码已使用，请用户刷新后重新扫码"),
    Reason.PAYEE_MISMATCH: Words(403, "NO_AUTH", "收款用户不一致"),
    Reason.PAYEE_NAME_MISMATCH: Words(400, _INVALID, "收款用户姓名校验不通过"),
    Reason.PAYER_MISMATCH: Words(403, "TRADE_ERROR", "商家订单信息有误，请重新下单支付"),
    Reason.PAYMENT_ID_REUSED: Words(400, _INVALID, "付款编号已用于另一笔付款"),
    Reason.PAYOUT_CANCELLED: Words(400, _INVALID, "转账单已撤销"),
    Reason.PAYOUT_EXPIRED: Words(400, _INVALID, "转账单已超过24小时未确认，资金已退回"),
    Reason.PAYOUT_FAILED: Words(400, _INVALID, "转账单已失败，请换单号重新发起"),
    Reason.PAYOUT_NOT_EXPIRED: Words(400, _INVALID, "转账单尚未过期"),
    Reason.PAYOUT_NOT_FOUND: Words(404, "NOT_FOUND", "转账单不存在"),
    Reason.PAYOUT_PAID: Words(400, _INVALID, "用户已确认收款，不能撤销"),
    Reason.PAYOUT_REFERENCE_REUSED: Words(
        400, _INVALID, "单号已存在但信息不一致，请查单后比较确认"
    ),
    Reason.PENDING_EXCEEDED: Words(403, "RULE_LIMIT", "超过冻结金额"),
    Reason.PENDING_EXPIRED: Words(403, "RULE_LIMIT", "冻结已过期"),
    Reason.PENDING_NOT_EXPIRED: Words(403, "RULE_LIMIT", "冻结尚未过期"),
    Reason.PENDING_NOT_FOUND: Words(404, "RESOURCE_NOT_EXISTS", "冻结不存在"),
    Reason.PENDING_POSTED: Words(403, "RULE_LIMIT", "冻结已完成"),
    Reason.PENDING_VOIDED: Words(403, "RULE_LIMIT", "冻结已撤销"),
    Reason.PHONE_TAKEN: Words(400, _INVALID, "手机号已注册"),
    Reason.PIN_RESET_NOT_OPEN: Words(403, "NO_AUTH", "支付密码重设未开放"),
    Reason.PIN_RESET_WAITING: Words(403, "USER_ACCOUNT_ABNORMAL", "付款人正在重设支付密码"),
    Reason.PLATFORM_MERGED: Words(400, "INVALID_REQUEST", "平台已并入其他平台"),
    Reason.PLATFORM_NOT_FOUND: Words(404, "RESOURCE_NOT_EXISTS", "平台不存在"),
    Reason.POLICY_CONTRADICTORY: Words(400, "INVALID_REQUEST", "受理规则自相矛盾"),
    Reason.POLICY_DECIDED: Words(400, "INVALID_REQUEST", "受理规则草案已处理"),
    Reason.POLICY_INVALID: Words(400, "PARAM_ERROR", "受理规则不合法"),
    Reason.POLICY_NOT_FOUND: Words(404, "RESOURCE_NOT_EXISTS", "受理规则草案不存在"),
    Reason.POLICY_OVERLAPS: Words(400, "INVALID_REQUEST", "受理规则时段重叠"),
    Reason.POLICY_SELF_APPROVAL: Words(403, "NO_AUTH", "不能批准自己的草案"),
    Reason.RECEIVER_NOT_FOUND: Words(400, _INVALID, "分账接收方关系不存在，请先添加分账接收方"),
    Reason.RECEIVER_REPEATED: Words(400, _INVALID, "同一次请求中分账接收方不能重复"),
    Reason.REFERENCE_REUSED: Words(
        403, "OUT_TRADE_NO_USED", "商户订单号重复，同一订单号的参数必须相同"
    ),
    Reason.REFUND_EXCEEDS_PAYMENT: Words(400, _INVALID, "退款金额超过订单可退金额"),
    Reason.REFUND_FINAL: Words(400, _INVALID, "退款已完结"),
    Reason.REFUND_NEEDS_SECOND: Words(403, "RULE_LIMIT", "退款金额较大，需另一位操作员复核"),
    Reason.REFUND_NOT_FOUND: Words(404, "RESOURCE_NOT_EXISTS", "退款单不存在"),
    Reason.REFUND_PROPOSAL_DECIDED: Words(400, "PARAM_ERROR", "退款申请已处理"),
    Reason.REFUND_PROPOSAL_NOT_FOUND: Words(404, "RESOURCE_NOT_EXISTS", "退款申请不存在"),
    Reason.REFUND_PROPOSAL_SELF_APPROVAL: Words(400, "PARAM_ERROR", "不能复核自己的退款申请"),
    Reason.REFUND_REFERENCE_REUSED: Words(
        400, _INVALID, "订单金额或退款金额与之前请求不一致，请核实后再试"
    ),
    Reason.REFUND_THRESHOLD_INVALID: Words(400, "PARAM_ERROR", "复核金额无效"),
    Reason.REFUND_TOO_LATE: Words(400, _INVALID, "订单支付已超过365天，不能退款"),
    Reason.REFUNDS_TOO_MANY: Words(400, _INVALID, "一笔订单最多退款50次"),
    Reason.RETURN_EXCEEDS_SHARE: Words(400, _INVALID, "回退金额超过可回退金额"),
    Reason.RETURN_TOO_LATE: Words(400, _INVALID, "分账已超过180天，不能回退"),
    Reason.RISK_CLEARANCE_INVALID: Words(400, "PARAM_ERROR", "放行条件无效"),
    Reason.RISK_REFUSED: Words(403, "RULE_LIMIT", "交易存在风险，已被拦截"),
    Reason.RISK_REVIEW: Words(403, "RULE_LIMIT", "交易存在风险，付款人需经人工核实"),
    Reason.RISK_RULE_INVALID: Words(400, "PARAM_ERROR", "风险规则无效"),
    Reason.RISK_RULE_NOT_FOUND: Words(404, "RESOURCE_NOT_EXISTS", "风险规则不存在"),
    Reason.RISK_RULE_SELF_APPROVAL: Words(400, "PARAM_ERROR", "不能复核自己起草的风险规则"),
    Reason.RISK_RULE_STATE: Words(400, "PARAM_ERROR", "风险规则状态不允许"),
    Reason.SESSION_ENDED: Words(401, "SIGN_ERROR", "会话已结束"),
    Reason.SETTLEMENT_ENDED: Words(400, "INVALID_REQUEST", "结算已结束"),
    Reason.SETTLEMENT_NOT_DUE: Words(400, "INVALID_REQUEST", "结算日未到"),
    Reason.SETTLEMENT_NOT_FOUND: Words(404, "RESOURCE_NOT_EXISTS", "结算单不存在"),
    Reason.SETTLEMENT_PAYING: Words(400, "INVALID_REQUEST", "结算正在出款"),
    Reason.SHARE_EXCEEDS_HOLD: Words(403, "NOT_ENOUGH", "分账金额超过订单剩余待分金额"),
    Reason.SHARE_EXCEEDS_RATIO: Words(403, "RULE_LIMIT", "分账金额超过最大分账比例"),
    Reason.SHARE_NOT_FOUND: Words(404, "RESOURCE_NOT_EXISTS", "分账单或回退单不存在"),
    Reason.SHARE_REFERENCE_REUSED: Words(400, _INVALID, "分账接收方与原请求不一致"),
    Reason.SHARES_TOO_MANY: Words(403, "RULE_LIMIT", "一笔订单最多分账50次"),
    Reason.STATEMENT_MISSING: Words(404, "RESOURCE_NOT_EXISTS", "对账单不存在"),
    Reason.STATEMENT_TOTAL_WRONG: Words(400, "PARAM_ERROR", "对账单余额不符"),
    Reason.STATEMENT_UNREADABLE: Words(400, "PARAM_ERROR", "对账单格式错误"),
    Reason.STORE_INVALID: Words(400, "PARAM_ERROR", "店铺信息不合法"),
    Reason.STORE_NOT_FOUND: Words(404, "RESOURCE_NOT_EXISTS", "店铺不存在"),
    Reason.STORE_NOT_OPEN: Words(403, "NO_AUTH", "店铺未营业"),
    Reason.STORE_STATE: Words(400, "INVALID_REQUEST", "店铺状态不允许此操作"),
    Reason.TERMINAL_UNKNOWN: Words(400, "PARAM_ERROR", "终端类型不存在"),
    Reason.TRANSFER_TO_SELF: Words(400, _INVALID, "不能转账给自己"),
    Reason.UNAVAILABLE: Words(503, "SERVICE_UNAVAILABLE", "服务暂不可用，请稍后用相同参数重试"),
    Reason.USER_NOT_FOUND: Words(403, "USER_ACCOUNT_ABNORMAL", "用户不存在"),
}


def refusal(refused: Refused) -> WechatError:
    """A refusal of the network as this protocol says it."""
    words = REASONS[refused.reason]
    why = f"：{refused.detail}" if refused.reason in METHOD_REASONS and refused.detail else ""
    if refused.since != NEVER:
        why += f"（自 {to_rfc3339(refused.since)} 起）"
    if refused.reason in LIMIT_REASONS and refused.detail:
        why = f"，{refused.detail} 起恢复"
    return WechatError(words.status, words.code, words.message + why)


def sign_error(message: str, detail: Mapping[str, Any] | None = None) -> WechatError:
    """401: nobody is let in."""
    return WechatError(401, "SIGN_ERROR", message, detail)


def param_error(field: str, issue: str, location: str = "body") -> WechatError:
    """400: one field is wrong; `field` is a JSON pointer in bodies, a name elsewhere."""
    detail = {"field": field, "issue": issue, "location": location}
    return WechatError(400, _PARAM, f"参数错误: {field} {issue}", detail)


def unavailable() -> WechatError:
    """503: the database cannot be read now."""
    return refusal(Refused(Reason.UNAVAILABLE))


def system_error() -> WechatError:
    """500: a bug of ours."""
    return WechatError(_SYSTEM.status, _SYSTEM.code, _SYSTEM.message)
