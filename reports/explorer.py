"""The orders that a report's trace explorer holds, packed: gzip in base64, which the page unpacks by itself.

It holds every order that was oversold, refused, duplicated, in trouble or unfinished, up to a bound, the slowest and
some drawn by their identity. Any other is had with `twin trace`.
"""

import base64
import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

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
    "refused": f"{_CASE} AND kind = 'SubmitOrder.committed' AND quantity = {int(Outcome.REJECTED)}",
    "duplicated": "SELECT DISTINCT case_id FROM (SELECT case_id, message FROM events WHERE case_id <> 0 "
    "AND kind LIKE '%.committed' GROUP BY 1, 2 HAVING count(*) > 1)",
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


def packed(held: Sequence[tuple[Chosen, Sequence[Trace]]]) -> str:
    """Pack the traces of one or several designs for the page.

    Names are numbered once; a step is eight numbers, its time counted from the step before. Ids of messages stand as
    text, because a page counts no further than 53 bits.
    """
    words: dict[str, int] = {}

    def word(text: str) -> int:
        return words.setdefault(text, len(words))

    orders = []
    for chosen, trace in ((chosen, trace) for chosen, traces in held for trace in traces):
        ids = {step.message: n for n, step in reversed(list(enumerate(trace.steps)))}
        number = {message: n for n, message in enumerate(ids)}
        at, steps = 0, []
        for step in trace.steps:
            steps.append(
                (
                    step.at_us - at,
                    word(step.what),
                    word(step.how),
                    word(step.source),
                    word(step.target),
                    number[step.message],
                    number.get(step.cause, -1),
                    step.number,
                )
            )
            at = step.at_us
        lines = [
            (line.item, line.quantity, line.shown, line.shown_at_us, line.changed, line.changed_at_us)
            for line in trace.lines
        ]
        orders.append(
            {
                "id": str(trace.id),
                "name": trace.name,
                "design": word(trace.design),
                "why": [word(name) for name in chosen.why.get(trace.id, ())],
                "steps": steps,
                "ids": [str(message) for message in number],
                "lines": lines,
            }
        )
    procedures = standard()
    rules = {what: rule for what in words if (rule := rule_of(procedures, what))}
    document = {
        "words": list(words),
        "outcomes": {int(outcome): outcome.name for outcome in Outcome},
        "rules": rules,
        "orders": orders,
    }
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
    return base64.b64encode(gzip.compress(text, compresslevel=9, mtime=0)).decode()
