"""The verbs: each parses, calls and prints. Rooms are imported inside, so that help and version answer at once."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from importlib import import_module
from keyword import iskeyword
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from twin.cli import INVALID, OK, options, show

if TYPE_CHECKING:
    from twin.experiment.comparison import Comparison
    from twin.experiment.replicate import Precision
    from twin.experiment.results import Findings
    from twin.experiment.study import Study
    from twin.world.result import RunResult
    from twin.world.scenario import Scenario

ELSEWHERE: Mapping[str, str] = {
    "bench": "twin.cli.bench",
    "sweep": "twin.cli.experiments",
    "optimize": "twin.cli.experiments",
    "live": "twin.cli.live",
    "report": "twin.cli.pages",
    "trace": "twin.cli.pages",
    "export": "twin.cli.exports",
    "rerun": "twin.cli.again",
    "diff": "twin.cli.again",
    "selfcheck": "twin.cli.selfcheck",
    "replay": "twin.cli.replays",
    "import": "twin.cli.imports",
    "explain": "twin.cli.explaining",
    "new": "twin.cli.starting",
}
"""Verbs that stand in modules of their own, in the order of the help; each is a command of its verb's name.

`import` is a word of Python's own, so its command is `import_`.
"""
NOTES_SHOWN = 8
"""Notes on a run that are said in the terminal; all of them stand in its manifest."""
DECISIONS_MAX = 12
"""Differences between designs that are said in the terminal; all of them stand in `kpis.json`."""
KINDS = ("scenarios", "parties", "faults", "invariants", "presets", "policies", "measures")


class Verbs(click.Group):
    """A group that answers a misspelt verb with the nearest one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb, or say what there is instead."""
        name = args[0]
        known = self.list_commands(ctx)
        if name not in known and not name.startswith("-"):
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(known)}"
            ctx.fail(f"no such command '{name}'; {hint}")
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the verbs in the order in which one meets them."""
        return [*self.commands, *ELSEWHERE]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Find a verb; one that stands elsewhere is imported when it is asked for."""
        if cmd_name in ELSEWHERE:
            name = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name
            command = getattr(import_module(ELSEWHERE[cmd_name]), name)
            assert isinstance(command, click.Command)
            return command
        return super().get_command(ctx, cmd_name)


@click.group(
    cls=Verbs,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="distribution-twin", prog_name="twin")
@click.option("--debug", is_flag=True, expose_value=False, help="Show where an error comes from.")
@click.pass_context
def twin(ctx: click.Context) -> int:
    """A digital twin of distribution-ERP middleware.

    Start with: twin compare oversell
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
    return OK


@twin.command("list")
@click.argument("kind", type=click.Choice(KINDS), default="scenarios")
@options.output
def list_(kind: str, form: str, quiet: bool, no_progress: bool) -> int:
    """List scenarios, or what they are made of."""
    from twin.cli.catalogue import rows_of

    found = rows_of(kind)
    if form != "json":  # as long as all the rest together: `twin explain` shows them of one
        found = [{key: value for key, value in row.items() if key != "sources"} for row in found]
    show.rows(form, found, title=kind)
    if not found:
        show.Log(quiet=quiet).say(f"there are no {kind} yet")
    return OK


@twin.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@options.changes
@click.option("--strict", is_flag=True, help="Warnings count as errors.")
@click.option("--resolved", is_flag=True, help="Print the whole scenario, with every default and its source.")
@click.option("--loads", is_flag=True, help="Print how full each gate gets, and which is expected to break first.")
@click.option("--parties", is_flag=True, help="Print what each party models, leaves out, and rests on.")
@options.output
def check(
    files: tuple[str, ...],
    overrides: tuple[str, ...],
    small: bool,
    strict: bool,
    resolved: bool,
    loads: bool,
    parties: bool,
    form: str,
    quiet: bool,
    no_progress: bool,
) -> int:
    """Check scenario files: every problem with its place."""
    import scenarios
    from twin.cli.catalogue import problem_rows

    log = show.Log(quiet=quiet)
    problems = [
        problem
        for file in files
        for problem in scenarios.check(file, overrides, small=small, allow_code=options.allowed())
    ]
    if form != "table" and not (loads or parties):
        show.rows(form, problem_rows(problems), title="problems")
    elif not resolved:
        show.lines(str(problem) for problem in problems)
    errors = [problem for problem in problems if strict or problem.level == "error"]
    if errors:
        if form == "table" and resolved:
            show.lines(str(problem) for problem in problems)
        return INVALID
    if resolved and form == "table":
        show.lines(scenarios.resolved(file, overrides, small=small, allow_code=options.allowed()) for file in files)
    if loads:
        from twin.cli.catalogue import load_rows

        found = [
            row
            for file in files
            for row in load_rows(file, overrides, small=small, allow_code=tuple(options.allowed()))
        ]
        show.rows(form, found, title="loads")
        log.say(f"expected to break first: {found[0]['gate']}" if found else "no gates in these worlds")
    if parties:
        from twin.cli.catalogue import rows_of_parties

        show.rows(form, rows_of_parties(files, overrides, small=small, form=form), title="parties")
    log.say(f"{len(files)} {'file' if len(files) == 1 else 'files'} checked, {len(problems)} warnings")
    return OK


@twin.command()
@options.output
def schema(form: str, quiet: bool, no_progress: bool) -> int:
    """Print the JSON Schema of scenario files."""
    import scenarios

    show.json(scenarios.schema())
    return OK


@twin.command()
@click.argument("scenario")
@click.option("--design", help="Which design to run; the first one unless named.")
@options.changes
@options.runs
@options.output
def run(
    scenario: str,
    design: str | None,
    overrides: tuple[str, ...],
    small: bool,
    seed: int | None,
    reps: int | None,
    jobs: int,
    precision: tuple[str, ...],
    out: Path | None,
    on_violation: Literal["stop", "report"] | None,
    history: bool | None,
    strict: bool,
    with_report: bool,
    form: str,
    quiet: bool,
    no_progress: bool,
) -> int:
    """Run one design of a scenario.

    SCENARIO is a shipped name or a file.
    """
    from twin.experiment.study import plan_run

    study = plan_run(
        _load(scenario, overrides, small),
        design,
        seed=seed,
        reps=reps,
        on_violation=on_violation,
        precision=_precision(precision),
        history=history,
        strict=strict,
    )
    return _carry_out(study, jobs, out, form, with_report=with_report, quiet=quiet, no_progress=no_progress)


@twin.command()
@click.argument("scenario")
@click.option("--designs", metavar="A,B,...", help="Which designs to compare; all unless named.")
@options.changes
@options.runs
@options.output
def compare(
    scenario: str,
    designs: str | None,
    overrides: tuple[str, ...],
    small: bool,
    seed: int | None,
    reps: int | None,
    jobs: int,
    precision: tuple[str, ...],
    out: Path | None,
    on_violation: Literal["stop", "report"] | None,
    history: bool | None,
    strict: bool,
    with_report: bool,
    form: str,
    quiet: bool,
    no_progress: bool,
) -> int:
    """Compare designs on the same demand and luck.

    SCENARIO is a shipped name or a file.
    """
    from twin.experiment.study import plan_compare

    study = plan_compare(
        _load(scenario, overrides, small),
        None if designs is None else [name.strip() for name in designs.split(",")],
        seed=seed,
        reps=reps,
        on_violation=on_violation,
        precision=_precision(precision),
        history=history,
        strict=strict,
    )
    return _carry_out(study, jobs, out, form, with_report=with_report, quiet=quiet, no_progress=no_progress)


def _load(scenario: str, overrides: Sequence[str], small: bool) -> "Scenario":
    import scenarios

    return scenarios.load(scenario, overrides, small=small, allow_code=options.allowed())


def _precision(texts: Sequence[str]) -> "tuple[Precision, ...]":
    from twin.experiment.replicate import Precision

    return tuple(Precision.read(text) for text in texts)


def _carry_out(
    study: "Study", jobs: int, out: Path | None, form: str, *, with_report: bool, quiet: bool, no_progress: bool
) -> int:
    """Run a study under a progress bar, print what it found, and name the files it left."""
    from twin.experiment.study import carry_out, default_target, document

    log = show.Log(quiet=quiet)
    target = out or default_target(study)
    draw = _figures if study.verb == "compare" else None
    with show.Bar(f"{study.verb} {study.origin.scenario}", shown=not (quiet or no_progress)) as bar:
        findings = carry_out(study, jobs, target=target, draw=draw, progress=bar)
    _explain(findings, form, log)
    if form == "json":
        show.json(document(study, findings))
    else:
        _print(findings, form)
    _conclude(findings, target, log)
    if with_report:
        from twin.cli.pages import write_report

        log.say(f"report: {write_report(target, target / 'report.html', with_files=True)}")
    return findings.exit_code(strict=study.strict)


def _figures(comparison: "Comparison") -> Mapping[str, bytes]:
    from reports.compare import figure
    from reports.document import image

    drawn = figure(comparison)
    return {"compare.svg": image(drawn, "svg"), "compare.png": image(drawn, "png")}


def _print(findings: "Findings", form: str) -> None:
    from reports import tables
    from twin.experiment.results import kpi_rows

    comparison = findings.comparison
    if form == "csv":
        show.rows("csv", kpi_rows(comparison), title="")
        return
    show.table(tables.measures(comparison))
    show.table(tables.violations(comparison.runs))
    show.table(tables.verdicts((*findings.expectations, *findings.slo)))
    show.lines(tables.decisions(comparison.differences, DECISIONS_MAX))
    if picture := tables.picture(comparison):
        show.lines(("", *picture))


def _explain(findings: "Findings", form: str, log: show.Log) -> None:
    """Say on stderr, before the data, what it rests on: what was left out, not judged, or is not in the model."""
    from twin.experiment.results import notes_of

    notes = notes_of(findings.comparison)
    for note in notes[:NOTES_SHOWN]:
        log.say(f"note: {note}")
    if len(notes) > NOTES_SHOWN:
        log.say(f"note: {len(notes) - NOTES_SHOWN} more in the manifest")
    limits = dict.fromkeys(limit for run in findings.comparison.rounds[0] for limit in run.limits)
    if form == "table" and limits:
        log.say(f"note: what the model leaves out is said in {len(limits)} sentences of kpis.json (limits)")
    for name in findings.unjudged:
        log.say(f"note: '{name}' is not judged, because not all of its designs were run")
    for design, name in findings.never_broken:
        log.say(f"note: {design} gives up {name} and never broke it")


def _conclude(findings: "Findings", target: Path, log: show.Log) -> None:
    """Say on stderr, after the data, what went wrong with the runs, and where their files are."""
    from twin.experiment.vain import vain

    reps = len(findings.comparison.rounds)
    for each in vain(findings.comparison.runs):
        log.complain(each.sentence)
    for kpi in findings.unreached:
        log.complain(f"precision of {kpi} was not reached in {reps} {'run' if reps == 1 else 'runs'}")
    for run in findings.comparison.runs:
        if run.stopped is not None:
            log.complain(_stopped(run))
    figures = sorted(path.name for path in target.iterdir() if path.suffix in {".svg", ".png"})
    log.say(f"results: {target}{''.join(f', {name}' for name in figures)}")
    if findings.interrupted:
        log.complain(f"interrupted; kept {reps} whole {'replication' if reps == 1 else 'replications'} in {target}")


def _stopped(run: "RunResult") -> str:
    from twin.world.values import duration_text

    found = run.stopped or {}
    at_us, chain = found.get("at_us"), found.get("chain")
    at = f" at {duration_text(at_us)} ({at_us} us)" if isinstance(at_us, int) else ""
    led = f"; led there by {' > '.join(map(str, chain))}" if isinstance(chain, list | tuple) and chain else ""
    return (
        f"stopped: {found.get('invariant')} was broken for {found.get('key')}{at}"
        f" in design {run.design} with seed {run.seed}{led}"
    )
