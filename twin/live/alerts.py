"""The alerts of a design, live: once a minute each rule looks at what this process has counted of its own steps.

The rules are those of the twin, and so is what a measure means: a count is by how much it grew within a span, a
distribution its statistic over that span's samples, a level its present value. Looks stand on the minutes of elapsed
time; those that pass before a message is taken see nothing of it. What a process began to count is forgotten when it
ends: after a start a rule waits until a whole span has gone by, and one that was on is raised again.

Measures of parties are not here: what a page shows, or how long a partner's interface took, is nothing that comes to a
process that reads one file and writes another.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Literal, NamedTuple

from policies.alerting import Standing, Threshold
from twin.live.transactor import Stored
from twin.middleware.orders.header import header
from twin.middleware.orders.intake import BEFORE
from twin.middleware.unit import ORDERS, Outcome
from twin.model.commands import ErpConfirmed, ShipmentConfirmed, SubmitOrder, WarehouseShort
from twin.model.events import MovementRecorded, OrderAnswered, PublishStock
from twin.model.instant import MINUTE, SECOND, Elapsed
from twin.model.message import Message
from twin.model.order import Header, Intake, Order

LOOK_EVERY: Final[Elapsed] = MINUTE
COUNTED: Final = (
    *("orders_placed", "orders_accepted", "orders_rejected", "orders_backordered", "orders_cancelled"),
    *("orders_shipped", "oversold_units", "oversold_orders", "shorted_units", "corrected_units", "publications"),
    "illegal_transitions",
)
SAMPLED: Final = ("capture_latency_s", "order_cycle_s")
LEVELS: Final = ("dlq_length",)
SAMPLES_MAX: Final = 100_000
"""Samples of a span that are kept, the newest."""
_SHIPPED: Final = (Header.SHIPPED, Header.INVOICED)


class LiveRule(NamedTuple):
    """One alert: `measure` is one of the three lists, `percent` what of a distribution's samples is asked (-1: mean).

    `over` is the span, in microseconds.
    """

    name: str
    measure: str
    percent: float
    threshold: Threshold
    over: Elapsed
    owner: str


class Told(NamedTuple):
    """An alert was raised or is over: which, when (elapsed), and what its measure was."""

    rule: LiveRule
    what: Literal["raised", "over"]
    at: Elapsed
    value: float | None


class LiveAlerts:
    """The alerts of one process; `letters` returns how many items its exception queues hold."""

    def __init__(self, rules: Sequence[LiveRule], letters: Callable[[], int]) -> None:
        self.rules = rules
        self.tell: Callable[[Told], None] = _unheard
        """Who hears of an alert."""
        self.on: dict[str, None] = {}
        """Names of the rules that are raised and not over."""
        self.raised = 0
        self._letters = letters
        self._counts = dict.fromkeys(COUNTED, 0)
        self._samples: dict[str, deque[tuple[Elapsed, Elapsed]]] = {name: deque(maxlen=SAMPLES_MAX) for name in SAMPLED}
        self._standing = [Standing() for _ in rules]
        self._earlier = [deque([0], maxlen=max(1, rule.over // LOOK_EVERY)) for rule in rules]
        self._next: Elapsed | None = None

    # --- looks

    def look(self, now: Elapsed) -> None:
        """Let every look happen whose minute has come."""
        if not self.rules:
            return
        if self._next is None:
            self._next = (now // LOOK_EVERY + 1) * LOOK_EVERY
        while self._next <= now:
            self._look(self._next)
            self._next += LOOK_EVERY

    def _look(self, at: Elapsed) -> None:
        for number, rule in enumerate(self.rules):
            value = self._value(number, rule, at)
            self._standing[number], what = rule.threshold.judge(self._standing[number], value, at)
            if what == "raised":
                self.on[rule.name] = None
                self.raised += 1
            elif what == "over":
                del self.on[rule.name]
            if what is not None:
                self.tell(Told(rule, what, at, value))

    def _value(self, number: int, rule: LiveRule, at: Elapsed) -> float | None:
        if rule.measure in LEVELS:
            return float(self._letters())
        if rule.measure in COUNTED:
            now, earlier = self._counts[rule.measure], self._earlier[number]
            grew = now - earlier[0] if len(earlier) == earlier.maxlen else None
            earlier.append(now)
            return grew
        since = at - max(1, rule.over // LOOK_EVERY) * LOOK_EVERY
        recent = sorted(took for when, took in self._samples[rule.measure] if since < when <= at)
        return _statistic(recent, rule.percent) / SECOND if recent else None

    # --- what is counted

    def heard(self, message: Message, outcome: Outcome, unit: Stored) -> None:
        """A step was committed."""
        if not self.rules:
            return
        order = next((row for number, _, row in unit.writes if number == ORDERS.number), None)
        if isinstance(order, Order):
            before = unit.fetched.get((ORDERS.number, order.id), (0, None))[1]
            self._moved(before if isinstance(before, Order) else None, order, message, unit.now.elapsed)
        if isinstance(message, WarehouseShort):
            self._counts["shorted_units"] += sum(line.quantity for line in message.lines)
        if outcome is Outcome.ILLEGAL_TRANSITION:
            self._counts["illegal_transitions"] += 1
        elif outcome is Outcome.BACKORDERED and isinstance(message, SubmitOrder):
            self._counts["orders_backordered"] += 1
        for event in unit.events:
            if isinstance(event, PublishStock):
                self._counts["publications"] += len(event.rows)
            elif isinstance(event, OrderAnswered) and event.short:
                self._counts["oversold_orders"] += 1
                self._counts["oversold_units"] += sum(row.quantity for row in event.short)
            elif isinstance(event, MovementRecorded) and event.reason == "reconciliation":
                self._counts["corrected_units"] += abs(event.change)

    def _moved(self, before: Order | None, order: Order, message: Message, now: Elapsed) -> None:
        counts = self._counts
        was = before.intake if before is not None else Intake.RECEIVED
        if before is None:
            counts["orders_placed"] += 1
        if was in BEFORE and order.intake is Intake.ACCEPTED:
            counts["orders_accepted"] += 1
        elif was is not Intake.REJECTED and order.intake is Intake.REJECTED:
            counts["orders_rejected"] += 1
        elif before is not None and header(order) is Header.CANCELLED and header(before) is not Header.CANCELLED:
            counts["orders_cancelled"] += 1
        if isinstance(message, ErpConfirmed):
            self._samples["capture_latency_s"].append((now, now - order.placed_at))
        elif isinstance(message, ShipmentConfirmed) and header(order) in _SHIPPED:
            counts["orders_shipped"] += 1
            self._samples["order_cycle_s"].append((now, now - order.placed_at))


def _unheard(told: Told) -> None:
    """Nobody listens: the alert stands in the report."""


def _statistic(values: Sequence[Elapsed], percent: float) -> float:
    """Return the mean (-1) or a percentile of sorted values, between two of them by their distance."""
    if percent < 0:
        return sum(values) / len(values)
    place = (len(values) - 1) * percent / 100
    below = int(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (values[above] - values[below]) * (place - below)
