"""The policies of one caller towards one called side, in the order that gives each its meaning (`Calling`).

Theory of operation. From outer to inner: deadline, key, retry with budget, breaker, rate limiter, concurrency limit,
timeout of one attempt (POLICIES 4). `step` is the only way in, so no caller can put them in another order:

- The key is given with the call and stays the same in all of its attempts.
- `Ready` asks whether the next attempt may be sent now. Breaker, limiter and concurrency limit are asked in turn, and a
  refusal by one leaves the others as they were: all of their states are values, and the new ones are simply not kept.
- A local refusal is no attempt and no failure of the called side, and the budget gets back what the retry had cost.
  Where `when_refused` is `wait`, the call waits until it may ask again and no rung of the ladder is used up: a queue
  keeps it. Where it is `fail`, the refusal is what the retry rule hears, as in a library that throws: a user waits.
- `Ended` tells everybody how an attempt ended, and decides between another one and giving up. A retry that the budget
  refuses ends the call where a user waits; where a queue keeps it, it is asked again after the next wait, and uses up a
  rung each time.
- `Late` asks whether a copy of an attempt that is still waited for may go out beside it. A copy is paid for like a
  retry and is no rung of the ladder: what budget, breaker, limiter or concurrency limit refuse is not sent, and nobody
  waits for it. `Dropped` tells everybody of a copy that is abandoned because another one was answered: no verdict.
- No attempt starts at or after the deadline (P-7).

`Sides` is volatile and belongs to the process; `CallRecord` belongs to the call, and so to the store.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple, assert_never

from policies import budget as budgets
from policies.breaker import Ask, Breaker, BreakerState, Over, Result
from policies.budget import Asked, Budget, Returned
from policies.deadline import Deadline
from policies.hedge import Hedging
from policies.in_flight import InFlight
from policies.retry import Cause, Failed, RetryRule
from policies.throttle import NEVER, Learner, State, Throttle


class CallRecord(NamedTuple):
    """What one call remembers between its attempts; times in ticks."""

    key: int
    begun_at: int
    attempt: int = 0
    """Attempts sent so far."""
    rungs: int = 0
    """Waits made so far, for attempts and for local refusals."""
    since: int = 0
    previous: int = 0
    previous_draw: float = 0.0
    cause: Cause = Cause.TRANSIENT
    """Why the last attempt failed."""
    cost: int = 0
    """What the budget took for the last retry."""
    granted: bool = False
    """True when the budget has granted the attempt that comes next."""
    reserved: bool = False
    """True when the limiter has admitted the attempt that comes next, for the time that it now is."""
    epoch: int = 0
    """The breaker's epoch in which the last attempt was permitted."""
    copy: bool = False
    """True of a copy that a hedge sent beside an attempt; it was paid for like a retry."""
    spent: str = ""
    """Why the call fails when its wait is over; empty: it does not."""


class Sides(NamedTuple):
    """What the process knows of the called side; empty after a restart."""

    budget: tuple[int, ...] = ()
    breaker: BreakerState = BreakerState()
    limiter: State = ()
    in_flight: State = ()


class Ready(NamedTuple):
    """The next attempt of a call could go out; `draw` is uniform in [0, 1)."""

    now: int
    call: CallRecord
    draw: float


class Ended(NamedTuple):
    """The last attempt of a call ended: `cause` is None when it succeeded, `asked` what the called side asked for."""

    now: int
    call: CallRecord
    cause: Cause | None
    took: int
    draw: float
    asked: int | None = None
    final: bool = False
    """True when the call ends here whatever a retry would do."""


class Late(NamedTuple):
    """An attempt has not been answered for as long as the hedge waits; `draw` is uniform in [0, 1)."""

    now: int
    call: CallRecord
    draw: float


class Dropped(NamedTuple):
    """An attempt was abandoned after `took` ticks, because a copy of it was answered, or it was the copy."""

    now: int
    call: CallRecord
    took: int


class Send(NamedTuple):
    """Send the attempt now."""

    call: CallRecord


class Wait(NamedTuple):
    """Ask again after so many ticks; 0: when another attempt has ended."""

    call: CallRecord
    ticks: int
    reason: str


class GiveUp(NamedTuple):
    """The call failed for good."""

    call: CallRecord
    reason: str


class Done(NamedTuple):
    """The call succeeded."""

    call: CallRecord


class Stay(NamedTuple):
    """Nothing is sent: what is under way stays under way."""

    call: CallRecord
    reason: str = ""


Decision = Send | Wait | GiveUp | Done | Stay


@dataclass(frozen=True, slots=True, kw_only=True)
class Calling:
    """One policy for each slot; None where a design has none."""

    retry: RetryRule
    budget: Budget | None = None
    breaker: Breaker | None = None
    limiter: Throttle | None = None
    in_flight: InFlight | None = None
    deadline: Deadline | None = None
    hedge: Hedging | None = None
    when_refused: Literal["wait", "fail"] = "wait"
    cost: int = 1
    long_poll: bool = False
    """Whether the called side answers when it has something to say, so that the caller asks again at once."""

    def initial(self) -> Sides:
        """Return what a process that has just started knows."""
        return Sides(
            self.budget.initial() if self.budget is not None else (),
            self.breaker.initial() if self.breaker is not None else BreakerState(),
            self.limiter.initial() if self.limiter is not None else (),
            self.in_flight.initial() if self.in_flight is not None else (),
        )

    def step(self, sides: Sides, event: Ready | Ended | Late | Dropped) -> tuple[Sides, Decision]:
        """Decide on an attempt that could be sent, on what follows one that has ended, or on a copy of one."""
        match event:
            case Ready():
                return self._ready(sides, event)
            case Ended():
                return self._ended(sides, event)
            case Late():
                return self._beside(sides, event)
            case Dropped():
                return self._dropped(sides, event), Stay(event.call)
            case _:
                assert_never(event)

    def _ready(self, sides: Sides, event: Ready) -> tuple[Sides, Decision]:
        now, call = event.now, event.call
        if self._too_late(call, now):
            return self._returned(sides, call, now), GiveUp(call, "deadline")
        if call.spent:
            return sides, GiveUp(call, call.spent)
        if self.budget is not None and not call.granted:
            sides, call, refusal = self._granted(sides, call, now, event.draw)
            if refusal:
                return self._unpaid(sides, call, event, refusal)
        epoch, breaker, limiter, in_flight = call.epoch, sides.breaker, sides.limiter, sides.in_flight
        if self.breaker is not None:
            breaker, ruling = self.breaker.step(sides.breaker, Ask(now))
            if not ruling.allowed:
                return self._refused(sides._replace(breaker=breaker), call, event, ruling.retry_after, "breaker")
            epoch = ruling.epoch
        if self.limiter is not None and not call.reserved:
            limiter, admitted, wait = self.limiter.admit(sides.limiter, now, self.cost)
            if not admitted:
                return self._refused(sides._replace(limiter=limiter), call, event, wait, "limiter")
            if wait:
                return sides._replace(limiter=limiter), Wait(call._replace(reserved=True), wait, "limiter")
        if self.in_flight is not None:
            in_flight, admitted, wait = self.in_flight.admit(sides.in_flight, now)
            if not admitted:
                return self._refused(sides._replace(in_flight=in_flight), call, event, wait, "concurrency")
        sent = call._replace(attempt=call.attempt + 1, granted=False, reserved=False, epoch=epoch, copy=False)
        return Sides(sides.budget, breaker, limiter, in_flight), Send(sent)

    def _granted(self, sides: Sides, call: CallRecord, now: int, draw: float) -> tuple[Sides, CallRecord, str]:
        """Ask the budget; a reason says that it refused."""
        assert self.budget is not None
        state, grant = self.budget.step(sides.budget, Asked(now, call.attempt > 0, call.cause, draw))
        sides = sides._replace(budget=state)
        if not grant.allowed:
            return sides, call, grant.reason
        return sides, call._replace(granted=True, cost=grant.cost), ""

    def _unpaid(self, sides: Sides, call: CallRecord, event: Ready, reason: str) -> tuple[Sides, Decision]:
        """Give up what the budget refuses, or ask again later where a queue keeps the call."""
        if self.when_refused == "fail" or (wait := self._wait(call, event, call.cause, None)) is None:
            return sides, GiveUp(call, reason)
        return sides, self._later(call, event.now, wait, event.draw, reason)

    def _refused(
        self, sides: Sides, call: CallRecord, event: Ready, retry_after: int, who: str
    ) -> tuple[Sides, Decision]:
        """Wait, or go through the retry rule, for what was never sent."""
        now, reason = event.now, f"{who} refused"
        if retry_after == NEVER:
            return self._returned(sides, call, now), GiveUp(call, reason)
        if self.when_refused == "wait":
            if self._too_late(call, now + retry_after):
                return self._returned(sides, call, now), GiveUp(call, "deadline")
            return sides, Wait(call, retry_after, reason)
        wait = self._wait(call, event, Cause.LOCAL, None)
        if wait is None or call.attempt > 0:
            sides = self._returned(sides, call, now)
            call = call._replace(granted=False, cost=0)
        return sides, GiveUp(call, reason) if wait is None else self._later(call, now, wait, event.draw, reason)

    def _ended(self, sides: Sides, event: Ended) -> tuple[Sides, Decision]:
        now, call, cause = event.now, event.call, event.cause
        sides = self._told(sides, event)
        if cause is None:
            return sides, Done(call)
        wait = None if event.final or cause is Cause.REJECTED else self._wait(call, event, cause, event.asked)
        if wait is None:
            return sides, GiveUp(call, f"{cause.value} after {call.attempt} attempts")
        call = call._replace(cause=cause, cost=0)
        if event.asked is not None:
            call = call._replace(since=call.rungs + 1)
        if self._too_late(call, now + wait):
            return sides, GiveUp(call, "deadline")
        if self.budget is not None:
            sides, call, refusal = self._granted(sides, call, now, event.draw)
            if refusal and self.when_refused == "fail":
                if not self._sleeps_first():
                    return sides, GiveUp(call, refusal)
                call = call._replace(spent=refusal)
        return sides, self._later(call, now, wait, event.draw, cause.value)

    def _told(self, sides: Sides, event: Ended) -> Sides:
        """Tell the budget, the breaker and the concurrency limit how an attempt ended."""
        call, ok = event.call, event.cause in (None, Cause.REJECTED)
        budget, breaker, limiter, in_flight = sides
        if self.budget is not None:
            ended = budgets.Ended(event.now, _paid(call), call.cost, event.cause)
            budget, _ = self.budget.step(budget, ended)
        if self.breaker is not None:
            over = Over(event.now, call.epoch, Result.OK if ok else Result.FAILED, event.took)
            breaker, _ = self.breaker.step(breaker, over)
        if self.in_flight is not None:
            refused = event.cause is Cause.TIMEOUT or event.cause is Cause.THROTTLED
            in_flight = self.in_flight.ended(in_flight, event.now, event.took, not refused)
        if isinstance(self.limiter, Learner):
            limiter = self.limiter.learned(limiter, event.now, event.cause is Cause.THROTTLED)
        return Sides(budget, breaker, limiter, in_flight)

    def _beside(self, sides: Sides, event: Late) -> tuple[Sides, Decision]:
        """Decide on a copy of an attempt that is still waited for."""
        now, call = event.now, event.call._replace(granted=False, cost=0)
        if self._too_late(call, now):
            return sides, Stay(event.call, "deadline")
        if self.budget is not None:
            state, grant = self.budget.step(sides.budget, Asked(now, True, call.cause, event.draw))
            if not grant.allowed:
                return sides._replace(budget=state), Stay(event.call, grant.reason)
            sides, call = sides._replace(budget=state), call._replace(granted=True, cost=grant.cost)
        epoch, breaker, limiter, in_flight = call.epoch, sides.breaker, sides.limiter, sides.in_flight
        refused = ""
        if self.breaker is not None:
            breaker, ruling = self.breaker.step(breaker, Ask(now))
            epoch, refused = ruling.epoch, "" if ruling.allowed else "breaker refused"
        if self.limiter is not None and not refused:
            limiter, admitted, wait = self.limiter.admit(limiter, now, self.cost)
            refused = "" if admitted and not wait else "limiter refused"
        if self.in_flight is not None and not refused:
            in_flight, admitted, _ = self.in_flight.admit(in_flight, now)
            refused = "" if admitted else "concurrency refused"
        if refused:
            return self._returned(sides, call, now), Stay(event.call, refused)
        sent = call._replace(granted=False, epoch=epoch, copy=True)
        return Sides(sides.budget, breaker, limiter, in_flight), Send(sent)

    def _dropped(self, sides: Sides, event: Dropped) -> Sides:
        """Tell everybody of a copy that is abandoned; what the budget took for it stays taken."""
        budget, breaker, limiter, in_flight = sides
        if self.budget is not None:
            ended = budgets.Ended(event.now, _paid(event.call), 0, Cause.LOCAL)
            budget, _ = self.budget.step(budget, ended)
        if self.breaker is not None:
            breaker, _ = self.breaker.step(breaker, Over(event.now, event.call.epoch, Result.CANCELLED, event.took))
        if self.in_flight is not None:
            in_flight = self.in_flight.ended(in_flight, event.now, event.took, True)
        return Sides(budget, breaker, limiter, in_flight)

    def _wait(self, call: CallRecord, event: Ready | Ended, cause: Cause, asked: int | None) -> int | None:
        """Return what the retry rule says of the rung that is up."""
        elapsed = event.now - call.begun_at
        return self.retry.delay(
            Failed(call.rungs + 1, event.draw, call.previous, call.previous_draw, asked, call.since, cause, elapsed)
        )

    def _later(self, call: CallRecord, now: int, wait: int, draw: float, reason: str) -> Decision:
        if self._too_late(call, now + wait):
            return GiveUp(call, "deadline")
        return Wait(call._replace(rungs=call.rungs + 1, previous=wait, previous_draw=draw), max(1, wait), reason)

    def _returned(self, sides: Sides, call: CallRecord, now: int) -> Sides:
        """Give the budget back what it granted for an attempt that is not sent."""
        if self.budget is None or not call.granted:
            return sides
        state, _ = self.budget.step(sides.budget, Returned(now, call.attempt > 0, call.cost))
        return sides._replace(budget=state)

    def _sleeps_first(self) -> bool:
        """Tell whether a call that the quota stops waits all the same: else who polls would ask at once again."""
        return self.long_poll and isinstance(self.budget, budgets.TokenQuota) and self.budget.long_poll_waits

    def _too_late(self, call: CallRecord, now: int) -> bool:
        return self.deadline is not None and not self.deadline.left(call.begun_at, now)


def _paid(call: CallRecord) -> bool:
    """Tell whether the budget took the last attempt of a call for a retry."""
    return call.copy or call.attempt > 1
