"""For every kind of fault a small world in which it can do harm: where it strikes, how badly, and what else is so."""

from dataclasses import dataclass, field

import scenarios
from twin.kernel.recorder import Recorder
from twin.world.build import World, build
from twin.world.closing import look_back
from twin.world.fault_kinds import KINDS

QUICK = (
    "landscape.size.skus=100", "horizon=90m", "demand.orders_per_day=6000", 'start.at="2026-03-03T06:30"',
)  # fmt: skip
"""People are on the floors."""
PARAMETERS = {
    "factor": "0.05", "extra": "2m", "lag": "5m", "within": "5m", "capacity": "1/min", "backlog": "2", "overrun": "2",
    "cap": "2", "taken": "99.9%", "base": "30s", "restart": "30s", "delta": "3", "fraction": "50%",
}  # fmt: skip
"""What a parameter is unless a case says otherwise; shares and ways are left to their defaults."""
TARGETS = {
    "link": "middleware/erp", "erp_cloud": "erp", "marketplace": "marketplace_a", "carrier": "carrier_a",
    "edi_gateway": "edi",
}  # fmt: skip
AT_ONCE = ("P1", "P2", "P3", "P6", "M5", "D1", "D9", "L5")
"""Kinds that are over when they have begun."""


@dataclass(frozen=True)
class Case:
    """How one kind is tried."""

    more: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    scenario: str = "first_day"
    target: str | None = None
    keys: dict[str, str] = field(default_factory=dict)


def _fault(kind: str, target: str, **keys: str) -> str:
    said = {"name": f"with_{kind}", "kind": kind, "target": target, "trigger": "{at: 5m}", "duration": "1h"} | keys
    return "{" + ", ".join(f"{key}: {value}" for key, value in said.items()) + "}"


SLOW = ("landscape.parties.middleware.service=700ms",)
HASTY = ("designs.standard.retry={kind: fixed, attempts: 2, base: 1s}",)
SIGNED = ("landscape.parties.storefront.webhook.signed=true",)
LINES = ("demand.lines={law: choice, values: {1: 0.2, 2: 0.5, 3: 0.3}}",)
COMPARES = ("designs.standard.reconciliation={every: 20m, ahead: 2m}",)
SCANNED = ("landscape.parties.carrier_a.scans={told_after: 1m}", "landscape.parties.carrier_a.transit=1h")
AWAKE = ('landscape.parties.operators={kind: operators, people: 3, hours: "00:00-24:00", touch: 2m}',)
BATCH = (
    "designs.standard={publication: {kind: batch, at: ['07:00'], from: erp}, procedures: naive/batch_file}",
    "checks.invariants=[S-1, S-2b, S-3, S-4, S-5]",
)
DOWN = (_fault("E1", "erp", duration="30m"),)
AGAIN = (_fault("M1", "middleware", probability="50%", lag="1m"),)
FILES = {"scenario": "edi_trouble", "more": ("horizon=1d",), "keys": {"duration": "20h"}}
CLOCK = {"more": SIGNED, "target": "storefront"}
CASES = {
    "N6": Case(keys={"factor": "20"}),
    "E6": Case(target="marketplace_b"), "E7": Case(LINES), "E8": Case(keys={"probability": "20%"}),
    "E9": Case(COMPARES),
    "E11": Case(others=(_fault("N2", "middleware/erp", probability="30%"),)), "E16": Case(keys={"extra": "5s"}),
    "Q1": Case(target="marketplace_a"), "Q4": Case(target="marketplace_a", keys={"factor": "50"}),
    "Q6": Case(others=(_fault("Q1", "marketplace_a", factor="0.01"),), target="marketplace_a"),
    "P2": Case(keys={"trigger": "{point: after_send, nth: 40}"}),
    "P3": Case(keys={"trigger": "{point: before_begin, nth: 40}"}),
    "P4": Case(keys={"duration": "3m"}), "P6": Case(keys={"lag": "2m"}), "P7": Case(COMPARES),
    "P8": Case(SLOW, keys={"cap": "1"}), "P9": Case(SLOW, keys={"cap": "20"}), "P10": Case(COMPARES),
    "M1": Case(keys={"lag": "20ms"}), "M3": Case(keys={"probability": "5%", "cap": "3"}),
    "M4": Case(HASTY, DOWN, keys={"cap": "1"}), "M5": Case(HASTY, DOWN, keys={"trigger": "{at: 40m}"}),
    "M6": Case(keys={"probability": "30%"}), "M8": Case(keys={"probability": "5%"}),
    "M9": Case(SLOW, keys={"extra": "2s"}), "M10": Case(SLOW),
    "T1": Case(**CLOCK, keys={"extra": "20m"}), "T2": Case(**CLOCK, keys={"extra": "20m"}),
    "T3": Case(**CLOCK, keys={"extra": "20m", "base": "5m"}), "T4": Case(**CLOCK, keys={"factor": "2"}),
    "T5": Case(**CLOCK), "T7": Case(keys={"extra": "20s", "base": "1m"}),
    "D1": Case(keys={"extra": "5s"}), "D4": Case(keys={"duration": "2m"}), "D6": Case(SLOW, keys={"lag": "10s"}),
    "D8": Case(others=AGAIN), "D9": Case(others=AGAIN, keys={"extra": "5m", "trigger": "{at: 55m}"}),
    "C1": Case(keys={"factor": "0.001"}), "C2": Case(HASTY, DOWN), "C3": Case(others=AGAIN),
    "C4": Case(keys={"cap": "3"}),
    "X2": Case(keys={"factor": "3"}), "X5": Case(keys={"probability": "20%"}),
    "X7": Case(("horizon=1d",), scenario="parcels", target="carrier_a", keys={"base": "1h", "duration": "20h"}),
    **{kind: Case(BATCH, target="erp") for kind in ("B1", "B2", "B3")},
    **{kind: Case(**FILES) for kind in ("B4", "B6", "B7", "B8", "B11")},
    "B5": Case(("horizon=1d",), scenario="master_data_batch", keys={"duration": "20h"}),
    "B9": Case(("demand.cancellations={share: 20%, delay: 1m}",)),
    "B10": Case(("horizon=8h", "landscape.size.skus=300"), keys={"duration": "7h"}),
    "W5": Case(SCANNED, keys={"within": "10m"}), "W8": Case(keys={"base": "5m"}),
    "W9": Case((*AWAKE, *HASTY), DOWN), "W10": Case(LINES),
    "L1": Case(keys={"factor": "3"}), "L3": Case(keys={"cap": "3"}), "L4": Case(keys={"duration": "20m"}),
}  # fmt: skip
"""Kinds that are not named are tried as they stand."""


def record(kind: str, **keys: str) -> str:
    """Return a record of a kind as its case has it, with these keys instead."""
    known, case = KINDS[kind], CASES.get(kind, Case())
    stated = {"name": f"the_{kind}", "kind": kind, "trigger": "{at: 10m}"}
    stated["target"] = case.target or TARGETS.get(known.targets[0], known.targets[0])
    stated |= {name: PARAMETERS[name] for name in known.needs + known.takes if name in PARAMETERS}
    if kind not in AT_ONCE:
        stated["duration"] = "1h"
    return "{" + ", ".join(f"{key}: {value}" for key, value in (stated | case.keys | keys).items()) + "}"


def tried(case: Case, *faults: str) -> tuple[World, tuple[object, ...]]:
    """Run the world of a case with these faults; return it, and everything that can be seen of it."""
    quick = QUICK if case.scenario == "first_day" else ()
    settings = [*quick, f"faults=[{', '.join((*case.others, *faults))}]", *case.more]
    scenario = scenarios.load(case.scenario, settings)
    recorder = Recorder()
    world = build(scenario, next(iter(scenario.designs)), 3, recorder, stops=False)
    world.timeline.run(until=scenario.horizon)
    look_back(world)
    checks = world.invariants
    seen = world.watch.results(world.middleware.conflicts, {})
    return world, (recorder.digest(), seen, dict(checks.counts), dict(checks.antecedents))
