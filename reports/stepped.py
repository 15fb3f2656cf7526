"""What `twin.open` gives: a world that is stepped by hand, and shows in a notebook how far a step has come."""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

from reports.progress import seen
from scenarios.loader import load
from twin.experiment.work import Progress
from twin.model.instant import Elapsed
from twin.world.scenario import Scenario
from twin.world.stepped import SteppedWorld


class OpenWorld(SteppedWorld):
    """A stepped world with a bar for each step where a notebook is running."""

    def run(self, until: str | Elapsed | None = None, *, progress: Progress | None = None) -> Self:
        """Run on, and return the world; see `SteppedWorld.run`."""
        return super().run(until, progress=seen(progress, self.scenario.name, "minutes"))


def open(
    scenario: Scenario | str | Path,
    design: str | None = None,
    *,
    seed: int | None = None,
    small: bool = False,
    allow_code: Sequence[str] = (),
) -> OpenWorld:
    """Open a scenario as a world that is stepped by hand: `world = twin.open("first_day"); world.run(until="10:30")`.

    Args:
        scenario: a shipped name, the path of a file, or a scenario that was loaded.
        design: one of its designs; the first one unless given.
        seed: of the world; the scenario's own unless given.
        small: apply the file's own `small` block; a scenario that was loaded has it or not.
        allow_code: modules of the user that the scenario may import.

    Raises:
        ScenarioError: the scenario does not hold together.
        UsageError: there is no such design, or the world has no distributor.
    """
    known = scenario if isinstance(scenario, Scenario) else load(scenario, small=small, allow_code=allow_code)
    return OpenWorld(known, design or next(iter(known.designs)), known.seed if seed is None else seed)
