"""Reads tables that have columns already: Parquet files, and tables of SQLite."""

from collections.abc import Iterator

from twin.connectivity.formats.nested import measured
from twin.connectivity.rows import Container, Limits, Row, Rows
from twin.errors import HistoryError


def parquet_rows(container: Container, limits: Limits) -> Rows:
    """Read a Parquet file; nested columns are reached by paths."""
    names, found = container.columnar()
    return Rows(names, _rows(names, found, limits))


def sqlite_rows(container: Container, table: str, limits: Limits) -> Rows:
    """Read one table of an SQLite file in the order of its rows; blobs are left out.

    Raises:
        HistoryError: there is no such table.
    """
    tables = [
        str(name) for (name,) in container.query("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
    ]
    if table not in tables:
        raise HistoryError(f"{container.name}: no table {table!r} in the file; it has {', '.join(tables) or 'none'}")
    names = tuple(str(name) for (name,) in container.query("SELECT name FROM pragma_table_info(?)", (table,)))
    quoted = table.replace('"', '""')
    return Rows(names, _rows(names, container.query(f'SELECT * FROM "{quoted}"'), limits))


def _rows(names: tuple[str, ...], found: Iterator[tuple[object, ...]], limits: Limits) -> Iterator[Row]:
    for number, row in enumerate(found, 1):
        value = {name: _plain(cell) for name, cell in zip(names, row, strict=True)}
        empty = all(cell is None for cell in value.values())
        place = f"row {number}"
        yield Row(number, place, None) if empty else measured(number, place, value, limits)


def _plain(cell: object) -> object:
    """Return a cell as text, or as lists and tables of such."""
    if cell is None or isinstance(cell, str | bool | int):
        return cell
    if isinstance(cell, dict):
        return {str(name): _plain(value) for name, value in cell.items()}
    if isinstance(cell, list | tuple):
        return [_plain(value) for value in cell]
    return None if isinstance(cell, bytes) else str(cell)
