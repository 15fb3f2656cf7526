"""What the checks of one run have found: how often there was something to check, and what was broken.

The first few violations of each invariant are kept whole with their key and the messages that led there, the rest are
counted. One that the design does not give up ends the run where runs are to stop.
"""

from collections.abc import Callable, Sequence
from typing import Final

from twin.errors import InvariantViolation
from twin.model.instant import Elapsed
from twin.model.message import Message
from twin.world.checks.catalogue import CATALOGUE, CHECKED, Family

KEPT_WHOLE: Final = 20
"""How many violations of one invariant are kept with their details."""


class Findings:
    """The book that all checks of a run write into."""

    def __init__(
        self, *, checked: Sequence[str], stops: bool, declared: Sequence[str], clock: Callable[[], Elapsed]
    ) -> None:
        self.checked = frozenset(checked)
        self.stops = stops
        self.declared = frozenset(declared)
        self.clock = clock
        self.counts: dict[str, int] = {}
        self.kept: list[dict[str, object]] = []
        self.met: dict[str, int] = dict.fromkeys(CHECKED, 0)
        """How often there was something to check, by invariant, asked for or not."""

    def asks(self, family: Family) -> bool:
        """Tell whether an invariant of a family is to be checked."""
        return any(CATALOGUE[name].family == family for name in CHECKED if name in self.checked)

    @property
    def antecedents(self) -> dict[str, int]:
        """How often there was something to check, by invariant that is to be checked."""
        return {name: count for name, count in self.met.items() if name in self.checked}

    def broken(self, name: str, key: str, *chain: Message | str) -> None:
        """Count a violation of what is to be checked; stop the run if this one stops runs."""
        if name not in self.checked:
            return
        self.counts[name] = count = self.counts.get(name, 0) + 1
        now, told = self.clock(), tuple([said(each) for each in chain])
        if count <= KEPT_WHOLE:
            self.kept.append({"invariant": name, "at_us": now, "key": key, "chain": list(told)})
        if self.stops and name not in self.declared:
            raise InvariantViolation(name, now, key, told)


def said(message: Message | str) -> str:
    """Return how a message stands in a chain of causes."""
    if isinstance(message, str):
        return message
    return f"{type(message).__name__} {message.id} caused by {message.cause} in case {message.case}"
