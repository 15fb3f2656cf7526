"""Watches the steps in a recording: which there are, and which orders went through them in a way that has a name.

A step is what a foreign system wrote down about an order, or about one line of it, under a name of its own. No rule of
ours acts on it, so a replay counts steps, and holds each order's against the classes that the mapping gave the header.
Memory grows with the orders that have steps of a class.
"""

from collections.abc import Sequence

import msgspec

from twin.model.business import OrderStep
from twin.model.history import StepClass

FIRST_MAX = 5
"""How many orders of a class are named."""


class Lifecycle(msgspec.Struct, frozen=True, kw_only=True):
    """How many orders (and lines of them) are in a class, and the first of them as `order` or `order/line`."""

    name: str
    orders: int
    first: tuple[str, ...]


class Lifecycles:
    """The steps of a recording, in the order in which they are played."""

    def __init__(self, classes: Sequence[StepClass]) -> None:
        self.steps: dict[str, int] = {}
        """How often each step was taken."""
        self._classes = classes
        self._asked = dict.fromkeys(name for each in classes for name in (each.step, each.before) if name)
        self._orders: dict[tuple[str, str], dict[str, list[int]]] = {}
        """By order and line: of each step that a class asks for, when it came first and how often it came."""
        self._count = 0

    def saw(self, fact: OrderStep) -> None:
        """Take in one step."""
        self._count += 1
        self.steps[fact.step] = self.steps.get(fact.step, 0) + 1
        if fact.step in self._asked:
            steps = self._orders.setdefault((fact.order, fact.line), {})
            steps.setdefault(fact.step, [self._count, 0])[1] += 1

    def classes(self) -> list[Lifecycle]:
        """Return each class with the orders that are in it."""
        return [self._of(each) for each in self._classes]

    def _of(self, asked: StepClass) -> Lifecycle:
        found = [key for key, steps in self._orders.items() if _belongs(asked, steps)]
        named = tuple(f"{order}/{line}" if line else order for order, line in found[:FIRST_MAX])
        return Lifecycle(name=asked.name, orders=len(found), first=named)


def _belongs(asked: StepClass, steps: dict[str, list[int]]) -> bool:
    step = steps.get(asked.step)
    if step is None or step[1] < asked.times:
        return False
    if not asked.before:
        return True
    other = steps.get(asked.before)
    return other is not None and step[0] < other[0]
