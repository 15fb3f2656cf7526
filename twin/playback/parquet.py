"""Opens Parquet files: their columns, and their rows as they come."""

from collections.abc import Iterator
from pathlib import Path

import duckdb

from twin.errors import HistoryError

ROWS_AT_ONCE = 2_048


def columnar(path: Path) -> tuple[tuple[str, ...], Iterator[tuple[object, ...]]]:
    """Return the column names of a Parquet file and its rows, in their order.

    Raises:
        HistoryError: it is no Parquet file; also while the rows are read.
    """
    connection = duckdb.connect(config={"threads": 1, "memory_limit": "512MB", "TimeZone": "UTC"})
    try:
        found = connection.execute("SELECT * FROM read_parquet(?)", [str(path)])
    except duckdb.Error as error:
        connection.close()
        raise HistoryError(f"{path.name}: is no Parquet file: {_first_line(error)}") from error
    names = tuple(str(column[0]) for column in found.description or ())

    def rows() -> Iterator[tuple[object, ...]]:
        try:
            while batch := found.fetchmany(ROWS_AT_ONCE):
                yield from batch
        except duckdb.Error as error:
            raise HistoryError(f"{path.name}: cannot be read to its end: {_first_line(error)}") from error
        finally:
            connection.close()

    return names, rows()


def _first_line(error: duckdb.Error) -> str:
    return str(error).splitlines()[0][:200]
