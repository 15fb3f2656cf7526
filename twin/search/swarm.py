"""Random mixtures of faults on a small busy firm, drawn from a seed: what is on, where, how badly, by which policies.

Every kind of fault, every further party and every slot of the design is off or on by a coin of the seed (swarm
testing), so that mixtures leave room for each other; numbers are drawn from the ranges of RELIABILITY 1. The same seed
draws the same mixture; a mixture is a list of settings over `busy_firm`, which `twin run` takes as they stand.

A coin alone leaves some kinds without anything to strike in five hundred seeds. So each seed is about two kinds beside
what its coins say: all have their turn, in pairs that change, with the time, the strength and the company
(`twin.search.company`) that it takes. Only kinds inside the partners' contracts (class A) are drawn; one outside is
drawn where it is asked for by name. Every third seed has thin stock, so that it matters what channels were told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from twin.model.chance import bits, stream_id
from twin.model.instant import HOUR, Elapsed
from twin.search.company import ALONE, COMPANY
from twin.world.fault_kinds import KINDS, LINK
from twin.world.values import duration_text

HORIZON: Final[Elapsed] = 2 * HOUR
"""How long orders are placed and faults begin."""
DRAIN: Final[Elapsed] = 24 * HOUR
"""How long a run goes on after the last order: a night and two shifts, for everything that can finish or lapse."""
ORDERS_A_DAY: Final = 2000
SHARES: Final = {"storefront": 0.6, "marketplace_a": 0.15, "marketplace_b": 0.15, "edi": 0.1}
PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "edi": ("channels.edi=null", "landscape.parties.edi=null", "landscape.links.middleware/edi=null"),
    "tms": ("landscape.parties.tms=null", "landscape.parties.carrier_b=null", "landscape.links.tms/carrier_a=null"),
    "broker": ("landscape.parties.broker=null",),
    "gateway": ("landscape.parties.gateway=null",),
    "bi": ("landscape.parties.bi=null",),
    "page": ("landscape.parties.page=null",),
    "notifications": ("landscape.parties.notifications=null",),
    "returns_desk": ("landscape.parties.returns_desk=null",),
    "scans": ("landscape.parties.carrier_a.scans=null",),
    "pim": ("landscape.parties.pim=null",),
    "terms": ("channels.storefront.terms=null",),
    "bank": ("landscape.parties.bank=null", "landscape.links.middleware/bank=null"),
}
"""What a firm may do without: the settings that take it away."""
GIVEN: Final[Mapping[str, tuple[str, ...]]] = {"edits": ("demand.edits={share: 10%, delay: 5m}",)}
"""What a firm may have beside: the settings that give it."""
ALL_PARTS: Final = (*PARTS, *GIVEN)
TARGETS: Final[Mapping[str, tuple[str, ...]]] = {
    "erp_cloud": ("erp",), "wms": ("wms", "wms/east"), "storefront": ("storefront",),
    "marketplace": ("marketplace_a", "marketplace_b"), "carrier": ("carrier_a",), "middleware": ("middleware",),
    "store": ("store",), "edi_gateway": ("edi",),
    "supplier": ("supplier",), "pim": ("pim",), "operators": ("operators",), "payment_provider": ("bank",),
    LINK: ("middleware/erp", "middleware/wms", "middleware/storefront", "middleware/marketplace_a", "tms/carrier_a",
           "middleware/bank"),
}  # fmt: skip
RANGES: Final[Mapping[str, tuple[str, ...]]] = {
    "probability": ("1%", "5%", "20%", "50%"), "factor": ("0.1", "0.4", "0.8"), "extra": ("5s", "45s", "5m"),
    "lag": ("10s", "10m"), "within": ("10s", "5m"), "capacity": ("1/s", "10/min"), "backlog": ("2", "20"),
    "overrun": ("1", "3"), "cap": ("1", "5"), "taken": ("50%", "95%"), "base": ("10s", "2m"),
    "restart": ("10s", "5m"), "delta": ("1", "4"), "fraction": ("0%", "50%"), "on": ("speed", "workers"),
    "way": ("ahead", "behind"),
}  # fmt: skip
NEEDS: Final[Mapping[str, str]] = {
    "edi": "edi", "tms/carrier_a": "tms", "pim": "pim", "bank": "bank", "middleware/bank": "bank",
}  # fmt: skip
"""Targets that are there only with a part of the firm."""
OF_SCANS: Final = ("W5", "X7")
"""Kinds that strike a carrier only where it tells of its parcels."""
SLOTS: Final = (
    "retry={kind: exponential, attempts: 8}",
    "retry={kind: fixed, attempts: 3, base: 2s}",
    "retry={kind: linear, attempts: 6, base: 1s, jitter: equal}",
    "breaker={kind: count, window: 10, minimum: 10, failures: 50%, open_for: 20s, probes: 2}",
    "budget={kind: ratio, deposit: 10%, capacity: 5, start: full}",
    "budget={kind: quota, capacity: 100, retry: 5, timeout_retry: 10, refund: 1}",
    "limiter={kind: gcra, rate: 5/s, burst: 10}",
    "workers.count=6",
    "workers={count: 1, autoscale: {at_most: 4, queue_above: 5, start_delay: 30s, look_every: 5s}}",
    "reservation.soft_for=2d",
    "reservation.soft_for=5m",
    "promising={kind: look_ahead}",
    "backorder={line_policy: BACKORDER, depth: 5}",
    "backorder={line_policy: BACKORDER, depth: 5, cancel_after: 90m}",
    "concurrency={kind: aimd}",
    "fallbacks={erp_away: {after: 2m, accept: within_credit_snapshot}, wms_silent: {after: 5m, publish: last}}",
    "publication={kind: every_event}",  # nothing bounds how long one of its calls waits: it gives S-10 up
    "deadline=90m",
    "reconciliation={every: 2h, ahead: 15m, tolerance: {units: 2, share: 0.5%}}",
)
EVERY_EVENT: Final = "designs.standard.publication={kind: every_event}"
STRIDE: Final = 17
"""By how much the second kind that a seed is about moves on when all have had their turn."""
CRASHES: Final = ("before_commit", "after_commit", "after_send", "before_mark")


THIN: Final = "stock.opening=6"
"""So few of each item that channels sell what is no more there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """What one seed runs, part by part, so that a part can be left out.

    `parts` are what the firm has (names of `ALL_PARTS`), `settings` further ones over the firm, as `path=value`;
    `faults` are records, each as its keys.
    """

    seed: int
    parts: tuple[str, ...]
    settings: tuple[str, ...]
    faults: tuple[Mapping[str, str], ...]
    horizon: Elapsed = HORIZON
    drain: Elapsed = DRAIN
    orders_a_day: int = ORDERS_A_DAY

    def overrides(self) -> list[str]:
        """Return the mixture as settings over `busy_firm`."""
        orders = {name: max(1, round(self.orders_a_day * share)) for name, share in SHARES.items()}
        if "edi" not in self.parts:
            del orders["edi"]
        volume = ", ".join(f"{name}: {number}" for name, number in orders.items())
        absent = [each for name, without in PARTS.items() if name not in self.parts for each in without]
        return [
            f"horizon={duration_text(self.horizon)}",
            f"demand.orders_per_day={{{volume}}}",
            *absent,
            *[each for name in self.parts for each in GIVEN.get(name, ())],
            *self.settings,
            f"faults=[{', '.join(written(fault) for fault in self.faults)}]",
        ]

    def changed(self, **fields: object) -> "Mixture":
        """Return the mixture with some fields replaced."""
        return replace(self, **fields)  # type: ignore[arg-type]  # by field name


def written(fault: Mapping[str, str]) -> str:
    """Return a record as a scenario has it."""
    return "{" + ", ".join(f"{key}: {value}" for key, value in fault.items()) + "}"


class Swarm:
    """The draws of one seed, each by its purpose."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def mixture(self, outside: str | None = None) -> Mixture:
        """Return this seed's mixture; with a kind `outside` the partners' contracts, one that is about that kind."""
        about = [outside] if outside is not None else self.about()
        company = [COMPANY.get(kind, ALONE) for kind in about]
        wanted = [part for each in company for part in each.parts]
        wanted += [NEEDS[target] for kind in about for target in self._everywhere(kind) if target in NEEDS]
        parts = tuple([name for name in ALL_PARTS if name in wanted or self._below(f"part/{name}", 3) == 0])
        faults = {fault["kind"]: fault for fault in self.faults(parts)}
        for kind, each in zip(about, company, strict=True):
            faults |= {more: self._steered(more, parts, stated) for more, stated in each.faults.items()}
            faults[kind] = self._steered(kind, parts, each.stated)
        settings = self._settings([setting for each in company for setting in each.settings])
        return Mixture(seed=self.seed, parts=parts, settings=settings, faults=tuple(faults.values()))

    def about(self) -> list[str]:
        """Return the kinds that this seed is about: each has its turn, in changing pairs."""
        kinds = self.kinds(ALL_PARTS)
        turn, place = divmod(self.seed, len(kinds))
        return [kinds[place], kinds[(place + 1 + STRIDE * turn) % len(kinds)]]

    def _settings(self, wanted: Sequence[str]) -> tuple[str, ...]:
        """Return what is set over the firm; of two settings that say the same thing the wanted one stands."""
        settings = [*[f"designs.standard.{slot}" for slot in SLOTS if self._below(slot, 4) == 0], *wanted]
        if EVERY_EVENT in settings:
            settings.append("designs.standard.gives_up=[S-10]")
        if self._below("thin", 3) == 0:
            settings.append(THIN)
        return tuple({setting.partition("=")[0].removesuffix(".count"): setting for setting in settings}.values())

    def faults(self, parts: Sequence[str]) -> list[Mapping[str, str]]:
        """Return the records that a coin puts on, at most one of each kind."""
        return [self.record(kind, parts) for kind in self.kinds(parts) if self._below(f"{kind}/on", 6) == 0]

    def kinds(self, parts: Sequence[str], *, outside: bool = False) -> list[str]:
        """Return the kinds inside the partners' contracts, or those outside, that have a target in this firm."""
        return [
            kind for kind, known in KINDS.items() if (known.assumption != "A") is outside and self.targets(kind, parts)
        ]

    def targets(self, kind: str, parts: Sequence[str]) -> list[str]:
        """Return whom a kind may strike in a firm of these parts."""
        found = self._everywhere(kind)
        if kind in OF_SCANS and "scans" not in parts:
            found = [target for target in found if target not in TARGETS["carrier"]]
        return [target for target in found if target not in NEEDS or NEEDS[target] in parts]

    def record(self, kind: str, parts: Sequence[str]) -> Mapping[str, str]:
        """Return the record of a kind as the seed draws it."""
        known = KINDS[kind]
        at = self._below(f"{kind}/at", 110)
        stated = {
            "name": f"the_{kind}",
            "kind": kind,
            "target": self._one(f"{kind}/target", self.targets(kind, parts)),
        }
        stated["trigger"] = f"{{at: {at}m}}"
        if known.points and (kind != "P1" or self._below("P1/point", 2)):
            point = self._one(f"{kind}/where", CRASHES if kind == "P1" else known.points)
            stated["trigger"] = f"{{point: {point}, nth: {1 + self._below(f'{kind}/nth', 500)}}}"
        for name in (*known.needs, *known.takes):
            stated[name] = self._one(f"{kind}/{name}", RANGES[name])
        if not known.points:
            stated["duration"] = f"{1 + self._below(f'{kind}/for', 40)}m"
        stated["end"] = self._one(f"{kind}/end", [end for end in known.ends if end != "permanent"])
        return stated

    def _steered(self, kind: str, parts: Sequence[str], stated: Mapping[str, str]) -> Mapping[str, str]:
        """Return a record that has the time and the strength to take effect, with what is stated."""
        record = dict(self.record(kind, parts))
        if "duration" in record:
            record |= {"trigger": f"{{at: {self._below(f'{kind}/soon', 20)}m}}", "duration": "90m"}
        if "probability" in record:
            record["probability"] = self._one(f"{kind}/often", ("20%", "50%"))
        return {**record, **stated}

    def _everywhere(self, kind: str) -> list[str]:
        return [target for party in KINDS[kind].targets for target in TARGETS.get(party, ())]

    def _one(self, purpose: str, choices: Sequence[str]) -> str:
        return choices[self._below(purpose, len(choices))]

    def _below(self, purpose: str, bound: int) -> int:
        return bits(self.seed, stream_id(f"hunt/{purpose}"), 0) % bound
