"""What a run reached: how each message ended, counted from its event log, and which functions decided."""

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from types import CodeType, FrameType

import numpy as np

from twin.kernel.recorder import COLUMNS, Name
from twin.middleware.orders.rows import Row
from twin.middleware.orders.table import ROWS
from twin.middleware.unit import Outcome

_STEP = ".committed"


class Reached:
    """A sink that keeps no row: `decided` names each message with its outcome once the recorder is closed."""

    def __init__(self) -> None:
        self.decided: Counter[str] = Counter()
        self._found: Counter[tuple[int, int]] = Counter()

    def write(self, rows: bytearray) -> None:
        """Count the pairs of kind and figure; of a commit the figure is its outcome."""
        table = np.frombuffer(rows, COLUMNS)
        pairs, counts = np.unique(
            np.stack([table["kind"].astype(np.int64), table["quantity"]]), axis=1, return_counts=True
        )
        self._found.update(
            {(int(kind), int(figure)): int(n) for (kind, figure), n in zip(pairs.T, counts, strict=True)}
        )

    def write_names(self, names: Sequence[Name]) -> None:
        """Nothing is named here."""

    def close(self, kinds: Sequence[str], parties: Sequence[str]) -> None:
        """Name what was counted."""
        for (kind, figure), count in sorted(self._found.items()):
            if kinds[kind].endswith(_STEP):
                self.decided[f"{kinds[kind].removesuffix(_STEP)} {Outcome(figure).name}"] += count

    def abort(self) -> None:
        """Nothing was written."""


class Entered:
    """Which functions of the policies and of the middleware run inside a `with` block, by dotted name.

    Every call of the interpreter is looked at, so a run takes several times as long.
    """

    def __init__(self) -> None:
        self.names: dict[str, None] = {}
        self._codes: dict[CodeType, None] = {}

    def __enter__(self) -> "Entered":
        codes = self._codes

        def note(frame: FrameType, event: str, _: object) -> None:
            if event == "call":
                codes[frame.f_code] = None

        sys.setprofile(note)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)
        for code in self._codes:
            if (name := _dotted(code)) is not None:
                self.names[name] = None


def clauses() -> list[str]:
    """Return the change of every clause of the order's state table, by dotted name: its branches."""
    return list(dict.fromkeys(f"{f.__module__}.{f.__qualname__}" for row in ROWS for f in _changes(row)))


def _changes(row: Row) -> list[Callable[..., object]]:
    return [clause.change for clause in row.clauses]


def _dotted(code: CodeType) -> str | None:
    """Return the dotted name of a function of the rooms that decide."""
    parts = Path(code.co_filename).with_suffix("").parts
    for room in (("policies",), ("twin", "middleware")):
        for place in range(len(parts) - len(room)):
            if parts[place : place + len(room)] == room:
                return ".".join((*parts[place:], code.co_qualname))
    return None
