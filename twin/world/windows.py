"""How long a channel's figure may be acted upon before we know of it."""

from typing import NamedTuple

from twin.model.instant import Elapsed


class Window(NamedTuple):
    """One channel's exposure, in microseconds: mean and bound of the way of a figure, and of the way of an order."""

    push_mean: Elapsed
    push_bound: Elapsed
    intake_mean: Elapsed
    intake_bound: Elapsed
    wait_mean: Elapsed = 0
    """Of the mean, the wait for a push."""

    @property
    def mean(self) -> Elapsed:
        """The mean of the whole window."""
        return self.push_mean + self.intake_mean

    @property
    def bound(self) -> Elapsed:
        """The longest window that is still as configured."""
        return self.push_bound + self.intake_bound
