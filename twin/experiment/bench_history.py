"""What the bench measured before, one line of JSON a run, so that a change for the worse is seen.

A figure is compared with the median of the last five of its own kind: the same row, quick or not, on the same kind of
machine (its processor architecture, the number of cores and the version of Python). Ratios move by a tenth between
minutes, so a change is called worse beyond `WORSE`.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Final

from twin.errors import HistoryError, UsageError

WORSE: Final = 1.25
KEPT: Final = 5
"""How many earlier figures a new one is compared with."""

Row = Mapping[str, str | float | None]


def before(file: Path, machine: str, quick: bool) -> dict[str, float]:
    """Return for each row the median of its last figures; empty when there is no such file yet.

    Raises:
        HistoryError: the file is there and is no history of the bench; file and line are named.
    """
    figures: dict[str, list[float]] = {}
    for number, line in enumerate(_lines(file), 1):
        try:
            told = json.loads(line)
            if (told["machine"], told["quick"]) == (machine, quick):
                for name, measured in told["rows"].items():
                    figures.setdefault(name, []).append(float(measured))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise HistoryError(f"{file}:{number}:1: is no line of the bench's history") from error
    return {name: median(values[-KEPT:]) for name, values in figures.items()}


def compared(rows: Sequence[Row], earlier: Mapping[str, float]) -> list[dict[str, str | float | None]]:
    """Return the rows with what was measured before, and whether the figure is worse by more than `WORSE`."""
    found = []
    for row in rows:
        was, now = earlier.get(str(row["name"])), row["measured"]
        worse = was is not None and isinstance(now, float) and now > WORSE * was
        found.append({**row, "before": was, "change": None if was is None else "worse" if worse else "steady"})
    return found


def remember(file: Path, rows: Sequence[Row], *, code: object, machine: str, quick: bool) -> None:
    """Add what was measured as one line, with the versions of the code; the file is replaced as a whole.

    Raises:
        UsageError: the file cannot be written.
    """
    told = {"code": code, "machine": machine, "quick": quick, "rows": {row["name"]: row["measured"] for row in rows}}
    part = file.with_name(f".{file.name}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.write_text("".join(f"{line}\n" for line in (*_lines(file), json.dumps(told))))
        part.replace(file)
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}") from error


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text().splitlines() if file.exists() else []
    except (OSError, UnicodeDecodeError) as error:
        raise HistoryError(f"{file}: cannot be read: {error}") from error
