"""Checks of the self-check: what makes the values of one or several rows, out of the twin's own parts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from twin.experiment.replicate import Plan, rounds
from twin.experiment.selfcheck.row import Row, Values
from twin.world.result import RunResult

if TYPE_CHECKING:
    from twin.world.scenario import Scenario

Load = Callable[[str, Sequence[str]], "Scenario"]
"""Returns a shipped scenario with settings over it, each `path=value`; given by whoever knows files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How checks are made: where scenarios come from, the seed, and how many processes.

    `times` multiplies the runs of a check that is made again.
    """

    load: Load
    seed: int
    jobs: int
    times: int = 1


class Check(Protocol):
    """Some rows, and what makes their values."""

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows, in the order in which they are printed."""

    @property
    def how(self) -> str:
        """The command, or the sentence, that says how the values are made."""

    def values(self, way: Way) -> Sequence[Values]:
        """Make the values of each row, one a run."""


Read = Callable[[RunResult], float | None]
"""Takes a row's value out of a run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """Runs of one design of a shipped scenario under some settings; each row reads one figure of every run."""

    scenario: str
    design: str
    settings: tuple[str, ...]
    reps: int
    rows: tuple[Row, ...]
    reads: tuple[Read, ...]

    @property
    def how(self) -> str:
        """The command that makes such runs."""
        settings = "".join(f" --set '{setting}'" for setting in self.settings)
        return f"twin run {self.scenario} --design {self.design}{settings} --reps {self.reps}"

    def values(self, way: Way) -> Sequence[Values]:
        """Make the runs and read every row's values; a run without a value of a row is left out of it."""
        scenario = way.load(self.scenario, self.settings)
        reps = self.reps * way.times
        plan = Plan(designs=(self.design,), seed=way.seed, reps=reps, record=False, on_violation="report")
        runs = [run for (run,) in rounds(scenario, plan, way.jobs)]
        return [[value for run in runs if (value := read(run)) is not None] for read in self.reads]


def kpi(key: str) -> Read:
    """Read a measure by its key."""
    return lambda run: run.kpis[key]
