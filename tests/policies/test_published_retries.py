"""Claims about the retry rules of AWS 2.1, gRPC, Polly and resilience4j: the vectors of their projects."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.presets import RETRY
from policies.retry import AwsRetry, Cause, Failed, GrpcRetry, PollyRetry, Resilience4jRetry, RetryRule
from twin.model.instant import DAY, SECOND


def waits(rule: RetryRule, draw: float = 1.0, cause: Cause = Cause.TRANSIENT) -> list[float]:
    """Every wait in seconds until the rule gives up, all draws alike."""
    found: list[float] = []
    while True:
        number = len(found) + 1
        delay = rule.delay(Failed(number, draw, previous_draw=draw if found else 0.0, cause=cause))
        if delay is None:
            return found
        found.append(delay / SECOND)


def test_aws_2_1_doubles_from_fifty_milliseconds() -> None:
    """boto/botocore tests/unit/retries/test_standard_retry_v2_1.py, jitter 1."""
    assert waits(AwsRetry(attempts=12)) == [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 20, 20]
    assert waits(AwsRetry(), cause=Cause.THROTTLED) == [1, 2]


def test_aws_2_1_has_other_figures_for_dynamodb() -> None:
    """The same file: 0.025, 0.05, 0.1, then stop at attempt 4."""
    rule = RETRY["aws-standard-2.1-dynamodb"].policy
    assert isinstance(rule, AwsRetry)
    assert waits(rule) == [0.025, 0.05, 0.1]


@pytest.mark.parametrize(
    ("asked_ms", "expected_s"), [(1_500, 1.5), (0, 0.05), (10_000, 5.05), (-100, 0.05), (None, 0.05)]
)
def test_aws_2_1_obeys_a_header_within_five_seconds(asked_ms: int | None, expected_s: float) -> None:
    """The same file, x-amz-retry-after; None stands for a header that cannot be read."""
    asked = None if asked_ms is None else asked_ms * 1_000
    assert AwsRetry().delay(Failed(1, 1.0, asked_us=asked)) == round(expected_s * SECOND)


def test_grpc_spreads_its_ladder_by_a_fifth_to_both_sides() -> None:
    """grpc/proposal A6: initial x U(0.8, 1.2), then times the multiplier, at most max."""
    rule = GrpcRetry(attempts=9, initial_us=SECOND, multiplier=2.0, max_us=3 * SECOND)
    assert waits(rule, 0.0) == [0.8, 1.6, 2.4, 2.4]
    assert waits(rule, 1.0) == [1.2, 2.4, 3.6, 3.6]


def test_grpc_obeys_a_pushback_exactly_and_begins_its_ladder_anew() -> None:
    rule = GrpcRetry(attempts=5, initial_us=SECOND)
    assert rule.delay(Failed(3, 0.9, asked_us=7)) == 7
    assert rule.delay(Failed(4, 0.5, asked_us=None, since=3)) == SECOND
    assert rule.delay(Failed(1, 0.5, asked_us=-1)) is None
    assert rule.delay(Failed(5, 0.5, asked_us=7)) is None


@pytest.mark.parametrize(
    ("backoff", "attempt", "draws", "expected"),
    [
        ("constant", 1, [0, 0.4, 0.6, 1], [0.75, 0.95, 1.05, 1.25]),
        ("linear", 3, [0, 0.4, 0.5, 0.6, 1], [2.25, 2.85, 3, 3.15, 3.75]),
    ],
)
def test_polly_spreads_by_a_quarter_to_both_sides(
    backoff: str, attempt: int, draws: list[float], expected: list[float]
) -> None:
    """App-vNext/Polly RetryHelperTests.cs, base 1 s."""
    rule = PollyRetry(backoff=backoff, attempts=9, base_us=SECOND, jitter=True)  # type: ignore[arg-type]
    found = [rule.delay(Failed(attempt, draw)) for draw in draws]
    assert found == [round(wait * SECOND) for wait in expected]


def test_polly_without_jitter() -> None:
    assert waits(PollyRetry(backoff="exponential", base_us=SECOND)) == [1, 2, 4]
    assert waits(PollyRetry()) == [2, 2, 2]


def test_polly_smooths_its_exponential_waits() -> None:
    """The same file, base 1 s, all draws 0.5."""
    rule = PollyRetry(backoff="exponential", attempts=7, base_us=SECOND, jitter=True)
    assert [round(wait, 4) for wait in waits(rule, 0.5)] == [0.8974, 1.0930, 2.0357, 4.0460, 8.0836, 16.1637]


@given(st.integers(1, 40), st.floats(0, 1), st.floats(0, 1))
def test_polly_stays_below_four_times_its_step(attempt: int, draw: float, before: float) -> None:
    rule = PollyRetry(backoff="exponential", attempts=99, base_us=SECOND, jitter=True)
    delay = rule.delay(Failed(attempt, draw, previous_draw=before))
    assert delay is not None
    assert 0 <= delay <= min(DAY, SECOND * 2 ** (attempt - 1) * 4)


def test_polly_never_overflows() -> None:
    rule = PollyRetry(backoff="exponential", attempts=9_999, base_us=DAY, jitter=True)
    assert rule.delay(Failed(5_000, 1.0)) == DAY


def test_resilience4j_waits_whole_milliseconds_and_at_least_one() -> None:
    """resilience4j/resilience4j IntervalFunction.java: 500 ms; times 1.5, half to both sides."""
    assert waits(Resilience4jRetry(), 0.3) == [0.5, 0.5]
    random = Resilience4jRetry(attempts=4, multiplier=1.5, randomisation=0.5)
    assert waits(random, 0.0) == [0.25, 0.375, 0.562]
    assert waits(random, 1.0) == [0.75, 1.125, 1.687]
    assert waits(Resilience4jRetry(base_us=10)) == [0.001, 0.001]


@pytest.mark.parametrize(
    ("preset", "expected"),
    [
        ("aws-standard-2.0", [1, 2]),
        ("aws-standard-2.1", [0.05, 0.1]),
        ("grpc-a6", [0.12, 0.24, 0.48]),
        ("polly-8", [2, 2, 2]),
        ("resilience4j-2", [0.5, 0.5]),
    ],
)
def test_presets_wait_as_published(preset: str, expected: list[float]) -> None:
    rule = RETRY[preset].policy
    assert isinstance(rule, RetryRule)
    assert waits(rule) == expected
