"""When a partner counts as away, and when it is back for good."""

from dataclasses import dataclass
from typing import Literal

from twin.model.instant import MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """When a partner counts as away and as back: no answer for `after_us`; `stable_for` answers in a row."""

    after_us: int = 2 * MINUTE
    stable_for: int = 3

    def judge(self, away: bool, silence_us: int, answers: int) -> Literal["leaves", "returns"] | None:
        """Return what has just happened, given the silence until now and the answers in a row."""
        if not away:
            return "leaves" if silence_us >= self.after_us else None
        return "returns" if answers >= self.stable_for else None
