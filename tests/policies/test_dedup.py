"""Claims about repeats: the record of a request."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.dedup import Arrived, Decision, Finished, Idempotency, Verdict
from twin.model.instant import SECOND
from twin.model.intake import RequestRecord, RequestState

A, B = 1, 2
RULE = Idempotency(lease_us=30 * SECOND, retention_us=86_400 * SECOND)
COMPLETED: Final = RequestState.COMPLETED
FAILED_FINAL: Final = RequestState.FAILED_FINAL
FAILED_RETRYABLE: Final = RequestState.FAILED_RETRYABLE


class Key:
    """One idempotency key that is driven by hand; times in seconds."""

    def __init__(self) -> None:
        self.record: RequestRecord | None = None

    def at(self, seconds: int, event: Arrived | Finished) -> Decision:
        self.record, decision = RULE.step(self.record, event, seconds * SECOND)
        return decision


def completed_at_32() -> Key:
    """V56, IETF Idempotency-Key draft; the assertions stand here because V57 goes on from its end."""
    key = Key()
    assert key.at(0, Arrived(A)) == Decision(Verdict.EXECUTE, fence=1)
    assert key.at(10, Arrived(A)) == Decision(Verdict.IN_PROGRESS, retry_after_us=20 * SECOND)
    assert key.at(10, Arrived(B)).verdict is Verdict.KEY_REUSED
    assert key.at(29, Arrived(A)).verdict is Verdict.IN_PROGRESS
    assert key.at(30, Arrived(A)) == Decision(Verdict.EXECUTE, fence=2)
    assert key.at(31, Finished(1, COMPLETED, 201)).verdict is Verdict.STALE_FENCE
    assert key.at(32, Finished(2, COMPLETED, 201)).verdict is Verdict.STORED
    assert key.record is not None
    assert key.record.state is COMPLETED
    return key


@pytest.mark.vector("V56", rule="9", code="policies.dedup.Idempotency.step", scenario="customer_terms")
def test_v56_a_request_executes_once_under_lease_and_fence() -> None:
    """V56, IETF Idempotency-Key draft."""
    key = completed_at_32()
    assert key.at(40, Arrived(A)) == Decision(Verdict.REPLAY, answer=201)
    assert key.at(40, Arrived(B)).verdict is Verdict.KEY_REUSED


@pytest.mark.vector("V57", rule="9", code="policies.dedup.Idempotency.step", scenario="customer_terms")
def test_v57_retention_counts_from_completion() -> None:
    """V57, IETF Idempotency-Key draft."""
    key = completed_at_32()
    assert key.at(86_431, Arrived(A)).verdict is Verdict.REPLAY
    assert key.at(86_432, Arrived(B)) == Decision(Verdict.EXECUTE, fence=1)


@pytest.mark.vector("V58", rule="9", code="policies.dedup.Idempotency.step", scenario="customer_terms")
def test_v58_a_lease_is_written_even_with_no_time_left() -> None:
    """V58, powertools-lambda-python#4759."""
    key = Key()
    key.at(5, Arrived(A, lease_us=0))
    assert key.record is not None
    assert key.record.lease_until == 5 * SECOND
    assert key.at(5, Arrived(A)) == Decision(Verdict.EXECUTE, fence=2)


@pytest.mark.vector("V59", rule="9", code="policies.dedup.Idempotency.step", scenario="customer_terms")
def test_v59_a_retryable_failure_leaves_the_key_open_and_a_final_one_is_an_answer() -> None:
    """V59, computed."""
    key = Key()
    key.at(0, Arrived(A))
    key.at(1, Finished(1, FAILED_RETRYABLE))
    assert key.record is not None
    assert key.record.state is FAILED_RETRYABLE
    assert key.at(2, Arrived(B)).verdict is Verdict.KEY_REUSED
    assert key.at(3, Arrived(A)) == Decision(Verdict.EXECUTE, fence=2)
    assert key.at(4, Finished(2, FAILED_FINAL, 500)).verdict is Verdict.STORED
    assert key.at(5, Arrived(A)) == Decision(Verdict.REPLAY, answer=500)


@pytest.mark.vector("V56", rule="9", code="policies.dedup.Idempotency.step", scenario="customer_terms")
@pytest.mark.parametrize(
    ("at", "event", "verdict"),
    [
        (0, Arrived(A), Verdict.IN_PROGRESS),
        (29, Arrived(B), Verdict.KEY_REUSED),
        (30, Arrived(B), Verdict.KEY_REUSED),
        (30, Finished(1, COMPLETED, 201), Verdict.STORED),
        (99, Finished(1, COMPLETED, 201), Verdict.STORED),
        (5, Finished(2, COMPLETED, 201), Verdict.STALE_FENCE),
        (5, Finished(0, COMPLETED, 201), Verdict.STALE_FENCE),
    ],
)
def test_v56_further_events_of_a_request_begun_at_0(at: int, event: Arrived | Finished, verdict: Verdict) -> None:
    """As V56, lease 30: other content after the lease too; a late end that nobody took over from; fences not given."""
    key = Key()
    key.at(0, Arrived(A))
    assert key.at(at, event).verdict is verdict


@pytest.mark.vector("V59", rule="9", code="policies.dedup.Idempotency.step", scenario="customer_terms")
@pytest.mark.parametrize("times", [1, 2, 5])
def test_v59_each_retryable_failure_is_tried_under_a_higher_fence(times: int) -> None:
    key = Key()
    for fence in range(1, times + 1):
        assert key.at(fence, Arrived(A)) == Decision(Verdict.EXECUTE, fence=fence)
        assert key.at(fence, Finished(fence, FAILED_RETRYABLE)).verdict is Verdict.STORED
        assert key.at(fence, Finished(fence, COMPLETED, 201)).verdict is Verdict.STALE_FENCE, "it has ended once"
    assert key.at(10**6, Arrived(A)) == Decision(Verdict.EXECUTE, fence=times + 1), "it has no answer to forget"


def test_one_payload_twice_has_one_effect_and_another_one_none() -> None:
    """The vectors of the crash gaps: before the lease ends a repeat conflicts, after it a second call is made."""
    key = Key()
    assert key.at(0, Arrived(A)).verdict is Verdict.EXECUTE
    assert key.at(1, Arrived(B)).verdict is Verdict.KEY_REUSED
    assert key.at(29, Arrived(A)).verdict is Verdict.IN_PROGRESS
    assert key.at(30, Arrived(A)).verdict is Verdict.EXECUTE


events = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.one_of(
            st.builds(Arrived, st.sampled_from([A, B])),
            st.builds(Finished, st.integers(1, 4), st.sampled_from([COMPLETED, FAILED_FINAL, FAILED_RETRYABLE])),
        ),
    ),
    max_size=25,
)


@given(events)
def test_at_most_one_execution_is_ever_stored_as_an_answer(steps: list[tuple[int, Arrived | Finished]]) -> None:
    key = Key()
    now = 0
    answers = 0
    fences: list[int] = []
    for wait, event in steps:
        now += wait
        decision = key.at(now, event)
        if decision.verdict is Verdict.EXECUTE:
            fences.append(decision.fence)
        if isinstance(event, Finished) and decision.verdict is Verdict.STORED:
            assert event.fence == fences[-1]
            answers += event.state is not FAILED_RETRYABLE
    assert answers <= 1
    assert fences == sorted(set(fences))


@pytest.mark.parametrize("event", [Finished(1, COMPLETED), Finished(2, COMPLETED)])
def test_nobody_finishes_what_has_not_begun(event: Finished) -> None:
    key = Key()
    assert key.at(0, event).verdict is Verdict.STALE_FENCE
    assert key.record is None
