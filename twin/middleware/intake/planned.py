"""What intake found out about an order: what is promised of each line, from where, and when."""

from collections.abc import Sequence
from typing import NamedTuple

from twin.middleware.orders.occasions import LinePromise
from twin.model.commands import ItemQuantity
from twin.model.instant import Elapsed

Parts = tuple[tuple[int, int], ...]
"""Where the units of one line come from: (site, units)."""


class Plan(NamedTuple):
    """Per line what is promised and where it comes from; and what was not free, per line that lacked some.

    `schedules` are the (site, units, due) parts of pledged lines, `dated` when a line that waits is promised by the
    lead time of a purchase, both by line number.
    """

    promises: tuple[LinePromise, ...]
    parts: tuple[Parts, ...]
    short: tuple[ItemQuantity, ...]
    schedules: dict[int, tuple[tuple[int, int, Elapsed], ...]]
    dated: dict[int, Elapsed]

    def with_kept(self, kept: Sequence[Parts]) -> "Plan":
        """Return the plan with what was kept for each line beside what was found now."""
        if not any(kept):
            return self
        promises, together = [], []
        for promise, before, found in zip(self.promises, kept, self.parts, strict=True):
            by_site: dict[int, int] = {}
            for site, units in (*before, *found):
                by_site[site] = by_site.get(site, 0) + units
            confirmed = promise.confirmed + sum([units for _, units in before])
            promises.append(LinePromise(promise.line, confirmed, promise.pledged, promise.substitute))
            together.append(tuple(by_site.items()))
        return self._replace(promises=tuple(promises), parts=tuple(together))

    def whole(self, wanted: Sequence[int]) -> "Plan":
        """Return the plan in which a line that does not get all that it wants gets nothing."""
        lines = list(zip(self.promises, self.parts, wanted, strict=True))
        return self._replace(
            promises=tuple([each if each.confirmed >= all_ else LinePromise(each.line, 0) for each, _, all_ in lines]),
            parts=tuple([parts if each.confirmed >= all_ else () for each, parts, all_ in lines]),
        )
