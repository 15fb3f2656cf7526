"""A run folder read back as the comparison it was written from, with the verdicts as they were judged."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twin.errors import HistoryError, UsageError
from twin.experiment.comparison import Comparison, compare_rounds
from twin.experiment.manifest import Manifest, read_manifest
from twin.world.result import RunResult


@dataclass(frozen=True, slots=True)
class Folder:
    """A run or a comparison on disk: what was run, what its replications gave, and the document of its verb."""

    manifest: Manifest
    comparison: Comparison
    document: Mapping[str, Any]  # JSON as the verb printed it


def read_folder(path: Path, report: tuple[str, ...] = ()) -> Folder:
    """Read a run folder; `report` names the measures to show first.

    Raises:
        HistoryError: something in it cannot be read.
        UsageError: it is the folder of a sweep or a search.
    """
    manifest = read_manifest(path)
    if manifest.verb not in ("run", "compare"):
        raise UsageError(
            f"'{manifest.folder}' is the folder of a {manifest.verb}; a report is about runs or comparisons"
        )
    file = manifest.folder / "kpis.json"
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        return Folder(manifest, _comparison(manifest, document, report), document)
    except OSError as error:
        raise HistoryError(f"{file}: cannot be read: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise HistoryError(f"{file}: is no result of this version: {error}") from error


def _comparison(manifest: Manifest, document: Mapping[str, Any], report: tuple[str, ...]) -> Comparison:
    blocks = document["designs"] if "designs" in document else {document["design"]: document}
    units = {kpi: value["unit"] for block in blocks.values() for kpi, value in block["kpis"].items()}
    runs = {(each["design"], each["seed"]): _run(manifest, document, each, units) for each in document["replications"]}
    seeds = list(dict.fromkeys(seed for _, seed in runs))
    rounds = [tuple(runs[design, seed] for design in manifest.designs) for seed in seeds]
    return compare_rounds(rounds, report or _reported(document, manifest))


def _reported(document: Mapping[str, Any], manifest: Manifest) -> tuple[str, ...]:
    """Return what the comparison reported; of a run, the measures that the standard table has."""
    if document.get("differences"):
        return tuple(dict.fromkeys(each["kpi"] for each in document["differences"]))
    from twin.experiment.study import STANDARD_REPORT

    return STANDARD_REPORT


def _run(
    manifest: Manifest, document: Mapping[str, Any], each: Mapping[str, Any], units: Mapping[str, str]
) -> RunResult:
    def of(name: str) -> tuple[Mapping[str, object], ...]:
        found = document["invariants"][name]
        return tuple(one for one in found if (one["design"], one["seed"]) == (each["design"], each["seed"]))

    return RunResult(
        scenario=manifest.name,
        design=each["design"],
        seed=each["seed"],
        stopped=None,
        kpis=each["kpis"],
        units=dict(units),
        invariants_checked=document["invariants"]["checked"],
        violations=of("violations"),
        declared=of("declared"),
        antecedents={},
        events=each["events"],
        digest=each["digest"],
        sim_s=document["sim_s"],
        limits=tuple(document["limits"]),
        wall_s=0.0,
        notes=(),
        vain=_vain(document, each),
        warm_up_s=each["warm_up_s"],
    )


def _vain(document: Mapping[str, Any], run: Mapping[str, Any]) -> tuple[Mapping[str, str], ...]:
    """Return the faults that took no effect in one run."""
    return tuple(
        {name: each[name] for name in ("fault", "kind", "target")}
        for each in document["faults_without_effect"]
        if each["design"] == run["design"] and run["seed"] in each["seeds"]
    )
