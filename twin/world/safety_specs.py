"""Safety stock in a scenario: for all items or by class, and of single items by site and by method of fulfilment."""

from collections.abc import Mapping

from policies.stock_buffer import Safety
from twin.errors import UsageError
from twin.world.values import Identifier, Quantity

SafetyOfAll = Quantity | Mapping[Identifier, Quantity]
"""Units of every item at every site, or units by class of items; `other` stands for items without a class."""
SafetyAtSite = Quantity | Mapping[Identifier, Quantity]
"""Units at one site, or units by method of fulfilment there."""
SafetyOfItem = Quantity | Mapping[Identifier, SafetyAtSite]
"""Units of one item at every site, or by site."""


def classes_of(classes: Mapping[str, tuple[str, ...]], items: Mapping[str, int]) -> dict[int, str]:
    """Return the class of each item that has one; raises UsageError for an item nobody knows, or in two classes."""
    found: dict[int, str] = {}
    for name, skus in classes.items():
        for sku in skus:
            if sku not in items:
                raise UsageError(f"items.classes.{name}: no such item {sku!r} in this world")
            if found.setdefault(items[sku], name) != name:
                raise UsageError(f"items.classes: item {sku!r} is in {found[items[sku]]!r} and in {name!r}")
    return found


def safety_of(
    of_all: SafetyOfAll,
    by_hand: Mapping[str, SafetyOfItem],
    classes: Mapping[int, str],
    items: Mapping[str, int],
    sites: list[str],
) -> Safety:
    """Return the policy of the safety stock that a scenario states, by item number and site index.

    Raises UsageError for a site that does not exist.
    """
    item: dict[int, int] = {}
    item_site: dict[tuple[int, int], int] = {}
    item_site_method: dict[tuple[int, int, str], int] = {}
    for sku, stated in by_hand.items():
        if sku not in items:
            continue
        number = items[sku]
        if isinstance(stated, int):
            item[number] = stated
            continue
        for site, there in stated.items():
            if site not in sites:
                raise UsageError(f"stock.items.{sku}.safety: no such site {site!r}; there are {', '.join(sites)}")
            place = sites.index(site)
            if isinstance(there, int):
                item_site[number, place] = there
            else:
                item_site_method |= {(number, place, method): units for method, units in there.items()}
    by_class = dict(of_all) if isinstance(of_all, Mapping) else {"other": of_all}
    return Safety(
        item_site_method=item_site_method,
        item_site=item_site,
        item=item,
        item_class={name: units for name, units in by_class.items() if units},
        class_of={number: classes.get(number, "other") for number in items.values()} if any(by_class.values()) else {},
    )
