"""A scenario read back from a recording's header, where it stands with every setting written out."""

from collections.abc import Mapping
from pathlib import Path

from scenarios.document import Place, node_of
from scenarios.figures import Shipped
from scenarios.loader import Loaded, validated
from twin.errors import ScenarioError
from twin.world.scenario import Scenario


def restored(settings: Mapping[str, object], name: str, folder: Path | None = None) -> Scenario:
    """Return the scenario of these settings, under a name.

    Args:
        settings: as `model_dump` writes them.
        name: what the scenario is called from now on.
        folder: where the data files that it names are looked for; the working folder unless given.

    Raises:
        ScenarioError: the settings do not hold together; every problem is named.
    """
    tree = node_of(_without_own_parties(settings), Place(name))
    known = Loaded(name, name, "", (), tree, Shipped(str(folder or Path.cwd())))
    scenario, problems = validated(known, tree)
    errors = [problem for problem in problems if problem.level == "error"]
    if scenario is None or errors:
        raise ScenarioError(errors)
    return scenario


def _without_own_parties(settings: Mapping[str, object]) -> Mapping[str, object]:
    """Leave out the parties of a user: what they did stands in the recording, and nothing asks for their code."""
    world = settings["landscape"]
    assert isinstance(world, Mapping)
    ours = {name: party for name, party in world["parties"].items() if "use" not in party}
    return {**settings, "landscape": {**world, "parties": ours}}
