"""The verb that makes a history of foreign files: `import`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from twin.cli import OK, options, show

if TYPE_CHECKING:
    from scenarios.imports import Imported
    from twin.experiment.results import Row


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option("--mapping", required=True, type=click.Path(path_type=Path), help="How the files are to be read.")
@click.option("--explain", is_flag=True, help="Name the lines of the first rows refused under each class.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="The history; else NAME.history.jsonl.gz, after the first file."
)
@options.output
def import_(
    files: tuple[Path, ...],
    mapping: Path,
    explain: bool,
    out: Path | None,
    form: str,
    quiet: bool,
    no_progress: bool,
) -> int:
    """Make a history of foreign files, for `twin replay`.

    FILE is a delimited table, plain or gzip. Every row is counted as mapped, empty, or refused under a class.
    """
    from scenarios.imports import import_files

    imported = import_files(files, mapping, out)
    if form == "json":
        show.json(imported.document(explain=explain))
    else:
        show.rows(form, _rows(imported, explain=explain), title="rows")
    log = show.Log(quiet=quiet)
    for name, report in imported.reports.items():
        for note, count in report.notes:
            log.say(f"note: {name}: {count} {note}")
    log.say(f"history: {imported.file}")
    return OK


def _rows(imported: "Imported", *, explain: bool) -> "list[Row]":
    """Return one row for each way in which a row may end, and the facts that came of it."""
    ends = [("mapped", name, count, imported.events[name]) for name, count in imported.mapped.items()]
    ends += [("refused", name, count, 0) for name, count in imported.refused.items()]
    ends.append(("empty", "", imported.empty, 0))
    lines = imported.lines()
    rows: list[Row] = []
    for end, name, count, events in ends:
        row: dict[str, str | int] = {"end": end, "class": name, "rows": count, "events": events}
        if explain:
            row["lines"] = " ".join(lines[name]) if end == "refused" else ""
        rows.append(row)
    return rows
