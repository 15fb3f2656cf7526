"""A recording of the twin for live processes to run: some hours of a small first day, and the scenario beside it."""

import gzip
from pathlib import Path
from typing import NamedTuple

import scenarios
from twin.world.run import HISTORY, run_once

SKUS = 20


class Recorded(NamedTuple):
    """The recording as plain lines, and the scenario's file; its design is `standard`."""

    history: Path
    scenario: Path


def record(folder: Path, horizon: str, design: str = "{}") -> Recorded:
    """Run the twin for so long, with this block as its design, and keep what reached its middleware."""
    shipped = Path(scenarios.__file__).with_name("first_day.yaml").read_text(encoding="utf-8")
    small = shipped.replace("skus: 2000", f"skus: {SKUS}").replace("horizon: 1d", f"horizon: {horizon}")
    small = small.replace("  standard: {}", f"  standard: {design}")
    assert f"skus: {SKUS}" in small
    assert f"standard: {design}" in small
    assert f"horizon: {horizon}" in small
    scenario = folder / "small_day.yaml"
    scenario.write_text(small, encoding="utf-8")
    run_once(scenarios.load(str(scenario)), "standard", 1, out=folder, record=False, history=True)
    history = folder / "history.jsonl"
    history.write_bytes(gzip.decompress((folder / HISTORY).read_bytes()))
    return Recorded(history, scenario)
