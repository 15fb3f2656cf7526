"""The trace-event JSON that Perfetto and chrome://tracing open: a process for each party, and one for the orders.

Spans that overlap would not nest, and the format has no meaning for that; so each party has as many lanes (threads) as
it does things at once, and a span goes to the lowest lane that is free. Attempts and orders are complete events, steps
are instants; times are microseconds since the start of the run.
"""

import heapq
import json
from collections.abc import Iterator
from typing import Final

from reports.exports.spans import Span, spans
from twin.experiment.trace import Record

ORDERS: Final = "orders"
LANE_OF_STEPS: Final = 0


def document(record: Record, start_us: int) -> Iterator[str]:
    """Yield the document of a record in pieces; `start_us` is when its run starts, in microseconds since 1970 UTC."""
    lanes: dict[str, Lanes] = {}
    other = {"design": record.design, "start_unix_us": str(start_us)}
    yield f'{{"displayTimeUnit":"ms","otherData":{json.dumps(other)},"traceEvents":['
    comma = "\n"
    for span in spans(record):
        name = ORDERS if span.kind == "order" else span.source
        new = name not in lanes
        party = lanes.setdefault(name, Lanes(len(lanes) + 1))
        if new:
            yield f"{comma}{_json(_named(party.number, name))}"
            comma = ",\n"
        yield f"{comma}{_json(_event(span, party))}"
    yield "\n]}\n"


class Lanes:
    """The lanes of one process: the lowest free one is given out, and is free again when its span has ended."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._busy: list[tuple[int, int]] = []
        self._free: list[int] = []
        self._count = LANE_OF_STEPS

    def take(self, span: Span) -> int:
        """Return the lane of a span; spans come in the order in which they begin."""
        while self._busy and self._busy[0][0] <= span.began:
            heapq.heappush(self._free, heapq.heappop(self._busy)[1])
        if self._free:
            lane = heapq.heappop(self._free)
        else:
            self._count += 1
            lane = self._count
        heapq.heappush(self._busy, (max(span.ended, span.began + 1), lane))
        return lane


def _event(span: Span, party: Lanes) -> dict[str, object]:
    told: dict[str, object] = {"name": span.name, "cat": span.kind, "pid": party.number, "ts": span.began}
    arguments = {"to": span.target, "message": str(span.message), "order": str(span.case), "result": span.status}
    if span.kind == "call":
        arguments["attempt"] = str(span.number)
    told["args"] = {key: value for key, value in arguments.items() if value not in ("", "0")}
    if span.kind == "step":
        return told | {"ph": "i", "s": "t", "tid": LANE_OF_STEPS}
    return told | {"ph": "X", "dur": span.ended - span.began, "tid": party.take(span)}


def _named(number: int, name: str) -> dict[str, object]:
    return {"name": "process_name", "ph": "M", "pid": number, "tid": 0, "args": {"name": name}}


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
