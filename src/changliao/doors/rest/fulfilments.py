"""What merchants said became of their orders, over REST."""

from typing import Final

from msgspec import Struct

from changliao.core.fulfilments import Fulfilment
from changliao.core.outcome import Reason
from changliao.doors.rest.call import Call, Door
from changliao.doors.rest.endpoint import Endpoint, Who
from changliao.doors.rest.fields import Moment, Nothing, Page, moment
from changliao.doors.rest.orders import WhoseQuery, find
from changliao.store.views import fulfilments

_MOST: Final = 200


class FulfilmentShown(Struct, frozen=True):
    """What was said under `reference`, in the words of the door it came in by."""

    reference: str
    kind: str
    status: str
    said_at: Moment


async def of_order(door: Door, call: Call[Nothing, WhoseQuery]) -> Page[FulfilmentShown]:
    """List what the merchant said became of an order, the oldest first."""
    order = (await find(door, call)).order
    found = await door.network.read(fulfilments.of_order, order.merchant_id, order.id, _MOST)
    return Page([_shown(one) for one in found])


def _shown(one: Fulfilment) -> FulfilmentShown:
    return FulfilmentShown(one.reference, one.kind, one.status, moment(one.said_at))


ENDPOINTS: Final = (
    Endpoint(
        "GET", "/orders/{order_id}/fulfilments", of_order, Who.EITHER, Nothing, WhoseQuery,
        Page[FulfilmentShown], 200, ("merchant_missing", Reason.ORDER_NOT_FOUND),
    ),
)  # fmt: skip
