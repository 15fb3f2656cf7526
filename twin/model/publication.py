"""What channels have been told: the last value each acknowledged, and what is on its way."""

import msgspec

from twin.model.instant import Elapsed

CHANNELS_MAX = 64
"""Most channels a world may have; part of how (channel, item) becomes one key."""


def shown_key(channel: int, item: int) -> int:
    """Return the row key of (channel, item)."""
    return item * CHANNELS_MAX + channel


class Shown(msgspec.Struct, frozen=True, gc=False):
    """One (channel, item): what the channel acknowledged, right at `as_of`, and the newest value sent to it."""

    value: int = 0
    as_of: Elapsed = -1
    """-1: nothing acknowledged yet."""
    sequence: int = 0
    """Sequence of the newest push sent; only its answer counts."""
    sent: int = 0
    sent_as_of: Elapsed = -1


class Sender(msgspec.Struct, frozen=True, gc=False):
    """One channel's sender: the number of its last push."""

    sequence: int = 0
