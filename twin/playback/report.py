"""What a replay found, as a document, as a JUnit file and as lines; and the baseline of what is accepted."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from twin.errors import HistoryError, UsageError
from twin.model.history import Header, text_of
from twin.playback.diverge import KINDS, Divergence, grouped
from twin.playback.feed import Played
from twin.playback.modes import pinned
from twin.playback.replay import Replayed

CHANGED_LISTED_MAX = 1000
BASELINE_HEAD = "# Divergences that are known and accepted: kind and key, one a line."


def document(header: Header, made: Replayed, accepted: frozenset[str] = frozenset()) -> dict[str, object]:
    """Return the document of one replay; its keys are those of the interface, and `verdict` sums them up."""
    played = made.played
    found = played.divergences
    roots = grouped(found)
    rows = [_row(each, root, each.signature in accepted) for each, root in zip(found, roots, strict=True)]
    fresh = [row for row in rows if not row["accepted"]]
    kept, anew = pinned(header, made.mode)
    consequences = played.consequences
    return {
        "version": made.version,
        "mode": made.mode,
        "pinned": list(kept),
        "regenerated": list(anew),
        "verdict": _verdict(played, made, fresh),
        "read": played.read,
        "applied": played.applied,
        "duplicates": played.duplicates,
        "held": played.held,
        "skipped": played.skipped,
        "dead_letters": played.dead_letters,
        "not_played": played.not_played,
        "handled": played.handled,
        "orders": played.orders,
        "divergences": rows,
        "counts": counts(found),
        "groups": _groups(found, roots),
        "first_divergence": fresh[0] if fresh else None,
        "consequences": {
            "stock": consequences.stock(header.items) if consequences is not None and found else [],
            "orders": consequences.orders() if consequences is not None and found else [],
        },
        "kpis": made.kpis,
        "violations": made.violations,
        "state": played.state,
        "digest": played.decisions,
        "notes": list(made.notes),
    }


def counts(found: Iterable[Divergence]) -> dict[str, int]:
    """Return how many divergences there are of each kind."""
    made: dict[str, int] = {}
    for divergence in found:
        made[divergence.kind] = made.get(divergence.kind, 0) + 1
    return made


def side_by_side(a: Replayed, b: Replayed) -> dict[str, object]:
    """Return which orders two versions treat otherwise, and what that sums up to."""
    orders = dict.fromkeys((*a.orders, *b.orders))
    changed = [
        {
            "order": a.numbers.get(case) or b.numbers.get(case) or str(case),
            a.version: _told(a, case),
            b.version: _told(b, case),
        }
        for case in orders
        if a.orders.get(case) != b.orders.get(case)
    ]
    return {
        "changed_orders": len(changed),
        "changed": changed[:CHANGED_LISTED_MAX],
        "meant": {
            name: {made.version: sum(getattr(told, name) for told in made.orders.values()) for made in (a, b)}
            for name in ("confirmed", "short")
        },
    }


def junit(name: str, documents: Sequence[Mapping[str, object]]) -> str:
    """Return a JUnit file: a suite for each version; each new divergence fails, each accepted one is skipped."""
    suites = [_suite(name, document) for document in documents]
    return '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n' + "".join(suites) + "</testsuites>\n"


def lines(document: Mapping[str, object]) -> list[str]:
    """Return a replay as sentences, one a line."""
    said = [
        f"{document['version']} ({document['mode']}): {document['verdict']}",
        f"  read {document['read']}, applied {document['applied']}, repeats {document['duplicates']}, "
        f"held {document['held']}, skipped {document['skipped']}",
    ]
    for word in ("dead_letters", "not_played", "orders", "counts"):
        found = document[word]
        if isinstance(found, dict) and found:
            said.append(f"  {word.replace('_', ' ')}: " + ", ".join(f"{name} {count}" for name, count in found.items()))
    first = document["first_divergence"]
    if isinstance(first, dict):
        said.append(f"  first: {first['kind']} {first['key']} at {first['at']}: {KINDS[first['kind']]}")
        said += [f"    {link}" for link in first["chain"]]
        said.append(f"    recorded: {first['recorded']}")
        said.append(f"    replayed: {first['replayed']}")
    consequences = document["consequences"]
    if isinstance(consequences, dict):
        for row in [*consequences["orders"], *consequences["stock"]][:20]:
            what = row.get("answer") or row.get("item")
            said.append(f"  {what}: recorded {row['recorded']}, replayed {row['replayed']}")
    said.append(f"  state {document['state']}")
    said.append(f"  decisions {document['digest']}")
    return said


def read_baseline(path: Path) -> frozenset[str] | None:
    """Return the accepted divergences of a baseline file, None where there is no such file.

    Raises:
        HistoryError: it cannot be read.
    """
    if not path.exists():
        return None
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise HistoryError(f"{path.name}: cannot be read: {error}") from error
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


def write_text(path: Path, text: str) -> None:
    """Write a file beside its name and give it that name.

    Raises:
        UsageError: it cannot be written.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_text(text, "utf-8")
        partial.replace(path)
    except OSError as error:
        raise UsageError(f"cannot write '{path}': {error.strerror or error}") from error
    finally:
        partial.unlink(missing_ok=True)


def baseline(found: Iterable[Divergence]) -> str:
    """Return the text of a baseline that accepts these divergences."""
    return "\n".join([BASELINE_HEAD, *dict.fromkeys(each.signature for each in found)]) + "\n"


def _row(divergence: Divergence, root: int, accepted: bool) -> dict[str, object]:
    return {
        "kind": divergence.kind,
        "key": divergence.key,
        "at": text_of(divergence.at),
        "line": divergence.line,
        "recorded": divergence.recorded,
        "replayed": divergence.replayed,
        "chain": list(divergence.chain),
        "group": root,
        "accepted": accepted,
    }


def _groups(found: Sequence[Divergence], roots: Sequence[int]) -> list[dict[str, object]]:
    sizes: dict[int, int] = {}
    for root in roots:
        sizes[root] = sizes.get(root, 0) + 1
    return [{"cause": found[root].signature, "divergences": size} for root, size in sizes.items()]


def _verdict(played: Played, made: Replayed, fresh: Sequence[object]) -> str:
    if made.mode != "verbatim":
        return f"played {played.applied} orders against simulated partners"
    if fresh:
        return f"{len(fresh)} divergences"
    ends = played.recorded
    if ends is not None and not played.divergences:
        same = "final state and decisions are" if ends.decisions == played.decisions else "the final state is"
        return f"no divergence; {same} as recorded"
    return "no divergence" if not played.divergences else "no divergence but accepted ones"


def _told(made: Replayed, case: int) -> dict[str, object] | None:
    told = made.orders.get(case)
    if told is None:
        return None
    return {"answer": told.answer, "confirmed": told.confirmed, "short": told.short, "sites": list(told.sites)}


def _suite(name: str, document: Mapping[str, object]) -> str:
    rows = document["divergences"]
    assert isinstance(rows, list)
    failed = [row for row in rows if not row["accepted"]]
    suite = quoteattr(f"{name} {document['version']}")
    cases = "".join(_case(name, row) for row in rows) or f"  <testcase classname={quoteattr(name)} name='replay'/>\n"
    count = max(1, len(rows))
    skipped = len(rows) - len(failed)
    head = f"<testsuite name={suite} tests='{count}' failures='{len(failed)}' skipped='{skipped}' errors='0'>\n"
    return f"{head}{cases}</testsuite>\n"


def _case(name: str, row: Mapping[str, object]) -> str:
    what = quoteattr(f"{row['kind']} {row['key']}")
    case = f"  <testcase classname={quoteattr(name)} name={what}>"
    if row["accepted"]:
        return f"{case}<skipped message='accepted'/></testcase>\n"
    text = escape(f"recorded: {row['recorded']}\nreplayed: {row['replayed']}\nchain: {row['chain']}")
    message = quoteattr(f"at {row['at']}, line {row['line']}")
    return f"{case}<failure message={message}>{text}</failure></testcase>\n"
