"""A recording of business facts plays without answers: stock is what the facts come to, and orders are taken."""

from pathlib import Path

import pytest

from scenarios.replays import replay
from twin.errors import HistoryError
from twin.model import business
from twin.model.history import Fact, Header, StepClass
from twin.model.instant import DAY, SECOND
from twin.playback.history import write_history

START = 1_772_496_000_000_000
HEADER = Header(
    made_by="import test/1.0",
    start=START,
    completeness={"orders": "full", "stock": "full"},
    items=("bell", "tube"),
    sites=("store", "back"),
)


def written(folder: Path, *facts: tuple[int, business.Business], header: Header = HEADER) -> Path:
    """Write a history of facts, each at its second."""
    records = [Fact(at=at * SECOND, source="test", id=str(n), fact=fact) for n, (at, fact) in enumerate(facts)]
    write_history(folder / "facts.jsonl", header, records)
    return folder / "facts.jsonl"


def order(number: str, **lines: int) -> business.OrderPlaced:
    return business.OrderPlaced(
        order=number, lines=tuple(business.OrderedItem(item, quantity) for item, quantity in lines.items())
    )


def moved(item: str, change: int, place: str = "store") -> business.StockAdjusted:
    return business.StockAdjusted(item=item, place=place, change=change, reason="MOVE")


def test_closing_stock_is_what_the_facts_come_to(tmp_path: Path):
    counted = business.StockCounted(item="tube", place="back", counted=7)
    facts = [(1, moved("bell", 9)), (2, counted), (3, moved("bell", -4)), (4, moved("tube", 2, "back"))]
    document = replay(written(tmp_path, *facts)).document()
    assert document["stock"] == [
        {"place": "store", "item": "bell", "quantity": 5},
        {"place": "back", "item": "bell", "quantity": 0},
        {"place": "store", "item": "tube", "quantity": 0},
        {"place": "back", "item": "tube", "quantity": 9},
    ]
    assert document["verdict"] == (
        "nothing to compare: the recording does not say what came of what was sent (answers: none)"
    )


def test_hundreds_of_facts_about_one_item_at_one_instant_are_all_booked(tmp_path: Path):
    """Nobody recorded how long work took; if it took any, they would restart each other until some give up."""
    (made,) = replay(written(tmp_path, *[(1, moved("bell", 1))] * 300)).made
    assert made.played.dead_letters == {}
    assert made.played.stock[(0, 0)] == 300


def test_the_last_order_is_handled_too(tmp_path: Path):
    (made,) = replay(written(tmp_path, (1, moved("bell", 5)), (2, order("a", bell=1)), (3, order("b", bell=2)))).made
    assert made.played.orders == {"ACCEPTED": 2}


def test_what_nobody_knows_is_a_dead_letter_and_what_nobody_takes_is_not_played(tmp_path: Path):
    facts = [
        (1, moved("saddle", 1)),
        (2, moved("bell", 1, "elsewhere")),
        (3, order("a", saddle=1)),
        (4, business.ShipmentHandedOver(order="never")),
        (5, business.ShipmentDelivered(order="never")),
    ]
    (made,) = replay(written(tmp_path, *facts)).made
    assert made.played.dead_letters == {"unknown_item": 2, "unknown_place": 1, "shipment_of_an_unknown_order": 1}
    assert made.played.not_played == {"ShipmentDelivered: no procedure takes it": 1}
    assert made.played.applied == 0


@pytest.mark.timeout(60)
def test_orders_of_a_year_without_stock_are_played_in_a_world_that_opens_with_what_they_ask_for(tmp_path: Path):
    header = Header(
        made_by="import test/1.0",
        start=START,
        horizon=365 * DAY,
        completeness={"orders": "full"},
        items=("bell", "tube"),
        sites=("store",),
    )
    facts = [(day * DAY // SECOND, order(str(day), bell=1)) for day in range(0, 365, 5)]
    facts.append((365 * DAY // SECOND - 1, order("0", bell=1)))
    found = replay(written(tmp_path, *facts, header=header))
    (made,) = found.made
    assert found.mode == "open"
    assert made.kpis["orders_placed"] == 73
    assert made.played.duplicates == 1, "an order that comes again is one order"
    assert any(note.startswith("the recording has no stock") for note in made.notes)
    assert made.violations == []


STEPS = Header(
    made_by="import test/1.0",
    start=START,
    completeness={"steps": "full"},
    lifecycle=(
        StepClass(name="paid before sent", step="pay", before="send"),
        StepClass(name="sent again", step="send", times=2),
        StepClass(name="returned", step="return"),
    ),
)


def step(order: str, step: str, line: str = "") -> business.OrderStep:
    return business.OrderStep(order=order, step=step, line=line)


def test_steps_are_watched_and_each_order_is_held_against_the_classes_of_the_mapping(tmp_path: Path):
    """Order a is paid first, b sent first and again, of c two lines go their own ways; d is only paid."""
    facts = [
        *[(1, step("a", "pay")), (2, step("a", "send"))],
        *[(1, step("b", "send")), (2, step("b", "pay")), (3, step("b", "send"))],
        *[(4, step("c", "pay", "1")), (5, step("c", "send", "2")), (6, step("c", "send", "1"))],
        (7, step("d", "pay")),
    ]
    document = replay(written(tmp_path, *sorted(facts, key=lambda pair: pair[0]), header=STEPS)).document()
    assert document["steps"] == {"pay": 4, "send": 5}
    assert document["lifecycles"] == [
        {"class": "paid before sent", "orders": 2, "first": ["a", "c/1"]},
        {"class": "sent again", "orders": 1, "first": ["b"]},
        {"class": "returned", "orders": 0, "first": []},
    ]
    assert document["verdict"] == "watched 9 steps; the recording has nothing on which a rule acts"
    assert document["not_played"] == {}


def test_a_step_that_comes_again_is_a_repeat_and_one_id_with_another_step_is_in_conflict(tmp_path: Path):
    file = written(tmp_path, (1, step("a", "pay")), (2, step("a", "send")), header=STEPS)
    head, first, second = file.read_text().splitlines()
    file.write_text("\n".join([head, first, first, second, second.replace("send", "return")]) + "\n")
    (made,) = replay(file).made
    assert made.played.steps == {"pay": 1, "send": 1}
    assert (made.played.duplicates, made.played.dead_letters) == (1, {"conflicting_id": 1})


def test_facts_without_orders_play_verbatim_however_complete_and_nothing_at_all_does_not(tmp_path: Path):
    partial = Header(made_by="t", start=START, completeness={"stock": "partial"}, items=("bell",), sites=("store",))
    (made,) = replay(written(tmp_path, (1, moved("bell", 2)), header=partial)).made
    assert (made.mode, made.played.stock) == ("verbatim", {(0, 0): 2})
    with pytest.raises(HistoryError, match="verbatim is refused: it has nothing to play"):
        replay(written(tmp_path, header=Header(made_by="t", start=START)), mode="verbatim")


def test_among_simulated_partners_every_fact_has_its_fate(tmp_path: Path):
    header = Header(made_by="t", start=START, completeness={"orders": "full"}, items=("bell",), sites=("store",))
    facts = [
        *[(60, order("a", bell=1)), (61, order("b", bell=1)), (62, order("a", bell=1)), (63, order("b", bell=7))],
        *[(64, order("c", saddle=1)), (65, business.OrderCancelled(order="b"))],
        *[(66, moved("bell", 5)), (67, business.ShipmentDelivered(order="a"))],
    ]
    (made,) = replay(written(tmp_path, *facts, header=header), mode="open").made
    assert (made.played.read, made.played.applied, made.played.duplicates) == (8, 2, 1)
    assert made.played.dead_letters == {"conflicting_id": 1, "unknown_item": 1}
    assert made.played.not_played == {
        "StockAdjusted: simulated partners act in its place": 1,
        "ShipmentDelivered: simulated partners act in its place": 1,
    }
