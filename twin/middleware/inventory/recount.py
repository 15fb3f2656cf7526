"""Which items of a warehouse are counted when it is back from a silence: those of which much came or went (DOMAIN 22).

What was sellable is remembered when the warehouse falls silent, a chunk of items at a time; what is sellable once its
facts have come is held against that. A difference is no error: it is where one is most likely.
"""

from collections.abc import Sequence

from policies.ruleset import RuleSet
from twin.middleware.inventory.posting import stream_key
from twin.middleware.inventory.silence import CHUNK
from twin.middleware.unit import ABSENCES, BEFORE_SILENCE, ITEMS, Outcome, Unit
from twin.model.commands import RecountDue
from twin.model.events import CountAsked
from twin.model.fallback import warehouse
from twin.model.ids import Ids, derive
from twin.model.instant import Elapsed, Now
from twin.model.message import Message

_RECOUNT = 8_000_011


def recount(cause: Message, site: int, due: Elapsed, *, back: bool, unit: Unit) -> None:
    """Have all items of a warehouse gone through at `due`: remembered as it falls silent, compared when it is back."""
    first = RecountDue(id=derive(cause.id, _RECOUNT), cause=cause.id, site=site, first=0, back=back)
    unit.schedule(due, first)


def recount_site(command: RecountDue, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Remember a chunk of items, or have those of a chunk counted that moved; and go on with the next one.

    A warehouse that has fallen silent again is compared when it is back from that.
    """
    wms = rules.fallbacks.wms if rules.fallbacks is not None else None
    absence = unit.load(ABSENCES, warehouse(command.site))
    if wms is None or wms.count_above is None or (absence is None) is not command.back:
        return Outcome.NOOP
    found = unit.load_many(ITEMS, range(command.first, command.first + CHUNK))
    stocks = [stock for stock in found if stock is not None and command.site < len(stock.positions)]
    there = [(stock.item, stock.positions[command.site].sellable) for stock in stocks]
    ids = Ids(command.id)
    if command.back:
        moved = _moved(there, command.site, wms.count_above, unit)
        if moved:
            unit.emit(CountAsked(id=ids.next(), cause=command.id, site=command.site, items=moved))
    else:
        _remember(there, command.site, unit)
    if stocks:
        later = RecountDue(
            id=ids.next(), cause=command.cause, site=command.site, first=command.first + CHUNK, back=command.back
        )
        unit.schedule(now.elapsed, later)
    return Outcome.APPLIED


def _remember(there: Sequence[tuple[int, int]], site: int, unit: Unit) -> None:
    """Remember what is sellable; what is known from a silence before this one stands until it has been compared."""
    keys = [stream_key(item, site) for item, _ in there]
    known = unit.load_many(BEFORE_SILENCE, keys)
    for key, (_, units), before in zip(keys, there, known, strict=True):
        if before is None:
            unit.save(BEFORE_SILENCE, key, units)


def _moved(there: Sequence[tuple[int, int]], site: int, above: int, unit: Unit) -> tuple[int, ...]:
    """Return the items of which more units came or went; nothing is remembered of them any more."""
    keys = [stream_key(item, site) for item, _ in there]
    known = unit.load_many(BEFORE_SILENCE, keys)
    for key, before in zip(keys, known, strict=True):
        if before is not None:
            unit.archive(BEFORE_SILENCE, key)
    return tuple(
        [
            item
            for (item, units), before in zip(there, known, strict=True)
            if before is not None and abs(units - before) > above
        ]
    )
