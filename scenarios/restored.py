"""A scenario read back from a recording's header, where it stands with every setting written out.

A setting that has been taken out of the language since, and that nobody had given a value, is left out; one that meant
something is a problem like any other.
"""

from collections.abc import Mapping
from pathlib import Path

from scenarios.document import Place, node_of
from scenarios.figures import Shipped
from scenarios.loader import Loaded, validated
from twin.errors import Problem, ScenarioError
from twin.world.scenario import Scenario

UNKNOWN = "unknown key"
"""How a problem begins whose setting the language does not have."""


def restored(settings: Mapping[str, object], name: str, folder: Path | None = None) -> Scenario:
    """Return the scenario of these settings, under a name.

    Args:
        settings: as `model_dump` writes them.
        name: what the scenario is called from now on.
        folder: where the data files that it names are looked for; the working folder unless given.

    Raises:
        ScenarioError: the settings do not hold together; every problem is named.
    """
    kept = _without_own_parties(settings)
    scenario, problems = _checked(kept, name, folder)
    gone = {problem.path for problem in problems if problem.message.startswith(UNKNOWN)}
    if gone:
        scenario, problems = _checked(_without(kept, gone), name, folder)
    errors = [problem for problem in problems if problem.level == "error"]
    if scenario is None or errors:
        raise ScenarioError(errors)
    return scenario


def _checked(settings: Mapping[str, object], name: str, folder: Path | None) -> tuple[Scenario | None, list[Problem]]:
    tree = node_of(settings, Place(name))
    return validated(Loaded(name, name, "", (), tree, Shipped(str(folder or Path.cwd()))), tree)


def _without(settings: Mapping[str, object], paths: set[str], above: str = "") -> dict[str, object]:
    """Leave out the settings of these dotted paths that are null."""
    return {
        key: _without(value, paths, f"{above}{key}.") if isinstance(value, Mapping) else value
        for key, value in settings.items()
        if value is not None or f"{above}{key}" not in paths
    }


def _without_own_parties(settings: Mapping[str, object]) -> Mapping[str, object]:
    """Leave out the parties of a user: what they did stands in the recording, and nothing asks for their code."""
    world = settings["landscape"]
    assert isinstance(world, Mapping)
    ours = {name: party for name, party in world["parties"].items() if "use" not in party}
    return {**settings, "landscape": {**world, "parties": ours}}
