"""What a sweep shows: measures over the settings that were varied, as tables and as one figure.

One axis makes lines with bands; so do two where one of them has few values, a line for each; else two make heat maps
with half-widths. Drawn points make scatters, a Sobol design bars of indices.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter, MaxNLocator

from reports.style import GRID, QUIET, WIDTH_IN, colour, footnote, look, marker
from reports.tables import Table, cell_of
from twin.errors import UsageError
from twin.experiment.comparison import number
from twin.experiment.results import Row
from twin.experiment.sweep_table import Index, Summary, SweepTable
from twin.world.measure_names import unit_of

FAMILY_MAX: Final = 6
"""A second axis of so many values becomes a line for each, so that its intervals can be seen."""
HEAT: Final = "cividis"
"""A colour map whose lightness rises evenly, also for colour-blind readers."""


def rows(table: SweepTable, kpis: Sequence[str]) -> list[Row]:
    """Return one row for each point, design and measure: parameters, mean, interval, n, unit."""
    found: list[Row] = []
    for kpi in kpis:
        for each in table.summary(kpi):
            bounds = each.interval.bounds if each.interval else None
            found.append(
                {
                    "point": each.point,
                    "design": each.design,
                    **each.parameters,
                    "kpi": kpi,
                    "mean": each.interval.mean if each.interval else None,
                    "ci95_low": bounds[0] if bounds else None,
                    "ci95_high": bounds[1] if bounds else None,
                    "n": each.interval.n if each.interval else 0,
                    "unit": unit_of(kpi),
                }
            )
    return found


def means(table: SweepTable, kpis: Sequence[str]) -> Table:
    """Show measures by point and design: mean, and the 95 % interval in brackets."""
    columns = [table.summary(kpi) for kpi in kpis]
    lines = tuple(
        (*(_told(first.parameters[path]) for path in table.parameters), first.design, *(_cell(each) for each in group))
        for group in zip(*columns, strict=True)
        for first in group[:1]
    )
    heads = (*(short(path) for path in table.parameters), "design", *kpis)
    return Table(title=f"mean (95 % interval) of {_reps(table)} runs", heads=heads, rows=lines)


def indices(table: SweepTable, kpis: Sequence[str]) -> Table:
    """Show Sobol indices by measure and parameter; a measure that does not vary has none."""
    lines = [
        (
            kpi,
            index.parameter,
            cell_of(index.first.mean, index.first.bounds),
            cell_of(index.total.mean, index.total.bounds),
        )
        for kpi in kpis
        for index in _sobol(table, kpi)
    ]
    return Table(
        title=f"Sobol indices of {table.designs[0]} (95 % bootstrap interval)",
        heads=("measure", "parameter", "alone", "with interactions"),
        rows=tuple(lines),
    )


def figure(table: SweepTable, kpis: Sequence[str]) -> Figure | None:
    """Draw measures over what was varied, one panel a measure; None where no measure has a value."""
    shown = [kpi for kpi in kpis if any(value is not None for value in table.values(kpi))]
    if not shown:
        return None
    with look():
        layout = ConstrainedLayoutEngine(rect=(0, 0.05, 1, 0.95), w_pad=0.12, h_pad=0.1)
        drawn = Figure(figsize=(WIDTH_IN, 0.6 + 3.2 * len(shown)), dpi=100, layout=layout)
        draw, note = _manner(table)
        for place, kpi in zip(drawn.subplots(len(shown), 1, squeeze=False)[:, 0], shown, strict=True):
            place.set_title(f"{kpi} ({unit_of(kpi)})")
            draw(drawn, place, table, kpi)
        seeds = sorted({int(row["seed"] or 0) for row in table.rows})
        footnote(drawn, table.scenario, seeds, note)
    return drawn


Draw = Callable[[Figure, Axes, SweepTable, str], None]


def _manner(table: SweepTable) -> tuple[Draw, str]:
    axes = table.axes
    if table.layout == "sobol":
        return _bars, f"share of variance explained, {table.designs[0]}, 95 % bootstrap interval"
    if table.layout == "grid" and len(axes) == 1:
        return _lines, "mean and 95 % interval"
    if table.layout == "grid" and len(axes) == 2:
        few = len(table.designs) == 1 and len({row[axes[1]] for row in table.rows}) <= FAMILY_MAX
        if few:
            return _family, f"mean and 95 % interval, {table.designs[0]}"
        return _heat, f"mean and half of its 95 % interval, {table.designs[0]}"
    return _scatter, "a dot is the mean of a point with its 95 % interval"


def _lines(drawn: Figure, place: Axes, table: SweepTable, kpi: str) -> None:
    (path,) = table.axes
    positions = _positions(place, path, [each.parameters for each in table.summary(kpi)])
    for index, design in enumerate(table.designs):
        known = [each for each in table.summary(kpi) if each.design == design]
        _line(place, [(positions[each.parameters[path]], each) for each in known], index, design)
    _tidy(place, path)


def _family(drawn: Figure, place: Axes, table: SweepTable, kpi: str) -> None:
    """Draw one line for each value of the second axis."""
    along, across = table.axes
    found = table.summary(kpi)
    positions = _positions(place, along, [each.parameters for each in found])
    for index, value in enumerate(dict.fromkeys(each.parameters[across] for each in found)):
        known = [(positions[each.parameters[along]], each) for each in found if each.parameters[across] == value]
        _line(place, known, index, _told(value))
    _tidy(place, along)
    place.legend(frameon=False, fontsize=9, title=short(across), title_fontsize=9)


def _line(place: Axes, known: Sequence[tuple[float, Summary]], index: int, label: str) -> None:
    """Draw means with a band of their 95 % intervals."""
    points = [(x, each.interval) for x, each in known if each.interval is not None]
    xs, means = [x for x, _ in points], [interval.mean for _, interval in points]
    size = max(4, 10 - 2 * index)  # where lines lie on each other, the earlier ones show around the later
    place.plot(xs, means, color=colour(index), marker=marker(index), markersize=size, label=label)
    bands = [(x, interval.bounds) for x, interval in points if interval.bounds is not None]
    lows, highs = [low for _, (low, _) in bands], [high for _, (_, high) in bands]
    place.fill_between([x for x, _ in bands], lows, highs, color=colour(index), alpha=0.2, linewidth=0)


def _tidy(place: Axes, path: str) -> None:
    place.grid(axis="y")
    place.set_ylim(bottom=min(0.0, place.get_ylim()[0]))
    place.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    place.set_xlabel(short(path))
    place.legend(frameon=False, fontsize=9)


def short(path: str) -> str:
    """Write a path without what every path of its kind begins with, so that it fits beside an axis."""
    return path.removeprefix("designs.").removeprefix("landscape.parties.")


def _heat(drawn: Figure, place: Axes, table: SweepTable, kpi: str) -> None:
    down, across = table.axes
    known = [each for each in table.summary(kpi) if each.design == table.designs[0]]
    lines = list(dict.fromkeys(each.parameters[down] for each in known))
    columns = list(dict.fromkeys(each.parameters[across] for each in known))
    cells, widths = np.full((2, len(lines), len(columns)), np.nan)
    for each in known:
        if each.interval is not None:
            spot = lines.index(each.parameters[down]), columns.index(each.parameters[across])
            cells[spot], widths[spot] = each.interval.mean, each.interval.half_width or np.nan
    shown = place.imshow(cells, cmap=HEAT, aspect="auto", origin="lower")
    place.set_xticks(range(len(columns)), [_told(value) for value in columns])
    place.set_yticks(range(len(lines)), [_told(value) for value in lines])
    place.set_xlabel(short(across))
    place.set_ylabel(short(down))
    if cells.size <= 60:
        middle = (np.nanmin(cells) + np.nanmax(cells)) / 2
        for (line, column), value in np.ndenumerate(cells):
            if np.isfinite(value):
                ink = "white" if value < middle else "black"
                width = widths[line, column]
                text = number(float(value)) + (f"\n± {number(float(width))}" if np.isfinite(width) else "")
                place.text(column, line, text, ha="center", va="center", fontsize=8, color=ink)
    drawn.colorbar(shown, ax=place, format=FuncFormatter(lambda value, _: number(value)))


def _scatter(drawn: Figure, place: Axes, table: SweepTable, kpi: str) -> None:
    path = table.axes[0]
    found = table.summary(kpi)
    positions = _positions(place, path, [each.parameters for each in found])
    for index, design in enumerate(table.designs):
        known = [each for each in found if each.design == design and each.interval is not None]
        across = [positions[each.parameters[path]] for each in known]
        middle = [each.interval.mean for each in known if each.interval]
        place.plot(
            across, middle, linestyle="none", color=colour(index), marker=marker(index), markersize=4, label=design
        )
        for at, each in zip(across, known, strict=True):
            if each.interval is not None and each.interval.bounds is not None:
                place.plot([at, at], list(each.interval.bounds), color=colour(index), linewidth=1, alpha=0.6)
    place.grid(axis="y")
    place.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    place.set_xlabel(short(path))
    place.legend(frameon=False, fontsize=9)


def _bars(drawn: Figure, place: Axes, table: SweepTable, kpi: str) -> None:
    found = _sobol(table, kpi)
    if not found:
        place.text(0.5, 0.5, "does not vary", transform=place.transAxes, ha="center", color=QUIET)
        return
    for index, (name, of) in enumerate((("alone", _first), ("with interactions", _total))):
        spans = [of(each) for each in found]
        heights = [row + 0.36 * index for row in range(len(found))]
        reach = [[mean - low for mean, low, _ in spans], [high - mean for mean, _, high in spans]]
        place.barh(heights, [mean for mean, _, _ in spans], 0.34, color=colour(index), label=name)
        place.errorbar([mean for mean, _, _ in spans], heights, xerr=reach, fmt="none", ecolor=QUIET, capsize=2)
    place.axvline(0, color=GRID)
    place.set_yticks([row + 0.18 for row in range(len(found))], [short(each.parameter) for each in found])
    place.invert_yaxis()
    place.set_xlabel("Sobol index")
    place.legend(frameon=False, fontsize=9)


def _first(index: Index) -> tuple[float, float, float]:
    low, high = index.first.bounds or (index.first.mean, index.first.mean)
    return index.first.mean, min(low, index.first.mean), max(high, index.first.mean)


def _total(index: Index) -> tuple[float, float, float]:
    low, high = index.total.bounds or (index.total.mean, index.total.mean)
    return index.total.mean, min(low, index.total.mean), max(high, index.total.mean)


def _sobol(table: SweepTable, kpi: str) -> list[Index]:
    try:
        return table.sobol(kpi)
    except UsageError:
        return []


def _positions(place: Axes, path: str, found: Sequence[Mapping[str, object]]) -> Mapping[object, float]:
    """Return where each value of a parameter stands: numbers where they are, texts side by side under their names."""
    values = list(dict.fromkeys(parameters[path] for parameters in found))
    if all(isinstance(value, int) for value in values):
        place.xaxis.set_major_locator(MaxNLocator(integer=True))
    if all(isinstance(value, int | float) for value in values):
        return {value: float(value) for value in values if isinstance(value, int | float)}
    place.set_xticks(range(len(values)), [_told(value) for value in values])
    return {value: float(index) for index, value in enumerate(values)}


def _cell(each: Summary) -> str:
    return "no value" if each.interval is None else cell_of(each.interval.mean, each.interval.bounds)


def _told(value: object) -> str:
    return number(value) if isinstance(value, int | float) else str(value)


def _reps(table: SweepTable) -> int:
    return 1 + max((int(row["replication"] or 0) for row in table.rows), default=0)
