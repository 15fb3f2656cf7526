"""What reaches the terminal: rows, documents and tables on stdout, one bar and short sentences on stderr."""

import sys
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from reports.tables import Table
    from twin.experiment.results import Row

WIDTH_OF_A_PIPE = 200
"""Columns of a table that goes to a file or another program; a terminal has its own width."""


def rows(form: str, found: "Sequence[Row]", *, title: str) -> None:
    """Print rows in the form that was asked for."""
    from twin.experiment.results import as_csv, as_json

    if form == "json":
        click.echo(as_json(list(found)), nl=False)
    elif form == "csv":
        click.echo(as_csv(found), nl=False)
    elif found:
        heads = tuple(found[0])
        cells = tuple(tuple("" if (cell := row.get(head)) is None else str(cell) for head in heads) for row in found)
        _table(title, heads, cells)


def json(document: object) -> None:
    """Print a JSON document."""
    from twin.experiment.results import as_json

    click.echo(as_json(document), nl=False)


def table(shown: "Table") -> None:
    """Print a table, unless it has no rows."""
    if shown.rows:
        _table(shown.title, shown.heads, shown.rows)


def lines(texts: Iterable[str]) -> None:
    """Print lines of text on stdout."""
    for text in texts:
        click.echo(text)


class Log:
    """Sentences on stderr; a quiet one swallows all but complaints."""

    def __init__(self, *, quiet: bool) -> None:
        self.quiet = quiet

    def say(self, text: str) -> None:
        """Say something that one may want to know."""
        if not self.quiet:
            click.echo(text, err=True)

    def complain(self, text: str) -> None:
        """Say what is wrong; this is never swallowed."""
        click.echo(text, err=True)


class Bar:
    """A progress bar with the time left, on stderr, while it is a terminal; used as a context.

    Called with what is done and what there is to do, as `twin.experiment` reports it.
    """

    def __init__(self, what: str, *, shown: bool) -> None:
        self._what = what
        self._shown = shown and sys.stderr.isatty()
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        if self._shown:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

            self._progress = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.fields[counted]}"),
                TimeElapsedColumn(),
                TextColumn("left"),
                TimeRemainingColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._task = self._progress.add_task(self._what, total=None, counted="")
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def __call__(self, done: float, planned: int) -> None:
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=done, total=planned, counted=f"{int(done)}/{planned}")


def _table(title: str, heads: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    console = Console(width=None if sys.stdout.isatty() else WIDTH_OF_A_PIPE, highlight=False, soft_wrap=False)
    drawn = RichTable(title=Text(title), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for head in heads:
        drawn.add_column(Text(head), overflow="fold")
    for row in cells:
        drawn.add_row(*(Text(cell) for cell in row))
    console.print(drawn)
