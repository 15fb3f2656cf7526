"""Claims about backorder runs: who gains, who gives, and when nothing changes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.backorder import BackorderRun, Demand, RunResult, Strategy

MIXED = BackorderRun(
    by_channel=dict(enumerate([Strategy.WIN, Strategy.GAIN, Strategy.REDISTRIBUTE, Strategy.FILL, Strategy.LOSE]))
)
FIVE = [
    Demand(order=at, line=1, channel=at, requested=requested, confirmed=confirmed)
    for at, (requested, confirmed) in enumerate([(40, 20), (30, 25), (50, 40), (30, 15), (10, 10)])
]
HELD = 110
"""What the five hold together."""


@pytest.mark.vector("V35", rule="6", code="policies.backorder.BackorderRun.run", scenario="promise_dates")
@pytest.mark.parametrize(
    ("supply", "expected"),
    [
        (100, RunResult((40, 30, 30, 0, 0), 0, "DONE")),
        (110, RunResult((40, 30, 40, 0, 0), 0, "DONE")),
        (130, RunResult((40, 30, 50, 10, 0), 0, "DONE")),
        (160, RunResult((40, 30, 50, 15, 0), 25, "DONE")),
        (64, RunResult((20, 25, 40, 15, 10), 64 - HELD, "BOP_VIOLATION")),
    ],
)
def test_v35_each_strategy_takes_its_part(supply: int, expected: RunResult) -> None:
    """V35, computed: supply is what is free and what the five hold; 64 cannot keep WIN and GAIN, so nothing changes."""
    assert MIXED.run(supply - HELD, FIVE) == expected


@pytest.mark.vector("V36", rule="6", code="policies.backorder.BackorderRun.run", scenario="promise_dates")
def test_v36_a_complete_line_that_cannot_be_filled_is_passed_over() -> None:
    """V36, computed: supply 7; P1 4 BACKORDER, P2 5 SHIP_COMPLETE, P3 3 BACKORDER."""
    lines = [(4, False), (5, True), (3, False)]
    demands = [Demand(at, 1, 0, quantity, accepted_at=at, whole=whole) for at, (quantity, whole) in enumerate(lines)]
    assert BackorderRun().run(7, demands) == RunResult((4, 0, 3), 0, "DONE")


@pytest.mark.vector("V36", rule="6", code="policies.backorder.BackorderRun.run", scenario="promise_dates")
@pytest.mark.parametrize(
    ("supply", "given"),
    [(0, (0, 0, 0)), (3, (3, 0, 0)), (8, (4, 0, 3)), (9, (4, 5, 0)), (11, (4, 5, 2)), (12, (4, 5, 3)), (99, (4, 5, 3))],
)
def test_v36_further_supplies(supply: int, given: tuple[int, int, int]) -> None:
    """As V36: nothing; part of the first; the second is passed over until all of it is there."""
    lines = [(4, False), (5, True), (3, False)]
    demands = [Demand(at, 1, 0, quantity, accepted_at=at, whole=whole) for at, (quantity, whole) in enumerate(lines)]
    assert BackorderRun().run(supply, demands).given == given


def test_a_class_secures_all_its_confirmations_before_one_of_them_grows() -> None:
    greedy = Demand(1, 1, 0, requested=10, confirmed=0)
    promised = Demand(2, 1, 0, requested=8, confirmed=8)
    assert BackorderRun().run(2, [greedy, promised]).given == (2, 8)
    assert BackorderRun(Strategy.IMPROVE).run(-3, [greedy, promised]).given == (0, 5)
    assert BackorderRun().run(-3, [greedy, promised]).reason == "BOP_VIOLATION"


def test_what_is_skipped_keeps_its_units_and_they_serve_nobody() -> None:
    run = BackorderRun(Strategy.REDISTRIBUTE, by_channel={1: Strategy.SKIP})
    assert run.run(3, [Demand(1, 1, 0, requested=10), Demand(2, 1, 1, requested=9, confirmed=5)]).given == (3, 5)


def test_within_a_class_the_rank_is_priority_then_wanted_date_then_acceptance_then_order_and_line() -> None:
    run = BackorderRun(Strategy.REDISTRIBUTE, priorities=(2, 1))
    ranked = [
        Demand(9, 1, 1, 1, wanted=5, accepted_at=9),
        Demand(8, 1, 0, 1, wanted=1, accepted_at=9),
        Demand(7, 1, 0, 1, wanted=2, accepted_at=1),
        Demand(5, 1, 0, 1, wanted=2, accepted_at=2),
        Demand(6, 1, 0, 1, wanted=2, accepted_at=2),
        Demand(6, 2, 0, 1, wanted=2, accepted_at=2),
    ]
    for supply in range(len(ranked) + 1):
        given = run.run(supply, ranked[::-1]).given[::-1]
        assert given == (1,) * supply + (0,) * (len(ranked) - supply)


demands = st.lists(
    st.builds(
        lambda requested, confirmed, channel, accepted, whole: (
            requested,
            min(requested, confirmed) if not whole else (requested if confirmed > 10 else 0),
            channel,
            accepted,
            whole,
        ),
        st.integers(0, 20),
        st.integers(0, 20),
        st.integers(0, 6),
        st.integers(0, 3),
        st.booleans(),
    ),
    max_size=8,
)


@given(demands, st.integers(-20, 60))
def test_units_are_conserved_and_every_strategy_keeps_its_promise(
    rows: list[tuple[int, int, int, int, bool]], free: int
) -> None:
    run = BackorderRun(by_channel=dict(enumerate(Strategy)))
    asked = [
        Demand(at, 1, channel, requested, confirmed, 0, accepted, whole)
        for at, (requested, confirmed, channel, accepted, whole) in enumerate(rows)
    ]
    result = run.run(free, asked)
    before = free + sum(demand.confirmed for demand in asked)
    assert sum(result.given) + result.free == before
    if result.reason == "BOP_VIOLATION":
        assert result.given == tuple(demand.confirmed for demand in asked)
        return
    strategies = list(Strategy)
    for demand, given_units in zip(asked, result.given, strict=True):
        low, high = {
            Strategy.WIN: (demand.requested, demand.requested),
            Strategy.GAIN: (demand.confirmed, demand.requested),
            Strategy.IMPROVE: (0, demand.requested),
            Strategy.REDISTRIBUTE: (0, demand.requested),
            Strategy.FILL: (0, demand.confirmed),
            Strategy.LOSE: (0, 0),
            Strategy.SKIP: (demand.confirmed, demand.confirmed),
        }[strategies[demand.channel]]
        assert low <= given_units <= high
    if free >= 0:
        assert result.free >= 0
