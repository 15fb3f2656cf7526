"""Tries mutants, each in a copy of the production code: `python tests/mutants/kill.py [NAME...]`.

Writes a row for each: the mutant, whom the catalogue names, what killed it, after how many seeds. Exit 1 if one lives.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent))

from further import FURTHER  # both beside this file, which is run as a script and imported by its test
from table import MUTANTS, Mutant

EVERY = (*MUTANTS, *FURTHER)
ROOT = Path(__file__).parents[2]
PACKAGES = ("actors", "policies", "reports", "scenarios", "twin")
SEEDS = 3
TIMEOUT_S = 600


class Trial(NamedTuple):
    """What became of a mutant: `killed_by` is empty when it lives."""

    mutant: Mutant
    killed_by: str
    seeds: int


def patched(mutant: Mutant, to: Path) -> None:
    """Write a copy of the production code with one patch."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, to / package, ignore=shutil.ignore_patterns("__pycache__"))
    path = to / mutant.file
    text = path.read_text()
    if text.count(mutant.before) != 1:
        raise SystemExit(f"{mutant.name}: the text before stands {text.count(mutant.before)} times in {mutant.file}")
    path.write_text(text.replace(mutant.before, mutant.after))


def tried(mutant: Mutant) -> Trial:
    """Try one mutant."""
    with tempfile.TemporaryDirectory() as folder:
        to = Path(folder)
        patched(mutant, to)
        if mutant.test:
            shutil.copytree(ROOT / "tests", to / "tests", ignore=shutil.ignore_patterns("__pycache__"))
            shutil.copy(ROOT / "pyproject.toml", to)
            command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", mutant.test]
            ended = _run(command, to)
            return Trial(mutant, mutant.test if ended.returncode == 1 else "", 0)
        if mutant.named == ("R-2",):
            digests = [_world(mutant, to, digest=True, hash_seed=seed).stdout for seed in ("1", "2")]
            return Trial(mutant, "R-2" if digests[0] != digests[1] else "", 1)
        ended = _world(mutant, to)
        if ended.returncode:
            return Trial(mutant, ended.stderr.strip().splitlines()[-1].partition(":")[0], 1)
        killed_by, seeds = ended.stdout.split()
        return Trial(mutant, "" if killed_by == "-" else killed_by, int(seeds))


def alone(mutant: Mutant) -> subprocess.CompletedProcess[str]:
    """Run the world of a mutant on production code as it is."""
    return _world(mutant, ROOT)


def _world(mutant: Mutant, to: Path, *, digest: bool = False, hash_seed: str = "0") -> subprocess.CompletedProcess[str]:
    asked = {
        "scenario": mutant.scenario, "settings": mutant.settings, "design": mutant.design, "small": mutant.small,
        "seeds": SEEDS, "digest": digest,
    }  # fmt: skip
    trial = str(Path(__file__).parent / "trial.py")
    return _run([sys.executable, trial, json.dumps(asked)], to, PYTHONHASHSEED=hash_seed)


def _run(command: Sequence[str], to: Path, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(to), **more}
    return subprocess.run(
        command, check=False, cwd=to, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S
    )


def trials(names: Sequence[str] = ()) -> Iterator[Trial]:
    """Try the mutants of these names, or all."""
    for mutant in EVERY:
        if not names or mutant.name in names:
            yield tried(mutant)


if __name__ == "__main__":
    alive = 0
    for trial in trials(sys.argv[1:]):
        alive += not trial.killed_by
        told = trial.killed_by or "LIVES"
        sys.stdout.write(f"| {trial.mutant.name} | {', '.join(trial.mutant.named)} | {told} | {trial.seeds} |\n")
        sys.stdout.flush()
    sys.exit(1 if alive else 0)
