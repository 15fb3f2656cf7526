"""Faults on purpose: records that say what goes wrong, when and for how long, and the engine that pulls their levers.

Theory of operation. A record (`Fault`) is plain data. The world attaches to each record the levers that can make it
true: a link, an endpoint, a warehouse, a process. The engine waits for the trigger, calls `begin` on every lever, and
`end` when the extent is over. In between a lever asks its armed record two things only: `strikes(identity, attempt)`,
the keyed coin of one message, and `level()`, how much of the intensity is left while a fault heals slowly. Coins are
drawn from (seed, name of the fault, identity, attempt): a fault that is taken away moves nobody's luck.

Triggers: an instant; a gap after another fault began; the n-th matching message at the target; a named point of a
process, passed for the n-th time; a measure beyond a bound, looked at once a second. Ends: `heal` at once,
`heal_with_burst` (what was held back comes in one go), `heal_slow_ramp` (the intensity fades over as long again as the
fault lasted), `permanent`.

Every effect is counted, because a fault that changed nothing in a run proves nothing in it (V-1). Tried and dropped:
faults as SimPy processes that sleep and interrupt each other; a lever then has to undo what it did from an exception
handler, and a world between two entries does not pickle.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol, TypeVar

from twin.errors import UsageError
from twin.model.chance import draw, root, stream_id, threshold
from twin.model.instant import SECOND, Elapsed

A = TypeVar("A")
End = Literal["heal", "heal_with_burst", "heal_slow_ramp", "permanent"]
Direction = Literal["both", "request", "response"]
Visibility = Literal["error", "silence", "wrong", "late"]


@dataclass(frozen=True, slots=True)
class At:
    """An instant, in microseconds of elapsed time."""

    at: Elapsed


@dataclass(frozen=True, slots=True)
class After:
    """A gap in microseconds after the fault of this name began."""

    name: str
    gap: Elapsed = 0


@dataclass(frozen=True, slots=True)
class Nth:
    """The n-th message at the target, of those that the record selects; of the kind `match` where the engine counts."""

    nth: int
    match: str | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """A named point of a process, when it is passed for the n-th time."""

    point: str
    nth: int = 1


@dataclass(frozen=True, slots=True)
class When:
    """A measure above or below a bound; looked at once a second."""

    measure: str
    above: float | None = None
    below: float | None = None

    def holds(self, value: float | None) -> bool:
        """Tell whether a value lies beyond a bound; none does not."""
        if value is None:
            return False
        return (self.above is not None and value > self.above) or (self.below is not None and value < self.below)


Trigger = At | After | Nth | Point | When


@dataclass(frozen=True, slots=True)
class Selector:
    """What a message must be about to suffer: an order, an item, a channel, a site, by their numbers; empty: any.

    Of a message that says nothing of what is asked nobody can say that it is meant: it does not suffer.
    """

    orders: tuple[int, ...] = ()
    items: tuple[int, ...] = ()
    channels: tuple[int, ...] = ()
    sites: tuple[int, ...] = ()

    def fits(self, message: object) -> bool:
        """Tell whether a message is about all that is asked."""
        return (
            (not self.orders or getattr(message, "case", getattr(message, "order", 0)) in self.orders)
            and (not self.channels or getattr(message, "channel", -1) in self.channels)
            and (not self.sites or getattr(message, "site", -1) in self.sites)
            and (not self.items or any(item in self.items for item in _items_of(message)))
        )


def _items_of(message: object) -> Iterator[object]:
    """Yield the items that a message speaks of, wherever it names them."""
    yield getattr(message, "item", None)
    for name in ("items", "lines", "rows"):
        for row in getattr(message, name, ()):
            yield getattr(row, "item", row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One record.

    With `each` it strikes single messages, and its levers count them for `Nth`; without, the engine does.
    `duration` is in microseconds, `count` in effects; with neither, the fault lasts. `numbers` holds the intensity by
    its parameter's name: shares and factors as they are, times in microseconds. `select` names the kinds of message
    that suffer; empty: all; `selector` what they must be about. `correlation` is the probability that the message after
    one that suffered suffers too.
    """

    name: str
    kind: str
    target: str
    trigger: Trigger
    each: bool = True
    duration: Elapsed | None = None
    count: int | None = None
    direction: Direction = "both"
    numbers: Mapping[str, float] = field(default_factory=dict)
    select: tuple[str, ...] = ()
    selector: Selector | None = None
    correlation: float = 0.0
    end: End = "heal"
    visibility: Visibility = "error"
    assumption: Literal["A", "B", "C"] = "A"


class Lever(Protocol):
    """What can make a record true."""

    def begin(self, armed: "Armed") -> None:
        """The fault is on from now."""

    def end(self, armed: "Armed") -> None:
        """The fault is over."""


class Struck:
    """A lever that keeps the records that are on, in the order in which they began."""

    armed: "tuple[Armed, ...]" = ()

    def begin(self, armed: "Armed") -> None:
        """A record is on."""
        self.armed = (*self.armed, armed)

    def end(self, armed: "Armed") -> None:
        """A record is over."""
        self.armed = tuple(other for other in self.armed if other is not armed)


class Armed:
    """One record at work; levers ask it, the engine moves it."""

    __slots__ = (
        *("_began", "_coins", "_healing", "_last", "_over", "_struck"),
        *("effects", "ended", "fault", "levers", "on", "seen"),
    )

    def __init__(
        self, fault: Fault, seed: int, over: Callable[["Armed"], None], struck: Callable[["Armed"], None]
    ) -> None:
        self.fault = fault
        self.levers: list[Lever] = []
        self.on = False
        self.seen = 0
        """Matching messages that were asked about."""
        self.effects = 0
        self.ended: Elapsed | None = None
        self._began: Elapsed | None = None
        self._healing: tuple[Elapsed, Elapsed] | None = None
        self._last = False
        self._over, self._struck = over, struck
        self._coins = root(seed, stream_id(f"fault/{fault.name}"))

    @property
    def began(self) -> Elapsed | None:
        """When the fault began, in microseconds; None before."""
        return self._began

    def number(self, name: str, default: float) -> float:
        """Return a parameter of the record."""
        return self.fault.numbers.get(name, default)

    def concerns(self, subject: object) -> bool:
        """Tell whether a message is one that the record selects; of a call, what it carries counts."""
        chosen, selector = self.fault.select, self.fault.selector
        if not chosen and selector is None:
            return True
        message = getattr(subject, "event", subject)
        return (not chosen or type(message).__name__ in chosen) and (selector is None or selector.fits(message))

    def strikes(self, now: Elapsed, identity: int, attempt: int) -> bool:
        """Toss the coin of one message, and count the effect when it falls; True: the message suffers."""
        self.seen += 1
        fault = self.fault
        if isinstance(fault.trigger, Nth) and self.seen < fault.trigger.nth:
            return False
        share = self.number("probability", 1.0) * self.level(now)
        if self._last:
            share = max(share, fault.correlation)
        self._last = draw(self._coins, identity, attempt) >> 32 < threshold(min(1.0, share))
        if self._last:
            self.took_effect()
        return self._last

    def took_effect(self) -> None:
        """Count one effect; at the bound of the record the fault is over."""
        self.effects += 1
        if self.effects == 1:
            self._struck(self)
        if self.fault.count is not None and self.effects >= self.fault.count:
            self._over(self)

    def level(self, now: Elapsed) -> float:
        """Return how much of the intensity holds at `now`: 1, or less while the fault heals slowly."""
        if self._healing is None:
            return 1.0
        since, takes = self._healing
        return max(0.0, 1.0 - (now - since) / takes)

    def factor(self, now: Elapsed, default: float = 1.0) -> float:
        """Return the record's `factor` as it holds at `now`: on the way back to 1 while the fault heals slowly."""
        return 1.0 + (self.number("factor", default) - 1.0) * self.level(now)


LOOKS: Final[Elapsed] = SECOND
"""How often a measure that triggers a fault is looked at."""


class Schedule(Protocol):
    """What the records need of time: the present instant, and calls at later ones."""

    @property
    def now(self) -> Elapsed: ...

    def call_at(self, at: Elapsed, fn: Callable[[A], object], arg: A) -> None: ...

    def call_in(self, delay: Elapsed, fn: Callable[[A], object], arg: A) -> None: ...


class Faults:
    """All records of one run.

    Raises:
        UsageError: two records have one name, or one waits for a record that is not there.
    """

    def __init__(self, timeline: Schedule, seed: int, records: Sequence[Fault]) -> None:
        self._timeline = timeline
        self.armed = [Armed(record, seed, self._end, self._strikes_first) for record in records]
        self.told: Callable[[Fault, bool], None] | None = None
        """Who hears that a fault is on, one at the n-th message when that has come, and that it is over."""
        self._by_name = {armed.fault.name: armed for armed in self.armed}
        if len(self._by_name) < len(self.armed):
            raise UsageError("two faults have one name")
        self._followers: dict[str, list[Armed]] = {}
        self._points: dict[str, list[Armed]] = {}
        self._passed: dict[str, int] = {}
        self._counting: dict[str, list[Armed]] = {}
        self._heard: dict[str, int] = {}
        for armed in self.armed:
            trigger = armed.fault.trigger
            if isinstance(trigger, After):
                if trigger.name not in self._by_name:
                    raise UsageError(f"fault {armed.fault.name!r} waits for {trigger.name!r}, and there is none")
                self._followers.setdefault(trigger.name, []).append(armed)
            elif isinstance(trigger, Point):
                self._points.setdefault(trigger.point, []).append(armed)
            elif isinstance(trigger, Nth) and not armed.fault.each:
                self._counting.setdefault(armed.fault.target, []).append(armed)

    @property
    def counts(self) -> bool:
        """Whether some record waits for a message that the engine has to count."""
        return bool(self._counting)

    @property
    def waits_at_points(self) -> bool:
        """Whether some record waits for a named point of a process."""
        return bool(self._points)

    def measures(self) -> list[str]:
        """Return the measures that records wait for."""
        triggers = [armed.fault.trigger for armed in self.armed]
        return list(dict.fromkeys(trigger.measure for trigger in triggers if isinstance(trigger, When)))

    def heard(self, targets: Sequence[str], kind: str) -> None:
        """A message of this kind came by, which concerns these targets; records that wait for it begin."""
        for target in targets:
            for armed in self._counting.get(target, ()):
                trigger = armed.fault.trigger
                assert isinstance(trigger, Nth)
                if trigger.match in (None, kind):
                    name = armed.fault.name
                    self._heard[name] = count = self._heard.get(name, 0) + 1
                    if count == trigger.nth:
                        self._timeline.call_in(0, self._begin, armed)

    def on(self, *targets: str) -> list[Armed]:
        """Return the records that name one of the targets, in the order of the scenario."""
        return [armed for armed in self.armed if armed.fault.target in targets]

    def start(self, gauges: Mapping[str, Callable[[], float | None]] | None = None) -> None:
        """Wait for the triggers; `gauges` are the measures that one may name.

        Raises:
            UsageError: a record has no lever, or its measure does not exist.
        """
        gauges = gauges or {}
        for armed in self.armed:
            fault, trigger = armed.fault, armed.fault.trigger
            if not armed.levers:
                raise UsageError(f"fault {fault.name!r}: nothing in this world can do {fault.kind} at {fault.target!r}")
            if isinstance(trigger, At):
                self._timeline.call_at(trigger.at, self._begin, armed)
            elif isinstance(trigger, Nth) and fault.each:
                self._begin(armed)
            elif isinstance(trigger, When) and trigger.measure not in gauges:
                told = f"{trigger.measure!r}; there are {', '.join(gauges) or 'none'}"
                raise UsageError(f"fault {fault.name!r}: no measure {told}")
        self._gauges = {measure: gauges[measure] for measure in self.measures()}
        if self._gauges:
            self._waiting = [armed for armed in self.armed if isinstance(armed.fault.trigger, When)]
            self._timeline.call_in(LOOKS, self._look, None)

    def passes(self, point: str) -> None:
        """A process passes a named point; faults that wait for it begin there."""
        if point in self._points:
            self._passed[point] = passed = self._passed.get(point, 0) + 1
            for armed in self._points[point]:
                trigger = armed.fault.trigger
                if isinstance(trigger, Point) and trigger.nth == passed:
                    self._begin(armed)

    def vain(self) -> list[Fault]:
        """Return the records that took no effect."""
        return [armed.fault for armed in self.armed if not armed.effects]

    def _look(self, _: None) -> None:
        """Read every measure that somebody waits for once, and begin what it sets off."""
        values = {measure: read() for measure, read in self._gauges.items()}
        still = []
        for armed in self._waiting:
            trigger = armed.fault.trigger
            assert isinstance(trigger, When)
            if trigger.holds(values[trigger.measure]):
                self._begin(armed)
            else:
                still.append(armed)
        self._waiting = still
        if still:
            self._timeline.call_in(LOOKS, self._look, None)

    def _begin(self, armed: Armed) -> None:
        fault, now = armed.fault, self._timeline.now
        armed.on, armed._began = True, now
        for lever in armed.levers:
            lever.begin(armed)
        if self.told is not None and not isinstance(fault.trigger, Nth):
            self.told(fault, True)
        if fault.duration is not None and fault.end != "permanent":
            then = self._heal if fault.end == "heal_slow_ramp" else self._end
            self._timeline.call_in(fault.duration, then, armed)
        for follower in self._followers.get(fault.name, ()):
            trigger = follower.fault.trigger
            assert isinstance(trigger, After)
            self._timeline.call_in(trigger.gap, self._begin, follower)

    def _heal(self, armed: Armed) -> None:
        assert armed.fault.duration is not None
        armed._healing = (self._timeline.now, armed.fault.duration)
        self._timeline.call_in(armed.fault.duration, self._end, armed)

    def _end(self, armed: Armed) -> None:
        if armed.on:
            armed.on, armed.ended = False, self._timeline.now
            for lever in armed.levers:
                lever.end(armed)
            if self.told is not None and (armed.effects or not isinstance(armed.fault.trigger, Nth)):
                self.told(armed.fault, False)

    def _strikes_first(self, armed: Armed) -> None:
        if self.told is not None and isinstance(armed.fault.trigger, Nth):
            self.told(armed.fault, True)
