"""Partners that may be away, and what is remembered while one is."""

import msgspec

from twin.model.instant import Elapsed

ERP = 0
"""The ERP's number among the partners; the warehouse of site s is `1 + s`."""


class Absence(msgspec.Struct, frozen=True, gc=False):
    """A fallback is on: the partner was last heard `since` and the fallback entered at `entered` (elapsed)."""

    since: Elapsed
    entered: Elapsed


def warehouse(site: int) -> int:
    """Return a warehouse's number among the partners."""
    return 1 + site
