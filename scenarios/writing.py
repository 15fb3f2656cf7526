"""Scenarios written back: the whole file as it stands after everything was merged and set, ready to be loaded again."""

import io
from collections.abc import Sequence
from typing import Final

from ruamel.yaml import YAML

from twin.world.scenario import Scenario

MODELINE: Final = "# yaml-language-server: $schema=../schema/scenario-1.json"


def written(scenario: Scenario, comments: Sequence[str] = ()) -> str:
    """Return the text of a scenario: what its file, its parts and its settings state, without what is a default.

    `comments` are lines for its head. Data files are named as they were: where they lay beside the scenario's file,
    the text belongs beside it too.

    Raises:
        UsageError: it was not loaded, but made from a mapping.
    """
    stated = scenario.origin.stated()
    assert isinstance(stated, dict)
    tree = {key: stated[key] for key in Scenario.model_fields if key in stated}
    writer = YAML(pure=True)
    writer.version = (1, 2)
    writer.explicit_start = False
    writer.width = 120
    writer.indent(mapping=2, sequence=4, offset=2)
    text = io.StringIO()
    writer.dump(tree, text)
    body = text.getvalue().removeprefix("%YAML 1.2\n---\n")
    head = [MODELINE, *(f"# {line}" for line in comments)]
    return "\n".join([*head, body])
