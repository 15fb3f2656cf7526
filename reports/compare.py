"""The figure of a comparison: the measures that the scenario reports, by design, each with its interval."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator

from reports.style import QUIET, WIDTH_IN, colour, footer, look, marker
from twin.experiment.comparison import Comparison, Estimate, number, unit_of

LOG_FROM_RATIO: Final = 30.0
"""Means further apart than this are shown on a logarithmic axis, if no interval reaches 0."""


Values = Sequence[Sequence[float | None]]
"""The values of a measure, design by design, run by run."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One measure of the figure: its key, its title, and what its axis shows."""

    kpi: str
    title: str
    axis: str


PANELS: Final = (
    Panel("oversold_units", "Oversold", "units sold that were not there"),
    Panel("lost_sales_units", "Lost sales", "units there, not shown to a buyer"),
    Panel("channel_calls", "Channel calls", "calls to the channels' stock interfaces"),
    Panel("availability_age_s.p95", "Staleness", "age of what a buyer sees, p95, s"),
    Panel("collapsed", "Collapsed", "share of the runs"),
    Panel("recovery_s", "Recovery", "median time after the fault, s"),
    Panel("success_share", "Success", "share of requests answered well in time"),
    Panel("attempts_per_call", "Amplification", "attempts per call"),
)
"""Measures that have a title of their own; any other is shown under its name and unit."""
PANELS_MAX: Final = 4
FOOTER_IN: Final = 0.26
"""What the footer takes of a low figure, in inches."""
TITLE_MAX: Final = 30
"""Longer titles go into a second line: two panels stand side by side."""
UNITS: Final = {"s": "seconds", "h": "hours", "0/1": "share of the runs", "1/s": "a second"}
"""What an axis says for a unit."""


def caption(comparison: Comparison) -> str:
    """Say in words what the figure shows."""
    names = ", ".join(panel.title.lower().replace("\n", " of ") for panel in panels(comparison))
    told = "One run, so no intervals" if len(comparison.rounds) == 1 else "Means with 95 % intervals"
    return f"By design: {names}. {told}."


def panels(comparison: Comparison) -> list[Panel]:
    """Return what the figure shows, at most four of the measures that the scenario reports, in its order.

    Those in which designs differ come before those that are the same in every run of all that have them; a part that is
    all of a measure (of one link, where there is one) is not shown beside it.
    """
    own = {panel.kpi: panel for panel in PANELS}
    values = _values(comparison)
    shown = [kpi for kpi in values if not _is_all_of(values[kpi], values.get(kpi.partition("{")[0], []), kpi)]
    shown.sort(key=lambda kpi: not _tells_apart(values[kpi]))
    return [own.get(kpi) or _panel(comparison, kpi) for kpi in shown[:PANELS_MAX]]


def tells_apart(comparison: Comparison) -> bool:
    """Tell whether any measure that the scenario reports is another in one design than in another."""
    return any(map(_tells_apart, _values(comparison).values()))


def _values(comparison: Comparison) -> dict[str, Values]:
    return {kpi: [comparison.values(design, kpi) for design in comparison.designs] for kpi in comparison.reported}


def _tells_apart(values: Values) -> bool:
    """Tell whether two designs have values that are not the same."""
    known = [runs for runs in values if any(each is not None for each in runs)]
    return any(runs != known[0] for runs in known)


def _is_all_of(part: Values, whole: Values, kpi: str) -> bool:
    """Tell whether a labelled measure is the whole one in every run; without a value it is none of it."""
    return "{" in kpi and [[each or 0.0 for each in runs] for runs in part] == [
        [each or 0.0 for each in runs] for runs in whole
    ]


def _panel(comparison: Comparison, kpi: str) -> Panel:
    name, brace, labels = kpi.partition("{")
    unit = unit_of(comparison.runs, kpi)
    own = next((panel for panel in PANELS if panel.kpi == name), Panel(name, name, UNITS.get(unit, unit)))
    told = ", ".join(label.partition("=")[2] for label in labels.rstrip("}").split(","))
    between = "\n" if len(own.title) + len(told) > TITLE_MAX else ", "
    return Panel(kpi, f"{own.title}{between}{told}" if brace else own.title, own.axis)


def figure(comparison: Comparison) -> Figure:
    """Draw the reported measures by design, each with its 95 % interval over replications.

    A panel whose means lie far apart has a logarithmic axis and says so.
    """
    with look():
        rows, shown = len(comparison.designs), panels(comparison)
        down = math.ceil(len(shown) / 2)
        height = 0.4 + down * (1.3 + 0.42 * rows)
        foot = max(0.06, FOOTER_IN / height)
        layout = ConstrainedLayoutEngine(rect=(0, foot, 1, 1 - foot), w_pad=0.12, h_pad=0.08)
        drawn = Figure(figsize=(WIDTH_IN, height), dpi=100, layout=layout)
        axes = drawn.subplots(down, min(2, len(shown)), sharey=True, squeeze=False)
        for panel, place in zip(shown, axes.flat, strict=False):
            _draw(place, panel, comparison)
        for place in axes.flat[len(shown) :]:
            place.set_visible(False)
        axes.flat[0].set_yticks(range(rows), comparison.designs)
        axes.flat[0].set_ylim(rows - 0.45, -0.65)
        alone = len(comparison.rounds) == 1
        footer(drawn, comparison.runs, "one run, so no intervals" if alone else "means with 95 % intervals")
    return drawn


def _draw(place: Axes, panel: Panel, comparison: Comparison) -> None:
    estimates = [comparison.estimates[design].get(panel.kpi) for design in comparison.designs]
    place.set_title(panel.title)
    place.tick_params(axis="y", length=0)
    place.spines["left"].set_visible(False)
    place.grid(axis="x")
    place.set_axisbelow(True)
    if not any(estimate is not None and estimate.mean is not None for estimate in estimates):
        place.set_xlabel(panel.axis, loc="left")
        place.set_xticks([])
        place.text(0.5, 0.5, "no value in any run", transform=place.transAxes, ha="center", color=QUIET)
        return
    least = _scale(place, panel, estimates)
    for index, estimate in enumerate(estimates):
        if estimate is not None and estimate.mean is not None:
            _point(place, index, estimate, estimate.mean, least)


def _scale(place: Axes, panel: Panel, estimates: Sequence[Estimate | None]) -> float:
    """Choose the axis: its range, its ticks, whether it is logarithmic; return its left end."""
    known = [estimate for estimate in estimates if estimate is not None and estimate.mean is not None]
    means = [estimate.mean for estimate in known if estimate.mean is not None]
    ends = [bound for estimate in known for bound in estimate.ci95 or ()] + means
    high = max(ends)
    is_log = min(ends) > 0 and max(means) / min(means) > LOG_FROM_RATIO
    if is_log:
        left: float = 10.0 ** math.floor(math.log10(min(ends) * 0.9))
        right = high * (high / left) ** 0.25
        place.set_xscale("log")
        place.xaxis.set_major_locator(LogLocator(base=10, numticks=6))
        place.xaxis.set_minor_locator(NullLocator())
        place.xaxis.set_minor_formatter(NullFormatter())
    else:
        low = min(0.0, *ends)
        span = (high - low) or 1.0
        left, right = low - 0.06 * span, max(high, low + span) + 0.2 * span
        place.xaxis.set_major_locator(MaxNLocator(nbins=4, integer=span > 4))
    place.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    place.set_xlim(left, right)
    place.set_xlabel(f"{panel.axis} (log scale)" if is_log else panel.axis, loc="left")
    return left


def _point(place: Axes, index: int, estimate: Estimate, mean: float, least: float) -> None:
    shade = colour(index)
    if estimate.ci95 is not None:
        low, high = max(least, estimate.ci95[0]), estimate.ci95[1]
        place.plot([low, high], [index, index], color=shade, linewidth=2.2, solid_capstyle="butt")
        for end in (low, high):
            place.plot([end, end], [index - 0.13, index + 0.13], color=shade, linewidth=1.6)
    place.plot([mean], [index], marker=marker(index), color=shade, markersize=7, linestyle="none")
    place.annotate(
        number(mean), (mean, index), xytext=(0, 9), textcoords="offset points", ha="center", va="bottom", fontsize=9
    )
