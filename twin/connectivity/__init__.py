"""Foreign formats: bytes in, canonical values out, under versioned mappings. Nothing here opens a file."""

from twin.connectivity.mapping import Mapping
from twin.connectivity.mapping_document import parse_mapping
from twin.connectivity.tables import AdjustedStock, PlacedOrder, Recorded, RegisteredReturn, Report, TableReader

__all__ = [
    "AdjustedStock",
    "Mapping",
    "PlacedOrder",
    "Recorded",
    "RegisteredReturn",
    "Report",
    "TableReader",
    "parse_mapping",
]
