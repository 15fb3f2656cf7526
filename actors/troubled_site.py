"""Warehouses and feeds that faults can get at: short picks, counts at the worst moment, offline work, damaged files.

W- and B-numbers are those of the fault catalogue.
"""

from collections.abc import Callable
from typing import Final

from actors.calls import Feed
from actors.wms import Warehouse
from twin.kernel.faults import Armed
from twin.model.chance import bits, stream_id
from twin.model.commands import StockExtract
from twin.model.events import ReleaseToWarehouse
from twin.model.ids import derive
from twin.model.message import Event, Message

DEVICES: Final = 4
"""Scanners whose records are sent one device after the other when a site is back: 4, assumed."""
FILES: Final = ("B1", "B2", "B3")


class TroubledWarehouse(Warehouse):
    """A site with the records that are on."""

    _records: tuple[Armed, ...] = ()
    _usual: Callable[[int, int], bool] | None = None

    def begin(self, armed: Armed) -> None:
        """A record is on."""
        self._records = (*self._records, armed)
        if self._usual is None:
            self._usual, self.mispicked = self.mispicked, self._short

    def end(self, armed: Armed) -> None:
        """A record is over."""
        self._records = tuple(other for other in self._records if other is not armed)

    def take(self, event: Event) -> Message | None:
        """Take an event; between a release and its pick somebody may count the bin and find less."""
        answer = super().take(event)
        if type(event) is ReleaseToWarehouse:
            for armed in self._records:
                if armed.fault.kind == "W3" and armed.strikes(self.ground.timeline.now, event.release, 0):
                    self._found_less(event, int(armed.number("delta", 1)))
        return answer

    def _found_less(self, event: ReleaseToWarehouse, delta: int) -> None:
        item = event.items[0].item
        self.shelf[item] = max(0, self.shelf.get(item, 0) - delta)
        self._correct((item, event.id))

    def _short(self, release: int, line: int) -> bool:
        """Tell whether a pick comes out one short: as the profile says, or because a record strikes it."""
        assert self._usual is not None
        short = self._usual(release, line)
        for armed in self._records:
            if armed.fault.kind == "W2" and armed.strikes(self.ground.timeline.now, release, line):
                short = True
        return short


class TroubledFeed(Feed):
    """A party's facts with the records that are on: held back while a site is offline, or files that go wrong."""

    _records: tuple[Armed, ...] = ()
    _held: tuple[Message, ...] = ()

    def begin(self, armed: Armed) -> None:
        """A record is on."""
        self._records = (*self._records, armed)

    def end(self, armed: Armed) -> None:
        """A record is over; what an offline site recorded goes out device by device, each in its own order."""
        self._records = tuple(other for other in self._records if other is not armed)
        if armed.fault.kind == "W1":
            held, self._held = self._held, ()
            for message in sorted(
                held, key=lambda fact: bits(self.ground.seed, _DEVICE, fact.case or fact.id) % DEVICES
            ):
                super().send(message)

    def not_arrived(self) -> list[Message]:
        """Return also what is held back."""
        return [*super().not_arrived(), *self._held]

    def _device(self, fact: Message) -> int:
        """Return which scanner recorded a fact: one scanner has all of an order."""
        return bits(self.ground.seed, _DEVICE, fact.case or fact.id) % DEVICES

    def send(self, message: Message) -> None:
        """Send a fact, unless a record that is on says otherwise."""
        now = self.ground.timeline.now
        for armed in self._records:
            kind = armed.fault.kind
            if kind == "W1":
                armed.took_effect()
                self._held = (*self._held, message)
                return
            if kind in FILES and type(message) is StockExtract and armed.strikes(now, message.id, 0):
                self._file(armed, message)
                return
        super().send(message)

    def _file(self, armed: Armed, file: StockExtract) -> None:
        """Send a file that was cut (B1), comes again under a new number (B2), or comes late (B3)."""
        match armed.fault.kind:
            case "B1":
                kept = int(len(file.rows) * armed.number("fraction", 1.0))
                super().send(StockExtract(id=file.id, as_of=file.as_of, rows=file.rows[:kept]))
            case "B2":
                super().send(file)
                again = StockExtract(id=derive(file.id, 2), as_of=file.as_of, rows=file.rows)
                self.ground.timeline.call_in(int(armed.number("lag", 0.0)), self._later, again)
            case _:
                self.ground.timeline.call_in(int(armed.number("extra", 0.0)), self._later, file)

    def _later(self, message: Message) -> None:
        super().send(message)


_DEVICE: Final = stream_id("wms/device")
