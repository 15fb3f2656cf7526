"""A parcel carrier: it prints labels within its quota and brings the parcels."""

from collections.abc import Callable

from actors.ground import Ground, Lag
from actors.once import Once
from twin.model.commands import ItemQuantity, LineQuantity
from twin.model.ids import derive
from twin.model.instant import DAY
from twin.model.message import Event, Message


class LabelRequested(Event, frozen=True, gc=False, kw_only=True, tag=True):
    """A warehouse asks for the label of one package, the key under which it is done once; and says what is in it."""

    package: int
    site: int = 0
    lines: tuple[LineQuantity, ...] = ()
    items: tuple[ItemQuantity, ...] = ()

    @property
    def aggregate(self) -> int:
        """Each package by itself."""
        return derive(self.package, 99)


class Carrier:
    """The carrier's ledger of labels and parcels."""

    def __init__(self, ground: Ground, name: str, transit: Lag) -> None:
        self.ground = ground
        self.name = name
        self.transit = transit
        self.labels = Once(30 * DAY)
        self.delivered = 0
        self.arrived: Callable[[LabelRequested], None] | None = None
        """Who hears that a parcel has come."""
        recorder = ground.recorder
        self._party = recorder.party(name)
        self._delivered_kind = recorder.kind("parcel.delivered")

    def take(self, event: Event) -> Message | None:
        """Print a label, once per package, and bring the parcel after its transit time."""
        assert isinstance(event, LabelRequested)
        if self.labels.get(event.package) is None:
            self.labels.put(event.package, 1, self.ground.timeline.now)
            self.ground.probe.effect(self.name, "label", event.package)
            self.ground.timeline.call_in(self.transit(event.package, 0), self._deliver, event)
        return None

    def _deliver(self, event: LabelRequested) -> None:
        self.delivered += 1
        now = self.ground.timeline.now
        self.ground.recorder.note(
            now, self._delivered_kind, self._party, self._party, event.id, event.cause, event.case
        )
        if self.arrived is not None:
            self.arrived(event)
