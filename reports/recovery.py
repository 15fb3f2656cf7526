"""The recovery surface of a sweep over two settings: how often a world collapses, and how long it takes to recover.

One column for each design; above the share of runs that collapse, with Wilson's interval; below the median time to
recover (Kaplan and Meier), with the share of runs that had not recovered when they ended.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from reports.style import WIDTH_IN, footnote, look
from reports.sweep import HEAT, short
from twin.experiment.comparison import number
from twin.experiment.sweep_table import Cell, Summary, SweepTable

COLLAPSE: Final = "collapsed"
TIME: Final = "recovery_s"
OPEN: Final = "recovery_censored"
DESIGNS_MAX: Final = 4
"""More columns cannot be read at the width of a page; a sweep of more designs has no such figure."""
CELLS_MAX: Final = 30
"""More cells in a panel are shown by colour alone."""

Surface = Mapping[tuple[Cell, Cell], Summary]


def figure(table: SweepTable) -> Figure | None:
    """Draw the surface; None where the sweep is no grid of two settings, or its runs had no trouble to recover from."""
    known = all(kpi in table.measures for kpi in (COLLAPSE, TIME, OPEN))
    axes = table.axes
    if not known or table.layout != "grid" or len(axes) != 2 or len(table.designs) > DESIGNS_MAX:
        return None
    shares, times, still_open = (_surfaces(table, kpi) for kpi in (COLLAPSE, TIME, OPEN))
    if not any(each.interval for surface in still_open.values() for each in surface.values()):
        return None
    longest = max(
        (each.interval.mean for surface in times.values() for each in surface.values() if each.interval), default=1.0
    )
    with look():
        layout = ConstrainedLayoutEngine(rect=(0, 0.05, 1, 0.95), w_pad=0.05, h_pad=0.1)
        drawn = Figure(figsize=(WIDTH_IN, 6.2), dpi=100, layout=layout)
        places = drawn.subplots(2, len(table.designs), squeeze=False, sharex=True, sharey=True)
        scales = Normalize(0, 1), Normalize(0, max(longest, 1.0))
        for column, design in enumerate(table.designs):
            _panel(
                places[0, column],
                shares[design],
                scales[0],
                {key: _share(each) for key, each in shares[design].items()},
            )
            told = {key: _time(each, still_open[design][key]) for key, each in times[design].items()}
            _panel(places[1, column], times[design], scales[1], told)
            places[0, column].set_title(design)
        drawn.colorbar(ScalarMappable(scales[0], HEAT), ax=list(places[0]), label="share of runs that collapse")
        drawn.colorbar(ScalarMappable(scales[1], HEAT), ax=list(places[1]), label="median time to recover (s)")
        for place in places[:, 0]:
            place.set_ylabel(short(axes[0]), fontsize=8)
        for place in places[1]:
            place.set_xlabel(short(axes[1]), fontsize=8)
        seeds = sorted({int(row["seed"] or 0) for row in table.rows})
        footnote(drawn, table.scenario, seeds, "Wilson 95 %; below: share still open")
    return drawn


def _surfaces(table: SweepTable, kpi: str) -> Mapping[str, Surface]:
    """Return for each design the summary at each pair of settings, down and across."""
    down, across = table.axes
    found: dict[str, dict[tuple[Cell, Cell], Summary]] = {design: {} for design in table.designs}
    for each in table.summary(kpi):
        found[each.design][each.parameters[down], each.parameters[across]] = each
    return found


def _panel(place: Axes, surface: Surface, scale: Normalize, told: Mapping[tuple[Cell, Cell], str]) -> None:
    lines = list(dict.fromkeys(down for down, _ in surface))
    columns = list(dict.fromkeys(across for _, across in surface))
    cells = np.full((len(lines), len(columns)), np.nan)
    for (down, across), each in surface.items():
        if each.interval is not None:
            cells[lines.index(down), columns.index(across)] = each.interval.mean
    place.imshow(cells, cmap=HEAT, norm=scale, aspect="auto", origin="lower")
    place.set_xticks(range(len(columns)), [_name(value) for value in columns])
    place.set_yticks(range(len(lines)), [_name(value) for value in lines])
    place.tick_params(labelsize=8)
    if cells.size > CELLS_MAX:
        return
    for (down, across), text in told.items():
        value = cells[lines.index(down), columns.index(across)]
        dark = np.isfinite(value) and scale(value) < 0.5
        place.text(
            columns.index(across), lines.index(down), text, ha="center", va="center", fontsize=6.5,
            color="white" if dark else "black",
        )  # fmt: skip


def _share(each: Summary) -> str:
    if each.interval is None:
        return ""
    low, high = each.interval.bounds or (each.interval.mean, each.interval.mean)
    return f"{each.interval.mean:.2f}\n{low:.2f}-{high:.2f}"


def _time(each: Summary, still_open: Summary) -> str:
    middle = "no median" if each.interval is None else number(each.interval.mean)
    return middle if still_open.interval is None else f"{middle}\n{still_open.interval.mean:.0%} open"


def _name(value: Cell) -> str:
    return number(value) if isinstance(value, int | float) else str(value)
