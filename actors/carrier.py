"""A parcel carrier: it prints labels within its quota, brings the parcels, and tells of them by scans.

A parcel's journey is drawn when its label is printed: most are brought; some arrive late, some at the second attempt,
a few are refused and go back, a few are lost. Scans are heard of some time after they happened, each with a delay of
its own, so they come out of order, and some come twice.
"""

from collections.abc import Callable
from dataclasses import dataclass

from actors.calls import Feed
from actors.ground import Ground, Lag
from actors.once import Once
from twin.model.commands import ItemQuantity, LineQuantity, ShipmentScanned
from twin.model.ids import derive
from twin.model.instant import DAY, Elapsed
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


@dataclass(frozen=True, slots=True)
class Luck:
    """What goes wrong with parcels, each by a coin of the package; `late_by` multiplies a delayed one's transit."""

    delayed: Callable[[int, int], bool]
    late_by: float
    second_attempt: Callable[[int, int], bool]
    refused: Callable[[int, int], bool]
    lost: Callable[[int, int], bool]


@dataclass(frozen=True, slots=True)
class Scanner:
    """How scans reach the middleware: how long after they happened, and which of them are told twice."""

    told_after: Lag
    twice: Callable[[int, int], bool]
    facts: Feed


class Carrier:
    """The carrier's ledger of labels and parcels."""

    def __init__(
        self, ground: Ground, name: str, transit: Lag, *, luck: Luck | None = None, scanner: Scanner | None = None
    ) -> None:
        self.ground = ground
        self.name = name
        self.transit = transit
        self.luck = luck
        self.scanner = scanner
        self.labels = Once(30 * DAY)
        self.delivered = 0
        self.lost = 0
        self.arrived: Callable[[LabelRequested], None] | None = None
        """Who hears that a parcel has come."""
        self.refused: Callable[[LabelRequested], None] | None = None
        """Who gets a parcel that could not be delivered."""
        recorder = ground.recorder
        self._party = recorder.party(name)
        self._delivered_kind = recorder.kind("parcel.delivered")

    def take(self, event: Event) -> Message | None:
        """Print a label, once per package, and bring the parcel after its transit time."""
        assert isinstance(event, LabelRequested)
        if self.labels.get(event.package) is None:
            self.labels.put(event.package, 1, self.ground.timeline.now)
            self.ground.probe.effect("carriers", "label", event.package)  # whoever prints it
            self._bring(event, self.transit(event.package, 0))
        return None

    def _bring(self, event: LabelRequested, transit: Elapsed) -> None:
        package, luck = event.package, self.luck
        timeline = self.ground.timeline
        late = luck is not None and luck.delayed(package, 0)
        expected = transit
        if luck is not None and late:
            transit = int(transit * luck.late_by)
        journey = [(0, "LABEL"), (transit // 20, "AF"), (transit // 5, "X4"), (transit // 2, "P1")]
        if late:
            journey.append((transit * 3 // 5, "SD"))
        if luck is not None and luck.lost(package, 0):
            self.lost += 1
            self._scan(event, journey[:3], expected, transit)
            return
        journey.append((transit * 9 // 10, "X1"))
        if luck is not None and luck.refused(package, 0):
            self._scan(event, [*journey, (transit, "A7")], expected, transit)
            timeline.call_in(2 * transit, self._bring_back, event)
            return
        if luck is not None and luck.second_attempt(package, 0):
            journey += [(transit, "AP"), (transit + DAY * 9 // 10, "X1")]
            transit += DAY
        self._scan(event, [*journey, (transit, "D1")], expected, transit)
        timeline.call_in(transit, self._deliver, event)

    def _deliver(self, event: LabelRequested) -> None:
        self.delivered += 1
        now = self.ground.timeline.now
        self.ground.recorder.note(
            now, self._delivered_kind, self._party, self._party, event.id, event.cause, event.case
        )
        if self.arrived is not None:
            self.arrived(event)

    def _bring_back(self, event: LabelRequested) -> None:
        if self.refused is not None:
            self.refused(event)

    # --- scans

    def _scan(
        self, event: LabelRequested, journey: list[tuple[Elapsed, str]], expected: Elapsed, arrival: Elapsed
    ) -> None:
        """Have each scan of a journey told, some time after it will have happened.

        Each names the arrival: the `expected` one until a scan says that the parcel is delayed.
        """
        if self.scanner is None:
            return
        now, timeline = self.ground.timeline.now, self.ground.timeline
        delayed = next((after for after, code in journey if code == "SD"), 1 << 62)
        for number, (after, code) in enumerate(journey):
            scan = ShipmentScanned(
                id=derive(event.package, 200 + number),
                cause=event.id,
                case=event.case,
                tracking=event.package,
                event=derive(event.package, 300 + number),
                code=code,
                at=now + after,
                eta=now + (arrival if after >= delayed else expected),
            )
            timeline.call_in(after + self.scanner.told_after(scan.id, 0), self.scanner.facts.send, scan)
            if self.scanner.twice(scan.id, 1):
                again = ShipmentScanned(
                    id=derive(scan.id, 1),
                    cause=event.id,
                    case=event.case,
                    tracking=event.package,
                    event=scan.event,
                    code=code,
                    at=scan.at,
                    eta=scan.eta,
                )
                timeline.call_in(after + self.scanner.told_after(scan.id, 1), self.scanner.facts.send, again)
