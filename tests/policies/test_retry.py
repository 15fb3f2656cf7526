"""Claims about waits between attempts."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.retry import Failed, Retry, RetryRule, attempts_in_all
from twin.model.instant import SECOND


def waits(rule: RetryRule, draw: float = 1.0) -> list[float]:
    """Every wait in seconds until the rule gives up."""
    found: list[float] = []
    while (delay := rule.delay(Failed(len(found) + 1, draw))) is not None:
        found.append(delay / SECOND)
    return found


@pytest.mark.vector("V67", rule="12", code="policies.retry.Retry.delay", scenario="out_of_order")
def test_v67_upper_bounds_and_rounds() -> None:
    """V67, NServiceBus recoverability: base 1 s, cap 60 s, before attempts 2 to 9; immediate 5, delayed 3."""
    assert waits(Retry(attempts=9, cap_us=60 * SECOND)) == [1, 2, 4, 8, 16, 32, 60, 60]
    assert waits(Retry(attempts=4, cap_us=60 * SECOND, first_exponent=1)) == [2, 4, 8]
    assert attempts_in_all(5, 3) == 24


@pytest.mark.vector("V67", rule="12", code="policies.retry.Retry.delay", scenario="out_of_order")
@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Retry(attempts=1, cap_us=60 * SECOND), []),
        (Retry(attempts=3, cap_us=SECOND), [1, 1]),
        (Retry(attempts=7, cap_us=60 * SECOND, first_exponent=1), [2, 4, 8, 16, 32, 60]),
        (Retry(attempts=4, base_us=1, cap_us=3), [1e-6, 2e-6, 3e-6]),
    ],
)
def test_v67_further_bounds(rule: Retry, expected: list[float]) -> None:
    """As V67: no second attempt; a cap that is the base; one exponent more, up to the cap; whole microseconds."""
    assert waits(rule) == expected


@pytest.mark.vector("V67", rule="12", code="policies.retry.Retry.delay", scenario="out_of_order")
@pytest.mark.parametrize(
    ("immediate", "delayed", "attempts"), [(0, 0, 1), (5, 0, 6), (0, 3, 4), (1, 1, 4), (9, 9, 100)]
)
def test_v67_further_rounds(immediate: int, delayed: int, attempts: int) -> None:
    assert attempts_in_all(immediate, delayed) == attempts
    assert Retry(attempts=2).delay(Failed(1, 0.0)) == 0


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Retry(attempts=3), [1, 2]),
        (Retry(attempts=5), [1, 2, 4, 8]),
        (Retry(attempts=5, cap_us=3 * SECOND), [1, 2, 3, 3]),
        (Retry(attempts=12, base_us=50_000), [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 20, 20]),
    ],
)
def test_waits_of_the_aws_sdks_with_jitter_fixed_at_one(rule: Retry, expected: list[float]) -> None:
    """boto/botocore: botocore/retries/standard.py, modes 2.0 and 2.1; the cross-SDK specification vectors."""
    assert waits(rule) == expected


def test_polly_without_jitter() -> None:
    """Polly: exponential from 1 s without jitter, constant 2 s."""
    assert waits(Retry(attempts=4, jitter="none")) == [1, 2, 4]
    assert waits(Retry(kind="fixed", attempts=4, base_us=2 * SECOND, jitter="none"), draw=0.3) == [2, 2, 2]


def test_no_retry() -> None:
    assert Retry(kind="none").delay(Failed(1, 0.5)) is None
    assert Retry(attempts=1).delay(Failed(1, 0.5)) is None


def test_the_called_side_may_ask_for_a_longer_wait_but_not_for_a_shorter_one() -> None:
    rule = Retry(jitter="none")
    assert rule.delay(Failed(1, 0.0, asked_us=30 * SECOND)) == 30 * SECOND
    assert rule.delay(Failed(1, 0.0, asked_us=0)) == SECOND
    deaf = replace(rule, asked="ignored")
    assert deaf.delay(Failed(1, 0.0, asked_us=30 * SECOND)) == SECOND
    assert deaf.delay(Failed(1, 0.0, asked_us=-1)) is None
    assert rule.delay(Failed(3, 0.0, asked_us=30 * SECOND)) is None
    assert rule.delay(Failed(1, 0.0, asked_us=-1)) is None


def test_decorrelated_waits_start_at_the_base() -> None:
    """The AWS architecture blog's simulator: base 5 ms, cap 2 s."""
    rule = Retry(attempts=9, base_us=5_000, cap_us=2 * SECOND, jitter="decorrelated", first_exponent=1)
    failures = [Failed(1, 0.0), Failed(1, 1.0), Failed(2, 1.0, 15_000), Failed(3, 1.0, SECOND)]
    assert [rule.delay(failed) for failed in failures] == [5_000, 15_000, 45_000, 2 * SECOND]


def test_a_fixed_and_a_linear_wait_are_spread_like_any_other() -> None:
    fixed = Retry(kind="fixed", base_us=SECOND, jitter="equal")
    assert [fixed.delay(Failed(1, draw)) for draw in (0.0, 1.0)] == [SECOND // 2, SECOND]
    assert waits(Retry(kind="linear", attempts=5, base_us=SECOND, cap_us=3 * SECOND)) == [1, 2, 3, 3]


@given(
    st.sampled_from(["none", "full", "equal", "decorrelated"]),
    st.integers(1, 200),
    st.floats(0, 1),
    st.integers(0, 100 * SECOND),
)
def test_every_wait_lies_in_the_band_of_its_jitter(jitter: str, attempt: int, draw: float, previous: int) -> None:
    rule = Retry(attempts=1000, jitter=jitter)  # type: ignore[arg-type]  # drawn from the literal's own values
    delay = rule.delay(Failed(attempt, draw, previous))
    ladder = min(20 * SECOND, SECOND * 2 ** (attempt - 1))
    assert delay is not None
    assert 0 <= delay <= 20 * SECOND
    if jitter == "none":
        assert delay == ladder
    elif jitter == "full":
        assert delay <= ladder
    elif jitter == "equal":
        assert ladder // 2 <= delay <= ladder
    else:
        assert SECOND <= delay <= max(3 * previous, 3 * SECOND)
