"""A stock stream with a gap heals by a snapshot: what was missing becomes one movement, and what waited follows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.sequencing import Sequencing
from tests.middleware.trade import NUTS, Trade, received, rules
from twin.middleware.inventory.movements import stream_key
from twin.middleware.unit import STREAMS, Outcome
from twin.model.commands import StockReceived, StockSnapshot
from twin.model.events import ExceptionOpened, MovementRecorded, SnapshotRequested

KEY = stream_key(NUTS, 0)


def snapshot(id: int, sequence: int, net: int) -> StockSnapshot:
    return StockSnapshot(id=id, site=0, item=NUTS, sequence=sequence, net=net, at=0)


def asked(trade: Trade) -> int:
    return sum(isinstance(event, SnapshotRequested) for event in trade.told)


@pytest.mark.vector("V62", rule="10", code="twin.middleware.inventory.gaps.take_snapshot", scenario="stock_gaps")
def test_v62_a_snapshot_books_what_was_missing_and_lets_the_held_facts_follow() -> None:
    """V62, computed: delta 1, 3, 4, gap timeout, snapshot at 3, then 2; fact n brings n units."""
    trade = Trade(stock=0)
    one, two, three, four = (received(100 + n, NUTS, n, sequence=n) for n in (1, 2, 3, 4))
    assert [trade.run(one), trade.run(three), trade.run(four)] == [Outcome.APPLIED] * 3
    assert trade.sellable(NUTS) == 1
    trade.wait(29)
    assert asked(trade) == 0
    trade.wait(1)
    assert asked(trade) == 1
    assert trade.run(snapshot(9, sequence=3, net=1 + 2 + 3)) is Outcome.APPLIED
    assert trade.sellable(NUTS) == 1 + 2 + 3 + 4
    assert trade.run(two) is Outcome.SUPERSEDED
    assert trade.sellable(NUTS) == 10
    state = trade.store.get(STREAMS, KEY)
    assert state is not None and (state.last, state.net, state.held, state.gap_since) == (4, 10, (), -1)
    changes = [(event.change, event.reason) for event in trade.told if isinstance(event, MovementRecorded)]
    assert changes == [(1, "receipt"), (5, "snapshot"), (4, "receipt")]


def test_an_older_snapshot_changes_nothing() -> None:
    trade = Trade(stock=0)
    for n in (1, 2, 3):
        trade.run(received(100 + n, NUTS, n, sequence=n))
    assert trade.run(snapshot(9, sequence=2, net=3)) is Outcome.SUPERSEDED
    assert trade.run(snapshot(10, sequence=3, net=6)) is Outcome.APPLIED
    assert trade.sellable(NUTS) == 6


def test_the_question_is_repeated_and_in_the_end_somebody_hears_of_it() -> None:
    trade = Trade()
    trade.run(received(102, NUTS, 2, sequence=2))
    for times in (1, 2, 3):
        trade.wait(30)
        assert asked(trade) == times
    opened = [event.code for event in trade.told if isinstance(event, ExceptionOpened)]
    assert opened == ["SEQUENCE_GAP"]
    trade.run(snapshot(9, sequence=2, net=3))
    trade.wait(120)
    assert asked(trade) == 3, "a gap that is closed asks no more"


def test_a_gap_that_closes_by_itself_asks_nobody() -> None:
    trade = Trade()
    trade.run(received(102, NUTS, 2, sequence=2))
    trade.wait(10)
    trade.run(received(101, NUTS, 1, sequence=1))
    trade.wait(120)
    assert asked(trade) == 0


def test_a_full_buffer_refuses_and_asks_at_once() -> None:
    trade = Trade(rules(stock_stream=Sequencing(kind="delta", held_max=2)))
    late = [received(100 + n, NUTS, n, sequence=n) for n in (2, 3, 4)]
    assert [trade.run(fact) for fact in late] == [Outcome.APPLIED, Outcome.APPLIED, Outcome.QUEUED]
    assert trade.run(late[-1]) is Outcome.QUEUED
    assert asked(trade) == 1
    letter = trade.letter(104)
    assert letter is not None and (letter.code, letter.attempts) == ("SEQUENCE_FULL", 2)


@st.composite
def deliveries(draw: st.DrawFn) -> list[StockReceived | int]:
    """Return facts 1 to n in any order, some lost, some repeated, and snapshots (their number) in between."""
    count = draw(st.integers(1, 8))
    facts = [received(100 + n, NUTS, draw(st.integers(1, 9)), sequence=n) for n in range(1, count + 1)]
    arrive: list[StockReceived | int] = list(draw(st.lists(st.sampled_from(facts), max_size=2 * count)))
    for _ in range(draw(st.integers(0, 3))):
        arrive.insert(draw(st.integers(0, len(arrive))), draw(st.integers(0, count)))
    return [*draw(st.permutations(facts)), *arrive] if draw(st.booleans()) else [*arrive, *facts]


@given(deliveries())
def test_any_order_with_repeats_losses_and_snapshots_ends_in_the_state_of_the_in_order_run(
    arrive: list[StockReceived | int],
) -> None:
    """I6 and I7 for one key: the sum of the facts, whatever came how often, then all of it once more."""
    facts = {each.sequence: each for each in arrive if isinstance(each, StockReceived)}
    trade = Trade(stock=0)
    for attempt in (1, 2):
        for number, each in enumerate(arrive):
            if isinstance(each, StockReceived):
                trade.run(each)
            else:
                net = sum(facts[n].quantity for n in range(1, each + 1))
                trade.run(snapshot(10_000 * attempt + number, sequence=each, net=net))
        assert trade.sellable(NUTS) == sum(fact.quantity for fact in facts.values())
    booked = [event.change for event in trade.told if isinstance(event, MovementRecorded)]
    assert sum(booked) == trade.sellable(NUTS)
