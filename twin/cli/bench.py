"""The verb `bench`: how fast the twin is on this machine, against its targets and against what it was."""

import platform
from os import cpu_count
from pathlib import Path

import click

from twin.cli import FAILED, OK, options, show

HISTORY = Path("runs/bench.jsonl")


@click.command()
@click.option("--quick", is_flag=True, help="Shorter measurements, less steady figures.")
@click.option("--all", "whole", is_flag=True, help="Also the rows that take many minutes: a million orders.")
@click.option("--only", "names", multiple=True, metavar="NAME", help="Only this row. May be repeated.")
@click.option(
    "--history",
    type=click.Path(path_type=Path, dir_okay=False),
    default=HISTORY,
    show_default=True,
    help="Where figures are kept, to be compared with the next ones.",
)
@options.output
def bench(
    quick: bool, whole: bool, names: tuple[str, ...], history: Path, form: str, quiet: bool, no_progress: bool
) -> int:
    """Measure the twin's speed on this machine.

    Exit 1 when a target is missed by more than 1.5 times.
    """
    import scenarios
    from scenarios.hunt_bench import HUNT_ROWS
    from twin.experiment.bench import rows
    from twin.experiment.bench_apart import LONG
    from twin.experiment.bench_history import before, compared, remember
    from twin.experiment.bench_measure import FAR_MISSED
    from twin.experiment.bench_orders import DENSE
    from twin.experiment.results import environment

    machine = f"{platform.machine()}, {cpu_count()} cores, Python {platform.python_version()}"
    earlier = before(history, machine, quick)
    busy, peak = scenarios.load("first_day", DENSE), scenarios.load("peak_season")
    with show.Bar("bench", shown=not (quiet or no_progress)) as bar:
        measured = rows(names, quick, bar, busy, peak, whole=whole or quick, more=HUNT_ROWS)
    remember(history, measured, code=environment(), machine=machine, quick=quick)
    found = compared(measured, earlier)
    show.rows(form, found, title="bench")
    log = show.Log(quiet=quiet)
    if not (names or whole or quick):
        log.say(f"left out, for they take many minutes: {', '.join(LONG)}; --all or --only NAME measures them")
    for row in found:
        if row["change"] == "worse":
            log.say(f"worse than before: {row['name']} {row['measured']}, was {row['before']:.4g} ({history})")
    return FAILED if any(row["verdict"] == FAR_MISSED for row in found) else OK
