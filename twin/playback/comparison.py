"""Holds what a replay does against what the recording says, key by key, and remembers the first difference of each.

A key that differs has left the recording: what follows from it is consequence, and is not compared any more.
Publications are compared by the figures that each channel was told of each item, in their order, and not by event.
Where a recording has no answers there is nothing to compare, and nothing is.
"""

from collections.abc import Callable

import msgspec

from twin.model import events
from twin.model.commands import SubmitOrder
from twin.model.history import Closing, Header
from twin.model.instant import Elapsed
from twin.model.message import Event, Message
from twin.model.order import Order
from twin.model.posting import ERP_BOOK
from twin.playback.diverge import Chains, Consequences, Divergence, Kind, Told, items_of
from twin.playback.expected import Expected


class Comparison:
    """Two versions of one history, side by side.

    Args:
        header: of the recording.
        expected: what the recording has an answer to; None where it has no answers.
        now: the present instant of the replay.
        order_of: the replay's order of a case, if there is one.
    """

    def __init__(
        self,
        header: Header,
        expected: Expected | None,
        *,
        now: Callable[[], Elapsed],
        order_of: Callable[[int], Order | None],
    ) -> None:
        self.header = header
        self.divergences: list[Divergence] = []
        self.consequences = Consequences()
        self.line = 0
        """Of the record that is being taken, 0 while the middleware is at work by itself."""
        self._expected = expected
        self._now = now
        self._order_of = order_of
        self._chains = Chains(header.start)
        self._told = Told()
        self._left: dict[str, None] = {}
        self._orders: dict[int, tuple[str, tuple[int, ...]]] = {}
        """What an order is called and which items it asks for, by its case."""
        self._customers: dict[int, int] = {}
        """Who placed an order that names its customer, by its case."""

    # --- what happens

    def saw(self, message: Message) -> None:
        """Remember a message that came in, was handled, or was sent."""
        self._chains.saw(message, self._now())

    def came(self, message: Message) -> None:
        """Remember a message that came in, and what its order is called if it is one."""
        if isinstance(message, SubmitOrder) and message.case not in self._orders:
            items = tuple(dict.fromkeys(line.item for line in message.lines))
            self._orders[message.case] = (f"order {message.number}", items)
            if message.particulars is not None and message.particulars.customer:
                self._customers[message.case] = message.particulars.customer
        self.saw(message)

    def sent(self, event: Event) -> None:
        """Take in an event that the replay sent."""
        self.saw(event)
        self.consequences.saw(event, replayed=True)

    def has_left(self, key: str) -> bool:
        """Tell whether a key differs already."""
        return key in self._left

    # --- what differs

    def told(self, push: events.PublishStock, *, recorded: bool) -> None:
        """Compare what a push of one side tells of each item with what the other side told."""
        if self._expected is None:
            return
        for row in push.rows:
            if self._told.tell(recorded, push.channel, row.item, row.quantity, push.id):
                there, here = self._told.differs[(push.channel, row.item)]
                self._published(push.channel, row.item, there, here, self._chains.of(push))

    def differs(
        self, kind: Kind, event: Event, *, recorded: Event | None = None, replayed: Event | None = None
    ) -> bool:
        """Let the key of an event leave the recording; False if it had left before."""
        key = self.key(event)
        if key in self._left:
            return False
        self._left[key] = None
        self.divergences.append(
            Divergence(
                kind=kind,
                key=key,
                at=self._wall(),
                line=self.line if recorded is not None else 0,
                recorded=None if recorded is None else msgspec.to_builtins(recorded),
                replayed=None if replayed is None else msgspec.to_builtins(replayed),
                chain=self._chains.of(event),
                items=items_of(event, self._orders.get(event.case, ("", ()))[1]),
                order=event.case,
                customer=self._customers.get(event.case, 0),
            )
        )
        return True

    def ends(self, closing: Closing | None, state: str) -> None:
        """Compare what is left at the end: figures that one side alone told, else the state itself."""
        if self._expected is not None:
            for channel, item, recorded, value in self._told.rest():
                self._published(channel, item, value if recorded else None, None if recorded else value, ())
        if closing is not None and not self.divergences and closing.state != state:
            recorded_state, replayed_state = {"state": closing.state}, {"state": state}
            self.divergences.append(
                Divergence(
                    kind="final_state", key="end", at=self._wall(), recorded=recorded_state, replayed=replayed_state
                )
            )

    def _published(self, channel: int, item: int, there: int | None, here: int | None, chain: tuple[str, ...]) -> None:
        self.divergences.append(
            Divergence(
                kind="published",
                key=f"channel {_name(self.header.channels, channel)}/{_name(self.header.items, item)}",
                at=self._wall(),
                line=self.line,
                recorded=None if there is None else {"quantity": there},
                replayed=None if here is None else {"quantity": here},
                chain=chain,
                items=(item,),
            )
        )

    def _wall(self) -> int:
        return self.header.start + self._now()

    # --- keys

    def key(self, event: Event) -> str:
        """Return what an event is about: an order, else what of the stock, a file or a parcel it speaks of."""
        if event.case:
            return self.key_of_case(event.case)
        header = self.header
        match event:
            case events.MovementRecorded() | events.SnapshotRequested():
                return f"posting {_name(header.items, event.item)}@{_name(header.sites, event.site)}"
            case events.StockCutAsked():
                return f"book {'erp' if event.site == ERP_BOOK else _name(header.sites, event.site)}"
            case events.FileAnswered():
                return f"file {event.name}"
            case events.InterchangeAnswered():
                return f"interchange {event.control}"
            case events.MilestoneReached():
                return f"parcel {event.tracking}"
        return f"{type(event).__name__} {event.id}"

    def key_of_case(self, case: int) -> str:
        """Return the key of an order by its case, empty for 0."""
        found = self._orders.get(case)
        if found is not None or not case:
            return found[0] if found is not None else ""
        if self._expected is not None and case in self._expected.numbers:
            return f"order {self._expected.numbers[case]}"
        order = self._order_of(case)
        return f"order {case if order is None else order.number}"


def _name(names: tuple[str, ...], number: int) -> str:
    return names[number] if 0 <= number < len(names) else str(number)
