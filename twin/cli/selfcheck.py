"""The verb `selfcheck`: the twin against results that it did not make."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from twin.cli import FAILED, OK, options, show

if TYPE_CHECKING:
    from twin.world.scenario import Scenario

SHOWN = ("name", "expected", "measured", "interval", "unit", "verdict")


@click.command()
@click.option("--quick", is_flag=True, help="Fewer items and runs, at the same level: under a minute on two cores.")
@click.option("--only", "names", multiple=True, metavar="NAME", help="Only rows that begin so (C3). May be repeated.")
@click.option(
    "--seed", metavar="N", callback=options.whole(0), default="1", show_default=True, help="Any seed must do."
)
@click.option(
    "--jobs", metavar="N", callback=options.whole(0), default="0", show_default=True, help="Processes; 0: all cores."
)
@click.option("--out", type=click.Path(path_type=Path), help="Write the results page, in Markdown, to this file too.")
@options.output
def selfcheck(
    quick: bool,
    names: tuple[str, ...],
    seed: int,
    jobs: int,
    out: Path | None,
    form: str,
    quiet: bool,
    no_progress: bool,
) -> int:
    """Check the twin against published and closed results.

    Exit 1 when a row fails. A right twin's table fails once in a thousand seeds by chance.
    """
    from twin.experiment.selfcheck import rows

    with show.Bar("selfcheck", shown=not (quiet or no_progress)) as bar:
        found = rows(_load, names=names, quick=quick, seed=seed, jobs=jobs, progress=bar)
    if out is not None:
        from reports.document import write_text
        from reports.selfcheck import page

        write_text(out, page(found, seed=seed, quick=quick))
    show.rows(form, [_brief(row) for row in found] if form == "table" else found, title="selfcheck")
    failed = [row["name"] for row in found if row["verdict"] != "holds"]
    log = show.Log(quiet=quiet)
    log.say(f"{len(found)} rows, {len(failed)} {'fails' if len(failed) == 1 else 'fail'}, seed {seed}")
    return FAILED if failed else OK


def _load(name: str, settings: Sequence[str]) -> "Scenario":
    import scenarios

    return scenarios.load(name, settings)


def _brief(row: dict[str, str | float | None]) -> dict[str, str | float | None]:
    from reports.selfcheck import interval, number

    shown = {**row, "interval": interval(row)}
    return {key: number(value) if isinstance(value := shown[key], float) else value for key in SHOWN}
