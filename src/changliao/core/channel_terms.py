"""The terms of a channel that operators change: whether it is used, how often, at what cost."""

from msgspec import Struct
from msgspec.structs import replace

from changliao.core.acts import Facts
from changliao.core.channels import Channel, ChannelState


class ChangeChannel(Struct, frozen=True):
    """What an operator wants to be otherwise; None stays as it is."""

    channel_id: int
    state: ChannelState | None = None
    weight: int | None = None
    cost_bps: int | None = None


def decide_terms(command: ChangeChannel, known: Channel) -> Channel:
    """The channel from now on. What answers are missing in a row stays counted."""
    return replace(
        known,
        state=known.state if command.state is None else command.state,
        weight=known.weight if command.weight is None else command.weight,
        cost_bps=known.cost_bps if command.cost_bps is None else command.cost_bps,
    )


def facts(channel: Channel) -> Facts:
    """The terms in words."""
    return {
        "state": channel.state.name.lower(),
        "weight": str(channel.weight),
        "cost_bps": str(channel.cost_bps),
    }
