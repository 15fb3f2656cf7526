"""The verbs that go back to runs that were made: `rerun` and `diff`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from twin.cli import FAILED, OK, options, show

if TYPE_CHECKING:
    from twin.experiment.manifest import Manifest
    from twin.world.scenario import Scenario

SHOWN_MAX = 40
"""The most lines of one kind that a table shows; JSON has all of them."""


@click.command()
@click.argument("manifest", type=click.Path(path_type=Path))
@click.option("--jobs", metavar="N", callback=options.whole(0), default="1", help="How many processes; 0: all cores.")
@options.allow_code
@click.option("--out", type=click.Path(path_type=Path), help="A folder for the new runs; none by itself.")
@options.output
def rerun(manifest: Path, jobs: int, out: Path | None, form: str, quiet: bool, no_progress: bool) -> int:
    """Run again what a manifest describes.

    MANIFEST is a manifest.json or the folder it stands in. Exit 0 when every run has the same digest, 1 with what
    differs when not.
    """
    from twin.experiment.manifest import differing_versions, read_manifest

    told = read_manifest(manifest)
    log = show.Log(quiet=quiet)
    with show.Bar(f"rerun {told.name}", shown=not (quiet or no_progress)) as bar:
        digest, differing = _again(told, jobs, out, bar)
    versions = differing_versions(told) if differing else []
    if form == "json":
        document = {"digest": digest, "expected": told.digest, "same": not differing}
        show.json({**document, "runs": differing, "versions": versions})
    else:
        rows = [
            {"what": "digest", "then": told.digest, "now": digest, "same": str(not differing).lower()},
        ]
        show.rows(form, rows, title=f"{told.verb} {told.name}")
        show.lines(f"differs: {line}" for line in (*differing, *versions)[:SHOWN_MAX])
    log.say("the same, bit for bit" if not differing else "not the same; see above for what differs")
    return FAILED if differing else OK


@click.command()
@click.argument("a", type=click.Path(path_type=Path))
@click.argument("b", type=click.Path(path_type=Path))
@options.output
def diff(a: Path, b: Path, form: str, quiet: bool, no_progress: bool) -> int:
    """Compare two run folders: settings, measures, and the first event that differs.

    Exit 0 when they hold the same runs, 1 when not.
    """
    from twin.experiment import difference
    from twin.experiment.manifest import read_manifest

    first, second = read_manifest(a), read_manifest(b)
    for told in (first, second):
        if told.verb == "sweep":
            raise click.UsageError(f"'{told.folder}' is a sweep; diff compares runs (its rows are in twin.results)")
    settings = difference.settings(_scenario(first), _scenario(second))
    measures = difference.measures(first, second)
    events = difference.first_events(first, second)
    same = first.digest == second.digest
    if form == "json":
        show.json(
            {
                "settings": [{"path": each.what, "a": each.a, "b": each.b} for each in settings],
                "measures": [{"kpi": each.what, "a": each.a, "b": each.b} for each in measures],
                "first_differing_event": [
                    {"design": each.design, "row": each.row, "a": each.a, "b": each.b} for each in events
                ],
                "digest": {"a": first.digest, "b": second.digest, "same": same},
            }
        )
        return OK if same else FAILED
    for title, found in (("settings", settings), ("measures (means)", measures)):
        rows = [{"what": each.what, "a": str(each.a), "b": str(each.b)} for each in found[:SHOWN_MAX]]
        show.rows(form, rows, title=title)
        if len(found) > SHOWN_MAX:
            show.lines([f"and {len(found) - SHOWN_MAX} more {title}; --format json has all"])
    show.rows(
        form,
        [{"design": each.design, "row": each.row, "a": str(each.a), "b": str(each.b)} for each in events],
        title="first differing event",
    )
    show.Log(quiet=quiet).say("the same runs, bit for bit" if same else "not the same runs")
    return OK if same else FAILED


def _scenario(told: "Manifest") -> "Scenario":
    import scenarios

    known = told.name in scenarios.names() and Path(told.file).stem == told.name
    return scenarios.load(
        told.name if known else told.file, told.overrides, told.small, text=told.text, allow_code=options.allowed()
    )


def _again(told: "Manifest", jobs: int, out: Path | None, bar: show.Bar) -> tuple[str, list[str]]:
    """Run again; return the digest and what differs."""
    if told.verb == "sweep":
        return _sweep_again(told, jobs, out, bar)
    from twin.experiment import study
    from twin.experiment.manifest import differing_runs
    from twin.experiment.results import digest_of

    scenario = _scenario(told)
    plan = study.plan_run if told.verb == "run" else study.plan_compare
    designs = told.designs[0] if told.verb == "run" else told.designs
    planned = plan(scenario, designs, seed=told.seed, reps=told.reps, on_violation=told.on_violation)  # type: ignore[arg-type]  # one design for `run`, several for `compare`
    runs = study.carry_out(planned, jobs, target=out, progress=bar).comparison.runs
    return digest_of(runs), differing_runs(told, runs)


def _sweep_again(told: "Manifest", jobs: int, out: Path | None, bar: show.Bar) -> tuple[str, list[str]]:
    import hashlib
    from tempfile import TemporaryDirectory

    from twin.experiment.sweep import TABLE, carry_out_sweep, plan_sweep
    from twin.experiment.work import Workforce

    plan = plan_sweep(
        _scenario(told),
        told.vary,
        designs=told.designs,
        seed=told.seed,
        reps=told.reps,
        layout=told.layout,
        count=told.count,
    )
    with TemporaryDirectory() as folder:
        target = out or Path(folder) / "sweep"
        carry_out_sweep(plan, Workforce.of(jobs), target=target, progress=bar)
        digest = f"sha256:{hashlib.sha256((target / TABLE).read_bytes()).hexdigest()}"
    return digest, [] if digest == told.digest else [f"the table: {told.digest} then, {digest} now"]
