"""A small trade on the procedures that a run uses: two items, one channel, one site, a clock that is set by hand."""

from dataclasses import replace
from pathlib import Path

from actors.transactor import Direct, Store
from policies.ruleset import ChannelTerms, RuleSet
from policies.sourcing import Site
from policies.stock_buffer import ChannelAvailability, ChannelRule
from twin.middleware.dispatch import dispatch
from twin.middleware.procedures import standard
from twin.middleware.unit import ITEMS, LETTERS, Outcome
from twin.model import wire
from twin.model.commands import OrderedLine, StockReceived, SubmitOrder
from twin.model.dead_letter import Audited, DeadLetter
from twin.model.ids import business_id, derive
from twin.model.instant import SECOND, Elapsed, Now
from twin.model.message import Event, Message
from twin.model.stock import ItemStock, Position

HOUSE = Path(__file__).parents[2]
BOLTS, NUTS, UNKNOWN = 0, 1, 7


def rules(**changed: object) -> RuleSet:
    """Return rules of one channel over one site."""
    home = (Site(priority=0, cost=0, id=0, position=0),)
    plain = RuleSet(
        availability=ChannelAvailability(channels=(ChannelRule(),)), channels=(ChannelTerms(homes=(home,)),)
    )
    return replace(plain, **changed)


class Trade:
    """The middleware of one firm, message by message; timers come back when the clock passes them."""

    def __init__(self, rule_set: RuleSet | None = None, stock: int = 20) -> None:
        self.rules = rule_set or rules()
        self.table = standard()
        self.store = Store(keep_journal=True)
        self.now: Elapsed = 0
        self.told: list[Event] = []
        for item in (BOLTS, NUTS):
            self.know(item, stock)

    def know(self, item: int, sellable: int = 0) -> None:
        """Open an item, as a migration would."""
        unit = Direct(self.store)
        unit.save(ITEMS, item, ItemStock(item=item, positions=(Position(sellable=sellable),)))
        unit.commit()

    def run(self, message: Message) -> Outcome:
        """Handle one message now; its events are taken by partners at once."""
        unit = Direct(self.store)
        outcome = dispatch(self.table, message, Now(self.now, self.now), self.rules, unit)
        unit.commit()
        self.told += unit.events
        for event in unit.events:
            self.store.outbox.pop(event.id, None)
        return outcome

    def wait(self, seconds: float) -> list[Outcome]:
        """Let time pass; return the outcomes of the timers that came back."""
        until = self.now + round(seconds * SECOND)
        outcomes = []
        while True:
            due = [(at, message.id) for at, message in self.store.timers.values() if at <= until]
            if not due:
                break
            at, id = min(due)
            _, message = self.store.timers.pop(id)
            self.now = max(self.now, at)
            outcomes.append(self.run(message))
        self.now = until
        return outcomes

    def letter(self, id: int) -> DeadLetter | None:
        return self.store.get(LETTERS, id)

    def audit(self) -> list[Audited]:
        return [row for name, _, row in self.store.journal if name == "audit" and isinstance(row, Audited)]

    def sellable(self, item: int) -> int:
        stock = self.store.get(ITEMS, item)
        assert stock is not None
        return stock.positions[0].sellable


def received(id: int, item: int, quantity: int, sequence: int) -> StockReceived:
    return StockReceived(id=id, site=0, item=item, quantity=quantity, sequence=sequence, at=0)


def order(number: str, *lines: tuple[int, int], id: int = 0, revision: int = 1) -> SubmitOrder:
    case = business_id("channel", "order", number)
    ordered = tuple(OrderedLine(item=item, quantity=quantity, price=500) for item, quantity in lines)
    return SubmitOrder(
        id=id or derive(case, 1),
        case=case,
        channel=0,
        number=number,
        revision=revision,
        fingerprint=wire.fingerprint(0, number, revision, ordered),
        lines=ordered,
        placed_at=0,
    )
