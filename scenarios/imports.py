"""Imports foreign files: reads them under a mapping, and writes a history of the business facts that they tell.

Facts go to a spool on disk as they are read: a document closes long after its first row, lines of a history stand in
the order of time, and the header names items that come up later. Memory grows with the catalogue and with the documents
that are open at once, not with the file. The history is written after every file has been read to its end, so one that
breaks in the middle leaves nothing.

Facts of one instant stand by source and row, so the order in which files are named does not matter.

Dropped: the number of a document as the id of its fact. One invoice may make an order and adjustments; the row where
the fact begins is its own, and leads back to the file.
"""

import hashlib
import hmac
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from scenarios.containers import FileContainer, digest_of
from scenarios.mappings import beside, joined_of, load_mapping, mapping_named
from scenarios.spool import Spool
from twin.connectivity import Mapping, OwnReader, Reader, Report, Told
from twin.connectivity.reader import SHARED
from twin.connectivity.report import without_rows
from twin.errors import HistoryError, NoRows, UsageError
from twin.middleware.unit import ITEMS
from twin.model import business
from twin.model.history import Complete, Fact, Header, Snapshot, snapshot_of
from twin.model.instant import SECOND, Instant
from twin.model.stock import ItemStock, Position
from twin.playback.history import write_history

OWN = "cloudevents/1.0"
"""The mapping of CloudEvents whose types are ours."""
BEFORE_JSON = b"\xef\xbb\xbf \t\r\n"
REDACTED_CHARS = 16
SETTLE_US = 60 * SECOND
"""How long a recording lasts after its last fact, so that what this brings about is finished."""
_First = tuple[Instant, str, int, int, int]
"""When and where something came up first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of every row of the files, by file, and the history that was written."""

    file: Path
    reports: dict[str, Report]
    openings: dict[str, Report] = field(default_factory=dict)

    @property
    def mapped(self) -> int:
        """How many rows went into a fact."""
        return sum(report.mapped for report in self.reports.values())

    @property
    def event_rows(self) -> dict[str, int]:
        """How many rows went into facts of each type; a row may go into several."""
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
        """Return the counts as a document.

        Explained, it has `FILE:PLACE` of the first rows refused under each class, the rows that went into each type of
        fact, the notes by file, and what became of the rows of the opening.
        """
        counts: dict[str, object] = {
            "rows": sum(report.rows for report in self.reports.values()),
            "mapped": self.mapped,
            "empty": self.empty,
            "refused": self.refused,
            "events": self.events,
            "file": str(self.file),
        }
        if not explain:
            return counts
        notes = {name: dict(report.notes) for name, report in self.reports.items()}
        opening = {
            name: {
                "rows": report.rows,
                "mapped": report.mapped,
                "empty": report.empty,
                "refused": {each.name: each.count for each in report.refused},
            }
            for name, report in self.openings.items()
        }
        return {
            **counts,
            "event_rows": self.event_rows,
            "lines": self.lines(),
            "notes": notes,
            "opening": opening,
        }

    def lines(self) -> dict[str, list[str]]:
        """Return by class where the first refused rows of each file begin, as `FILE:PLACE`."""
        found: dict[str, list[str]] = {}
        for name, report in self.reports.items():
            for each in report.refused:
                found.setdefault(each.name, []).extend(f"{name}:{place}" for place in each.first)
        return found


def import_files(
    files: Sequence[Path | str],
    mapping: Path | str | None = None,
    out: Path | str | None = None,
    *,
    redact: bool = False,
    redact_key: Path | None = None,
) -> Imported:
    """Read files under one mapping and write one history of all that they tell.

    Args:
        files: of one format, plain or gzip; a folder stands for the file that the mapping names in it. A document does
            not go on from one file into the next.
        mapping: how to read them, a file or the name of a shipped one; None for CloudEvents whose types are ours.
        out: the history, packed if it ends in `.gz`; else `NAME.history.jsonl.gz` here, after the first file.
        redact: replace names, addresses and free text, equal ones by equal ones.
        redact_key: a file whose bytes are the key of that; else the files that are imported are.

    Raises:
        HistoryError: a file cannot be read to its end, lacks a column, or no row of any of them was mapped.
        ScenarioError: a mapping does not keep its language.
        UsageError: a file is named twice, the history would take the place of what it is made from, or a file that is
            no JSON has no mapping, or there is no such mapping.
    """
    mapping_file = None if mapping is None else mapping_named(Path(mapping))
    read_by = None if mapping_file is None else load_mapping(mapping_file)
    if read_by is None and redact:
        raise UsageError("--redact needs a --mapping: it says which columns hold names, addresses and free text")
    found = [_meant(Path(file), read_by) for file in files]
    first = Path(files[0]).resolve().name.partition(".")[0]
    target = Path(f"{first}.history.jsonl.gz" if out is None else out)
    names = _called(found)
    if target.resolve() in {file.resolve() for file in (*found, *([mapping_file] if mapping_file else []))}:
        raise UsageError(f"out: '{target}' is what the history would be made from")
    key = _key(redact_key, found) if redact else None
    with Spool(target) as spool:
        importing = _Import(spool, key)
        if read_by is None or mapping_file is None:
            for file in found:
                importing.read_own(file, names[file])
            zone, version, completeness = "UTC", OWN, importing.streams()
        else:
            version = f"{read_by.id}/{read_by.version}"
            importing.open_with(read_by, mapping_file, found[0])
            for file in found:
                try:
                    importing.read(file, names[file], read_by, mapping_file)
                except NoRows:
                    if len(found) == 1:
                        raise
                    importing.found_nothing(names[file])
            zone, completeness = str(read_by.clock.zone), dict(read_by.completeness)
        imported = Imported(file=target, reports=importing.reports, openings=importing.openings)
        if importing.first is None:
            lines = imported.lines()
            counts = [f"{count} {name} (first at {lines[name][0]})" for name, count in imported.refused.items()]
            classes = ", ".join(counts) or "none"
            raise HistoryError(f"{', '.join(names.values())}: no row was mapped; refused: {classes}")
        header = importing.header(version, zone, completeness, read_by)
        write_history(target, header, _facts(spool, header.start))
    return imported


def _meant(file: Path, mapping: Mapping | None) -> Path:
    if not file.is_dir():
        return file
    if mapping is None or not mapping.source.file:
        raise UsageError(f"'{file}' is a folder, and the mapping names no file in it (source: {{file: NAME}})")
    return file / mapping.source.file


def _called(files: Sequence[Path]) -> dict[Path, str]:
    """Return what each file is called: its name, or where two have one name its path below the folder of them all."""
    whole = {file: file.resolve() for file in files}
    if twice := [path.name for path, count in Counter(whole[file] for file in files).items() if count > 1]:
        raise UsageError(f"'{twice[0]}' is named twice")
    if len({file.name for file in files}) == len(files):
        return {file: file.name for file in files}
    top = os.path.commonpath([path.parent for path in whole.values()])
    return {file: path.relative_to(top).as_posix() for file, path in whole.items()}


def _key(file: Path | None, found: Sequence[Path]) -> bytes:
    """Return the key of what is replaced: a file's bytes, or the digests of the files themselves."""
    if file is not None:
        return digest_of(file).encode()
    return "".join(sorted(digest_of(each) for each in found)).encode()


@dataclass(slots=True)
class _Import:
    """One import under way: what was seen that the header has to name."""

    spool: Spool
    key: bytes | None
    reports: dict[str, Report] = field(default_factory=dict)
    openings: dict[str, Report] = field(default_factory=dict)
    first: Instant | None = None
    last: Instant = 0
    items: dict[str, _First] = field(default_factory=dict)
    sites: dict[str, _First] = field(default_factory=dict)
    stock: dict[tuple[str, str], int] = field(default_factory=dict)
    met: set[str] = field(default_factory=set)

    def read(self, file: Path, name: str, mapping: Mapping, mapping_file: Path) -> None:
        """Read one file into the spool; `name` is what it is called there."""
        source = _source(mapping, mapping_file, name)
        for told in self._reader(file, name, mapping, mapping_file):
            self._keep(told.at_us, 1, source, told.row, told.nth, told.id, told.fact)

    def read_own(self, file: Path, name: str) -> None:
        """Read a file of CloudEvents whose types are ours."""
        container = FileContainer(file)
        if next(container.blocks(), b"{").lstrip(BEFORE_JSON)[:1] not in (b"{", b"["):
            raise UsageError(
                f"'{file}' is no JSON, so it needs a --mapping: only CloudEvents of our own types need none "
                "(--sniff proposes one)"
            )
        reader = OwnReader(container, shelf=self.spool)
        for told in reader:
            self._keep(told.at_us, 1, f"{OWN}/{quote(name)}", told.row, told.nth, told.id, told.fact)
        self.reports[name] = reader.report()

    def found_nothing(self, name: str) -> None:
        """Count a file that has no rows, among others that may have some, as one that is refused."""
        self.reports[name] = without_rows()

    def open_with(self, mapping: Mapping, mapping_file: Path, file: Path) -> None:
        """Read the state before the first row, from the files that the mapping names."""
        for name, opening in mapping.opening:
            own_file = beside(opening.mapping, mapping_file)
            own = load_mapping(own_file)
            from_file = beside(opening.file, file, mapping_file) if opening.file else file
            source = _source(own, own_file, from_file.name)
            for told in self._reader(from_file, from_file.name, own, own_file, called=f"{name} in "):
                if name == "stock":
                    self._stand(told.fact)
                else:
                    self._keep(told.at_us, 0, source, told.row, told.nth, told.id, told.fact)

    def streams(self) -> dict[str, str]:
        """Return what there is of each stream where nobody has said how complete it is."""
        return dict.fromkeys(sorted(self.met), "partial")

    def header(self, version: str, zone: str, completeness: dict[str, str], mapping: Mapping | None) -> Header:
        """Return the header: items and places in the order in which they come up, time from first fact to last."""
        assert self.first is not None, "an import without facts has no header"
        items, sites = _in_order(self.items), _in_order(self.sites)
        private = (*mapping.keyed, *mapping.drop) if mapping is not None else ()
        return Header(
            made_by=f"import {version}",
            start=self.first,
            zone=zone,
            horizon=self.last - self.first + SETTLE_US,
            arrival=mapping.arrival if mapping is not None else "open",
            completeness={stream: _complete(how) for stream, how in completeness.items()},
            redacted=tuple(dict.fromkeys(("customer", "ship_to", "reason", *private))) if self.key else (),
            items=items,
            sites=sites,
            lifecycle=mapping.lifecycle if mapping is not None else (),
            snapshot=self._snapshot(items, sites),
        )

    def _reader(self, file: Path, name: str, mapping: Mapping, mapping_file: Path, called: str = "") -> Iterator[Told]:
        container, joined = FileContainer(file), joined_of(mapping, file, mapping_file)
        shelf = _Apart(self.spool, f"{called}{name} ", shared=() if called else (SHARED,))
        redact = self._redact if self.key is not None else None
        reader = Reader(container, mapping, joined=joined, shelf=shelf, redact=redact)
        try:
            yield from reader
        finally:
            for opened in (container, *joined.values()):
                opened.close()
            (self.openings if called else self.reports)[f"{called}{name}"] = reader.report()

    def _keep(self, at: Instant, rank: int, source: str, row: int, nth: int, id: str, fact: business.Business) -> None:
        self.first = at if self.first is None else min(self.first, at)
        self.last = max(self.last, at)
        self.met.add(business.STREAM[type(fact)])
        place = (at, source, row, nth)
        match fact:
            case business.StockAdjusted() | business.StockReceived() | business.StockCounted():
                _came_up(self.items, fact.item, (*place, 0))
                _came_up(self.sites, fact.place, (*place, 0))
            case business.OrderPlaced() | business.ReturnRegistered() | business.SupplyOrdered():
                for number, line in enumerate(fact.lines):
                    _came_up(self.items, line.item, (*place, number))
            case _:
                pass
        self.spool.keep(at, rank, source, row, nth, id, fact)

    def _stand(self, fact: business.Business) -> None:
        """Take in what a file says about the stock before the first row."""
        number = len(self.stock)
        match fact:
            case business.StockCounted():
                self.stock[(fact.item, fact.place)] = fact.counted
            case business.StockAdjusted() | business.StockReceived():
                change = fact.change if isinstance(fact, business.StockAdjusted) else fact.quantity
                self.stock[(fact.item, fact.place)] = self.stock.get((fact.item, fact.place), 0) + change
            case _:
                raise HistoryError(f"opening stock: a {type(fact).__name__} says nothing about stock")
        _came_up(self.items, fact.item, (_BEFORE, "", number, 0, 0))
        _came_up(self.sites, fact.place, (_BEFORE, "", number, 0, 0))

    def _snapshot(self, items: tuple[str, ...], sites: tuple[str, ...]) -> Snapshot:
        if not self.stock:
            return Snapshot()
        stocks = {
            number: ItemStock(number, tuple([Position(self.stock.get((item, site), 0)) for site in sites]))
            for number, item in enumerate(items)
        }
        return Snapshot(rows=snapshot_of({ITEMS.name: stocks}))

    def _redact(self, text: str) -> str:
        assert self.key is not None, "only a redacted import has a key"
        return hmac.new(self.key, text.encode(), hashlib.sha256).hexdigest()[:REDACTED_CHARS]


_BEFORE = -(1 << 62)
"""Before every fact."""


@dataclass(frozen=True, slots=True)
class _Apart:
    """The shelf of one file: other files of the same import see what is `shared` and nothing else."""

    spool: Spool
    part: str
    shared: tuple[str, ...]

    def put(self, kind: str, key: str, value: bytes) -> None:
        self.spool.put(self._whole(kind), key, value)

    def get(self, kind: str, key: str) -> list[bytes]:
        return self.spool.get(self._whole(kind), key)

    def _whole(self, kind: str) -> str:
        return kind if kind in self.shared else f"{self.part}{kind}"


def _came_up(known: dict[str, _First], name: str, place: _First) -> None:
    if name not in known or place < known[name]:
        known[name] = place


def _in_order(known: dict[str, _First]) -> tuple[str, ...]:
    return tuple(sorted(known, key=lambda name: known[name]))


def _source(mapping: Mapping, mapping_file: Path, name: str) -> str:
    version = quote(f"{mapping.id}/{mapping.version}")
    return f"{version}/{quote(name)}?mapping={digest_of(mapping_file)}"


def _complete(how: str) -> Complete:
    return "full" if how == "full" else "partial" if how == "partial" else "none"


def _facts(spool: Spool, start: Instant) -> Iterator[Fact]:
    for at, source, id, fact in spool.facts():
        yield Fact(at=at - start, source=source, id=id, fact=fact)


def _summed(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for name, count in pairs:
        total[name] = total.get(name, 0) + count
    return total
