"""From the `checks` block of a scenario and a design to the limits that invariants know."""

from twin.model.instant import HOUR, Elapsed
from twin.world.checks.end import Limits
from twin.world.designs import Design, GovernedPublication
from twin.world.scenario import Checks


def limits_of(checks: Checks, design: Design) -> Limits:
    """Return how long things may take; what the block does not say follows from the design (RELIABILITY 2.6).

    A comparison of books sees a difference twice before it mends one of our ledger, so T_rec has two of its intervals.
    """
    every: Elapsed = design.reconciliation.every if design.reconciliation is not None else 0
    oldest = design.publication.max_age if isinstance(design.publication, GovernedPublication) else 0
    converge = checks.T_conv or 2 * every + oldest + HOUR
    return Limits(
        converge=converge,
        term=checks.T_term or converge + HOUR,
        repair=checks.T_rec or 2 * every + HOUR,
        progress=checks.G,
    )
