"""What has states: all of them are reached, an event in a state leads to one state or is refused, and the page says so.

That every event on an order has exactly one outcome, whatever its parts, is tried in tests/middleware.
"""

from collections.abc import Callable
from enum import Enum
from itertools import product

import pytest

from policies.milestones import KIND_OF, SHIPMENT_TABLE, fold
from tests.house.states import BIRTH, PAGE, Drawing, Tried, claims, drawings, page, requests
from tests.middleware.small_world import steps
from twin.middleware.orders.rma import RMA_TABLE
from twin.model.order import LinePolicy
from twin.model.shipment import Scan, ShipmentState
from twin.model.states import StateTable


@pytest.fixture(scope="module")
def drawn() -> list[Drawing]:
    return drawings()


def test_the_page_shows_what_the_code_does(drawn: list[Drawing]) -> None:
    """`python -m tests.house.states` writes it."""
    text = PAGE.read_text(encoding="utf-8")
    assert text == page(text, drawn)


def test_every_state_is_reached(drawn: list[Drawing]) -> None:
    for drawing in drawn:
        reached = [BIRTH]
        for state in reached:
            reached += dict.fromkeys(to for of, to, _ in drawing.arrows if of == state and to not in reached)
        assert set(reached) == {BIRTH, *(state.name for state in drawing.states)}, drawing.of


@pytest.mark.parametrize("table", [RMA_TABLE, SHIPMENT_TABLE], ids=lambda table: table.of)
def test_a_state_and_an_event_have_one_row_or_are_refused(table: StateTable[Enum, Enum]) -> None:
    for state, event in product((None, *table.states), table.events):
        rows = [move.target for move in table.moves if move.source is state and move.event is event]
        assert rows in ([], [table.after(state, event)]), (state, event)


@pytest.mark.parametrize("tries", [claims, requests])
def test_a_state_and_an_event_have_one_outcome_and_what_is_refused_changes_nothing(
    tries: Callable[[], list[Tried]],
) -> None:
    outcomes: dict[tuple[str, str], Tried] = {}
    for each in tries():
        assert each == outcomes.setdefault((each.source, each.event), each)
        assert each.refused is not each.changed, each
        assert not each.refused or each.target == each.source, each


def test_an_rma_moves_along_its_table_and_goes_every_way() -> None:
    """The rows of the order that touch an RMA are followed; each change of one is an arrow of its table."""
    taken = set()
    for before, _, done in steps(LinePolicy.BACKORDER):
        known = {rma.number: rma for rma in before.returns}
        for rma in done.order.returns:
            was = known.get(rma.number)
            if rma != was:
                taken.add((was.state if was else None, rma.state))
    assert taken == {(move.source, move.target) for move in RMA_TABLE.moves}


def test_a_scan_moves_a_shipment_along_its_table_or_not_at_all() -> None:
    """From a shortest way to each state, one more scan of every kind."""
    code_of = {kind: code for code, kind in KIND_OF.items()}
    ways: dict[ShipmentState, tuple[Scan, ...]] = {fold(()).state: ()}
    for state in (queue := list(ways)):
        before = fold(ways[state])
        assert before.state is state
        for kind in SHIPMENT_TABLE.events:
            hour = len(ways[state]) + 1
            way = (*ways[state], Scan(hour, code_of[kind], hour, hour, 0))
            track, after = fold(way), SHIPMENT_TABLE.after(state, kind)
            if after is None:
                assert (track.state, track.since, track.reached) == (state, before.since, before.reached)
                continue
            assert track.state is after
            if after not in ways:
                ways[after] = way
                queue.append(after)
    assert set(ways) == set(ShipmentState)
