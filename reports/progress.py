"""How far a call has come, shown in a notebook: one bar, which says at the end what was done.

In a terminal the commands show their own bar; a script that wants one hands in `progress`. So there is a bar by itself
only where somebody looks at a cell that is running.
"""

import sys
from typing import Protocol

from twin.experiment.work import Progress


class Display(Protocol):
    """What a notebook has shown and can replace."""

    def update(self, shown: object) -> None:
        """Show something else in its place."""


class Bar:
    """A bar in a cell; called with units (runs) done, begun ones in part, and units planned."""

    def __init__(self, what: str, display: Display, unit: str = "runs") -> None:
        self._what = what
        self._unit = unit
        self._display = display
        self._percent = -1

    def __call__(self, done: float, planned: int) -> None:
        """Show it, at each whole percent."""
        percent = int(100 * done / planned) if planned else 100
        if percent != self._percent:
            self._percent = percent
            self._display.update(Shown(self._what, done, planned, self._unit))


class Shown:
    """One state of a bar, as a page or as text."""

    def __init__(self, what: str, done: float, planned: int, unit: str = "runs") -> None:
        self._what, self._done, self._planned, self._unit = what, done, planned, unit

    def __repr__(self) -> str:
        """Say how many units are done."""
        return f"{self._what}: {int(self._done)} of {self._planned} {self._unit}"

    def _repr_html_(self) -> str:
        if self._done >= self._planned:
            return f"<small>{self!r}</small>"
        return (
            f'<progress max="{self._planned}" value="{self._done:.2f}" aria-label="{self._what}"></progress> {self!r}'
        )


def seen(progress: Progress | None, what: str, unit: str = "runs") -> Progress | None:
    """Return who hears how far a call has come: the one that was given, else a bar where a notebook is running."""
    if progress is not None or not _in_notebook():
        return progress
    from IPython.display import display

    shown: Display | None = display(Shown(what, 0, 1, unit), display_id=True)  # type: ignore[no-untyped-call]  # IPython's own
    return None if shown is None else Bar(what, shown, unit)


def _in_notebook() -> bool:
    """Tell whether a notebook's kernel runs this: nobody else has loaded one."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return shell is not None and "IPKernelApp" in shell.config
