"""The only room of reports that writes: figures as SVG and PNG, the same bytes for the same data."""

import io
from typing import Literal

from matplotlib.figure import Figure

from reports.style import look

PNG_DOTS_PER_INCH = 200
"""Twice the 100 at which a figure is laid out: sharp on dense screens when shown at 800 pixels."""


def image(figure: Figure, form: Literal["svg", "png"]) -> bytes:
    """Render a figure; neither a date nor the renderer's version goes into the file."""
    target = io.BytesIO()
    with look():
        if form == "svg":
            figure.savefig(target, format="svg", metadata={"Date": None, "Creator": None})
        else:
            figure.savefig(target, format="png", dpi=PNG_DOTS_PER_INCH, metadata={"Software": None})
    return target.getvalue()
