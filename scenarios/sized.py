"""The landscape that is computed: `large` gets its numbers from `landscape.size`, under what the file itself states."""

from collections.abc import Hashable
from typing import Final

from scenarios.document import Node, Place, at, merged, node_of, problem
from scenarios.figures import Shipped
from twin.errors import Problem
from twin.world.sizing import Large, large

COMPUTED: Final = "large"
FROM: Final = "computed from landscape.size"
"""Where a computed number stands, in the place of a file."""


def sized(tree: Node, surroundings: Shipped) -> tuple[Node, list[Problem]]:
    """Return the tree with the computed numbers beneath it, and what is wrong with the settings that they come from."""
    use, size = at(tree, ("landscape", "use")), at(tree, ("landscape", "size"))
    if use is None or use.value != COMPUTED or size is None:
        return tree, []
    orders, plan = at(size, ("orders_per_day",)), at(size, ("plan_for",))
    if orders is None or isinstance(orders.value, bool) or not isinstance(orders.value, int | float):
        place = orders.place if orders is not None else size.place
        return tree, [problem(place, "landscape.size.orders_per_day", f"{COMPUTED} takes one number, of all channels")]
    name = str(plan.value) if plan is not None else ""
    row = surroundings.multipliers(name)
    if row is None or orders.value <= 0:
        told = f"no such multipliers {name!r}{surroundings.near('multipliers', name)}"
        if orders.value <= 0:
            return tree, [problem(orders.place, "landscape.size.orders_per_day", "must be greater than 0")]
        return tree, [problem(plan.place if plan is not None else size.place, "landscape.size.plan_for", told)]
    factors = {group: float(factor) for group, factor in row.items() if isinstance(factor, int | float)}
    found = large(float(orders.value), factors, _seconds(surroundings, "erp_write"))
    rest = Node({**tree.entries, "landscape": _without_orders(tree.entries["landscape"])}, tree.place, tree.key)
    return merged(node_of(_numbers(found, tree), Place(FROM)), rest), []


def _without_orders(landscape: Node) -> Node:
    """Return the landscape without the number of orders, in whose place stands one for each channel."""
    size = landscape.entries["size"]
    kept: dict[Hashable, Node] = {key: node for key, node in size.entries.items() if key != "orders_per_day"}
    entries = {**landscape.entries, "size": Node(kept, size.place, size.key)}
    return Node(entries, landscape.place, landscape.key)


def _seconds(surroundings: Shipped, archetype: str) -> float:
    """Return the mean of a shipped delay, in seconds."""
    entry = surroundings.archetype(archetype)
    assert entry is not None, f"the profiles know {archetype}"
    return float(str(entry["mean_ms"])) / 1_000


def _numbers(found: Large, tree: Node) -> dict[str, object]:
    """Return the computed numbers at their places: accounts multiply what a marketplace allows each of them."""
    accounts = found.accounts
    numbers: dict[str, object] = {
        "landscape": {
            "size": {"orders_per_day": dict(found.orders_per_day)},
            "parties": {
                "erp": {"concurrency": found.erp_slots},
                "wms": {"sites": {site: {"people": people} for site, people in found.people.items()}},
                "marketplace_a": {
                    "list_orders": {"rate": f"{accounts}/min", "burst": 20 * accounts},
                    "stock_api": {"rate": f"{5 * accounts}/s", "burst": 5 * accounts},
                },
            },
        },
    }
    designs = tree.entries.get("designs")
    if designs is not None and isinstance(designs.value, dict):
        numbers["designs"] = {str(name): {"workers": {"count": found.workers}} for name in designs.entries}
    return numbers
