"""The subscriptions of one world whose pushes are repeated by their vendors' rules, and what is measured of them."""

from collections.abc import Callable
from typing import Any, Final

from actors.ground import Ground
from actors.pushes import Pushes
from actors.way import Way
from twin.model.instant import Elapsed
from twin.world.laws import compiled
from twin.world.redelivery_specs import ProfileRepeats, StatedRepeats

SUBSCRIPTION_MEASURES: Final[dict[str, tuple[str, str]]] = {
    "pushes_again": ("count", "Attempts at pushes beyond the first, by who pushes."),
    "pushes_dropped": ("count", "Pushes that were used up without an acknowledgement, by who pushes."),
    "pushes_missed": ("count", "Messages that were not pushed because there was no subscription, by who pushes."),
    "subscriptions_ended": ("count", "Subscriptions that their vendor took away, by who pushes."),
    "found_by_asking": (
        "count",
        "Messages that a list or a regular look found, and no push had brought, by who pushes.",
    ),
}
"""Name to (unit, what it says); a run in which nobody repeats pushes does not have them."""


class Subscriptions:
    """Those that there are, each with what counts the messages that were found without it."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.found: list[tuple[Pushes, Callable[[], int]]] = []

    def of(
        self,
        name: str,
        repeats: StatedRepeats | ProfileRepeats,
        there: Way,
        back: Way,
        *,
        stored: Callable[[Any], bool] | None = None,
        look_every: Elapsed = 0,
    ) -> Pushes:
        """Return the pushes of one party over its link; what a look of theirs finds is counted."""
        renewed = self.ground.lag(f"{name}/renewed", compiled(repeats.renewed_after))
        pushes = Pushes(
            self.ground, name, repeats.rule(), there=there, back=back, renewed=renewed, stored=stored,
            look_every=look_every,
        )  # fmt: skip
        self.found.append((pushes, lambda: pushes.found))
        return pushes

    def also_found(self, pushes: Pushes, found: Callable[[], int]) -> None:
        """Say who else finds what these pushes did not bring."""
        self.found = [(each, found if each is pushes else known) for each, known in self.found]

    def counts(self) -> dict[str, float]:
        """Return what is counted from the start, by who pushes."""
        counts: dict[str, float] = {}
        for pushes, found in self.found:
            label = f"{{party={pushes.name}}}"
            counts[f"pushes_again{label}"] = pushes.again
            counts[f"pushes_dropped{label}"] = pushes.dropped
            counts[f"pushes_missed{label}"] = pushes.missed
            counts[f"subscriptions_ended{label}"] = pushes.ended
            counts[f"found_by_asking{label}"] = found()
        return counts
