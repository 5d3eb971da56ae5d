"""The question of older clients whether a notification was ours, asked without a signature.

Source: alipay-openapi.md §19.7.
"""

from changliao.doors.alipay.call import Door
from changliao.doors.alipay.notify import event_of, notify_id
from changliao.doors.alipay.parameters import Parameters
from changliao.operations.numbers import number_of
from changliao.store.views import events

NOTIFY_VERIFY = "notify_verify"


async def is_ours(door: Door, given: Parameters) -> bool:
    """Was this notification sent to this partner?"""
    number = given.get("notify_id")
    event_id = event_of(number)
    event = await door.network.read(events.event, event_id) if event_id else None
    if event is None or not event.attempts or notify_id(event) != number:
        return False
    return await number_of(door.network, event.merchant_id) == given.get("partner")
