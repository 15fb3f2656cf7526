"""From the names in a fault's selector to the numbers that messages carry."""

from collections.abc import Iterator, Sequence

from twin.errors import UsageError
from twin.kernel.faults import Selector
from twin.model.ids import business_id
from twin.world.fault_specs import FaultBlock
from twin.world.rules import the_wms
from twin.world.scenario import Scenario


def selector_of(block: FaultBlock, scenario: Scenario, items: Sequence[str]) -> Selector | None:
    """Return the selector of a record in a world of these items.

    Raises:
        UsageError: it names an item that is not there.
    """
    named = block.selector
    if named is None:
        return None
    numbers = {sku: number for number, sku in enumerate(items)}
    for sku in named.items:
        if sku not in numbers:
            some = ", ".join(items[:3])
            raise UsageError(f"fault {block.name!r}: no item {sku!r} in this world; there are {some}, ...")
    channels, sites = list(scenario.channels), list(the_wms(scenario).sites)
    return Selector(
        orders=tuple([id for number in named.orders for id in order_ids(number)]),
        items=tuple([numbers[sku] for sku in named.items]),
        channels=tuple([channels.index(name) for name in named.channels]),
        sites=tuple([sites.index(name) for name in named.sites]),
    )


def order_ids(number: str) -> Iterator[int]:
    """Yield the ids that an order of this number has: a recorded one, or one that was drawn for its channel."""
    yield business_id("order", number)
    source, dash, _ = number.rpartition("-")
    if dash:
        yield business_id(source, "order", number)
