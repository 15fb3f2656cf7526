"""Links deliver what they should, when they should, with luck that belongs to the message alone."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from twin.errors import UsageError
from twin.kernel.laws import Constant, Exponential, Law, Lognormal
from twin.kernel.link import Link
from twin.kernel.timeline import Timeline

Arrivals = dict[tuple[int, int], list[int]]


def arrivals(
    keys: list[tuple[int, int]], *, seed: int = 7, every_us: int = 1_000, latency: Law | None = None, **how: object
) -> Arrivals:
    """Send one message per (identity, attempt) and return when each arrived, relative to when it was sent."""
    timeline = Timeline()
    link = Link(timeline, seed, "a/b", latency=latency or Lognormal(0.02, 0.8), **how)
    came: Arrivals = {key: [] for key in keys}
    sent: dict[tuple[int, int], int] = {}

    def send(key: tuple[int, int]) -> None:
        sent[key] = timeline.now
        link.send(*key, lambda k: came[k].append(timeline.now - sent[k]), key)

    for number, key in enumerate(keys):
        timeline.call_at(number * every_us, send, key)
    timeline.run()
    assert link.sent_count == len(keys)
    assert sum(map(len, came.values())) == len(keys) - link.lost_count - link.dropped_count + link.duplicated_count
    return came


KEYS = [(identity, 1) for identity in range(5_000)]


def test_latencies_follow_the_law() -> None:
    delays = [came[0] / 1e6 for came in arrivals(KEYS).values()]
    assert stats.kstest(delays, stats.lognorm(0.8, scale=0.02).cdf).pvalue > 1e-4


@pytest.mark.parametrize("share", [0.001, 0.02, 0.4])
def test_losses_and_second_copies_come_with_their_shares(share: float) -> None:
    """Exact binomial test; a right link fails one fixed seed in 10,000."""
    lost = sum(not came for came in arrivals(KEYS, lost=share).values())
    twice = sum(len(came) == 2 for came in arrivals(KEYS, duplicated=share).values())
    assert stats.binomtest(lost, len(KEYS), share).pvalue > 1e-4
    assert stats.binomtest(twice, len(KEYS), share).pvalue > 1e-4


def test_certain_loss_and_certain_copies() -> None:
    assert not any(arrivals(KEYS[:50], lost=1.0).values())
    assert all(len(came) == 2 for came in arrivals(KEYS[:50], duplicated=1.0).values())


@given(
    st.lists(st.tuples(st.integers(0, 2**63 - 1), st.integers(0, 9)), min_size=1, max_size=40, unique=True), st.data()
)
def test_the_luck_of_a_message_does_not_depend_on_other_messages(
    keys: list[tuple[int, int]], data: st.DataObject
) -> None:
    fewer = data.draw(st.lists(st.sampled_from(keys), min_size=1, unique=True))
    how = {
        "lost": 0.3,
        "duplicated": 0.3,
        "duplicate_lag": Exponential(1),
        "disorder_share": 0.3,
        "disorder_within_us": 10**6,
    }
    everybody, some = arrivals(keys, **how), arrivals(fewer, every_us=77, **how)
    assert some == {key: everybody[key] for key in some}


def test_switching_faults_on_leaves_the_latency_of_what_arrives() -> None:
    calm, lossy = arrivals(KEYS[:500]), arrivals(KEYS[:500], lost=0.2, duplicated=0.2)
    assert all(calm[key][0] in came for key, came in lossy.items() if came)


def test_attempts_seeds_and_links_have_luck_of_their_own() -> None:
    first = [came[0] for came in arrivals(KEYS[:200]).values()]
    second = [came[0] for came in arrivals([(i, 2) for i, _ in KEYS[:200]]).values()]
    other = [came[0] for came in arrivals(KEYS[:200], seed=8).values()]
    for a, b in ((first, second), (first, other)):
        assert abs(stats.spearmanr(a, b).statistic) < 4.5 / math.sqrt(200)


def test_the_second_copy_has_a_latency_of_its_own_and_the_lag() -> None:
    came = arrivals(KEYS[:500], duplicated=1.0, latency=Constant(0.01), duplicate_lag=Constant(5))
    assert all(times == [10_000, 5_010_000] for times in came.values())
    spread = arrivals(KEYS[:500], duplicated=1.0)
    assert sum(times[0] == times[1] for times in spread.values()) < 5


def test_disorder_holds_a_share_of_the_messages_back_for_at_most_its_window() -> None:
    came = arrivals(KEYS, latency=Constant(0.01), disorder_share=0.1, disorder_within_us=2_000_000)
    extra = [times[0] - 10_000 for times in came.values() if times[0] > 10_000]
    assert stats.binomtest(len(extra), len(KEYS), 0.1).pvalue > 1e-4
    assert max(extra) <= 2_000_000
    assert stats.kstest([e / 2e6 for e in extra], "uniform").pvalue > 1e-4


def test_capacity_carries_one_message_after_the_other() -> None:
    came = arrivals(KEYS[:100], every_us=0, latency=Constant(0.01), capacity_per_s=50)
    assert [times[0] for times in came.values()] == [20_000 * n + 10_000 for n in range(1, 101)]
    thirds = arrivals(KEYS[:3_000], every_us=0, latency=Constant(0), capacity_per_s=3)
    assert [times[0] for times in thirds.values()][-1] == pytest.approx(1_000_000_000, abs=10)


def test_what_exceeds_the_backlog_is_dropped_and_counted() -> None:
    timeline, came = Timeline(), []
    link = Link(timeline, 1, "a/b", latency=Constant(0), capacity_per_s=10, backlog_max=3)
    for n in range(6):
        link.send(n, 1, came.append, n)
    assert (link.dropped_count, link.waiting()) == (2, 3)
    timeline.run(until=100_000)
    timeline.run(until=100_001)
    assert (came, link.waiting()) == ([0], 2)
    link.send(6, 1, came.append, 6)
    timeline.run()
    assert came == [0, 1, 2, 3, 6]


@pytest.mark.parametrize(
    "how", [{"lost": 1.1}, {"duplicated": -0.1}, {"disorder_share": 2}, {"capacity_per_s": 0}, {"backlog_max": -1}]
)
def test_settings_that_make_no_sense_are_refused(how: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="got"):
        Link(Timeline(), 1, "a/b", latency=Constant(0), **how)
