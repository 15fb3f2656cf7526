"""Time lines of a recorded run: one panel for each thing that happened, with the times shaded when faults were on."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter, MaxNLocator

from reports.bands import LINES_MAX, Band, Curve, Line, curves
from reports.style import COLOURS, GRID, QUIET, WIDTH_IN, footnote, look
from reports.windows import Mark, Window
from twin.experiment.comparison import number
from twin.experiment.trace import Record
from twin.model.instant import DAY, HOUR, MINUTE, SECOND

BINS_MAX: Final = 96
WIDTHS: Final = (
    *(n * SECOND for n in (1, 5, 10, 30)),
    *(n * MINUTE for n in (1, 5, 10, 15, 30)),
    *(n * HOUR for n in (1, 2, 3, 6, 12)),
    *(n * DAY for n in (1, 7, 28)),
)
MANNERS: Final = ("-", "--", "-.", (0, (5, 1)), (0, (3, 1, 1, 1)))
"""A stroke for each line of a panel, so that colour is never the only difference."""


def figure(
    record: Record,
    bands: Sequence[Band],
    scenario: str,
    seed: int,
    span_us: int,
    windows: Sequence[Window] = (),
    warm_up_us: int = 0,
    marks: Sequence[Mark] = (),
) -> Figure | None:
    """Draw bands of a run one above the other, in bins of a round length; None where nothing of them happened.

    Windows are shaded, marks are lines across all panels.

    A band of which nothing happened has no panel. `span_us` is the length of the run, `warm_up_us` what the measures
    leave out of it.
    """
    width = bin_width(span_us)
    bins = math.ceil(span_us / width)
    found = [(band, lines) for band in bands if (lines := curves(band, record, bins, width))]
    if not found:
        return None
    unit, size = _axis(span_us)
    with look():
        layout = ConstrainedLayoutEngine(rect=(0, 0.3 / _height(found), 1, 1 - 0.3 / _height(found)), h_pad=0.07)
        drawn = Figure(figsize=(WIDTH_IN, _height(found)), dpi=100, layout=layout)
        places = drawn.subplots(len(found), 1, sharex=True, squeeze=False)[:, 0]
        middles = (np.arange(bins) + 0.5) * width / size
        shared = list(dict.fromkeys(c.name for band, lines in found if not _counts(band) for c in lines[:LINES_MAX]))
        for place, (band, lines) in zip(places, found, strict=True):
            _title(place, band, len(lines), told(width))
            for index, curve in enumerate(lines[:LINES_MAX]):
                _draw(place, band, curve, middles, index if _counts(band) else shared.index(curve.name))
            _tidy(place, is_count=_counts(band))
            for window in windows:
                place.axvspan(window.at_us / size, window.until_us / size, color=COLOURS[5], alpha=0.22, linewidth=0)
            for mark in marks:
                place.axvline(mark.at_us / size, color=QUIET, linestyle=":", linewidth=1)
            place.axvspan(0, warm_up_us / size, color=GRID, alpha=0.7, linewidth=0)
        _name(places[0], [(window.name, window.at_us) for window in windows], size)
        _name(places[-1], [(mark.name, mark.at_us) for mark in marks], size)
        places[-1].set_xlabel(f"{unit} since the start of the run")
        places[-1].set_xlim(0, span_us / size)
        shaded = ("; shaded: faults" if windows else "") + ("; dotted: actions" if marks else "")
        shaded += "; grey: warm-up" if warm_up_us else ""
        footnote(drawn, f"{scenario}, {record.design}", [seed], f"bins of {told(width)}{shaded}")
    return drawn


def bin_width(span_us: int) -> int:
    """Return a round length of which at most 96 cover a run.

    >>> [told(bin_width(n * HOUR)) for n in (1, 24, 168)]
    ['1 min', '15 min', '2 h']
    """
    return next((width for width in WIDTHS if span_us <= BINS_MAX * width), 365 * DAY)


def told(width_us: int) -> str:
    """Write the length of a bin."""
    for unit, size in (("d", DAY), ("h", HOUR), ("min", MINUTE)):
        if width_us >= size:
            return f"{width_us // size} {unit}"
    return f"{width_us // SECOND} s"


def _axis(span_us: int) -> tuple[str, int]:
    """Return the unit of the axis of time, and its length."""
    return ("days", DAY) if span_us > 3 * DAY else ("hours", HOUR) if span_us > 2 * HOUR else ("minutes", MINUTE)


def _height(found: Sequence[object]) -> float:
    return 0.9 + 1.45 * len(found)


def _counts(band: Band) -> bool:
    return band.fold == "count"


def _title(place: Axes, band: Band, lines: int, width: str) -> None:
    more = f", the {LINES_MAX} largest of {lines}" if lines > LINES_MAX else ""
    per = {"count": f" per {width}", "level": ", mean", "max": f", most in {width}"}.get(band.fold, "")
    place.set_title(f"{band.title} ({band.unit}{per}{more})", fontsize=10)


def _draw(place: Axes, band: Band, curve: Curve, middles: Line, look: int) -> None:
    """Draw one line; a party has the same colour and stroke in every panel, what is counted has its own in each."""
    place.plot(
        middles,
        curve.values,
        color=COLOURS[look % len(COLOURS)],
        linestyle=MANNERS[look % len(MANNERS)],
        linewidth=1.5,
        marker="." if band.fold in ("p95", "ratio") else None,
        markersize=3,
        label=f"{curve.name} ({number(curve.size)})" if _counts(band) else curve.name,
    )


def _tidy(place: Axes, *, is_count: bool) -> None:
    place.grid(axis="y", color=GRID)
    place.set_ylim(0, place.get_ylim()[1] * 1.12)
    place.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=is_count))
    place.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    place.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.05), labelcolor=QUIET)


def _name(place: Axes, named: Sequence[tuple[str, int]], size: int) -> None:
    """Write names at their times, one line lower for each that would lie on another."""
    for index, (name, at) in enumerate(named):
        place.annotate(
            name,
            (at / size, 1.0),
            xytext=(2, -2 - 10 * (index % 4)),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            fontsize=8,
            va="top",
        )
