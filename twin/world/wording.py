"""From a document to a scenario, or to one clear sentence for everything that is wrong with the document.

pydantic finds what is wrong; here it gets our words: the rule and the value got, never a name of a library's own. Where
a complaint stands in a file is the loader's business: it gets the place in the document, in which tags in angle
brackets and what was only written shorter occur too.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Final, Literal, Union, get_args, get_origin

from pydantic import Tag, ValidationError
from pydantic_core import ErrorDetails

from twin.world.scenario import Scenario
from twin.world.values import Block, Surroundings, later_key

Loc = tuple[int | str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """One thing that is wrong with a document.

    `about` says what `loc` leads to: the value itself, a key that has no meaning there (its last part), or the mapping
    that lacks the key `inside` or has the key `got` that is none. A value may be told more closely by the key `inside`.
    """

    loc: Loc
    about: Literal["value", "unknown_key", "missing_key", "wrong_key"]
    inside: str
    got: object
    sentence: str


def read(document: object, surroundings: Surroundings) -> Scenario | list[Complaint]:
    """Return the scenario that a document is, or everything that is wrong with it, in the order of the document."""
    try:
        return Scenario.model_validate(document, context=surroundings)
    except ValidationError as error:
        return [_complaint(details) for details in error.errors(include_url=False)]


def nearest(name: object, names: Iterable[object], *, all_up_to: int = 12) -> str:
    """Return `; did you mean 'x'?`, or `; there are x, y` where nothing is near, or nothing at all."""
    known = [str(each) for each in names]
    if close := get_close_matches(str(name), known, n=1, cutoff=0.6):
        return f"; did you mean {close[0]!r}?"
    if not known or len(known) > all_up_to:
        return ""
    return f"; there {'is' if len(known) == 1 else 'are'} {', '.join(known)}"


def _complaint(details: ErrorDetails) -> Complaint:
    kind, loc, got = details["type"], details["loc"], details["input"]
    sentence = _sentence(details)
    if loc[-1:] == ("[key]",):
        return Complaint(loc=loc[:-2], about="wrong_key", inside="", got=got, sentence=sentence)
    if kind == "missing":
        return Complaint(loc=loc[:-1], about="missing_key", inside=str(loc[-1]), got=None, sentence=sentence)
    about: Literal["value", "unknown_key"] = "unknown_key" if kind == "extra_forbidden" else "value"
    inside = str(details.get("ctx", {}).get("at", ""))
    return Complaint(loc=loc, about=about, inside=inside, got=got, sentence=sentence)


_SENTENCES: Final = {
    "greater_than": "must be greater than {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than": "must be less than {lt:g}",
    "less_than_equal": "must be at most {le:g}",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a number",
    "bool_type": "must be true or false",
    "mapping_type": "must be a mapping",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "none_required": "must be null",
}
_BARE_SENTENCES: Final = {
    "missing": "is missing",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
}


def _sentence(details: ErrorDetails) -> str:
    kind, context, got = details["type"], details.get("ctx", {}), details["input"]
    if kind in _BARE_SENTENCES:
        return _BARE_SENTENCES[kind]
    if kind == "extra_forbidden":
        loc = details["loc"]
        return f"unknown key{nearest(loc[-1], keys_at(loc[:-1]))}"
    if kind == "rule":
        sentence = str(context["sentence"])
        return sentence if context["whole"] else sentence + shown(got)
    if kind == "literal_error":
        words = [word.strip().strip("'") for word in str(context["expected"]).replace(" or ", ", ").split(",")]
        told = words[0] if len(words) == 1 else f"one of {', '.join(words)}"
        return f"must be {told}{shown(got)}"
    if kind == "string_type":
        return f"must be text{'; put it in quotes' if isinstance(got, int | float) else ''}{shown(got)}"
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


def keys_at(loc: Loc) -> list[str]:
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
