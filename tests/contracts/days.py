"""Days that chance makes: what comes from outside, what partners answer, in which order, how often, and what dies.

A day is played on a shell under contract. The pool holds what may come next: messages from outside, partners' answers
to what has left, timers. Each choice takes one of them and says what becomes of it: it is delivered, it is delivered
and stays to come again, its first delivery dies at some call of the unit, or (an answer) it is lost and comes at the
end, as a partner repeats what was not acknowledged. At the end all that is left comes in order, and the clock goes on
to when each timer is due; an order that waits for its money is asked about once, not for ever.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from hypothesis import strategies as st

from tests.contracts import real_day
from tests.contracts.real_day import ITEM_COUNT, START
from tests.contracts.shells import Kept, Shell
from twin.middleware.unit import Outcome
from twin.model.commands import (
    CancelOrder,
    CloseDue,
    ErpRefused,
    HoldPlaced,
    HoldReleased,
    LineQuantity,
    PaymentAuthorised,
    PaymentCaptured,
    PaymentRefunded,
    PaymentVoided,
    ReleaseCancelRefused,
    StockAdjusted,
    StockCounted,
    StockReceived,
    SubmitOrder,
    WarehouseShort,
)
from twin.model.events import CancelRelease, CapturePayment, CreateErpOrder, PaymentGivenBack, ReleaseToWarehouse
from twin.model.ids import derive
from twin.model.instant import HOUR, MINUTE, Elapsed, Now
from twin.model.message import Event, Message

STEPS_MAX = 400


class Choice(NamedTuple):
    """Which of the pool comes next, what becomes of it, and before which call its first delivery dies."""

    which: int
    fate: str
    call: int


class Day(NamedTuple):
    """What comes from outside, the choices of the day, and which partners are unwilling, by the n-th answer."""

    messages: tuple[Message, ...]
    choices: tuple[Choice, ...]
    moods: tuple[int, ...]


Check = Callable[[Kept, Message, Kept, Now], None]


def _orders(draw: st.DrawFn) -> list[SubmitOrder]:
    lines = st.lists(
        st.tuples(st.integers(0, ITEM_COUNT - 1), st.integers(1, 9)),
        min_size=1,
        max_size=2,
        unique_by=lambda line: line[0],
    )
    found = draw(st.lists(st.tuples(st.integers(0, 1), lines), min_size=1, max_size=4))
    return [real_day.order(f"N-{number}", channel, *each) for number, (channel, each) in enumerate(found)]


@st.composite
def days(draw: st.DrawFn) -> Day:
    """Draw a day."""
    orders = _orders(draw)
    messages: list[Message] = list(orders)
    for number, order in enumerate(orders):
        extra = draw(st.sets(st.sampled_from(("cancel", "pay", "hold")), max_size=2))
        if "cancel" in extra:
            messages.append(CancelOrder(id=10_000 + number, case=order.case))
        if "pay" in extra and number % 2:  # of every other order the money is promised and taken when it ships
            messages.append(PaymentAuthorised(id=20_000 + number, case=order.case, amount=100))
        elif "pay" in extra:
            messages.append(PaymentCaptured(id=20_000 + number, case=order.case, key=number, amount=100))
        if "hold" in extra:
            messages.append(HoldPlaced(id=30_000 + number, case=order.case, kind="FRAUD", until=72 * HOUR))
            messages.append(HoldReleased(id=40_000 + number, case=order.case, kind="FRAUD"))
    numbers: dict[tuple[int, int], int] = {}
    facts = st.tuples(
        st.sampled_from(("in", "out", "count")), st.integers(0, ITEM_COUNT - 1), st.integers(0, 1), st.integers(1, 5)
    )
    for number, (kind, item, site, units) in enumerate(draw(st.lists(facts, max_size=5))):
        sequence = numbers[item, site] = numbers.get((item, site), 0) + 1
        id = 50_000 + number
        if kind == "in":
            messages.append(StockReceived(id=id, site=site, item=item, quantity=units, sequence=sequence, at=0))
        elif kind == "out":
            messages.append(
                StockAdjusted(id=id, site=site, item=item, change=-units, reason="damaged", sequence=sequence, at=0)
            )
        else:
            messages.append(StockCounted(id=id, site=site, item=item, counted=units, book=3, sequence=sequence, at=0))
    fates = st.sampled_from(("once", "once", "again", "dies", "lost"))
    choice = st.builds(Choice, st.integers(0, 50), fates, st.integers(1, 12))
    choices = draw(st.lists(choice, max_size=40))
    return Day(tuple(messages), tuple(choices), tuple(draw(st.lists(st.integers(0, 5), max_size=12))))


def answers(event: Event, mood: int) -> Iterator[Message]:
    """Yield what a partner says to an event; in some moods it is not what was hoped for."""
    id = derive(event.id, 0)
    match event:
        case CreateErpOrder() if mood == 1:
            yield ErpRefused(id=id, cause=event.id, case=event.case, reason="credit")
        case ReleaseToWarehouse() if mood == 2:
            short = tuple([LineQuantity(row.line, row.quantity) for row in event.lines])
            yield WarehouseShort(
                id=id, cause=event.id, case=event.case, release=event.release, site=event.site, lines=short
            )
        case CancelRelease() if mood == 3:
            yield ReleaseCancelRefused(
                id=id, cause=event.id, case=event.case, release=event.release, site=event.site, lines=event.lines
            )
        case CapturePayment():
            yield PaymentCaptured(id=id, cause=event.id, case=event.case, key=event.key, amount=event.amount)
        case PaymentGivenBack(amount=0):
            yield PaymentVoided(id=id, cause=event.id, case=event.case)
        case PaymentGivenBack():
            yield PaymentRefunded(id=id, cause=event.id, case=event.case, key=event.key, amount=event.amount)
        case _:
            yield from real_day.answers(event)


class Player:
    """Plays a day on a shell; `check` is called with what was kept before and after each delivery."""

    def __init__(self, shell: Shell, day: Day, check: Check, *, closes: bool = True) -> None:
        self.shell = shell
        self.day = day
        self.check = check
        self.closes = closes
        """Whether the day goes on until its orders are closed and archived."""
        self.pool: list[Message] = list(day.messages)
        self.late: list[Message] = []
        self.timers: list[tuple[Elapsed, Message]] = []
        self.handled: dict[int, tuple[Message, Outcome]] = {}
        self.kept = shell.kept()
        self._answered: dict[int, None] = {}
        self._timers: dict[int, None] = {}
        self._moods = list(day.moods)
        self._tick = 0

    def play(self) -> Kept:
        """Play the whole day; return what is kept at its end."""
        for choice in self.day.choices:
            if not self.pool:
                break
            message = self.pool.pop(choice.which % len(self.pool))
            if choice.fate == "lost" and message not in self.day.messages:
                self.late.append(message)
                continue
            if choice.fate == "dies":
                self._die(message, choice.call)
            self._deliver(message)
            if choice.fate == "again":
                self.pool.append(message)
        steps = 0
        while self.pool or self.late or self.timers:
            steps += 1
            assert steps < STEPS_MAX, "the day has no end"
            if self.pool or self.late:
                self._deliver(self.pool.pop(0) if self.pool else self.late.pop(0))
                continue
            due, message = self.timers.pop(0)
            self._tick = max(self._tick, due // MINUTE)
            self._deliver(message)
        return self.kept

    def now(self) -> Now:
        """Return the present moment."""
        elapsed = self._tick * MINUTE
        return Now(elapsed, START + elapsed)

    def _die(self, message: Message, call: int) -> None:
        self._tick += 1
        if self.shell.die(message, self.now(), call):
            assert self.shell.kept() == self.kept, "a death leaves nothing"
        else:
            self._took(message, Outcome.NOOP)

    def _deliver(self, message: Message) -> None:
        self._tick += 1
        self._took(message, self.shell.run(message, self.now()))

    def _took(self, message: Message, outcome: Outcome) -> None:
        before, self.kept = self.kept, self.shell.kept()
        self.handled[message.id] = (message, outcome)
        self.check(before, message, self.kept, self.now())
        for event in self.kept.outbox:
            if event.id not in self._answered:
                self._answered[event.id] = None
                self.pool += answers(event, self._moods.pop(0) if self._moods else 0)
        for id, (due, later) in self.kept.timers.items():
            again = isinstance(later, CloseDue) and (isinstance(message, CloseDue) or not self.closes)
            if id not in self._timers and not again:
                self._timers[id] = None
                self.timers.append((due, later))
        now = self.now().elapsed
        self.pool += [later for due, later in self.timers if due <= now]
        self.timers = sorted([timer for timer in self.timers if timer[0] > now], key=lambda timer: timer[0])
