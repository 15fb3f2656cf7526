"""Pages of the reference, written from the code that they describe.

They are the commands, the Python face, the scenario language, all that `twin explain` explains, and what is left out.
Nothing of them is stored: `make docs` writes them, so they cannot fall behind.
"""

import inspect
from collections.abc import Iterator, Mapping
from typing import Final, TypeGuard

import scenarios
import twin
from twin.cli.entries import Entry, entries
from twin.cli.scenario_page import scenario_page
from twin.cli.verbs import twin as command
from twin.world import blank_run, run
from twin.world.party_notes import LEAVES_OUT

KINDS: Final = {
    "measure": ("measures", "Measures", "What a run is judged by. `twin explain NAME` prints one of them."),
    "invariant": ("invariants", "Invariants", "What must hold in every run, checked from the parties' own ledgers."),
    "fault": ("faults", "Faults", "What can be made to go wrong on purpose, each with a record that a scenario takes."),
    "preset": (
        "presets",
        "Presets of policies and parties",
        "Settings that somebody published, by name, each with its source.",
    ),
    "policy": (
        "policies",
        "Policies",
        "What a design or a called party can choose, by slot and name, with every setting.",
    ),
    "party": ("parties", "Parties", "Who can be there, what each leaves out, and where its figures come from."),
}

WRITTEN: Final = {
    "(us|ms|s": "a duration",
    " ?%$": "a share",
    "(s|min|h|d)$": "a rate",
    "[0-2][0-9]:": "a wall time",
    "[0-9]{4}-": "a date, or a date and a time",
    "^[a-z]": "the key of a measure",
    "^q": "a quantile",
}
"""What is written as a text of its own form, by a part of the pattern that the schema has for it."""


def pages() -> dict[str, str]:
    """Return every page by its name."""
    known = entries()
    made = {file: _kind(title, lead, _of(known, kind)) for kind, (file, title, lead) in KINDS.items()}
    return made | {
        "catalogue": _catalogue(),
        "commands": _commands(),
        "limits": _limits(),
        "python": _python(),
        "scenario": _scenario(),
    }


def _of(known: list[Entry], kind: str) -> list[Entry]:
    return [entry for entry in known if entry.kind == kind]


def _kind(title: str, lead: str, found: list[Entry]) -> str:
    """Return a page with a section for each name; things of one name stand in one section."""
    sections: dict[str, list[str]] = {}
    for entry in found:
        sections.setdefault(entry.name, []).append(entry.text)
    lines = [f"# {title}", "", lead, ""]
    for name, texts in sections.items():
        lines += [f"## {name}", "", "\n\n".join(texts), ""]
    return _text(lines)


def _catalogue() -> str:
    lines = ["# The shipped scenarios", "", "`twin explain NAME` prints one of them.", ""]
    for name in scenarios.names():
        lines += [f"## {name}", "", scenario_page(name), ""]
    return _text(lines)


def _commands() -> str:
    lines = ["# Commands", "", "`twin VERB --help` prints the same.", ""]
    with command.make_context("twin", [], resilient_parsing=True) as above:
        for verb in command.list_commands(above):
            found = command.get_command(above, verb)
            assert found is not None
            with found.make_context(verb, [], parent=above, resilient_parsing=True) as context:
                lines += [f"## twin {verb}", "", "```text", *found.get_help(context).splitlines(), "```", ""]
    return _text(lines)


def _python() -> str:
    lines = ["# From Python", "", "`import twin` is the one face; a name is loaded when it is first used.", ""]
    for name in twin.__all__:
        public = getattr(twin, name)
        lines += [f"## twin.{name}", "", "```text", *_described(name, public), "```", ""]
    return _text(lines)


def _described(name: str, public: object) -> Iterator[str]:
    if inspect.isfunction(public):
        yield f"{name}{inspect.signature(public)}".replace("'", "")
        yield ""
    yield from (inspect.getdoc(public) or "").splitlines()


def _scenario() -> str:
    """Return the scenario language as its schema has it: the file itself, then each block where it is first met."""
    schema = scenarios.schema()
    blocks = schema["$defs"]
    assert isinstance(blocks, dict)
    laws = [name for name in blocks if _is_law(name)]
    lines = [
        "# The scenario language",
        "",
        "Made from the schema that editors use (`twin schema`). What stands behind a default is where it comes from; "
        "`twin check FILE --resolved` prints a whole scenario with them.",
        "",
        "## A scenario",
        "",
        *_properties(schema),
        "## A law",
        "",
        "Wherever a delay, a size or a count is drawn. A value alone is constant; else one of",
        "",
        *(f"- {_link(name)}" for name in laws),
        "",
    ]
    for name in _met({key: part for key, part in schema.items() if key != "$defs"}, blocks):
        block = blocks[name]
        text = [str(block["description"]), ""] if "description" in block else []
        lines += [f"## {_title(name)}", "", *text, *_properties(block)]
    return _text(lines)


def _met(part: object, blocks: Mapping[str, object]) -> list[str]:
    """Return the names of the blocks that a part of the schema leads to, nearest first."""
    found: dict[str, None] = {}
    parts: list[object] = [part]
    for each in parts:
        if isinstance(each, Mapping):
            name = str(each.get("$ref", "")).rpartition("/")[2]
            if name and name not in found:
                found[name] = None
                parts.append(blocks[name])
            parts += each.values()
        elif isinstance(each, list):
            parts += each
    return list(found)


def _title(name: str) -> str:
    """Return the heading of a block; two of one name are told apart by their modules."""
    *path, last = name.split("__")
    return f"{last} of {path[-1]}" if path else last


def _link(name: str) -> str:
    title = _title(name)
    return f"[{title}](#{title.lower().replace(' ', '-')})"


def _is_law(name: str) -> bool:
    return name.endswith("Law") or name in ("Archetype", "Figure")


def _properties(block: Mapping[str, object]) -> Iterator[str]:
    properties = block.get("properties")
    if not isinstance(properties, Mapping):
        return
    yield from ("| key | takes | default | source |", "|---|---|---|---|")
    for key, part in properties.items():
        default = _value(part["default"]) if "default" in part else ""
        yield f"| `{key}` | {_takes(part)} | {default} | {_cell(str(part.get('description', '')))} |"
    yield ""


def _takes(part: object) -> str:
    """Say in a few words what a key takes, with links to the blocks of this page."""
    if not isinstance(part, Mapping):
        return "anything"
    if "$ref" in part:
        name = str(part["$ref"]).rpartition("/")[2]
        return "[a law](#a-law)" if _is_law(name) else _link(name)
    if word := next((word for sign, word in WRITTEN.items() if sign in str(part.get("pattern", ""))), ""):
        return word
    if "const" in part:
        return f"`{_value(part['const'])}`".replace("``", "`")
    if "enum" in part:
        return ", ".join(f"`{each}`" for each in part["enum"])
    choices = part.get("anyOf")
    if isinstance(choices, list):
        found = list(dict.fromkeys(_takes(each) for each in choices))
        plain = ("a number", "anything") if set(found) & {*WRITTEN.values(), "[a law](#a-law)"} else ()
        return " or ".join(each for each in found if each not in plain)
    if part.get("type") == "array":
        return f"a list of {_takes(part['items'])}" if _is_schema(part.get("items")) else "a list"
    if _is_schema(part.get("additionalProperties")):
        return f"by name: {_takes(part['additionalProperties'])}"
    if "preset" in part.get("properties", ()):
        return f"a preset ({_takes(part['properties']['preset'])})"
    if isinstance(kind := part.get("type"), list):
        return " or ".join(_takes({"type": each}) for each in kind)
    return {"string": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false",
            "null": "null", "object": "a mapping"}.get(str(kind), "anything")  # fmt: skip


def _is_schema(part: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(part, Mapping)


def _value(value: object) -> str:
    match value:
        case None:
            return "`null`"
        case bool():
            return f"`{str(value).lower()}`"
        case Mapping():
            return f"`{{{', '.join(f'{key}: {_value(each)}' for key, each in value.items()).replace('`', '')}}}`"
        case list() | tuple():
            return f"`[{', '.join(_value(each) for each in value).replace('`', '')}]`"
    return f"`{value}`"


def _limits() -> str:
    lines = ["# Limits of the model", "", "Every run carries these sentences in its results (`limits`).", ""]
    lines += ["## A world with a distributor", "", *(f"- {each}" for each in (*run.LIMITS, run.QUIET)), ""]
    lines += ["## A world without one", "", *(f"- {each}" for each in blank_run.LIMITS), ""]
    lines += ["## What the parties leave out", "", *(f"- `{kind}`: {text}" for kind, text in LEAVES_OUT.items()), ""]
    return _text(lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _text(lines: list[str]) -> str:
    return "\n".join(lines).rstrip() + "\n"
