"""A document under check: each value knows its path, says what is wrong with it, and hands back something harmless."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from twin.errors import Problem

Path = tuple[str | int, ...]
Place = Callable[[Path], tuple[int, int]]
"""Gives line and column, both from 1, of the value at a path."""


@dataclass(slots=True)
class Reading:
    """One document being checked, and every problem found in it so far."""

    file: str
    place: Place
    problems: list[Problem] = field(default_factory=list)

    def fault(self, path: Path, message: str) -> None:
        """Note a problem with the value at a path."""
        line, column = self.place(path)
        dotted = ".".join(str(part) for part in path)
        self.problems.append(
            Problem(file=self.file, line=line, column=column, path=dotted, level="error", message=message)
        )

    def has_fault(self, path: Path) -> bool:
        """Tell whether something at a path or below is wrong already, so that what follows from it need not be said."""
        dotted = ".".join(str(part) for part in path)
        return any(f"{problem.path}.".startswith(f"{dotted}.") for problem in self.problems)


@dataclass(slots=True)
class Node:
    """One value of the document with its path; what cannot be read is noted, and a default comes back."""

    value: object
    path: Path
    reading: Reading

    def fault(self, message: str) -> None:
        """Note a problem with this value."""
        self.reading.fault(self.path, message)

    def keys(self, allowed: Sequence[str], required: Sequence[str] = ()) -> bool:
        """Check that this is a table with these keys only; return whether it is a table."""
        if not isinstance(self.value, dict):
            self.fault(f"expected a table with {', '.join(allowed)} (got {self.value!r})")
            return False
        for key in self.value:
            if key not in allowed:
                near = get_close_matches(str(key), allowed, n=1)
                hint = f"; did you mean {near[0]!r}?" if near else f"; known here: {', '.join(allowed)}"
                self.at(str(key)).fault(f"unknown key{hint}")
        for key in required:
            if key not in self.value:
                self.fault(f"{key!r} is missing")
        return True

    def has(self, key: str) -> bool:
        """Return whether this is a table with that key."""
        return isinstance(self.value, dict) and key in self.value

    def at(self, key: str | int) -> "Node":
        """Return the value under a key or a number; None where there is none."""
        value: object = None
        if isinstance(self.value, dict):
            value = self.value.get(key)
        elif isinstance(self.value, list) and isinstance(key, int):
            value = self.value[key]
        return Node(value, (*self.path, key), self.reading)

    def items(self) -> "list[Node]":
        """Return the parts of a list; a lone value is a fault."""
        if not isinstance(self.value, list):
            self.fault(f"expected a list (got {self.value!r})")
            return []
        return [self.at(number) for number in range(len(self.value))]

    def text(self, default: str = "") -> str:
        """Read text; a number or a truth value is a fault."""
        if self.value is None and default:
            return default
        if not isinstance(self.value, str):
            self.fault(f"must be text; put it in quotes (got {self.value!r})")
            return default
        return self.value

    def texts(self) -> tuple[str, ...]:
        """Read a list of texts."""
        return tuple(part.text() for part in self.items())

    def flag(self) -> bool:
        """Read true or false."""
        if not isinstance(self.value, bool):
            self.fault(f"must be true or false (got {self.value!r})")
        return self.value is True

    def count(self, default: int) -> int:
        """Read a whole number of at least 1."""
        if isinstance(self.value, bool) or not isinstance(self.value, int) or self.value < 1:
            self.fault(f"must be a whole number of at least 1 (got {self.value!r})")
            return default
        return self.value

    def one_of(self, options: Sequence[str], default: str) -> str:
        """Read one of the options."""
        value = self.value
        if isinstance(value, str) and value in options:
            return value
        near = get_close_matches(str(value), options, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        self.fault(f"must be one of {', '.join(options)} (got {value!r}){hint}")
        return default
