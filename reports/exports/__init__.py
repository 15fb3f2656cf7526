"""Recorded runs in the formats of other tools, written as a stream: object-centric event logs, traces, rows."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from reports.exports import chrome, csv_rows, ocel, otlp
from twin.experiment.trace import Record

Form = Callable[[Record, int], Iterator[str]]
FORMS: Final[Mapping[str, tuple[Form, str]]] = {
    "ocel": (ocel.document, "json"),
    "otlp": (otlp.document, "json"),
    "chrome": (chrome.document, "json"),
    "csv": (csv_rows.document, "csv"),
}
"""Each form: what makes its text in pieces, of a record and the start of its run in microseconds since 1970 UTC, and
how its file ends."""
