"""A bank that takes a file of payments a day and gives a statement: nothing is known before.

A payout waits as unknown until a statement names it (operations/statements.py) or the bank rejects
it (operations/statusreports.py). The file is made
from what was asked that day (`payments`), always the same, so that a bank which gets it twice knows
it by its number.
"""

from changliao.core import chart, ids
from changliao.core.bills import Day, day_of, ends_at, starts_at
from changliao.core.channels import Answer, Channel, ChannelRequest, Declined, Silent
from changliao.core.clock import BEIJING, Instant, from_rfc3339, to_datetime
from changliao.core.money import CURRENCIES, Currency
from changliao.core.statements import Statement
from changliao.operations.network import Network
from changliao.store.views import channels, parties


class BankFiles:
    """The connector: every answer but a no comes by a statement."""

    async def pay(self, request: ChannelRequest) -> Answer:
        """Nobody can be asked for money by file."""
        return Declined("this bank only pays out")

    def page(self, request: ChannelRequest) -> str:
        """Nobody has to go anywhere."""
        return ""

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


def file_id(channel: Channel, currency: Currency, day: Day) -> str:
    """What names the file of a day to the bank."""
    begins = to_datetime(starts_at(day), BEIJING)
    return f"{channel.code[:20]}-{currency.code}-{begins:%Y%m%d}"


def span_of(channel: Channel, name: str) -> tuple[int, Instant, Instant] | None:
    """The currency and the time whose payments are in the file of this name; None: it is none."""
    _, code, text = ("", *name.split("-")[-2:]) if name.count("-") > 1 else ("", "", "")
    if code not in CURRENCIES or not (len(text) == 8 and text.isascii() and text.isdigit()):
        return None
    try:
        begins = from_rfc3339(f"{text[:4]}-{text[4:6]}-{text[6:]}T00:00:00+08:00")
    except ValueError:
        return None
    day, currency = day_of(begins), CURRENCIES[code]
    if file_id(channel, currency, day) != name:
        return None
    return currency.number, starts_at(day), ends_at(day)


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
