"""The bench: what the twin costs on this machine, in ratios that hold on others, against the project's targets.

A row is a function of `quick` that returns a `BenchRow`; a target is an upper bound, and a figure without one is
reported. Rows stand in a dict by name in the module that measures them (`bench_kernel.ROWS`); `ALL` joins those dicts.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from twin.errors import UsageError
from twin.experiment import bench_apart, bench_branch, bench_kernel, bench_orders
from twin.experiment.bench_apart import LONG
from twin.experiment.bench_measure import Measure

if TYPE_CHECKING:
    from twin.world.scenario import Scenario

ALL: Final[Mapping[str, Measure]] = {**bench_kernel.ROWS, **bench_orders.ROWS}
"""Every row that needs no scenario, by name, in the order in which they are printed."""


def rows(
    names: Sequence[str] | None,
    quick: bool,
    progress: Callable[[int, int], object] | None = None,
    scenario: "Scenario | None" = None,
    peak: "Scenario | None" = None,
    *,
    whole: bool = False,
    more: Mapping[str, Measure] = MappingProxyType({}),
) -> list[dict[str, str | float | None]]:
    """Measure the rows named, or all of them, in the order of the list; `progress` hears (done, planned).

    `scenario` is the world that whole orders run through, `peak` the peak season; without them those rows are left out.
    So are the `LONG` ones, unless they are named or `whole` asks for all. `more` are rows of floors above.

    Raises:
        UsageError: there is no row of that name.
    """
    known = dict(ALL)
    if scenario is not None:
        known |= bench_orders.of_a_world(scenario)
        known |= bench_branch.of_a_warm_world(scenario)
        known |= bench_apart.of_long_runs(scenario, peak) if peak is not None else {}
    known |= more
    for name in names or ():
        if name not in known:
            raise UsageError(f"the bench has no row {name!r}; there are {', '.join(known)}")
    chosen = (
        [name for name in known if name in names] if names else [name for name in known if whole or name not in LONG]
    )
    measured = []
    for done, name in enumerate(chosen):
        if progress is not None:
            progress(done, len(chosen))
        measured.append(known[name](quick).row())
    if progress is not None:
        progress(len(chosen), len(chosen))
    return measured
