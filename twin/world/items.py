"""Which items a scenario is about, and their numbers: an item's number is its place here."""

from collections.abc import Sequence

from twin.errors import UsageError
from twin.world import demand as blocks
from twin.world.demand_history import History
from twin.world.scenario import Scenario


def histories_of(scenario: Scenario) -> list[History]:
    """Read the recorded demand of a scenario, block by block."""
    return [scenario.history(block) for block in scenario.demands if isinstance(block, blocks.History)]


def items_of(scenario: Scenario, histories: Sequence[History]) -> tuple[str, ...]:
    """Return the items' names: so many as are counted, else what the recorded demand and the stock name.

    Raises UsageError where nothing says which items there are.
    """
    if scenario.items.count is not None:
        width = max(4, len(str(scenario.items.count)))
        return tuple(f"ITEM-{n:0{width}d}" for n in range(1, scenario.items.count + 1))
    if scenario.items.file is not None:
        raise UsageError("items from a file do not exist yet; give a count, or let them be made from the demand")
    found = dict.fromkeys(sku for history in histories for sku in history.items)
    found.update(dict.fromkeys(scenario.stock.items))
    if not found and scenario.landscape.size.skus is not None:
        width = max(4, len(str(scenario.landscape.size.skus)))
        return tuple(f"ITEM-{n:0{width}d}" for n in range(1, scenario.landscape.size.skus + 1))
    if not found:
        raise UsageError("there are no items: give items.count, landscape.size.skus or a demand from a history")
    return tuple(found)
