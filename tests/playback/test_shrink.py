"""A shrunk history still shows its finding, no record of it can go, and the test that is printed fails for as long."""

import types
from collections.abc import Callable
from pathlib import Path

import pytest

from scenarios.replays import replay
from scenarios.shrinking import shrink
from tests.playback.recording import recorded_in, submitted, with_one_order_larger
from twin.playback.history import HistoryFile, write_history


def printed_test(text: str) -> Callable[[], None]:
    """Compile a printed test as pytest would find it in a file, and return its one function."""
    module = types.ModuleType("printed")
    exec(compile(text, "test_printed.py", "exec"), module.__dict__)  # noqa: S102 -- what the command printed
    (found,) = (each for name, each in vars(module).items() if name.startswith("test_"))
    assert callable(found)
    return found


def test_a_divergence_shrinks_to_records_of_which_none_can_go(recorded: Path, tmp_path: Path):
    history, number = with_one_order_larger(recorded, tmp_path / "edited.jsonl.gz", nth=20)
    found = replay(history)
    made = shrink(history, found, tmp_path / "small.jsonl")
    assert made is not None
    assert made.finding == f"changed order {number}"
    assert made.before > 500
    assert made.after <= 12
    assert made.replays <= 200, "RELIABILITY 4: time to a minimal reproducer"
    small = HistoryFile(made.file)
    records = [record for _, record in small]
    assert made.finding in {each.signature for each in replay(made.file).divergences}
    for place in range(len(records)):
        write_history(tmp_path / "less.jsonl", small.header, records[:place] + records[place + 1 :])
        assert made.finding not in {each.signature for each in replay(tmp_path / "less.jsonl").divergences}


def test_quantities_that_the_finding_does_not_need_become_one(recorded: Path, tmp_path: Path):
    """The edited order keeps its quantity, because the divergence is that quantity; what only takes stock need not."""
    history, number = with_one_order_larger(recorded, tmp_path / "edited.jsonl.gz", nth=20)
    made = shrink(history, replay(history), tmp_path / "small.jsonl")
    assert made is not None
    small = HistoryFile(made.file)
    orders = [order for _, order in submitted(list(small))]
    asked = {order.number: max(line.quantity for line in order.lines) for order in orders}
    assert asked.pop(number) > 1
    assert set(asked.values()) <= {1}
    items = {line.item for order in orders for line in order.lines}
    assert {id for id, _ in small.header.snapshot.rows["items"]} <= items, "the snapshot loses what nothing speaks of"


def test_the_printed_test_fails_while_the_history_diverges_and_passes_once_it_does_not(recorded: Path, tmp_path: Path):
    history, _ = with_one_order_larger(recorded, tmp_path / "edited.jsonl.gz", nth=20)
    made = shrink(history, replay(history), tmp_path / "small.jsonl")
    assert made is not None
    check = printed_test(made.test)
    with pytest.raises(AssertionError):
        check()
    made.file.write_bytes(recorded.read_bytes())  # what production did once the fault was mended
    check()


def test_a_broken_invariant_shrinks_to_orders_that_still_break_it(tmp_path: Path):
    """A design without identity takes an order that comes twice for two: S-3, among simulated partners."""
    history = recorded_in(tmp_path, ("horizon=40m", "landscape.size.skus=40", "designs.standard.identity=none"), seed=3)
    found = replay(history, mode="what-if", perturb=["duplicates=30%"], seed=5)
    assert "S-3" in {each["invariant"] for each in found.violations}
    made = shrink(history, found, tmp_path / "small.jsonl")
    assert made is not None
    assert made.finding == found.violations[0]["invariant"]
    assert made.after < made.before / 5
    broken = {each["invariant"] for each in replay(made.file, mode="what-if", seed=5).violations}
    assert made.finding in broken, "what was laid over it is in the file now"
    with pytest.raises(AssertionError):
        printed_test(made.test)()


def test_nothing_is_written_where_nothing_was_found(recorded: Path, tmp_path: Path):
    assert shrink(recorded, replay(recorded), tmp_path / "small.jsonl") is None
    assert not (tmp_path / "small.jsonl").exists()
