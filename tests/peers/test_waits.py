"""Claims that our retry rules wait as tenacity and backoffs do, over whole ladders and with the same draws.

Neither library needs patching: tenacity is run through its `sleep` hook, backoffs through its `rng` and `floor_next`.
tenacity's jitter draws from the global generator, which is seeded for the moment (Hypothesis puts it back).
Waits without jitter must be equal to the microsecond; drawn ones may differ by the rounding of halves.
"""

import random
from itertools import chain, repeat

import backoffs
import tenacity
from hypothesis import given
from hypothesis import strategies as st

from policies.retry import Failed, GrpcRetry, PollyRetry, Retry, RetryRule
from twin.model.instant import SECOND

KINDS = st.sampled_from(["fixed", "linear", "exponential"])
BASES = st.integers(1, 10 * SECOND)
CEILINGS = st.integers(10 * SECOND, 1_000 * SECOND)
ATTEMPTS = st.integers(1, 40)
SEEDS = st.integers(0, 2**32)
HINTS = st.lists(st.none() | st.integers(0, 100 * SECOND), max_size=40)


def ours(rule: RetryRule, draws: random.Random, hints: list[int | None] | None = None) -> list[int]:
    """Return the waits of one call that always fails, each told the wait and the draw before it."""
    waits: list[int] = []
    previous, previous_draw = 0, 0.0
    for attempt, asked in enumerate(chain(hints or [], repeat(None)), start=1):
        draw = draws.random()
        wait = rule.delay(Failed(attempt, draw, previous, previous_draw, asked))
        if wait is None:
            return waits
        waits.append(wait)
        previous, previous_draw = wait, draw
    raise AssertionError("a ladder ends")


def of_tenacity(attempts: int, wait: tenacity.wait.wait_base) -> list[float]:
    """Return the seconds that tenacity's own loop would sleep between the attempts of a call that always fails."""
    slept: list[float] = []
    retrying = tenacity.Retrying(wait=wait, stop=tenacity.stop_after_attempt(attempts), sleep=slept.append)

    def fail() -> None:
        raise ConnectionError

    try:
        retrying(fail)
    except tenacity.RetryError:
        return slept
    raise AssertionError("the call always fails")


def of_backoffs(policy: backoffs.Policy, draws: random.Random, hints: list[int | None] | None = None) -> list[float]:
    """Return the seconds of backoffs' iterator, which is told of a wait that was asked for before it is advanced."""
    delays = policy.delays(rng=draws)
    found: list[float] = []
    for asked in chain(hints or [], repeat(None)):
        if asked is not None:
            delays.floor_next(asked / SECOND)
        delay = next(delays, None)
        if delay is None:
            return found
        found.append(delay)
    raise AssertionError("a ladder ends")


def schedule(kind: str, base: int) -> backoffs.Schedule:
    seconds = base / SECOND
    match kind:
        case "fixed":
            return backoffs.Constant(seconds)
        case "linear":
            return backoffs.Linear(seconds, seconds)
        case _:
            return backoffs.Exponential(seconds)


def near(waits: list[int], seconds: list[float], off: float = 1.0) -> bool:
    """Tell whether both ladders have the same rungs, each within `off` microseconds."""
    return len(waits) == len(seconds) and all(
        abs(wait - second * SECOND) <= off for wait, second in zip(waits, seconds, strict=True)
    )


@given(KINDS, BASES, CEILINGS, ATTEMPTS)
def test_a_ladder_without_jitter_is_that_of_tenacity(kind: str, base: int, cap: int, attempts: int):
    seconds, most = base / SECOND, cap / SECOND
    waits = {
        "fixed": tenacity.wait_fixed(seconds),
        "linear": tenacity.wait_incrementing(start=seconds, increment=seconds, max=most),
        "exponential": tenacity.wait_exponential(multiplier=seconds, max=most),
    }
    rule = Retry(kind=kind, attempts=attempts, base_us=base, cap_us=cap, jitter="none")
    assert ours(rule, random.Random(0)) == [round(wait * SECOND) for wait in of_tenacity(attempts, waits[kind])]


@given(BASES, CEILINGS, ATTEMPTS, SEEDS)
def test_full_jitter_is_tenacitys_random_exponential(base: int, cap: int, attempts: int, seed: int):
    rule = Retry(attempts=attempts, base_us=base, cap_us=cap, jitter="full")
    random.seed(seed)  # noqa: TID251  # the library draws there
    theirs = of_tenacity(attempts, tenacity.wait_random_exponential(multiplier=base / SECOND, max=cap / SECOND))
    assert near(ours(rule, random.Random(seed)), theirs)


@given(KINDS, st.sampled_from(["none", "full", "equal"]), BASES, CEILINGS, ATTEMPTS, SEEDS, HINTS)
def test_jitter_and_what_was_asked_for_are_those_of_backoffs(
    kind: str, jitter: str, base: int, cap: int, attempts: int, seed: int, hints: list[int | None]
):
    spread = {"none": backoffs.NoJitter(), "full": backoffs.FullJitter(), "equal": backoffs.EqualJitter()}[jitter]
    policy = backoffs.Policy(schedule(kind, base), spread, cap=cap / SECOND, max_retries=attempts - 1)
    rule = Retry(kind=kind, attempts=attempts, base_us=base, cap_us=cap, jitter=jitter)
    assert near(ours(rule, random.Random(seed), hints), of_backoffs(policy, random.Random(seed), hints))


@given(BASES, CEILINGS, ATTEMPTS, SEEDS)
def test_decorrelated_jitter_is_that_of_backoffs(base: int, cap: int, attempts: int, seed: int):
    """Each rung is asked for after the one that backoffs had before it: else a rounded half would grow threefold."""
    policy = backoffs.Policy(
        backoffs.Constant(base / SECOND), backoffs.DecorrelatedJitter(), cap=cap / SECOND, max_retries=attempts - 1
    )
    theirs = of_backoffs(policy, random.Random(seed))
    rule = Retry(attempts=attempts, base_us=base, cap_us=cap, jitter="decorrelated")
    draws = random.Random(seed)
    before = [0, *(round(second * SECOND) for second in theirs)]
    waits = [rule.delay(Failed(k, draws.random(), previous)) for k, previous in enumerate(before, start=1)]
    assert waits[-1] is None
    assert near([wait for wait in waits if wait is not None], theirs, off=2.5)


@given(BASES, CEILINGS, st.floats(1.0, 4.0), st.integers(1, 5), SEEDS)
def test_grpcs_spread_is_a_fifth_of_each_rung_as_in_backoffs(
    base: int, cap: int, multiplier: float, attempts: int, seed: int
):
    """Its retries, not its connections: those of backoffs' preset wait the plain base first."""
    policy = backoffs.Policy(
        backoffs.Exponential(base / SECOND, multiplier),
        backoffs.ProportionalJitter(0.2),
        cap=cap / SECOND,
        max_retries=attempts - 1,
    )
    rule = GrpcRetry(attempts=attempts, initial_us=base, multiplier=multiplier, max_us=cap)
    assert near(ours(rule, random.Random(seed)), of_backoffs(policy, random.Random(seed)))


@given(st.sampled_from(["constant", "linear"]), BASES, ATTEMPTS, SEEDS)
def test_pollys_spread_is_a_quarter_of_each_rung_as_in_backoffs(backoff: str, base: int, attempts: int, seed: int):
    kind = {"constant": "fixed", "linear": "linear"}[backoff]
    policy = backoffs.Policy(
        schedule(kind, base), backoffs.ProportionalJitter(0.25), cap=None, max_retries=attempts - 1
    )
    rule = PollyRetry(backoff=backoff, attempts=attempts, base_us=base, jitter=True)
    assert near(ours(rule, random.Random(seed)), of_backoffs(policy, random.Random(seed)))
