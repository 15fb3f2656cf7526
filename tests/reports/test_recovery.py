"""The recovery surface of a sweep: which sweeps have one, and that it shows shares and medians as the tables do."""

import pytest
from matplotlib.figure import Figure

from reports.recovery import figure
from twin.experiment.statistics import wilson
from twin.experiment.sweep_table import Row, SweepTable

AXES = ("landscape.parties.users.open.rate", "faults.trigger.duration")


def row(point: int, rep: int, load: str, size: str, collapsed: int, took: float | None) -> Row:
    return {
        "point": point, "replication": rep, "seed": 1 + rep, "design": "retries", "events": 1, "digest": "x",
        "violations": 0, AXES[0]: load, AXES[1]: size, "collapsed": collapsed,
        "recovery_s": took, "recovery_censored": None if took is None else collapsed,
    }  # fmt: skip


def table(*, trouble: bool = True, axes: tuple[str, ...] = AXES) -> SweepTable:
    """Two loads, two sizes; at the higher load three of four runs never recover."""
    rows = []
    for point, (load, size) in enumerate((load, size) for load in ("50/s", "80/s") for size in ("2s", "5s")):
        for rep in range(4):
            lost = int(load == "80/s" and rep > 0)
            rows.append(row(point, rep, load, size, lost, (300.0 if lost else 10.0 + rep) if trouble else None))
    return SweepTable("metastable_grid", axes, "grid", rows)


def texts(drawn: Figure) -> list[str]:
    return [text.get_text() for place in drawn.axes for text in place.texts]


def test_each_cell_says_the_share_with_wilsons_interval_and_the_median_with_the_share_still_open():
    drawn = figure(table())
    assert drawn is not None
    interval = wilson(3, 4)
    assert interval is not None
    low, high = interval.bounds or (0, 0)
    assert texts(drawn).count(f"0.75\n{low:.2f}-{high:.2f}") == 2
    assert texts(drawn).count("no median\n75% open") == 2  # Kaplan and Meier: over half had not ended
    assert texts(drawn).count("11\n0% open") == 2


@pytest.mark.parametrize("without", ["no trouble", "one axis", "lhs"])
def test_a_sweep_without_trouble_or_without_two_axes_has_no_surface(without: str):
    found = table(trouble=without != "no trouble", axes=AXES[:1] if without == "one axis" else AXES)
    if without == "lhs":
        found = SweepTable(found.scenario, AXES, "lhs", found.rows)
    assert figure(found) is None
