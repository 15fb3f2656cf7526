"""The orders that a report's trace explorer holds, packed: gzip in base64, which the page unpacks by itself.

It holds every order that was oversold, late, duplicated, refused, in trouble or unfinished, up to a bound and the worse
kinds first, the slowest and some drawn by their identity. Any other is had with `twin trace`.
"""

import base64
import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from twin.experiment.seen import OF_SALES, OF_WAREHOUSES
from twin.experiment.trace import Record, Trace, rule_of
from twin.middleware.procedures import standard
from twin.middleware.unit import Outcome

TROUBLED_MAX: Final = 5_000
SLOWEST_MAX: Final = 500
DRAWN_MAX: Final = 500

_CASE = "SELECT DISTINCT case_id FROM events WHERE case_id <> 0"
_PLACED = "SELECT case_id, min(at_us) AS at FROM events WHERE kind = 'order.placed' GROUP BY 1"
_SHIPPED = "SELECT case_id, max(at_us) AS at FROM events WHERE kind = 'ShipmentConfirmed.committed' GROUP BY 1"
WHY: Final[Mapping[str, str]] = {
    "oversold": f"{_CASE} AND kind = 'order.oversold'",
    "late": f"{_CASE} AND kind IN ('order.late', 'order.answered_late')",
    "duplicated": "SELECT DISTINCT case_id FROM (SELECT case_id, message FROM events WHERE case_id <> 0 "
    "AND kind LIKE '%.committed' GROUP BY 1, 2 HAVING count(*) > 1)",
    "refused": f"{_CASE} AND kind = 'SubmitOrder.committed' AND quantity = {int(Outcome.REJECTED)}",
    "trouble": f"{_CASE} AND (kind LIKE '%.failed' OR kind LIKE '%.timeout' OR kind = 'WarehouseShort.sent')",
    "unfinished": f"SELECT case_id FROM ({_PLACED}) ANTI JOIN ({_SHIPPED}) USING (case_id)",
}
"""Why an order is among those held whatever it took, and the query that finds such orders."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which orders a page holds and why, and how many there were of each kind."""

    why: Mapping[int, tuple[str, ...]]
    counts: Mapping[str, int]
    placed: int


def choose(record: Record, of: int = 1) -> Chosen:
    """Choose the orders of a record; `of` records share a page, and its bounds."""
    reasons: dict[int, list[str]] = {}
    counts: dict[str, int] = {}
    for name, query in WHY.items():
        found = [int(str(case)) for (case,) in record.rows(f"{query} ORDER BY 1")]
        counts[name] = len(found)
        for case in found:
            if case in reasons or len(reasons) < TROUBLED_MAX // of:
                reasons.setdefault(case, []).append(name)
    slowest = record.rows(
        f"SELECT case_id FROM ({_PLACED}) p JOIN ({_SHIPPED}) s USING (case_id) "
        f"ORDER BY s.at - p.at DESC, case_id LIMIT {SLOWEST_MAX // of}"
    )
    drawn = record.rows(f"SELECT case_id FROM ({_PLACED}) ORDER BY case_id % 1000003, case_id LIMIT {DRAWN_MAX // of}")
    for reason, rows in (("slow", slowest), ("drawn", drawn)):
        for (each,) in rows:
            reasons.setdefault(int(str(each)), []).append(reason)
    ((placed,),) = record.rows(f"SELECT count(*) FROM ({_PLACED})")
    return Chosen({case: tuple(names) for case, names in reasons.items()}, counts, int(str(placed)))


ABOUT_ITEMS: Final = (*OF_WAREHOUSES, *OF_SALES, "stock.shown")
BY_WHOM: Final[Mapping[str, str]] = {
    "placed": "The buyer, by what the page shows.",
    "line": "The buyer, by what the page shows.",
    "oversold": "What was free at intake: less than was asked.",
    "shown": "The channel: a figure replaces the one before.",
    "ok": "The party that was called.",
    "refused": "The limit or the rules of the party that was called.",
    "failed": "The party that was called, or the way to it.",
    "timeout": "The caller's time limit.",
    "late": "The date that was told.",
    "answered_late": "The channel's deadline for an answer.",
    "touched": "A person, by the runbook.",
    "held": "The design's fallback while a partner is away.",
    "accepted": "The design's fallback while a partner is away.",
    "rerouted": "The design's fallback while a warehouse is silent.",
    "typed_answers": "The design's fallback while the partner's gateway is away.",
    "done": "A person, at the partner's portal.",
    "picked": "The warehouse, by wave and labour.",
    "delivered": "The carrier.",
    "publication": "Nobody: the fact's way to the page ends here (lineage_gaps).",
    "acknowledgement": "Nobody: the fact's way to the page ends here (lineage_gaps).",
}
"""Who or what decides a step that is no procedure; a procedure's rule is the first line of its docstring."""


def packed(held: Sequence[tuple[Chosen, Sequence[Trace]]]) -> str:
    """Pack the traces of one or several designs for the page.

    Names are numbered once; a step is ten numbers: the time since the step before, four names, the message, its cause
    or -1, a number, 1 where it lies behind the order, and the line whose item it is about or -1. Ids of messages are
    text, because a page counts no further than 53 bits.
    """
    words: dict[str, int] = {}
    orders = [_order(trace, chosen, words) for chosen, traces in held for trace in traces]
    procedures = standard()
    rules = {what: rule for what in words if (rule := rule_of(procedures, what))}
    document = {
        "words": list(words),
        "outcomes": {int(outcome): outcome.name for outcome in Outcome},
        "rules": rules,
        "by": BY_WHOM,
        "orders": orders,
    }
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
    return base64.b64encode(gzip.compress(text, compresslevel=9, mtime=0)).decode()


def _order(trace: Trace, chosen: Chosen, words: dict[str, int]) -> dict[str, object]:
    def word(text: str) -> int:
        return words.setdefault(text, len(words))

    all_steps = [*((step, 0) for step in trace.steps), *((step, 1) for step in trace.behind)]
    ordered = sorted(all_steps, key=lambda each: each[0].at_us)
    ids = dict.fromkeys(step.message for step, _ in ordered)
    number = {message: n for n, message in enumerate(ids)}
    items = {line.number: n for n, line in enumerate(trace.lines)}
    at, steps = 0, []
    for step, is_behind in ordered:
        names = (word(step.what), word(step.how), word(step.source), word(step.target))
        cause = number.get(step.cause, -1)
        about = items.get(step.item, -1) if step.kind in ABOUT_ITEMS else -1
        steps.append((step.at_us - at, *names, number[step.message], cause, step.number, is_behind, about))
        at = step.at_us
    return {
        "id": str(trace.id),
        "name": trace.name,
        "design": word(trace.design),
        "why": [word(name) for name in chosen.why.get(trace.id, ())],
        "steps": steps,
        "ids": [str(message) for message in ids],
        "lines": [
            (
                *(line.item, line.quantity, line.shown, line.shown_at_us, line.changed, line.changed_at_us),
                *(line.moved, line.moved_at_us, line.told, line.told_at_us),
            )
            for line in trace.lines
        ],
    }
