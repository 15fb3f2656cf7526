"""YAML files as trees that remember where everything stood, and the merging of such trees.

A `Node` is a value with its place: file, line and column of the value, and of the key that holds it. Merging and
setting keep the places, so that an error in a merged scenario still names the line that caused it. The reader takes
YAML 1.2 and refuses what would hide something: duplicate keys, tags, merge keys, unquoted dates and several documents
in one file.
"""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from twin.errors import Problem

FILE_BYTES_MAX: Final = 1 << 20
NODES_MAX: Final = 200_000
DEPTH_MAX: Final = 64

Scalar = str | int | float | bool | None
Path_ = tuple[Hashable, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A file, and a line and column in it that count from 1; 0 where there is none."""

    file: str
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class Node:
    """A value with its place; `value` is a scalar, a list of nodes, or nodes by key. `key` is where its key stands."""

    value: "Scalar | list[Node] | dict[Hashable, Node]"
    place: Place
    key: Place | None = None

    def plain(self) -> object:
        """Return the value without places, as lists, mappings and scalars."""
        if isinstance(self.value, dict):
            return {key: child.plain() for key, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.value]
        return self.value

    @property
    def entries(self) -> "dict[Hashable, Node]":
        """The nodes by key; empty where the value is no mapping."""
        return self.value if isinstance(self.value, dict) else {}


class Unreadable(Exception):
    """A file that gives no tree at all: missing, too large, or no YAML."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(problem))


def problem(place: Place, path: str, message: str) -> Problem:
    """Return an error at a place."""
    return Problem(file=place.file, line=place.line, column=place.column, path=path, level="error", message=message)


def node_of(value: object, place: Place) -> Node:
    """Return a tree of plain values that all stand at one place, as an override does."""
    if isinstance(value, Mapping):
        return Node({key: replace(node_of(child, place), key=place) for key, child in value.items()}, place)
    if isinstance(value, list | tuple):
        return Node([node_of(child, place) for child in value], place)
    if value is None or isinstance(value, str | int | float | bool):
        return Node(value, place)
    return Node(str(value), place)


def read(path: Path, name: str) -> tuple[Node, str, list[Problem]]:
    """Read a file into a tree; return it with its text and what is wrong with single places.

    Raises:
        Unreadable: there is no tree.
    """
    try:
        with path.open("rb") as stream:
            raw = stream.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise Unreadable(problem(Place(name), "", f"cannot be read: {error.strerror or error}")) from error
    if len(raw) > FILE_BYTES_MAX:
        raise Unreadable(problem(Place(name), "", f"is larger than {FILE_BYTES_MAX} bytes; that is no scenario"))
    return read_text(_decoded(raw, name), name)


def read_text(text: str, name: str) -> tuple[Node, str, list[Problem]]:
    """Read the text of a file into a tree; see `read`."""
    node, problems = parse(text, name)
    if node is None or node.value is None:
        raise Unreadable(
            problem(Place(name, 1, 1), "", "is empty; a scenario is a mapping that begins with schema_version")
        )
    if not isinstance(node.value, dict):
        kind = "a list" if isinstance(node.value, list) else f"one value, {node.value!r}"
        raise Unreadable(problem(node.place, "", f"must be a mapping that begins with schema_version (got {kind:.60})"))
    return node, text, problems


def _decoded(raw: bytes, name: str) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        column = error.start - (raw.rfind(b"\n", 0, error.start) + 1) + 1
        raise Unreadable(problem(Place(name, line, column), "", "is not YAML: not UTF-8 text")) from error


def parse(text: str, name: str) -> tuple[Node | None, list[Problem]]:
    """Read YAML text into a tree, None where it holds nothing.

    Raises:
        Unreadable: it is not YAML.
    """
    try:
        # The loader parses lazily: what is wrong further down shows while the tree is composed.
        composed = YAML(typ="rt", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(name, mark.line + 1, mark.column + 1) if mark is not None else Place(name)
        told = " ".join(str(error.problem or error.context or "cannot be read").split())
        raise Unreadable(problem(place, "", f"is not YAML: {told}")) from error
    except (YAMLError, RecursionError, ValueError) as error:
        told = " ".join(str(error).split())[:120]
        raise Unreadable(problem(Place(name), "", f"is not YAML: {told}")) from error
    if composed is None:
        return None, []
    reader = _Reader(name)
    return reader.node(composed, (), None), reader.problems


class _Reader:
    """Turns what ruamel composed into a tree, with bounds on size and depth."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.count = 0

    def node(self, composed: object, path: Path_, key: Place | None) -> Node:
        place = self.place(composed)
        self.count += 1
        if self.count > NODES_MAX or len(path) > DEPTH_MAX:
            what = f"more than {NODES_MAX} values" if self.count > NODES_MAX else f"deeper than {DEPTH_MAX} levels"
            raise Unreadable(problem(place, "", f"is {what}; that is no scenario"))
        if isinstance(composed, MappingNode):
            return Node(self.mapping(composed, path), place, key)
        if isinstance(composed, SequenceNode):
            children = [self.node(child, (*path, n), None) for n, child in enumerate(composed.value)]
            return Node(children, place, key)
        assert isinstance(composed, ScalarNode)
        return Node(self.scalar(composed, path, place), place, key)

    def mapping(self, composed: MappingNode, path: Path_) -> dict[Hashable, Node]:
        found: dict[Hashable, Node] = {}
        for key_node, value_node in composed.value:
            place = self.place(key_node)
            if not isinstance(key_node, ScalarNode):
                self.problems.append(
                    problem(place, path_text(path), "a key must be one value, not a list or a mapping")
                )
                continue
            key = self.scalar(key_node, path, place)
            if str(key_node.tag).endswith(":merge"):
                self.problems.append(problem(place, path_text(path), "merge keys (<<) are not part of the language"))
                continue
            child = self.node(value_node, (*path, key), place)
            if key in found:
                first = found[key].key
                at = f"line {first.line}" if first is not None else "above"
                self.problems.append(
                    problem(place, path_text((*path, key)), f"stands here twice; the first is on {at}")
                )
            else:
                found[key] = child
        return found

    def scalar(self, composed: ScalarNode, path: Path_, place: Place) -> Scalar:
        tag, text = str(composed.tag).rsplit(":", 1)[-1], str(composed.value)
        if not str(composed.tag).startswith("tag:yaml.org,2002:"):
            self.problems.append(
                problem(place, path_text(path), f"tags are not part of the language (got {composed.tag})")
            )
            return text
        match tag:
            case "null":
                return None
            case "bool":
                return text.lower() == "true"
            case "int":
                return _whole(text)
            case "float":
                return float(text.replace("_", "").replace(".inf", "inf").replace(".nan", "nan").lower())
            case "timestamp":
                message = f"a date or a time must be put in quotes (got {text})"
                self.problems.append(problem(place, path_text(path), message))
                return text
            case "str" | "merge":
                return text
            case _:
                message = f"tags are not part of the language (got {composed.tag})"
                self.problems.append(problem(place, path_text(path), message))
                return text

    def place(self, composed: object) -> Place:
        mark = getattr(composed, "start_mark", None)
        return Place(self.file, mark.line + 1, mark.column + 1) if mark is not None else Place(self.file)


def _whole(text: str) -> int | float:
    digits = text.replace("_", "").lower()
    for prefix, base in (("0x", 16), ("0o", 8)):
        if digits.lstrip("+-").startswith(prefix):
            return int(digits, base)
    return int(digits) if len(digits) <= 40 else float(digits)


def path_text(path: Path_) -> str:
    """Write a path as it is written on the command line: `designs.governed`, `faults[0]`, `items."A.1"`."""
    text = ""
    for part in path:
        if isinstance(part, int) and not isinstance(part, bool):
            text += f"[{part}]"
        else:
            plain = str(part)
            quoted = f'"{plain}"' if not plain or any(sign in plain for sign in '.[]="* ') else plain
            text += f".{quoted}" if text else quoted
    return text


_CHOOSERS: Final = ("law", "archetype", "figure", "use", "preset")


def merged(base: Node, over: Node) -> Node:
    """Return `over` laid over `base`, key by key; `null` removes, a list replaces.

    A block that chooses another kind or law replaces the one below it whole: the parameters of one law mean nothing to
    another.
    """
    if not isinstance(base.value, dict) or not isinstance(over.value, dict) or _chooses_anew(base.value, over.value):
        return over
    found = dict(base.value)
    for key, child in over.value.items():
        if child.value is None and key in found:
            del found[key]
        elif key in found:
            found[key] = merged(found[key], child)
        else:
            found[key] = child
    return Node(found, over.place, over.key)


def _chooses_anew(base: dict[Hashable, Node], over: dict[Hashable, Node]) -> bool:
    if any(word in over for word in _CHOOSERS):
        return any(word in base for word in (*_CHOOSERS, "kind"))
    return "kind" in over and "kind" in base and over["kind"].value != base["kind"].value


def at(node: Node, path: Path_) -> Node | None:
    """Return the node at a path, or None."""
    found: Node | None = node
    for part in path:
        if found is None:
            return None
        if isinstance(found.value, dict):
            found = found.value.get(part)
        elif isinstance(found.value, list) and isinstance(part, int) and part < len(found.value):
            found = found.value[part]
        else:
            return None
    return found


def walk(node: Node, path: Path_ = ()) -> Iterator[tuple[Path_, Node]]:
    """Yield every node of a tree with its path, from the top."""
    yield path, node
    if isinstance(node.value, dict):
        for key, child in node.value.items():
            yield from walk(child, (*path, key))
    elif isinstance(node.value, list):
        for number, child in enumerate(node.value):
            yield from walk(child, (*path, number))
