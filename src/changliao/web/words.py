"""Every reason to say no, in a payer's words: what happened, whether money moved, what to do."""

from collections.abc import Callable, Mapping
from typing import Final

from changliao.core.clock import HOUR, MINUTE, NEVER, SECOND, Instant
from changliao.core.outcome import LIMIT_REASONS, METHOD_REASONS, Reason, Refused
from changliao.web.display import full_time

REASONS: Final[Mapping[Reason, str]] = {
    Reason.AMOUNT_CHANGED: "订单金额与页面不一致。没有扣款，请重新打开订单。",
    Reason.AMOUNT_NOT_POSITIVE: "金额必须大于 0。",
    Reason.AMOUNT_TOO_LARGE: "金额超过上限。",
    Reason.APP_NOT_BOUND: "这个应用没有绑定到该商户，没有执行。请检查应用编号。",
    Reason.APP_TAKEN: "这个应用编号已被使用，没有执行。请换一个。",
    Reason.AUTHORIZATION_CAPTURED: "这笔预授权已经转过支付，不能再解冻，钱没有动。",
    Reason.AUTHORIZATION_CLOSED: "这笔预授权已关闭，没有冻结资金。",
    Reason.AUTHORIZATION_EXCEEDED: "超过了这笔预授权剩下的金额，钱没有动。",
    Reason.AUTHORIZATION_EXPIRED: "这笔预授权已过期，没有冻结资金。",
    Reason.AUTHORIZATION_FINISHED: "这笔预授权已完结。",
    Reason.AUTHORIZATION_FROZEN: "这笔预授权已经冻结，没有再次冻结。",
    Reason.AUTHORIZATION_NOT_EXPIRED: "这笔预授权还没有过期，没有执行。",
    Reason.AUTHORIZATION_NOT_FOUND: "没有这笔预授权。",
    Reason.AUTHORIZATION_NOT_FROZEN: "这笔预授权没有冻结着的钱，没有执行。",
    Reason.AUTHORIZATION_REFERENCE_REUSED: "这个单号已用于另一笔预授权，没有执行。请换一个单号。",
    Reason.BASKET_INCOMPLETE: "合单里的订单不齐，没有扣款。请重新下单。",
    Reason.BUDGET_CAPPED: "这项优惠的预算已到上限。",
    Reason.BUDGET_CLOSED: "优惠活动已结束。没有扣款。",
    Reason.BUDGET_INVALID: "预算的内容不对，没有保存。请按提示改正。",
    Reason.BUDGET_NOT_ENDED: "预算还没有结束，没有执行。",
    Reason.BUDGET_NOT_FOUND: "没有这项优惠。没有扣款。",
    Reason.BUDGET_PAUSED: "优惠活动暂停了。没有扣款。",
    Reason.BUDGET_REUSED: "这个编号已用于另一项预算，没有执行。",
    Reason.BUDGET_SPENT: "优惠已发完。没有扣款，可以按原价付款。",
    Reason.BUDGET_TAKEN: "你的优惠次数用完了。没有扣款，可以按原价付款。",
    Reason.BUDGET_UNSUITED: "这笔订单不适用这项优惠。没有扣款。",
    Reason.BUSY: "系统繁忙，没有扣款。请稍后再试。",
    Reason.CHANNEL_CONTRADICTS: "渠道给出的结果与已记下的相反，没有改动。请核对渠道的对账单。",
    Reason.CHANNEL_ELSEWHERE: "这个渠道只能在电脑上使用。没有扣款。",
    Reason.CHANNEL_NOT_FOUND: "没有这个银行或钱包渠道。没有扣款。",
    Reason.CHANNEL_REQUEST_NOT_FOUND: "没有这笔充值或提现。",
    Reason.CHANNEL_SUSPENDED: "银行暂停服务。没有扣款，请稍后再试。",
    Reason.CHANNEL_TAKEN: "已有同代码的渠道，没有执行。请换一个代码。",
    Reason.CLOCK_NOT_MOVED: "时钟没有拨动：只能往后拨，最多十年。",
    Reason.COUPON_EXPIRED: "优惠券已过期。没有扣款。",
    Reason.COUPON_NOT_EXPIRED: "优惠券还没有过期，没有执行。",
    Reason.COUPON_NOT_FOUND: "没有这张优惠券。没有扣款。",
    Reason.COUPON_USED: "优惠券已用过。没有扣款。",
    Reason.CREDENTIAL_LOCKED: "密码输错太多次，已锁定。没有扣款，请稍后再试。",
    Reason.CREDENTIAL_WRONG: "密码不正确。没有扣款。",
    Reason.CURRENCY_MISMATCH: "币种与订单不一致。没有扣款。",
    Reason.CYCLE_INVALID: "结算周期的内容不对，没有保存。请按提示改正。",
    Reason.CYCLE_MISSING: "这个商户没有设置结算周期，没有执行。请先设置。",
    Reason.DIFFERENCE_INVALID: "处理方式不适合这条差异，没有执行。请选择别的方式。",
    Reason.DIFFERENCE_NOT_FOUND: "没有这条对账差异。",
    Reason.DIFFERENCE_SELF_APPROVAL: "自己提出的处理要由另一位成员复核，没有执行。",
    Reason.DIFFERENCE_STATE: "这条差异已经被处理过，没有再次执行。请刷新查看。",
    Reason.DISPUTE_ENDED: "这个纠纷已经结束。",
    Reason.DISPUTE_NOT_FOUND: "没有这个纠纷。",
    Reason.EDITED_MEANWHILE: "别人刚改过这里，没有保存。请先看现在的内容。",
    Reason.EVENT_NOT_DUE: "这条通知正在投递或还没有到时间，没有再次发送。",
    Reason.EVENT_NOT_FOUND: "没有这条通知。",
    Reason.SAMPLE_NOT_TOLD: "这个接口没有这种通知。",
    Reason.EXPIRY_PASSED: "时间已过。",
    Reason.FEE_INVALID: "费率的内容不对，没有保存。请按提示改正。",
    Reason.GROUP_BILL_CLOSED: "这笔收款已结束，没有扣款。",
    Reason.GROUP_BILL_FULL: "已经收齐了，没有扣款。",
    Reason.GROUP_BILL_INVALID: "人数是 1 到 100 个，每人至少 0.01 元。",
    Reason.GROUP_BILL_NOT_FOUND: "没有这笔收款。",
    Reason.HOLD_DISPUTED: "这笔担保交易有未决的纠纷，钱先不动。",
    Reason.HOLD_EXTENSION_INVALID: "新的到期时间要晚于现在的，没有延长。",
    Reason.HOLD_MISSING: "这个订单没有担保中的钱，没有执行。",
    Reason.HOLD_NOT_DISPUTED: "这笔担保没有未决的纠纷，没有执行。",
    Reason.HOLD_NOT_EXPIRED: "担保还没有到期，钱没有动。",
    Reason.HOLD_OF_STORE: "这笔钱属于平台的店铺，要由平台来处理，钱没有动。",
    Reason.HOLD_RELEASED: "这笔担保已经放款，钱没有再动。",
    Reason.IDEMPOTENCY_KEY_REUSED: "同一个幂等键用在了不同的请求上，没有执行。",
    Reason.INSUFFICIENT_FUNDS: "余额不足。没有扣款，请先充值。",
    Reason.KEY_NOT_FOUND: "没有这个密钥。",
    Reason.KEY_TAKEN: "这个密钥或证书已经登记过，没有执行。",
    Reason.LEVEL_UNKNOWN: "没有这个身份等级，没有执行。",
    Reason.LIMIT_INVALID: "限额的内容不对，没有保存。请按提示改正。",
    Reason.LIMIT_PER_DAY: "今天的额度不够付这一笔。没有扣款，提高身份等级后额度更多。",
    Reason.LIMIT_PER_PAYMENT: "这一笔超过了单笔限额。没有扣款，提高身份等级后额度更多。",
    Reason.LIMIT_PER_YEAR: "今年的额度不够付这一笔。没有扣款，提高身份等级后额度更多。",
    Reason.MEMBER_NOT_FOUND: "没有这个成员。",
    Reason.MEMBER_NOT_PERMITTED: "你的角色没有这项权限，没有执行。",
    Reason.MEMBER_SELF: "不能改自己的角色或停用自己，请另一位管理员来做。",
    Reason.MEMBER_TAKEN: "用户名已有人使用。",
    Reason.MERCHANT_FUNDS_INSUFFICIENT: "商户的余额不够，钱没有动。请等有收款后再试。",
    Reason.MERCHANT_NOT_FOUND: "商家不存在。",
    Reason.MERCHANT_TAKEN: "这个商户号已被使用，没有执行。请换一个。",
    Reason.MERGER_INVALID: "合并的内容不对，没有执行。请按提示改正。",
    Reason.MERGER_NOT_FOUND: "没有这个合并。",
    Reason.MERGER_SELF_APPROVAL: "自己起草的合并要由另一位成员批准，没有执行。",
    Reason.MERGER_STATE: "合并现在的状态不允许这样做，没有执行。请刷新查看。",
    Reason.MERGER_UNDER_WAY: "其中一个平台正在合并，没有执行。请等它结束。",
    Reason.METHOD_BANNED: "平台不再接受这种支付方式。没有扣款。",
    Reason.METHOD_NOT_CONNECTED: "平台没有开通这种支付方式。没有扣款。",
    Reason.METHOD_SUSPENDED: "平台暂停了这种支付方式。没有扣款。",
    Reason.METHOD_TAKEN: "这种支付方式已经有了，没有执行。",
    Reason.METHOD_UNKNOWN: "没有这种支付方式，没有执行。",
    Reason.ORDER_ALREADY_PAID: "这个订单已经付过了，没有再次扣款。",
    Reason.ORDER_CLOSED: "订单已关闭。没有扣款。",
    Reason.ORDER_EXPIRED: "订单已过期。没有扣款，请让商家重新下单。",
    Reason.ORDER_IN_BASKET: "这个订单要和其他订单一起付款。没有扣款，请重新打开。",
    Reason.ORDER_NOT_EXPIRED: "订单还没有过期，没有执行。",
    Reason.ORDER_NOT_FOUND: "没有这个订单。",
    Reason.ORDER_NOT_PAID: "订单没有付款，钱没有动。",
    Reason.PACKET_EMPTY: "手慢了，红包领完了。",
    Reason.PACKET_EXPIRED: "红包已过期，没有领到。剩下的钱退回了发红包的人。",
    Reason.PACKET_NOT_EXPIRED: "红包还没有过期，没有退回。",
    Reason.PACKET_NOT_FOUND: "没有这个红包。",
    Reason.PACKET_SHARES_INVALID: "红包个数是 1 到 100 个，每个至少 0.01 元。没有扣款。",
    Reason.PARTNER_RELATION_MISSING: "两个商户之间没有服务商关系，没有执行。请先建立。",
    Reason.PASSKEY_COPIED: "通行密钥的计数倒退，可能被复制了，没有接受。请用密码登录后移除它。",
    Reason.PASSKEY_EXPIRED: "等得太久，或这次验证已经用过。请再试一次。",
    Reason.PASSKEY_NOT_FOUND: "没有这个通行密钥，或它已被移除。请改用密码登录。",
    Reason.PASSKEY_NOT_PERMITTED: "这个通行密钥还不能确认付款，没有扣款。请用支付密码。",
    Reason.PASSKEY_WRONG: "通行密钥没有通过验证。请再试一次，或改用密码。",
    Reason.ORIGIN_INVALID: "请填写 https://主机 这样的网站，不带路径，最多 10 个。没有改动。",
    Reason.PASSKEYS_TOO_MANY: "最多 10 个通行密钥。请先移除不用的。",
    Reason.PAY_CODE_EXPIRED: "付款码已过期。没有扣款，请刷新后再试。",
    Reason.PAY_CODE_UNKNOWN: "付款码无效。没有扣款，请刷新后再试。",
    Reason.PAY_CODE_USED: "付款码已使用。请刷新后再试。",
    Reason.PAYEE_MISMATCH: "这笔钱是付给另一个账户的，没有入账。",
    Reason.PAYEE_NAME_MISMATCH: "收款人的姓名对不上，钱没有动。",
    Reason.PAYER_MISMATCH: "这个订单只能由另一个账户付款。没有扣款。",
    Reason.PAYMENT_ID_REUSED: "页面已过期。没有扣款，请重新打开。",
    Reason.PAYOUT_CANCELLED: "商家已撤回这笔转账，没有入账。",
    Reason.PAYOUT_EXPIRED: "这笔转账超时未收，钱已退回商家。",
    Reason.PAYOUT_FAILED: "这笔转账没有成功，没有入账。",
    Reason.PAYOUT_NOT_EXPIRED: "转账还没有过期，钱没有退回。",
    Reason.PAYOUT_NOT_FOUND: "没有这笔转账。",
    Reason.PAYOUT_PAID: "这笔钱已经入账。",
    Reason.PAYOUT_REFERENCE_REUSED: "这个单号已用于另一笔转账，钱没有动。请换一个单号。",
    Reason.PENDING_EXCEEDED: "超过了预留的金额，钱没有动。",
    Reason.PENDING_EXPIRED: "预留已过期，钱没有动。",
    Reason.PENDING_NOT_EXPIRED: "预留还没有过期，没有执行。",
    Reason.PENDING_NOT_FOUND: "没有这笔预留。",
    Reason.PENDING_POSTED: "这笔预留已经入账，没有再次执行。",
    Reason.PENDING_VOIDED: "这笔预留已经取消，没有执行。",
    Reason.PHONE_TAKEN: "这个手机号已经注册，请直接登录。",
    Reason.PIN_RESET_NOT_OPEN: "还不能重设支付密码：先申请并等 24 小时，或用添加满一天的通行密钥。",
    Reason.PIN_RESET_WAITING: "支付密码正在重设，期间不能付款。没有扣款，可以在“我的”里取消重设。",
    Reason.PLATFORM_MERGED: "这个平台已并入另一个平台，没有执行。请到合并后的平台办理。",
    Reason.PLATFORM_NOT_FOUND: "没有这个平台。",
    Reason.POLICY_CONTRADICTORY: "策略自相矛盾，没有保存。请检查重复的单元格和起止时间。",
    Reason.POLICY_DECIDED: "这份策略已经有了结论，没有再次执行。请刷新查看。",
    Reason.POLICY_INVALID: "策略的内容不对，没有保存。请按提示改正。",
    Reason.POLICY_NOT_FOUND: "没有这份策略。",
    Reason.POLICY_OVERLAPS: "与已批准的策略在时间上重叠，没有执行。请先撤销其中一份，或改时间。",
    Reason.POLICY_SELF_APPROVAL: "自己起草的策略要由另一位成员批准，没有执行。",
    Reason.RECEIVER_NOT_FOUND: "没有这个分账接收方，钱没有动。",
    Reason.RECEIVER_REPEATED: "同一个接收方写了两次，钱没有动。",
    Reason.REFERENCE_REUSED: "这个商户单号已用于内容不同的订单，没有执行。请换一个单号。",
    Reason.REFUND_EXCEEDS_PAYMENT: "退款合计会超过付款金额，没有退款。请减少金额。",
    Reason.REFUND_FINAL: "退款已有结果，没有再次执行。",
    Reason.REFUND_NEEDS_SECOND: "金额较大，要由另一位成员批准，没有退款。请提出退款申请。",
    Reason.REFUND_NOT_FOUND: "没有这笔退款。",
    Reason.REFUND_PROPOSAL_DECIDED: "这份退款申请已经有了结论，没有再次执行。请刷新查看。",
    Reason.REFUND_PROPOSAL_NOT_FOUND: "没有这份退款申请。",
    Reason.REFUND_PROPOSAL_SELF_APPROVAL: "自己提出的退款要由另一位成员批准，没有退款。",
    Reason.REFUND_REFERENCE_REUSED: "这个退款单号已用于另一笔退款，没有退款。请换一个单号。",
    Reason.REFUND_THRESHOLD_INVALID: "门槛的内容不对，没有保存。请按提示改正。",
    Reason.REFUND_TOO_LATE: "付款已满一年，不能再退款，钱没有动。",
    Reason.REFUNDS_TOO_MANY: "一个订单最多退款 50 次，没有退款。",
    Reason.RETURN_EXCEEDS_SHARE: "超过了分出去的金额，钱没有动。",
    Reason.RETURN_TOO_LATE: "分账太久，不能再退回，钱没有动。",
    Reason.RISK_CLEARANCE_INVALID: "核实的内容不对，没有保存。请按提示改正。",
    Reason.RISK_REFUSED: "这笔钱有风险，没有扣款。请换一种方式，或联系客服。",
    Reason.RISK_REVIEW: "要先核实是不是本人。没有扣款，请联系客服，核实后再试。",
    Reason.RISK_RULE_INVALID: "规则的内容不对，没有保存。请按提示改正。",
    Reason.RISK_RULE_NOT_FOUND: "没有这条风险规则。",
    Reason.RISK_RULE_SELF_APPROVAL: "自己起草的规则要由另一位成员批准，没有执行。",
    Reason.RISK_RULE_STATE: "规则现在的状态不允许这样做，没有执行。请刷新查看。",
    Reason.SESSION_ENDED: "登录已过期，请重新登录。",
    Reason.SETTLEMENT_ENDED: "这张结算单已经结束，没有再次执行。",
    Reason.SETTLEMENT_NOT_DUE: "还没有到结算时间，没有执行。",
    Reason.SETTLEMENT_NOT_FOUND: "没有这张结算单。",
    Reason.SETTLEMENT_PAYING: "这张结算单正在出款，没有再次执行。",
    Reason.SHARE_EXCEEDS_HOLD: "超过了可分的金额，钱没有动。",
    Reason.SHARE_EXCEEDS_RATIO: "超过了允许的分账比例，钱没有动。",
    Reason.SHARE_NOT_FOUND: "没有这笔分账。",
    Reason.SHARE_REFERENCE_REUSED: "这个单号已用于另一笔分账，钱没有动。请换一个单号。",
    Reason.SHARES_TOO_MANY: "一个订单的分账次数已到上限，钱没有动。",
    Reason.STATEMENT_MISSING: "渠道还没有这一天的对账单，没有执行。请稍后再试。",
    Reason.STATEMENT_TOTAL_WRONG: "对账单的合计与明细对不上，没有读入。请向渠道重新索取。",
    Reason.STATEMENT_UNREADABLE: "对账单读不懂，没有读入。请按提示检查文件。",
    Reason.STORE_INVALID: "店铺的内容不对，没有保存。请按提示改正。",
    Reason.STORE_NOT_FOUND: "没有这家店铺。",
    Reason.STORE_NOT_OPEN: "店铺没有营业。没有扣款。",
    Reason.STORE_STATE: "店铺现在的状态不允许这样做，没有执行。请刷新查看。",
    Reason.TERMINAL_UNKNOWN: "没有这种终端，没有执行。",
    Reason.TRANSFER_TO_SELF: "不能转账给自己。",
    Reason.UNAVAILABLE: "系统暂时不可用，没有执行。请稍后查看账单再试。",
    Reason.USER_NOT_FOUND: "没有这个用户。",
}


def explain(translate: Callable[[str], str], refused: Refused, now: Instant) -> str:
    """A refusal with what its detail adds: the tries left, or how long the lock lasts."""
    text = translate(REASONS[refused.reason])
    if refused.since != NEVER:
        begun = translate("自 %s 起。") % full_time(refused.since)
        return f"{text} {translate('原因：%s。') % refused.detail.rstrip('。.')} {begun}"
    if not refused.detail:
        return text
    if refused.reason is Reason.CREDENTIAL_WRONG:
        return f"{text} {translate('还可以试 %s 次。') % refused.detail}"
    if refused.reason is Reason.CREDENTIAL_LOCKED:
        return f"{text} {_unlocks(translate, int(refused.detail) - now)}"
    if refused.reason in METHOD_REASONS:
        return f"{text} {refused.detail}"
    if refused.reason in LIMIT_REASONS:
        return f"{text} {translate('%s 起恢复。') % refused.detail[:10]}"
    return text


def comes_back_s(refused: Refused, now: Instant) -> int:
    """In how many seconds the same may be tried again; 0: time alone changes nothing."""
    if refused.reason is Reason.BUSY:
        return 1
    if refused.reason is Reason.CREDENTIAL_LOCKED and refused.detail:
        return max(1, -(-(int(refused.detail) - now) // SECOND))
    return 0


def _unlocks(translate: Callable[[str], str], left: int) -> str:
    """Rounded up: nobody comes back too early."""
    if left > 2 * HOUR:
        return translate("%s 小时后解锁。") % -(-left // HOUR)
    return translate("%s 分钟后解锁。") % max(1, -(-left // MINUTE))
