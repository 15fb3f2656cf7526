"""The table of the self-check: every row, at one level, with a second look at those that fail."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Final, Protocol

from twin.errors import UsageError
from twin.experiment.selfcheck import budgets, contention, inventory, lags, queues, sameness, storms
from twin.experiment.selfcheck.check import Check, Load, Way
from twin.experiment.selfcheck.row import Found, Row
from twin.model.ids import derive

CHANCE_OF_THE_TABLE: Final = 0.001
"""How often the whole table may fail by chance."""
AGAIN: Final = 4
"""How many times the runs of a failing row are made again, with fresh draws; that verdict counts."""
SEED_BITS: Final = 0x7FFF_FFFF


class Source(Protocol):
    """Where checks come from."""

    def __call__(self, *, quick: bool) -> Sequence[Check]: ...


CHECKS: Final[tuple[Source, ...]] = (
    contention.checks,
    budgets.checks,
    queues.checks,
    lags.checks,
    inventory.checks,
    storms.checks,
    sameness.checks,
)
Cells = dict[str, str | float | None]


def rows(
    load: Load,
    *,
    names: Sequence[str] = (),
    quick: bool = False,
    seed: int = 1,
    jobs: int = 0,
    progress: Callable[[float, int], object] | None = None,
) -> list[Cells]:
    """Make the checks and return one row for each expected figure.

    Args:
        load: returns a shipped scenario by its name, with settings over it.
        names: the rows to check, by the begin of their name or as a pattern (`C3*`); all, unless named.
        quick: fewer items and runs, at the same level.
        seed: any whole number from 0; a right twin passes with any.
        jobs: how many processes; 0 is one for each core. The result does not depend on it.
        progress: hears of checks made and planned.

    Raises:
        UsageError: a name fits no row, or the seed is negative.
    """
    if seed < 0:
        raise UsageError(f"seed: must not be negative (got {seed})")
    every = [check for source in CHECKS for check in source(quick=quick)]
    total = sum(len(check.rows) for check in every)
    level = 1 - (1 - CHANCE_OF_THE_TABLE) ** (1 / total)
    chosen = _chosen(every, names)
    found: list[Cells] = []
    for number, check in enumerate(chosen):
        if progress is not None:
            progress(number, len(chosen))
        way = Way(load=load, seed=derive(seed, every.index(check)) & SEED_BITS, jobs=jobs)
        found += _judged(check, way, level, names)
    if progress is not None:
        progress(len(chosen), len(chosen))
    return found


def _judged(check: Check, way: Way, level: float, names: Sequence[str]) -> list[Cells]:
    wanted = [place for place, row in enumerate(check.rows) if _named(row, names)]
    found = _look(check, way, level)
    looks = dict.fromkeys(wanted, 1)
    if not all(found[place][0].holds for place in wanted):
        fresh = replace(way, seed=derive(way.seed, AGAIN) & SEED_BITS, times=AGAIN)
        again = _look(check, fresh, level)
        for place in wanted:
            if not found[place][0].holds:
                found[place], looks[place] = again[place], 2
    return [_cells(check.rows[place], *found[place], looks[place], check.how) for place in wanted]


def _look(check: Check, way: Way, level: float) -> list[tuple[Found, int]]:
    return [
        (row.rule.judge(values, row.expected, level), len(values))
        for row, values in zip(check.rows, check.values(way), strict=True)
    ]


def _cells(row: Row, found: Found, runs: int, looks: int, how: str) -> Cells:
    low, high = found.interval or (None, None)
    return {
        "name": row.name,
        "expected": row.expected,
        "measured": found.measured,
        "low": low,
        "high": high,
        "unit": row.unit,
        "verdict": "holds" if found.holds else "fails",
        "runs": runs,
        "looks": looks,
        "source": row.source,
        "how": how,
    }


def _chosen(every: Sequence[Check], names: Sequence[str]) -> list[Check]:
    for name in names:
        if not any(_named(row, (name,)) for check in every for row in check.rows):
            heads = dict.fromkeys(row.name.partition(" ")[0] for check in every for row in check.rows)
            raise UsageError(f"the self-check has no row {name!r}; rows begin with {', '.join(heads)}")
    return [check for check in every if any(_named(row, names) for row in check.rows)]


def _named(row: Row, names: Sequence[str]) -> bool:
    return not names or any(row.name.startswith(name) or fnmatchcase(row.name, name) for name in names)
