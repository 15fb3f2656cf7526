"""Run folders as one database: `results("runs/*").sql(...)`.

Tables: `runs` (a row for each replication: folder, scenario, design, seed, events, digest), `measures` (folder,
scenario, design, seed, kpi, value), `events` (the recorded events, with folder and design) and `sweeps` (the rows of
sweeps, with folder); a table without rows is there all the same.
"""

import glob
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from twin.errors import UsageError
from twin.experiment.folder import MANIFEST
from twin.experiment.manifest import Manifest, read_manifest
from twin.experiment.sweep import TABLE

if TYPE_CHECKING:
    import duckdb

    Relation = duckdb.DuckDBPyRelation

_RUNS: Final = "folder VARCHAR, scenario VARCHAR, design VARCHAR, seed BIGINT, events BIGINT, digest VARCHAR"
_MEASURES: Final = "folder VARCHAR, scenario VARCHAR, design VARCHAR, seed BIGINT, kpi VARCHAR, value DOUBLE"
_EVENTS: Final = (
    "at_us BIGINT, kind VARCHAR, source VARCHAR, target VARCHAR, message BIGINT, cause BIGINT, case_id BIGINT, "
    "item INTEGER, quantity BIGINT, folder VARCHAR, design VARCHAR"
)
_SWEEPS: Final = "folder VARCHAR, point BIGINT, replication BIGINT, seed BIGINT, design VARCHAR"


class Results:
    """Several run folders that can be asked together."""

    def __init__(self, folders: Sequence[Manifest]) -> None:
        self.folders = tuple(folders)
        self._database: duckdb.DuckDBPyConnection | None = None

    def sql(self, query: str) -> "Relation":
        """Ask a question in SQL; the answer shows itself, and has `fetchall`, `fetchnumpy` and `df`."""
        if self._database is None:
            self._database = _database(self.folders)
        return self._database.sql(query)

    def __repr__(self) -> str:
        return f"Results({len(self.folders)} folders; tables runs, measures, events, sweeps)"


def results(pattern: str | Path = "runs/*") -> Results:
    """Return the run folders that a pattern names, in the order of their names.

    Raises:
        UsageError: no run folder is among them.
        HistoryError: a manifest cannot be read.
    """
    found = sorted(Path(path) for path in glob.glob(str(pattern)))
    folders = [read_manifest(path) for path in found if (path / MANIFEST).is_file()]
    if not folders:
        raise UsageError(f"no run folder matches '{pattern}'")
    return Results(folders)


def events_of(manifest: Manifest) -> list[tuple[str, Path]]:
    """Return the event files of a run folder, each with its design."""
    if manifest.verb == "run":
        places = [(manifest.designs[0], manifest.folder / "events.parquet")]
    else:
        places = [(design, manifest.folder / design / "events.parquet") for design in manifest.designs]
    return [(design, path) for design, path in places if path.is_file()]


def _database(folders: Sequence[Manifest]) -> "duckdb.DuckDBPyConnection":
    import duckdb

    made = duckdb.connect()
    made.execute(f"CREATE TABLE runs ({_RUNS}); CREATE TABLE measures ({_MEASURES})")
    for manifest in folders:
        for run, measures in _replications(manifest):
            made.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?)", run)
            made.execute(
                "INSERT INTO measures SELECT ?, ?, ?, ?, unnest(?::VARCHAR[]), unnest(?::DOUBLE[])",
                [*run[:4], list(measures), list(measures.values())],
            )
    parts = [
        f"SELECT *, {_text(str(manifest.folder))} AS folder, {_text(design)} AS design FROM read_parquet({_text(path)})"
        for manifest in folders
        for design, path in events_of(manifest)
    ]
    made.execute(f"CREATE TABLE no_events ({_EVENTS})")
    made.execute(f"CREATE VIEW events AS {' UNION ALL BY NAME '.join(('FROM no_events', *parts))}")
    sweeps = [
        f"SELECT {_text(str(manifest.folder))} AS folder, * FROM read_parquet({_text(manifest.folder / TABLE)})"
        for manifest in folders
        if manifest.verb == "sweep"
    ]
    made.execute(f"CREATE TABLE no_sweeps ({_SWEEPS})")
    made.execute(f"CREATE VIEW sweeps AS {' UNION ALL BY NAME '.join(('FROM no_sweeps', *sweeps))}")
    return made


def _replications(manifest: Manifest) -> Iterator[tuple[list[object], dict[str, float | None]]]:
    if manifest.verb == "sweep":
        return
    told = json.loads((manifest.folder / "kpis.json").read_text(encoding="utf-8"))
    for each in told["replications"]:
        head = [str(manifest.folder), manifest.name, each["design"], each["seed"], each["events"], each["digest"]]
        yield head, each["kpis"]


def _text(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"
