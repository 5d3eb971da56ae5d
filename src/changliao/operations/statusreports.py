"""Believing what a bank rejects of a file of payments: the money goes back where it came from."""

from msgspec import Struct

from changliao.core.channels import Channel, ChannelRequest, RequestKind, RequestState
from changliao.core.ids import parse
from changliao.core.outcome import Reason, Refused
from changliao.core.statusreports import StatusReport
from changliao.operations import bank_files
from changliao.operations.connectors import Desk
from changliao.operations.network import Network
from changliao.store.views import channels


class Told(Struct, frozen=True):
    """A payment of the file, what the bank says of it, and how it stands now."""

    request: ChannelRequest
    status: str
    reason: str


class Reported(Struct, frozen=True):
    """A report that was read: who was told of, how many it rejected now, and strangers' names."""

    report: StatusReport
    told: tuple[Told, ...]
    rejected: int
    strangers: tuple[str, ...]


async def believe(
    network: Network, desk: Desk, channel: Channel, report: StatusReport
) -> Reported | Refused:
    """Reading the same again rejects nothing more."""
    span = bank_files.span_of(channel, report.file)
    if span is None:
        return Refused(Reason.STATEMENT_UNREADABLE, f"OrgnlMsgId: {report.file[:35]} is no file")
    asked = await network.read(channels.payouts_asked, channel.id, *span)
    sent = {one.id: one for one in asked if one.kind is not RequestKind.PAY}
    told: list[Told] = []
    strangers: list[str] = []
    rejected = 0
    named: dict[int, tuple[str, str, bool]] = {}
    for payment in report.payments:
        number = parse("chr", payment.name) or 0
        if number in sent:
            named[number] = (payment.status, payment.reason, payment.is_no)
        else:
            strangers.append(payment.name)
    whole = (report.status, report.reason, report.is_no)
    for number, request in sent.items():
        status, reason, is_no = named.get(number, whole)
        after = request
        if is_no and request.is_open:
            after = await desk.decline(request, reason or status)
            rejected += after.state is RequestState.REFUSED
        if number in named or status:
            told.append(Told(after, status, reason))
    return Reported(report, tuple(told), rejected, tuple(strangers))
