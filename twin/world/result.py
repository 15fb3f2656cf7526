"""The result of one run: what one design did with one seed, as plain values that cross process borders."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twin.kernel.faults import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """One replication of one design.

    Attributes:
        scenario: The scenario's name.
        design: The design's name.
        seed: The seed of this replication; replication r of a root seed s has s + r.
        stopped: None, or what ended the run before its horizon: `invariant` (its id), `at_us` (microseconds), `key`
            and `chain` (the messages that led there, the oldest first).
        kpis: Measures by key (`availability_age_s.p95`); None where the run has no sample.
        units: The unit of each key.
        invariants_checked: How many invariants were on.
        violations: Broken promises that the design did not give up, in the order of their time, each with the keys of
            `stopped`; the first twenty of each invariant, `broken` is how many there were.
        declared: Broken promises that the design gives up, told likewise; `given_up` is how many there were.
        antecedents: How often the condition of each invariant was met, so that one that was never tested shows.
        events: How many events were recorded.
        digest: SHA-256 of the event log, as `sha256:...`; equal for equal scenario, design, seed and code.
        sim_s: Simulated time in seconds, warm-up included.
        limits: Sentences on what the model leaves out, or where this run leaves its validated range.
        wall_s: Time the run took, in seconds of the machine's clock.
        notes: Sentences for the reader that are no limits: what was left out of the demand, what was set by hand.
        vain: Faults that took no effect, each with its name (`fault`), `kind` and `target`.
        warm_up_s: What was left out of the measures at the beginning, in simulated seconds.
    """

    scenario: str
    design: str
    seed: int
    stopped: Mapping[str, object] | None
    kpis: Mapping[str, float | None]
    units: Mapping[str, str]
    invariants_checked: int
    violations: tuple[Mapping[str, object], ...]
    declared: tuple[Mapping[str, object], ...]
    antecedents: Mapping[str, int]
    events: int
    digest: str
    sim_s: float
    limits: tuple[str, ...]
    wall_s: float
    notes: tuple[str, ...]
    vain: tuple[Mapping[str, str], ...] = ()
    warm_up_s: float = 0.0

    @property
    def broken(self) -> int:
        """How often a promise was broken that the design did not give up."""
        return int(self.kpis.get("invariant_violations") or len(self.violations))

    @property
    def given_up(self) -> int:
        """How often a promise was broken that the design gives up."""
        return int(self.kpis.get("violations_declared") or len(self.declared))


def told_of(faults: "Iterable[Fault]") -> tuple[Mapping[str, str], ...]:
    """Give the records of faults as a result keeps them."""
    return tuple({"fault": each.name, "kind": each.kind, "target": each.target} for each in faults)
