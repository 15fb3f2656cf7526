"""Paths into nested records: names, `[n]`, `[*]` and `[?name=value]`, and nothing that searches.

`[*]` takes every element of a list, every member of a table of tables (whose name is then its `@key`), and what is
neither as a list of one: a single child in XML stands for itself. An element that is no table has one field, `@value`.
`[?name=value]` takes the elements whose field has that value. A name with a dot or a bracket in it stands in double
quotes.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from twin.connectivity.rows import text_of_scalar

KEY = "@key"
"""The name under which a member of a table finds its own name."""
TEXT = "#text"
"""The name under which an element of XML has its text, where it has more than text."""
VALUE = "@value"
"""The name of the one field of an element that is no table."""


class Element(dict[str, object]):
    """An element of XML: never a table of members, however its children look."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Every:
    """All elements of a list, or members of a table."""


@dataclass(frozen=True, slots=True)
class Where:
    """The elements whose field at `path` is `value`."""

    path: "Path"
    value: str


Step = str | int | Every | Where
Path = tuple[Step, ...]

_STEP = re.compile(
    r'\.?(?:"(?P<quoted>[^"]+)"|(?P<name>[^."\[\]]+))'
    r"|\[(?:(?P<every>\*)|(?P<number>\d{1,6})|\??(?P<field>[^?=\[\]]+)=(?P<value>[^\]]*))\]"
)


def parse_path(text: str) -> Path:
    """Return the steps of a path; raise ValueError naming the place where it ends to be one.

    >>> parse_path('$.groups[*].sets[?type=850]."a.b"[0]')
    ('groups', Every(), 'sets', Where(path=('type',), value='850'), 'a.b', 0)
    """
    steps: list[Step] = []
    place = 1 if text.startswith("$") else 0
    while place < len(text):
        found = _STEP.match(text, place)
        if found is None or (found["name"] and steps and text[place] != "."):
            raise ValueError(f"cannot be read from {text[place:]!r} on")
        if found["every"]:
            steps.append(Every())
        elif found["number"]:
            steps.append(int(found["number"]))
        elif found["field"]:
            steps.append(Where(parse_path(found["field"]), found["value"].strip("'\"")))
        else:
            steps.append(found["quoted"] or found["name"])
        place = found.end()
    if not steps and text not in ("$", ""):
        raise ValueError("is no path")
    return tuple(steps)


def is_list(path: Path) -> bool:
    """Tell whether a path always gives a list."""
    return any(isinstance(step, Every) for step in path)


def finds(path: Path) -> Callable[[object], list[object]]:
    """Return the function that gives everything a path finds in a record, in order."""
    if len(path) == 1 and isinstance(path[0], str):
        name = path[0]
        return lambda tree: [tree[name]] if isinstance(tree, dict) and name in tree else []
    return lambda tree: list(_walk(tree, path))


def picker(path: Path) -> Callable[[object], object]:
    """Return the function that gives what a path finds: None for nothing, one value, or a list."""
    if len(path) == 1 and isinstance(path[0], str):
        name = path[0]
        return lambda tree: tree.get(name) if isinstance(tree, dict) else None
    listed = is_list(path)

    def pick(tree: object) -> object:
        found = list(_walk(tree, path))
        if listed or len(found) > 1:
            return found
        return found[0] if found else None

    return pick


def _walk(tree: object, path: Path) -> Iterator[object]:
    if not path:
        yield tree
        return
    step, rest = path[0], path[1:]
    if isinstance(step, str):
        if isinstance(tree, dict) and step in tree:
            yield from _walk(tree[step], rest)
    elif isinstance(step, int):
        elements = elements_of(tree)
        if step < len(elements):
            yield from _walk(elements[step], rest)
    else:
        for element in elements_of(tree):
            if isinstance(step, Every) or holds(step, element):
                yield from _walk(element, rest)


def elements_of(tree: object) -> list[object]:
    """Return the elements of a list, the members of a table, or the one thing that is neither."""
    if isinstance(tree, list):
        return tree
    if isinstance(tree, dict) and is_table_of_tables(tree):
        return [{KEY: key, **value} for key, value in tree.items()]
    return [] if tree is None else [tree]


def is_table_of_tables(tree: object) -> bool:
    """Tell whether something is a table whose members are tables, as records under their ids are."""
    if isinstance(tree, Element) or not isinstance(tree, dict):
        return False
    return bool(tree) and all(isinstance(value, dict) for value in tree.values())


def holds(where: Where, element: object) -> bool:
    """Tell whether an element has the value that is asked for."""
    try:
        return any(text_of_scalar(found) == where.value for found in _walk(element, where.path))
    except TypeError:
        return False
