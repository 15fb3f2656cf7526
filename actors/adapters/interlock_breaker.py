"""An interlock-cb `CircuitBreaker` as a breaker: each attempt is one guarded block of it (`InterlockBreaker`).

Theory of operation. The production object has a state of its own, so a process gets one of its own, made by a factory
that is given a clock which shows simulated time; what stands in our state is its number and how many permits it has
given. An attempt enters a block and leaves it when it has ended, in a context of its own, as a task would, so that
blocks may overlap. A permit that is not in the state that comes back was given for an attempt that a limit held back:
its block is left as by a cancelled task, which is no verdict.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from contextvars import Context, copy_context
from typing import Protocol

from policies.breaker import Ask, BreakerState, Force, Over, Phase, Result, Ruling
from policies.breaker.ruling import Event
from twin.errors import UsageError
from twin.model.instant import SECOND


class CircuitBreaker(AbstractContextManager[object], Protocol):
    """What of the production object is used."""

    @property
    def state(self) -> object:
        """Its phase: an enumeration whose members are called as ours are."""


class SimulatedClock:
    """A clock for production objects: `monotonic` is simulated time in seconds."""

    def __init__(self) -> None:
        self.now = 0

    def monotonic(self) -> float:
        """Return seconds since the start of the world."""
        return self.now / SECOND


class _Live:
    """One production object at work, its clock, and the blocks that attempts are in, by the number of their permit."""

    def __init__(self, make: Callable[[SimulatedClock], CircuitBreaker]) -> None:
        self.clock = SimulatedClock()
        self.breaker = make(self.clock)
        self.blocks: dict[int, Context] = {}

    def leave(self, permit: int, error: BaseException | None) -> None:
        """End the block of a permit; a second end of the same one is ignored."""
        block = self.blocks.pop(permit, None)
        if block is not None:
            block.run(self.breaker.__exit__, type(error) if error else None, error, None)


class InterlockBreaker:
    """Asks a production breaker, one for each process that begins; `make` is called with the clock it shall use."""

    def __init__(self, make: Callable[[SimulatedClock], CircuitBreaker]) -> None:
        self.make = make
        self._live: list[_Live] = []

    def initial(self) -> BreakerState:
        """Return the state of a process with a production object of its own."""
        self._live.append(_Live(self.make))
        return BreakerState(counts=(len(self._live) - 1, 0))

    def step(self, state: BreakerState, event: Event) -> tuple[BreakerState, Ruling]:
        """Enter or leave a block of the production object."""
        number, permits = state.counts
        live = self._live[number]
        live.clock.now = event.now
        match event:
            case Ask():
                return self._asked(live, state, permits)
            case Over():
                errors: dict[Result, BaseException | None] = {
                    Result.FAILED: ConnectionError(),
                    Result.CANCELLED: GeneratorExit(),
                    Result.IGNORED: GeneratorExit(),
                }
                live.leave(event.epoch, errors.get(event.result))
                return self._after(live, state), Ruling()
            case Force():
                raise UsageError("a production breaker is moved by hand through its own methods")

    def _asked(self, live: _Live, state: BreakerState, permits: int) -> tuple[BreakerState, Ruling]:
        for given in [number for number in live.blocks if number > permits]:
            live.leave(given, GeneratorExit())
        block = copy_context()
        try:
            block.run(live.breaker.__enter__)
        except Exception as refusal:
            if (wait := _told(refusal)) is None:
                raise
            refused = self._after(live, state)
            return refused._replace(refused=refused.refused + 1), Ruling(False, 0, wait)
        live.blocks[permits + 1] = block
        after = self._after(live, state)
        return after._replace(counts=(after.counts[0], permits + 1)), Ruling(True, permits + 1)

    def _after(self, live: _Live, state: BreakerState) -> BreakerState:
        """Return the state with the phase that the production object is in; its refusals are counted by phase."""
        phase = Phase[str(getattr(live.breaker.state, "name", live.breaker.state)).upper()]
        begins = phase is not state.phase and phase in (Phase.CLOSED, Phase.HALF_OPEN)
        return state._replace(phase=phase, refused=0 if begins else state.refused)


def _told(refusal: Exception) -> int | None:
    """Return how long a refused caller is to wait, us; 0 unknown; None where the exception is no refusal."""
    if type(refusal).__name__ != "CircuitOpenError":
        return None
    wait = getattr(refusal, "retry_after", None)
    return int(wait * SECOND) + 1 if isinstance(wait, int | float) and wait > 0 else 0
