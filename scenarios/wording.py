"""From what pydantic found wrong to one clear line each: position, path, rule and the value got."""

from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Final, Union, get_args, get_origin

from pydantic import Tag, ValidationError
from pydantic_core import ErrorDetails

from scenarios.document import Node, Path_, Place, at, path_text, problem
from scenarios.figures import nearest
from twin.errors import Problem
from twin.world.scenario import Scenario
from twin.world.values import Block, later_key


def problems_of(error: ValidationError, tree: Node) -> list[Problem]:
    """Return a problem for every error, in the order of the file."""
    return [_problem(details, tree) for details in error.errors(include_url=False)]


def _problem(details: ErrorDetails, tree: Node) -> Problem:
    place, path, about_key = _where(details, tree)
    return problem(place, named(tree, path), _sentence(details, about_key=about_key))


def _where(details: ErrorDetails, tree: Node) -> tuple[Place, Path_, bool]:
    """Return where an error stands, the path that is named in it, and whether it is about a key rather than a value."""
    kind, loc = details["type"], details["loc"]
    about_key = loc[-1:] == ("[key]",)
    path, node = _real(loc[:-2] if about_key else loc, tree)
    if about_key:
        child = node.entries.get(details["input"])
        return (child.key if child is not None and child.key is not None else node.place), path, True
    if kind == "missing":
        return node.place, (*path, loc[-1]), False
    if kind == "extra_forbidden":
        return (node.key or node.place), path, False
    inside = str(details.get("ctx", {}).get("at", ""))
    if inside:
        child = node.entries.get(inside)
        return (child.place if child is not None else node.place), (*path, inside), False
    return node.place, path, False


def _real(loc: tuple[int | str, ...], tree: Node) -> tuple[Path_, Node]:
    """Follow an error's place as far as the file goes; tags and what was only written shorter are stepped over."""
    path: Path_ = ()
    node = tree
    for part in loc:
        child = at(node, (part,))
        if child is not None:
            path, node = (*path, part), child
    return path, node


def named(tree: Node, path: Path_) -> str:
    """Write a path with the names of list items where they have one."""
    told: list[object] = []
    node: Node | None = tree
    for part in path:
        listed = node is not None and isinstance(node.value, list)
        node = at(node, (part,)) if node is not None else None
        name = node.entries.get("name") if listed and node is not None else None
        told.append(name.value if name is not None and isinstance(name.value, str) else part)
    return path_text(tuple(told))


_SENTENCES: Final = {
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a number",
    "bool_type": "must be true or false",
    "string_too_short": "must not be empty",
    "mapping_type": "must be a mapping",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "none_required": "must be null",
    "too_short": "must not be empty",
}


def _sentence(details: ErrorDetails, *, about_key: bool) -> str:
    kind, context, got = details["type"], details.get("ctx", {}), details["input"]
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        loc = details["loc"]
        return f"unknown key{nearest(loc[-1], keys_at(loc[:-1]))}"
    if kind == "rule":
        sentence = str(context["sentence"])
        return sentence if context["whole"] else sentence + shown(got)
    if kind == "literal_error":
        words = [word.strip().strip("'") for word in str(context["expected"]).replace(" or ", ", ").split(",")]
        return (
            f"must be {words[0]}{shown(got)}" if len(words) == 1 else f"must be one of {', '.join(words)}{shown(got)}"
        )
    if kind == "string_type":
        return (
            f"must be text; put it in quotes{shown(got)}"
            if isinstance(got, int | float)
            else f"must be text{shown(got)}"
        )
    if kind == "too_short":
        return "must not be empty"
    pattern = _SENTENCES.get(kind)
    if pattern is None:
        return f"{details['msg'][:1].lower()}{details['msg'][1:]}{shown(got)}"
    return pattern.format(**context) + shown(got)


def shown(value: object) -> str:
    """Return ` (got ...)` for a value, kept short."""
    if value is None:
        return " (got null)"
    if isinstance(value, bool):
        return f" (got {str(value).lower()})"
    if isinstance(value, Mapping):
        return " (got a mapping)"
    if isinstance(value, list | tuple):
        return " (got a list)"
    text = repr(value) if isinstance(value, str) else str(value)
    return f" (got {text if len(text) <= 60 else text[:57] + '...'})"


def keys_at(loc: tuple[int | str, ...]) -> list[str]:
    """Return the keys that the block at an error's place takes, those that do not exist yet apart."""
    found: object = Scenario
    for part in loc:
        found = _below(found, part)
    found = _bare(found)
    if isinstance(found, type) and issubclass(found, Block):
        return [info.alias or name for name, info in found.model_fields.items() if not later_key(info)]
    return []


def _bare(kind: object) -> object:
    """Strip a type of annotations and of None beside it."""
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if get_origin(kind) in (Union, UnionType):
        members = [member for member in get_args(kind) if member is not type(None)]
        if len(members) == 1:
            return _bare(members[0])
    return kind


def _below(kind: object, part: int | str) -> object:
    """Return the type one step further down an error's place."""
    tag = isinstance(part, str) and part.startswith("<")
    kind = _bare(kind)
    if get_origin(kind) in (Union, UnionType):
        for member in get_args(kind):
            if tag and _tagged(member, str(part)):
                return member
        inner = [_below(member, part) for member in get_args(kind)] if not tag else []
        return next((found for found in inner if found is not None), None)
    if tag:
        return kind
    if isinstance(kind, type) and issubclass(kind, Block):
        for name, info in kind.model_fields.items():
            if part in (info.alias, name):
                return info.annotation
        return None
    arguments = get_args(kind)
    if not arguments:
        return None
    return arguments[0] if get_origin(kind) is tuple else arguments[-1]


def _tagged(member: object, tag: str) -> bool:
    """Say whether a member of a union is the one that a tag names."""
    if get_origin(member) is Annotated and any(isinstance(note, Tag) and note.tag == tag for note in get_args(member)):
        return True
    bare = _bare(member)
    if not (isinstance(bare, type) and issubclass(bare, Block)):
        return False
    word = tag.strip("<>")
    chooser = bare.model_fields.get("kind") or bare.model_fields.get("law")
    return word in get_args(chooser.annotation) if chooser is not None else word in bare.model_fields
