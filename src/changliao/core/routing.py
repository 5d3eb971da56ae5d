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


def decide_route(
    channels: Iterable[Channel],
    terminal_id: int,
    draw: int,
    method_id: int = 0,
    *,
    page_terminal_id: int = 0,
) -> Channel | Refused:
    """The channel to ask: healthy before ailing, then by cost, then by weight.

    It has to serve at both terminals, and to carry the method (0: any): whoever names a method
    names its channels, and those without a weight are taken when no other is. `draw` is any number,
    such as the request's id: the same one always draws the same channel.
    """
    healthy = [
        one
        for one in sorted(channels, key=lambda one: one.id)
        if one.state is ChannelState.HEALTHY and (one.method_id == method_id or not method_id)
    ]
    open_ones = [one for one in healthy if one.serves(terminal_id) and one.serves(page_terminal_id)]
    if method_id and healthy and not open_ones:
        return Refused(Reason.CHANNEL_ELSEWHERE, "it serves on other terminals")
    weighed = [one for one in open_ones if one.weight]
    offered = weighed or (open_ones if method_id else [])
    well = [one for one in offered if one.misses < AILING] or offered
    if not well:
        return Refused(Reason.CHANNEL_SUSPENDED, "no channel is open for this")
    least = min(one.cost_bps for one in well)
    cheapest = [one for one in well if one.cost_bps == least]
    place = _spread(draw) % sum(max(one.weight, 1) for one in cheapest)
    for one in cheapest:
        place -= max(one.weight, 1)
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
