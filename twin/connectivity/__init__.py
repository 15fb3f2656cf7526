"""Foreign formats: bytes in, facts of the business out, under versioned mappings. Nothing here opens a file."""

from twin.connectivity.mapping import Mapping
from twin.connectivity.mapping_document import parse_mapping
from twin.connectivity.own_events import OwnReader
from twin.connectivity.reader import Reader, Told
from twin.connectivity.report import Report
from twin.connectivity.rows import Container, Held, MemoryShelf, Shelf

__all__ = [
    "Container",
    "Held",
    "Mapping",
    "MemoryShelf",
    "OwnReader",
    "Reader",
    "Report",
    "Shelf",
    "Told",
    "parse_mapping",
]
