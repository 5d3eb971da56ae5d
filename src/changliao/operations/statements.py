"""Reading a channel's statement: it settles what was unknown, and what differs becomes a case."""

from msgspec import Struct

from changliao.core.channels import Channel, ChannelRequest
from changliao.core.differences import Case, Compared, cases
from changliao.core.outcome import Refused
from changliao.core.statements import Statement, check_statement, compare, count, read, settles
from changliao.operations.connectors import Desk
from changliao.operations.differences import KEEP
from changliao.operations.network import Network
from changliao.store.views import channels


class Reconciled(Struct, frozen=True):
    """A statement that was read: how many requests it settled, and each difference's case."""

    statement: Statement
    settled: int
    cases: tuple[Case, ...]


async def reconcile(
    network: Network, desk: Desk, channel: Channel, statement: Statement
) -> Reconciled | Refused:
    """Settle and compare. Reading the same again settles nothing and tells the same."""
    refused = check_statement(statement)
    if refused is not None:
        return refused
    numbers = {line.number for line in statement.lines if line.number}
    known = await network.read(channels.named, channel.id, sorted(numbers))
    named: dict[int, ChannelRequest] = {one.id: one for one in known}
    settled = 0
    for line in statement.lines:
        request = named.get(line.number)
        if request is not None and settles(line, request, statement.currency):
            named[request.id] = await desk.believe(request, line)
            settled += not named[request.id].is_open
    currency = statement.currency.number
    booked = await network.read(
        channels.booked, channel.id, currency, statement.begins, statement.ends
    )
    named |= {one.id: one for one in booked}
    found = compare(statement, named, booked)
    now = network.clock()
    asked = tuple(cases(channel.id, statement, found, named, now))
    counts = count(statement, named, booked, found)
    kept = await network.perform(KEEP, Compared(read(channel.id, statement, counts, now), asked))
    return kept if isinstance(kept, Refused) else Reconciled(statement, settled, kept)
