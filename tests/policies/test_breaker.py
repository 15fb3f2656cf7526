"""Claims about the breaker on a window: resilience4j's published behaviour, and what is ours."""

import pytest

from policies.breaker import Ask, BreakerState, Force, Over, Phase, Result, Ruling, WindowBreaker
from policies.breaker.rates import LastCalls, LastTime, Rates
from policies.breaker.ruling import ILLEGAL_MOVES
from policies.presets import BREAKER
from twin.errors import UsageError
from twin.model.instant import SECOND

S, E, IGNORED = Result.OK, Result.FAILED, Result.IGNORED

R4J = WindowBreaker(
    kind="time",
    window=20 * SECOND,
    minimum=5,
    failures=0.5,
    slow=0.5,
    slow_after=4 * SECOND,
    open_for=5 * SECOND,
    probes=4,
    half_open_at_most=0,
    boundary="exclusive",
    stale="counted",
)
"""The configuration of resilience4j's CircuitBreakerStateMachineTest.java."""


class Driven:
    """A breaker and where it stands, with calls that end at once unless it is said."""

    def __init__(self, breaker: WindowBreaker) -> None:
        self.breaker = breaker
        self.state = breaker.initial()
        self.ruling = Ruling()

    def ask(self, at_s: float) -> bool:
        self.state, self.ruling = self.breaker.step(self.state, Ask(round(at_s * SECOND)))
        return self.ruling.allowed

    def over(self, result: Result, at_s: float = 0.0, took_s: float = 0.0, epoch: int | None = None) -> "Driven":
        epoch = self.state.epoch if epoch is None else epoch
        event = Over(round(at_s * SECOND), epoch, result, round(took_s * SECOND))
        self.state, self.ruling = self.breaker.step(self.state, event)
        return self

    def force(self, phase: Phase, at_s: float = 0.0) -> "Driven":
        self.state, self.ruling = self.breaker.step(self.state, Force(round(at_s * SECOND), phase))
        return self

    def probe(self, result: Result, at_s: float, took_s: float = 0.0) -> "Driven":
        assert self.ask(at_s)
        return self.over(result, at_s, took_s)

    def rates(self, at_s: float = 0.0) -> Rates:
        return self.breaker.rates(self.state, round(at_s * SECOND))


def half_open() -> Driven:
    """A breaker of resilience4j's test in HALF_OPEN at 6 s, with all of its permits."""
    driven = Driven(R4J).force(Phase.OPEN)
    assert driven.ask(6)
    return driven.over(Result.CANCELLED, 6)


def test_r1_opens_on_the_minimum_and_counts_what_it_refuses() -> None:
    driven = Driven(R4J)
    for result in (E, E, E, S):
        driven.over(result)
    assert (driven.state.phase, driven.rates().calls) == (Phase.CLOSED, 4)
    driven.over(S)
    assert (driven.state.phase, driven.rates()) == (Phase.OPEN, Rates(5, 3, 0))
    assert not driven.ask(0)
    assert driven.state.refused == 1


def test_r2_stays_closed_below_the_threshold() -> None:
    driven = Driven(R4J)
    for at, result in enumerate((S, S, S, E, E)):
        driven.over(result, at)
    assert (driven.state.phase, driven.rates(4)) == (Phase.CLOSED, Rates(5, 2, 0))
    driven.over(E, 5)
    assert (driven.state.phase, driven.rates(5)) == (Phase.OPEN, Rates(6, 3, 0))


def test_r3_slow_calls_open_it_as_failures_do() -> None:
    driven = Driven(R4J)
    for took, result in ((5, E), (5, S), (0.1, E), (0.1, S), (5, S)):
        driven.over(result, took_s=took)
    assert (driven.state.phase, driven.rates().slow) == (Phase.OPEN, 3)


def test_a_call_that_took_just_the_threshold_is_not_slow() -> None:
    assert Driven(R4J).over(S, took_s=4).rates() == Rates(1, 0, 0)


def test_r4_a_forced_opening_ends_with_a_request_after_its_time() -> None:
    driven = Driven(R4J).force(Phase.OPEN)
    assert [driven.ask(0), driven.ask(3)] == [False, False]
    assert driven.state.refused == 2
    assert driven.ask(6)
    assert (driven.state.phase, driven.rates(6)) == (Phase.HALF_OPEN, Rates())


@pytest.mark.parametrize(
    ("results", "phase", "failed"),
    [((E, E, S, E), Phase.OPEN, 3), ((E, S, S, S), Phase.CLOSED, 0)],
    ids=["r5", "r7"],
)
def test_r5_r7_probes_decide_by_their_own_rate(results: tuple[Result, ...], phase: Phase, failed: int) -> None:
    driven = half_open()
    for result in results:
        driven.probe(result, 6)
    assert (driven.state.phase, driven.rates(6).failed) == (phase, failed)
    assert driven.rates(6).calls == (4 if phase is Phase.OPEN else 0)


def test_r6_slow_probes_open_it_again() -> None:
    driven = half_open()
    for took in (5, 5, 5, 0.1):
        driven.probe(S, 6, took)
    assert (driven.state.phase, driven.rates(6)) == (Phase.OPEN, Rates(4, 0, 3))


def test_r8_a_permit_given_back_can_be_had_again() -> None:
    driven = half_open()
    assert [driven.ask(6) for _ in range(5)] == [True] * 4 + [False]
    driven.over(Result.CANCELLED, 6)
    assert driven.ask(6)


def test_r9_an_ignored_probe_decides_nothing() -> None:
    driven = half_open()
    for result in (S, S, S, IGNORED):
        driven.probe(result, 6)
    assert driven.state.phase is Phase.HALF_OPEN
    assert driven.probe(E, 6).state.phase is Phase.CLOSED


def test_r10_each_opening_in_a_row_lasts_longer() -> None:
    """Exponential from 5 s, multiplier 1.5: the second one 7.5 s."""
    breaker = WindowBreaker(window=1, minimum=1, open_for=5 * SECOND, growth=1.5, probes=1, boundary="exclusive")
    driven = Driven(breaker).over(E)
    assert driven.ask(6)
    driven.over(E, 6)
    assert [driven.ask(12), driven.ask(17)] == [False, True]
    assert driven.over(S, 17).state.openings == 0


def test_r11_33_of_36_moves_by_hand_are_legal() -> None:
    for here in Phase:
        for there in Phase:
            state = BreakerState(here, epoch=3)
            if (here, there) in ILLEGAL_MOVES:
                with pytest.raises(UsageError, match=f"from {here.value} to {there.value}"):
                    R4J.step(state, Force(0, there))
            else:
                assert R4J.step(state, Force(0, there))[0].phase is there
    assert len(ILLEGAL_MOVES) == 3


def test_r12_metrics_only_never_leaves_and_says_once_that_it_would_have() -> None:
    driven = Driven(R4J).force(Phase.METRICS_ONLY)
    said = []
    for result in (E, E, E, S, S, E):
        said.append(driven.over(result).ruling.exceeded)
        assert driven.ask(0)
    assert driven.state.phase is Phase.METRICS_ONLY
    assert said.count(True) == 1


def test_r13_forced_open_outlasts_time() -> None:
    driven = Driven(R4J).force(Phase.FORCED_OPEN)
    assert not driven.ask(6)


def test_disabled_counts_nothing() -> None:
    driven = Driven(R4J).force(Phase.DISABLED)
    for _ in range(9):
        driven.over(E)
    assert (driven.ask(0), driven.rates()) == (True, Rates())


def test_a_window_of_four_calls_evicts_the_oldest() -> None:
    """POLICIES 1, window vectors: E S S S gives 100, 50, 33.33, 25 %; the next S evicts E."""
    window, counts, shares = LastCalls(4), (), []
    for failed in (True, False, False, False, False):
        counts = window.record(counts, 0, failed, False)
        rates = window.read(counts, 0)
        shares.append(round(100 * rates.failed / rates.calls, 2))
    assert shares == [100, 50, 33.33, 25, 0]


def test_slow_and_failed_are_counted_apart() -> None:
    """Window of two: slow error, slow success, success."""
    window, counts, slow = LastCalls(2), (), []
    for failed, late in ((True, True), (False, True), (False, False)):
        counts = window.record(counts, 0, failed, late)
        slow.append(window.read(counts, 0).slow)
    assert slow == [1, 2, 1]


def test_a_window_of_five_seconds_drops_whole_slices() -> None:
    """POLICIES 1, window vectors."""
    window, counts = LastTime(SECOND, 5), ()
    calls = [(0, True), (0.1, False), (0.2, False), (1.2, False), (2.2, False), (3.2, True)]
    calls += [(4.2, False), (5.2, False), (6.2, False), (11.2, False)]
    read = {}
    for at, failed in calls:
        now = round(at * SECOND)
        counts = window.record(counts, now, failed, False)
        read[at] = window.read(counts, now)[:2]
    assert [read[at] for at in (4.2, 5.2, 6.2, 11.2)] == [(7, 2), (5, 1), (5, 1), (1, 0)]


OURS = WindowBreaker(window=4, minimum=2, open_for=5 * SECOND, probes=2, half_open_at_most=10 * SECOND)


def opened() -> Driven:
    return Driven(OURS).over(E).over(E)


def test_our_deadline_is_inclusive_and_the_published_one_is_not() -> None:
    assert [opened().ask(4.999999), opened().ask(5)] == [False, True]
    assert not Driven(R4J).force(Phase.OPEN).ask(5)


def test_a_refused_caller_is_told_when_the_time_is_over() -> None:
    driven = opened()
    assert not driven.ask(2)
    assert driven.ruling.retry_after == 3 * SECOND


def test_outcomes_of_an_earlier_epoch_move_nothing() -> None:
    """P-1; in resilience4j, issue 1090, they are counted into the window of the present state."""
    driven = opened()
    assert driven.ask(5)
    driven.over(E, 5, epoch=0).over(E, 5, epoch=0)
    assert (driven.state.phase, driven.rates(5)) == (Phase.HALF_OPEN, Rates())
    published = half_open()
    for _ in range(4):
        published.over(E, 6, epoch=0)
    assert published.state.phase is Phase.OPEN


def test_a_cancelled_probe_gives_its_permit_back_and_counts_nowhere() -> None:
    driven = opened()
    assert [driven.ask(5), driven.ask(5), driven.ask(5)] == [True, True, False]
    driven.over(Result.CANCELLED, 5)
    assert (driven.rates(5), driven.ask(5)) == (Rates(), True)


def test_probes_that_never_return_cannot_hold_it_half_open() -> None:
    """P-2; in resilience4j, issues 935, 903 and 2028, they can: its maximum is 0, for ever."""
    driven = opened()
    assert [driven.ask(5), driven.ask(5)] == [True, True]
    assert not driven.ask(15)
    assert (driven.state.phase, driven.state.until) == (Phase.OPEN, 20 * SECOND)
    assert driven.ask(20)
    stuck = Driven(WindowBreaker(**dict.fromkeys(["probes", "window", "minimum"], 1), half_open_at_most=0)).over(E)
    assert stuck.ask(60)
    assert not stuck.ask(60_000)


def test_what_is_looked_at_after_failures_alone_does_not_open_on_a_success() -> None:
    late = WindowBreaker(window=4, minimum=3, evaluates="failed")
    driven = Driven(late).over(E).over(E).over(S)
    assert driven.state.phase is Phase.CLOSED
    assert driven.over(E).state.phase is Phase.OPEN


def test_the_preset_has_the_published_defaults() -> None:
    breaker = BREAKER["resilience4j-2"].policy
    assert breaker == WindowBreaker(
        kind="count",
        window=100,
        minimum=100,
        failures=0.5,
        slow=1.0,
        slow_after=60 * SECOND,
        open_for=60 * SECOND,
        probes=10,
        half_open_at_most=0,
        boundary="exclusive",
        stale="counted",
    )
