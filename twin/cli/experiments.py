"""The verbs that make many runs: `sweep`."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from twin.cli import OK, options, show

if TYPE_CHECKING:
    from twin.experiment.results import Json
    from twin.experiment.sweep import Sweep
    from twin.experiment.sweep_table import SweepTable


@click.command()
@click.argument("scenario")
@click.option(
    "--vary",
    multiple=True,
    required=True,
    metavar="PATH=VALUES",
    help="0..10, 1,2,5, 5s:60s:8, log:1s:1h:6 or unif:0:1; a,b=... moves two paths. Several make a grid.",
)
@click.option("--designs", metavar="A,B,...", help="Which designs; those the paths are about, else all.")
@click.option(
    "--layout", type=click.Choice(("grid", "lhs", "sobol")), default="grid", help="How points lie.", show_default=True
)
@click.option("--points", "count", metavar="N", callback=options.whole(2), help="How many to draw, for lhs and sobol.")
@options.changes
@options.many
@click.option("--resume", is_flag=True, help="Go on with the unfinished sweep in the folder.")
@options.output
def sweep(
    scenario: str,
    vary: tuple[str, ...],
    designs: str | None,
    layout: Literal["grid", "lhs", "sobol"],
    count: int | None,
    overrides: tuple[str, ...],
    small: bool,
    seed: int | None,
    reps: int | None,
    jobs: int,
    backend: str,
    scheduler: str | None,
    out: Path | None,
    resume: bool,
    form: str,
    quiet: bool,
    no_progress: bool,
) -> int:
    """Run a scenario at many points of its settings.

    SCENARIO is a shipped name or a file. Every point meets the same seeds; the folder gets sweep.parquet, one row a
    run. Ctrl-C keeps what is finished: --resume goes on from there.
    """
    import scenarios
    from twin.experiment.sweep import TABLE, carry_out_sweep, plan_sweep
    from twin.experiment.work import Workforce

    log = show.Log(quiet=quiet)
    plan = plan_sweep(
        scenarios.load(scenario, overrides, small=small),
        vary,
        designs=None if designs is None else [name.strip() for name in designs.split(",")],
        seed=seed,
        reps=reps,
        layout=layout,
        count=count,
    )
    force = Workforce.of(jobs, backend, scheduler)
    target = out or Path("runs") / f"{plan.scenario.name}-sweep-{plan.seed}"
    log.say(
        f"{plan.runs:,} runs: {len(plan.points):,} points x {plan.reps} replications x {', '.join(plan.designs)};"
        f" at most {plan.bytes / 1e6:,.1f} MB on disk"
    )
    try:
        with show.Bar(f"sweep {plan.scenario.name}", shown=not (quiet or no_progress)) as bar:
            table = carry_out_sweep(plan, force, target=target, resume=resume, progress=bar)
    except KeyboardInterrupt:
        log.complain(f"interrupted; what was finished is kept in {target}, and --resume goes on from there")
        return 130
    names = _drawn(plan, table, target)
    if form == "json":
        show.json(_document(plan, table, target / TABLE))
    else:
        _print(plan, table, form)
    log.say(f"results: {target}, {', '.join((TABLE, *names))}")
    return OK


def _reported(plan: "Sweep", table: "SweepTable") -> tuple[str, ...]:
    """Return the measures that the scenario shows, as far as the runs have them."""
    from twin.experiment.comparison import keys_of
    from twin.experiment.study import STANDARD_REPORT

    names = plan.scenario.measures.report or STANDARD_REPORT
    return tuple(dict.fromkeys(key for name in names for key in keys_of(name, table.measures)))


def _document(plan: "Sweep", table: "SweepTable", file: Path) -> "dict[str, Json]":
    from twin.experiment.sweep_table import KEYS

    kept = (*KEYS, *table.parameters, *_reported(plan, table))
    return {"rows": [{key: row.get(key) for key in kept} for row in table.rows], "file": str(file)}


def _print(plan: "Sweep", table: "SweepTable", form: str) -> None:
    from reports.sweep import rows

    kpis = _reported(plan, table)
    if form == "csv":
        show.rows("csv", rows(table, kpis), title="")
        return
    from reports.sweep import indices, means

    show.table(means(table, kpis))
    if table.layout == "sobol":
        show.table(indices(table, kpis))


def _drawn(plan: "Sweep", table: "SweepTable", target: Path) -> tuple[str, ...]:
    """Write the figure of the first reported measures, and return the names of its files."""
    from reports.document import write_image
    from reports.sweep import figure

    drawn = figure(table, _reported(plan, table)[:2])
    if drawn is None:
        return ()
    return tuple(write_image(target / f"sweep.{form}", drawn, form) for form in ("svg", "png"))
