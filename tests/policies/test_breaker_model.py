"""A model of the breaker on a window: it keeps the whole history and counts anew at every question."""

from typing import NamedTuple

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from policies.breaker import Ask, Force, Over, Phase, Result, WindowBreaker
from policies.breaker.ruling import ILLEGAL_MOVES
from twin.errors import UsageError
from twin.model.instant import SECOND

STEP = SECOND // 4
SHARES = st.sampled_from([0.25, 0.5, 0.75, 1.0])
"""Exact in binary, so that a share which is just reached is reached for the model too."""

RESULTS = st.sampled_from([Result.OK, Result.OK, Result.FAILED, Result.CANCELLED, Result.IGNORED])


class Ended(NamedTuple):
    at: int
    failed: bool
    slow: bool


class Naive:
    """What WindowBreaker's docstring says, without counters: lists of what happened since the last move."""

    def __init__(self, rule: WindowBreaker) -> None:
        self.rule = rule
        self.era = 0
        self.openings = 0
        self.moved(Phase.CLOSED, 0)

    def moved(self, phase: Phase, at: int) -> None:
        """Enter a phase with nothing counted."""
        self.phase, self.since = phase, at
        self.ended: list[Ended] = []
        self.probes_out = 0
        if phase is Phase.OPEN:
            self.openings += 1
        elif phase is not Phase.HALF_OPEN:
            self.openings = 0
        self.era += 1

    def late(self, deadline: int, now: int) -> bool:
        return now > deadline or (now == deadline and self.rule.boundary == "inclusive")

    @property
    def opens_until(self) -> float:
        doubled = self.rule.open_for * self.rule.growth ** (self.openings - 1)
        return self.since + round(min(doubled, self.rule.open_for_at_most))

    def given_up(self, now: int) -> None:
        """Open again, from the moment on at which the probes should have ended."""
        lasts = self.rule.half_open_at_most
        if self.phase is Phase.HALF_OPEN and lasts and self.late(self.since + lasts, now):
            self.moved(Phase.OPEN, self.since + lasts)

    def asked(self, now: int) -> tuple[bool, float]:
        """Return whether a call may be made, and the wait of one that may not."""
        self.given_up(now)
        if self.phase is Phase.OPEN and self.late(self.opens_until, now):
            self.moved(Phase.HALF_OPEN, now)
        if self.phase is Phase.HALF_OPEN:
            allowed = self.probes_out < self.rule.probes
            self.probes_out += allowed
            return allowed, 0
        if self.phase is Phase.OPEN:
            return False, self.opens_until - now + (self.rule.boundary == "exclusive")
        return self.phase is not Phase.FORCED_OPEN, 0

    def over(self, now: int, era: int, result: Result, took: int) -> None:
        self.given_up(now)
        if era != self.era:
            return
        if result not in (Result.OK, Result.FAILED):
            self.probes_out -= 1
            return
        self.ended.append(Ended(now, result is Result.FAILED, took > self.rule.slow_after))
        if self.phase in (Phase.CLOSED, Phase.HALF_OPEN):
            self.judged(now)

    def judged(self, now: int) -> None:
        window = self.window(now)
        least = self.rule.minimum
        if self.phase is Phase.HALF_OPEN:
            least = min(least, self.rule.probes)
        elif self.rule.kind == "count":
            least = min(least, self.rule.window)
        if len(window) < least:
            return
        failed = sum(call.failed for call in window) >= self.rule.failures * len(window)
        slow = sum(call.slow for call in window) >= self.rule.slow * len(window)
        if failed or slow:
            self.moved(Phase.OPEN, now)
        elif self.phase is Phase.HALF_OPEN:
            self.moved(Phase.CLOSED, now)

    def window(self, now: int) -> list[Ended]:
        if self.phase is Phase.HALF_OPEN:
            return self.ended
        if self.rule.kind == "count":
            return self.ended[-self.rule.window :]
        first = now // SECOND - self.rule.window // SECOND + 1
        return [call for call in self.ended if call.at // SECOND >= first]


class BreakerModel(RuleBasedStateMachine):
    """Calls that overlap, end in any order or never, and moves by hand."""

    @initialize(
        kind=st.sampled_from(["count", "time"]),
        window=st.integers(1, 6),
        minimum=st.integers(1, 8),
        failures=SHARES,
        slow=SHARES,
        open_for=st.integers(1, 8),
        growth=st.sampled_from([1.0, 2.0]),
        probes=st.integers(1, 4),
        half_open_at_most=st.integers(0, 8),
        boundary=st.sampled_from(["inclusive", "exclusive"]),
        by_hand_at_most=st.integers(0, 3),
    )
    def start(
        self,
        kind,
        window,
        minimum,
        failures,
        slow,
        open_for,
        growth,
        probes,
        half_open_at_most,
        boundary,
        by_hand_at_most,
    ):
        self.breaker = WindowBreaker(
            kind=kind,
            window=window if kind == "count" else window * SECOND,
            minimum=minimum,
            failures=failures,
            slow=slow,
            slow_after=4 * STEP,
            open_for=open_for * STEP,
            growth=growth,
            open_for_at_most=20 * STEP,
            probes=probes,
            half_open_at_most=half_open_at_most * STEP,
            boundary=boundary,
        )
        self.state, self.naive = self.breaker.initial(), Naive(self.breaker)
        self.flying: list[tuple[int, int, int]] = []
        self.now = 0
        self.by_hand_left = by_hand_at_most

    @rule(steps=st.sampled_from([1, 1, 2, 4, 8, 21]))
    def waits(self, steps):
        self.now += steps * STEP

    @rule(times=st.integers(1, 5))
    def ask_in_a_burst(self, times):
        for _ in range(times):
            self.asks()

    def asks(self):
        self.state, ruling = self.breaker.step(self.state, Ask(self.now))
        allowed, wait = self.naive.asked(self.now)
        assert (ruling.allowed, ruling.retry_after) == (allowed, wait)
        if allowed:
            self.flying.append((self.now, ruling.epoch, self.naive.era))

    @precondition(lambda self: self.flying)
    @rule(endings=st.lists(st.tuples(st.integers(0, 100), RESULTS), min_size=1, max_size=5))
    def end_in_any_order(self, endings):
        for which, result in endings[: len(self.flying)]:
            self.ends(which, result)

    def ends(self, which, result):
        began, epoch, era = self.flying.pop(which % len(self.flying))
        self.state, _ = self.breaker.step(self.state, Over(self.now, epoch, result, self.now - began))
        self.naive.over(self.now, era, result, self.now - began)

    @precondition(lambda self: self.by_hand_left)
    @rule(phase=st.sampled_from(Phase))
    def is_moved_by_hand(self, phase):
        """Seldom: most runs should move by themselves."""
        self.by_hand_left -= 1
        if (self.naive.phase, phase) in ILLEGAL_MOVES:
            with pytest.raises(UsageError):
                self.breaker.step(self.state, Force(self.now, phase))
            return
        self.state, _ = self.breaker.step(self.state, Force(self.now, phase))
        self.naive.moved(phase, self.now)

    @invariant()
    def stands_where_its_history_says(self):
        assert self.state.phase is self.naive.phase

    @precondition(lambda self: self.naive.phase in (Phase.CLOSED, Phase.HALF_OPEN, Phase.METRICS_ONLY))
    @invariant()
    def counts_what_its_history_says(self):
        window = self.naive.window(self.now)
        seen = (len(window), sum(call.failed for call in window), sum(call.slow for call in window))
        assert self.breaker.rates(self.state, self.now) == seen


TestABreakerIsWhatItsHistorySays = BreakerModel.TestCase
TestABreakerIsWhatItsHistorySays.settings = settings(max_examples=200, stateful_step_count=60)
