"""What intake found out about an order: what is promised of each line, from where, and when."""

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
