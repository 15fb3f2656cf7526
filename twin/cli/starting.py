"""The verb that writes a scenario to begin with: `new`."""

import re
from collections.abc import Mapping
from pathlib import Path

import click

from twin.cli import OK, options, show


@click.command()
@click.argument("name")
@click.option(
    "--from",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Make it of a firm's own items, sites, channels, stock and orders as CSV, and write it beside them.",
)
@click.option("--zone", default="UTC", show_default=True, help="The time zone of the orders, with --from.")
@click.option("--overwrite", is_flag=True, help="Replace files that are there already.")
@options.output
def new(name: str, folder: Path | None, zone: str, overwrite: bool, form: str, quiet: bool, no_progress: bool) -> int:
    """Write a commented starter scenario, NAME.yaml.

    It checks and runs as it stands. Files that are there already are left alone, unless --overwrite is given.
    """
    from scenarios.mappings import zone_of
    from scenarios.starting import starter, starter_of

    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]*", name):
        raise click.BadParameter(f"must be a plain word, from which files are named (got '{name}')", param_hint="NAME")
    try:
        zone_of(zone)
    except (KeyError, ValueError):
        raise click.BadParameter(f"there is no time zone '{zone}'", param_hint="'--zone'") from None
    texts = starter(name) if folder is None else starter_of(folder, name, zone)
    files = {(folder or Path()) / file: text for file, text in texts.items()}
    _write(files, overwrite=overwrite)
    if form == "table":
        show.lines(str(file) for file in files)
    else:
        show.rows(form, [{"file": str(file)} for file in files], title="")
    show.Log(quiet=quiet).say(f"next: twin compare {next(iter(files))}")
    return OK


def _write(files: Mapping[Path, str], *, overwrite: bool) -> None:
    """Write all files or, where one is there already, none; each under a temporary name first."""
    there = [file for file in files if file.exists()]
    if there and not overwrite:
        raise click.UsageError(f"{there[0]} is there already; --overwrite replaces it, or choose another name")
    for file, text in files.items():
        partial = file.with_name(f"{file.name}.partial")
        partial.write_text(text, encoding="utf-8")
        partial.replace(file)
