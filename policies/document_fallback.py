"""How documents reach a trading partner while the gateway, or the network behind it, is away.

`wait`: they wait in their order. `second_route`: they go another way meanwhile, also those of which nobody knows
whether they arrived. `manual`: they wait, and people type an answer at the partner's portal once its deadline is near.
Whatever way a document goes, it has the same number: the copy that comes second is a duplicate, and the partner knows
it. Source: DOMAIN 22.
"""

from dataclasses import dataclass, field
from typing import Final, Literal

from policies.silence import Silence
from twin.model.instant import HOUR, Elapsed

TYPED: Final = "answered by hand"
"""The reason of an answer that people give at a partner's portal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentsAway:
    """What becomes of documents for these `channels`, by number, while their gateway is away.

    With `manual` people take over `margin_us` before the deadline by which a partner must have its answer.
    """

    channels: tuple[int, ...]
    silence: Silence = field(default_factory=Silence)
    use: Literal["wait", "second_route", "manual"] = "wait"
    margin_us: int = HOUR

    def taken_over(self, deadline: Elapsed, now: Elapsed) -> Elapsed | None:
        """Return when people take an answer over (elapsed), or None: never, or it is too late for its deadline.

        >>> DocumentsAway(channels=(0,), use="manual", margin_us=10).taken_over(100, 30)
        90
        """
        if self.use != "manual" or deadline <= now:
            return None
        return max(now, deadline - self.margin_us)
