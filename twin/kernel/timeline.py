"""Simulated time in whole microseconds: SimPy's environment, whose heap also holds plain calls.

Theory of operation. An entry of the heap is (time, priority, serial, function, argument). A plain call is its own
entry; an event of SimPy is the entry that fires it. So one loop runs both, and whoever was scheduled first for an
instant goes first, be it a call or an event. Processes, stores, resources and conditions of SimPy run unchanged.

* Entries of one instant run by priority, then in the order in which they were scheduled: SimPy's urgent ones (a process
  starts, an interrupt, the end of `run`), then everything else, then what was asked for with `call_last`.
* Time is a whole number everywhere. One float delay would turn `now` into a float for everybody, so it is refused
  where it is scheduled. An entry in the past is refused too.
* An exception of a call or an event leaves `run` as it is; the timeline stands at its instant.
* The heap holds what is due within the epoch that goes on, of 4.2 s; what is due later lies unsorted in a list for its
  epoch, which becomes the heap when its turn comes. Order is by the entry alone, so nobody can tell; but in a firm with
  60,000 timers pending the heap is 200 entries deep and not 60,000, which halves the comparisons of an order's events.
* Between entries the timeline pickles, as long as what is scheduled does: bound methods of actors do, processes do not.

Figures, per scheduled call, relative to a bare heapq loop that calls a function (345 ns): this class 1.15; an event of
SimPy and its callback 2.4; a process and its timeout 2.8 (2.1 and 2.6 in SimPy's own environment, without the checks).
Tried and dropped: no check for floats (1.11); scheduling by closures over the heap (1.15, and they do not pickle); the
serial number from an early-bound `count.__next__` (1.21); telling calls from events by the length of the entry (1.25,
and a second branch in every other place); reading the entry by index instead of unpacking it (1.36). SimPy binds
`timeout` and its like early for its own class only: they are bound again here.
"""

from collections.abc import Callable
from copy import copy
from heapq import heapify, heappop, heappush
from itertools import count
from math import inf
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

import simpy
from simpy.core import BoundClass, EmptySchedule, StopSimulation
from simpy.events import URGENT, AllOf, AnyOf, Event, EventPriority, Process, Timeout

from twin.errors import UsageError

A = TypeVar("A")
Entry = tuple[int, int, int, Callable[[Any], object], Any]
"""When, priority, serial number, function, argument: the last two belong together, which a list cannot say."""

NORMAL: Final = 1
"""The priority of plain calls, and of what SimPy calls normal."""
LAST: Final = 2
"""The priority of `call_last`: after everything that SimPy calls normal."""
_EPOCH: Final = 22
"""An epoch is 2^22 microseconds."""


class Timeline(simpy.Environment):
    """SimPy's environment in whole microseconds, with plain calls beside its events."""

    __slots__ = ("_now",)
    _now: int
    if TYPE_CHECKING:
        now: int
        """The current simulated time in whole microseconds."""

    if not TYPE_CHECKING:
        process = BoundClass(Process)
        timeout = BoundClass(Timeout)
        event = BoundClass(Event)
        all_of = BoundClass(AllOf)
        any_of = BoundClass(AnyOf)

    def __init__(self, initial_time: int = 0) -> None:
        super().__init__(_whole(initial_time))
        self._queue: list[Entry] = []  # type: ignore[assignment]  # SimPy's entries end in an event, ours in a call
        self._stops = 0
        self._edge = 0
        """What is due at it and later is not in the heap yet."""
        self._later: dict[int, list[Entry]] = {}
        self._epochs: list[int] = []

    @property
    def events(self) -> int:
        """How many entries were processed so far; how often `run` was called does not change it."""
        issued = next(self._eid)
        self._stops += 1
        return issued - (self._stops - 1) - len(self._queue) - sum(map(len, self._later.values()))

    def call_in(self, delay: int, fn: Callable[[A], object], arg: A) -> None:
        """Call `fn(arg)` after `delay` whole microseconds.

        Raises:
            UsageError: the delay is negative or not a whole number.
        """
        if delay.__class__ is not int or delay < 0:
            raise UsageError(refusal(delay))
        at = self._now + delay
        if at < self._edge:
            heappush(self._queue, (at, NORMAL, next(self._eid), fn, arg))
        else:
            self.put_off((at, NORMAL, next(self._eid), fn, arg))

    def call_at(self, at: int, fn: Callable[[A], object], arg: A) -> None:
        """Call `fn(arg)` at the instant `at`, in whole microseconds.

        Raises:
            UsageError: the instant has passed or is not a whole number.
        """
        if at.__class__ is not int or at < self._now:
            raise UsageError(refusal(at, self._now))
        self.put((at, NORMAL, next(self._eid), fn, arg))

    def call_last(self, at: int, fn: Callable[[A], object], arg: A) -> None:
        """Call `fn(arg)` at the instant `at`, after everything else of that instant: what arrives with it is in time.

        Raises:
            UsageError: the instant has passed or is not a whole number.
        """
        if at.__class__ is not int or at < self._now:
            raise UsageError(refusal(at, self._now))
        self.put((at, LAST, next(self._eid), fn, arg))

    def schedule(self, event: Event, priority: EventPriority = EventPriority(1), delay: int = 0) -> None:  # type: ignore[override]  # noqa: B008  # whole numbers only; SimPy's own default
        """Schedule an event of SimPy after `delay` whole microseconds.

        Raises:
            UsageError: the delay is not a whole number.
        """
        if delay.__class__ is not int:
            raise UsageError(refusal(delay))
        self.put((self._now + delay, priority, next(self._eid), self._fire, event))

    def put(self, entry: Entry) -> None:
        """Keep an entry until its time comes."""
        if entry[0] < self._edge:
            heappush(self._queue, entry)
        else:
            self.put_off(entry)

    def put_off(self, entry: Entry) -> None:
        """Keep an entry that is due after the epoch that goes on."""
        epoch = entry[0] >> _EPOCH
        later = self._later.get(epoch)
        if later is None:
            self._later[epoch] = [entry]
            heappush(self._epochs, epoch)
        else:
            later.append(entry)

    def _advance(self) -> bool:
        """Make the entries of the next epoch that has some the heap; False when there is none."""
        if not self._epochs:
            return False
        epoch = heappop(self._epochs)
        self._edge = epoch + 1 << _EPOCH
        self._queue.extend(self._later.pop(epoch))
        heapify(self._queue)
        return True

    def peek(self) -> int | float:
        """Return when the next entry is due, infinity when there is none."""
        return super().peek() if self._queue or self._advance() else inf

    def step(self) -> None:
        """Process the next entry; raise SimPy's EmptySchedule when there is none."""
        if not self._queue and not self._advance():
            raise EmptySchedule
        self._now, _, _, fn, arg = heappop(self._queue)
        fn(arg)

    def run(self, until: int | Event | None = None) -> object:  # type: ignore[override]  # whole numbers only
        """Run until nothing is scheduled, the instant `until`, or the event `until`, whose value is returned.

        Of the entries at the instant `until` none but urgent ones scheduled before are processed, as in SimPy.

        Raises:
            UsageError: `until` is not a whole number.
            ValueError: `until` is not later than now.
            RuntimeError: the event `until` can no longer happen.
        """
        if isinstance(until, Event):
            if until.processed:
                return until.value
            until.callbacks.append(StopSimulation.callback)
        elif until is not None:
            if _whole(until) <= self._now:
                raise ValueError(f"until ({until}) must be greater than the current simulation time ({self._now})")
            self.put((until, URGENT, next(self._eid), self._stop, None))
        queue, pop = self._queue, heappop
        try:
            while queue or self._advance():
                self._now, _, _, fn, arg = pop(queue)
                fn(arg)
        except StopSimulation as stop:
            return stop.args[0]
        if until is not None:
            raise RuntimeError(f'No scheduled events left but "until" event was not triggered: {until}')
        return None

    def __reduce__(self) -> tuple[type[Self], tuple[int], tuple[list[Entry], int, dict[int, list[Entry]], int, int]]:
        issued = next(self._eid)
        self._stops += 1
        return type(self), (self._now,), (self._queue, self._edge, self._later, issued + 1, self._stops)

    def __setstate__(self, state: tuple[list[Entry], int, dict[int, list[Entry]], int, int]) -> None:
        self._queue, self._edge, self._later, issued, self._stops = state
        self._epochs = sorted(self._later)
        self._eid = count(issued)

    def _stop(self, _: object) -> None:
        self._stops += 1
        raise StopSimulation(None)

    def _fire(self, event: Event) -> None:
        """Run the callbacks of an event, as `Environment.step` does."""
        callbacks, event.callbacks = event.callbacks, None  # type: ignore[assignment]  # how SimPy marks it as processed
        for callback in callbacks:
            try:
                callback(event)
            except StopSimulation:
                event.callbacks = callbacks[callbacks.index(callback) + 1 :]
                self.schedule(event, EventPriority(-1))
                raise
        if not event._ok and not hasattr(event, "_defused"):
            failure = event._value
            raised = copy(failure)
            raised.__cause__ = failure
            raise raised


Timeline.now = Timeline.__dict__["_now"]
"""`now` is the very slot that SimPy calls `_now`: read some 120 times an order, it is spared a property's call."""


def _whole(at: int) -> int:
    if at.__class__ is not int:
        raise UsageError(refusal(at))
    return at


def refusal(time: object, now: int = 0) -> str:
    """Return why `time` cannot be scheduled: it lies in the past, or is not whole microseconds."""
    if isinstance(time, int) and not isinstance(time, bool):
        return f"nothing can be scheduled in the past (got {time}, it must be at least {now})"
    return f"time is in whole microseconds: use twin.seconds(...) or an int (got {time!r}, {type(time).__name__})"
