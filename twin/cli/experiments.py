"""The verbs that make many runs: `sweep` and `optimize`."""

from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import click

from twin.cli import OK, options, show

if TYPE_CHECKING:
    from twin.experiment.optimize import Found
    from twin.experiment.results import Json
    from twin.experiment.sweep import Sweep
    from twin.experiment.sweep_table import SweepTable
    from twin.world.scenario import Scenario

IMAGES: Final[tuple[Literal["svg", "png"], ...]] = ("svg", "png")
"""The forms in which a figure is written."""


@click.command()
@click.argument("scenario")
@click.option(
    "--vary",
    multiple=True,
    required=True,
    metavar="PATH=VALUES",
    help="0..10, 1,2,5, 5s:60s:8, log:1s:1h:6 or unif:0:1; a,b=... moves two paths. May be repeated.",
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
    with_report: bool,
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
        scenarios.load(scenario, overrides, small=small, allow_code=options.allowed()),
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
    if with_report:
        from reports.writing import write_report

        log.say(f"report: {write_report(target, plan.scenario, target / 'report.html', with_files=True)}")
    return OK


@click.command()
@click.argument("scenario")
@click.option(
    "--vary",
    multiple=True,
    required=True,
    metavar="PATH=VALUES",
    help="What may be changed: unif:1s:1m (a range), unif:log:1s:1h, 0..10 or 1,2,5. May be repeated.",
)
@click.option(
    "--objective",
    "objectives",
    multiple=True,
    required=True,
    metavar="KPI:min|max",
    help="What counts. May be repeated.",
)
@click.option("--constraint", "constraints", multiple=True, metavar="KPI<=BOUND", help="A bound on a mean (or >=).")
@click.option("--design", help="Which design; the one the paths are about unless named.")
@click.option(
    "--trials", metavar="N", callback=options.whole(1, 10_000), default="50", show_default=True, help="Settings tried."
)
@options.changes
@options.many
@options.output
def optimize(
    scenario: str,
    vary: tuple[str, ...],
    objectives: tuple[str, ...],
    constraints: tuple[str, ...],
    design: str | None,
    trials: int,
    overrides: tuple[str, ...],
    small: bool,
    seed: int | None,
    reps: int | None,
    jobs: int,
    backend: str,
    scheduler: str | None,
    out: Path | None,
    with_report: bool,
    form: str,
    quiet: bool,
    no_progress: bool,
) -> int:
    """Search for settings of a design that are better than those it has.

    SCENARIO is a shipped name or a file. The folder gets trials.csv, the figure of the front, and best.yaml: the
    scenario with the chosen settings. Every trial meets the same seeds as the shipped setting.
    """
    import scenarios
    from twin.experiment.optimize import carry_out_search, plan_search
    from twin.experiment.work import Workforce

    log = show.Log(quiet=quiet)
    search = plan_search(
        scenarios.load(scenario, overrides, small=small, allow_code=options.allowed()),
        vary,
        objectives,
        constraints=constraints,
        design=design,
        trials=trials,
        reps=reps,
        seed=seed,
    )
    force = Workforce.of(jobs, backend, scheduler)
    target = out or Path("runs") / f"{search.scenario.name}-optimize-{search.seed}"
    with show.Bar(f"optimize {search.scenario.name}", shown=not (quiet or no_progress)) as bar:
        found = carry_out_search(search, force, progress=bar)
    names = _kept(found, target)
    _tell(found, form, target)
    log.say(f"results: {target}, {', '.join(names)}")
    if with_report:
        from reports.study import search_page
        from reports.writing import write_page

        log.say(f"report: {write_page(search_page(found), target / 'report.html', with_files=True)}")
    if len(found.trials) <= trials:
        log.complain(f"interrupted; kept {len(found.trials) - 1} whole trials of {trials}")
        return 130
    return OK


def _kept(found: "Found", target: Path) -> tuple[str, ...]:
    """Write the folder of a search and return the names of its files."""
    import scenarios
    from reports.document import image
    from reports.front import figure
    from twin.experiment.folder import MANIFEST, RunFolder
    from twin.experiment.optimize import rows
    from twin.experiment.results import as_csv, as_json, environment

    drawn = figure(found)
    chosen = _chosen(found)
    comments = [found.sentence, f"Found by a search over {len(found.trials) - 1} settings, seed {found.search.seed}."]
    with RunFolder(target) as folder:
        folder.write("trials.csv", as_csv(rows(found)))
        folder.write("front.svg", image(drawn, "svg"))
        folder.write("front.png", image(drawn, "png"))
        folder.write("best.yaml", scenarios.written(chosen, comments))
        scenario = found.search.scenario
        told = {"name": scenario.name, "file": scenario.source, "sha256": scenario.sha256, "text": scenario.text}
        document = {"verb": "optimize", **environment(), "scenario": told, "overrides": list(scenario.overrides)}
        document["small"] = scenario.is_small
        folder.write(MANIFEST, as_json({**document, "seed": found.search.seed, "reps": found.search.reps}))
        folder.commit()
    return "trials.csv", "front.svg", "front.png", "best.yaml"


def _chosen(found: "Found") -> "Scenario":
    """Return the scenario with the settings that were chosen."""
    settings = found.best.settings
    return found.search.scenario.with_all(settings) if settings else found.search.scenario


def _tell(found: "Found", form: str, target: Path) -> None:
    from reports.front import table
    from twin.experiment.optimize import rows

    if form == "json":
        told = {row["trial"]: row for row in rows(found)}
        front = [told[trial.number] for trial in found.front]
        best, file = told[found.best.number], str(target / "best.yaml")
        show.json({"front": front, "best": best, "sentence": found.sentence, "file": file})
    elif form == "csv":
        show.rows("csv", rows(found), title="")
    else:
        show.table(table(found))
        show.lines([found.sentence])


def _document(plan: "Sweep", table: "SweepTable", file: Path) -> "dict[str, Json]":
    from reports.study import sweep_kpis
    from twin.experiment.sweep_table import KEYS

    kept = (*KEYS, *table.parameters, *sweep_kpis(table, plan.scenario))
    return {"rows": [{key: row.get(key) for key in kept} for row in table.rows], "file": str(file)}


def _print(plan: "Sweep", table: "SweepTable", form: str) -> None:
    from reports.study import sweep_kpis
    from reports.sweep import rows

    kpis = sweep_kpis(table, plan.scenario)
    if form == "csv":
        show.rows("csv", rows(table, kpis), title="")
        return
    from reports.sweep import indices, means

    show.table(means(table, kpis))
    if table.layout == "sobol":
        show.table(indices(table, kpis))


def _drawn(plan: "Sweep", table: "SweepTable", target: Path) -> tuple[str, ...]:
    """Write the figure of the first reported measures, and of recovery if it has a surface; return the files' names."""
    from reports import recovery
    from reports.document import write_image
    from reports.study import sweep_kpis
    from reports.sweep import figure

    figures = {"sweep": figure(table, sweep_kpis(table, plan.scenario)[:2]), "recovery": recovery.figure(table)}
    return tuple(
        write_image(target / f"{name}.{form}", drawn, form)
        for name, drawn in figures.items()
        if drawn is not None
        for form in IMAGES
    )
