"""Proposes a first mapping of an unfamiliar file, from its first rows; every line of it that is a guess says so.

What is proposed keeps the language, and reads the file as far as it has what orders have: a name of the order, an item,
a quantity, a time; or else steps of something. Where one of them is not found a column has to be named first.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from scenarios.containers import GZIP_MAGIC, SQLITE_MAGIC, FileContainer, blocks_of, first_bytes
from twin.connectivity.formats.choice import rows_of
from twin.connectivity.formats.nested import Walk
from twin.connectivity.mapping import Source
from twin.connectivity.rows import Limits, MemoryShelf
from twin.errors import HistoryError

ROWS_READ = 200
NOT_FOUND = "?"
"""Stands where a column has to be named; the import refuses it, and lists what the file has."""
Values = list[str]
_ROLES = (
    ("time", ("time", "timestamp", "date", "datum", "created", "placed", "at", "day", "zeit", "when", "fecha")),
    ("order", ("order", "invoice", "auftrag", "document", "doc", "bestell", "beleg", "po", "case", "number", "id")),
    ("item", ("item", "sku", "product", "article", "artikel", "material", "stock", "part", "code", "gtin")),
    ("quantity", ("quantity", "qty", "menge", "units", "pieces", "amount", "count", "anzahl")),
    ("step", ("activity", "concept:name", "event", "type", "step", "status", "state")),
)
_FORMATS = (
    ("%Y-%m-%d %H:%M:%S", r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"),
    ("iso", r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d+)?)?(Z|[+-]\d\d:?\d\d)?)?"),
    ("%d.%m.%Y %H:%M:%S", r"\d\d?\.\d\d?\.\d{4} \d\d:\d\d:\d\d"),
    ("%d.%m.%Y %H:%M", r"\d\d?\.\d\d?\.\d{4} \d\d:\d\d"),
    ("%d.%m.%Y", r"\d\d?\.\d\d?\.\d{4}"),
    ("%m/%d/%Y %H:%M", r"\d\d?/\d\d?/\d{4} \d\d?:\d\d"),
    ("%m/%d/%Y", r"\d\d?/\d\d?/\d{4}"),
    ("%Y%m%d", r"(19|20)\d{6}"),
    ("epoch_ms", r"1\d{12}"),
    ("epoch_s", r"1\d{9}(\.\d+)?"),
)
_WHOLE = re.compile(r"[+-]?\d{1,15}(\.0*)?")


def sniffed(path: Path) -> list[str]:
    """Return the lines of a mapping for a file.

    Raises:
        HistoryError: the file cannot be read, or its form is none that mappings know.
    """
    source = _source(path)
    container = FileContainer(path)
    try:
        found = rows_of(container, source, Limits(), MemoryShelf())
        rows = [row.value for row in islice(found.rows, ROWS_READ) if row.value is not None]
    finally:
        container.close()
    columns = _columns(rows, found.names)
    roles, forms = _guess(columns)
    return list(_written(path, source, columns, roles, forms))


def _source(path: Path) -> Source:
    """Return how a file is read, guessed from how it begins."""
    raw = first_bytes(path)
    if raw.startswith(SQLITE_MAGIC):
        container = FileContainer(path)
        tables = [str(name) for (name,) in container.query("SELECT name FROM sqlite_master WHERE type = 'table'")]
        container.close()
        if "event_map_type" in tables:
            return Source(format="ocel-sqlite", rows="events")
        return Source(format="sqlite", table=tables[0] if tables else "")
    if raw.startswith(b"PAR1"):
        return Source(format="parquet")
    text = next(blocks_of(path), b"") if raw.startswith(GZIP_MAGIC) else raw
    if not text.strip():
        raise HistoryError(f"{path.name}:1:1: the file is empty")
    body = text.lstrip(b"\xef\xbb\xbf \t\r\n")
    if body.startswith(b"<"):
        return _xml(body)
    if body[:1] in (b"{", b"["):
        return _json(path, body)
    encoding = "utf-8" if _is_utf8(text) else "cp1252"
    header = text.decode("latin-1").splitlines()[0]
    delimiter = max(",;\t|", key=header.count)
    return Source(format="csv", delimiter=delimiter, encoding=encoding)


def _xml(body: bytes) -> Source:
    if b"EPCIS" in body:
        return Source(format="epcis")
    if b"object-type" in body:
        return Source(format="ocel-xml", rows="events")
    if b"<trace" in body or b"xes" in body[:300]:
        return Source(format="xes")
    tags = re.findall(rb"<([A-Za-z_][\w.-]*)(?=[\s>/])", body)
    counts = {tag: tags.count(tag) for tag in tags[1:]}
    rows = next((tag for tag, count in counts.items() if count > 1), tags[-1] if tags else b"row")
    return Source(format="xml", rows=rows.decode())


def _json(path: Path, body: bytes) -> Source:
    container = FileContainer(path)
    if b'"specversion"' in body:
        return Source(format="cloudevents")
    if b"epcisBody" in body or b'"EPCIS' in body:
        return Source(format="epcis")
    if b'"objectTypes"' in body or b'"eventTypes"' in body:
        return Source(format="ocel-json", rows="events")
    first = body.splitlines()[0].strip()
    if first.startswith(b"{") and first.endswith(b"}") and len(body.splitlines()) > 1:
        return Source(format="jsonl")
    if body.startswith(b"["):
        return Source(format="json", rows="$[*]")
    walk = Walk(container, Limits())
    for _ in walk.to(("\0",)):
        pass
    for name in walk.tops:
        probe = Walk(container, Limits())
        found = next(probe.to((name,)), None)
        if found is not None and isinstance(found[1], list):
            return Source(format="json", rows=f"$.{_named(name)}[*]")
    return Source(format="json", rows="$")


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start >= len(text) - 4
    return True


def _columns(rows: Sequence[dict[str, object]], names: tuple[str, ...] | None) -> dict[str, Values]:
    """Return the values of each column, or of each path that leads to single values."""
    found: dict[str, Values] = {name: [] for name in names or ()}
    for row in rows:
        for path, value in _single(row, ""):
            found.setdefault(path, []).append(value)
    return found


def _single(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _single(inner, f"{path}.{_named(name)}" if path else _named(name))
    elif isinstance(value, list):
        if value and isinstance(value[0], dict):
            yield f"{path}[*]", ""
    elif value is not None:
        yield path, str(value)


def _named(name: str) -> str:
    return f'"{name}"' if re.search(r"[.\[\]]", name) else name


def _guess(columns: dict[str, Values]) -> tuple[dict[str, str], list[str]]:
    """Return which column plays which part, and the formats of times that were seen."""
    roles: dict[str, str] = {}
    forms: list[str] = []
    for role, words in _ROLES:
        fitting = [
            (rank, place, name)
            for place, (name, values) in enumerate(columns.items())
            if name not in roles.values() and (rank := _rank(name, words)) is not None and _fits(role, values)
        ]
        if fitting:
            roles[role] = min(fitting)[2]
    if "time" in roles:
        values = [value.strip() for value in columns[roles["time"]] if value.strip()]
        forms = [form for form, pattern in _FORMATS if values and all(re.fullmatch(pattern, v) for v in values)][:1]
    return roles, forms or ["iso"]


def _rank(name: str, words: Sequence[str]) -> int | None:
    plain = name.lower()
    return next((rank for rank, word in enumerate(words) if word in plain), None)


def _fits(role: str, values: Values) -> bool:
    told = [value.strip() for value in values if value.strip()]
    if not told:
        return False
    if role == "quantity":
        return all(_WHOLE.fullmatch(value) for value in told)
    if role == "time":
        return any(all(re.fullmatch(pattern, value) for value in told) for _, pattern in _FORMATS)
    return True


def _written(
    path: Path, source: Source, columns: dict[str, Values], roles: dict[str, str], forms: Sequence[str]
) -> Iterator[str]:
    lists = [name for name in columns if name.endswith("[*]")]
    yield f"# A first mapping of {path.name}, proposed from its first rows; what is marked as a guess wants to be read."
    yield "mapping_version: 1"
    yield f'name: {{id: {_text(path.name.partition(".")[0])}, version: "0.1"}}'
    yield f"source: {{{', '.join(_settings(source))}}}"
    yield f"clock: {{zone: UTC, formats: [{', '.join(_text(form) for form in forms)}]}} # guess: zone and formats"
    yield "columns: # left out: what is not named; seen in the file:"
    for name, values in columns.items():
        seen = ", ".join(dict.fromkeys(value[:24] for value in values[:3]))
        yield f"  #   {name}{f'   (such as {seen})' if seen else ''}"
    lined = "item" in roles and "quantity" in roles
    key = "column" if source.flat else "path"
    for role in ("order", "item", "quantity", "time") if lined else ("order", "step", "time"):
        kind = {"quantity": "integer", "time": "time"}.get(role, "text")
        told = "guess" if role in roles else "nothing looked like it: name one"
        yield f"  {role}: {{{key}: {_text(roles.get(role, NOT_FOUND))}, type: {kind}}} # {told}"
    if lined:
        yield "group: {by: [order]} # guess: rows of one order make one document"
        yield "events:"
        yield "  - {type: OrderPlaced, order: order, at: time, lines: {item: item, quantity: quantity}} # guess"
        yield "completeness: {orders: partial} # guess"
    else:
        yield "events:"
        yield "  - {type: OrderStep, order: order, step: step, at: time} # guess"
        yield "completeness: {steps: partial} # guess"
    for name in lists:
        yield f"# A list in each row: without group, lines are {{from: {name.removesuffix('[*]')}, item: ...}}"


def _settings(source: Source) -> Iterator[str]:
    yield f"format: {source.format}"
    if source.format == "csv":
        yield f"delimiter: {_text(source.delimiter)}"
        yield f"encoding: {source.encoding}"
    if source.table:
        yield f"table: {_text(source.table)}"
    if source.rows:
        yield f"rows: {_text(source.rows)}"


def _text(text: str) -> str:
    """Write a text so that YAML reads it as one."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return f'"{escaped}"'
