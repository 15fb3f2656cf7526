"""A channel: it sells against what it shows, and hands its orders over by webhook or on being polled.

Its ledger is what its pages show and the orders it took. A push sets an item's figure when the channel has applied
it; figures are applied as they arrive, so a late one overwrites a newer one. A channel that counts down lowers its own
figure at a sale until the next push.
"""

from collections.abc import Callable, Sequence

from actors.buyers import Sayer
from actors.ground import Ground, Lag
from actors.once import Once
from actors.payments import moved
from actors.writing import Writer
from twin.kernel.link import Link
from twin.model import wire
from twin.model.commands import (
    ItemQuantity,
    OrderedLine,
    PaymentAuthorised,
    PublicationAnswered,
    SubmitOrder,
)
from twin.model.events import (
    BasketAnswered,
    CapturePayment,
    DocumentByHand,
    FileAnswered,
    InterchangeAnswered,
    InvoiceIssued,
    MilestoneReached,
    OrderAnswered,
    OrdersAsked,
    OrderTurnedAway,
    PaymentGivenBack,
    PublishStock,
    ReturnAnswered,
    ShipmentAdvised,
)
from twin.model.ids import derive
from twin.model.instant import DAY, Elapsed
from twin.model.message import Event, Message

NOTHING = (0, -1)
Told = OrderAnswered | ShipmentAdvised | InvoiceIssued
"""What is told in a document of its own where a channel stands for trading partners."""
READ = 2
"""Which of an order's derived ids it has when it is read from a list: the id of the push does not stand there."""

LISTED_FOR: Elapsed = 2 * DAY
"""How far back a channel's list of orders goes: two days, assumed."""


def _always() -> bool:
    return True


class Channel:
    """One storefront or marketplace."""

    def __init__(
        self,
        ground: Ground,
        index: int,
        name: str,
        *,
        counts_down: bool,
        apply: Lag,
        cache: Elapsed = 0,
        turnaround: Lag | None = None,
        to_middleware: Link,
        deliver: Callable[[Message], None],
        packs: dict[int, int] | None = None,
        writer: Writer | None = None,
        says: Sayer | None = None,
    ) -> None:
        self.ground = ground
        self.index = index
        self.name = name
        self.counts_down = counts_down
        self.apply = apply
        self.cache = cache
        """Pages are made anew every `cache` microseconds; what was applied before is seen then. 0: at once."""
        self.turnaround = turnaround
        self.to_middleware = to_middleware
        self.deliver = deliver
        self.shown: dict[int, tuple[int, Elapsed]] = {}
        """Item to the figure on the page and the moment at which it was right."""
        self.untaken: dict[int, SubmitOrder] = {}
        """Orders not yet handed over, in the order in which they were placed."""
        self.visible_at: dict[int, Elapsed] = {}
        self.answers = 0
        self.writer = writer
        self.says = says
        """What its buyers say beside their lines; None: nothing."""
        self.packs = writer.packs if writer is not None else packs or {}
        """Quanta in one unit of what it sells, by item; what it shows is in these units."""
        self.can_pay: Callable[[], bool] = _always
        """Whether its checkout reaches whoever takes the money; an order comes unpaid else."""
        self.pays: Callable[[int, int], None] | None = None
        """Who has a buyer's bank promise the price of an order; None: the channel holds the money itself."""
        self.tells: Callable[[OrderAnswered], None] | None = None
        """Who writes to the customer of an order that was answered."""
        self.sends: Callable[[Told], None] | None = None
        """Who sends documents to a trading partner."""
        self.typed: Callable[[Told], None] | None = None
        """Who hears that a partner has a document by hand."""
        self.return_answered: Callable[[ReturnAnswered], None] | None = None
        """Who hears what became of a return."""
        self.interchange_answered: Callable[[InterchangeAnswered], None] | None = None
        """Who hears what became of an interchange."""
        self.keeps = False
        """Whether its orders may be turned away, so that it must keep them until they are answered."""
        self.kept: dict[int, SubmitOrder] = {}
        self.baskets: dict[int, BasketAnswered] = {}
        """What is kept for baskets, as far as this shop has heard."""
        self.documents: Once | None = None
        """The numbers of the answers that came, where they may come by more than one way."""
        self.copies = 0
        """Answers that had come before."""
        self.lists = False
        """Whether anybody may ask for orders that were handed over already, so that it lists them for a while."""
        self.listed: dict[int, SubmitOrder] = {}
        self._placed_by: Callable[[SubmitOrder], None] = self.hand_over
        recorder = ground.recorder
        self._party = recorder.party(name)
        self._placed = recorder.kind("order.placed")
        self._line = recorder.kind("order.line")
        self._showed = recorder.kind("stock.shown")

    def hands_over_by(self, placed: Callable[[SubmitOrder], None]) -> None:
        """Say who carries a placed order to the middleware."""
        self._placed_by = placed

    # --- buyers

    def buy(self, order: int, number: str, lines: Sequence[OrderedLine], buys: str) -> SubmitOrder | None:
        """A buyer looks at the pages and orders what he may: `if_shown` whole lines, `partly` what is shown, `always`.

        What is `kept` for his basket he gets too, and it is not subtracted from the page: nobody was shown it.
        Returns the order that was placed, or None when nothing was bought. A subscription is charged once a period.
        """
        ground, shown, probe = self.ground, self.shown, self.ground.probe
        buyer, says = order, self.says
        if says is not None:
            order, number = says.document(buyer, number)
            if says.charged(order):
                return None
        bought: list[OrderedLine] = []
        packs = self.packs
        for line in lines:
            value, as_of = shown.get(line.item, NOTHING)
            asked = line.quantity
            pack = packs.get(line.item, 1) if packs else 1
            if buys == "always" or value >= asked or buys == "kept":
                sold = asked
            else:
                sold = value if buys == "partly" and value > 0 else 0
            probe.looked(self.index, line.item, asked * pack, value * pack, as_of, sold * pack)
            if sold:
                whole = sold == asked and pack == 1
                bought.append(line if whole else OrderedLine(line.item, sold * pack, line.price))
                if self.counts_down and buys != "kept":
                    shown[line.item] = (value - sold, as_of)
                    probe.showed(self.index, line.item, (value - sold) * pack)
        if not bought:
            return None
        now = ground.timeline.now
        taken = tuple(bought)
        said = None
        if says is not None:
            says.charge(order)
            taken, said = says.say(buyer, number, taken)
        pays_now = said is None or said.paid
        if said is not None and said.paid and not self.can_pay():
            said = said.unpaid()
        written = self.writer.write(order, taken) if self.writer is not None else ()
        print_ = wire.fingerprint(self.index, number, 1, written or taken, said)
        submit = SubmitOrder(
            id=derive(order, 1),
            case=order,
            channel=self.index,
            number=number,
            fingerprint=print_,
            lines=() if written else taken,
            placed_at=now,
            particulars=said,
            written=written,
        )
        if said is not None and says is not None and not pays_now:
            says.pays_later(order, said, taken, self._pay)
        elif self.pays is not None:
            price = sum(line.quantity * line.price for line in taken)
            if price:
                self.pays(order, price + ((said.tax or 0) if said is not None else 0))
        self.untaken[order] = submit
        if self.lists:
            self._list(submit)
        units = sum(line.quantity for line in taken)
        note = ground.recorder.note
        note(now, self._placed, self._party, self._party, submit.id, 0, order, len(taken), units)
        ground.recorder.name("order", order, number if number.startswith(self.name) else f"{self.name} {number}")
        for line in taken:
            note(now, self._line, self._party, self._party, submit.id, 0, order, line.item, line.quantity)
        probe.placed(self.index, order, units)
        self._placed_by(submit)
        return submit

    def _pay(self, paid: PaymentAuthorised) -> None:
        if self.pays is not None:
            self.pays(paid.case, paid.amount)
            return
        self.to_middleware.send(paid.id, 0, self.deliver, paid)

    def hand_over(self, submit: SubmitOrder) -> None:
        """An order has reached the middleware, which stored it: it is the middleware's now."""
        self.handed_over(submit.case)
        self.deliver(submit)

    def _again(self, order: int) -> None:
        """An order that was turned away is handed over again, as it was the first time."""
        submit = self.kept.pop(order, None)
        if submit is not None:
            self.untaken[order] = submit
            self._placed_by(submit)

    def _list(self, submit: SubmitOrder) -> None:
        """Note an order in the list, and drop from it what is too old to be asked for."""
        listed, oldest = self.listed, submit.placed_at - LISTED_FOR
        listed[submit.case] = submit
        while (first := next(iter(listed.values()))).placed_at < oldest:
            del listed[first.case]

    def _asked(self, event: OrdersAsked) -> None:
        """Hand over all orders since a moment once more, whether or not they came."""
        for submit in [each for each in self.listed.values() if each.placed_at >= event.since]:
            read = submit.under(derive(derive(submit.case, READ), event.since))
            self.to_middleware.send(read.id, 0, self.hand_over, read)

    def handed_over(self, order: int) -> None:
        """The middleware has said that it stored an order."""
        submit = self.untaken.pop(order, None)
        if submit is not None:
            if self.keeps:
                self.kept[order] = submit
            self.ground.probe.acknowledged(order)
        self.visible_at.pop(order, None)

    def keeps_all(self, order: int, lines: Sequence[ItemQuantity]) -> bool:
        """Tell whether the shop knows that all these units are kept for a basket, now; the basket is done with."""
        kept = self.baskets.pop(order, None)
        if kept is None or self.ground.timeline.now >= kept.until:
            return False
        wanted: dict[int, int] = {}
        for line in lines:
            wanted[line.item] = wanted.get(line.item, 0) + line.quantity
        there = {row.item: row.quantity for row in kept.kept}
        return all(there.get(item, 0) >= units for item, units in wanted.items())

    # --- what the middleware calls

    def take_stock(self, event: Event) -> Message | None:
        """Accept a push: figures go live after the time to apply them, or when the feed has been processed."""
        assert isinstance(event, PublishStock)
        lag = self._seen_after(self.apply(event.id, 0))
        if self.turnaround is None:
            self.ground.timeline.call_in(lag, self._show, event)
            return self._answer(event)
        wait = self._seen_after(self.turnaround(event.id, 0) + self.apply(event.id, 0))
        self.ground.timeline.call_in(wait, self._processed, event)
        return None

    def entered_by_hand(self, event: Event) -> PublicationAnswered:
        """Somebody enters figures at the channel's own pages: they are shown at once."""
        assert isinstance(event, PublishStock)
        self._show(event)
        return self._answer(event)

    def by_file(self, turnaround: Lag) -> Callable[[Event], None]:
        """Return what takes figures by file, beside the interface: they go live when the file has been processed."""

        def take(event: Event) -> None:
            assert isinstance(event, PublishStock)
            lag = turnaround(event.id, 0) + self.apply(event.id, 0)
            self.ground.timeline.call_in(self._seen_after(lag), self._processed, event)

        return take

    def _seen_after(self, lag: Elapsed) -> Elapsed:
        """Return how long it takes until buyers see what is applied after `lag`."""
        if not self.cache:
            return lag
        applied = self.ground.timeline.now + lag
        return lag + -applied % self.cache

    def take_answer(self, event: Event) -> Message | None:
        """Take the middleware's word on an order, money, a return, a parcel, or what came in an envelope.

        Money that the channel holds itself moves at once, and the answer says so.
        """
        return self._take(event, self.sends)

    def _take(self, event: Event, sends: Callable[[Told], None] | None) -> Message | None:
        assert isinstance(
            event,
            OrderAnswered
            | OrderTurnedAway
            | CapturePayment
            | PaymentGivenBack
            | ReturnAnswered
            | ShipmentAdvised
            | InvoiceIssued
            | MilestoneReached
            | FileAnswered
            | InterchangeAnswered
            | OrdersAsked
            | BasketAnswered,
        )
        self.answers += 1
        if type(event) is OrderAnswered:
            if self._is_copy(event):
                return None
            self.ground.probe.replied(event.case)
            self.kept.pop(event.case, None)
            if self.tells is not None:
                self.tells(event)
        if sends is not None and isinstance(event, Told):
            sends(event)
        if isinstance(event, CapturePayment | PaymentGivenBack):
            return moved(event)
        if type(event) is BasketAnswered:
            if event.until:
                self.baskets[event.case] = event
            else:
                self.baskets.pop(event.case, None)
        if type(event) is OrderTurnedAway and event.case in self.kept:
            self.ground.timeline.call_in(event.retry_after, self._again, event.case)
        if type(event) is ReturnAnswered and self.return_answered is not None:
            self.return_answered(event)
        if type(event) is OrdersAsked:
            self._asked(event)
        if type(event) is InterchangeAnswered and self.interchange_answered is not None:
            self.interchange_answered(event)
        return None

    def answered_by_hand(self, event: Event) -> Message | None:
        """Somebody enters an answer at the partner's portal: it has the number of the document that it stands for."""
        assert isinstance(event, DocumentByHand)
        answer = wire.decode_outgoing(event.body)
        assert isinstance(answer, OrderAnswered)
        return self._take(answer, self.typed)

    def _is_copy(self, event: OrderAnswered) -> bool:
        """Tell whether an answer came before, by whatever way, and count it then."""
        if self.documents is None:
            return False
        if self.documents.get(event.id) is not None:
            self.copies += 1
            return True
        self.documents.put(event.id, 1, self.ground.timeline.now)
        return False

    def _answer(self, event: PublishStock) -> PublicationAnswered:
        items = tuple(row.item for row in event.rows)
        return PublicationAnswered(
            id=derive(event.id, 1), cause=event.id, channel=self.index, sequence=event.sequence, items=items
        )

    def _show(self, event: PublishStock) -> None:
        shown, probe, as_of = self.shown, self.ground.probe, event.as_of
        now, note = self.ground.timeline.now, self.ground.recorder.note
        for row in event.rows:
            shown[row.item] = (row.quantity, as_of)
            probe.showed(self.index, row.item, row.quantity * self.packs.get(row.item, 1))
            note(now, self._showed, self._party, self._party, event.id, event.cause, 0, row.item, row.quantity)

    def _processed(self, event: PublishStock) -> None:
        self._show(event)
        answer = self._answer(event)
        self.to_middleware.send(answer.id, 0, self.deliver, answer)
