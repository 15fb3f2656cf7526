"""Time lines of a recorded run: what was placed and shipped, what went wrong, and when faults were on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter, MaxNLocator

from reports.style import COLOURS, GRID, QUIET, WIDTH_IN, footnote, look
from twin.experiment.comparison import number
from twin.experiment.trace import Record

BINS: Final = 96
"""How many bars a time line has: a quarter of an hour each on a day."""
HOUR_US: Final = 3_600_000_000

Counts = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time that is shaded: a fault that was on; `at_us` and `until_us` from the start of the run."""

    name: str
    at_us: int
    until_us: int


@dataclass(frozen=True, slots=True)
class Band:
    """One line of the figure: a name, a unit, and the steps of the record that it counts."""

    title: str
    counts: tuple[tuple[str, str], ...]
    """Pairs of a name and a condition in SQL over the events."""


BANDS: Final = (
    Band(
        "Orders",
        (
            ("placed", "kind = 'order.placed'"),
            ("shipments confirmed", "kind = 'ShipmentConfirmed.committed'"),
        ),
    ),
    Band(
        "Calls that did not succeed",
        (
            ("refused", "kind LIKE '%.refused'"),
            ("timed out", "kind LIKE '%.timeout'"),
            ("failed", "kind LIKE '%.failed'"),
        ),
    ),
    Band(
        "Oversold orders",
        (("oversold", "kind = 'order.oversold'"),),
    ),
)


def figure(record: Record, scenario: str, seed: int, span_us: int, windows: Sequence[Window] = ()) -> Figure:
    """Draw what happened over time, per hour, with faults shaded; a band without any event says so."""
    edges = np.linspace(0, span_us, BINS + 1)
    with look():
        layout = ConstrainedLayoutEngine(rect=(0, 0.05, 1, 0.95), w_pad=0.12, h_pad=0.08)
        drawn = Figure(figsize=(WIDTH_IN, 1.0 + 1.7 * len(BANDS)), dpi=100, layout=layout)
        places = drawn.subplots(len(BANDS), 1, sharex=True)
        for place, band in zip(places, BANDS, strict=True):
            _draw(place, band, record, edges)
            for window in windows:
                place.axvspan(
                    window.at_us / HOUR_US, window.until_us / HOUR_US, color=COLOURS[5], alpha=0.25, linewidth=0
                )
        for window in windows:
            places[0].annotate(
                window.name, (window.at_us / HOUR_US, 1.0), xycoords=("data", "axes fraction"), fontsize=8, va="top"
            )
        places[-1].set_xlabel("hours since the start of the run")
        places[-1].set_xlim(0, span_us / HOUR_US)
        footnote(drawn, f"{scenario}, {record.design}", [seed], "first replication, per hour")
    return drawn


def _draw(place: Axes, band: Band, record: Record, edges: Counts) -> None:
    place.set_title(f"{band.title} (per hour)")
    middle = (edges[:-1] + edges[1:]) / 2 / HOUR_US
    width = float(edges[1] - edges[0]) / HOUR_US
    shown = 0
    for index, (name, condition) in enumerate(band.counts):
        counts = _counts(record, condition, len(edges) - 1, float(edges[-1]))
        if counts.any():
            place.plot(
                middle,
                counts / width,
                color=COLOURS[index],
                label=f"{name} ({number(float(counts.sum()))})",
                linewidth=1.6,
            )
            shown += 1
    place.grid(axis="y", color=GRID)
    place.yaxis.set_major_locator(MaxNLocator(nbins=4))
    place.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    if shown:
        place.set_ylim(0, place.get_ylim()[1] * 1.3)  # room for the legend above the lines
        place.legend(frameon=False, fontsize=8, loc="upper right", ncols=len(band.counts))
    else:
        place.set_yticks([])
        place.text(0.5, 0.5, "none in this run", transform=place.transAxes, ha="center", color=QUIET)


def _counts(record: Record, condition: str, bins: int, span_us: float) -> Counts:
    found = record.rows(
        f"SELECT least(floor(at_us * {bins} / {span_us}), {bins - 1})::INTEGER AS bin, count(*) FROM events "
        f"WHERE {condition} GROUP BY 1"
    )
    counts = np.zeros(bins)
    for place, count in found:
        counts[int(str(place))] = float(str(count))
    return counts
