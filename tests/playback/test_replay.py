"""A run's own history plays again to the same end, and an edited line changes what depends on it and nothing else."""

import random
from pathlib import Path

import msgspec
import pytest

import scenarios
from scenarios.replays import replay as replay_file
from tests.playback.recording import Play, asking_for_more, submitted
from twin.errors import HistoryError, UsageError
from twin.model.commands import SubmitOrder
from twin.model.events import OrderAnswered
from twin.model.history import Answer, Stimulus
from twin.playback.diverge import items_of
from twin.playback.history import HistoryFile, Numbered, write_history
from twin.world.run import HISTORY, run_once


def test_a_history_plays_again_to_the_same_state_and_decisions(recorded: Path):
    found = replay_file(recorded)
    (made,) = found.made
    ends = made.played.recorded
    assert ends is not None and ends.handled > 300
    assert found.divergences == []
    assert (made.played.state, made.played.decisions) == (ends.state, ends.decisions)
    assert made.played.dead_letters == {}
    assert found.document()["verdict"] == "no divergence; final state and decisions are as recorded"


def test_a_run_in_which_partners_were_away_plays_again(tmp_path: Path):
    """That a partner was silent is said by whoever watches it, so it is recorded; what waited for it, was answered."""
    scenario = scenarios.load(
        "warehouse_offline",
        ["horizon=45m", "landscape.size.skus=40", "faults.offline.trigger.at=10m", "faults.offline.duration=15m"],
    )
    away = run_once(scenario, "last_known", 7, out=tmp_path, record=False, history=True)
    assert away.kpis["fallback_s"] > 600
    found = replay_file(tmp_path / HISTORY)
    assert found.divergences == []


@pytest.mark.parametrize("design", ["nightly_batch", "every_event", "governed"])
def test_every_shipped_way_to_publish_plays_again(tmp_path: Path, design: str):
    scenario = scenarios.load("oversell", ["horizon=14h", "demand.window.length=14h"])
    run_once(scenario, design, 3, out=tmp_path, record=False, history=True)
    (made,) = replay_file(tmp_path / HISTORY).made
    ends = made.played.recorded
    assert ends is not None
    assert made.played.divergences == []
    assert (made.played.state, made.played.decisions) == (ends.state, ends.decisions)


def test_a_random_service_time_and_a_store_that_waits_are_in_the_records(tmp_path: Path):
    settings = [
        "horizon=80m",
        "landscape.size.skus=40",
        "landscape.parties.middleware.service={law: exponential, mean: 30ms}",
        "landscape.parties.store.latency={law: exponential, mean: 3ms}",
    ]
    run_once(scenarios.load("first_day", settings), "standard", 7, out=tmp_path, record=False, history=True)
    (made,) = replay_file(tmp_path / HISTORY).made
    ends = made.played.recorded
    assert ends is not None
    assert (made.played.state, made.played.decisions) == (ends.state, ends.decisions)


def touched(record: Stimulus | Answer, items_of_order: dict[int, frozenset[int]]) -> frozenset[int]:
    """Return the items that a record can have to do with."""
    message = record.message if isinstance(record, Stimulus) else record.request
    if message.case:
        return items_of_order.get(message.case, frozenset())
    if isinstance(record, Answer):
        return frozenset(items_of(record.request))
    item = getattr(message, "item", None)
    return frozenset() if item is None else frozenset({item})


def closure(items: frozenset[int], items_of_order: dict[int, frozenset[int]]) -> frozenset[int]:
    """Return all items that orders link to these."""
    while True:
        more = items.union(*(each for each in items_of_order.values() if each & items))
        if more == items:
            return items
        items = more


def edited(records: list[Numbered], place: int, how: str, chance: random.Random) -> list[Numbered]:
    line, record = records[place]
    if how == "delete":
        return records[:place] + records[place + 1 :]
    if how == "double":
        return [*records[: place + 1], (line, record), *records[place + 1 :]]
    return [*records[:place], (line, asking_for_more(record, chance.randint(1, 9))), *records[place + 1 :]]


@pytest.mark.timeout(300)
def test_a_hundred_random_edits_change_what_depends_on_them_and_nothing_else(recorded: Path):
    """Each edit deletes, doubles or changes one line; items link what may depend on it, by a closure made here."""
    file = HistoryFile(recorded)
    records = list(file)
    play = Play(file)
    before = play(records)
    orders = [order for _, order in submitted(records)]
    items_of_order = {order.case: frozenset(line.item for line in order.lines) for order in orders}
    repeats = {order.case for order in orders if sum(other.case == order.case for other in orders) > 1}
    places = [n for n, (_, record) in enumerate(records) if isinstance(record, Stimulus | Answer)]
    placed = [place for place, _ in submitted(records)]
    chance = random.Random(11)  # which lines are edited, in a test
    effects = 0
    for _ in range(100):
        how = chance.choice(("delete", "delete order", "double", "edit"))
        place = chance.choice(placed if how in ("delete order", "edit") else places)
        record = records[place][1]
        assert isinstance(record, Stimulus | Answer)
        after = play(edited(records, place, "delete" if how == "delete order" else how, chance))
        cases = {**before.orders, **after.orders}
        changed = {case for case in cases if before.orders.get(case) != after.orders.get(case)}
        moved = {key for key, units in after.played.stock.items() if before.played.stock[key] != units}
        reach = closure(touched(record, items_of_order), items_of_order)
        if how == "double":
            assert not changed and not moved
            kinds = {each.kind for each in after.played.divergences}
            assert kinds <= {"final_state"}, "a repeat keeps a worker busy, and that is all"
            continue
        assert {item for item, _ in moved} <= reach
        assert all(items_of_order[case] & reach for case in changed)
        strangers = {each.kind for each in after.played.divergences if not reach.issuperset(each.items)}
        assert strangers <= {"published"}, "a slot that a channel's items share comes at another time, and that is all"
        named = {each.key for each in after.played.divergences if each.key.startswith("channel ")}
        effects += bool(changed or moved or named)
        if how == "delete order" and record.message.case not in repeats:
            assert record.message.case in changed, "an order that never came is not answered"
        if how == "edit" and record.message.case not in repeats:
            assert record.message.case in changed, "more was asked for than there is of anything"
    assert effects > 30


def test_an_order_that_diverges_leaves_the_recording_and_the_run_goes_on(recorded: Path):
    file = HistoryFile(recorded)
    records = list(file)
    place, order = submitted(records)[0]
    made = Play(file)(edited(records, place, "edit", random.Random(1)))  # a test's choice
    first = next(each for each in made.played.divergences if each.key.startswith("order"))
    assert first.kind in ("changed", "extra")
    assert first.key == f"order {order.number}"
    assert first.chain[0].startswith("SubmitOrder")
    assert first.recorded != first.replayed
    assert made.played.skipped > 0
    others = [r.request for _, r in records if isinstance(r, Answer) and isinstance(r.request, OrderAnswered)]
    assert len(made.orders) == len({answered.case for answered in others})


def test_two_events_with_one_id_and_other_content_are_a_dead_letter(recorded: Path):
    file = HistoryFile(recorded)
    records = list(file)
    place, _ = submitted(records)[0]
    other = edited(records, place, "edit", random.Random(1))[place]  # a test's choice
    made = Play(file)([*records[: place + 1], other, *records[place + 1 :]])
    assert made.played.dead_letters == {"conflicting_id": 1}
    assert made.played.divergences == []


def test_repeats_laid_over_a_recording_change_no_decision(recorded: Path):
    (made,) = replay_file(recorded, perturb=["duplicates=20%"], seed=3).made
    ends = made.played.recorded
    assert ends is not None
    assert made.played.duplicates > 5
    assert made.played.state == ends.state


def test_losses_are_told_by_what_production_has_and_the_replay_has_not(recorded: Path):
    found = replay_file(recorded, perturb=["loss=2%"], seed=3)
    assert {"missing"} <= {each.kind for each in found.divergences}


def test_orders_are_played_against_simulated_partners_twice_as_fast(recorded: Path):
    (made,) = replay_file(recorded, speed=2, seed=3).made
    assert made.mode == "what-if"
    assert made.kpis["orders_placed"] == len(
        {
            r.message.case
            for _, r in HistoryFile(recorded)
            if isinstance(r, Stimulus) and isinstance(r.message, SubmitOrder)
        }
    )
    assert made.violations == []


def test_two_versions_side_by_side_name_the_orders_that_they_decide_otherwise(recorded: Path, tmp_path: Path):
    candidate = tmp_path / "candidate.yaml"
    text = (Path(scenarios.__file__).parent / "first_day.yaml").read_text()
    candidate.write_text(text.replace("standard: {}", "standard: {backorder: {line_policy: FILL_OR_KILL}}"))
    found = replay_file(recorded, designs=["standard", f"{candidate}#standard"])
    document = found.document()
    assert len(document["versions"]) == 2
    assert document["changed_orders"] == len(document["changed"]) > 3
    candidate_answers = {row[f"{candidate}#standard"]["answer"] for row in document["changed"]}
    assert "IR" in candidate_answers, "what had to wait is refused by a design that does not let it"


def test_a_mode_that_the_recording_cannot_support_is_refused_with_the_reason(recorded: Path, tmp_path: Path):
    file = HistoryFile(recorded)
    header = msgspec.structs.replace(file.header, arrival="closed", completeness={"orders": "full"})
    path = tmp_path / "closed.jsonl"
    write_history(path, header, (record for _, record in file))
    with pytest.raises(HistoryError, match="neither all answers of partners"):
        replay_file(path, mode="verbatim")
    with pytest.raises(HistoryError, match="arrival: closed"):
        replay_file(path, mode="open")
    with pytest.raises(HistoryError, match="another speed needs partners"):
        replay_file(recorded, mode="verbatim", speed=2)
    with pytest.raises(UsageError, match="no design 'nosuch'"):
        replay_file(recorded, designs=["nosuch"])
