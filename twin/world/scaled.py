"""From the items by catch weight to the scales of each site, and what lies on them at the start."""

from collections.abc import Mapping
from fractions import Fraction

from actors.scales import Scales
from twin.errors import UsageError
from twin.middleware.inventory.posting import stream_key
from twin.middleware.unit import WEIGHTS
from twin.model.stock import Weighed
from twin.world.wiring import Wiring

GRAMS = 1000
"""Weights are kept in whole grams, the quanta of a kilogram (DOMAIN 1)."""


def scales_of(wiring: Wiring, label: str, book: Mapping[int, int]) -> Scales | None:
    """Return the scales of a site whose book has these pieces, or None where nothing is weighed.

    Raises UsageError for an item that there is not, and for a weight that is no whole number of grams.
    """
    block = wiring.scenario.items.catch_weight
    if block is None:
        return None
    nominal: dict[int, int] = {}
    for sku, weight in block.nominal.items():
        if sku not in wiring.numbers:
            raise UsageError(f"items.catch_weight.nominal: no such item {sku!r} in this world")
        grams = weight * GRAMS
        if grams.denominator != 1:
            raise UsageError(f"items.catch_weight.nominal: {sku} weighs no whole number of grams")
        nominal[wiring.numbers[sku]] = int(grams)
    return Scales(wiring.ground.seed, label, nominal, float(Fraction(str(block.spread))), book)


def weigh_opening(wiring: Wiring) -> None:
    """Write into the store what the goods by catch weight weigh that lie at each site."""
    rows = wiring.store.rows[WEIGHTS.number]
    for warehouse in wiring.warehouses:
        scales = warehouse.scales
        for item in scales.nominal if scales is not None else ():
            assert scales is not None, "it has just been asked for its items"
            rows[stream_key(item, warehouse.site)] = Weighed(scales.there(item))
