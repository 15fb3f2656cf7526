"""A scheduled message that is given up is a letter for people from then on, and no timer that stands for ever."""

import scenarios
from twin.world.run import run_once


def test_no_timer_stands_whose_message_has_become_a_letter():
    """The seed that showed it: a receipt grants units to so many lines of one item that two meet 50 conflicts each."""
    found = run_once(scenarios.load("legacy_erp", ["horizon=35h"]), "from_its_file", 10)
    assert "exceptions opened: RESTARTS_USED_UP 2" in found.notes
    assert found.violations == ()
