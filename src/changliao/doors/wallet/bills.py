"""A wallet's statement in a person's words."""

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from changliao.core import chart, ids
from changliao.core.clock import Instant
from changliao.core.ids import UserId
from changliao.core.ledger import Code
from changliao.core.money import CNY
from changliao.core.parties import User
from changliao.doors.wallet import standings
from changliao.doors.wallet.standings import Chip, Purchase
from changliao.operations.network import Network
from changliao.store.views import acceptance, channels, ledger, packets, parties, payouts
from changliao.store.views.ledger import Entry
from changliao.web.display import day_time

Words = Callable[[str], str]
# Movements that need no more words.
_PLAIN: Final = {
    Code.FREEZE: "预授权冻结",
    Code.UNFREEZE: "预授权解冻",
    Code.PACKET_GIVE: "发红包",
    Code.PACKET_RETURN: "红包退回",
    Code.DIFFERENCE_PAID: "对账补入",
    Code.DISCOUNT: "优惠",
    Code.REFUND_KEPT: "退款改由商家退还",
    Code.DISCOUNT_RETURN: "退款时退回的优惠",
}


class Bill(Struct, frozen=True):
    """One movement of a wallet; `facts` are names and values for its own page."""

    id: str
    title: str
    at: Instant
    when: str
    amount: int
    currency: str
    facts: dict[str, str]
    chip: Chip


async def entry(network: Network, user: User, leg_id: int) -> Entry | None:
    """One movement of this person's wallet."""
    account = chart.wallet(user.id, CNY)
    entries = await network.read(ledger.statement, account, leg_id, 1)
    return entries[0] if entries else None


async def told(network: Network, entry: Entry, words: Words) -> Bill:
    """A movement of a wallet in words."""
    bought = await standings.purchase(network, entry)
    if bought is None:
        title, facts = await _story(network, entry, words)
    else:
        title, facts = await _payment(network, bought, words)
    now = network.clock()
    return Bill(
        id=ids.show("bil", entry.leg_id),
        title=title,
        at=entry.at,
        when=day_time(entry.at, now, (words("今天"), words("昨天"))),
        amount=entry.amount,
        currency=CNY.code,
        facts=facts,
        chip=await standings.chip(network, entry, bought),
    )


async def _story(network: Network, entry: Entry, words: Words) -> tuple[str, dict[str, str]]:
    match entry.code:
        case Code.TOP_UP:
            return words("充值"), {words("来源"): words("沙箱银行")}
        case Code.CHANNEL_PAY:
            return words("付款转入"), {words("来源"): await _channel(network, entry, words)}
        case Code.CHANNEL_ASK | Code.CHANNEL_BACK:
            return await _leaving(network, entry, words)
        case Code.WALLET_TRANSFER:
            return await _transfer(network, entry, words)
        case Code.PAYMENT | Code.REFUND:
            merchant = await network.look_up(parties.merchant, entry.other.owner)
            name = merchant.name if merchant else ""
            title = f"{words('退款')} · {name}" if entry.code is Code.REFUND else name
            return title, {words("商家"): name}
        case Code.PAYOUT:
            return await _payout(network, entry, words)
        case Code.PACKET_CLAIM:
            return await _packet(network, entry, words)
        case Code.GROUP_SHARE:
            return await _group(network, entry, words)
        case _:
            return words(_PLAIN.get(entry.code, "其他")), {}


async def _channel(network: Network, entry: Entry, words: Words) -> str:
    found = await network.look_up(channels.channels)
    return next((words(one.name_zh) for one in found if one.id == entry.other.owner), "")


async def _leaving(network: Network, entry: Entry, words: Words) -> tuple[str, dict[str, str]]:
    """A withdrawal, or what goes back of an order's payment; `entry.other` has the same owner."""
    asked = await network.read(channels.request, entry.other.owner, entry.cause_id)
    back = asked is not None and bool(asked.order_id)
    if entry.code is Code.CHANNEL_BACK:
        return words("退回的钱留在余额" if back else "提现退回"), {}
    return words("退回付款方式" if back else "提现"), {}


async def _transfer(network: Network, entry: Entry, words: Words) -> tuple[str, dict[str, str]]:
    other = await network.read(parties.user, UserId(entry.other.owner))
    name = other.name if other else ""
    payer = entry.other.owner
    if entry.amount < 0:
        # The debit side of the movement is this wallet, whose id stands in the other leg only.
        return f"{words('转账')} · {name}", {words("对方"): name}
    moved = await network.read(ledger.wallet_transfer, entry.cause_id, payer)
    facts = {words("对方"): name}
    if moved is not None and moved.note:
        facts[words("备注")] = moved.note
    return f"{words('收到转账')} · {name}", facts


async def _group(network: Network, entry: Entry, words: Words) -> tuple[str, dict[str, str]]:
    other = await network.read(parties.user, UserId(entry.other.owner))
    name = other.name if other else ""
    return f"{words('AA 收款')} · {name}", {words("对方"): name}


async def _packet(network: Network, entry: Entry, words: Words) -> tuple[str, dict[str, str]]:
    giver_id = UserId(entry.other.owner)
    giver = await network.read(parties.user, giver_id)
    name = giver.name if giver else ""
    facts = {words("发红包的人"): name}
    claim = await network.read(packets.claim, giver_id, entry.cause_id)
    packet = await network.read(packets.packet, giver_id, claim.packet_id) if claim else None
    if packet is not None and packet.greeting:
        facts[words("祝福语")] = packet.greeting
    return f"{words('收到红包')} · {name}", facts


async def _payout(network: Network, entry: Entry, words: Words) -> tuple[str, dict[str, str]]:
    merchant = await network.look_up(parties.merchant, entry.other.owner)
    name = merchant.name if merchant else ""
    facts = {words("商家"): name}
    payout = await network.read(payouts.payout, entry.other.owner, entry.cause_id)
    if payout is not None and payout.remark:
        facts[words("备注")] = payout.remark
    return f"{words('商家转账')} · {name}", facts


async def _payment(network: Network, bought: Purchase, words: Words) -> tuple[str, dict[str, str]]:
    order = bought.order
    merchant = await network.look_up(parties.merchant, order.merchant_id)
    name = merchant.name if merchant else ""
    facts = {
        words("商家"): name,
        words("商品"): bought.placed.terms.title,
        words("订单号"): order.reference,
    }
    return name, facts | await _method(network, order.method, words)


async def _method(network: Network, code: str, words: Words) -> dict[str, str]:
    """By what it was paid, where that is not the wallet."""
    found = await network.look_up(acceptance.methods) if code else []
    return {words("付款方式"): words(one.name_zh) for one in found if one.code == code}
