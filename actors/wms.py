"""One warehouse under its WMS: the execution record. It knows what is there.

Two figures per item: `shelf` is what physically lies there, `book` what the WMS has recorded; they differ where a
record is wrong, and a pick finds it out. People pick in their shifts, one order at a time each. A picked release gets
its carrier label and is confirmed; what could not be found is reported short, and the book is corrected. Releases are
remembered by key, so a repeated request does nothing. Where the site works in waves, a release waits for its wave
before it is on the floor. What comes back lies aside, on hand and not on the shelf, until somebody has looked at it.
"""

from collections.abc import Callable, Iterator, Sequence

from actors.calls import Client, Feed
from actors.carrier import LabelRequested
from actors.ground import Ground, Lag
from actors.once import Once
from actors.parcel import Parcel, ReturnsDesk
from actors.reserve import Reserve
from actors.scales import Scales
from actors.stock_book import send_cut
from actors.waves import Waves
from twin.kernel.station import Station
from twin.model.commands import (
    ItemQuantity,
    LineQuantity,
    ReleaseCancelled,
    ReleaseCancelRefused,
    ReturnDisposed,
    ReturnReceived,
    ShipmentConfirmed,
    StockAdjusted,
    StockReblocked,
    StockReceived,
    StockSnapshot,
    SupplyAnnounced,
    WarehouseShort,
)
from twin.model.events import CancelRelease, CountAsked, ReleaseToWarehouse, SnapshotRequested, StockCutAsked
from twin.model.ids import derive
from twin.model.instant import DAY, HOUR, MINUTE, Elapsed
from twin.model.message import Event, Message
from twin.model.stock import Bucket

COUNTED_EACH: Elapsed = 2 * MINUTE
"""How long a bin takes that is counted on demand, one after the other: two minutes, assumed."""
RELEASES_KEPT = 30 * DAY
BENCH_LOOKED_AT = HOUR
"""How often somebody asks again for the labels of parcels that got none: once an hour, assumed."""


class Warehouse:
    """One site's floor and ledger."""

    def __init__(
        self,
        ground: Ground,
        site: int,
        name: str,
        *,
        book: dict[int, int],
        shelf: dict[int, int],
        floor: Station,
        pick: Lag,
        mispicked: Callable[[int, int], bool],
        put_away: Lag,
        counted: Lag | None = None,
        returns: ReturnsDesk,
        facts: Feed,
    ) -> None:
        self.ground = ground
        self.site = site
        self.name = name
        self.book = book
        self.shelf = shelf
        self.floor = floor
        self.pick = pick
        self.mispicked = mispicked
        self.put_away = put_away
        self.counted = counted
        """How long after a short pick its bin is counted; None: at once."""
        self.returns = returns
        self.facts = facts
        self.scales: Scales | None = None
        """What weighs the goods by catch weight; None: there are none."""
        self.waves: Waves | None = None
        """What takes releases to the floor; None: each goes there at once."""
        self.aside: dict[int, int] = {}
        """What lies here and is not for sale: on the book, not on the shelf."""
        self.carrier: Client | Reserve | None = None
        self.tracked = False
        """The carrier tells of its parcels under the package as tracking number."""
        self.releases = Once(RELEASES_KEPT)
        self.cancelled = Once(RELEASES_KEPT)
        """Releases that were taken back: asked again, the answer is the same."""
        self.jobs: dict[int, ReleaseToWarehouse] = {}
        """Releases accepted and not yet picked."""
        self.benched: dict[int, LabelRequested] = {}
        """Parcels whose label the carrier did not give, by package, until somebody asks again."""
        self._told: dict[int, tuple[int, int, int]] = {}
        """Item to the number of its last fact, and what its facts come to, in units and in weight."""
        self._shipping: dict[int, tuple[ReleaseToWarehouse, tuple[LineQuantity, ...]]] = {}
        self._weighed: dict[int, tuple[LineQuantity, ...]] = {}
        """What picked releases weigh, by release."""
        recorder = ground.recorder
        self._party = recorder.party(name)
        self._picked_kind = recorder.kind("release.picked")

    # --- what the middleware calls

    def take(self, event: Event) -> Message | None:
        """Accept a release, take one back if nobody has picked it yet, or say what the facts about an item come to."""
        if type(event) is ReleaseToWarehouse:
            if self.releases.get(event.release) is None:
                self.releases.put(event.release, 1, self.ground.timeline.now)
                self.ground.probe.effect(self.name, "release", event.release)
                self.jobs[event.release] = event
                if self.waves is None:
                    self.to_floor(event)
                else:
                    self.waves.take(event)
            return None
        if type(event) is SnapshotRequested:
            return self._snapshot(event)
        if type(event) is StockCutAsked:
            self.ground.timeline.call_at(max(self.ground.timeline.now, event.cut), self._cut, event)
            return None
        if type(event) is CountAsked:
            self.stock_take(event.items, COUNTED_EACH, event.id)
            return None
        assert type(event) is CancelRelease
        if self._gives_back(event.release):
            self.cancelled.put(event.release, 1, self.ground.timeline.now)
        kind = ReleaseCancelled if self.cancelled.get(event.release) is not None else ReleaseCancelRefused
        return kind(
            id=derive(event.id, 1),
            cause=event.id,
            case=event.case,
            release=event.release,
            site=self.site,
            lines=event.lines,
        )

    def _gives_back(self, release: int) -> bool:
        """Take a release back that nobody has picked; one that a wave has taken is on its list."""
        if release not in self.jobs or (self.waves is not None and not self.waves.give_back(release)):
            return False
        del self.jobs[release]
        return True

    # --- the floor

    def to_floor(self, job: ReleaseToWarehouse) -> None:
        """Give a release to the people who pick."""
        if not self.floor.offer(self.pick(job.release, 0), self._picked, job):
            raise AssertionError("the floor's queue has no bound that a release may hit")

    def _picked(self, job: ReleaseToWarehouse) -> None:
        if self.jobs.pop(job.release, None) is None:
            return
        found: list[LineQuantity] = []
        short: list[LineQuantity] = []
        weighed: list[LineQuantity] = []
        now = self.ground.timeline.now
        for line, row in zip(job.lines, job.items, strict=True):
            item, asked = row.item, row.quantity
            there = self.shelf.get(item, 0)
            missed = 1 if self.mispicked(job.release, line.line) else 0
            got = min(asked - missed, there)
            if got:
                self.shelf[item] = there - got
                self._move(item, -got, "shipment")
                found.append(LineQuantity(line.line, got))
                if self.scales is not None and self.scales.weighs(item):
                    weighed.append(LineQuantity(line.line, self.scales.take(item, got)))
            if got < asked:
                short.append(LineQuantity(line.line, asked - got))
                if self.counted is None:
                    self._correct((item, job.id))
                else:
                    self.ground.timeline.call_in(self.counted(job.release, line.line), self._correct, (item, job.id))
        self.ground.recorder.note(
            now, self._picked_kind, self._party, self._party, job.release, job.id, job.case, len(found), len(short)
        )
        if short:
            self.facts.send(
                WarehouseShort(
                    id=derive(job.release, 2),
                    cause=job.id,
                    case=job.case,
                    release=job.release,
                    site=self.site,
                    lines=tuple(short),
                )
            )
        if found:
            self._shipping[job.release] = (job, tuple(found))
            if weighed:
                self._weighed[job.release] = tuple(weighed)
            assert self.carrier is not None
            item_of = {line.line: row.item for line, row in zip(job.lines, job.items, strict=True)}
            self.carrier.submit(
                LabelRequested(
                    id=derive(job.release, 3),
                    cause=job.id,
                    case=job.case,
                    package=job.release,
                    site=self.site,
                    lines=tuple(found),
                    items=tuple([ItemQuantity(item_of[each.line], each.quantity) for each in found]),
                )
            )

    def unlabelled(self, event: Event, reason: str) -> None:
        """The carrier gave no label: the parcel stays on the bench, and somebody asks again later."""
        assert isinstance(event, LabelRequested)
        self.benched[event.package] = event
        self.ground.timeline.call_in(BENCH_LOOKED_AT, self._ask_again, event)

    def _ask_again(self, event: LabelRequested) -> None:
        assert self.carrier is not None
        del self.benched[event.package]
        self.carrier.submit(event)

    def labelled(self, event: Event, answer: Message | None) -> None:
        """The carrier gave a label: the parcel leaves and the shipment is confirmed."""
        assert isinstance(event, LabelRequested)
        job, found = self._shipping.pop(event.package)
        key = derive(job.release, 4)
        self.ground.probe.effect(self.name, "shipment", key)
        self.facts.send(
            ShipmentConfirmed(
                id=derive(job.release, 5),
                cause=event.id,
                case=job.case,
                key=key,
                release=job.release,
                site=self.site,
                lines=found,
                at=self.ground.timeline.now,
                tracking=(event.package,) if self.tracked else (),
                weights=self._weighed.pop(job.release, ()),
            )
        )

    # --- what comes back

    def take_back(self, parcel: Parcel) -> None:
        """Goods came back: they lie aside, and are looked at if somebody knows whose they are."""
        key, now = derive(parcel.id, 1), self.ground.timeline.now
        self.ground.probe.effect(self.name, "return", key)
        for row in parcel.items:
            self.aside[row.item] = self.aside.get(row.item, 0) + row.quantity
            self._move(row.item, row.quantity, "return")
        self.facts.send(
            ReturnReceived(
                id=derive(parcel.id, 2),
                cause=parcel.id,
                case=parcel.case,
                key=key,
                rma=parcel.rma,
                site=self.site,
                lines=parcel.lines,
                items=parcel.items,
                undelivered=parcel.undelivered,
                tracking=parcel.tracking,
                at=now,
            )
        )
        if parcel.rma or parcel.undelivered:
            self._inspect((parcel, key, now))

    def _inspect(self, received: tuple[Parcel, int, Elapsed]) -> None:
        took, desk = self.returns.inspect(received[0].id, 0), self.returns.desk
        if desk is None:
            self.ground.timeline.call_in(took, self._graded, received)
        elif not desk.offer(took, self._graded, received):
            self.ground.timeline.call_in(HOUR, self._inspect, received)  # there is no room: it stays on its pallet

    def _graded(self, received: tuple[Parcel, int, Elapsed]) -> None:
        """Somebody looked at the goods, line by line: back on the shelf, damaged, or away to the vendor."""
        parcel, key, came = received
        if self.returns.waited is not None:
            self.returns.waited(self.ground.timeline.now - came)
        for line, row in zip(parcel.lines, parcel.items, strict=True):
            target = self.returns.grade(parcel.id, line.line)
            if target is not Bucket.DAMAGED:
                self.aside[row.item] -= row.quantity
            if target is Bucket.SELLABLE:
                self.shelf[row.item] = self.shelf.get(row.item, 0) + row.quantity
            elif target is Bucket.OUTSIDE:
                self._move(row.item, -row.quantity, "disposal")
            self.facts.send(
                ReturnDisposed(
                    id=derive(parcel.id, 1_000 + line.line),
                    cause=parcel.id,
                    case=parcel.case,
                    key=derive(key, line.line),
                    rma=parcel.rma or key,
                    site=self.site,
                    lines=(line,),
                    target=target,
                    at=self.ground.timeline.now,
                )
            )

    # --- stock

    def arrive(self, supply: SupplyAnnounced) -> None:
        """Goods of a purchase order are at the dock; they are sellable when put away."""
        self.ground.timeline.call_in(self.put_away(supply.id, 0), self._put_away, supply)

    def _put_away(self, supply: SupplyAnnounced) -> None:
        item = supply.item
        self.shelf[item] = self.shelf.get(item, 0) + supply.quantity
        self._move(item, supply.quantity, "receipt")
        weight = self.scales.put(item, supply.quantity, supply.id) if self.scales is not None else 0
        self.facts.send(
            StockReceived(
                id=derive(supply.id, 9),
                cause=supply.id,
                site=self.site,
                item=item,
                quantity=supply.quantity,
                order=supply.order,
                sequence=self._next(item, supply.quantity, weight),
                at=self.ground.timeline.now,
                weight=weight,
            )
        )

    def reblock(self, item: int, units: int, source: Bucket, target: Bucket, reason: str, cause: int) -> None:
        """Units are found to be of another kind: what may be sold lies on the shelf, all else aside."""
        on_shelf = (target is Bucket.SELLABLE) - (source is Bucket.SELLABLE)
        if on_shelf:
            self.shelf[item] = self.shelf.get(item, 0) + on_shelf * units
            self.aside[item] = self.aside.get(item, 0) - on_shelf * units
        self._move(item, 0, "reblock")
        self.facts.send(
            StockReblocked(
                id=derive(cause, 11),
                cause=cause,
                site=self.site,
                item=item,
                quantity=units,
                source=source,
                target=target,
                reason=reason,
                sequence=self._next(item, 0),
                at=self.ground.timeline.now,
            )
        )

    def _correct(self, bin_and_cause: tuple[int, int]) -> None:
        """After a short pick somebody counts the bin: the book follows the shelf."""
        item, cause = bin_and_cause
        wrong = self.shelf.get(item, 0) + self.aside.get(item, 0) - self.book.get(item, 0)
        if wrong:
            self._move(item, wrong, "count")
            weight = self.scales.found(item, wrong, cause) if self.scales is not None else 0
            number = self._next(item, wrong, weight)
            self.facts.send(
                StockAdjusted(
                    id=derive(derive(item, 77 + self.site), number),
                    cause=cause,
                    site=self.site,
                    item=item,
                    change=wrong,
                    reason="count",
                    sequence=number,
                    at=self.ground.timeline.now,
                    weight=weight,
                )
            )

    def stock_take(self, items: Sequence[int], each: Elapsed, cause: int) -> None:
        """Bins are counted on purpose, one after the other, every `each` microseconds."""
        for place, item in enumerate(items):
            self.ground.timeline.call_in(place * each, self._correct, (item, cause))

    def restock(self, item: int, units: int, cause: int) -> int:
        """Somebody puts units on a shelf, or takes off what is there of them, and has the bin counted.

        Returns by how many units the shelf changed.
        """
        before = self.shelf.get(item, 0)
        self.shelf[item] = max(0, before + units)
        self._correct((item, cause))
        return self.shelf[item] - before

    def moved(self, item: int, change: int, reason: str) -> int:
        """Book units that left the site or came to it, and return the number of the fact that is to be told of it."""
        self._move(item, change, reason)
        return self._next(item, change)

    def _move(self, item: int, change: int, reason: str) -> None:
        on_hand = self.book[item] = self.book.get(item, 0) + change
        self.ground.probe.moved(self.site, item, change, reason, on_hand)

    def _next(self, item: int, change: int, weight: int = 0) -> int:
        """Number the next fact about an item."""
        number, net, weighs = self._told.get(item, (0, 0, 0))
        self._told[item] = (number + 1, net + change, weighs + weight)
        return number + 1

    def packed(self) -> Iterator[tuple[int, int]]:
        """Yield item and units of what is picked and has no label yet."""
        for job, found in self._shipping.values():
            item_of = {line.line: row.item for line, row in zip(job.lines, job.items, strict=True)}
            for each in found:
                yield item_of[each.line], each.quantity

    def _cut(self, event: StockCutAsked) -> None:
        """Say what is on hand, as of now: what is packed and not yet confirmed as shipped is still here."""
        on_hand = dict(self.book)
        for item, units in self.packed():
            on_hand[item] = on_hand.get(item, 0) + units
        send_cut(self.facts, event, self.ground.timeline.now, on_hand)

    def _snapshot(self, event: SnapshotRequested) -> StockSnapshot:
        number, net, weight = self._told.get(event.item, (0, 0, 0))
        return StockSnapshot(
            id=derive(event.id, 1),
            cause=event.id,
            site=self.site,
            item=event.item,
            net=net,
            sequence=number,
            at=self.ground.timeline.now,
            weight=weight,
        )
