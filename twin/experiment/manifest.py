"""Manifests read back: what a folder says was run, and whether running it again does the same."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from twin.errors import HistoryError
from twin.experiment.folder import MANIFEST
from twin.experiment.results import PROJECT, Json, environment
from twin.world.result import RunResult

Verb = Literal["run", "compare", "sweep"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What was run: the scenario's file and its text, what was changed, designs and seeds, and what came of it.

    `replications` has the digest of every run by (design, seed); of a sweep there is only the digest of its table.
    """

    path: Path
    verb: Verb
    name: str
    file: str
    text: str
    sha256: str
    overrides: tuple[str, ...]
    small: bool
    designs: tuple[str, ...]
    seed: int
    reps: int
    on_violation: Literal["stop", "report"]
    digest: str
    replications: Mapping[tuple[str, int], str]
    versions: Mapping[str, str]
    vary: tuple[str, ...] = ()
    layout: Literal["grid", "lhs", "sobol"] = "grid"
    count: int | None = None

    @property
    def folder(self) -> Path:
        """The folder that the manifest stands in."""
        return self.path.parent


def read_manifest(path: Path) -> Manifest:
    """Read a manifest; a folder stands for the one in it.

    Raises:
        HistoryError: there is none, or it lacks something.
    """
    file = path / MANIFEST if path.is_dir() else path
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise HistoryError(f"{file}: cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise HistoryError(f"{file}: is no manifest: {error}") from error
    if isinstance(told, dict) and told.get("verb") == "optimize":
        raise HistoryError(f"{file}: is that of a search, which is not read back; `optimize --report` writes its page")
    try:
        return _manifest(file, told)
    except (KeyError, TypeError) as error:
        raise HistoryError(f"{file}: is no manifest of this version: it lacks {error}") from error


def differing_versions(manifest: Manifest) -> list[str]:
    """Say which versions are others here than in the manifest."""
    here = _versions(environment())
    return [
        f"{name} was {there}, here it is {here.get(name, 'missing')}"
        for name, there in manifest.versions.items()
        if here.get(name) != there
    ]


def differing_runs(manifest: Manifest, runs: Sequence[RunResult]) -> list[str]:
    """Say which runs came out otherwise than in the manifest, in its order."""
    found = {(run.design, run.seed): run.digest for run in runs}
    return [
        f"{design}, seed {seed}: {digest} then, {found.get((design, seed), 'not run')} now"
        for (design, seed), digest in manifest.replications.items()
        if found.get((design, seed)) != digest
    ]


def _manifest(path: Path, told: Mapping[str, Json]) -> Manifest:
    scenario = _mapping(told, "scenario")
    verb = told["verb"]
    replications = _list(told, "replications") if verb != "sweep" else []
    return Manifest(
        path=path,
        verb=verb,  # type: ignore[arg-type]  # another one finds nobody to run it
        name=str(scenario["name"]),
        file=str(scenario["file"]),
        text=str(scenario["text"]),
        sha256=str(scenario["sha256"]),
        overrides=tuple(str(each) for each in _list(told, "overrides")),
        small=bool(told.get("small", False)),
        designs=tuple(str(each) for each in _list(told, "designs")),
        seed=_whole(told, "seed"),
        reps=_whole(told, "reps"),
        on_violation="stop" if told.get("on_violation") == "stop" else "report",
        digest=str(told["digest"]),
        replications={
            (str(each["design"]), _whole(each, "seed")): str(each["digest"])
            for each in replications
            if isinstance(each, Mapping)
        },
        versions=_versions(told),
        vary=tuple(str(each) for each in _list(told, "vary")) if verb == "sweep" else (),
        layout=told.get("layout", "grid"),  # type: ignore[arg-type]
        count=told.get("count"),  # type: ignore[arg-type]
    )


def _versions(told: Mapping[str, Json]) -> dict[str, str]:
    return {
        "python": str(told["python"]),
        PROJECT: str(told["version"]),
        **{name: str(version) for name, version in _mapping(told, "dependencies").items()},
    }


def _mapping(told: Mapping[str, Json], key: str) -> Mapping[str, Json]:
    value = told[key]
    if not isinstance(value, Mapping):
        raise TypeError(f"a mapping under '{key}'")
    return value


def _list(told: Mapping[str, Json], key: str) -> Sequence[Json]:
    value = told[key]
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise TypeError(f"a list under '{key}'")
    return value


def _whole(told: Mapping[str, Json], key: str) -> int:
    value = told[key]
    if not isinstance(value, int):
        raise TypeError(f"a whole number under '{key}'")
    return value
