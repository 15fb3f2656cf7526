"""The states of things, drawn: a diagram for each state table, and for what has its states in code.

Where the code runs on a table (`StateTable`), the table is drawn. Where it does not, nothing is written down a second
time: the arrows are found by trying every event in every state that the real functions reach. The page docs/states.md
is written by `python -m tests.house.states`, and `test_states.py` holds it to the code.
"""

from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from itertools import product
from typing import NamedTuple, TypeVar

from policies.dedup import Arrived, Finished, Idempotency, Verdict
from policies.milestones import SHIPMENT_TABLE, fold
from tests.house.vectors import HOUSE, written
from tests.middleware.small_world import received, steps
from twin.middleware.inventory import reservation
from twin.middleware.inventory.reservation import Claim, Commit, Consume, Entry, EntryCode, Expire, Extend, Release
from twin.middleware.orders.header import header
from twin.middleware.orders.occasions import OrderEvent
from twin.middleware.orders.rma import RMA_TABLE
from twin.middleware.orders.table import ROWS
from twin.model.instant import Elapsed
from twin.model.intake import RequestRecord, RequestState
from twin.model.order import Cancel, Erp, Header, Intake, LinePolicy, Order, Payment, Undo
from twin.model.stock import Reservation

PAGE = HOUSE / "docs" / "states.md"
BIRTH = "[*]"
"""What does not exist yet."""
Arrow = tuple[str, str, str]
"""From, to, event."""
T = TypeVar("T")


class Drawing(NamedTuple):
    """The states of one kind of thing and what leads from one to another."""

    of: str
    rule: str
    states: type[Enum]
    origin: str
    """Where its arrows come from, as a sentence."""
    arrows: tuple[Arrow, ...]


class Tried(NamedTuple):
    """An event that was tried in a state: what it is then, what the code said, and whether anything had changed."""

    source: str
    event: str
    target: str
    refused: bool
    changed: bool


# --- a claim on stock

AGREED, END = 5, 9
"""Until when a soft claim is agreed, and until when it is extended (elapsed)."""


class Claimed(NamedTuple):
    """A reservation, and the time at which it is looked at: 0, or END when every soft claim is over."""

    row: Reservation
    now: Elapsed


def claims() -> list[Tried]:
    """Try every entry on claims of two units, in every state that entries lead to."""
    soft, hard = (
        reservation.grant(1, order=2, line=1, item=3, site=0, quantity=2, expires_at=AGREED, committed=committed)
        for committed in (False, True)
    )
    born = {"granted": Claimed(soft, 0), "granted to an accepted order": Claimed(hard, 0)}
    return _explored(born, _entered, lambda each: reservation.state(*each).name)


def _entered(each: Claimed) -> Iterator[tuple[str, Claimed, bool]]:
    row, now = each
    for event, entry in _entries(row, now):
        after, code = reservation.apply(row, entry, now)
        yield event, (Claimed(after, now) if after is not row else each), code is not EntryCode.OK
    if not now and not row.committed and row.live(0):
        yield "its time is over", Claimed(row, END), False


def _entries(row: Reservation, now: Elapsed) -> Iterator[tuple[str, Entry]]:
    """Yield every kind of entry by the name of its case; a further one has a key of its own."""
    key, live = len(row.entries) + 1, row.live(now)
    rest = "release the rest, some consumed" if row.consumed else "release the rest"
    yield "commit", Commit(key)
    yield "extend", Extend(key, END)
    if live != 1:
        yield "release a part", Release(key, 1)
        yield "consume a part", Consume(key, 1)
    yield rest, Release(key, max(live, 1))
    yield "consume the rest", Consume(key, max(live, 1))
    yield "release too much", Release(key, live + 1)
    yield "consume too much", Consume(key, live + 1)
    if row.expired:
        yield "expire again", Expire(key)
    else:
        yield "expire" if now else "expire too early", Expire(key)
    if row.entries:
        yield "a known entry", Release(row.entries[-1], 1)


# --- an idempotent request

LEASE, RETENTION = 10, 100
RULE = Idempotency(lease_us=LEASE, retention_us=RETENTION)


def requests() -> list[Tried]:
    """Try every request and every end of its handler, in every state of the record that they lead to."""
    begun, _ = RULE.step(None, Arrived(1), 0)
    assert begun is not None
    return _explored({"request": begun}, _asked, lambda record: record.state.name)


def _asked(record: RequestRecord) -> Iterator[tuple[str, RequestRecord, bool]]:
    """Handlers finish just before their lease is over; the content of a request is 1 or 2."""
    in_time, same = record.lease_until - 1, record.fingerprint
    events: list[tuple[str, Arrived | Finished, Elapsed]] = [
        ("completed", Finished(record.fence, RequestState.COMPLETED), in_time),
        ("failed for good", Finished(record.fence, RequestState.FAILED_FINAL), in_time),
        ("failed for now", Finished(record.fence, RequestState.FAILED_RETRYABLE), in_time),
        ("completed with an old fence", Finished(record.fence - 1, RequestState.COMPLETED), in_time),
    ]
    for when, now in (
        ("", in_time),
        (" after the lease", record.lease_until),
        (" after retention", record.lease_until + RETENTION),
    ):
        events.append((f"request{when}", Arrived(same), now))
        events.append((f"other content{when}", Arrived(3 - same), now))
    for event, what, now in events:
        after, decision = RULE.step(record, what, now)
        assert after is not None
        yield event, after, decision.verdict not in (Verdict.EXECUTE, Verdict.STORED)


def _explored(
    born: dict[str, T], happen: Callable[[T], Iterable[tuple[str, T, bool]]], name: Callable[[T], str], rounds: int = 5
) -> list[Tried]:
    """Follow every event from what is born, so many events deep."""
    tried = [Tried(BIRTH, event, name(each), refused=False, changed=True) for event, each in born.items()]
    seen = dict.fromkeys(born.values())
    found = list(born.values())
    for _ in range(rounds):
        before, found = found, []
        for each in before:
            for event, after, refused in happen(each):
                tried.append(Tried(name(each), event, name(after), refused, after is not each))
                if after not in seen:
                    seen[after] = None
                    found.append(after)
    return tried


# --- the parts of an order

PARTS: dict[str, tuple[type[Enum], Callable[[Order], Enum]]] = {
    "Order: intake": (Intake, lambda order: order.intake),
    "Order: ERP": (Erp, lambda order: order.erp),
    "Order: undo": (Undo, lambda order: order.undo),
    "Order: cancellation": (Cancel, lambda order: order.cancel),
    "Order: payment": (Payment, lambda order: order.money.state),
    "Order: header": (Header, header),
}


def parts() -> list[Drawing]:
    """Return a drawing of each part of an order: the steps of the order table that change it."""
    events = {row.occasion: row.event for row in ROWS}
    taken = [each for policy in LinePolicy for each in steps(policy) if each[2].order is not each[0]]
    drawn = []
    for of, (states, part) in PARTS.items():
        found = {(part(before), part(done.order), events[type(occasion)]) for before, occasion, done in taken}
        arrows = [
            (source.name, target.name, event.value)
            for source, target, event in product(states, states, OrderEvent)
            if source is not target and (source, target, event) in found
        ]
        born = (BIRTH, part(received(2)).name, OrderEvent.SUBMITTED.value)
        drawn.append(Drawing(of, "DOMAIN 8", states, _found_in("twin.middleware.orders.table.step"), (born, *arrows)))
    return drawn


# --- the page


def drawings() -> list[Drawing]:
    """Return every drawing of the page."""
    planned = (BIRTH, fold(()).state.name, "planned")
    return [
        Drawing(RMA_TABLE.of, RMA_TABLE.source, RMA_TABLE.states, _runs_on("RMA_TABLE"), tuple(RMA_TABLE.arrows())),
        Drawing(
            SHIPMENT_TABLE.of,
            SHIPMENT_TABLE.source,
            SHIPMENT_TABLE.states,
            _runs_on("SHIPMENT_TABLE"),
            (planned, *SHIPMENT_TABLE.arrows()),
        ),
        Drawing("Reservation", "DOMAIN 5", Claim, _found_in("twin.middleware.inventory.reservation"), moved(claims())),
        Drawing(
            "Idempotency record", "DOMAIN 9", RequestState, _found_in("policies.dedup.Idempotency"), moved(requests())
        ),
        *parts(),
    ]


def moved(tried: Iterable[Tried]) -> tuple[Arrow, ...]:
    """Return the arrows of what was not refused."""
    return tuple(dict.fromkeys((each.source, each.target, each.event) for each in tried if not each.refused))


def _runs_on(table: str) -> str:
    return f"The code runs on this table, `{table}`."


def _found_in(code: str) -> str:
    return f"Found by trying events on `{code}`."


def diagram(drawing: Drawing) -> str:
    """Return a Mermaid diagram; events that lead from one state to the same other one share an arrow."""
    labels: dict[tuple[str, str], list[str]] = {}
    for source, target, event in drawing.arrows:
        labels.setdefault((source, target), []).append(event)
    arrows = [f"    {source} --> {target}: {' / '.join(events)}" for (source, target), events in labels.items()]
    return "\n".join(["```mermaid", "stateDiagram-v2", *arrows, "```"])


def page(text: str, drawn: Iterable[Drawing]) -> str:
    """Return the page with these diagrams."""
    parts = [f"## {each.of}\n\n{each.rule}. {each.origin}\n\n{diagram(each)}" for each in drawn]
    return written(text, "tests.house.states", "\n\n".join(parts))


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), drawings()), encoding="utf-8")
