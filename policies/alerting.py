"""When an alert is raised and when it is over: a measure that stays beyond a bound for a while (`Threshold`)."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from twin.model.instant import Elapsed


class Standing(NamedTuple):
    """What is known of a rule between two looks: since when its measure has been beyond the bound, and if it is on."""

    since: Elapsed | None = None
    on: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """Raised once a measure has been beyond its bound at every look for `for_us`; over at the first look within it.

    A look that finds no value changes nothing: silence is neither good nor bad news.
    """

    above: float | None = None
    below: float | None = None
    for_us: int = 0

    def judge(
        self, standing: Standing, value: float | None, now: Elapsed
    ) -> tuple[Standing, Literal["raised", "over"] | None]:
        """Return the standing after a look at `now`, and what happened at it."""
        if value is None:
            return standing, None
        if not self._beyond(value):
            return Standing(), "over" if standing.on else None
        since = now if standing.since is None else standing.since
        if standing.on or now - since < self.for_us:
            return Standing(since, standing.on), None
        return Standing(since, on=True), "raised"

    def _beyond(self, value: float) -> bool:
        if self.above is not None and value > self.above:
            return True
        return self.below is not None and value < self.below
