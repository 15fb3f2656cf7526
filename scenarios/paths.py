"""Paths into a scenario, as `--set`, `small` and `with_` use them: where they lead, and setting what is there.

A path is keys joined by dots from the top of the resolved file. `*` stands for every entry that has the rest of the
path, an item of a list is meant by its name or by `[n]`, a key with a dot stands in quotes. What a path names must
exist: in the file, or as a setting with a default. The tree is therefore walked together with the scenario that was
read from it.
"""

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Final

from scenarios.document import Node, Path_, Place, at, node_of, path_text
from twin.world.values import Block
from twin.world.wording import nearest

_PART: Final = re.compile(r'"((?:[^"\\]|\\.)*)"|\[(\d+)\]|([^.\[\]"]+)')


class NoWay(Exception):
    """A path that cannot be read, or that meets nothing; the sentence says where it ends."""


@dataclass(frozen=True, slots=True)
class Part:
    """One step of a path: a key or name, an index, or any entry."""

    key: str = ""
    index: int | None = None
    any: bool = False


def parse(text: str) -> tuple[Part, ...]:
    """Read a path.

    Raises:
        NoWay: it is not written as a path.
    """
    parts: list[Part] = []
    position = 0
    while position < len(text):
        if parts and text[position] == ".":
            position += 1
        elif parts and text[position] != "[":
            raise NoWay(f"is no path: expected a dot at character {position + 1}")
        found = _PART.match(text, position)
        if found is None:
            raise NoWay(f"is no path: expected a key at character {position + 1}")
        quoted, index, plain = found.groups()
        if quoted is not None:
            parts.append(Part(re.sub(r"\\(.)", r"\1", quoted)))
        elif index is not None:
            parts.append(Part(index=int(index)))
        else:
            parts.append(Part(plain.strip(), any=plain.strip() == "*"))
        position = found.end()
    if not parts or text.endswith("."):
        raise NoWay("is no path: expected a key")
    return tuple(parts)


def put(tree: Node, scenario: Block | None, path: str, value: Node) -> Node:
    """Return the tree with the value set at every place that the path means.

    `scenario` is what the tree was read into, or None where it does not hold together. `null` removes an entry that has
    a name of its own choosing, such as a site or a channel. A party of the user is the one thing that is set where
    nothing is yet.

    Raises:
        NoWay: the path cannot be read, or meets nothing.
    """
    parts = parse(path)
    own: list[tuple[Path_, bool]] = [(tuple(part.key for part in parts), False)]
    for place, entry in own if _is_own_party(parts, value) else _ways(parts, tree, scenario, ()):
        tree = _stated(tree, scenario, place[:-1], value.place)
        tree = _set(tree, place, None if value.value is None and entry else value, value.place)
    return tree


def _is_own_party(parts: tuple[Part, ...], value: Node) -> bool:
    """Say whether a whole party of the user is set: its class by name, or an object."""
    whole = [part.key for part in parts[:2]] == ["landscape", "parties"] and len(parts) == 3 and not parts[2].any
    scalar = value.value is None or isinstance(value.value, str | int | float | list)
    return whole and not scalar and (not isinstance(value.value, dict) or "use" in value.entries)


def check(tree: Node, scenario: Block | None, path: str) -> None:
    """Raise NoWay unless the path means something."""
    _ways(parse(path), tree, scenario, ())


def _ways(
    parts: tuple[Part, ...], node: Node | None, known: object, so_far: Path_, *, strict: bool = False
) -> list[tuple[Path_, bool]]:
    """Return the places that the path means; with each, whether it is an entry of a mapping with free names.

    `known` is the value that was read from the node, or the default where there is no node; None where neither is
    known. `strict` asks for what exists, which is what `*` means.
    """
    part, rest = parts[0], parts[1:]
    if part.any:
        return _every(rest, node, known, so_far)
    key, child = _child(part, node)
    entry = isinstance(known, Mapping)
    if child is None and not _allowed(part, known, node, last=not rest, strict=strict):
        raise NoWay(_nothing(part, node, known, so_far))
    if so_far[:1] == ("designs",) and len(so_far) == 2 and part.key == "extends":
        raise NoWay("cannot be changed: designs are written out before settings are made; set the slots instead")
    place = (*so_far, key)
    if not rest:
        return [(place, entry)]
    below = _known(known, key)
    if child is not None and not isinstance(child.value, dict | list) and child.value is not None:
        raise NoWay(f"{path_text(place)} is a single value; set it whole")
    return _ways(rest, child, below, place, strict=strict)


def _every(rest: tuple[Part, ...], node: Node | None, known: object, so_far: Path_) -> list[tuple[Path_, bool]]:
    keys: list[Hashable] = list(node.entries) if node is not None else []
    if node is not None and isinstance(node.value, list):
        keys = list(range(len(node.value)))
    if not rest:
        return [((*so_far, key), isinstance(known, Mapping)) for key in keys]
    found: list[tuple[Path_, bool]] = []
    for key in keys:
        assert node is not None
        child = node.value[key] if isinstance(node.value, list) and isinstance(key, int) else node.entries[key]
        try:
            found += _ways(rest, child, _known(known, key), (*so_far, key), strict=True)
        except NoWay:
            continue
    if not found:
        tail = path_text(tuple(part.index if part.index is not None else part.key for part in rest))
        raise NoWay(f"meets nothing: no entry of {path_text(so_far) or 'the scenario'} has {tail}")
    return found


def _child(part: Part, node: Node | None) -> tuple[Hashable, Node | None]:
    """Return the key under which a part is found or would be, and the node there."""
    if node is None:
        return (part.key if part.index is None else part.index), None
    if isinstance(node.value, list):
        for number, child in enumerate(node.value):
            named = child.entries.get("name")
            if part.index == number or (part.index is None and named is not None and named.value == part.key):
                return number, child
        return (part.key if part.index is None else part.index), None
    key: Hashable = part.key if part.index is None else part.index
    return key, node.entries.get(key)


def _known(known: object, key: Hashable) -> object:
    if isinstance(known, Block):
        name = _fields(known).get(str(key))
        return getattr(known, name) if name is not None else None
    if isinstance(known, Mapping):
        return known.get(key)
    if isinstance(known, tuple) and isinstance(key, int) and key < len(known):
        return known[key]
    return None


def _fields(block: Block) -> dict[str, str]:
    """Return the attributes of a block by the key under which a file sets them."""
    return {info.alias or name: name for name, info in type(block).model_fields.items()}


def _allowed(part: Part, known: object, node: Node | None, *, last: bool, strict: bool) -> bool:
    """Say whether something that the file does not state may be set."""
    if part.index is not None:
        return False
    if isinstance(known, Block):
        return part.key in _fields(known) or (last and not strict)
    if known is None and not strict:
        return node is None or (last and isinstance(node.value, dict))
    return False


def _nothing(part: Part, node: Node | None, known: object, so_far: Path_) -> str:
    names: list[object] = list(_fields(known)) if isinstance(known, Block) else []
    if node is not None:
        names += [key for key in node.entries if key not in names]
        if isinstance(node.value, list):
            names = [named.value for child in node.value if (named := child.entries.get("name")) is not None]
            names = names or [f"[{number}]" for number in range(len(node.value))]
    told = part.key if part.index is None else f"[{part.index}]"
    where = f" in {path_text(so_far)}" if so_far else ""
    return f"meets nothing: there is no {told!r}{where}{nearest(told, names)}"


def _stated(tree: Node, known: object, path: Path_, place: Place) -> Node:
    """Return the tree with the first block on the path that it leaves to a default written into it.

    Otherwise one changed key of a default would be taken for the whole block, without its kind.
    """
    for length, key in enumerate(path, start=1):
        known = _known(known, key)
        if at(tree, path[:length]) is None:
            if isinstance(known, Block):
                stated = known.model_dump(mode="json", by_alias=True, exclude_unset=True)
                return _set(tree, path[:length], node_of(stated, place), place)
            return tree
    return tree


def _set(node: Node | None, path: Path_, value: Node | None, place: Place) -> Node:
    """Return the node with the value at a path, None to remove what is there; what is missing on the way is made."""
    if not path:
        assert value is not None
        return Node(value.value, value.place, node.key if node is not None and node.key is not None else place)
    key, rest = path[0], path[1:]
    if node is not None and isinstance(node.value, list) and isinstance(key, int):
        items = list(node.value)
        if value is None and not rest:
            del items[key]
        else:
            items[key] = _set(items[key], rest, value, place)
        return Node(items, node.place, node.key)
    entries = dict(node.entries) if node is not None else {}
    if value is None and not rest:
        entries.pop(key, None)
    else:
        entries[key] = _set(entries.get(key), rest, value, place)
    return Node(entries, node.place if node is not None else place, node.key if node is not None else place)
