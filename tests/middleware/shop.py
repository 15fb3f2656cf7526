"""A small middleware for tests: the standard procedures on one store in memory, with its timers and its outbox.

Messages are handled one after the other; a timer fires when the clock is moved past it. What leaves is kept in `out`.
"""

from collections.abc import Sequence

from actors.transactor import Direct, Store
from policies.ruleset import ChannelTerms, RuleSet
from policies.sourcing import Site
from policies.stock_buffer import ChannelAvailability, ChannelRule
from twin.middleware.dispatch import dispatch
from twin.middleware.procedures import standard
from twin.middleware.unit import ITEMS, ORDERS, Outcome
from twin.model.commands import OrderedLine, StockReceived, SubmitOrder, SupplyAnnounced
from twin.model.instant import Elapsed, Now
from twin.model.message import Event, Message
from twin.model.order import LinePolicy, Order
from twin.model.stock import ItemStock, Position

HOME = (Site(0, 0, 0, 0),)
BOTH = (Site(0, 0, 0, 0), Site(1, 0, 1, 1))


def rules(policies: Sequence[LinePolicy] = (LinePolicy.BACKORDER,), sites: int = 1, **more: object) -> RuleSet:
    """Return rules with one channel per line policy; later channels come later in priority."""
    homes = (BOTH,) if sites == 2 else (HOME,)
    channels = tuple([ChannelRule(priority=place) for place in range(len(policies))])
    return RuleSet(
        availability=ChannelAvailability(channels=channels),
        channels=tuple([ChannelTerms(homes=homes, line_policy=policy) for policy in policies]),
        **more,  # type: ignore[arg-type]  # a test's shorthand
    )


class Shop:
    """The middleware of one test; `wall` is the wall time at which elapsed time is 0."""

    def __init__(self, rules: RuleSet, wall: int = 0) -> None:
        self.rules = rules
        self.store = Store(keep_journal=True)
        self.procedures = standard()
        self.now: Elapsed = 0
        self.wall = wall
        self.out: list[Event] = []
        self._messages = 0
        self._sequences: dict[tuple[int, int], int] = {}

    # --- what is there

    def stock(self, item: int) -> ItemStock:
        found = self.store.get(ITEMS, item)
        assert found is not None
        return found

    def order(self, order: int) -> Order:
        found = self.store.get(ORDERS, order)
        assert found is not None
        return found

    def sent(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.out if type(event) is kind]

    # --- what happens

    def id(self) -> int:
        self._messages += 1
        return self._messages * 1_000_000

    def item(self, item: int, *sellable: int, **more: object) -> None:
        positions = tuple([Position(units) for units in sellable])
        row = ItemStock(item, positions, **more)  # type: ignore[arg-type]  # a test's shorthand
        self.store.rows[ITEMS.number][item] = row

    def do(self, message: Message) -> Outcome:
        """Handle one message, and then every timer that is due at once."""
        outcome = self._handle(message)
        self.until(self.now)
        return outcome

    def until(self, moment: Elapsed) -> None:
        """Move the clock, firing timers in the order in which they are due."""
        while True:
            due = sorted([(at, id) for id, (at, _) in self.store.timers.items() if at <= moment])
            if not due:
                break
            at, id = due[0]
            self.now = max(self.now, at)
            _, message = self.store.timers.pop(id)
            self._handle(message)
        self.now = max(self.now, moment)

    def submit(self, order: int, *lines: tuple[int, int], channel: int = 0) -> Outcome:
        return self.do(
            SubmitOrder(
                id=self.id(),
                case=order,
                channel=channel,
                number=f"PO-{order}",
                fingerprint=order,
                lines=tuple([OrderedLine(item, quantity, 100) for item, quantity in lines]),
                placed_at=self.now,
            )
        )

    def announce(self, purchase: int, item: int, quantity: int, due: Elapsed, site: int = 0) -> Outcome:
        return self.do(SupplyAnnounced(id=self.id(), order=purchase, item=item, site=site, quantity=quantity, due=due))

    def receive(self, item: int, quantity: int, site: int = 0, purchase: int = 0) -> Outcome:
        return self.do(
            StockReceived(
                id=self.id(),
                site=site,
                item=item,
                quantity=quantity,
                order=purchase,
                sequence=self.next(item, site),
                at=self.now,
            )
        )

    def next(self, item: int, site: int) -> int:
        number = self._sequences[(item, site)] = self._sequences.get((item, site), 0) + 1
        return number

    def _handle(self, message: Message) -> Outcome:
        unit = Direct(self.store)
        outcome = dispatch(self.procedures, message, Now(self.now, self.wall + self.now), self.rules, unit)
        unit.commit()
        self.out += unit.events
        return outcome
