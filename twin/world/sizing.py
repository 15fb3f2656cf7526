"""The landscape `large`, computed: how many people, slots, workers and accounts a firm of a given size needs.

Every number is a rule over two settings, the orders of a normal day and the day that is planned for. The floors are
sized for the normal day, the gates for the planned peak minute: so a peak is captured on its day and shipped over the
following ones, as the parcel figures of demand.yaml show. Multipliers of a scenario's demand never change a size.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Final

MID: Final = {"storefront": 2880.0, "marketplaces": 1400.0, "edi": 60.0}
"""Orders a day of the mid-size distributor by group: their shares are the large one's (landscape.yaml, size)."""
PORTAL: Final = 1 / 3
"""The part of the EDI share that comes through the portal (assumed)."""
PER_PERSON_HOUR: Final = 10.0
"""Orders picked per person-hour (latency.yaml, pick_pack_order, third party)."""
HOURS: Final = 16.0
USE_OF_FLOOR: Final = 0.85
SITES: Final = {"east": 16, "west": 10, "south": 6}
"""The sites and the proportion of their people (landscape.yaml, size)."""
CALLS: Final = 8
"""Calls to the ERP, and transactions of the middleware, per order (landscape.yaml, hand check)."""
PEAK_MINUTE: Final = 1.7
"""The peak minute over the mean one of its day (landscape.yaml, peak_hour_in_the_day)."""
USE_OF_ERP, USE_OF_WORKERS, USE_OF_QUOTA = 0.70, 0.60, 0.90
TRANSACTION_S: Final = 0.040
ORDER_ITEMS_PER_S: Final = 0.5
"""The tightest published quota per order of a seller account: item calls a second (landscape.yaml, marketplace A)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Large:
    """What a firm of this size has."""

    orders_per_day: Mapping[str, float]
    people: Mapping[str, int]
    erp_slots: int
    workers: int
    accounts: int
    peak_orders_per_s: float


def large(orders_per_day: float, multipliers: Mapping[str, float], erp_write_s: float) -> Large:
    """Compute the large landscape.

    Args:
        orders_per_day: of a normal day, over all channels.
        multipliers: of the day that is planned for, by group (storefront, marketplaces, edi).
        erp_write_s: the mean time of a write at the ERP.

    >>> found = large(100_000, {"storefront": 5.9, "marketplaces": 4.5, "edi": 1.0}, 1.67)
    >>> found.people, found.erp_slots, found.workers, found.accounts
    ({'east': 368, 'west': 230, 'south': 138}, 203, 6, 4)
    """
    total = sum(MID.values())
    groups = {name: orders_per_day * share / total for name, share in MID.items()}
    peak_day = sum(orders * multipliers.get(name, 1.0) for name, orders in groups.items())
    peak = peak_day / 86_400 * PEAK_MINUTE
    of_a = groups["marketplaces"] / 2 * multipliers.get("marketplaces", 1.0) / 86_400 * PEAK_MINUTE
    return Large(
        orders_per_day={
            "storefront": groups["storefront"],
            "marketplace_a": groups["marketplaces"] / 2,
            "marketplace_b": groups["marketplaces"] / 2,
            "edi": groups["edi"] * (1 - PORTAL),
            "portal": groups["edi"] * PORTAL,
        },
        people=_shared(ceil(orders_per_day / (PER_PERSON_HOUR * HOURS * USE_OF_FLOOR)), SITES),
        erp_slots=ceil(CALLS * peak * erp_write_s / USE_OF_ERP),
        workers=max(2, ceil(peak * CALLS * TRANSACTION_S / USE_OF_WORKERS)),
        accounts=max(1, ceil(of_a / (USE_OF_QUOTA * ORDER_ITEMS_PER_S))),
        peak_orders_per_s=peak,
    )


def _shared(people: int, parts: Mapping[str, int]) -> dict[str, int]:
    """Split people in proportion, each at least one, the largest remainders first."""
    total = sum(parts.values())
    exact = {name: people * part / total for name, part in parts.items()}
    found = {name: max(1, int(share)) for name, share in exact.items()}
    for name in sorted(exact, key=lambda name: int(exact[name]) - exact[name]):
        if sum(found.values()) < people:
            found[name] += 1
    return found
