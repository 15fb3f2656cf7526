"""The suppliers of replenishment: they deliver late, in parts, and sometimes less than ordered."""

from collections.abc import Callable, Sequence

from actors.ground import Ground, Lag
from twin.kernel.faults import Struck
from twin.model.chance import stream_id, uniform
from twin.model.commands import SupplyAnnounced
from twin.model.ids import derive
from twin.model.instant import Elapsed
from twin.model.message import altered


class Supplier:
    """Takes purchase orders and has the goods arrive at the sites' docks."""

    def __init__(
        self,
        ground: Ground,
        *,
        lead_time: Lag,
        expected: Elapsed,
        split: Callable[[int, int], bool],
        second_after: Lag,
        short: Callable[[int, int], bool],
        short_by: float,
        shares: Callable[[int, int], Sequence[tuple[int, int]]],
        arrive: Callable[[SupplyAnnounced], None],
        asn: Elapsed = 0,
        tell: Callable[[SupplyAnnounced], None] | None = None,
    ) -> None:
        self.ground = ground
        self.lead_time = lead_time
        self.expected = expected
        """What the supplier promises: the mean lead time."""
        self.split = split
        self.second_after = second_after
        self.short = short
        self.short_by = short_by
        self.shares = shares
        """How a quantity of an item is divided over sites: (item, quantity) to (site, quantity) pairs."""
        self.arrive = arrive
        self.asn = asn
        """How long before they arrive the supplier says when goods will, and how many."""
        self.tell = tell
        """Who hears it; None: nobody."""
        self._part = stream_id("supplier/part")

    def order(self, purchase: int, item: int, quantity: int) -> Sequence[SupplyAnnounced]:
        """Take a purchase order; return what is announced per site, and have the goods arrive when they do."""
        now = self.ground.timeline.now
        announced = []
        for site, units in self.shares(item, quantity):
            supply = SupplyAnnounced(
                id=derive(purchase, site),
                order=derive(purchase, site),
                item=item,
                site=site,
                quantity=units,
                due=now + self.expected,
            )
            announced.append(supply)
            self.deliver(supply, self.lead_time(supply.id, 0))
        return announced

    def deliver(self, supply: SupplyAnnounced, lead: Elapsed) -> None:
        """Have the goods of one announcement arrive after `lead`: whole, in two parts, or short."""
        units = supply.quantity
        if self.short(supply.id, 0):
            units -= min(units, max(1, round(units * self.short_by)))
        first = units
        if units > 1 and self.split(supply.id, 1):
            first = min(units - 1, max(1, int(units * uniform(self.ground.seed, self._part, supply.id))))
        timeline = self.ground.timeline
        if self.tell is not None and units:
            known = altered(
                supply, id=derive(supply.id, 103), cause=supply.id, quantity=units, due=timeline.now + lead, sequence=2
            )
            timeline.call_in(max(0, lead - self.asn), self.tell, known)
        if first:
            timeline.call_in(lead, self.arrive, self._part_of(supply, first, 1))
        if units > first:
            timeline.call_in(
                lead + self.second_after(supply.id, 1), self.arrive, self._part_of(supply, units - first, 2)
            )

    @staticmethod
    def _part_of(supply: SupplyAnnounced, units: int, part: int) -> SupplyAnnounced:
        return SupplyAnnounced(
            id=derive(supply.id, 100 + part),
            cause=supply.id,
            order=supply.order,
            item=supply.item,
            site=supply.site,
            quantity=units,
            due=supply.due,
        )


class TroubledDock(Struck):
    """What takes a supplier's goods in, with the records (B10) that are on: fewer units come than were announced."""

    def __init__(self, ground: Ground, arrive: Callable[[SupplyAnnounced], None]) -> None:
        self.ground = ground
        self.arrive = arrive

    def __call__(self, supply: SupplyAnnounced) -> None:
        """Take goods in; of some there are fewer than their papers say, and at least one."""
        for armed in self.armed:
            if armed.concerns(supply) and armed.strikes(self.ground.timeline.now, supply.id, 0):
                supply = altered(supply, quantity=max(1, supply.quantity - int(armed.number("delta", 1.0))))
        self.arrive(supply)
