"""The hunt: a seed's mixture is run to the end of its drain, and judged; one that breaks a promise is made smaller.

Each run has two phases: orders and faults, then a night and two shifts without either, in which everything that can
finish must. What a run reached is counted beside its verdict: kinds of faults that took effect, what each invariant had
to check, and every (message, outcome) that the middleware decided.
"""

from collections import Counter
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Final

from scenarios.loader import load
from scenarios.writing import written
from twin.errors import InvariantViolation, TwinError
from twin.kernel.recorder import Recorder
from twin.search.reached import Entered, Reached
from twin.search.shrink import Smaller, shrunk
from twin.search.swarm import Mixture, Swarm
from twin.world.build import World, build
from twin.world.closing import look_back
from twin.world.horizon import no_collections
from twin.world.values import duration_text

FIRM: Final = "busy_firm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one seed showed."""

    seed: int
    broken: tuple[dict[str, object], ...]
    took_effect: tuple[str, ...]
    drawn: tuple[str, ...]
    met: dict[str, int]
    decided: Counter[str]
    entered: tuple[str, ...] | None
    """Functions of policies and middleware that ran, where somebody looked."""


def hunted(seed: int, *, outside: str | None = None, looks: bool = False) -> Verdict:
    """Run one seed, with a kind `outside` the contracts if one is named.

    `looks`: also at which functions run, which takes several times as long.
    """
    mixture, reached = Swarm(seed).mixture(outside), Reached()
    recorder = Recorder(reached)
    world = _world(mixture, recorder, stops=False)
    entered = Entered() if looks else None
    with no_collections(), entered or nullcontext():
        world.timeline.run(until=mixture.horizon + mixture.drain)
        look_back(world)
    recorder.close()
    armed = world.faults.armed
    return Verdict(
        seed=seed,
        broken=tuple([each for each in world.invariants.kept if each["invariant"] not in world.invariants.declared]),
        took_effect=tuple([each.fault.kind for each in armed if each.effects]),
        drawn=tuple([each.fault.kind for each in armed]),
        met=world.invariants.antecedents,
        decided=reached.decided,
        entered=None if entered is None else tuple(entered.names),
    )


def broken_by(mixture: Mixture) -> tuple[str, int] | None:
    """Return the first broken invariant of a mixture and when, in microseconds; None when none breaks, or none can."""
    try:
        world = _world(mixture, Recorder(), stops=True)
        with no_collections():
            world.timeline.run(until=mixture.horizon + mixture.drain)
            look_back(world)
    except InvariantViolation as violation:
        return violation.id, violation.at_us
    except TwinError:  # a part without which the rest makes no world
        return None
    return None


def smaller(mixture: Mixture) -> Smaller | None:
    """Return the smallest mixture that breaks the same promise; None when this one breaks none."""
    return shrunk(mixture, broken_by)


def reproducer(found: Smaller) -> str:
    """Return a smaller mixture as a scenario of its own, ready for `twin run`: the firm, with its settings.

    Where the promise breaks only after the last order, orders end before the horizon does, which no scenario says: then
    its first lines say so.
    """
    mixture = found.mixture
    head = [f"Why is {found.invariant} broken? Seed {mixture.seed} of the hunt, made smaller in {found.replays} runs."]
    if mixture.drain:
        head.append(f"It breaks where nobody orders after {duration_text(mixture.horizon)}: run it by the hunt.")
    return written(load(FIRM, [*mixture.overrides(), f"seed={mixture.seed}"]), head)


@dataclass(slots=True)
class Coverage:
    """How often what a hunt should reach was reached: in how many seeds each."""

    seeds: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    vain: Counter[str] = field(default_factory=Counter)
    met: Counter[str] = field(default_factory=Counter)
    decided: Counter[str] = field(default_factory=Counter)
    entered: Counter[str] = field(default_factory=Counter)

    def add(self, verdict: Verdict) -> None:
        """Take in one more verdict."""
        self.seeds += 1
        self.kinds.update(dict.fromkeys(verdict.took_effect, 1))
        self.vain.update([kind for kind in verdict.drawn if kind not in verdict.took_effect])
        self.met.update({name: int(count > 0) for name, count in verdict.met.items()})
        self.decided.update(dict.fromkeys(verdict.decided, 1))
        self.entered.update(verdict.entered or ())

    def rarest(self, what: str, known: Iterable[str] = (), count: int = 10) -> list[tuple[str, int]]:
        """Return the rarest of one kind with how many seeds reached each; `known` ones count from 0."""
        found: Counter[str] = getattr(self, what)
        return sorted((dict.fromkeys(known, 0) | found).items(), key=lambda each: (each[1], each[0]))[:count]


def _world(mixture: Mixture, recorder: Recorder, *, stops: bool) -> World:
    return build(load(FIRM, mixture.overrides()), "standard", mixture.seed, recorder, stops=stops)
