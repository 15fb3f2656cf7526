"""A plain shipment in one stride: a warehouse ships what it was told to, whole, and each line is claimed there once.

What row 18 of the order table and its effects do one after the other is done here in one pass over the lines; rows,
messages and ids are the same, and a test holds them to that. A shipment takes a unit off the shelf together with its
claim, so nothing that may be promised changes, and nobody has to be asked. Whatever is out of the ordinary (a repeat,
units asked back, a claim that lies elsewhere too, money that is held, goods by weight) goes the way of the table.
"""

from twin.middleware.inventory.movements import moved, replaced
from twin.middleware.orders.bookings import Shipped, advise, post_shipment
from twin.middleware.orders.warehouse import digest
from twin.middleware.orders.work import Work
from twin.middleware.unit import ITEMS, MOVEMENTS, ORDERS, RESERVATIONS, Outcome
from twin.model.commands import ShipmentConfirmed
from twin.model.order import Cancel, Order
from twin.model.stock import Bucket, Movement, Reservation


def ship_in_one_stride(work: Work, fact: ShipmentConfirmed) -> Outcome | None:
    """Book a shipment of an order with the items and claims of its lines; None, with nothing written, if it is odd."""
    order = work.known()
    if order.cancel is Cancel.PENDING or order.money.authorised or order.customer or fact.weights:
        return None
    if fact.key in order.shipments:
        return None
    claims = _claims(work, order, fact)
    if claims is None:
        return None
    unit, ids, site, now = work.unit, work.ids, fact.site, work.now.elapsed
    lines, gone = list(order.lines), {}
    for each, claim in zip(fact.lines, claims, strict=True):
        units, entry, movement = each.quantity, ids.next(), ids.next()
        line = lines[each.line - 1]
        item, stock = line.item, work.stocks[line.item]
        lines[each.line - 1] = line.changed(allocated=line.allocated - units, shipped=line.shipped + units)
        positions = moved(stock.positions, site, sellable=-units, committed=-units)
        work.stocks[item] = replaced(stock, positions=positions)
        taken = Movement(movement, fact.id, item, site, Bucket.SELLABLE, Bucket.OUTSIDE, units, "shipment", now, now)
        unit.save(MOVEMENTS, movement, taken)
        unit.save(RESERVATIONS, claim.id, _consumed(claim, entry, units))
        unit.archive(RESERVATIONS, claim.id)
        work.shipped.append(Shipped(site, each.line, item, units, units, movement))
        gone[claim.id] = each.line
    work.order = order.changed(
        fact.id,
        lines=tuple(lines),
        releases=tuple(
            [
                each
                for each in order.releases
                if each.key != fact.release or each.site != site or each.line not in gone.values()
            ]
        ),
        claims=tuple([each for each in order.claims if each.reservation not in gone]),
        shipments=(*order.shipments, fact.key),
        shipment_digests=(*order.shipment_digests, digest(fact)),
    )
    post_shipment(work)
    if work.rules.channels[order.channel].documents:
        advise(work)
    for shipped in work.shipped:
        unit.save(ITEMS, shipped.item, work.stocks[shipped.item])
    unit.save(ORDERS, order.id, work.order)
    return Outcome.APPLIED


def _claims(work: Work, order: Order, fact: ShipmentConfirmed) -> list[Reservation] | None:
    """Return the claim of each line that ships; None unless each ships what was told and is claimed there, and once."""
    told = {
        each.line: each.quantity
        for each in order.releases
        if each.key == fact.release and each.site == fact.site and not each.cancelling
    }
    found: list[Reservation] = []
    for each in fact.lines:
        claims = work.by_line.get(each.line, ())
        if each.quantity < 1 or told.pop(each.line, 0) != each.quantity or len(claims) != 1:
            return None
        claim = work.reservations.get(claims[0].reservation)
        if claim is None or not claim.committed or claim.site != fact.site or claim.live(0) != each.quantity:
            return None
        if order.lines[each.line - 1].item not in work.stocks:
            return None
        found.append(claim)
    return found or None


def _consumed(claim: Reservation, entry: int, units: int) -> Reservation:
    """Return a hard claim after units of it have left under an entry of their own."""
    return Reservation(
        claim.id,
        claim.order,
        claim.line,
        claim.item,
        claim.site,
        claim.granted,
        True,
        claim.released,
        claim.consumed + units,
        claim.expired,
        claim.expires_at,
        (*claim.entries, entry),
    )
