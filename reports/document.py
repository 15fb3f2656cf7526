"""The only room of reports that writes: figures and pages, the same bytes for the same data."""

import io
from pathlib import Path
from typing import Literal

from matplotlib.figure import Figure

from reports.style import look
from twin.errors import UsageError

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


def write_image(path: Path, figure: Figure, form: Literal["svg", "png"]) -> str:
    """Write a figure to a file, which appears only when it is whole; return its name."""
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(image(figure, form))
    partial.replace(path)
    return path.name


def write_text(path: Path, text: str) -> None:
    """Write a page; it appears only when it is whole.

    Raises:
        UsageError: it cannot be written there.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_text(text, encoding="utf-8", newline="\n")
        partial.replace(path)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error
