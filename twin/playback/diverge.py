"""Divergences: what a replay decided otherwise than the recording, why, and what it would have meant.

One divergence stands for one key: an order, an item's postings at a site, or what one channel was told of one item. It
is the first of that key; what follows from it is counted as consequence. Divergences that share an item, directly or
over others, have one cause: the earliest of them.
"""

from collections import OrderedDict, deque
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import msgspec

from twin.model import events
from twin.model.history import text_of
from twin.model.instant import Elapsed, Instant
from twin.model.message import Event, Message

CHAIN_MAX = 20
REMEMBERED_MAX = 200_000
"""How many of the latest messages are remembered for causal chains, and for repeats with other content."""

Kind = Literal["changed", "missing", "extra", "published", "final_state"]
KINDS: dict[Kind, str] = {
    "changed": "the replay sent the event with other content",
    "missing": "the recording has an event that the replay did not send",
    "extra": "the replay sent an event that the recording does not have",
    "published": "a channel was told other figures of an item, or in another order",
    "final_state": "the state at the end is another one, although no event differs: work was done at other times",
}


class Divergence(msgspec.Struct, frozen=True, kw_only=True):
    """The first difference of one key.

    Attributes:
        kind: see `KINDS`.
        key: what it is about: `order <number>`, `posting <item>@<site>`, `channel <name>/<item>`, `end`.
        at: wall time, microseconds UTC.
        line: of the record in the history, 0 where none belongs to it.
        recorded: what production sent or was told, as canonical JSON; None where it has nothing.
        replayed: what the replay sent.
        chain: the messages that led there, the oldest first.
        items: the numbers of the items concerned.
        order: the order concerned, 0 where it is about none.
        customer: who placed it, as the recording numbers accounts; 0 for a guest, or where nobody is named.
    """

    kind: Kind
    key: str
    at: Instant
    line: int = 0
    recorded: object = None
    replayed: object = None
    chain: tuple[str, ...] = ()
    items: tuple[int, ...] = ()
    order: int = 0
    customer: int = 0

    @property
    def signature(self) -> str:
        """What identifies it in a baseline: kind and key."""
        return f"{self.kind} {self.key}"


class Chains:
    """Remembers the latest messages with their causes, so that a chain can be told."""

    def __init__(self, start: Instant) -> None:
        self._start = start
        self._known: OrderedDict[int, tuple[str, int, Elapsed]] = OrderedDict()

    def saw(self, message: Message, at: Elapsed) -> None:
        """Remember a message that was handled or sent."""
        self._known[message.id] = (type(message).__name__, message.cause, at)
        if len(self._known) > REMEMBERED_MAX:
            self._known.popitem(last=False)

    def of(self, message: Message) -> tuple[str, ...]:
        """Return the chain that led to a message, the oldest first, the message itself last."""
        links = [f"{type(message).__name__} {message.id}"]
        cause = message.cause
        while cause and len(links) < CHAIN_MAX:
            found = self._known.get(cause)
            if found is None:
                links.append(f"message {cause}, which the replay has not seen")
                break
            name, earlier, at = found
            links.append(f"{name} {cause} at {text_of(self._start + at)}")
            cause = earlier
        return tuple(reversed(links))


def items_of(event: Event, known: Sequence[int] = ()) -> tuple[int, ...]:
    """Return the items that an event speaks of, else those that are known of its order."""
    match event:
        case events.CreateErpOrder() | events.ChangeErpOrder():
            named = [line.item for line in event.lines]
        case events.ReleaseToWarehouse() | events.FulfilmentRecorded():
            named = [row.item for row in event.items]
        case events.MovementRecorded():
            named = [event.item]
        case events.PublishStock():
            named = [row.item for row in event.rows]
        case _:
            named = list(known)
    return tuple(dict.fromkeys(named))


class Told:
    """What channels were told of an item, in two versions side by side: a difference shows at the first figure.

    Only what one side is ahead of the other is kept. A figure meets the one of the same push, since pushes are answered
    in another order than they are sent; without such a one, it meets the oldest.
    """

    def __init__(self) -> None:
        self._ahead: dict[tuple[int, int], tuple[bool, deque[tuple[int, int]]]] = {}
        self.differs: dict[tuple[int, int], tuple[int | None, int | None]] = {}
        """(channel, item) to the first pair of figures that are not the same: recorded, replayed."""

    def tell(self, recorded: bool, channel: int, item: int, value: int, push: int = 0) -> bool:
        """Take the next figure of one side; True if it is the first that differs from the other side's."""
        key = (channel, item)
        if key in self.differs:
            return False
        ahead = self._ahead.get(key)
        if ahead is None or ahead[0] is recorded or not ahead[1]:
            if ahead is None or not ahead[1]:
                ahead = self._ahead[key] = (recorded, deque())
            ahead[1].append((value, push))
            return False
        waiting = ahead[1]
        if (value, push) in waiting:
            waiting.remove((value, push))
            other = value
        else:
            other, _ = waiting.popleft()
        if not waiting:
            del self._ahead[key]
        if other == value:
            return False
        self.differs[key] = (value, other) if recorded else (other, value)
        return True

    def rest(self) -> Iterable[tuple[int, int, bool, int]]:
        """Yield (channel, item, recorded, figure) of the first figure that only one side told."""
        for (channel, item), (recorded, values) in self._ahead.items():
            if values and (channel, item) not in self.differs:
                yield channel, item, recorded, values[0][0]


class Reach(NamedTuple):
    """Whom divergences reach: orders, the customers of them, and items; `named` of the orders name their customer."""

    orders: int
    customers: int
    items: int
    named: int


def reach(found: Sequence[Divergence]) -> Reach:
    """Count whom divergences reach; an order that names no account is one customer by itself."""
    placed = {each.order: each.customer for each in found if each.order}
    customers = dict.fromkeys((True, customer) if customer else (False, order) for order, customer in placed.items())
    items = dict.fromkeys(item for each in found for item in each.items)
    return Reach(len(placed), len(customers), len(items), sum(map(bool, placed.values())))


def grouped(found: Sequence[Divergence]) -> list[int]:
    """Return for each divergence the place of the earliest one that it shares an item with, directly or over others."""
    roots: list[int] = []
    by_item: dict[int, int] = {}
    for place, divergence in enumerate(found):
        known = [by_item[item] for item in divergence.items if item in by_item]
        root = min(known, default=place)
        for other in known:
            if other != root:
                roots = [root if each == other else each for each in roots]
                by_item = {item: root if each == other else each for item, each in by_item.items()}
        roots.append(root)
        by_item.update(dict.fromkeys(divergence.items, root))
    return roots


class Consequences:
    """What was decided about stock and orders on both sides, summed."""

    def __init__(self) -> None:
        self.released: dict[int, list[int]] = {}
        """Item to units sent to warehouses: recorded, replayed."""
        self.answered: dict[str, list[int]] = {}
        """Answer code to orders: recorded, replayed."""

    def saw(self, event: Event, *, replayed: bool) -> None:
        """Count an event of one side."""
        side = 1 if replayed else 0
        if isinstance(event, events.ReleaseToWarehouse):
            for row in event.items:
                self.released.setdefault(row.item, [0, 0])[side] += row.quantity
        elif isinstance(event, events.OrderAnswered):
            self.answered.setdefault(event.code, [0, 0])[side] += 1

    def stock(self, names: Sequence[str]) -> list[dict[str, object]]:
        """Return the items of which other quantities went to the warehouses."""
        return [
            {"item": names[item] if item < len(names) else str(item), "recorded": both[0], "replayed": both[1]}
            for item, both in sorted(self.released.items())
            if both[0] != both[1]
        ]

    def orders(self) -> list[dict[str, object]]:
        """Return the answers that were given to another number of orders."""
        return [
            {"answer": code, "recorded": both[0], "replayed": both[1]}
            for code, both in sorted(self.answered.items())
            if both[0] != both[1]
        ]
