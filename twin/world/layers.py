"""Layers that retry multiply: the most attempts that one request of a client can make on each link."""

from policies.hedge import COPIES_MAX
from twin.world import calling
from twin.world.designs import Design
from twin.world.hedge_specs import NoHedge
from twin.world.retry_specs import NoRetry
from twin.world.scenario import Scenario


def attempts_at_each_layer(design: Design) -> int:
    """Return how many attempts a design makes of one call, the copies of a hedge included."""
    attempts = 1 if isinstance(design.retry, NoRetry) else design.retry.rule().attempts
    if isinstance(design.hedge, NoHedge):
        return attempts
    hedge, copies = design.hedge.hedge(), 1
    while copies < COPIES_MAX and hedge.next_copy(copies) is not None:
        copies += 1
    return attempts * copies


def attempts_bounds(scenario: Scenario, design: Design) -> dict[str, int]:
    """Return for each link the product of the layers above it and its own, summed over the ways that lead there.

    No budget, deadline or breaker is looked at: they make it less (P-3). What a party of the user calls is not known.
    """
    parties, each = scenario.landscape.parties, attempts_at_each_layer(design)
    found: dict[str, int] = {}

    def walk(name: str, above: int) -> None:
        party = parties[name]
        for call in party.calls if isinstance(party, calling.Clients | calling.Server) else ():
            link = f"{name}/{call.to}"
            most = above * each if call.retries else above
            found[link] = found.get(link, 0) + most
            walk(call.to, most)

    for name, party in parties.items():
        if isinstance(party, calling.Clients):
            walk(name, 1)
    return found
