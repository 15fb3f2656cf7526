"""The JSON Schema of scenario files, from the models, for editors that complete and check while one writes."""

from collections.abc import Mapping
from typing import Final

from twin.world.scenario import Scenario

_ALWAYS: Final = ("schema_version", "question", "horizon")


def schema() -> dict[str, object]:
    """Return the JSON Schema of a scenario file.

    A file may state a part of a block and take the rest from its landscape, and remove an entry by `null`. So the
    schema asks for no key that a landscape or another design can give; the loader does, after it has merged.
    """
    whole = Scenario.model_json_schema(by_alias=True, mode="validation")
    loosened = _loosened(whole)
    assert isinstance(loosened, dict)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Scenario, schema version 1",
        **{key: value for key, value in loosened.items() if key != "title"},
        "required": list(_ALWAYS),
    }


def _loosened(part: object) -> object:
    if isinstance(part, list):
        return [_loosened(each) for each in part]
    if not isinstance(part, Mapping):
        return part
    found: dict[str, object] = {}
    for key, value in part.items():
        if key in ("required", "title", "discriminator") and not isinstance(value, Mapping):
            continue
        if key == "properties" and isinstance(value, Mapping):
            found[key] = {name: _loosened(each) for name, each in value.items()}
        elif key == "additionalProperties" and isinstance(value, Mapping):
            found[key] = {"anyOf": [_loosened(value), {"type": "null"}]}
        else:
            found["anyOf" if key == "oneOf" else key] = _loosened(value)
    return found
