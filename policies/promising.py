"""What of an order is promised for a later date, on supply that is expected (`Promising`).

Theory of operation. What cannot be had at once is looked for in the position's ladder of dated supply and demand, from
the next bucket on. What a bucket offers depends on the form: `look_ahead` is the rule, and keeps every later balance at
0 or above. `cumulative` and `backward` are what many ERP systems answer with; they are here to be compared with it, for
they promise one unit to two orders: the shortage of a bucket is made good from earlier ones and then forgotten, or not
looked at. `at_once` promises nothing but stock, and all the rest waits without a date.

What is not to be had within the horizon may be promised after the replenishment lead time (`capable`); such a line
waits with a date, and claims neither stock nor a receipt.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from policies.atp import (
    LookAhead,
    accumulate,
    cumulative,
    ladder,
    look_ahead,
    schedule_lines,
    waiting_by_site,
)
from policies.promise_dates import CapableToPromise
from twin.model.instant import Elapsed
from twin.model.stock import ItemStock

Form = Callable[[Sequence[int], Sequence[int]], tuple[int, ...]]
FORMS: dict[str, Form] = {"look_ahead": look_ahead, "cumulative": cumulative, "backward": accumulate}
"""What each bucket offers, by the name of the form."""


class Dated(NamedTuple):
    """`(site, quanta, due)` parts confirmed for later, by date, and the quanta that no date was found for.

    `due` (elapsed) is the end of the bucket in which the supply is expected.
    """

    parts: tuple[tuple[int, int, Elapsed], ...]
    rest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Promising:
    """Dates from expected supply within `buckets` buckets, the current one included."""

    kind: Literal["at_once", "look_ahead", "cumulative", "backward"] = "at_once"
    buckets: int = 30
    capable: CapableToPromise | None = None

    def later(
        self, rule: LookAhead, stock: ItemStock, sites: Sequence[int], now: Elapsed, wanted: int, *, whole: bool = False
    ) -> Dated:
        """Return when and where `wanted` quanta are confirmed after the current bucket, the earliest dates first.

        `stock` already holds the claims and pledges of this order; `sites` come in the order's preference. With `whole`
        it is all on one date from one site, or nothing.
        """
        if self.kind == "at_once" or not wanted:
            return Dated((), wanted)
        waiting = waiting_by_site(rule, stock, now, self.buckets)
        offers: list[tuple[int, int, int, int]] = []
        for rank, site in enumerate(sites):
            supply, demand = ladder(rule, stock, site, now, buckets=self.buckets, waiting=waiting[site])
            found = schedule_lines(supply, demand, 2, wanted, ship_complete=whole, form=FORMS[self.kind])
            offers += [(bucket, rank, site, quantity) for bucket, quantity in found.lines]
        current = now // rule.bucket_us
        parts = []
        for bucket, _, site, quantity in sorted(offers):
            part = min(wanted, quantity)
            if part:
                parts.append((site, part, (current + bucket) * rule.bucket_us - 1))
                wanted -= part
        return Dated(tuple(parts), wanted)
