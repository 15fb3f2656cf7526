"""A report on disk: the page, and with it its tables as CSV and its figures as SVG and PNG."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reports.document import image, write_bytes, write_text
from reports.page import Page, page
from reports.study import sweep_page
from reports.tables import Table
from twin.experiment.manifest import read_manifest
from twin.experiment.results import as_csv

if TYPE_CHECKING:
    from twin.world.scenario import Scenario


def write_report(folder: Path, scenario: "Scenario", target: Path, *, with_files: bool = False) -> Path:
    """Write the page of a run folder, and with `with_files` what belongs beside it; return the page's path.

    Raises:
        UsageError: the folder has no recorded events, or something cannot be written.
    """
    make = sweep_page if read_manifest(folder).verb == "sweep" else page
    return write_page(make(folder, scenario), target, with_files=with_files)


def write_page(made: Page, target: Path, *, with_files: bool) -> Path:
    """Write a page, and with `with_files` what belongs beside it; return the page's path.

    Raises:
        UsageError: something cannot be written.
    """
    write_text(target, made.html)
    if with_files:
        for picture in made.pictures:
            write_bytes(target.with_name(f"{picture.name}.svg"), image(picture.figure, "svg"))
            write_bytes(target.with_name(f"{picture.name}.png"), image(picture.figure, "png"))
        for name, table in made.tables.items():
            write_text(target.with_name(f"{name}.csv"), as_csv(_rows(table)))
    return target


def _rows(table: Table) -> Sequence[Mapping[str, str]]:
    return [dict(zip(table.heads, row, strict=True)) for row in table.rows]
