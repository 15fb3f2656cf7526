"""A scenario written out whole: every setting with its default, and every default with its source."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from scenarios.document import Node, Path_, at
from scenarios.loader import Loaded, load
from scenarios.sized import sized
from twin.world.law_specs import Archetype, Figure, WrittenLaw
from twin.world.party_presets import PARTY_PRESETS
from twin.world.scenario import Scenario
from twin.world.values import Block, later_key


def resolved(
    name_or_path: str | Path,
    overrides: tuple[str, ...] | list[str] = (),
    small: bool = False,
    *,
    allow_code: tuple[str, ...] = (),
) -> str:
    """Return a scenario as YAML that reads back to the same settings, each with where it comes from.

    Raises:
        ScenarioError: as `load`.
    """
    scenario = load(name_or_path, overrides, small, allow_code=allow_code)
    head = f"# {scenario.name}, written out whole; what follows # is where a setting comes from"
    return "\n".join([head, *_lines(scenario)]) + "\n"


class Setting(NamedTuple):
    """One line of a scenario written out: its path, its value (empty above a block), and where it comes from."""

    path: tuple[str, ...]
    value: str
    note: str


def assumptions(scenario: Scenario) -> list[tuple[str, str, str]]:
    """Return every setting that rests on an assumption: its path, its value, and what the source says of it."""
    return [
        (".".join(each.path), each.value, each.note.removeprefix("default, "))
        for each in settings(scenario)
        if "assumed" in each.note and each.value
    ]


def settings(scenario: Scenario) -> list[Setting]:
    """Return every setting with where it comes from: the default's source, or the place that states it."""
    found: list[Setting] = []
    path: list[str] = []
    for line in _lines(scenario):
        setting, _, note = line.partition("  # ")
        key, _, value = setting.strip().partition(": ")
        depth = (len(setting) - len(setting.lstrip())) // 2
        path = [*path[:depth], key.rstrip(":")]
        found.append(Setting(tuple(path), value, note))
    return found


def _lines(scenario: Scenario) -> Iterator[str]:
    origin = scenario.origin
    assert isinstance(origin, Loaded)
    plain = scenario.model_dump(mode="json", by_alias=True, exclude={"small"})
    tree, _ = sized(origin.tree, origin.surroundings)
    yield from _block(scenario, plain, tree, (), "", "")


def _block(
    block: Block,
    plain: Mapping[str, object],
    tree: Node,
    path: Path_,
    indent: str,
    above: str,
    stated: object = None,
) -> Iterator[str]:
    """Yield the lines of a block; `above` is where the block itself comes from, `stated` what a preset says of it.

    The preset of a policy is a whole one; that of a party states some settings and leaves the others their defaults.
    """
    preset = at(tree, (*path, "preset"))
    if preset is not None:
        party = PARTY_PRESETS.get(str(preset.value))
        stated, above = plain if party is None else party.block, f"preset {preset.value}"
    for name, info in type(block).model_fields.items():
        key = info.alias or name
        if later_key(info) or info.exclude or key == "small":
            continue
        here = (*path, key)
        node = at(tree, here)
        if node is not None:
            note = _place(node)
        elif isinstance(stated, Mapping) and key in stated:
            note = above
        else:
            note = f"default, {info.description}" if info.description else above
        inner = stated.get(key) if isinstance(stated, Mapping) else None
        yield from _entry(key, getattr(block, name), plain[key], tree, here, indent, note, inner)


def _entry(
    key: object,
    value: object,
    plain: object,
    tree: Node,
    path: Path_,
    indent: str,
    note: str,
    stated: object = None,
) -> Iterator[str]:
    """Yield the lines of one setting: a block below its key, everything else on one line."""
    told = _flow(str(key))
    if isinstance(value, Block) and not _is_law(value) and isinstance(plain, Mapping):
        yield f"{indent}{told}:  # {note}"
        yield from _block(value, plain, tree, path, indent + "  ", note, stated)
    elif isinstance(value, Mapping) and isinstance(plain, Mapping) and plain and _has_blocks(value):
        yield f"{indent}{told}:  # {note}"
        for name, child in value.items():
            here = (*path, name)
            node = at(tree, here)
            inner = _place(node) if node is not None else note
            yield from _entry(name, child, plain[name], tree, here, indent + "  ", inner)
    elif isinstance(value, tuple) and isinstance(plain, list) and any(isinstance(item, Block) for item in value):
        yield f"{indent}{told}:  # {note}"
        for number, (item, told_item) in enumerate(zip(value, plain, strict=True)):
            lines = list(_block(item, told_item, tree, (*path, number), indent + "    ", note))
            yield f"{indent}  - {lines[0].lstrip()}"
            yield from lines[1:]
    else:
        law = f"; {_law_text(value)}" if isinstance(value, Archetype | Figure) else ""
        yield f"{indent}{told}: {_flow(_short(plain))}  # {note}{law}"


def _has_blocks(value: Mapping[str, object]) -> bool:
    return any(isinstance(child, Block) for child in value.values())


def _is_law(value: Block) -> bool:
    return isinstance(value, Archetype | Figure | WrittenLaw)


def _place(node: Node) -> str:
    place = node.place
    return f"{place.file}:{place.line}" if place.line else place.file


def _short(plain: object) -> object:
    """Leave out of laws and list items what is null, which reads back the same."""
    if isinstance(plain, Mapping):
        if plain.get("law") == "constant" and plain.get("at_most") is None:
            return plain["value"]
        kept = {key: _short(child) for key, child in plain.items() if child is not None}
        return {key: child for key, child in kept.items() if (key, child) != ("p50_factor", 1.0)}
    return [_short(child) for child in plain] if isinstance(plain, list) else plain


def _law_text(spec: Archetype | Figure) -> str:
    law = spec.written_out
    parts = [f"{name} {_flow(value)}" for name, value in law.model_dump(mode="json").items() if name != "law" and value]
    return " ".join([law.law, *parts])


_WORD: Final = r"[A-Za-z_][A-Za-z0-9_./-]*"
_BARE: Final = re.compile(rf"{_WORD}( {_WORD})*|[0-9.]+(%|/s|/min|/h|/d)|([0-9.]+(us|ms|s|m|h|d))+")
_WORDS: Final = {"null", "true", "false", "yes", "no", "on", "off"}


def _flow(value: object) -> str:
    """Write a value on one line of YAML."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flow(str(key))}: {_flow(child)}" for key, child in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(child) for child in value) + "]"
    if isinstance(value, str):
        bare = _BARE.fullmatch(value) is not None and value.lower() not in _WORDS
        return value if bare else json.dumps(value, ensure_ascii=False)
    return json.dumps(value)
