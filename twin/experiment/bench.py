"""The bench: what the twin costs on this machine, in ratios that hold on others, against the project's targets.

A row is a function of `quick` that returns a `BenchRow`; a target is an upper bound, and a figure without one is
reported. Rows stand in a dict by name in the module that measures them (`bench_kernel.ROWS`); `ALL` joins those dicts.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from twin.errors import UsageError
from twin.experiment import bench_kernel
from twin.experiment.bench_measure import Measure

ALL: Final[Mapping[str, Measure]] = {**bench_kernel.ROWS}
"""Every row, by name, in the order in which they are printed."""


def rows(
    names: Sequence[str] | None,
    quick: bool,
    progress: Callable[[int, int], object] | None = None,
) -> list[dict[str, str | float | None]]:
    """Measure the rows named, or all of them, in the order of the list; `progress` hears (done, planned).

    Raises:
        UsageError: there is no row of that name.
    """
    for name in names or ():
        if name not in ALL:
            raise UsageError(f"the bench has no row {name!r}; there are {', '.join(ALL)}")
    chosen = [name for name in ALL if not names or name in names]
    measured = []
    for done, name in enumerate(chosen):
        if progress is not None:
            progress(done, len(chosen))
        measured.append(ALL[name](quick).row())
    if progress is not None:
        progress(len(chosen), len(chosen))
    return measured
