"""The verbs that show what was run: `report` and `trace`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from twin.cli import OK, options, show

if TYPE_CHECKING:
    from reports.tables import Table
    from twin.experiment.trace import Step, Trace


@click.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RUN...")
@click.option("--out", type=click.Path(path_type=Path), help="The page; else report.html in the run's folder.")
@click.option("--csv", "with_files", is_flag=True, help="Write tables as CSV, figures as SVG and PNG beside the page.")
@options.allow_code
@options.output
def report(
    runs: tuple[Path, ...], out: Path | None, with_files: bool, form: str, quiet: bool, no_progress: bool
) -> int:
    """Make one self-contained page of each run folder.

    RUN is a folder of `run` or `compare`. Several folders make several pages; --out is then a folder.
    """
    log = show.Log(quiet=quiet)
    written = []
    for folder in runs:
        target = _target(folder, out, len(runs) > 1)
        written.append(write_report(folder, target, with_files=with_files))
        log.say(f"report: {target}, {target.stat().st_size / 1e6:.2f} MB")
    show.rows(
        form, [{"run": str(folder), "file": str(file)} for folder, file in zip(runs, written, strict=True)], title=""
    )
    return OK


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("order")
@click.option("--design", help="Which design of a comparison; the first one unless named.")
@click.option("--html", type=click.Path(path_type=Path), help="Write a page with the path drawn.")
@options.output
def trace(
    run: Path, order: str, design: str | None, html: Path | None, form: str, quiet: bool, no_progress: bool
) -> int:
    """Show the path of one order across the parties.

    RUN is a run folder; ORDER a number such as storefront-12, an id, or the id of a message.
    """
    from twin.experiment.manifest import read_manifest
    from twin.experiment.trace import record_of

    record = record_of(read_manifest(run), design)
    found = record.trace(record.find(order))
    if html is not None:
        from reports.document import write_text
        from reports.page import path_page

        write_text(html, path_page(found))
        show.Log(quiet=quiet).say(f"page: {html}")
    if form == "json":
        show.json(_document(found))
        return OK
    steps, seen = tables_of(found)
    show.rows(form, [dict(zip(steps.heads, row, strict=True)) for row in steps.rows], title=steps.title)
    if form == "table":
        show.table(seen)
    return OK


def write_report(folder: Path, target: Path, *, with_files: bool = False) -> Path:
    """Write the page of a run folder, and what belongs beside it; return the page's path."""
    from reports.basis import scenario_of
    from reports.writing import write_report as write
    from twin.experiment.manifest import read_manifest

    return write(folder, scenario_of(read_manifest(folder), options.allowed()), target, with_files=with_files)


def tables_of(found: "Trace") -> "tuple[Table, Table]":
    """Return an order's steps, and what its buyer saw, as tables."""
    from reports.sections import clock, seen
    from reports.tables import Table

    rows = tuple(
        (
            clock(step.at_us),
            f"{step.what} {step.how}",
            step.source,
            step.target if step.target != step.source else "",
            step.told,
        )
        for step in found.steps
    )
    heads = ("at", "step", "from", "to", "result")
    return Table(title=f"{found.name} under {found.design}", heads=heads, rows=rows), seen(found)


def _document(found: "Trace") -> dict[str, object]:
    return {
        "order": found.name,
        "id": str(found.id),
        "design": found.design,
        "steps": [_step(step) for step in found.steps],
        "behind": [_step(step) for step in found.behind],
        "lines": [
            {
                "item": line.item,
                "quantity": line.quantity,
                "shown": line.shown,
                "shown_at_us": line.shown_at_us,
                "changed": line.changed or None,
                "changed_at_us": line.changed_at_us,
                "moved": line.moved or None,
                "moved_at_us": line.moved_at_us,
                "told": line.told,
                "told_at_us": line.told_at_us,
            }
            for line in found.lines
        ],
    }


def _step(step: "Step") -> dict[str, object]:
    return {
        "at_us": step.at_us,
        "what": step.what,
        "how": step.how,
        "source": step.source,
        "target": step.target,
        "message": str(step.message),
        "cause": str(step.cause),
        "attempt": step.attempt or None,
        "outcome": step.outcome or None,
    }


def _target(folder: Path, out: Path | None, several: bool) -> Path:
    if out is None:
        return folder / "report.html"
    return out / f"{folder.name}.html" if several else out
