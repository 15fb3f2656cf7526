"""The only room of reports that writes: figures and pages, the same bytes for the same data."""

import io
from collections.abc import Iterable, Iterator
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
    """Write a figure to a file; return its name."""
    write_bytes(path, image(figure, form))
    return path.name


def write_text(path: Path, text: str) -> None:
    """Write a text as UTF-8; see `write_bytes`."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file, which appears only when it is whole.

    Raises:
        UsageError: it cannot be written.
    """
    _write(path, iter([content]))


def write_stream(path: Path, pieces: Iterable[str]) -> None:
    """Write a text that comes in pieces, as UTF-8; see `write_bytes`."""
    _write(path, (piece.encode() for piece in pieces))


def _write(path: Path, pieces: Iterator[bytes]) -> None:
    partial = path.with_name(path.name + ".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with partial.open("wb") as file:
                file.writelines(pieces)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write '{path}': {error.strerror or error}") from error
