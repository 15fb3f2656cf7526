"""Stock movements on their way into the ERP's book: grouped into postings, sent under one key, followed until booked.

Every movement with value meaning is posted, one by one or summed up, and is in exactly one posting, acknowledged or
open. Where the books are reconciled, each movement is followed from the moment at which it happened until the ERP has
booked it, so that a comparison knows what was on its way at its cut.
"""

from collections.abc import Sequence

from policies.posting import Posted
from policies.ruleset import RuleSet
from twin.middleware.delivery.exceptions import notice
from twin.middleware.unit import FLIGHTS, UNPOSTED, Outcome, Unit
from twin.model.commands import PostingBooked, PostingDue
from twin.model.events import MovementRecorded
from twin.model.ids import Ids
from twin.model.instant import Instant, Now
from twin.model.message import Message
from twin.model.posting import Flight, Flights, ToPost, Unposted

SITES_MAX = 64


def stream_key(item: int, site: int) -> int:
    """Return the row key of (site, item)."""
    return item * SITES_MAX + site


def post(rows: Sequence[ToPost], cause: Message, now: Now, rules: RuleSet, ids: Ids, unit: Unit) -> None:
    """Put the movements of one transaction on their way, at once or with others later."""
    if not rows:
        return
    if rules.posting.kind == "each":
        send(rows, cause, now, rules, ids, unit)
    else:
        _keep(rows, cause, now, rules, ids, unit)
    follow(rows, now, rules, unit)


def post_due(command: PostingDue, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Sum up what has waited for its interval, and post it in the order of the ledger."""
    key = stream_key(command.item, command.site)
    waiting = unit.load(UNPOSTED, key)
    if waiting is None:
        return Outcome.NOOP
    send(waiting.rows, command, now, rules, Ids(command.id), unit)
    unit.archive(UNPOSTED, key)
    return Outcome.APPLIED


def posting_booked(message: PostingBooked, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Note when the ERP booked these movements."""
    there = dict.fromkeys(message.movements)
    rows = unit.load_many(FLIGHTS, message.items)
    known = False
    for item, flights in zip(message.items, rows, strict=True):
        if flights is None:
            continue
        arrived = tuple([row.booked(message.at) if row.movement in there else row for row in flights.rows])
        known = known or arrived != flights.rows
        unit.save(FLIGHTS, item, Flights(arrived, flights.ledger_gap, flights.commitment_gap, flights.explained))
    return Outcome.APPLIED if known else Outcome.NOOP


def send(rows: Sequence[ToPost], cause: Message, now: Now, rules: RuleSet, ids: Ids, unit: Unit) -> None:
    """Send the postings that these movements make."""
    began = now.wall - now.elapsed
    for posted in rules.posting.group(rows, began):
        if posted.on.reason == "PERIOD_SHIFTED":
            notice(cause, "PERIOD_SHIFTED", posted.key, f"posting of item {posted.first.item}", now, rules, unit)
        unit.emit(_event(posted, cause, began, rules, ids))


def follow(rows: Sequence[ToPost], now: Now, rules: RuleSet, unit: Unit) -> None:
    """Remember what is on its way, where the books are compared; what arrived before the last cuts is forgotten."""
    if rules.reconciliation is None:
        return
    by_item: dict[int, list[Flight]] = {}
    for row in rows:
        by_item.setdefault(row.item, []).append(Flight(row.movement, row.site, row.change, row.at))
    mended = {row.item for row in rows if row.reason == "snapshot"}
    since = now.elapsed - 2 * rules.reconciliation.every_us
    before: list[Flights | None] = unit.load_many(FLIGHTS, list(by_item))
    for (item, new), known in zip(by_item.items(), before, strict=True):
        old = known or Flights()
        kept = [row for row in old.rows if row.booked_at < 0 or row.booked_at >= since]
        explained = old.explained or item in mended
        unit.save(FLIGHTS, item, Flights((*kept, *new), old.ledger_gap, old.commitment_gap, explained))


def _keep(rows: Sequence[ToPost], cause: Message, now: Now, rules: RuleSet, ids: Ids, unit: Unit) -> None:
    """Let movements wait for their interval; the first of a place starts it."""
    places: dict[int, list[ToPost]] = {}
    for row in rows:
        places.setdefault(stream_key(row.item, row.site), []).append(row)
    before: list[Unposted | None] = unit.load_many(UNPOSTED, list(places))
    for (key, new), known in zip(places.items(), before, strict=True):
        if known is None:
            due = PostingDue(id=ids.next(), cause=cause.id, site=new[0].site, item=new[0].item)
            unit.schedule(now.elapsed + rules.posting.every_us, due)
        unit.save(UNPOSTED, key, Unposted((*(known.rows if known else ()), *new)))


def _event(posted: Posted, cause: Message, began: Instant, rules: RuleSet, ids: Ids) -> MovementRecorded:
    first, shifted = posted.first, posted.on.reason == "PERIOD_SHIFTED"
    return MovementRecorded(
        id=ids.next(),
        cause=cause.id,
        case=cause.case,
        movement=first.movement,
        item=first.item,
        site=first.site,
        change=posted.change,
        reason=first.reason,
        blocked=posted.blocked,
        key=posted.key,
        movements=posted.movements,
        document=first.document,
        weight=posted.weight,
        book_on=posted.on.at if shifted else 0,
        happened_at=began + first.at if shifted else 0,
        receipt=rules.reconciliation is not None,
    )
