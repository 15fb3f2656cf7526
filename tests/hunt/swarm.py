"""Random mixtures of faults on a small busy firm, drawn from a seed: what is on, where, how badly, by which policies.

Every kind is off or on by a coin of the seed (swarm testing), so that mixtures leave room for each other; numbers are
drawn from the ranges of RELIABILITY 1. Only kinds inside the partners' contracts (class A) are drawn. The same seed
draws the same mixture; a mixture is a list of settings over `first_day`, which `twin run` takes as they stand.
"""

from collections.abc import Sequence

from twin.model.chance import bits, stream_id
from twin.world.fault_kinds import KINDS, LINK

DAY: tuple[str, ...] = (
    "landscape.size.skus=40",
    "demand.orders_per_day=3000",
    'start.at="2026-03-03T06:30"',
    "demand.cancellations={share: 5%, delay: 20m}",
    "landscape.parties.storefront.webhook.duplicated=5%",
    'landscape.parties.operators={kind: operators, people: 3, hours: "00:00-24:00", touch: 2m}',
    "landscape.parties.carrier_a.scans={told_after: 20m}",
    "landscape.parties.carrier_a.transit=6h",
    "landscape.links.middleware/erp={lost: 0.1%}",
    "landscape.links.middleware/wms={lost: 0.1%}",
    "horizon=2h",
    "checks.T_conv=3h",
    "checks.T_term=3h",
)
"""Two hours of orders; what follows is for things to come to an end."""
DRAIN_H = 22
"""How long a run goes on after the last order: a night and a shift, for everything that can finish."""
TARGETS = {
    "erp_cloud": ("erp",), "wms": ("wms", "wms/east"), "storefront": ("storefront",), "marketplace": ("marketplace_a",),
    "carrier": ("carrier_a",), "middleware": ("middleware",), "store": ("store",),
    LINK: ("middleware/erp", "middleware/wms"),
}  # fmt: skip
RANGES = {
    "probability": ("1%", "5%", "20%", "50%"), "factor": ("0.1", "0.4", "0.8"), "extra": ("5s", "45s", "5m"),
    "lag": ("10s", "10m"), "within": ("10s", "5m"), "capacity": ("1/s", "10/min"), "backlog": ("2", "20"),
    "overrun": ("1", "3"), "cap": ("1", "5"), "taken": ("50%", "95%"), "base": ("10s", "2m"),
    "restart": ("10s", "5m"), "delta": ("1", "4"), "fraction": ("0%", "50%"), "on": ("speed", "workers"),
    "way": ("ahead", "behind"),
}  # fmt: skip
SLOTS = (
    "retry={kind: exponential, attempts: 8}",
    "retry={kind: fixed, attempts: 3, base: 2s}",
    "retry={kind: linear, attempts: 6, base: 1s, jitter: equal}",
    "breaker={kind: count, window: 10, minimum: 10, failures: 50%, open_for: 20s, probes: 2}",
    "budget={kind: ratio, deposit: 10%, capacity: 5, start: full}",
    "budget={kind: quota, capacity: 100, retry: 5, timeout_retry: 10, refund: 1}",
    "limiter={kind: gcra, rate: 5/s, burst: 10}",
    "workers.count=6",
    "publication={kind: every_event}",
    "deadline=90m",
    "reconciliation={every: 2h, ahead: 15m, tolerance: {units: 2, share: 0.5%}}",
)
CRASHES = ("before_commit", "after_commit", "after_send", "before_mark")


class Swarm:
    """The draws of one seed, each by its purpose."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def settings(self) -> list[str]:
        """Return the settings of this seed's mixture."""
        slots = [f"designs.standard.{slot}" for slot in SLOTS if self._below(slot, 4) == 0]
        chosen: dict[str, str] = {slot.partition("=")[0]: slot for slot in slots}
        return [*DAY, *chosen.values(), f"faults=[{', '.join(self.faults())}]"]

    def faults(self) -> list[str]:
        """Return the records, at most one of each kind."""
        return [self._record(kind) for kind in self.kinds() if self._below(f"{kind}/on", 6) == 0]

    def kinds(self) -> list[str]:
        """Return the kinds that may be drawn: inside the partners' contracts, and with a target in this firm."""
        return [kind for kind, known in KINDS.items() if known.assumption == "A" and self._targets(kind)]

    def _targets(self, kind: str) -> list[str]:
        return [target for party in KINDS[kind].targets for target in TARGETS.get(party, ())]

    def _record(self, kind: str) -> str:
        known = KINDS[kind]
        at = self._below(f"{kind}/at", 110)
        stated = {"name": f"the_{kind}", "kind": kind, "target": self._one(f"{kind}/target", self._targets(kind))}
        stated["trigger"] = f"{{at: {at}m}}"
        if known.points and (kind != "P1" or self._below("P1/point", 2)):
            point = self._one(f"{kind}/where", CRASHES if kind == "P1" else known.points)
            stated["trigger"] = f"{{point: {point}, nth: {1 + self._below(f'{kind}/nth', 500)}}}"
        for name in (*known.needs, *known.takes):
            stated[name] = self._one(f"{kind}/{name}", RANGES[name])
        if not known.points:
            stated["duration"] = f"{1 + self._below(f'{kind}/for', 40)}m"
        stated["end"] = self._one(f"{kind}/end", [end for end in known.ends if end != "permanent"])
        return "{" + ", ".join(f"{key}: {value}" for key, value in stated.items()) + "}"

    def _one(self, purpose: str, choices: Sequence[str]) -> str:
        return choices[self._below(purpose, len(choices))]

    def _below(self, purpose: str, bound: int) -> int:
        return bits(self.seed, stream_id(f"hunt/{purpose}"), 0) % bound
