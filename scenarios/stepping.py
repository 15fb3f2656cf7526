"""Opens a scenario as a world that is stepped by hand."""

from collections.abc import Sequence
from pathlib import Path

from scenarios.loader import load
from twin.world.scenario import Scenario
from twin.world.stepped import SteppedWorld


def open(
    scenario: Scenario | str | Path,
    design: str | None = None,
    *,
    seed: int | None = None,
    small: bool = False,
    allow_code: Sequence[str] = (),
) -> SteppedWorld:
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
    return SteppedWorld(known, design or next(iter(known.designs)), known.seed if seed is None else seed)
