"""What a replay found, as a document and as lines; and two versions of it side by side."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from twin.errors import UsageError
from twin.model.history import Header, text_of
from twin.playback.diverge import KINDS, Divergence, grouped, reach
from twin.playback.feed import Played
from twin.playback.modes import pinned
from twin.playback.replay import Replayed

CHANGED_LISTED_MAX = 1000
GROUPS_SHOWN = 5
MEASURES = (
    "orders_accepted",
    "orders_shipped",
    "orders_backordered",
    "oversold_units",
    "late_orders",
    "duplicate_erp_orders",
    "lost_orders",
    "illegal_transitions",
    "manual_touches",
)
"""Measures of a replay among simulated partners that the terminal shows."""
SHOWN_MAX = 20
"""Lines of one kind on the terminal; the document has them all."""


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
        "verdict": _verdict(header, made, fresh),
        "read": played.read,
        "applied": played.applied,
        "duplicates": played.duplicates,
        "held": played.held,
        "skipped": played.skipped,
        "late": played.late,
        "dead_letters": played.dead_letters,
        "not_played": played.not_played,
        "steps": played.steps,
        "lifecycles": [
            {"class": each.name, "orders": each.orders, "first": list(each.first)} for each in played.lifecycles
        ],
        "handled": played.handled,
        "decided": played.decided,
        "compared": played.compared,
        "orders": played.orders,
        "stock": [] if header.setup else _stock(header, played),
        "divergences": rows,
        "counts": counts(found),
        "groups": _groups(found, roots),
        "first_divergence": fresh[0] if fresh else None,
        "reached": reach([each for each in found if each.signature not in accepted])._asdict(),
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


def lines(document: Mapping[str, object]) -> list[str]:
    """Return a replay as sentences, one a line."""
    said = [
        f"{document['version']} ({document['mode']}): {document['verdict']}",
        f"  read {document['read']}, applied {document['applied']}, repeats {document['duplicates']}, "
        f"held {document['held']}, skipped {document['skipped']}, out of order {document['late']}",
    ]
    for word in ("dead_letters", "not_played", "orders", "counts", "steps"):
        found = document[word]
        if isinstance(found, dict) and found:
            listed = [f"{name} {count}" for name, count in sorted(found.items(), key=lambda pair: -pair[1])]
            more = [f"and {len(listed) - SHOWN_MAX} more"] if len(listed) > SHOWN_MAX else []
            said.append(f"  {word.replace('_', ' ')}: " + ", ".join(listed[:SHOWN_MAX] + more))
    for row in _dicts(document["lifecycles"]):
        first = row["first"]
        such = f", such as {', '.join(first)}" if isinstance(first, list) and first else ""
        said.append(f"  {row['class']}: {row['orders']}{such}")
    broken = _dicts(document["violations"])[:SHOWN_MAX]
    said += [f"  violation: {row['invariant']} of {row['key']}" for row in broken]
    first = document["first_divergence"]
    if isinstance(first, dict):
        said.append(f"  first: {first['kind']} {first['key']} at {first['at']}: {KINDS[first['kind']]}")
        said += [f"    {link}" for link in first["chain"]]
        said += _sides(first["recorded"], first["replayed"])
    groups = sorted(_dicts(document["groups"]), key=lambda group: -int(str(group["divergences"])))
    if len(groups) > 1:
        named = "; ".join(f"{group['cause']} ({group['divergences']})" for group in groups[:GROUPS_SHOWN])
        said.append(f"  {len(groups)} groups with one cause each, by the earliest of them: {named}")
    kpis = document["kpis"]
    if isinstance(kpis, dict) and kpis:
        told = [f"{name} {kpis[name]:g}" for name in MEASURES if kpis.get(name) is not None]
        said.append(f"  measures (all of them: --format json): {', '.join(told)}")
    consequences = document["consequences"]
    if isinstance(consequences, dict):
        for row in [*consequences["orders"], *consequences["stock"]][:SHOWN_MAX]:
            what = row.get("answer") or row.get("item")
            said.append(f"  {what}: recorded {row['recorded']}, replayed {row['replayed']}")
    said.append(f"  state {document['state']}")
    said.append(f"  decisions {document['digest']}")
    return said


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


def _sides(recorded: object, replayed: object) -> list[str]:
    """Return both versions of what was sent: of two the fields that differ, of one alone all of it."""
    if isinstance(recorded, Mapping) and isinstance(replayed, Mapping):
        names = [name for name in dict.fromkeys((*recorded, *replayed)) if recorded.get(name) != replayed.get(name)]
        recorded, replayed = ({name: side.get(name) for name in names} for side in (recorded, replayed))
    both = (("recorded", recorded), ("replayed", replayed))
    return [f"    {word}: {'nothing' if side is None else json.dumps(side)}" for word, side in both]


def _stock(header: Header, played: Played) -> list[dict[str, object]]:
    """Return what an imported recording leaves at each place, for whoever knows what there should be."""
    return [
        {"place": header.sites[site], "item": header.items[item], "quantity": quantity}
        for (item, site), quantity in sorted(played.stock.items())
    ]


def _dicts(rows: object) -> list[dict[str, object]]:
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _groups(found: Sequence[Divergence], roots: Sequence[int]) -> list[dict[str, object]]:
    sizes: dict[int, int] = {}
    for root in roots:
        sizes[root] = sizes.get(root, 0) + 1
    return [{"cause": found[root].signature, "divergences": size} for root, size in sizes.items()]


def _verdict(header: Header, made: Replayed, fresh: Sequence[object]) -> str:
    played = made.played
    if made.mode != "verbatim":
        times = int(made.kpis.get("invariant_violations") or len(made.violations))
        broken = f"; {times:,} violations" if times else ""
        return f"played {played.applied} orders against simulated partners{broken}"
    if fresh:
        return f"{len(fresh)} divergences"
    if played.divergences:
        return "no divergence but accepted ones"
    if played.steps and not played.handled:
        return f"watched {sum(played.steps.values())} steps; the recording has nothing on which a rule acts"
    if not played.compared:
        answers = header.completeness.get("answers", "none")
        if answers == "full":
            return "nothing to compare: nothing that was sent is in the recording"
        return f"nothing to compare: the recording does not say what came of what was sent (answers: {answers})"
    ends = played.recorded
    if ends is None:
        return "no divergence"
    same = "final state and decisions are" if ends.decisions == played.decisions else "the final state is"
    return f"no divergence; {same} as recorded"


def _told(made: Replayed, case: int) -> dict[str, object] | None:
    told = made.orders.get(case)
    if told is None:
        return None
    return {"answer": told.answer, "confirmed": told.confirmed, "short": told.short, "sites": list(told.sites)}
