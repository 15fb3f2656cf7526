"""The look of every figure: colours that colour-blind readers tell apart, sizes that read at 800 pixels, the footer."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from importlib import metadata
from typing import Final

import matplotlib as mpl
from matplotlib.figure import Figure

from twin.world.result import RunResult

COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
"""The palette of Okabe and Ito, "Color Universal Design" (jfly.uni-koeln.de/color), strongest contrasts first."""
MARKERS: Final = ("o", "s", "D", "^", "v", "P", "X")
"""A shape for each colour, so that colour is never the only difference."""

INK: Final = "#222222"
QUIET: Final = "#666666"
GRID: Final = "#dddddd"

WIDTH_IN: Final = 8.0
"""At 100 dots to the inch a figure is 800 pixels wide, and 10 points are 14 pixels."""


def look() -> AbstractContextManager[None]:
    """Make figures within this context look alike; the global settings of matplotlib stay as the user has them."""
    return mpl.rc_context(
        {
            "font.family": "DejaVu Sans",
            "font.size": 10,
            "axes.titlesize": 11,
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "axes.labelsize": 9,
            "axes.labelcolor": QUIET,
            "axes.edgecolor": QUIET,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "text.color": INK,
            "xtick.color": QUIET,
            "xtick.labelsize": 9,
            "ytick.color": INK,
            "ytick.labelsize": 10,
            "grid.color": GRID,
            "figure.facecolor": "white",
            "svg.hashsalt": "distribution-twin",
            "svg.fonttype": "path",
        }
    )


def colour(index: int) -> str:
    """Give the colour of the n-th design; after seven they come again, with the shapes out of step."""
    return COLOURS[index % len(COLOURS)]


def marker(index: int) -> str:
    """Give the shape of the n-th design."""
    return MARKERS[(index + index // len(MARKERS)) % len(MARKERS)]


def footer(figure: Figure, runs: Sequence[RunResult], note: str) -> None:
    """Write scenario, seeds, replications and version under a figure, with a note on what is shown."""
    footnote(figure, runs[0].scenario, sorted({run.seed for run in runs}), note)


def footnote(figure: Figure, scenario: str, seeds: Sequence[int], note: str) -> None:
    """Write under a figure where it comes from; `seeds` are in order, one for each replication."""
    shown = f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {seeds[0]} to {seeds[-1]}"
    replications = "1 replication" if len(seeds) == 1 else f"{len(seeds)} replications"
    version = metadata.version("distribution-twin")
    text = f"{scenario} · {shown} · {replications} · {note} · distribution-twin {version}"
    figure.text(0.01, 0.012, text, fontsize=8, color=QUIET, ha="left", va="bottom")
