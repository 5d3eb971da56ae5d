"""A bank that takes a file of payments a day and gives a statement: nothing is known before.

A payout waits as unknown until a statement names it (operations/statements.py). The file is made
from what was asked that day (`payments`), always the same, so that a bank which gets it twice knows
it by its number.
"""

from changliao.core import chart, ids
from changliao.core.channels import Answer, Channel, ChannelRequest, Declined, Silent
from changliao.core.clock import Instant
from changliao.core.money import Currency
from changliao.core.statements import Statement
from changliao.operations.network import Network
from changliao.store.views import channels, parties


class BankFiles:
    """The connector: every answer but a no comes by a statement."""

    async def pay(self, request: ChannelRequest) -> Answer:
        """Nobody can be asked for money by file."""
        return Declined("this bank only pays out")

    async def refund(self, request: ChannelRequest) -> Answer:
        """What it never took it need not give back."""
        return Declined("this bank only pays out")

    async def payout(self, request: ChannelRequest) -> Answer:
        """It goes into the file of the day."""
        return Silent("it is in the file of its day")

    async def query(self, request: ChannelRequest) -> Answer:
        """Only a statement says."""
        return Silent("the statement will say")

    async def statement(
        self, channel: Channel, currency: Currency, begins: Instant, ends: Instant
    ) -> Statement | None:
        """Operators bring it."""
        return None


async def payments(
    network: Network, channel: Channel, currency: Currency, begins: Instant, ends: Instant
) -> list[tuple[ChannelRequest, str]]:
    """What a channel was asked to pay out in this time, each with its payee's name."""
    found = await network.read(channels.payouts_asked, channel.id, currency.number, begins, ends)
    return [(one, await _payee(network, one)) for one in found]


async def _payee(network: Network, request: ChannelRequest) -> str:
    owner = request.home.owner
    if chart.purpose(request.home) is chart.Purpose.WALLET:
        user = await network.read(parties.user, owner)
        return user.name if user and user.name else ids.show("usr", owner)
    merchant = await network.look_up(parties.merchant, owner)
    return merchant.name if merchant else ids.show("mch", owner)
