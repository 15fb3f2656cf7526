"""OTLP in JSON: the spans of a run as traces, for tools that read OpenTelemetry.

One document, which is also the one line of a file of OTLP JSON lines. A party is a service; ids are hexadecimal, whole
numbers of 64 bits stand as text, times are nanoseconds since 1970 UTC (opentelemetry-proto, JSON encoding).
"""

import json
from collections.abc import Iterator
from importlib import metadata
from itertools import groupby
from typing import Final

from reports.exports.spans import Span, spans
from twin.experiment.trace import Record

KINDS: Final = {"order": 1, "call": 3, "message": 5, "step": 1}
"""INTERNAL, CLIENT, CONSUMER, INTERNAL: SpanKind of the protocol."""
UNSET, OK, ERROR = 0, 1, 2
FAILURES: Final = ("refused", "failed", "timeout", "EXCEPTION", "ILLEGAL_TRANSITION")


def document(record: Record, start_us: int) -> Iterator[str]:
    """Yield the document of a record in pieces; `start_us` is when its run starts, in microseconds since 1970 UTC."""
    yield '{"resourceSpans":['
    head = ""
    for party, found in groupby(spans(record, "source, began, id"), key=lambda span: span.source):
        service = [_text("service.name", party), _text("twin.design", record.design)]
        scope = {"name": "distribution-twin", "version": metadata.version("distribution-twin")}
        yield f'{head}{{"resource":{_json({"attributes": service})},"scopeSpans":[{{"scope":{_json(scope)},"spans":['
        comma = ""
        for span in found:
            yield f"{comma}{_json(_span(span, start_us))}"
            comma = ","
        yield "]}]}"
        head = ","
    yield "]}\n"


def _span(span: Span, start_us: int) -> dict[str, object]:
    failed = span.status in FAILURES
    answered = span.status == "ok" or span.kind == "message"
    attributes = [_text("twin.to", span.target), _text("twin.message", str(span.message))]
    attributes += [_text("twin.case", str(span.case))] if span.case else []
    attributes += [_number("twin.attempt", span.number)] if span.kind == "call" else []
    attributes += [_text("twin.result", span.status)] if span.status else []
    told: dict[str, object] = {
        "traceId": f"{span.trace:032x}",
        "spanId": f"{span.id:016x}",
        "name": span.name,
        "kind": KINDS[span.kind],
        "startTimeUnixNano": str((start_us + span.began) * 1000),
        "endTimeUnixNano": str((start_us + span.ended) * 1000),
        "attributes": attributes,
        "status": {"code": ERROR if failed else OK if answered else UNSET},
    }
    if span.parent:
        told["parentSpanId"] = f"{span.parent:016x}"
    if span.link:
        told["links"] = [{"traceId": f"{span.linked_trace:032x}", "spanId": f"{span.link:016x}"}]
    return told


def _text(key: str, value: str) -> dict[str, object]:
    return {"key": key, "value": {"stringValue": value}}


def _number(key: str, value: int) -> dict[str, object]:
    return {"key": key, "value": {"intValue": str(value)}}


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
