"""Where the defaults of a block come from: every setting with its source, and how well that source stands.

A source is said beside its default (`sourced`), in words. How well it stands is read from them: what is assumed begins
with that word or ends in it, a figure of the profiles has its basis in brackets, and where several are named the
weakest governs. What has neither is a rule of this house, or follows from the settings themselves.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final, Literal, NamedTuple, TypeGuard, get_args, get_origin

from twin.world.law_specs import Archetype, Figure, WrittenLaw
from twin.world.values import Block, later_key

Basis = Literal["published", "derived", "third party", "assumed", "rule"]
WEAKEST_FIRST: Final[tuple[Basis, ...]] = ("assumed", "third party", "derived", "published")
PUBLISHED: Final = ("Envoy", "the Idempotency-Key draft", "Stripe")
"""How sources begin that are published texts themselves."""
_IN_BRACKETS: Final = re.compile(r"\(([^()]*)\)")


class Setting(NamedTuple):
    """One setting: its path, its default (`REQUIRED` where it must be given), and where that comes from.

    `above` says that a default of a block further up states it: what stands here is not what holds.
    """

    path: str
    default: object
    source: str
    above: bool


REQUIRED: Final = object()


def basis_of(source: str) -> Basis:
    """Return how well a source stands.

    >>> basis_of("landscape.yaml, ERP gate: 900 s (published)"), basis_of("assumed: no published figure")
    ('published', 'assumed')
    """
    if source.startswith("assumed"):
        return "assumed"
    told = " ".join(_IN_BRACKETS.findall(source)) or source.rpartition(";")[2]
    for basis in WEAKEST_FIRST:
        if basis in told and not source.startswith("rule"):
            return basis
    return "published" if source.startswith(PUBLISHED) else "rule"


def settings_of(block: type[Block]) -> Iterator[Setting]:
    """Yield every setting of a block but its kind, those of blocks inside it below their key."""
    yield from _settings(block, "", {}, (block,))


def _settings(block: type[Block], above: str, stated: object, within: tuple[type[Block], ...]) -> Iterator[Setting]:
    for name, info in block.model_fields.items():
        key = info.alias or name
        if later_key(info) or name == "kind":
            continue
        default = REQUIRED if info.is_required() else info.get_default(call_default_factory=True)
        known = isinstance(stated, Mapping) and key in stated
        yield Setting(f"{above}{key}", default, info.description or "", known)
        inside = [each for each in _blocks(info.annotation) if each not in within]
        for inner in inside:
            named = ".NAME" if _is_mapping(info.annotation) else ""
            of = f" ({_kind(inner)})" if len(inside) > 1 else named
            told = stated[key] if isinstance(stated, Mapping) and known else default
            yield from _settings(inner, f"{above}{key}{of}.", told, (*within, inner))


def _blocks(kind: object) -> list[type[Block]]:
    """Return the blocks that a setting may be made of; a law is one value, whatever its parameters."""
    if _is_block(kind):
        return [] if issubclass(kind, Archetype | Figure | WrittenLaw) else [kind]
    return [found for each in get_args(kind) for found in _blocks(each)]


def _is_block(kind: object) -> TypeGuard[type[Block]]:
    return isinstance(kind, type) and issubclass(kind, Block)


def _is_mapping(kind: object) -> bool:
    return get_origin(kind) is Mapping or any(get_origin(each) is Mapping for each in get_args(kind))


def _kind(block: type[Block]) -> str:
    """Return what tells a block from the others that may stand in its place."""
    field = block.model_fields.get("kind")
    kinds = () if field is None else get_args(field.annotation)
    return str(kinds[0]) if kinds else next(iter(block.model_fields))
