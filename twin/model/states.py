"""State tables as data: what a thing can be, what can happen to it, and what it is then.

A table is a tuple of moves. An event carries its condition in its name (`received`, `received_last`), so that a state
and an event lead to one state or are refused; the diagrams in the docs are drawn from the same tuple.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

S = TypeVar("S", bound=Enum)
E = TypeVar("E", bound=Enum)


@dataclass(frozen=True, slots=True)
class Move(Generic[S, E]):
    """One row: in `source` (None: it does not exist yet) `event` leads to `target`."""

    source: S | None
    event: E
    target: S


@dataclass(frozen=True, slots=True)
class StateTable(Generic[S, E]):
    """Every move of one kind of thing. `of` says whose states they are, `source` is the rule that it follows."""

    of: str
    source: str
    states: type[S]
    events: type[E]
    moves: tuple[Move[S, E], ...]

    def after(self, state: S | None, event: E) -> S | None:
        """Return the state that follows, or None when the event is refused; a refused event changes nothing."""
        for move in self.moves:
            if move.source is state and move.event is event:
                return move.target
        return None

    def arrows(self) -> Iterator[tuple[str, str, str]]:
        """Yield (from, to, event) by name, `[*]` for what does not exist yet, in the order of the table."""
        for move in self.moves:
            yield ("[*]" if move.source is None else move.source.name, move.target.name, move.event.value)
