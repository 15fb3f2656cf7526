"""Checks the parts of a mapping that say how bytes are read: source, clock and limits."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from typing import Literal

from twin.connectivity.checked import Node
from twin.connectivity.formats.ocel import KINDS
from twin.connectivity.mapping import FORMATS, Clock, Source, Width
from twin.connectivity.paths import parse_path
from twin.connectivity.rows import Limits

FIELD_BYTES_MAX = 131_072
"""The CSV reader of the standard library refuses longer fields."""
DEPTH_MAX = 200
ENCODINGS = ("utf-8", "ascii", "cp1252", "iso-8859-1", "iso-8859-15", "latin-1", "utf-16", "utf-16-le", "utf-16-be")
_DELIMITED = ("encoding", "delimiter", "quote", "header", "line_ends")
_OF_TEXT = ("decimal", "thousands", "negative", "blank")
_KEYS = {
    "csv": _DELIMITED,
    "fixed": ("encoding", "widths", "header", "line_ends"),
    "json": ("rows",),
    "jsonl": ("rows",),
    "xml": ("rows",),
    "ocel-json": ("rows",),
    "ocel-xml": ("rows",),
    "ocel-sqlite": ("rows",),
    "xes": (),
    "epcis": (),
    "cloudevents": (),
    "parquet": (),
    "sqlite": ("table",),
}
"""The keys that a source has beside those that all have."""


def source_of(node: Node) -> Source | None:
    """Read a source; None where it is none."""
    form = node.at("format").one_of(FORMATS, "csv") if node.has("format") else "csv"
    known = ("format", "file", *_KEYS[form], *_OF_TEXT)
    if not node.keys(known, ("format",)):
        return None
    standard = Source()
    source = Source(
        format=form,
        file=node.at("file").text() if node.has("file") else "",
        rows=_rows(node, form),
        table=node.at("table").text() if node.has("table") else "",
        header=_header(node, form),
        widths=_widths(node.at("widths")) if node.has("widths") else (),
        encoding=_encoding(node) if node.has("encoding") else standard.encoding,
        delimiter=_character(node, "delimiter", standard.delimiter),
        quote=_character(node, "quote", standard.quote),
        decimal=node.at("decimal").one_of((".", ","), ".") if node.has("decimal") else standard.decimal,
        thousands=_character(node, "thousands", "") or None,
    )
    if node.has("line_ends"):
        node.at("line_ends").one_of(("any",), "any")
    for key, wanted in (("widths", "fixed"), ("table", "sqlite")):
        if form == wanted and not node.has(key):
            node.fault(f"{key!r} is missing: format {wanted} needs it")
    if source.thousands == source.decimal:
        node.at("thousands").fault("is the decimal sign too")
    places = ("leading", "trailing", "brackets")
    negative = [each.one_of(places, "leading") for each in node.at("negative").items()] if node.has("negative") else []
    blank = node.at("blank").texts() if node.has("blank") else ()
    return replace(
        source, negative=tuple(negative) or standard.negative, blank=tuple(dict.fromkeys((*standard.blank, *blank)))
    )


def _encoding(node: Node) -> str:
    return node.at("encoding").one_of(ENCODINGS, "utf-8")


def _header(node: Node, form: str) -> bool:
    return node.at("header").flag() if node.has("header") else form != "fixed"


def _rows(node: Node, form: str) -> str:
    if not node.has("rows"):
        if form == "xml":
            node.fault("'rows' is missing: format xml needs the name of the element that is a row")
        return "events" if form.startswith("ocel-") else ""
    if form.startswith("ocel-"):
        return node.at("rows").one_of(KINDS, "events")
    return path_of(node.at("rows"))


def path_of(node: Node) -> str:
    """Read a path; what is none is a fault."""
    text = node.text()
    try:
        parse_path(text)
    except ValueError as error:
        node.fault(f"is no path: {error} (names, [n], [*] and [?name=value])")
        return ""
    return text


def _widths(node: Node) -> tuple[Width, ...]:
    found = []
    for name in node.value if isinstance(node.value, dict) else ():
        ends = node.at(str(name)).value
        if (
            isinstance(ends, list)
            and len(ends) == 2
            and all(isinstance(end, int) and not isinstance(end, bool) for end in ends)
            and 0 <= ends[0] < ends[1]
        ):
            found.append(Width(name=str(name), start=ends[0], end=ends[1]))
        else:
            node.at(str(name)).fault(f"must be two places, the first before the second, from 0 (got {ends!r})")
    if not found:
        node.fault("expected a table of fields and their places, such as {item: [0, 12]}")
    return tuple(found)


def _character(node: Node, key: str, default: str) -> str:
    if not node.has(key):
        return default
    value = node.at(key).value
    if not isinstance(value, str) or len(value) != 1:
        node.at(key).fault(f"must be one character (got {value!r})")
        return default
    return value


def clock_of(node: Node, zones: Callable[[str], tzinfo]) -> Clock | None:
    """Read a clock; None where it is none."""
    known = ("zone", "formats", "resolution", "ambiguous", "skipped_hour", "between", "pivot")
    if not node.keys(known, ("zone", "formats")):
        return None
    zone: tzinfo = UTC
    if node.has("zone"):
        try:
            zone = zones(node.at("zone").text("UTC"))
        except (KeyError, ValueError):
            node.at("zone").fault(f"no such time zone (got {node.at('zone').value!r})")
    formats = [_format(part, node.has("pivot")) for part in node.at("formats").items()] if node.has("formats") else []
    if node.has("formats") and not formats:
        node.at("formats").fault("names no format; expected some such as '%Y-%m-%d %H:%M:%S', iso, epoch_s or epoch_ms")
    clock = Clock(
        zone=zone,
        formats=tuple(formats),
        resolution_us=duration_of(node.at("resolution")) if node.has("resolution") else 1_000_000,
        ambiguous=_choice(node.at("ambiguous"), "earlier") if node.has("ambiguous") else "earlier",
        skipped_hour=_choice(node.at("skipped_hour"), "later") if node.has("skipped_hour") else "later",
        pivot=node.at("pivot").count(1970) if node.has("pivot") else 0,
    )
    between = _between(node.at("between"), zone) if node.has("between") else None
    return clock if between is None else replace(clock, between_us=between)


def _choice(node: Node, default: Literal["earlier", "later"]) -> Literal["earlier", "later", "refuse"]:
    text = node.one_of(("earlier", "later", "refuse"), default)
    return "earlier" if text == "earlier" else "later" if text == "later" else "refuse"


def _format(node: Node, has_pivot: bool) -> str:
    text = node.text()
    if "%y" in text and not has_pivot:
        node.fault("a two-digit year needs 'pivot', the first year that it may mean")
    elif text not in ("iso", "epoch_s", "epoch_ms") and "%" not in text:
        node.fault(f"is no time format: iso, epoch_s, epoch_ms or one with signs such as %Y (got {text!r})")
    return text


def duration_of(node: Node) -> int:
    """Read a duration such as `15m` in microseconds."""
    units = {"us": 1, "ms": 1_000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}
    match = re.fullmatch(r"(\d{1,6})(us|ms|s|m|h|d)", node.value) if isinstance(node.value, str) else None
    if match is None or int(match[1]) == 0:
        node.fault(f"must be a duration such as 1s or 1m (got {node.value!r})")
        return 1_000_000
    return int(match[1]) * units[match[2]]


def _between(node: Node, zone: tzinfo) -> tuple[int, int] | None:
    ends: list[int] = []
    for part in node.items():
        try:
            ends.append(stamp_of(part.text(), zone))
        except ValueError:
            part.fault(f"must be a day such as '2009-01-01' (got {part.value!r})")
    if len(ends) != 2 or ends[0] >= ends[1]:
        node.fault("must be two days, the first before the second")
        return None
    return ends[0], ends[1]


def stamp_of(text: str, zone: tzinfo) -> int:
    """Return a day or time of a mapping in microseconds UTC; raise ValueError for what is none."""
    moment = datetime.fromisoformat(text)
    return round((moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp() * 1_000_000)


def limits_of(node: Node) -> tuple[int, Limits]:
    """Read the limits: lines of a document, and those of a reader."""
    standard = Limits()
    if not node.keys(("lines_per_order", "field_bytes", "depth")):
        return 20_000, standard
    lines = node.at("lines_per_order").count(20_000) if node.has("lines_per_order") else 20_000
    size = node.at("field_bytes").count(standard.field_bytes) if node.has("field_bytes") else standard.field_bytes
    depth = node.at("depth").count(standard.depth) if node.has("depth") else standard.depth
    for key, value, most in (("field_bytes", size, FIELD_BYTES_MAX), ("depth", depth, DEPTH_MAX)):
        if value > most:
            node.at(key).fault(f"must be at most {most} (got {value})")
    return lines, Limits(size, depth)
