"""Whether a stock fact has reached its ends: every channel whose figure it changed, and the ERP's book (DOMAIN 15).

So long after the fact its links are looked for, once. A channel's is there when what it acknowledged is right as of the
fact or later, or equals what it should show now, since a figure that is right again is not sent. The ERP's is there
when it booked the movements, which is known where the books are compared. A link that is missing is a LINEAGE_GAP, for
a person.
"""

from typing import Literal

from policies.ruleset import RuleSet
from twin.middleware.delivery.exceptions import notice
from twin.middleware.unit import FLIGHTS, ITEMS, SHOWN, Outcome, Unit
from twin.model.commands import LineageDue
from twin.model.instant import Elapsed, Now
from twin.model.publication import Shown, shown_key
from twin.model.stock import ItemStock


def check_lineage(message: LineageDue, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Look for the links of a fact whose time is over, and tell of those that are missing."""
    item, channels = message.item, range(len(rules.channels))
    shown = unit.load_many(SHOWN, [shown_key(channel, item) for channel in channels])
    stock = unit.load(ITEMS, item)
    gaps = []
    if stock is not None:
        for channel, row in zip(channels, shown, strict=True):
            link = missing_link(row, stock, channel, message.at, now.elapsed, rules)
            if link is not None:
                gaps.append(f"{link} to channel {channel}")
    if rules.reconciliation is not None:
        flights = unit.load(FLIGHTS, item)
        booked = {row.movement: row.booked_at for row in flights.rows} if flights is not None else {}
        if any(booked.get(movement, 0) < 0 for movement in message.movements):
            gaps.append("posting")
    if gaps:
        detail = f"item {item}: no {', no '.join(gaps)}"
        notice(message, "LINEAGE_GAP", item, detail, now, rules, unit)
    return Outcome.EXCEPTION if gaps else Outcome.NOOP


def missing_link(
    row: Shown | None,
    stock: ItemStock,
    channel: int,
    since: Elapsed,
    now: Elapsed,
    rules: RuleSet,
    waited: Elapsed = 0,
) -> Literal["publication", "acknowledgement"] | None:
    """Return which link from a fact of `since` to a channel is missing; None: none is.

    `waited` is how long the channel's figures wait to be sent, as far as that is known.
    """
    if row is None:
        return "publication"
    if row.as_of >= since:
        return None
    available = rules.atp.available(stock, now)
    if row.value == rules.availability.value(stock, available, channel, now, waited=waited):
        return None
    return "acknowledgement" if row.sent_as_of >= since else "publication"
