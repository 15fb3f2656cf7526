"""A replay as short tables, for a notebook and for a page: what became of the records, what differs, why, how far.

Nothing here knows a page: a table is a title, heads and rows of text.
"""

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Final, NamedTuple

from twin.playback.diverge import KINDS

ROWS_MAX: Final = 50
"""Rows of one table; the JSON document has them all."""
FATES: Final = (
    ("read", "read from the recording"),
    ("applied", "applied"),
    ("duplicates", "repeats of what was known"),
    ("held", "held back at the end, waiting for another"),
    ("skipped", "skipped, because their order had left the recording"),
    ("late", "out of order in the file"),
    ("handled", "messages handled, those of its own included"),
    ("decided", "messages that decided something"),
    ("compared", "records of what was sent, compared"),
)


class Shown(NamedTuple):
    """One table as text."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables(document: Mapping[str, object]) -> list[Shown]:
    """Return the tables of one version's document; those without rows are left out."""
    made = [
        Shown("Records", ("what became of them", "records"), _fates(document)),
        Shown("Steps of foreign systems", ("step", "times"), _steps(document)),
        Shown("Lifecycles with a name", ("class", "orders and lines", "such as"), _lifecycles(document)),
        _first(document),
        Shown("Its causal chain, the oldest first", ("message",), _chain(document)),
        Shown("Causes: divergences that share items, by the earliest", ("earliest", "divergences"), _groups(document)),
        Shown("Divergences by kind", ("kind", "divergences", "what it means"), _kinds(document)),
        Shown("Divergences", ("kind", "what it is about", "at", "line", "accepted"), _divergences(document)),
        Shown("Consequences: answers to orders, units sent to warehouses", SIDES, _consequences(document)),
        Shown("Broken invariants", ("invariant", "key", "at, s"), _violations(document)),
        Shown("Measures among simulated partners", ("measure", "value"), _measures(document)),
    ]
    return [table for table in made if table.rows]


def changes(document: Mapping[str, object]) -> Shown | None:
    """Return which orders two versions treat otherwise, if the document is that of two."""
    changed, versions = _rows(document.get("changed")), _rows(document.get("versions"))
    if not versions:
        return None
    names = [str(version["version"]) for version in versions]
    rows = [(str(row["order"]), *(_told(row.get(name)) for name in names)) for row in changed[:ROWS_MAX]]
    title = f"Side by side: {document['changed_orders']} orders are treated otherwise"
    return Shown(title, ("order", *names), tuple(rows))


def html(document: Mapping[str, object]) -> str:
    """Return a replay's document, of one version or of two side by side, as HTML for a notebook."""
    versions = _rows(document.get("versions")) or [document]
    parts = []
    for version in versions:
        head = f"{version['version']} ({version['mode']}): {version['verdict']}"
        parts.append(f"<p><strong>{escape(head)}</strong></p>")
        parts += [_table(table) for table in tables(version)]
    both = changes(document)
    return "".join([*parts, *([_table(both)] if both is not None else [])])


SIDES: Final = ("what", "recorded", "replayed")


def _fates(document: Mapping[str, object]) -> tuple[tuple[str, ...], ...]:
    rows = [(words, f"{document[name]:,}") for name, words in FATES if document[name]]
    for name, words in (("dead_letters", "dead letter"), ("not_played", "not played")):
        found = document[name]
        assert isinstance(found, Mapping)
        rows += [(f"{words}: {why}", f"{count:,}") for why, count in found.items()]
    return tuple(rows)


def _steps(document: Mapping[str, object]) -> tuple[tuple[str, ...], ...]:
    steps = document["steps"]
    assert isinstance(steps, Mapping)
    most = sorted(steps.items(), key=lambda pair: -pair[1])[:ROWS_MAX]
    return tuple((step, f"{count:,}") for step, count in most)


def _lifecycles(document: Mapping[str, object]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (str(row["class"]), f"{row['orders']:,}", ", ".join(row["first"]) if isinstance(row["first"], list) else "")
        for row in _rows(document["lifecycles"])
    )


def _first(document: Mapping[str, object]) -> Shown:
    first = document["first_divergence"]
    if not isinstance(first, Mapping):
        return Shown("", SIDES, ())
    both = [side if isinstance(side, Mapping) else {} for side in (first["recorded"], first["replayed"])]
    fields = dict.fromkeys((*both[0], *both[1]))
    rows = [(name, *("-" if name not in side else _value(side[name]) for side in both)) for name in fields]
    rows.sort(key=lambda row: row[1] == row[2])  # what differs stands first
    where = f", line {first['line']}" if first["line"] else ""
    return Shown(f"First divergence: {first['kind']} {first['key']} at {first['at']}{where}", SIDES, tuple(rows))


def _chain(document: Mapping[str, object]) -> tuple[tuple[str, ...], ...]:
    first = document["first_divergence"]
    return tuple((str(link),) for link in first["chain"]) if isinstance(first, Mapping) else ()


def _groups(document: Mapping[str, object]) -> tuple[tuple[str, ...], ...]:
    groups = sorted(_rows(document["groups"]), key=lambda group: -int(str(group["divergences"])))
    return tuple((str(group["cause"]), f"{group['divergences']:,}") for group in groups[:ROWS_MAX])


def _kinds(document: Mapping[str, object]) -> tuple[tuple[str, ...], ...]:
    counts = document["counts"]
    assert isinstance(counts, Mapping)
    return tuple((kind, f"{counts[kind]:,}", meaning) for kind, meaning in KINDS.items() if kind in counts)


def _divergences(document: Mapping[str, object]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (
            str(row["kind"]),
            str(row["key"]),
            str(row["at"]),
            str(row["line"] or "-"),
            "yes" if row["accepted"] else "no",
        )
        for row in _rows(document["divergences"])[:ROWS_MAX]
    )


def _consequences(document: Mapping[str, object]) -> tuple[tuple[str, ...], ...]:
    found = document["consequences"]
    assert isinstance(found, Mapping)
    rows = [(f"orders answered {row['answer']}", row) for row in _rows(found["orders"])]
    rows += [(f"units of {row['item']}", row) for row in _rows(found["stock"])]
    return tuple((what, str(row["recorded"]), str(row["replayed"])) for what, row in rows[:ROWS_MAX])


def _violations(document: Mapping[str, object]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (str(row["invariant"]), str(row["key"]), f"{int(str(row['at_us'])) / 1e6:,.3f}")
        for row in _rows(document["violations"])[:ROWS_MAX]
    )


def _measures(document: Mapping[str, object]) -> tuple[tuple[str, ...], ...]:
    """Return the measures that have a value and no label; those by link, state or window are in the document."""
    kpis = document["kpis"]
    assert isinstance(kpis, Mapping)
    return tuple((name, f"{value:,.6g}") for name, value in kpis.items() if value is not None and "{" not in name)


def _rows(found: object) -> list[Mapping[str, object]]:
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list) else []


def _told(side: object) -> str:
    return ", ".join(f"{name} {_value(value)}" for name, value in side.items()) if isinstance(side, Mapping) else "-"


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _table(table: Shown) -> str:
    top = "".join(f"<th>{escape(head)}</th>" for head in table.heads)
    body = "".join(f"<tr>{_cells(row)}</tr>" for row in table.rows)
    return f"<table><caption>{escape(table.title)}</caption><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _cells(row: Sequence[str]) -> str:
    return "".join(f"<td>{escape(cell)}</td>" for cell in row)
