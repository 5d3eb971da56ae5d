"""Where a movement of a wallet stands: its chip, and what happened to it so far, in order."""

from typing import Final

from msgspec import Struct

from changliao.core import ids
from changliao.core.channels import RequestState
from changliao.core.clock import NEVER, Instant
from changliao.core.disputes import Dispute, DisputeState
from changliao.core.holds import Holding, HoldingState
from changliao.core.ledger import Code
from changliao.core.orders import Hold, Order
from changliao.core.refunds import Refund, RefundState
from changliao.operations.network import Network
from changliao.store.views import channels, disputes, orders, splits
from changliao.store.views.ledger import Entry
from changliao.store.views.orders import Placed

_MOST_DISPUTES: Final = 20
_REFUNDS: Final = {
    RefundState.PROCESSING: "退款处理中",
    RefundState.SUCCEEDED: "退款",
    RefundState.CLOSED: "退款已关闭",
    RefundState.ABNORMAL: "退款处理中",
}


class Chip(Struct, frozen=True):
    """`kind` is its colour and shape, `text` a message."""

    kind: str
    text: str


DONE: Final = Chip("ok", "已完成")
_UNDER_WAY: Final = Chip("info ring", "处理中")
_FAILED: Final = Chip("bad square", "没有成功")
_DISPUTED: Final = Chip("bad ring", "争议中")
_REFUNDED: Final = Chip("mute", "已退款")
_IN_ESCROW: Final = Chip("info", "担保中")
_PARTLY_REFUNDED: Final = Chip("warn", "部分退款")


class Step(Struct, frozen=True):
    """Something that happened, or with `due` will by itself; `at` is NEVER where nobody kept it."""

    text: str
    at: Instant = NEVER
    amount: int = 0
    due: bool = False


class Purchase(Struct, frozen=True):
    """What a movement paid. `holding` is its money that waits, or waited, for the buyer's yes."""

    placed: Placed
    holding: Holding | None

    @property
    def order(self) -> Order:
        """What was paid."""
        return self.placed.order

    @property
    def waiting(self) -> Holding | None:
        """What the seller does not have yet; None: nothing waits."""
        one = self.holding
        return one if one and one.held and one.state is not HoldingState.RELEASED else None


async def purchase(network: Network, entry: Entry) -> Purchase | None:
    """The order that a movement paid; None for any other."""
    if entry.code is not Code.PAYMENT:
        return None
    attempt = await network.read(orders.attempt, entry.cause_id, entry.other.owner)
    if attempt is None:
        return None
    placed = await network.read(orders.order, attempt.merchant_id, attempt.order_id)
    if placed is None:
        return None
    held = placed.order.hold is Hold.RECEIPT
    key = (attempt.merchant_id, attempt.order_id)
    return Purchase(placed, await network.read(splits.holding, *key) if held else None)


async def chip(network: Network, entry: Entry, bought: Purchase | None) -> Chip:
    """What a movement has come to by now."""
    if bought is not None:
        return _chip_of(bought)
    if entry.code is not Code.CHANNEL_ASK:
        return DONE
    asked = await network.read(channels.request, entry.other.owner, entry.cause_id)
    if asked is None or asked.state is RequestState.DONE:
        return DONE
    return _FAILED if asked.state is RequestState.REFUSED else _UNDER_WAY


def _chip_of(bought: Purchase) -> Chip:
    order, waiting = bought.order, bought.waiting
    if waiting is not None and waiting.state is HoldingState.DISPUTED:
        return _DISPUTED
    if order.refunded >= order.amount.amount:
        return _REFUNDED
    if waiting is not None:
        return _IN_ESCROW
    return _PARTLY_REFUNDED if order.refunded else DONE


async def steps(network: Network, entry: Entry, bought: Purchase | None) -> list[Step]:
    """What is known of a purchase, or of money on its way out; nothing for what was at once."""
    if bought is None:
        return await _leaving(network, entry) if entry.code is Code.CHANNEL_ASK else []
    order, holding, waiting = bought.order, bought.holding, bought.waiting
    key = (order.merchant_id, order.id)
    told = [Step("下单", ids.made_at(order.id)), Step("已付款", order.paid_at)]
    if order.refunds:
        told += map(_refund, await network.read(orders.refunds_of_order, *key))
    if holding is not None:
        opened = await network.read(
            disputes.disputes,
            key[0],
            order_id=key[1],
            state=0,
            before=ids.NEWEST,
            most=_MOST_DISPUTES,
        )
        told += [step for one in opened for step in _dispute(one)]
    told.sort(key=lambda one: one.at)
    if waiting is not None and waiting.state is HoldingState.HELD:
        told.append(Step("自动付给卖家", waiting.until, waiting.held, due=True))
    elif holding is not None and holding.released:
        told.append(Step("已付给卖家", amount=holding.released))
    return told


def _refund(one: Refund) -> Step:
    return Step(_REFUNDS[one.state], one.finished_at or ids.made_at(one.id), one.amount)


def _dispute(one: Dispute) -> list[Step]:
    opened = Step("已提出纠纷", ids.made_at(one.id))
    if one.state is DisputeState.OPEN:
        return [opened]
    ended = "纠纷已裁决" if one.state is DisputeState.DECIDED else "纠纷已撤回"
    return [opened, Step(ended, one.ended_at)]


async def _leaving(network: Network, entry: Entry) -> list[Step]:
    asked = await network.read(channels.request, entry.other.owner, entry.cause_id)
    if asked is None:
        return []
    told = [Step("已提交", asked.asked_at, asked.amount)]
    if asked.state is RequestState.DONE:
        told.append(Step("到账", asked.finished_at, asked.reached))
    elif asked.state is RequestState.REFUSED:
        told.append(Step("没有成功，钱已退回余额", asked.finished_at))
    return told
