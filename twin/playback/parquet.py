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
    connection = duckdb.connect(config={"threads": 1, "memory_limit": "512MB"})
    try:
        described = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()
        told = ", ".join(_column(str(name), str(type)) for name, type, *_ in described)
        found = connection.execute(f"SELECT {told} FROM read_parquet(?)", [str(path)])
    except duckdb.Error as error:
        connection.close()
        raise HistoryError(f"{path.name}: is no Parquet file: {_first_line(error)}") from error
    names = tuple(str(name) for name, *_ in described)

    def rows() -> Iterator[tuple[object, ...]]:
        try:
            while batch := found.fetchmany(ROWS_AT_ONCE):
                yield from batch
        except duckdb.Error as error:
            raise HistoryError(f"{path.name}: cannot be read to its end: {_first_line(error)}") from error
        finally:
            connection.close()

    return names, rows()


def _column(name: str, type: str) -> str:
    """Return a column as it is asked for; stamps with a zone come as text in UTC."""
    quoted = '"' + name.replace('"', '""') + '"'
    if type != "TIMESTAMP WITH TIME ZONE":
        return quoted
    return f"strftime(make_timestamp(epoch_us({quoted})), '%Y-%m-%dT%H:%M:%S.%f+00:00')"


def _first_line(error: duckdb.Error) -> str:
    return str(error).splitlines()[0][:200]
