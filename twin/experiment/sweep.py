"""Sweeps: the same scenario at many points, every point on the same seeds, one row for each run.

Rows come in the order of (point, replication, design). While a sweep goes on, each finished run is a line of
`rows.jsonl` in its folder; a sweep that was interrupted, or whose process died, goes on after the last whole line, so
no run is made twice. At the end the lines become `sweep.parquet` and the folder gets its manifest. A row holds nothing
that depends on the clock or on who made it: the file is the same bytes after any number of interruptions and under any
number of workers.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

from twin.errors import UsageError
from twin.experiment.folder import MANIFEST
from twin.experiment.replicate import REPS_MAX
from twin.experiment.results import PROJECT, Json, as_json, environment
from twin.experiment.sweep_table import KEYS, Row, SweepTable, read_table, write_table
from twin.experiment.vary import Axis, Layout, Point, points
from twin.experiment.work import Progress, RunOnce, Task, Workforce, work, world_run
from twin.world.result import RunResult

if TYPE_CHECKING:
    from twin.world.scenario import Scenario

TABLE: Final = "sweep.parquet"
PLAN: Final = "sweep.json"
LINES: Final = "rows.jsonl"
ROW_BYTES: Final = 4_096
"""What a run takes on disk while the sweep goes on: a line of some 140 measures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """What to run: every point under these designs, `reps` times, with the seeds seed, seed + 1, ...

    `told` are the axes as they were written, `count` how many points were to be drawn.
    """

    scenario: "Scenario"
    told: tuple[str, ...]
    axes: tuple[Axis, ...]
    points: tuple[Point, ...]
    layout: Layout
    count: int | None
    designs: tuple[str, ...]
    seed: int
    reps: int

    @property
    def runs(self) -> int:
        """How many runs there are."""
        return len(self.points) * self.reps * len(self.designs)

    @property
    def bytes(self) -> int:
        """How much room the sweep may take on disk while it goes on, in bytes."""
        return self.runs * ROW_BYTES

    def identity(self) -> dict[str, Json]:
        """Return what two calls must share to be the same sweep."""
        told = json.dumps([sorted(point.items()) for point in self.points])
        return {
            "scenario": self.scenario.name,
            "scenario_sha256": self.scenario.sha256,
            "points": len(self.points),
            "points_sha256": hashlib.sha256(told.encode()).hexdigest(),
            "layout": self.layout,
            "parameters": [path for axis in self.axes for path in axis.paths],
            "designs": list(self.designs),
            "seed": self.seed,
            "reps": self.reps,
            "version": metadata.version(PROJECT),
        }


def plan_sweep(
    scenario: "Scenario",
    vary: Sequence[str],
    *,
    designs: Sequence[str] | None = None,
    seed: int | None = None,
    reps: int | None = None,
    layout: Layout = "grid",
    count: int | None = None,
) -> Sweep:
    """Plan a sweep; what the arguments mean is told by `reports.swept.sweep`.

    Raises:
        UsageError: an axis cannot be read, or a number or a design makes no sense.
    """
    axes = tuple(Axis.read(text) for text in vary)
    chosen = named_designs(scenario, axes) if designs is None else tuple(designs)
    for name in chosen:
        if name not in scenario.designs:
            raise UsageError(f"'{name}' is no design of this scenario; there are {', '.join(scenario.designs)}")
    root = scenario.seed if seed is None else seed
    times = scenario.reps if reps is None else reps
    if not 1 <= times <= REPS_MAX:
        raise UsageError(f"reps: must be from 1 to {REPS_MAX:,} (got {times})")
    made = tuple(points(axes, layout, count, root))
    return Sweep(
        scenario=scenario,
        told=tuple(vary),
        axes=axes,
        points=made,
        layout=layout,
        count=count,
        designs=chosen,
        seed=root,
        reps=times,
    )


def carry_out_sweep(
    plan: Sweep,
    force: Workforce = Workforce(),  # noqa: B008  # frozen
    *,
    target: Path | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    run_once: RunOnce | None = None,
) -> SweepTable:
    """Make the runs that are still to be made and return the whole table.

    Raises:
        UsageError: the folder cannot be used, or there is not enough room on its disk.
        ScenarioError: the scenario does not hold together at one of the points.
        KeyboardInterrupt: the sweep was interrupted; what was finished is kept in the target.
    """
    parameters = tuple(path for axis in plan.axes for path in axis.paths)
    if target is None:
        rows = list(_rows(plan, 0, force, progress, run_once))
        return SweepTable(plan.scenario.name, parameters, plan.layout, rows)
    if (target / MANIFEST).is_file() and resume and _same(plan, target):
        return read_table(target / TABLE)
    done = _opened(plan, target, resume)
    with (target / LINES).open("ab") as lines:
        for row in _rows(plan, done, force, progress, run_once):
            lines.write(json.dumps(row).encode() + b"\n")
            lines.flush()
    return _finished(plan, target, parameters)


def named_designs(scenario: "Scenario", axes: Sequence[Axis]) -> tuple[str, ...]:
    """Return the designs that the axes are about; all of them if an axis is about something else."""
    heads = [path.split(".") for axis in axes for path in axis.paths]
    named = [parts[1] for parts in heads if parts[0] == "designs" and len(parts) > 2 and parts[1] in scenario.designs]
    if len(named) < len(heads):
        return tuple(scenario.designs)
    return tuple(name for name in scenario.designs if name in named)


def _rows(
    plan: Sweep, done: int, force: Workforce, progress: Progress | None, run_once: RunOnce | None
) -> Iterator[Row]:
    """Make the runs after the first `done` ones, in order."""
    run = run_once or world_run()
    scenarios = [plan.scenario.with_all(point) for point in plan.points]
    places = [
        (number, rep, design)
        for number in range(len(plan.points))
        for rep in range(plan.reps)
        for design in plan.designs
    ][done:]
    tasks = [Task(scenarios[number], design, plan.seed + rep, run) for number, rep, design in places]
    with closing(work(tasks, force, done, progress)) as results:
        for (number, rep, _), result in zip(places, results, strict=True):
            yield _row(number, rep, plan.points[number], result)


def _row(number: int, rep: int, point: Point, result: RunResult) -> Row:
    head = (number, rep, result.seed, result.design, result.events, result.digest, result.broken)
    return {**dict(zip(KEYS, head, strict=True)), **point, **result.kpis}


def _opened(plan: Sweep, target: Path, resume: bool) -> int:
    """Make the folder ready and return how many runs it already holds."""
    lines, stated = target / LINES, target / PLAN
    try:
        if lines.is_file() and stated.is_file():
            if not resume:
                raise UsageError(f"'{target}' holds an unfinished sweep; go on with --resume, or choose another --out")
            if not _same(plan, target):
                raise UsageError(f"'{target}' holds another sweep: {_different(plan, target)}")
            return _mended(lines)
        if target.exists() and not (target / MANIFEST).is_file() and any(target.iterdir()):
            raise UsageError(f"cannot write sweep folder '{target}': it exists and is no run folder")
        _room(plan, target)
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        lines.touch()
        _replace(stated, as_json(plan.identity()))
    except OSError as error:
        raise UsageError(f"cannot write sweep folder '{target}': {error.strerror or error}") from error
    return 0


def _room(plan: Sweep, target: Path) -> None:
    there = next(parent for parent in (target, *target.absolute().parents) if parent.exists())
    free = shutil.disk_usage(there).free
    if free < 2 * plan.bytes:
        raise UsageError(f"the sweep may take {plan.bytes:,} bytes twice, and '{there}' has {free:,} left")


def _stated(target: Path) -> Mapping[str, Json]:
    try:
        stated = json.loads((target / PLAN).read_text())
    except (OSError, ValueError):
        return {}
    return stated if isinstance(stated, dict) else {}


def _same(plan: Sweep, target: Path) -> bool:
    return _stated(target) == plan.identity()


def _different(plan: Sweep, target: Path) -> str:
    stated = _stated(target)
    return "; ".join(
        f"{key} is {stated.get(key)!r} there and {value!r} here"
        for key, value in plan.identity().items()
        if stated.get(key) != value
    )


def _mended(lines: Path) -> int:
    """Cut a torn last line off and return how many whole ones there are."""
    whole = count = 0
    with lines.open("rb+") as file:
        for line in file:
            if not line.endswith(b"\n"):
                break
            whole += len(line)
            count += 1
        file.truncate(whole)
    return count


def _finished(plan: Sweep, target: Path, parameters: tuple[str, ...]) -> SweepTable:
    """Turn the lines into the table, and write the manifest: from then on the sweep is whole."""
    text = (target / LINES).read_text()
    rows: list[Row] = [json.loads(line) for line in text.splitlines()]
    table = SweepTable(plan.scenario.name, parameters, plan.layout, rows)
    write_table(target / TABLE, table)
    document: dict[str, Json] = {
        "manifest_version": 1,
        "verb": "sweep",
        **environment(),
        **plan.identity(),
        "overrides": list(plan.scenario.overrides),
        "small": plan.scenario.is_small,
        "vary": list(plan.told),
        "count": plan.count,
        "scenario": {
            "name": plan.scenario.name,
            "file": plan.scenario.source,
            "sha256": plan.scenario.sha256,
            "text": plan.scenario.text,
        },
        "digest": f"sha256:{hashlib.sha256((target / TABLE).read_bytes()).hexdigest()}",
        "rows": len(rows),
        "file": TABLE,
    }
    _replace(target / MANIFEST, as_json(document))
    (target / LINES).unlink()
    return table


def _replace(path: Path, text: str) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text)
    partial.replace(path)
