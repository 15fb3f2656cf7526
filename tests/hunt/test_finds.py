"""What the hunt once found is found no more: each find as the smallest mixture that showed it."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from finds import FINDS

from scenarios.hunting import broken_by


@pytest.mark.parametrize("find", FINDS, ids=lambda find: f"{find.invariant} {find.mixture.seed}")
def test_what_broke_a_promise_breaks_none_today(find):
    assert broken_by(find.mixture) is None
