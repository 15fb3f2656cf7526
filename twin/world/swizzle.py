"""A swizzle (N9): the links of a party are clogged one after the other, and released in another order."""

from collections.abc import Iterator, Sequence
from typing import Final

from twin.kernel.faults import After, Fault
from twin.model.chance import bits, stream_id
from twin.world.fault_specs import FaultBlock, record_of
from twin.world.scenario import Scenario
from twin.world.selecting import selector_of

_ORDERS: Final = stream_id("fault/swizzle")
CALLED: Final = ("erp_cloud", "wms", "customer_portal", "payment_provider")


def records_of(scenario: Scenario, seed: int, items: Sequence[str] = ()) -> list[Fault]:
    """Return the records of a scenario, a swizzle as one clog for each link; `items` are the items of its world."""
    return [record for block in scenario.faults for record in _records(block, scenario, seed, items)]


def _records(block: FaultBlock, scenario: Scenario, seed: int, items: Sequence[str]) -> Iterator[Fault]:
    whole = record_of(block, selector_of(block, scenario, items))
    if block.kind != "N9":
        yield whole
        return
    links = _links(block.target, scenario)
    within = int(whole.numbers["within"])
    clogged = sorted(links, key=lambda link: bits(seed, _ORDERS, stream_id(f"{block.name}/{link}/in")))
    released = sorted(links, key=lambda link: bits(seed, _ORDERS, stream_id(f"{block.name}/{link}/out")))
    step = max(1, within // (2 * len(links)))
    for place, link in enumerate(clogged):
        first = place == 0
        yield Fault(
            name=block.name if first else f"{block.name}/{place}",
            kind="N9",
            target=link,
            trigger=whole.trigger if first else After(block.name, place * step),
            duration=within // 2 + (released.index(link) - place) * step,
            end="heal_with_burst",
            visibility="late",
        )


def _links(target: str, scenario: Scenario) -> list[str]:
    """Return the link of a party with the middleware, or those of the middleware with everybody that it calls.

    All warehouses of a WMS stand behind one link.
    """
    parties = scenario.landscape.parties
    if target not in parties or parties[target].kind != "middleware":
        return [f"middleware/{target.partition('/')[0]}"]
    called = [name for name, party in parties.items() if party.kind in CALLED]
    sellers = dict.fromkeys(scenario.party_of(channel) for channel in scenario.channels)
    return [f"{target}/{name}" for name in (*called, *sellers)]
