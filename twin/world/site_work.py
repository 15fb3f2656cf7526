"""Waves and transfers of one world: made where its warehouse block names them, measured under their own names."""

from array import array
from collections.abc import Sequence
from typing import Final

from actors.ground import Ground
from actors.holds import Holds
from actors.trucks import Trucks
from actors.waves import Waves
from actors.wms import Warehouse
from twin.model.instant import DAY, SECOND
from twin.world import site_specs as blocks
from twin.world.laws import compiled
from twin.world.opening import next_at
from twin.world.rules import the_wms
from twin.world.scenario import Scenario

SITE_MEASURES: Final[dict[str, tuple[str, str]]] = {
    "waves": ("count", "Waves that went to the floors of all sites."),
    "wave_wait_s": ("s", "How long a request to ship waited for its wave."),
    "wave_kept_back": ("count", "Requests that were asked back and not given back because a wave had taken them."),
    "hold_units": ("units", "Units that were put on hold until somebody had looked at them."),
    "transfers": ("count", "Trucks between own sites, one item each."),
    "transferred_units": ("units", "Units that left a site for another one."),
    "transfer_short_units": ("units", "Units that were missing when their truck was unloaded."),
    "on_road_units": ("units", "Units between own sites at the end."),
}
"""Name to (unit, what it says); a run whose warehouses have neither does not have them."""


class SiteWork:
    """The waves of all sites, and the trucks between them."""

    def __init__(self, scenario: Scenario, ground: Ground, warehouses: Sequence[Warehouse], items: int) -> None:
        self.scenario = scenario
        self.ground = ground
        wms = the_wms(scenario)
        self.waves = [] if wms.waves is None else [self._waves(each, wms.waves) for each in warehouses]
        self.holds = None if wms.holds is None else self._holds(warehouses, wms.holds, items)
        self.trucks = None if wms.transfers is None else self._trucks(warehouses, wms.transfers)

    def _waves(self, warehouse: Warehouse, block: blocks.Waves) -> Waves:
        name = warehouse.name
        plans = self.ground.lag(f"{name}/plans", compiled(block.plans))
        waves = warehouse.waves = Waves(
            self.ground, name, to_floor=warehouse.to_floor, plans=plans, size=block.size, cut_off=block.cut_off
        )
        if block.at:
            for at in block.at:
                waves.repeat(next_at(self.scenario, at.us), DAY)
        else:
            waves.repeat(block.apart, block.apart)
        return waves

    def _holds(self, warehouses: Sequence[Warehouse], block: blocks.Holds, items: int) -> Holds:
        return Holds(
            self.ground,
            warehouses,
            items=items,
            between=self.ground.lag("holds/between", compiled(block.between)),
            lasts=self.ground.lag("holds/lasts", compiled(block.lasts)),
            share=float(block.share),
            good=self.ground.coin("holds/good", block.good),
        )

    def _trucks(self, warehouses: Sequence[Warehouse], block: blocks.Transfers) -> Trucks:
        transit = compiled(block.transit)
        trucks = Trucks(
            self.ground,
            warehouses,
            way=self.ground.lag("transfers/way", transit),
            expected=int((transit.mean + compiled(the_wms(self.scenario).dock_to_stock).mean) * SECOND),
            short=self.ground.coin("transfers/short", block.short),
            short_by=block.short_by,
            at_most=block.at_most,
            at_least=block.at_least,
        )
        trucks.plan_daily(next_at(self.scenario, block.at.us), DAY)
        return trucks

    def on_road(self) -> dict[int, int]:
        """Return by item the units that are on a truck now, those included that will be missing."""
        found: dict[int, int] = {}
        if self.trucks is not None:
            for transfer in self.trucks.on_road.values():
                found[transfer.item] = found.get(transfer.item, 0) + transfer.quantity
        return found

    def lost(self) -> dict[int, int]:
        """Return by item the units that were missing on arrival so far."""
        return {} if self.trucks is None else self.trucks.lost

    def counts(self) -> dict[str, float]:
        """Return what is counted from the start."""
        counts: dict[str, float] = {}
        if self.waves:
            counts["waves"] = sum(waves.gone for waves in self.waves)
            counts["wave_kept_back"] = sum(waves.kept_back for waves in self.waves)
        if self.holds is not None:
            counts["hold_units"] = self.holds.held_units
        if self.trucks is not None:
            counts["transfers"], counts["transferred_units"] = self.trucks.sent, self.trucks.units
            counts["transfer_short_units"] = self.trucks.missing
        return counts

    def waited(self) -> "list[array[int]]":
        """Return how long requests waited for their waves, by site."""
        return [waves.waits for waves in self.waves]
