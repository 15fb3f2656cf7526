"""Imports foreign files: reads them under a mapping, and writes a history of the business facts that they tell.

Facts are kept until the last file is read: a document closes long after its first row, lines of a history stand in the
order of time, and the header names items that come up later. Memory grows with the facts, not with the bytes. Nothing
is written before every file has been read to its end, so one that breaks in the middle leaves nothing.

Facts of one instant stand by source and row, so the order in which files are named does not matter.

Dropped: the number of a document as the id of its fact. One invoice may make an order and adjustments; the row where
the fact begins is its own, and leads back to the file.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from urllib.parse import quote

from scenarios.mappings import blocks_of, digest_of, load_mapping
from twin.connectivity import AdjustedStock, Mapping, PlacedOrder, Recorded, RegisteredReturn, Report, TableReader
from twin.errors import HistoryError, UsageError
from twin.model import business
from twin.model.history import Complete, Fact, Header
from twin.model.instant import Instant
from twin.playback.history import write_history

Told = tuple[Instant, str, int, business.Business]
"""When, which source, from which row on, and what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of every row of the files, by file, and the history that was written."""

    file: Path
    reports: dict[str, Report]

    @property
    def mapped(self) -> dict[str, int]:
        """How many rows went into facts of each type."""
        return _summed(pair for report in self.reports.values() for pair in report.event_rows)

    @property
    def empty(self) -> int:
        """How many rows were blank."""
        return sum(report.empty for report in self.reports.values())

    @property
    def events(self) -> dict[str, int]:
        """How many facts of each type were written."""
        return _summed(pair for report in self.reports.values() for pair in report.events)

    @property
    def refused(self) -> dict[str, int]:
        """How many rows were refused under each class."""
        return _summed((each.name, each.count) for report in self.reports.values() for each in report.refused)

    def document(self, *, explain: bool = False) -> dict[str, object]:
        """Return the counts as a document; explained, with `FILE:LINE` of the first rows refused under each class."""
        counts: dict[str, object] = {
            "rows": sum(report.rows for report in self.reports.values()),
            "mapped": sum(self.mapped.values()),
            "empty": self.empty,
            "refused": self.refused,
            "events": self.events,
            "file": str(self.file),
        }
        return {**counts, "lines": self.lines()} if explain else counts

    def lines(self) -> dict[str, list[str]]:
        """Return by class where the first refused rows of each file begin, as `FILE:LINE`."""
        found: dict[str, list[str]] = {}
        for name, report in self.reports.items():
            for each in report.refused:
                found.setdefault(each.name, []).extend(f"{name}:{line}" for line in each.first_lines)
        return found


def import_files(files: Sequence[Path], mapping_file: Path, out: Path | None = None) -> Imported:
    """Read files under one mapping and write one history of all that they tell.

    Args:
        files: delimited tables, plain or gzip; a document does not go on from one file into the next.
        mapping_file: how to read them.
        out: the history, packed if it ends in `.gz`; else `NAME.history.jsonl.gz` here, after the first file.

    Raises:
        HistoryError: a file cannot be read to its end, lacks a column, or no row of any of them was mapped.
        ScenarioError: the mapping does not keep its language.
        UsageError: two files have one name, or the history would take the place of what it is made from.
    """
    target = out or Path(f"{files[0].name.partition('.')[0]}.history.jsonl.gz")
    names = Counter(file.name for file in files)
    if twice := [name for name, count in names.items() if count > 1]:
        raise UsageError(f"two files are named '{twice[0]}'; facts are known by the name of their file and their row")
    if target.resolve() in {file.resolve() for file in (*files, mapping_file)}:
        raise UsageError(f"out: '{target}' is what the history would be made from")
    mapping = load_mapping(mapping_file)
    version = f"{mapping.id}/{mapping.version}"
    told: list[Told] = []
    reports = {}
    for file in files:
        source = f"{quote(version)}/{quote(file.name)}?mapping={digest_of(mapping_file)}"
        reader = TableReader(blocks_of(file), mapping, name=file.name)
        told += [(record.at_us, source, record.row, fact_of(record)) for record in reader]
        reports[file.name] = reader.report()
    imported = Imported(file=target, reports=reports)
    if not told:
        classes = ", ".join(f"{count} {name}" for name, count in imported.refused.items()) or "none"
        raise HistoryError(f"{', '.join(names)}: no row was mapped; refused: {classes}")
    told.sort(key=itemgetter(0, 1, 2))
    write_history(target, _header(mapping, version, told), _facts(told))
    return imported


def fact_of(record: Recorded) -> business.Business:
    """Return what a row or a document of a table says as a fact of the business."""
    match record:
        case PlacedOrder():
            return business.OrderPlaced(
                order=record.order,
                lines=_items(record),
                customer=record.customer,
                ship_to=None if record.country is None else {"country": record.country},
            )
        case RegisteredReturn():
            return business.ReturnRegistered(document=record.document, lines=_items(record), customer=record.customer)
        case AdjustedStock():
            return business.StockAdjusted(
                item=record.item, place=record.place, change=record.change, reason=record.reason
            )


def _items(record: PlacedOrder | RegisteredReturn) -> tuple[business.OrderedItem, ...]:
    return tuple(business.OrderedItem(item, quantity, price) for item, quantity, price in record.lines)


def _header(mapping: Mapping, version: str, told: Sequence[Told]) -> Header:
    """Return the header: items and places in the order in which they come up, time from the first fact to the last."""
    items: dict[str, None] = {}
    sites: dict[str, None] = {}
    for _, _, _, fact in told:
        if isinstance(fact, business.StockAdjusted):
            items[fact.item] = sites[fact.place] = None
        elif isinstance(fact, business.OrderPlaced | business.ReturnRegistered):
            items.update(dict.fromkeys(line.item for line in fact.lines))
    return Header(
        made_by=f"import {version}",
        start=told[0][0],
        zone=str(mapping.clock.zone),
        horizon=told[-1][0] - told[0][0] + 1,
        completeness={stream: _complete(how) for stream, how in mapping.completeness},
        items=tuple(items),
        sites=tuple(sites),
    )


def _complete(how: str) -> Complete:
    return "full" if how == "full" else "partial" if how == "partial" else "none"


def _facts(told: Sequence[Told]) -> Iterator[Fact]:
    start = told[0][0]
    for at, source, row, fact in told:
        yield Fact(at=at - start, source=source, id=str(row), fact=fact)


def _summed(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for name, count in pairs:
        total[name] = total.get(name, 0) + count
    return total
