"""Every kind of fault acts: it takes effect, changes what can be seen, and breaks no promise inside its contract."""

import pytest

from actors.transactor import Direct, Store
from actors.troubled_store import TroubledStore
from tests.world.fault_cases import CASES, Case, record, tried
from twin.kernel.faults import Armed, At, Fault
from twin.kernel.timeline import Timeline
from twin.middleware.unit import ITEMS, Conflict
from twin.model.commands import CloseDue
from twin.model.instant import SECOND
from twin.model.stock import ItemStock, Position
from twin.world.fault_kinds import KINDS

REPORTED = ("E5", "E11", "P6", "M9", "D1", "D7", "D8", "D9", "C3")
"""Kinds outside the contracts (class B) whose harm an invariant must tell of; the others of the class are contained."""


_quiet: dict[object, tuple[object, ...]] = {}


def quiet(case: Case) -> tuple[object, ...]:
    """Return what is seen of a case's world without its fault; worlds of one making are run once."""
    making = (case.scenario, case.more, case.others)
    if making not in _quiet:
        _quiet[making] = tried(case)[1]
    return _quiet[making]


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_takes_effect_changes_the_run_and_keeps_within_its_class(kind):
    """Aim: no kind is a label (V-1). Method: the world of its case with it and without, same seed.

    What lies inside a partner's contract (A) breaks no invariant; harm outside it (B) is told, not silent.
    """
    case = CASES.get(kind, Case())
    world, seen = tried(case, record(kind))
    struck = [armed.fault.name for armed in world.faults.armed if armed.fault.name.startswith(f"the_{kind}")]
    assert struck
    assert not set(struck) & {fault.name for fault in world.faults.vain()}
    assert seen != quiet(case)
    if KINDS[kind].assumption == "A":
        assert world.invariants.counts == {}
    if kind in REPORTED:
        assert world.invariants.counts != {}


@pytest.mark.parametrize("kind", ["D2", "D6"])
def test_every_abort_and_every_stale_read_is_a_conflict_at_the_commit(kind):
    """A unit that is aborted, or whose reads were stale, does not get in, also where nobody else has committed."""
    world, _ = tried(CASES.get(kind, Case()), record(kind))
    struck = sum(armed.effects for armed in world.faults.armed if armed.fault.kind == kind)
    assert world.middleware.conflicts >= struck > 0


@pytest.mark.parametrize("kind", ["D1", "P6"])
def test_what_takes_rows_back_is_a_conflict_for_who_has_read_them(kind):
    """A unit that read a row before it was taken back, or restored from a backup, may not commit on it."""
    timeline, store = Timeline(), Store()
    numbers = {"lag": 4.0 * SECOND, "extra": 9.0 * SECOND}
    fault = Fault(name=kind, kind=kind, target="middleware", trigger=At(5 * SECOND), each=False, numbers=numbers)
    armed = Armed(fault, 1, over=lambda _: None, struck=lambda _: None)
    troubled = TroubledStore(store, timeline, (armed,))
    timeline.run(until=SECOND)
    for pieces in (5, 7):
        written = Direct(store)
        written.save(ITEMS, 1, ItemStock(1, (Position(pieces),)))
        troubled.before(CloseDue(id=pieces, case=1), written, 0)
        written.commit()
    reader = Direct(store)
    reader.load(ITEMS, 1)
    troubled.begin(armed)
    with pytest.raises(Conflict):
        reader.commit()
