"""Items that are launched in the course of a run: nobody knows them at the start."""

from twin.errors import UsageError
from twin.world.landscape import Pim
from twin.world.scenario import Scenario


def known_at_first(scenario: Scenario, items: int) -> int:
    """Return how many of a world's items are known at its start; raises UsageError when that is none."""
    launches = [block.launches for block in scenario.landscape.parties.values() if isinstance(block, Pim)]
    known = items - sum(block.count for block in launches if block is not None)
    if known < 1:
        raise UsageError(f"pim.launches: of {items} items at least one must be known at the start")
    return known
