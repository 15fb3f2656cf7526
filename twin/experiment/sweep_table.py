"""The table of a sweep: one row for each run, with its parameters and all its measures, and what it says in short."""

import json
import math
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from twin.errors import UsageError
from twin.experiment.comparison import censored_by, estimated
from twin.experiment.statistics import Interval, percentile
from twin.world.measure_names import MEASURES

if TYPE_CHECKING:
    import duckdb

Cell = int | float | str | None
Row = Mapping[str, Cell]
KEYS: Final = ("point", "replication", "seed", "design", "events", "digest", "violations")
"""The columns that every row begins with; parameters follow, then measures."""
_TYPES: Final = {"design": "VARCHAR", "digest": "VARCHAR"}
BOOTSTRAPS: Final = 1_000
"""Resamples behind the interval of a Sobol index."""


@dataclass(frozen=True, slots=True)
class Summary:
    """One point under one design: its parameters, and a measure's mean with its interval over replications."""

    point: int
    design: str
    parameters: Mapping[str, Cell]
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Index:
    """How much of a measure's variance one parameter explains: alone, and with all that it interacts with."""

    parameter: str
    first: Interval
    total: Interval


@dataclass(frozen=True, slots=True)
class SweepTable:
    """Rows of a sweep in the order of (point, replication, design)."""

    scenario: str
    parameters: tuple[str, ...]
    layout: str
    rows: Sequence[Row]

    @property
    def designs(self) -> tuple[str, ...]:
        """The designs that were run, in their order."""
        return tuple(dict.fromkeys(str(row["design"]) for row in self.rows))

    @property
    def measures(self) -> tuple[str, ...]:
        """The keys of the measures that a row has."""
        return tuple(key for key in _columns(self.rows) if key not in KEYS and key not in self.parameters)

    def values(self, kpi: str) -> list[Cell]:
        """Return a measure of every row.

        Raises:
            UsageError: there is no such measure.
        """
        if kpi not in self.measures:
            raise UsageError(f"no measure is called '{kpi}' in this sweep")
        return [row.get(kpi) for row in self.rows]

    def summary(self, kpi: str) -> list[Summary]:
        """Return the mean of a measure over the replications of each point and design, with its 95 % interval.

        A share of runs has Wilson's interval; of a time that some runs did not see end it is the median (Kaplan and
        Meier), and nothing where half of them did not.

        Raises:
            UsageError: there is no such measure.
        """
        groups: dict[tuple[int, str], list[float]] = {}
        open_: dict[tuple[int, str], list[bool]] = {}
        mark, (unit, _) = censored_by(kpi), MEASURES.get(kpi.partition("{")[0].partition(".")[0], ("", ""))
        parameters: dict[int, Mapping[str, Cell]] = {}
        for row, value in zip(self.rows, self.values(kpi), strict=True):
            number, design = int(row["point"] or 0), str(row["design"])
            parameters[number] = {path: row[path] for path in self.parameters}
            group, marks = groups.setdefault((number, design), []), open_.setdefault((number, design), [])
            if isinstance(value, int | float):
                group.append(value)
                marks.append(bool(row.get(mark)) if mark else False)
        return [
            Summary(number, design, parameters[number], estimated(values, open_[number, design], kpi, unit))
            for (number, design), values in groups.items()
        ]

    def sobol(self, kpi: str, design: str | None = None) -> list[Index]:
        """Return first-order and total Sobol indices of a measure (Saltelli et al. 2010, table 2: b and f).

        Intervals are 95 % percentile bootstraps over the base points, drawn from a fixed seed.

        Raises:
            UsageError: the sweep was not laid out for it, or the measure does not vary or has missing values.
        """
        if self.layout != "sobol":
            raise UsageError(f"Sobol indices need a sweep laid out as sobol (this one is a {self.layout})")
        chosen = design or self.designs[0]
        means = [
            each.interval.mean if each.interval else math.nan for each in self.summary(kpi) if each.design == chosen
        ]
        axes = self.axes
        matrix = np.array(means).reshape(-1, len(axes) + 2)
        if not np.isfinite(matrix).all() or np.ptp(matrix[:, :2]) == 0:
            raise UsageError(f"'{kpi}' does not vary over the points, or some have no value")
        generator = np.random.default_rng(np.random.SeedSequence(0))
        draws = generator.integers(0, len(matrix), size=(BOOTSTRAPS, len(matrix)))
        again = np.array([_indices(matrix[rows]) for rows in draws])
        return [
            Index(name, _around(first, again[:, axis, 0]), _around(total, again[:, axis, 1]))
            for axis, (name, (first, total)) in enumerate(zip(axes, _indices(matrix), strict=True))
        ]

    @property
    def axes(self) -> list[str]:
        """One path for each axis: of paths that move together the first."""
        seen: dict[tuple[Cell, ...], str] = {}
        for path in self.parameters:
            seen.setdefault(tuple(row[path] for row in self.rows), path)
        return list(seen.values())

    def sql(self, query: str) -> "duckdb.DuckDBPyRelation":
        """Ask the table, called `sweep`, a question in SQL."""
        import duckdb

        database = duckdb.connect()
        _registered(database, self.rows, self.parameters)
        return database.sql(query)


def write_table(path: Path, table: SweepTable) -> None:
    """Write a table as one Parquet file, which appears only when it is whole; its bytes depend on the rows alone."""
    import duckdb

    partial = path.with_name(path.name + ".partial")
    about = json.dumps({"scenario": table.scenario, "parameters": table.parameters, "layout": table.layout})
    with duckdb.connect(config={"threads": 1}) as database:
        _registered(database, table.rows, table.parameters)
        options = f"FORMAT parquet, COMPRESSION zstd, KV_METADATA {{sweep: {_text(about)}}}"
        database.execute(f"COPY (FROM sweep) TO {_text(partial)} ({options})")
    partial.replace(path)


def read_table(path: Path) -> SweepTable:
    """Read a table that `write_table` wrote.

    Raises:
        UsageError: there is no such file, or it is none of ours.
    """
    import duckdb

    if not path.is_file():
        raise UsageError(f"there is no sweep at '{path}'")
    with duckdb.connect() as database:
        told = database.execute(
            f"SELECT value FROM parquet_kv_metadata({_text(path)}) WHERE key = 'sweep'::BLOB"
        ).fetchone()
        if told is None:
            raise UsageError(f"'{path}' is no table of a sweep")
        found = database.execute(f"FROM read_parquet({_text(path)})")
        names = [column[0] for column in found.description or ()]
        rows: list[Row] = [dict(zip(names, values, strict=True)) for values in found.fetchall()]
    about = json.loads(bytes(told[0]))
    return SweepTable(about["scenario"], tuple(about["parameters"]), about["layout"], rows)


def _registered(database: "duckdb.DuckDBPyConnection", rows: Sequence[Row], parameters: Sequence[str]) -> None:
    """Make the rows a table of the database, by way of a file of JSON lines: twenty times as fast as inserts."""
    columns = {name: _kind(name, rows, parameters) for name in _columns(rows)}
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder) / "rows.jsonl"
        lines.write_text("".join(json.dumps(row) + "\n" for row in rows))
        told = ", ".join(f"{_text(name)}: {_text(kind)}" for name, kind in columns.items())
        source = f"read_json({_text(lines)}, format='newline_delimited', columns={{{told}}})"
        database.execute(f"CREATE TABLE sweep AS FROM {source}")


def _columns(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _kind(name: str, rows: Sequence[Row], parameters: Sequence[str]) -> str:
    if name in parameters:
        cells = [row.get(name) for row in rows]
        if all(isinstance(cell, int) for cell in cells):
            return "BIGINT"
        return "DOUBLE" if all(isinstance(cell, int | float) for cell in cells) else "VARCHAR"
    return _TYPES.get(name, "BIGINT") if name in KEYS else "DOUBLE"


def _indices(matrix: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> list[tuple[float, float]]:
    a, b = matrix[:, 0], matrix[:, 1]
    variance = float(np.var(np.concatenate((a, b))))
    if variance == 0:
        return [(0.0, 0.0)] * (matrix.shape[1] - 2)
    return [
        (
            float(np.mean(b * (matrix[:, column] - a)) / variance),
            float(np.mean((a - matrix[:, column]) ** 2) / (2 * variance)),
        )
        for column in range(2, matrix.shape[1])
    ]


def _around(value: float, resampled: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Interval:
    drawn = [float(each) for each in resampled]
    return Interval(mean=value, low=percentile(drawn, 0.025), high=percentile(drawn, 0.975), n=len(drawn))


def _text(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"
