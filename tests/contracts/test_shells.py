"""Every shell keeps the same promises: equal effects, all or none of them, once, and none on rows that have changed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from policies.ruleset import RuleSet
from tests.contracts import small_trade
from tests.contracts.shells import KINDS, RESTARTS_MAX, SHELLS, InMemory, Kept, Make, Shell
from tests.contracts.small_trade import (
    BOLTS,
    FIRST,
    LARGE,
    NUTS,
    SECOND_ORDER,
    BrokenPromise,
    day,
    received,
    shipped,
    submitted,
)
from twin.middleware.dispatch import Procedures
from twin.middleware.unit import ITEMS, ORDERS, TABLES, Conflict, Outcome, Unit
from twin.model.commands import CancelOrder, CloseDue, HoldExpired, HoldReleased
from twin.model.instant import MINUTE, Now
from twin.model.message import Message
from twin.model.stock import ItemStock, Position

START = 1_700_000_000_000_000


def moment(step: int) -> Now:
    return Now(elapsed=step * MINUTE, wall=START + step * MINUTE)


@pytest.fixture(params=KINDS)
def make(request: pytest.FixtureRequest) -> Make:
    return SHELLS[request.param]


@pytest.fixture
def shell(make: Make, tmp_path: Path) -> Iterator[Shell]:
    shell = make(small_trade.procedures(), small_trade.rules(), tmp_path)
    yield shell
    shell.close()


@pytest.fixture
def reference(tmp_path: Path) -> Shell:
    return InMemory(small_trade.procedures(), small_trade.rules(), tmp_path)


def run_all(shell: Shell, messages: list[Message]) -> list[Outcome]:
    return [shell.run(message, moment(step)) for step, message in enumerate(messages)]


def test_a_table_stands_at_its_number() -> None:
    assert [table.number for table in TABLES] == list(range(len(TABLES)))


def test_a_day_leaves_the_same_outcomes_rows_outbox_and_timers_in_every_shell(shell: Shell, reference: Shell) -> None:
    assert run_all(shell, day()) == run_all(reference, day())
    assert shell.kept() == reference.kept()


def test_the_day_does_what_it_is_meant_to_do(shell: Shell) -> None:
    """Without this, two shells that both did nothing would be equal as well."""
    assert run_all(shell, day()) == [
        Outcome.APPLIED,
        Outcome.APPLIED,
        Outcome.ACCEPTED,
        Outcome.ACCEPTED,
        Outcome.DUPLICATE,
        Outcome.REJECTED,
        Outcome.WAITS,
        Outcome.ACCEPTED,
        Outcome.APPLIED,
        Outcome.NOOP,
        Outcome.APPLIED,
        Outcome.DUPLICATE,
        Outcome.APPLIED,
        Outcome.APPLIED,
        Outcome.DUPLICATE,
        Outcome.APPLIED,
        Outcome.APPLIED,
        Outcome.ACCEPTED,
    ]
    kept = shell.kept()
    assert kept.rows["items"] == {
        BOLTS: ItemStock(item=BOLTS, positions=(Position(sellable=7, committed=7),)),
        NUTS: ItemStock(item=NUTS, positions=(Position(sellable=0),)),
    }
    assert sorted(kept.rows["archive"]) == [FIRST, SECOND_ORDER]
    assert kept.rows["parked"] == {}
    assert [event.cause for event in kept.outbox] == [1, 2, 3, 3, 5, 7, 7, 6, 9, 14, 15, 16, 16]
    assert len(kept.journal) == 6


def test_a_crash_before_any_call_leaves_nothing_and_the_next_delivery_leaves_everything(
    shell: Shell, reference: Shell
) -> None:
    """The process dies before the first call of each message, then before the second, and so on up to the commit."""
    for step, message in enumerate(day()):
        before = shell.kept()
        calls = 1
        while shell.die(message, moment(step), calls):
            assert shell.kept() == before, f"{message} died before call {calls}"
            calls += 1
        assert calls > 2, "at least the inbox is read and the unit committed"
        reference.run(message, moment(step))
        assert shell.kept() == reference.kept()


def test_a_crash_after_the_commit_leaves_a_known_message(shell: Shell) -> None:
    """The sender was not told, so it sends again; the earlier outcome is all that it gets."""
    for step, message in enumerate(day()):
        outcome = shell.run(message, moment(step))
        after = shell.kept()
        if outcome is not Outcome.WAITS:
            assert shell.run(message, moment(step + 100)) is outcome
            assert shell.kept() == after


def test_a_known_message_does_not_run_its_procedure(make: Make, tmp_path: Path) -> None:
    runs = []

    def count_runs(message: HoldExpired, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
        runs.append(message.id)
        return Outcome.NOOP

    procedures = Procedures()
    procedures.bind(HoldExpired, count_runs)
    shell = make(procedures, small_trade.rules(), tmp_path)
    outcomes = [shell.run(HoldExpired(id=1), moment(step)) for step in range(3)]
    shell.close()
    assert (outcomes, runs) == ([Outcome.NOOP] * 3, [1])


def test_a_message_runs_again_once_the_inbox_has_forgotten_it(shell: Shell) -> None:
    shell.run(received(1, BOLTS, 10), moment(0))
    shell.forget_inbox()
    assert shell.kept().rows["inbox"] == {}
    assert shell.run(submitted(2, FIRST, (BOLTS, 4)), moment(1)) is Outcome.ACCEPTED
    shell.forget_inbox()
    assert shell.run(submitted(2, FIRST, (BOLTS, 4)), moment(2)) is Outcome.DUPLICATE


def test_a_procedure_that_raises_leaves_nothing(shell: Shell) -> None:
    run_all(shell, day()[:3])
    before = shell.kept()
    for _ in range(2):
        with pytest.raises(BrokenPromise):
            shell.run(CancelOrder(id=50, case=FIRST), moment(3))
        assert shell.kept() == before


def test_a_message_that_no_procedure_handles_is_a_defect_and_leaves_nothing(shell: Shell) -> None:
    before = shell.kept()
    with pytest.raises(KeyError):
        shell.run(HoldReleased(id=1, kind="CREDIT"), moment(0))
    assert shell.kept() == before


def test_archiving_removes_the_row_also_one_that_the_unit_has_saved(make: Make, tmp_path: Path) -> None:
    def save_and_archive(message: HoldExpired, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
        unit.load(ITEMS, BOLTS)
        unit.archive(ITEMS, BOLTS)
        unit.save(ITEMS, BOLTS, ItemStock(item=BOLTS, positions=()))
        unit.archive(ORDERS, FIRST)  # was never there
        return Outcome.APPLIED

    procedures = small_trade.procedures()
    procedures.bind(HoldExpired, save_and_archive)
    shell = make(procedures, small_trade.rules(), tmp_path)
    shell.run(received(1, BOLTS, 10), moment(0))
    shell.run(HoldExpired(id=2), moment(1))
    rows = shell.kept().rows
    shell.close()
    assert rows["items"] == rows["orders"] == {}


def test_a_load_shows_what_is_committed_also_after_a_save_in_the_same_unit(make: Make, tmp_path: Path) -> None:
    seen = []

    def save_and_load(message: HoldExpired, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
        unit.load(ITEMS, BOLTS)
        unit.save(ITEMS, BOLTS, ItemStock(item=BOLTS, positions=()))
        seen.append(unit.load(ITEMS, BOLTS))
        return Outcome.APPLIED

    procedures = Procedures()
    procedures.bind(HoldExpired, save_and_load)
    shell = make(procedures, small_trade.rules(), tmp_path)
    shell.run(HoldExpired(id=1), moment(0))
    shell.close()
    assert set(seen) == {None}


def test_many_rows_come_in_the_order_asked_for_with_repeats_and_gaps(make: Make, tmp_path: Path) -> None:
    """Also more of them than a store asks for in one statement."""
    asked = [7, 1, 7, *range(3000, 0, -1), 999_999]
    seen: list[ItemStock | None] = []

    def load_all(message: CloseDue, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
        rows = unit.load_many(ITEMS, asked)
        assert unit.load_many(ITEMS, []) == []
        seen[:] = rows
        return Outcome.NOOP

    def save_all(message: HoldExpired, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
        for item in range(1, 1501):
            unit.save(ITEMS, item, ItemStock(item=item, positions=()))
        return Outcome.APPLIED

    procedures = Procedures()
    procedures.bind(CloseDue, load_all)
    procedures.bind(HoldExpired, save_all)
    shell = make(procedures, small_trade.rules(), tmp_path)
    shell.run(HoldExpired(id=1), moment(0))
    shell.run(CloseDue(id=2), moment(1))
    shell.close()
    assert [row.item if row else None for row in seen] == [item if item <= 1500 else None for item in asked]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "direct"])
def test_all_rows_of_a_load_come_in_one_trip(kind: str, tmp_path: Path) -> None:
    shell = SHELLS[kind](small_trade.procedures(), small_trade.rules(), tmp_path)
    shell.run(submitted(1, FIRST, (BOLTS, 1), (NUTS, 1)), moment(0))
    shell.close()
    assert shell.trips == [("inbox", (1,)), ("orders", (FIRST,)), ("archive", (FIRST,)), ("items", (BOLTS, NUTS))]


OPENING = [received(1, BOLTS, 10), received(2, NUTS, 10), submitted(3, FIRST, (BOLTS, 2), (NUTS, 2))]
RIVALS: dict[str, tuple[list[Message], Message]] = {
    "a row that both change": ([received(10, BOLTS, 1)], received(11, BOLTS, 5)),
    "a row that one only reads": ([received(10, BOLTS, 5)], submitted(11, LARGE, (BOLTS, 12))),
    "one of many rows": ([submitted(10, SECOND_ORDER, (NUTS, 8))], submitted(11, LARGE, (BOLTS, 1), (NUTS, 1))),
    "a row that was not there": ([received(10, 777, 1)], received(11, 777, 2)),
    "an order that was not there": ([submitted(10, 6000, (BOLTS, 1))], submitted(11, 6000, (BOLTS, 1))),
    "a row that is archived": ([shipped(10, FIRST, 2, 2), CloseDue(id=12, case=FIRST)], CloseDue(id=11, case=FIRST)),
    "the same message, twice in flight": ([HoldExpired(id=11)], HoldExpired(id=11)),
    "the same message with rows, twice in flight": ([received(11, BOLTS, 5)], received(11, BOLTS, 5)),
}


@pytest.mark.parametrize("rivals", RIVALS)
def test_a_unit_whose_reads_have_changed_applies_nothing_and_its_rerun_gives_the_serial_result(
    shell: Shell, reference: Shell, rivals: str
) -> None:
    first, late = RIVALS[rivals]
    run_all(shell, OPENING)
    prepared = shell.prepare(late, moment(20))
    for message in first:
        shell.run(message, moment(21))
    before = shell.kept()
    with pytest.raises(Conflict):
        prepared.commit()
    assert shell.kept() == before

    run_all(reference, OPENING)
    for message in first:
        reference.run(message, moment(21))
    assert shell.run(late, moment(22)) is reference.run(late, moment(22))
    assert shell.kept() == reference.kept()


@pytest.mark.parametrize("known", [False, True])
def test_pruning_between_a_run_and_its_commit_hides_no_message_that_came_twice(shell: Shell, known: bool) -> None:
    message = HoldExpired(id=11)
    if known:
        shell.run(message, moment(0))
    prepared = shell.prepare(message, moment(1))
    if not known:
        shell.run(message, moment(2))
    shell.prune_inbox()
    before = shell.kept()
    if known:
        prepared.commit()
    else:
        with pytest.raises(Conflict):
            prepared.commit()
    assert shell.run(message, moment(3)) is Outcome.APPLIED
    assert shell.kept() == before


def test_units_that_share_no_row_do_not_disturb_each_other(shell: Shell) -> None:
    run_all(shell, OPENING)
    prepared = [shell.prepare(received(10, BOLTS, 1), moment(4)), shell.prepare(received(11, NUTS, 1), moment(4))]
    for unit in reversed(prepared):
        unit.commit()
    assert [event.cause for event in shell.kept().outbox][-2:] == [11, 10]


def test_a_row_that_was_archived_and_made_anew_is_not_the_row_that_was_read(make: Make, tmp_path: Path) -> None:
    """A version that starts again at one would look unchanged."""

    def open_item(message: CloseDue, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
        unit.save(ITEMS, BOLTS, ItemStock(item=BOLTS, positions=(Position(sellable=message.case),)))
        return Outcome.APPLIED

    def drop_item(message: HoldExpired, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
        unit.archive(ITEMS, BOLTS)
        return Outcome.APPLIED

    procedures = small_trade.procedures()
    procedures.bind(CloseDue, open_item)
    procedures.bind(HoldExpired, drop_item)
    shell = make(procedures, small_trade.rules(), tmp_path)
    shell.run(CloseDue(id=1, case=10), moment(0))
    prepared = shell.prepare(received(2, BOLTS, 1), moment(1))
    shell.run(HoldExpired(id=3), moment(2))
    shell.run(CloseDue(id=4, case=20), moment(3))
    with pytest.raises(Conflict):
        prepared.commit()
    assert shell.run(received(2, BOLTS, 1), moment(4)) is Outcome.APPLIED
    kept = shell.kept()
    shell.close()
    assert kept.rows["items"] == {BOLTS: ItemStock(item=BOLTS, positions=(Position(sellable=21),))}


def test_restarts_after_conflicts_are_bounded(make: Make, tmp_path: Path) -> None:
    """A rival commits between the reads and the commit of every run, for as long as it wants."""
    rivals = iter(range(1000, 2000))
    calm_after = 0

    def contended(message: HoldExpired, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
        nonlocal calm_after
        unit.load(ITEMS, BOLTS)
        if calm_after:
            calm_after -= 1
            crowded.run(received(next(rivals), BOLTS, 1), now)
        return Outcome.APPLIED

    procedures = small_trade.procedures()
    procedures.bind(HoldExpired, contended)
    crowded = make(procedures, small_trade.rules(), tmp_path)
    calm_after = RESTARTS_MAX
    assert crowded.run(HoldExpired(id=1), moment(0)) is Outcome.APPLIED

    calm_after = RESTARTS_MAX + 5
    with pytest.raises(Conflict):
        crowded.run(HoldExpired(id=2), moment(1))
    kept: Kept = crowded.kept()
    crowded.close()
    assert calm_after == 4
    assert 2 not in kept.rows["inbox"]
