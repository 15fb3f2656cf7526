"""When a vendor's push that nobody acknowledged is made again, and what becomes of it and of its subscription (M6)."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from twin.errors import UsageError
from twin.model.instant import SECOND, Elapsed


class Next(NamedTuple):
    """What follows a failed attempt: another one after `wait`, or the end of the push; `ends` the subscription too."""

    wait: Elapsed | None
    ends: bool
    reason: Literal["AGAIN", "EXHAUSTED", "FAILURES"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Redelivery:
    """A vendor's rule for pushes; times in microseconds.

    An attempt without an acknowledgement within `timeout_us` has failed. `waits_us` lie between attempts, the last one
    repeats; there are `tries` attempts at most (0: no such bound), and none begins later than `age_us` after the first
    (0: no such bound). A push whose attempts are used up ends the subscription if `ends`; so do `failures` failed
    attempts in a row, whichever pushes they belong to (0: however many there are).

    Raises:
        UsageError: nothing bounds the attempts, or a wait is missing between two of them.
    """

    waits_us: tuple[Elapsed, ...] = ()
    tries: int = 0
    age_us: Elapsed = 0
    timeout_us: Elapsed = 10 * SECOND
    ends: bool = False
    failures: int = 0

    def __post_init__(self) -> None:
        if not self.tries and not self.age_us:
            raise UsageError("a push is tried a number of times or for some time (tries=0, age_us=0)")
        if self.tries != 1 and not self.waits_us:
            raise UsageError(f"there must be a wait between {self.tries or 'several'} attempts")

    @property
    def horizon_us(self) -> Elapsed:
        """The longest time from the first attempt of a push until its last one begins."""
        if not self.tries:
            return self.age_us
        waits = [self.waits_us[min(place, len(self.waits_us) - 1)] for place in range(self.tries - 1)]
        last = sum(waits) + (self.tries - 1) * self.timeout_us
        return min(last, self.age_us) if self.age_us else last

    def after(self, failed: int, age: Elapsed, in_a_row: int) -> Next:
        """Decide after the `failed`-th failed attempt of a push, `age` after its first, the `in_a_row`-th of all.

        >>> twice = Redelivery(waits_us=(5,), tries=3, ends=True)
        >>> twice.after(1, 0, 1).wait, twice.after(2, 6, 2).wait, twice.after(3, 12, 3)
        (5, 5, Next(wait=None, ends=True, reason='EXHAUSTED'))
        """
        if self.failures and in_a_row >= self.failures:
            return Next(None, True, "FAILURES")
        if not self.tries or failed < self.tries:
            wait = self.waits_us[min(failed, len(self.waits_us)) - 1]
            if not self.age_us or age + wait <= self.age_us:
                return Next(wait, False, "AGAIN")
        return Next(None, self.ends, "EXHAUSTED")


def doubling(times: int, within: Elapsed) -> tuple[Elapsed, ...]:
    """Return so many waits, each twice the one before, that fill a time: an exponential schedule of which no more is
    known.

    >>> doubling(3, 70)
    (10, 20, 40)

    Raises:
        UsageError: so many do not fit.
    """
    first = within // (2**times - 1)
    if not first:
        raise UsageError(f"{times} waits that double do not fit into {within} us")
    return tuple([first * 2**step for step in range(times)])
