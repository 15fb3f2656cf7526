"""Rows 16 to 19, 25 and 26: what warehouses are told, ship, cannot find, and give back or not."""

from twin.middleware.inventory.weights import weights_of
from twin.middleware.orders.effects import (
    ConsumeClaims,
    Effect,
    OpenException,
    Reallocate,
    Recount,
    ReleaseClaims,
    SendRelease,
)
from twin.middleware.orders.occasions import ReleasedToWarehouse
from twin.middleware.orders.payments import take
from twin.middleware.orders.supply import standing
from twin.middleware.orders.units import Change, amounts, released, sensible, settle, told
from twin.middleware.unit import Outcome
from twin.model.commands import LineQuantity, ReleaseCancelled, ReleaseCancelRefused, ShipmentConfirmed, WarehouseShort
from twin.model.ids import MASK
from twin.model.instant import Elapsed
from twin.model.order import Cancel, Line, LinePolicy, Order, Release

_LINE, _RELEASE, _SITE = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB

# --- row 16: release_to_wms


def can_be_released(order: Order, event: ReleasedToWarehouse, now: Elapsed) -> bool:
    """ACCEPTED, no hold, cancel not PENDING, undo NONE, q <= A - L, ship-complete met, the request key new."""
    if not standing(order) or order.holds or order.cancel is Cancel.PENDING:
        return False
    asked = amounts(event.lines)
    if not sensible(asked) or any(each.key == event.key for each in order.releases):
        return False
    out = released(order)
    for number, quantity in asked.items():
        if not 0 < number <= len(order.lines):
            return False
        if quantity > order.lines[number - 1].allocated - out.get(number, 0):
            return False
    return order.policy is not LinePolicy.SHIP_COMPLETE or complete(order.lines)


def complete(lines: tuple[Line, ...]) -> bool:
    """Tell whether no unit of the lines is still to be found."""
    return not any(line.pending or line.pledged or line.backordered for line in lines)


def release(order: Order, event: ReleasedToWarehouse, now: Elapsed) -> Change:
    """Tell one warehouse to ship."""
    asked = tuple(LineQuantity(number, quantity) for number, quantity in amounts(event.lines).items())
    new = tuple(Release(event.key, event.site, each.line, each.quantity) for each in asked)
    after = order.changed(event.id, releases=order.releases + new)
    return after, Outcome.APPLIED, (SendRelease(event.key, event.site, asked),)


# --- row 17: wms_short


def was_told(order: Order, event: WarehouseShort, now: Elapsed) -> bool:
    """Q <= L of the request."""
    return _all_told(order, event)


def shorten(order: Order, event: WarehouseShort, now: Elapsed) -> Change:
    """Take units that are not there from the request: a wanted one is sought elsewhere, one asked back is cancelled."""
    asked = amounts(event.lines)
    lines = list(order.lines)
    releases: list[Release] = []
    effects: list[Effect] = []
    done, late = order.cancel_done, order.cancel_late
    for each in order.releases:
        short = asked.get(each.line, 0) if _of(each, event) else 0
        if not short:
            releases.append(each)
            continue
        after = _less(each, short)
        if after.quantity:
            releases.append(after)
        line = lines[each.line - 1]
        effects.append(ReleaseClaims(each.site, each.line, short))
        effects.append(Recount(each.site, each.line))
        if each.asked:
            done += short
            late -= short - (each.cancelling - after.cancelling)
            line = line.changed(allocated=line.allocated - short, cancelled=line.cancelled + short)
        else:
            effects.append(Reallocate(each.line, short))
            line = line.changed(allocated=line.allocated - short, pending=line.pending + short)
        lines[each.line - 1] = line
    changed = order.changed(event.id, lines=tuple(lines), releases=tuple(releases), cancel_done=done, cancel_late=late)
    return settle(order, changed, effects), Outcome.APPLIED, tuple(effects)


# --- rows 18 and 19: shipment_confirmed


def digest(event: ShipmentConfirmed) -> int:
    """Return what a shipment says as one number; the order of its lines does not matter."""
    total = event.release * _RELEASE + event.site * _SITE
    for number, quantity in amounts(event.lines).items():
        total += quantity * (number * _LINE + 1)
    return total & MASK


def shipped_alike(order: Order, event: ShipmentConfirmed, now: Elapsed) -> bool:
    """The key is known, with the same content."""
    return event.key in order.shipments and _booked(order, event) == digest(event)


def shipped_otherwise(order: Order, event: ShipmentConfirmed, now: Elapsed) -> bool:
    """The key is known, with other content."""
    return event.key in order.shipments and _booked(order, event) != digest(event)


def report_other_content(order: Order, event: ShipmentConfirmed, now: Elapsed) -> Change:
    """One key stands for two shipments."""
    return order, Outcome.EXCEPTION, (OpenException("SHIPMENT_CONFLICT", f"shipment {event.key}"),)


def ships_as_told(order: Order, event: ShipmentConfirmed, now: Elapsed) -> bool:
    """The key is new, q <= L of the request."""
    return event.key not in order.shipments and _all_told(order, event)


def ships_beyond(order: Order, event: ShipmentConfirmed, now: Elapsed) -> bool:
    """The key is new, q > L of the request."""
    return event.key not in order.shipments and sensible(amounts(event.lines)) and not _all_told(order, event)


def ship(order: Order, event: ShipmentConfirmed, now: Elapsed) -> Change:
    """Book what left: up to L as shipped, the excess as over; what was asked back and left is too late."""
    asked = amounts(event.lines)
    lines = list(order.lines)
    releases: list[Release] = []
    inside: dict[int, int] = {}
    late = order.cancel_late
    for each in order.releases:
        left = min(asked.get(each.line, 0), each.quantity) if _of(each, event) else 0
        if not left:
            releases.append(each)
            continue
        inside[each.line] = left
        after = _less(each, left)
        late += each.cancelling - after.cancelling
        if after.quantity:
            releases.append(after)
    effects: list[Effect] = []
    excess = False
    weights = weights_of(event)
    for number, quantity in asked.items():
        took = inside.get(number, 0)
        if quantity > took:
            excess = True
        if 0 < number <= len(lines):
            lines[number - 1] = _left(lines[number - 1], took, quantity - took, weights.get(number, 0))
            effects.append(ConsumeClaims(event.site, number, took, quantity - took))
    if excess:
        effects.append(OpenException("OVERSHIP", f"shipment {event.key}"))
    changed = order.changed(
        event.id,
        lines=tuple(lines),
        releases=tuple(releases),
        shipments=(*order.shipments, event.key),
        shipment_digests=(*order.shipment_digests, digest(event)),
        cancel_late=late,
    )
    if changed.cancel is Cancel.PENDING or late != order.cancel_late:
        changed = settle(order, changed, effects)
    if changed.money.authorised:
        changed = changed.amid(money=take(changed, effects))
    return changed, Outcome.EXCEPTION if excess else Outcome.APPLIED, tuple(effects)


def _left(line: Line, shipped: int, over: int, weight: int) -> Line:
    left = line.changed(allocated=line.allocated - shipped, shipped=line.shipped + shipped, over=line.over + over)
    return left.changed(weight=line.weight + weight) if weight else left


def _booked(order: Order, event: ShipmentConfirmed) -> int:
    return order.shipment_digests[order.shipments.index(event.key)]


# --- rows 25 and 26: the answer to a 940 cancel


def can_be_given_back(order: Order, event: ReleaseCancelled, now: Elapsed) -> bool:
    """Q <= K of the request."""
    return _all_asked_back(order, event)


def take_what_comes_back(order: Order, event: ReleaseCancelled, now: Elapsed) -> Change:
    """Cancel units that the warehouse gave back."""
    asked = amounts(event.lines)
    lines = list(order.lines)
    releases: list[Release] = []
    effects: list[Effect] = []
    for each in order.releases:
        back = asked.get(each.line, 0) if _of(each, event) else 0
        if not back:
            releases.append(each)
            continue
        if each.quantity > back:
            releases.append(
                Release(each.key, each.site, each.line, each.quantity - back, each.cancelling - back, each.asked)
            )
        line = lines[each.line - 1]
        lines[each.line - 1] = line.changed(allocated=line.allocated - back, cancelled=line.cancelled + back)
        effects.append(ReleaseClaims(each.site, each.line, back))
    changed = order.changed(
        event.id,
        lines=tuple(lines),
        releases=tuple(releases),
        cancel_done=order.cancel_done + sum(asked.values()),
    )
    return settle(order, changed, effects), Outcome.APPLIED, tuple(effects)


def can_be_refused(order: Order, event: ReleaseCancelRefused, now: Elapsed) -> bool:
    """Q <= K of the request."""
    return _all_asked_back(order, event)


def stay_released(order: Order, event: ReleaseCancelRefused, now: Elapsed) -> Change:
    """Leave units with the warehouse, which was too far with them."""
    asked = amounts(event.lines)
    releases = tuple(
        Release(each.key, each.site, each.line, each.quantity, each.cancelling - asked[each.line], each.asked)
        if _of(each, event) and each.line in asked
        else each
        for each in order.releases
    )
    late = order.cancel_late + sum(asked.values())
    effects: list[Effect] = []
    changed = order.changed(event.id, releases=releases, cancel_late=late)
    return settle(order, changed, effects), Outcome.APPLIED, tuple(effects)


def report_wms_conflict(order: Order, event: WarehouseShort | ReleaseCancelled, now: Elapsed) -> Change:
    """The warehouse speaks of units that it was not told to ship, or not asked for."""
    return order, Outcome.EXCEPTION, (OpenException("WMS_CONFLICT", f"release {event.release}"),)


_Answer = WarehouseShort | ShipmentConfirmed | ReleaseCancelled | ReleaseCancelRefused


def _of(each: Release, event: _Answer) -> bool:
    return each.key == event.release and each.site == event.site


def _all_told(order: Order, event: _Answer) -> bool:
    open_units = told(order, event.release, event.site)
    for number, quantity in amounts(event.lines).items():
        if number not in open_units or not 0 < quantity <= open_units[number].quantity:
            return False
    return bool(event.lines)


def _all_asked_back(order: Order, event: _Answer) -> bool:
    open_units = told(order, event.release, event.site)
    for number, quantity in amounts(event.lines).items():
        if number not in open_units or not 0 < quantity <= open_units[number].cancelling:
            return False
    return bool(event.lines)


def _less(each: Release, quantity: int) -> Release:
    """Return the request without `quantity` units: L falls, and K as far as it must."""
    left = each.quantity - quantity
    return Release(each.key, each.site, each.line, left, min(each.cancelling, left), each.asked)
