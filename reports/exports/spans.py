"""What a run did as spans: one for each attempt of a call, each message on its way to a procedure, and each order.

An order's span covers all that belongs to it, and every other span of the order hangs below it. A span's parent is
what caused it: the latest span of the message that led to it, begun no later than itself, in the same order; else the
order. What belongs to no order hangs below the first message of its chain. So a parent is always of the same trace and
never begins after its child. A cause in another order, or in none, is kept as a link and not as a parent.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from twin.experiment.trace import Record
from twin.middleware.unit import Outcome

COLUMNS: Final = (
    "id, trace, parent, link, linked_trace, kind, name, source, target, began, ended, status, number, message, case_id"
)
DEPTH_MAX: Final = 64
"""A chain of messages that belong to no order is followed so far; what lies deeper begins a trace of its own."""
_OUTCOMES: Final = ", ".join(f"({int(outcome)}, '{outcome.name}')" for outcome in Outcome)


@dataclass(frozen=True, slots=True)
class Span:
    """One span; ids are row numbers from 1, `parent` and `link` are 0 where there is none, times are microseconds.

    `kind` is `order`, `call` (an attempt), `message` (on its way to a procedure, and through it) or `step` (something
    a party did by itself). `status` is how an attempt ended or what a procedure decided; empty where nothing did.
    """

    id: int
    trace: int
    parent: int
    link: int
    linked_trace: int
    kind: str
    name: str
    source: str
    target: str
    began: int
    ended: int
    status: str
    number: int
    message: int
    case: int


def spans(record: Record, order: str = "began, id") -> Iterator[Span]:
    """Yield the spans of a record, sorted by columns of theirs."""
    for statement in _STATEMENTS:
        record.rows(statement)
    for row in record.stream(f"SELECT {COLUMNS} FROM spans ORDER BY {order}"):
        ids = (int(str(each)) for each in row[:5])
        names = (str(each) for each in row[5:9])
        times = (int(str(each)) for each in row[9:11])
        rest = (int(str(each)) for each in row[12:])
        yield Span(*ids, *names, *times, str(row[11]), *rest)  # type: ignore[call-arg, arg-type]  # columns in order


_STATEMENTS: Final = (
    f"""
    CREATE OR REPLACE TABLE bare AS
    WITH outcome(number, name) AS (VALUES {_OUTCOMES}),
    sent AS (SELECT *, replace(kind, '.sent', '') AS what FROM events WHERE kind LIKE '%.sent'),
    ended AS (
        SELECT *, regexp_replace(kind, '\\.[a-z]+$', '') AS what, regexp_extract(kind, '[a-z]+$') AS status
        FROM events WHERE regexp_matches(kind, '\\.(ok|refused|failed|timeout)$')
    ),
    fact AS (SELECT message, what, min(at_us) AS at_us, any_value(source) AS source FROM sent GROUP BY 1, 2),
    committed AS (SELECT *, replace(kind, '.committed', '') AS what FROM events WHERE kind LIKE '%.committed'),
    call AS (
        SELECT 'call' AS kind, sent.what AS name, sent.source, sent.target, sent.at_us AS began,
               coalesce(ended.at_us, sent.at_us) AS ended, coalesce(ended.status, '') AS status,
               sent.quantity AS number, sent.message, sent.cause, sent.case_id, sent.file_row_number AS row
        FROM sent LEFT JOIN ended USING (message, what, quantity) WHERE sent.quantity > 0
    ),
    message AS (
        SELECT 'message', committed.what, coalesce(fact.source, committed.source), committed.target,
               coalesce(fact.at_us, committed.at_us), committed.at_us, coalesce(outcome.name, ''),
               committed.item, committed.message, committed.cause, committed.case_id, committed.file_row_number
        FROM committed LEFT JOIN fact USING (message, what) LEFT JOIN outcome ON committed.quantity = outcome.number
    ),
    step AS (
        SELECT 'step', kind, source, target, at_us, at_us, '', quantity, message, cause, case_id, file_row_number
        FROM events WHERE NOT regexp_matches(kind, '\\.(sent|ok|refused|failed|timeout|committed)$')
    ),
    inside AS (FROM call UNION ALL FROM message UNION ALL FROM step),
    whole AS (
        SELECT 'order' AS kind, coalesce(any_value(names.name), case_id::VARCHAR) AS name,
               arg_min(source, row) AS source, arg_min(source, row) AS target, min(began) AS began,
               max(ended) AS ended, '' AS status, 0 AS number, 0 AS message, 0 AS cause, case_id, -1 AS row
        FROM inside LEFT JOIN names ON names.what = 'order' AND names.number = case_id
        WHERE case_id <> 0 GROUP BY case_id
    )
    SELECT row_number() OVER (ORDER BY began, row, kind, case_id, message, number) AS id, *
    FROM (FROM whole UNION ALL FROM inside)
    """,
    """
    CREATE OR REPLACE TABLE hung AS
    WITH causes AS (SELECT id, message, case_id, began FROM bare WHERE kind IN ('call', 'message')),
    under AS (
        SELECT bare.*, causes.id AS because, causes.case_id AS its_case
        FROM bare ASOF LEFT JOIN causes ON bare.cause = causes.message AND bare.id > causes.id
    ),
    root AS (SELECT id AS root, case_id FROM bare WHERE kind = 'order')
    SELECT under.*,
           CASE WHEN kind = 'order' THEN 0 WHEN because IS NOT NULL AND its_case = under.case_id THEN because
                ELSE coalesce(root, 0) END AS parent,
           CASE WHEN because IS NOT NULL AND its_case <> under.case_id THEN because ELSE 0 END AS link
    FROM under LEFT JOIN root USING (case_id)
    """,
    f"""
    CREATE OR REPLACE TABLE spans AS
    WITH RECURSIVE chain AS (
        SELECT id, id AS trace, 0 AS depth FROM hung WHERE parent = 0
        UNION ALL
        SELECT hung.id, chain.trace, depth + 1 FROM hung JOIN chain ON hung.parent = chain.id WHERE depth < {DEPTH_MAX}
    )
    SELECT hung.* REPLACE (CASE WHEN chain.id IS NULL THEN 0 ELSE parent END AS parent),
           coalesce(chain.trace, hung.id) AS trace, coalesce(other.trace, link) AS linked_trace
    FROM hung LEFT JOIN chain USING (id) LEFT JOIN chain AS other ON other.id = link
    """,
)
