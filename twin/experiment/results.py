"""The results of a command as data: the JSON document, rows for a table, and the manifest that lets it be run again."""

import csv
import hashlib
import io
import json
import platform
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path

from twin.errors import UsageError
from twin.experiment.comparison import Comparison, Difference, Estimate
from twin.experiment.expectations import Verdict
from twin.experiment.shown import findings_html
from twin.experiment.vain import vain
from twin.world.result import RunResult

VIOLATIONS_LISTED_MAX = 100
"""A document lists at most so many violations, and says how many there were."""
GIT_TIMEOUT_S = 10

PROJECT = "distribution-twin"
DEPENDENCIES = (
    "click",
    "duckdb",
    "jinja2",
    "joblib",
    "matplotlib",
    "msgspec",
    "networkx",
    "numpy",
    "pydantic",
    "rich",
    "ruamel.yaml",
    "simpy",
)

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]
Row = Mapping[str, str | int | float | bool | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where the numbers come from: what was run, as it was asked for.

    `source` is the path of the scenario's file as it was found, `text` the file as read, `sha256` that of its canonical
    form with overrides applied, which names it; `overrides` are the settings of `--set`, as written; `code` is
    what the user's own modules are, each with its SHA-256.
    """

    scenario: str
    source: str
    text: str
    sha256: str
    seed: int
    overrides: tuple[str, ...] = ()
    small: bool = False
    code: tuple[Mapping[str, str | None], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a command found: the runs side by side, and the verdicts on what was claimed of them.

    `unjudged` names the claims about designs that were not run, `gives_up` the invariants that each design declares to
    break, `unreached` the measures whose precision was not reached. `wall_s` is the time the command took, in seconds;
    `interrupted` says that it was ended early, after whole rounds.
    """

    comparison: Comparison
    expectations: tuple[Verdict, ...] = ()
    slo: tuple[Verdict, ...] = ()
    unjudged: tuple[str, ...] = ()
    gives_up: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unreached: tuple[str, ...] = ()
    wall_s: float = 0.0
    interrupted: bool = False

    @property
    def kpis(self) -> Mapping[str, Estimate]:
        """The measures of the one design that was run.

        Raises:
            UsageError: Several were; `comparison.estimates` has those of each.
        """
        if len(self.comparison.designs) > 1:
            raise UsageError(f"several designs were run ({', '.join(self.comparison.designs)}); ask for one of them")
        return self.comparison.estimates[self.comparison.designs[0]]

    @property
    def never_broken(self) -> tuple[tuple[str, str], ...]:
        """Every design with an invariant that it gives up and never broke."""
        broken = {
            (run.design, violation.get("invariant")) for run in self.comparison.runs for violation in run.declared
        }
        return tuple(
            (design, name) for design, names in self.gives_up.items() for name in names if (design, name) not in broken
        )

    def _repr_html_(self) -> str:
        """Show the findings in a notebook: reported measures by design, verdicts, and what went wrong."""
        return findings_html(self)

    def exit_code(self, *, strict: bool = False) -> int:
        """Give the exit code: 130 interrupted, 4 stopped on an invariant, 1 a broken claim or promise, else 0.

        Under `strict` an undecided claim counts as broken.
        """
        runs = self.comparison.runs
        if self.interrupted:
            return 130
        if any(run.stopped for run in runs):
            return 4
        broken = any(verdict.fails(strict=strict) for verdict in (*self.expectations, *self.slo))
        return 1 if broken or any(run.violations for run in runs) else 0


def run_document(findings: Findings, seed: int) -> dict[str, Json]:
    """Make the JSON document of `twin run`, for the one design that was run."""
    (design,) = findings.comparison.designs
    return {
        "scenario": findings.comparison.runs[0].scenario,
        "design": design,
        **_head(findings, seed),
        "kpis": _kpis(findings.comparison.estimates[design]),
        **_tail(findings),
    }


def compare_document(findings: Findings, seed: int) -> dict[str, Json]:
    """Make the JSON document of `twin compare`: one block for each design, and the paired differences."""
    comparison = findings.comparison
    return {
        "scenario": comparison.runs[0].scenario,
        **_head(findings, seed),
        "designs": {design: _design(comparison, design) for design in comparison.designs},
        "differences": [_difference(difference) for difference in comparison.differences],
        **_tail(findings),
    }


def kpi_rows(comparison: Comparison) -> list[Row]:
    """Give one row for each design and measure, as `kpis.csv` has them."""
    return [
        {
            "design": design,
            "kpi": kpi,
            "mean": estimate.mean,
            "ci95_low": None if estimate.ci95 is None else estimate.ci95[0],
            "ci95_high": None if estimate.ci95 is None else estimate.ci95[1],
            "n": estimate.n,
            "unit": estimate.unit,
        }
        for design, kpis in comparison.estimates.items()
        for kpi, estimate in kpis.items()
    ]


def replications(comparison: Comparison) -> list[Json]:
    """Give every run with its own values, so that intervals and pairs can be computed again."""
    return [
        {
            "design": run.design,
            "seed": run.seed,
            "warm_up_s": run.warm_up_s,
            "events": run.events,
            "digest": run.digest,
            "kpis": dict(run.kpis),
        }
        for run in comparison.runs
    ]


def manifest(verb: str, origin: Origin, findings: Findings, on_violation: str, exit_code: int) -> dict[str, Json]:
    """Make the manifest: everything that is needed to run this again and to trust that it was this."""
    comparison = findings.comparison
    return {
        "manifest_version": 1,
        "verb": verb,
        **environment(),
        "scenario": {
            "name": origin.scenario,
            "file": origin.source,
            "sha256": origin.sha256,
            "text": origin.text,
        },
        "overrides": list(origin.overrides),
        "small": origin.small,
        "code": list(origin.code),
        "designs": list(comparison.designs),
        "seed": origin.seed,
        "reps": len(comparison.rounds),
        "on_violation": on_violation,
        "replications": [_replication(run) for run in comparison.runs],
        "notes": notes_of(comparison),
        "sim_s": sum(run.sim_s for run in comparison.runs),
        "wall_s": findings.wall_s,
        "events": sum(run.events for run in comparison.runs),
        "digest": digest_of(comparison.runs),
        "exit_code": exit_code,
    }


def notes_of(comparison: Comparison) -> list[str]:
    """Give what the runs of the first seed say of what was left out, set by hand or never sold.

    The other replications leave out as much or nearly so.
    """
    return list(dict.fromkeys(note for run in comparison.rounds[0] for note in run.notes))


def environment() -> dict[str, Json]:
    """Give what ran: versions of the project, of Python and of what they stand on, and the checkout's revision."""
    return {
        "version": metadata.version(PROJECT),
        "git": git_state(Path(__file__).parents[2]),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "dependencies": {name: metadata.version(name) for name in DEPENDENCIES},
    }


def digest_of(runs: Sequence[RunResult]) -> str:
    """Give the digest of several runs: that of the run if there is one, else SHA-256 over theirs, one a line."""
    if len(runs) == 1:
        return runs[0].digest
    lines = "".join(f"{run.digest}\n" for run in runs)
    return f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}"


def git_state(project: Path) -> dict[str, Json] | None:
    """Give the revision of a checkout and whether it has changes; None where there is no checkout, or no git."""
    if not (project / ".git").exists():
        return None
    answers = []
    for words in (("rev-parse", "HEAD"), ("status", "--porcelain", "--untracked-files=no")):
        try:
            answer = subprocess.run(
                ["git", "-C", str(project), *words], capture_output=True, text=True, timeout=GIT_TIMEOUT_S, check=True
            )
        except (OSError, subprocess.SubprocessError):
            return None
        answers.append(answer.stdout.strip())
    return {"revision": answers[0], "dirty": bool(answers[1])}


def as_json(document: object) -> str:
    """Write a document as JSON text; floats as Python writes them, so equal numbers are equal bytes.

    Raises:
        TypeError: It has a part that JSON has no form for.
        ValueError: It has a number that JSON has no form for.
    """
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def as_csv(rows: Iterable[Row]) -> str:
    """Write rows as CSV with a header; a missing value is an empty field. No rows, no text."""
    rows = list(rows)
    if not rows:
        return ""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _head(findings: Findings, seed: int) -> dict[str, Json]:
    comparison = findings.comparison
    return {
        "seed": seed,
        "reps": len(comparison.rounds),
        "stopped": next((_stopped(run) for run in comparison.runs if run.stopped), None),
    }


def _tail(findings: Findings) -> dict[str, Json]:
    runs = findings.comparison.runs
    invariants, cut = _invariants(runs)
    invariants["never_broken"] = [{"design": design, "invariant": name} for design, name in findings.never_broken]
    limits = dict.fromkeys(sentence for run in runs for sentence in run.limits)
    return {
        "invariants": invariants,
        "faults_without_effect": [asdict(each) for each in vain(runs)],
        "expectations": [_verdict(verdict) for verdict in findings.expectations],
        "slo": [_verdict(verdict) for verdict in findings.slo],
        "events": sum(run.events for run in runs),
        "digest": digest_of(runs),
        "sim_s": max(run.sim_s for run in runs),
        "limits": [*limits, *cut],
        "timing": {"wall_s": findings.wall_s},
    }


def _design(comparison: Comparison, design: str) -> dict[str, Json]:
    runs = comparison.of(design)
    return {
        "kpis": _kpis(comparison.estimates[design]),
        "invariants": _invariants(runs)[0],
        "events": sum(run.events for run in runs),
        "digest": digest_of(runs),
    }


def _kpis(estimates: Mapping[str, Estimate]) -> dict[str, Json]:
    return {
        kpi: {"mean": estimate.mean, "ci95": estimate.ci95, "n": estimate.n, "unit": estimate.unit}
        for kpi, estimate in sorted(estimates.items())
    }


def _difference(difference: Difference) -> dict[str, Json]:
    return {
        "kpi": difference.kpi,
        "a": difference.a,
        "b": difference.b,
        "mean": difference.mean,
        "ci95": difference.ci95,
        "n": difference.n,
        "unit": difference.unit,
        "significant": difference.significant,
        "more_runs": difference.more_runs,
    }


def _verdict(verdict: Verdict) -> dict[str, Json]:
    law = {} if verdict.claim.law is None else {"expected": verdict.expected}
    return {
        "name": verdict.claim.name,
        "holds": verdict.holds,
        "value": verdict.value,
        "ci95": verdict.ci95,
        **law,
        "n": verdict.n,
        "unit": verdict.unit,
        "is": verdict.claim.text,
        "more_runs": verdict.more_runs,
    }


def _invariants(runs: Sequence[RunResult]) -> tuple[dict[str, Json], list[str]]:
    """List broken promises with the run they were broken in, and say where the list was cut."""
    lists: dict[str, Json] = {"checked": max(run.invariants_checked for run in runs)}
    cut = []
    for name in ("violations", "declared"):
        found = [
            {"design": run.design, "seed": run.seed, **_plain(broken)}
            for run in runs
            for broken in (run.violations if name == "violations" else run.declared)
        ]
        lists[name] = found[:VIOLATIONS_LISTED_MAX]
        if len(found) > VIOLATIONS_LISTED_MAX:
            cut.append(f"invariants.{name} lists the first {VIOLATIONS_LISTED_MAX} of {len(found)}")
    return lists, cut


def _replication(run: RunResult) -> dict[str, Json]:
    return {
        "design": run.design,
        "seed": run.seed,
        "events": run.events,
        "digest": run.digest,
        "sim_s": run.sim_s,
        "warm_up_s": run.warm_up_s,
        "wall_s": run.wall_s,
        "stopped": None if run.stopped is None else _plain(run.stopped),
    }


def _stopped(run: RunResult) -> dict[str, Json]:
    return {"design": run.design, "seed": run.seed, **_plain(run.stopped)}


def _plain(value: Mapping[str, object] | None) -> dict[str, Json]:
    """Take a mapping of plain values as JSON; anything else in it is written as its text."""
    return {} if value is None else {key: _plain_value(part) for key, part in value.items()}


def _plain_value(value: object) -> Json:
    if isinstance(value, Mapping):
        return {str(key): _plain_value(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain_value(part) for part in value]
    return value if isinstance(value, bool | int | float | str) or value is None else str(value)
