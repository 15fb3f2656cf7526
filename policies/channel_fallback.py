"""What a channel is told while its stock interface is away, or while no orders come from it.

A stock interface that is away (`ChannelRefuses`): its keys stay dirty, and nothing is stored for it. A design may have
another way meanwhile: a file of all that has changed, or people who pause the listings of what must go to zero, one by
one, at the channel's portal. A feed that is silent (`FeedSilent`): the channel may have sold units that we have not
heard of, so every figure that draws on the same pool is lowered by what it sells on average in the length of the
silence; from `stale_after_us` on the channel itself is shown nothing, and sells nothing more. Source: DOMAIN 22.
"""

from dataclasses import dataclass, field
from math import ceil
from typing import Final, Literal

from policies.silence import Silence
from twin.model.instant import HOUR, MINUTE, Elapsed

BY_FILE: Final = "told by file"
"""The reason of figures that go to a channel by its other way."""
BY_HAND: Final = "listings paused by hand"
"""The reason of figures that people carry to a channel's portal."""
UNSEEN_MAX: Final = 100_000
"""The bound of what is withheld of one item for a feed that is silent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRefuses:
    """How a channel is told what it may sell while its stock interface is away.

    `wait`: not at all. `alternate_path`: every `every_us` at most, a file of up to `items` figures. `pause_listing`:
    every `every_us` at most, people are asked to pause up to `items` listings that must go to zero, each by itself.
    """

    silence: Silence = field(default_factory=Silence)
    use: Literal["wait", "alternate_path", "pause_listing"] = "wait"
    every_us: int = 15 * MINUTE
    items: int = 10_000
    channels: tuple[int, ...] | None = None
    """For which channels; None: for all."""

    @property
    def reason(self) -> str:
        """The name of what is sent meanwhile."""
        return BY_HAND if self.use == "pause_listing" else BY_FILE

    @property
    def rows(self) -> int:
        """How many figures go together."""
        return 1 if self.use == "pause_listing" else self.items

    def sends(self, value: int, shown: int) -> bool:
        """Tell whether a figure goes the other way now; all that has not been sent stays dirty."""
        return self.use == "alternate_path" or (self.use == "pause_listing" and value == 0 and shown > 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSilent:
    """What is withheld while no orders come from a channel, and how far back its list is read when they do again.

    Figures are looked at again every `review_us`. The list is read from `overlap_us` before the last order that came:
    what was taken already is known by its business key.
    """

    silence: Silence = field(default_factory=lambda: Silence(after_us=30 * MINUTE))
    stale_after_us: int = 2 * HOUR
    review_us: int = 5 * MINUTE
    overlap_us: int = 15 * MINUTE
    channels: tuple[int, ...] | None = None
    """For which channels; None: for all."""

    def unseen(self, rate_per_us: float, silence_us: Elapsed) -> int:
        """Return how many units of an item the channel may have sold unseen; it sells none once it is shown none.

        >>> FeedSilent(stale_after_us=3_600_000_000).unseen(4 / 3_600_000_000, 1_800_000_000)
        2
        """
        return min(UNSEEN_MAX, ceil(rate_per_us * min(silence_us, self.stale_after_us)))

    def shuts(self, silence_us: Elapsed) -> bool:
        """Tell whether the channel itself is shown nothing any more."""
        return silence_us >= self.stale_after_us

    def next_review(self, since: Elapsed, now: Elapsed) -> Elapsed | None:
        """Return when figures must be looked at again (elapsed), the feed being silent `since`; None: no more."""
        stale = since + self.stale_after_us
        return min(now + self.review_us, stale) if now < stale else None
