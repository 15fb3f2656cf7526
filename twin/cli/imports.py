"""The verb that makes a history of foreign files: `import`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from twin.cli import OK, options, show

if TYPE_CHECKING:
    from scenarios.imports import Imported
    from twin.experiment.results import Row

ABSENT = "that are absent"
"""How notes about optional columns end; there are many, and they are told on request only."""


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option(
    "--mapping",
    type=click.Path(path_type=Path),
    help="How the files are to be read: a file, or the name of a shipped mapping. CloudEvents of our types need none.",
)
@click.option("--explain", is_flag=True, help="Name the places of the first rows refused under each class.")
@click.option("--sniff", is_flag=True, help="Propose a first mapping from what the file has, and import nothing.")
@click.option("--redact", is_flag=True, help="Replace names, addresses and free text, equal ones by equal ones.")
@click.option(
    "--redact-key",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A file that is the key of --redact; with one key several imports stay comparable.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="The history; else NAME.history.jsonl.gz, after the first file."
)
@options.output
def import_(
    files: tuple[Path, ...],
    mapping: Path | None,
    explain: bool,
    sniff: bool,
    redact: bool,
    redact_key: Path | None,
    out: Path | None,
    form: str,
    quiet: bool,
    no_progress: bool,
) -> int:
    """Make a history of foreign files, for `twin replay`.

    FILE is a table or a log in one of the formats that mappings know, plain or gzip, or the folder in which the
    mapping names one. Every row is counted as mapped, empty, or refused under a class.
    """
    from scenarios.imports import import_files

    if redact_key is not None and not redact:
        raise click.UsageError("--redact-key needs --redact")
    if sniff:
        from scenarios.sniffing import sniffed

        show.lines(sniffed(files[0]))
        return OK
    imported = import_files(files, mapping, out, redact=redact, redact_key=redact_key)
    if form == "json":
        show.json(imported.document(explain=explain))
    else:
        show.rows(form, _rows(imported, explain=explain), title="rows")
    log = show.Log(quiet=quiet)
    for name, report in imported.openings.items():
        log.say(f"opening: {name}: {report.mapped} of {report.rows} rows")
        for each in report.refused:
            log.say(f"opening: {name}: {each.count} refused as {each.name} (first at {each.first[0]})")
    for name, report in imported.reports.items():
        for note, count in report.notes:
            if explain or not note.endswith(ABSENT):
                log.say(f"note: {name}: {count} {note}")
    log.say(f"history: {imported.file}")
    return OK


def _rows(imported: "Imported", *, explain: bool) -> "list[Row]":
    """Return one row for each way in which a row may end, and the facts that came of it."""
    events = imported.events
    ends = [("mapped", name, count, events.get(name, 0)) for name, count in imported.event_rows.items()]
    ends += [("refused", name, count, 0) for name, count in imported.refused.items()]
    ends.append(("empty", "", imported.empty, 0))
    lines = imported.lines()
    rows: list[Row] = []
    for end, name, count, made in ends:
        row: dict[str, str | int] = {"end": end, "class": name, "rows": count, "events": made}
        if explain:
            row["lines"] = " ".join(lines[name]) if end == "refused" else ""
        rows.append(row)
    return rows
