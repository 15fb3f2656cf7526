"""Chooses the reader of a format."""

from twin.connectivity.formats.cloud_events import cloud_event_rows
from twin.connectivity.formats.columnar import parquet_rows, sqlite_rows
from twin.connectivity.formats.delimited import delimited_rows, fixed_rows
from twin.connectivity.formats.epcis import epcis_rows
from twin.connectivity.formats.json_lines import json_line_rows
from twin.connectivity.formats.nested import nested_rows
from twin.connectivity.formats.ocel import ocel_rows
from twin.connectivity.formats.xes import xes_rows
from twin.connectivity.formats.xml import xml_rows
from twin.connectivity.mapping import Source
from twin.connectivity.rows import Container, Limits, Rows, Shelf


def rows_of(container: Container, source: Source, limits: Limits, shelf: Shelf) -> Rows:
    """Return the rows of a file in the format that its source names.

    Raises:
        HistoryError: now or while they are read, the file is not of that format.
    """
    match source.format:
        case "csv":
            return delimited_rows(container, source, limits)
        case "fixed":
            return fixed_rows(container, source, limits)
        case "json":
            return nested_rows(container, source.rows, limits)
        case "jsonl":
            return json_line_rows(container, source.rows, limits)
        case "xml":
            return xml_rows(container, source.rows, limits)
        case "ocel-json" | "ocel-xml" | "ocel-sqlite":
            return ocel_rows(container, source.format, source.rows or "events", shelf, limits)
        case "xes":
            return xes_rows(container, limits)
        case "epcis":
            return epcis_rows(container, limits)
        case "cloudevents":
            return cloud_event_rows(container, limits)
        case "parquet":
            return parquet_rows(container, limits)
        case "sqlite":
            return sqlite_rows(container, source.table, limits)
    raise AssertionError(f"no format {source.format!r}")
