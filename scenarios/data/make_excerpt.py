"""Cuts the shipped six weeks out of the Online Retail set, so that anybody can make the same file again.

    python -m scenarios.data.make_excerpt SOURCE scenarios/data/online_retail_excerpt.csv.gz

SOURCE is the folder of day files (`data/retail-data/by-day` of databricks/Spark-The-Definitive-Guide) or one file that
joins them in date order, plain or gzip. Lines are copied as they stand; only the range of days chooses.

Why these days, from the calendar alone: they are six whole weeks, Monday to Sunday: four to estimate demand from, one
to play, one to spare. The closed days of Christmas (24 December to 3 January), the change of clocks (27 March) and
Easter (22 to 25 April) lie outside, and no English bank holiday lies inside, so every week has the same trading days.
Of all such ranges it is the last one, farthest from the stocking up after the closure.
"""

import csv
import gzip
import sys
from collections.abc import Iterator
from pathlib import Path

FIRST_DAY = "2011-02-07"
LAST_DAY = "2011-03-20"
TIME_COLUMN = "InvoiceDate"


def excerpt(lines: Iterator[bytes], *, first_day: str = FIRST_DAY, last_day: str = LAST_DAY) -> bytes:
    """Return the header and every line whose day lies in the range, unchanged, as one deterministic gzip member.

    Args:
        lines: physical lines of the set; header lines after the first are those of further day files and are dropped.
        first_day: first day kept, as `YYYY-MM-DD`.
        last_day: last day kept.

    Raises:
        ValueError: the first line names no column `InvoiceDate`.
    """
    header = next(lines, b"").rstrip(b"\r\n")
    names = next(csv.reader([header.decode("utf-8")]), [])
    if TIME_COLUMN not in names:
        raise ValueError(f"the first line names no column {TIME_COLUMN!r}; it has {', '.join(names) or 'nothing'}")
    place = names.index(TIME_COLUMN)
    kept = [header]
    for raw in lines:
        line = raw.rstrip(b"\r\n")
        if line and line != header:
            fields = next(csv.reader([line.decode("utf-8")]))
            if first_day <= fields[place][:10] <= last_day:
                kept.append(line)
    return gzip.compress(b"\n".join(kept) + b"\n", compresslevel=9, mtime=0)


def main(arguments: list[str]) -> int:
    """Write the excerpt of the first argument to the second one; return the exit code."""
    if len(arguments) != 2:
        sys.stderr.write("usage: python -m scenarios.data.make_excerpt SOURCE TARGET\n")
        return 2
    source, target = Path(arguments[0]), Path(arguments[1])
    target.write_bytes(excerpt(_lines_of(source)))
    return 0


def _lines_of(source: Path) -> Iterator[bytes]:
    files = sorted(source.glob("*.csv")) if source.is_dir() else [source]
    for file in files:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as stream:
            yield from stream


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
