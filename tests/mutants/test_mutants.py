"""Every mutant, listed or further, is killed: the invariants bite where production code is wrong (V-4)."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from kill import EVERY, ROOT, alone, tried


@pytest.mark.parametrize("mutant", EVERY, ids=lambda mutant: mutant.name)
def test_what_a_mutant_changes_stands_in_production_code_once(mutant):
    """The patch says what it replaces, so that it cannot quietly change nothing, or something else."""
    assert (ROOT / mutant.file).read_text(encoding="utf-8").count(mutant.before) == 1
    assert mutant.before != mutant.after


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("mutant", EVERY, ids=lambda mutant: mutant.name)
def test_a_mutant_is_killed(mutant):
    assert tried(mutant).killed_by


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "mutant",
    {mutant.settings: mutant for mutant in EVERY if not mutant.test}.values(),
    ids=lambda mutant: mutant.name,
)
def test_the_world_of_a_mutant_breaks_nothing_without_it(mutant):
    assert alone(mutant).stdout.startswith("- ")
