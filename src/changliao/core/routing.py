"""Which channel is asked: healthy before ailing, then by cost, then by weight.

Refuses: when none is open. A request never changes its channel (core/channels.py).
"""

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from changliao.core.channels import Answer, Channel, ChannelState, Silent
from changliao.core.outcome import Reason, Refused

# With so many answers missing in a row a channel is used only when no other is left.
AILING: Final = 3


def decide_route(channels: Iterable[Channel], terminal_id: int, draw: int) -> Channel | Refused:
    """The channel to ask: healthy before ailing, then by cost, then by weight.

    `draw` is any number, such as the request's id: the same one always draws the same channel.
    """
    open_ones = [
        one
        for one in sorted(channels, key=lambda one: one.id)
        if one.state is ChannelState.HEALTHY and one.weight > 0 and one.serves(terminal_id)
    ]
    well = [one for one in open_ones if one.misses < AILING] or open_ones
    if not well:
        return Refused(Reason.CHANNEL_SUSPENDED, "no channel is open for this")
    least = min(one.cost_bps for one in well)
    cheapest = [one for one in well if one.cost_bps == least]
    place = _spread(draw) % sum(one.weight for one in cheapest)
    for one in cheapest:
        place -= one.weight
        if place < 0:
            return one
    raise AssertionError("a place below the sum of weights is in one of them")


def decide_health(channel: Channel, answer: Answer) -> Channel:
    """Count answers that are missing in a row; any answer ends the row."""
    if isinstance(answer, Silent):
        return replace(channel, misses=min(channel.misses + 1, AILING))
    return replace(channel, misses=0) if channel.misses else channel


def _spread(number: int) -> int:
    """Mix the bits: ids made one after another differ in a few only. Knuth's multiplier."""
    return (number * 0x9E3779B97F4A7C15 & (1 << 64) - 1) >> 32
