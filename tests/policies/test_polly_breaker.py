"""Claims about Polly v8's breaker, transcribed from its own tests."""

import pytest

from policies.breaker import Ask, BreakerState, Force, Over, Phase, PollyBreaker, Result
from policies.breaker.rates import Rates
from twin.errors import UsageError
from twin.model.instant import SECOND

S, F, CANCELLED = Result.OK, Result.FAILED, Result.CANCELLED


def over(breaker: PollyBreaker, state: BreakerState, result: Result, at_s: float) -> BreakerState:
    return breaker.step(state, Over(round(at_s * SECOND), state.epoch, result))[0]


def ask(breaker: PollyBreaker, state: BreakerState, at_s: float) -> tuple[BreakerState, bool]:
    found, ruling = breaker.step(state, Ask(round(at_s * SECOND)))
    return found, ruling.allowed


@pytest.mark.parametrize(
    ("throughput", "failed", "trips"), [(10, 0, False), (10, 1, True), (10, 2, True), (11, 3, True), (9, 1, False)]
)
def test_it_trips_at_the_ratio_once_throughput_is_met(throughput: int, failed: int, trips: bool) -> None:
    """AdvancedCircuitBehaviorTests.cs: minimum 10, ratio 0.1; of 11 calls 0.2 is three, since two are less."""
    breaker = PollyBreaker(failures=0.1, minimum=10)
    state = breaker.initial()
    for result in [S] * (throughput - failed) + [F] * failed:
        state = over(breaker, state, result, 0)
    assert (state.phase is Phase.OPEN) is trips


def test_only_a_failure_trips_it() -> None:
    """Nine failures below the minimum and a success that meets it: closed until the next failure."""
    breaker = PollyBreaker(minimum=10)
    state = breaker.initial()
    for result in [F] * 9 + [S]:
        state = over(breaker, state, result, 0)
    assert state.phase is Phase.CLOSED
    assert over(breaker, state, F, 0).phase is Phase.OPEN


def test_rolling_windows_drop_what_is_older_than_the_sampling_time() -> None:
    """RollingHealthMetricsTests.cs: 10 s, two calls every 2 s, read after each step."""
    breaker = PollyBreaker(sampling=10 * SECOND, minimum=1_000)
    state, read = breaker.initial(), []
    for step, results in enumerate([(F, S), (F, S), (S, S), (S, S), (S, S)]):
        for result in results:
            state = over(breaker, state, result, 2 * step)
        rates = breaker.rates(state, 2 * (step + 1) * SECOND)
        read.append((rates.calls, rates.failed / rates.calls))
    assert read == [(2, 0.5), (4, 0.5), (6, 1 / 3), (8, 0.25), (8, 0.125)]
    assert breaker.rates(state, 12 * SECOND) == Rates(6, 0)


def test_one_success_a_second_reads_nine_and_then_eight() -> None:
    breaker = PollyBreaker(sampling=10 * SECOND)
    state = breaker.initial()
    for at in range(10):
        state = over(breaker, state, S, at)
    assert [breaker.rates(state, at * SECOND).calls for at in (10, 11)] == [9, 8]
    two = over(breaker, over(breaker, breaker.initial(), S, 0), S, 0)
    assert breaker.rates(two, 10 * SECOND).calls == 0


def test_a_sampling_time_below_a_fifth_of_a_second_has_one_window() -> None:
    """SingleHealthMetrics: everything is dropped at once."""
    breaker = PollyBreaker(sampling=100_000)
    state = over(breaker, over(breaker, breaker.initial(), S, 0), S, 0.09)
    assert [breaker.rates(state, at).calls for at in (99_999, 100_000)] == [2, 0]


def opened(breaker: PollyBreaker) -> BreakerState:
    state = breaker.initial()
    for _ in range(breaker.minimum):
        state = over(breaker, state, F, 0)
    return state


BREAKER = PollyBreaker(minimum=2, open_for=5 * SECOND)


def test_one_probe_is_let_through_at_the_deadline_itself() -> None:
    state = opened(BREAKER)
    state, before = ask(BREAKER, state, 4.999999)
    state, probe = ask(BREAKER, state, 5)
    state, other = ask(BREAKER, state, 5)
    assert [before, probe, other] == [False, True, False]
    assert state.phase is Phase.HALF_OPEN


@pytest.mark.parametrize(("result", "phase"), [(S, Phase.CLOSED), (F, Phase.OPEN), (CANCELLED, Phase.CLOSED)])
def test_a_probe_that_is_no_handled_failure_closes_it(result: Result, phase: Phase) -> None:
    """A cancelled probe is not handled by default, so it closes the circuit."""
    state, _ = ask(BREAKER, opened(BREAKER), 5)
    state = over(BREAKER, state, result, 6)
    assert (state.phase, state.until) == (phase, 11 * SECOND if phase is Phase.OPEN else 0)


def test_no_second_probe_while_the_first_one_hangs() -> None:
    state, _ = ask(BREAKER, opened(BREAKER), 5)
    assert not ask(BREAKER, state, 3_600)[1]


def test_failures_while_open_are_counted_and_change_nothing() -> None:
    state = opened(BREAKER)
    later = over(BREAKER, over(BREAKER, state, F, 1), S, 1)
    assert (later.phase, later.until) == (Phase.OPEN, state.until)
    assert BREAKER.rates(later, SECOND) == Rates(3, 3)


def test_isolated_outlasts_time_until_it_is_closed_by_hand() -> None:
    state, _ = BREAKER.step(BREAKER.initial(), Force(0, Phase.FORCED_OPEN))
    assert not ask(BREAKER, state, 3_600)[1]
    assert ask(BREAKER, BREAKER.step(state, Force(0, Phase.CLOSED))[0], 0)[1]
    with pytest.raises(UsageError, match="isolated"):
        BREAKER.step(state, Force(0, Phase.METRICS_ONLY))


def test_each_break_in_a_row_sees_one_more_attempt_and_a_close_starts_over() -> None:
    """Break generator: half-open attempts 0, 1, 2, 3, 4 and, after a close, 0, 1, 2."""
    breaker = PollyBreaker(minimum=2, open_for=SECOND, growth=2.0)
    state, at, lasts = opened(breaker), 0.0, []
    for _ in range(5):
        lasts.append(round(state.until / SECOND - at))
        at = state.until / SECOND
        state, _ = ask(breaker, state, at)
        state = over(breaker, state, F, at)
    state, _ = ask(breaker, state, state.until / SECOND)
    state = over(breaker, state, S, at)
    assert lasts == [1, 2, 4, 8, 16]
    assert (state.phase, state.openings) == (Phase.CLOSED, 0)
