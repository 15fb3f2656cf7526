"""Faults for which a shortened horizon leaves no room are left out, and said to be."""

from pathlib import Path

import scenarios

FILE = """
schema_version: 1
question: What does a late fault do in a short run?
horizon: 8h
landscape: {use: mid}
demand: {kind: distribution, orders_per_day: 100}
faults:
  - {name: early, kind: E1, target: erp, trigger: {at: 10m}, duration: 5m}
  - {name: late, kind: E1, target: erp, trigger: {at: 3h}, duration: 5m}
  - {name: later, kind: E2, target: erp, trigger: {after: late, gap: 5m}, duration: 5m, factor: 0.5}
small: {horizon: 1h}
"""


def test_a_fault_after_the_shortened_horizon_is_left_out_and_named(tmp_path: Path) -> None:
    path = tmp_path / "late.yaml"
    path.write_text(FILE)
    assert [fault.name for fault in scenarios.load(path).faults] == ["early", "late", "later"]
    assert [fault.name for fault in scenarios.load(path, small=True).faults] == ["early"]
    told = [problem.message for problem in scenarios.check(path, small=True)]
    assert [line for line in told if "left out" in line] == [
        "'late' is left out: it begins at 3h, after the horizon of 1h",
        "'later' is left out: it waits for 'late', after the horizon of 1h",
    ]


def test_what_is_set_by_hand_beyond_the_horizon_stays_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "late.yaml"
    path.write_text(FILE)
    assert len(scenarios.load(path, ["horizon=1h"]).faults) == 3
