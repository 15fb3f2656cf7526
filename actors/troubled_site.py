"""Warehouses and feeds that faults can get at: short picks, counts at the worst moment, offline work, damaged files.

W- and B-numbers are those of the fault catalogue.
"""

from collections.abc import Callable
from typing import Final

from actors.calls import Feed
from actors.carrier import LabelRequested
from actors.parcel import Parcel
from actors.wms import Warehouse
from twin.kernel.faults import Armed, Struck
from twin.model.chance import bits, stream_id
from twin.model.commands import CancelOrder, MasterBatch, ShipmentScanned, StockExtract, WarehouseShort
from twin.model.events import ReleaseToWarehouse
from twin.model.ids import derive
from twin.model.instant import HOUR, Elapsed
from twin.model.message import Event, Message, altered

DEVICES: Final = 4
"""Scanners whose records are sent one device after the other when a site is back: 4, assumed."""
FLOOR: Final = ("W2", "W3", "W6", "W7", "W10", "E7")
"""Faults of a floor."""
TOLD: Final = ("W1", "W5", "B1", "B2", "B3", "B5", "E9")
"""Faults of what a party tells."""
FILES: Final = ("B1", "B2", "B3", "E9")
TOO_SOON: Final[Elapsed] = HOUR
"""How long after it left a parcel is back (W7): an hour, assumed."""


class TroubledWarehouse(Struck, Warehouse):
    """A site with the records that are on."""

    _usual: Callable[[int, int], bool] | None = None
    _job: ReleaseToWarehouse | None = None
    """What is being picked."""
    wishes: Callable[[Message], None]
    """How a buyer's word reaches the middleware (W6)."""

    def begin(self, armed: Armed) -> None:
        """A record is on."""
        super().begin(armed)
        if self._usual is None:
            self._usual, self.mispicked = self.mispicked, self._short

    def take(self, event: Event) -> Message | None:
        """Take an event; between a release and its pick somebody may count the bin and find less."""
        if type(event) is ReleaseToWarehouse and self.releases.get(event.release) is None:
            event = self._partly(event)
        answer = super().take(event)
        if type(event) is ReleaseToWarehouse:
            for armed in self.armed:
                if (
                    armed.fault.kind == "W3"
                    and armed.concerns(event)
                    and armed.strikes(self.ground.timeline.now, event.release, 0)
                ):
                    self._found_less(event, int(armed.number("delta", 1)))
        return answer

    def _partly(self, event: ReleaseToWarehouse) -> ReleaseToWarehouse:
        """Return what is accepted of a request: its last line may be answered as short at once (E7)."""
        for armed in self.armed:
            if armed.fault.kind != "E7" or len(event.lines) < 2 or not armed.concerns(event):
                continue
            if armed.strikes(self.ground.timeline.now, event.release, 0):
                short = WarehouseShort(
                    id=derive(event.release, 6), cause=event.id, case=event.case, release=event.release,
                    site=self.site, lines=event.lines[-1:],
                )  # fmt: skip
                self.facts.send(short)
                return altered(event, lines=event.lines[:-1], items=event.items[:-1])
        return event

    def _picked(self, job: ReleaseToWarehouse) -> None:
        """A person picks a request, just as its buyer cancels the order (W6)."""
        for armed in self.armed:
            known = armed.fault.kind == "W6" and job.release in self.jobs and armed.concerns(job)
            if known and armed.strikes(self.ground.timeline.now, job.release, 0):
                self.wishes(CancelOrder(id=derive(job.release, 66), cause=job.id, case=job.case))
        self._job = job
        super()._picked(job)

    def labelled(self, event: Event, answer: Message | None) -> None:
        """A parcel leaves, and may be back before anybody has seen it delivered (W7)."""
        assert isinstance(event, LabelRequested)
        super().labelled(event, answer)
        for armed in self.armed:
            if (
                armed.fault.kind == "W7"
                and armed.concerns(event)
                and armed.strikes(self.ground.timeline.now, event.package, 0)
            ):
                back = Parcel(
                    id=derive(event.package, 77), case=event.case, rma=0, site=self.site, lines=event.lines,
                    items=event.items,
                )  # fmt: skip
                self.ground.timeline.call_in(TOO_SOON, self.take_back, back)

    def _found_less(self, event: ReleaseToWarehouse, delta: int) -> None:
        item = event.items[0].item
        self.shelf[item] = max(0, self.shelf.get(item, 0) - delta)
        self._correct((item, event.id))

    def _short(self, release: int, line: int) -> bool:
        """Tell whether a pick comes out one short: as the profile says, or because a record strikes it."""
        assert self._usual is not None
        short = self._usual(release, line)
        for armed in self.armed:
            kind = armed.fault.kind
            if armed.concerns(self._job) and (kind == "W2" or (kind == "W10" and line == 2)):
                short = armed.strikes(self.ground.timeline.now, release, line) or short
        return short


class TroubledFeed(Struck, Feed):
    """A party's facts with the records that are on: held back while a site is offline, or files that go wrong."""

    _held: tuple[Message, ...] = ()

    def end(self, armed: Armed) -> None:
        """A record is over; what an offline site recorded goes out device by device, each in its own order."""
        super().end(armed)
        if armed.fault.kind == "W1":
            held, self._held = self._held, ()
            for message in sorted(
                held, key=lambda fact: bits(self.ground.seed, _DEVICE, fact.case or fact.id) % DEVICES
            ):
                super().send(message)

    def not_arrived(self) -> list[Message]:
        """Return also what is held back."""
        return [*super().not_arrived(), *self._held]

    def send(self, message: Message) -> None:
        """Send a fact, unless a record that is on says otherwise."""
        now = self.ground.timeline.now
        for armed in self.armed:
            kind = armed.fault.kind
            if not armed.concerns(message):
                continue
            if kind == "W1":
                armed.took_effect()
                self._held = (*self._held, message)
                return
            if kind in FILES and type(message) is StockExtract and armed.strikes(now, message.id, 0):
                self._file(armed, message)
                return
            if kind == "B5" and type(message) is MasterBatch and armed.strikes(now, message.id, 0):
                kept = int(len(message.rows) * armed.number("fraction", 1.0))
                message = altered(message, rows=message.rows[:kept], complete=True)
            elif kind == "W5" and type(message) is ShipmentScanned and armed.strikes(now, message.id, 0):
                self._scanned(armed, message)
                return
        super().send(message)

    def _scanned(self, armed: Armed, scan: ShipmentScanned) -> None:
        """Send a scan twice, each time late by its own luck."""
        within = int(armed.number("within", 0.0))
        for copy in range(2):
            late = bits(self.ground.seed, _LATE, derive(scan.id, copy)) % (within + 1)
            told = scan if copy == 0 else altered(scan, id=derive(scan.id, 5))
            self.ground.timeline.call_in(late, self._later, told)

    def _file(self, armed: Armed, file: StockExtract) -> None:
        """Send a file that was cut (B1), comes again under a new number (B2), late (B3), or late and dated now (E9)."""
        match armed.fault.kind:
            case "B1":
                kept = int(len(file.rows) * armed.number("fraction", 1.0))
                super().send(StockExtract(id=file.id, as_of=file.as_of, rows=file.rows[:kept]))
            case "B2":
                super().send(file)
                again = StockExtract(id=derive(file.id, 2), as_of=file.as_of, rows=file.rows)
                self.ground.timeline.call_in(int(armed.number("lag", 0.0)), self._later, again)
            case "E9":
                late = int(armed.number("lag", 0.0))
                stale = StockExtract(id=file.id, as_of=file.as_of + late, rows=file.rows)
                self.ground.timeline.call_in(late, self._later, stale)
            case _:
                self.ground.timeline.call_in(int(armed.number("extra", 0.0)), self._later, file)

    def _later(self, message: Message) -> None:
        super().send(message)


_DEVICE: Final = stream_id("wms/device")
_LATE: Final = stream_id("scan/late")
