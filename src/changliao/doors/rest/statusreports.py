"""Status reports of banks over REST: what they reject of a file of payments is given back."""

from typing import Final

from msgspec import UNSET, Struct, UnsetType

from changliao.core import ids
from changliao.core.outcome import Reason
from changliao.doors.rest.asking import StateName, state_name
from changliao.doors.rest.call import Call, Door, accepted
from changliao.doors.rest.channels import find
from changliao.doors.rest.endpoint import Endpoint, Who
from changliao.doors.rest.fields import ChannelCode, ChannelRequestIdText, Count, Nothing
from changliao.doors.rest.statements import StatementForm
from changliao.operations.statusreports import believe
from changliao.web import iso20022


class PaymentStatusShown(Struct, frozen=True):
    """`status` is the bank's, such as RJCT or ACSP; `state` is how the payment stands here."""

    request_id: ChannelRequestIdText
    status: str
    state: StateName
    reason: str | UnsetType = UNSET


class StatusReportShown(Struct, frozen=True):
    """A report that was read. `rejected` payments were given back by it; others wait."""

    id: str
    file: str
    channel: ChannelCode
    rejected: Count
    payments: list[PaymentStatusShown]
    strangers: list[str]


async def read(door: Door, call: Call[StatementForm, Nothing]) -> StatusReportShown:
    """Read a bank's status report, pain.002: what it rejects goes back where it came from.

    What it accepts stays unknown until a statement names it. Reading it again is no change.
    """
    channel = await find(door, call)
    report = accepted(iso20022.read_report(call.form.document.encode()))
    found = accepted(await believe(door.network, door.desk, channel, report))
    return StatusReportShown(
        id=report.id,
        file=report.file,
        channel=channel.code,
        rejected=found.rejected,
        payments=[
            PaymentStatusShown(
                ids.show("chr", one.request.id),
                one.status,
                state_name(one.request),
                one.reason or UNSET,
            )
            for one in found.told
        ],
        strangers=list(found.strangers),
    )


ENDPOINTS: Final = (
    Endpoint(
        "POST", "/channels/{channel_code}/status-report", read, Who.OPERATOR, StatementForm,
        Nothing, StatusReportShown, 200, (Reason.CHANNEL_NOT_FOUND, Reason.STATEMENT_UNREADABLE),
        repeats=True,
    ),
)  # fmt: skip
