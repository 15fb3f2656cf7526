"""How full each gate gets before anything is run: on a normal day, at the planned peak, and under a scenario's demand.

Arithmetic only: a gate's capacity from its own settings, and what an order asks of it. Gates that answer at once are
asked at their peak minute; a floor works a backlog off and is asked by the day. What is above 1 cannot be kept up; the
fullest gate is the one that is expected to break first. Retries, refusals and repeats come on top.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from twin.model.instant import DAY, SECOND
from twin.world import landscape
from twin.world.demand import Distribution
from twin.world.laws import compiled
from twin.world.rules import the_wms
from twin.world.scenario import Scenario
from twin.world.seller_specs import Marketplace
from twin.world.site_specs import Site
from twin.world.sizing import CALLS, HOURS, PEAK_MINUTE

DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One gate: what it can do in `unit`, and what is asked of it in three situations; None: nothing is known."""

    name: str
    unit: str
    capacity: float
    normal: float
    planned: float | None
    scenario: float | None

    def use(self, what: Literal["normal", "planned", "scenario"]) -> float | None:
        """Return asked over capacity."""
        asked: float | None = getattr(self, what)
        return None if asked is None else asked / self.capacity


@dataclass(frozen=True, slots=True)
class Volume:
    """Orders by channel: of a day, and of a second of the peak minute."""

    per_day: Mapping[str, float]
    per_s: Mapping[str, float]


def loads_of(scenario: Scenario) -> list[Gate]:
    """Return every gate of a scenario's world, the fullest under its demand first."""
    size = scenario.landscape.size.orders_per_day
    daily = {name: float(size.get(name, 0.0)) for name in scenario.channels}
    peak = {name: orders * scenario.planned_multiplier(name) for name, orders in daily.items()}
    asked = [_volume(daily), _volume(peak) if scenario.landscape.size.plan_for else None, _asked(scenario)]
    gates = list(_gates(scenario, asked))
    return sorted(gates, key=lambda gate: -(gate.use("scenario") or gate.use("planned") or gate.use("normal") or 0.0))


def _volume(per_day: Mapping[str, float]) -> Volume:
    return Volume(per_day, {name: orders / DAY_S * PEAK_MINUTE for name, orders in per_day.items()})


def _asked(scenario: Scenario) -> Volume | None:
    """Return what the scenario's own demand asks: of a day, and in its busiest hour and spike."""
    per_day = dict.fromkeys(scenario.channels, 0.0)
    per_s = dict.fromkeys(scenario.channels, 0.0)
    known = False
    for block in scenario.demands:
        if not isinstance(block, Distribution):
            continue
        known = True
        busiest = 24 * max(block.shape.hour_shares)
        for name, orders in scenario.orders_per_day(block.orders_per_day).items():
            day = orders * scenario.multiplier(block, name)
            spiked = [spike.factor for spike in block.spikes if not spike.channels or name in spike.channels]
            per_day[name] += day
            per_s[name] += day / DAY_S * busiest * max([1.0, *spiked])
    return Volume(per_day, per_s) if known else None


def _gates(scenario: Scenario, asked: list[Volume | None]) -> Iterator[Gate]:
    def gate(name: str, unit: str, capacity: float, each: list[float | None]) -> Gate:
        normal, planned, own = each
        return Gate(name=name, unit=unit, capacity=capacity, normal=normal or 0.0, planned=planned, scenario=own)

    def peak(times: float, only: str | None = None) -> list[float | None]:
        return [None if v is None else times * sum(_of(v.per_s, only)) for v in asked]

    def day(share: float) -> list[float | None]:
        return [None if v is None else share * sum(v.per_day.values()) for v in asked]

    for name, party in scenario.landscape.parties.items():
        if isinstance(party, landscape.ErpCloud):
            yield gate(name, "calls/s", party.concurrency / compiled(party.write_latency).mean, peak(CALLS))
        elif isinstance(party, landscape.Middleware):
            design = next(iter(scenario.designs.values()))
            capacity = design.workers.count / compiled(party.service).mean
            yield gate(name, "transactions/s", capacity, peak(CALLS))
        elif isinstance(party, landscape.Carrier):
            yield gate(name, "labels/s", party.limit.burst * SECOND / party.limit.window, _shipped(scenario, asked))
    wms = the_wms(scenario)
    people = sum(site.people for site in wms.sites.values())
    per_hour = 3600 / compiled(wms.pick).mean
    for site_name, site in wms.sites.items():
        hours = _hours(site)
        yield gate(f"wms/{site_name}", "orders/day", site.people * per_hour * hours, day(site.people / people))
    for name, channel in scenario.channels.items():
        seller = scenario.landscape.parties[scenario.party_of(name)]
        if isinstance(seller, Marketplace) and channel.intake.kind == "poll":
            capacity = seller.list_orders.rate.per_s * seller.list_orders.max_items
            yield gate(f"{name}/list", "orders/s", capacity, peak(1.0, name))


def _of(per_s: Mapping[str, float], only: str | None) -> list[float]:
    return [rate for name, rate in per_s.items() if only is None or name == only]


def _shipped(scenario: Scenario, asked: list[Volume | None]) -> list[float | None]:
    """Return the labels a second: no more than the floors can pick."""
    wms = the_wms(scenario)
    floors = sum(site.people for site in wms.sites.values()) / compiled(wms.pick).mean
    return [None if v is None else min(floors, sum(v.per_day.values()) / (HOURS * 3600)) for v in asked]


def _hours(site: Site) -> float:
    length = (site.shift.to.us - site.shift.from_.us) % DAY
    return (length or DAY) / (3600 * SECOND)
