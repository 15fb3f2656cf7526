"""C9: the same bytes again, in whatever process and recorded or not; the same luck under another design."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from twin.errors import UsageError
from twin.experiment.replicate import Plan, rounds
from twin.experiment.selfcheck.check import Way
from twin.experiment.selfcheck.row import Exact, Row, Values
from twin.world.run import run_once

if TYPE_CHECKING:
    from twin.world.scenario import Scenario

WORLDS: Final = {
    "metastable_grid": ("quota", ("horizon=90s", "measures.windows.after={from: 70s, to: 80s}")),
    "oversell_law": ("law", ("items.count=40", "demand.orders_per_day=230400")),
}
"""Scenario: the design that is run, and what makes it quick."""
WAYS: Final = ("again, after another run", "recorded to a file", "in a worker process", "in a process of its own")
START: Final = "import sys; from twin.cli import main; sys.exit(main(sys.argv[1:]))"
PROCESS_TIMEOUT_S: Final = 300


@dataclass(frozen=True, slots=True)
class Sameness:
    """One world, run in every way; a value is 1 where the digest is that of the first run."""

    scenario: str
    rows: tuple[Row, ...]

    @property
    def how(self) -> str:
        """The command that makes such a run."""
        design, settings = WORLDS[self.scenario]
        told = "".join(f" --set '{setting}'" for setting in settings)
        return f"twin run {self.scenario} --design {design}{told}"

    def values(self, way: Way) -> Sequence[Values]:
        """Run the world in every way and compare digests."""
        design, settings = WORLDS[self.scenario]
        scenario = way.load(self.scenario, settings)
        first = run_once(scenario, design, way.seed).digest
        run_once(scenario, design, way.seed + 1)
        digests = (
            run_once(scenario, design, way.seed).digest,
            _recorded(scenario, design, way.seed),
            _in_a_worker(scenario, design, way.seed),
            _in_a_process(self.scenario, design, settings, way.seed),
        )
        return [[float(digest == first)] for digest in digests]


@dataclass(frozen=True, slots=True)
class Luck:
    """The world of clients and servers with and without retries: when first attempts are sent must not differ."""

    rows: tuple[Row, ...]
    how: str = "twin run metastable_grid, designs none and retries; events.parquet, first attempts sent"

    def values(self, way: Way) -> Sequence[Values]:
        """Count the first attempts that are not sent at the same time under both designs."""
        scenario = way.load("metastable_grid", WORLDS["metastable_grid"][1])
        with tempfile.TemporaryDirectory() as folder:
            places = {design: Path(folder, design) for design in ("none", "retries")}
            for design, place in places.items():
                place.mkdir()
                run_once(scenario, design, way.seed, out=place)
            return [[float(_differing(*places.values()))]]


def checks(*, quick: bool) -> tuple[Sameness | Luck, ...]:
    """Return one check for each world, and the one of luck; they are as quick as they get."""
    worlds = tuple(
        Sameness(name, tuple([_row(f"C9 {name}: same bytes {how}", 1.0) for how in WAYS])) for name in WORLDS
    )
    return (*worlds, Luck((_row("C9 first attempts that another design moves", 0.0),)))


def _row(name: str, expected: float) -> Row:
    return Row(name=name, expected=expected, unit="count", source="VALIDATION C9", rule=Exact())


def _recorded(scenario: "Scenario", design: str, seed: int) -> str:
    with tempfile.TemporaryDirectory() as folder:
        return run_once(scenario, design, seed, out=Path(folder)).digest


def _in_a_worker(scenario: "Scenario", design: str, seed: int) -> str:
    plan = Plan(designs=(design,), seed=seed, reps=2, record=False)
    return next(iter([run for (run,) in rounds(scenario, plan, 2)])).digest


def _in_a_process(name: str, design: str, settings: Sequence[str], seed: int) -> str:
    """Run the command line in a process with another hash seed."""
    words = ["run", name, "--design", design, "--seed", str(seed), "--reps", "1", "--format", "json", "--quiet"]
    words += [word for setting in settings for word in ("--set", setting)]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", START, *words, "--out", str(Path(folder, "run"))],
            env={**os.environ, "PYTHONHASHSEED": str(seed % 1_000 + 1)},
            capture_output=True,
            text=True,
            timeout=PROCESS_TIMEOUT_S,
            check=False,
        )
    if not done.stdout:
        raise UsageError(f"a run in a process of its own failed: {done.stderr.strip()}")
    return str(json.loads(done.stdout)["digest"])


def _differing(one: Path, other: Path) -> int:
    import duckdb  # only this check reads event logs

    first = "SELECT at_us, message FROM read_parquet(?) WHERE kind = 'users/server.sent' AND item = 1"
    with duckdb.connect() as database:
        found = database.execute(
            f"SELECT count(*) FROM (({first} EXCEPT {first}) UNION ALL ({first} EXCEPT {first}))",
            [str(path / "events.parquet") for path in (one, other, other, one)],
        ).fetchone()
    assert found is not None
    return int(found[0])
