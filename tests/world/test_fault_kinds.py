"""Every kind of fault acts: it takes effect, changes what can be seen, and breaks no promise inside its contract."""

import pytest

from tests.world.fault_cases import CASES, Case, record, tried
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
