"""Goods by catch weight: each piece weighs what it weighs, and only the scales know (DOMAIN 1, 7).

Such an item has two quantities. Pieces are promised, claimed and picked; their weight is told by the warehouse at the
receipt and at the shipment, and kept beside them in the ledger, in what is on hand and in what is posted. Neither is
ever computed from the other: there is no ratio between them, so an order by weight of an item that is sold by the piece
is refused (UOM_UNKNOWN), and a piece more or less changes no weight by itself. Weights are in quanta of the weight's
unit; what is on hand is the fold of the movements, and may be negative where facts contradict each other.

A snapshot of a stream says what its facts weigh together, as it does for pieces; what was missing is the difference.
"""

from collections.abc import Sequence

from twin.middleware.inventory.posting import stream_key
from twin.middleware.unit import WEIGHTS, Unit
from twin.model.commands import LineQuantity, ShipmentConfirmed, StockAdjusted, StockReceived, StockSnapshot
from twin.model.message import Message
from twin.model.stock import Weighed


def weight_of(fact: Message) -> int:
    """Return by how much a stock fact changes the weight on hand; 0: it was not weighed."""
    if isinstance(fact, StockReceived):
        return fact.weight
    return fact.weight if isinstance(fact, StockAdjusted) else 0


def weigh_facts(facts: Sequence[Message], item: int, site: int, unit: Unit) -> None:
    """Add what facts of one stream weigh to what is on hand there."""
    told = sum([weight_of(each) for each in facts])
    if told:
        key = stream_key(item, site)
        known = unit.load(WEIGHTS, key) or Weighed()
        unit.save(WEIGHTS, key, Weighed(known.on_hand + told, known.told + told))


def weigh_snapshot(snapshot: StockSnapshot, facts: Sequence[Message], unit: Unit) -> int:
    """Take over what a snapshot says, and the held facts behind it; return what the missing facts weigh."""
    key = stream_key(snapshot.item, snapshot.site)
    known = unit.load(WEIGHTS, key)
    if known is None and not snapshot.weight:
        return 0
    known = known or Weighed()
    missing = snapshot.weight - known.told
    behind = sum([weight_of(each) for each in facts])
    unit.save(WEIGHTS, key, Weighed(known.on_hand + missing + behind, snapshot.weight + behind))
    return missing


def weights_of(fact: Message) -> dict[int, int]:
    """Return what a shipment weighs by order line; empty: it was not weighed."""
    if not isinstance(fact, ShipmentConfirmed):
        return {}
    found: dict[int, int] = {}
    for each in fact.weights:
        found[each.line] = found.get(each.line, 0) + each.quantity
    return found


def weigh_out(shipped: Sequence[tuple[int, int, int]], weights: dict[int, int], unit: Unit) -> tuple[LineQuantity, ...]:
    """Take what left, as (site, line, item), off what is on hand; return the weights by line."""
    left: dict[int, int] = {}
    for site, line, item in shipped:
        key = stream_key(item, site)
        left[key] = left.get(key, 0) + weights.get(line, 0)
    rows = unit.load_many(WEIGHTS, list(left))
    for (key, weight), known in zip(left.items(), rows, strict=True):
        row = known or Weighed()
        unit.save(WEIGHTS, key, Weighed(row.on_hand - weight, row.told))
    return tuple([LineQuantity(line, weights[line]) for _, line, _ in shipped if line in weights])
