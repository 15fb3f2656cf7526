"""Soft claims: units kept for an order that is not accepted yet, until they harden with it or lapse.

They are over at their moment whether anybody has looked or not; the reaper writes it down, offers the units to whoever
waits for them, and tells the publisher that they can be sold again (DOMAIN 5, 6).
"""

from policies.ruleset import RuleSet
from policies.stock_buffer import given_back
from twin.middleware.inventory.backorders import serve_waiting
from twin.middleware.inventory.reservation import EntryCode, Expire, apply
from twin.middleware.unit import ITEMS, ORDERS, RESERVATIONS, Outcome, Unit
from twin.model.commands import ItemQuantity, ReservationLapsed
from twin.model.events import AvailabilityChanged
from twin.model.ids import Ids
from twin.model.instant import Elapsed, Now
from twin.model.stock import ItemStock, SoftClaim


def lapse_claim(message: ReservationLapsed, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Write down that the rest of a soft claim is over; of one that has hardened or ended nothing changes."""
    reservation = unit.load(RESERVATIONS, message.reservation)
    order = unit.load(ORDERS, message.case)
    if reservation is None or order is None:
        return Outcome.NOOP
    ids = Ids(message.id)
    expired, code = apply(reservation, Expire(message.id), now.elapsed)
    stock = unit.load(ITEMS, reservation.item)
    if code is not EntryCode.OK or stock is None:
        return Outcome.NOOP
    quotas = given_back(stock.quotas, order.channel, expired.expired, now.elapsed)
    stock = without_claim(stock, reservation.id, reservation.granted).changed(quotas=quotas, changed_at=now.elapsed)
    serve_waiting(stock, message, now, rules, ids, unit)
    left = tuple([claim for claim in order.claims if claim.reservation != reservation.id])
    unit.save(ITEMS, stock.item, stock)
    unit.save(ORDERS, order.id, order.changed(message.id, claims=left))
    unit.save(RESERVATIONS, reservation.id, expired)
    unit.archive(RESERVATIONS, reservation.id)
    rows = (ItemQuantity(stock.item, sum(rules.atp.available(stock, now.elapsed))),)
    unit.emit(AvailabilityChanged(id=ids.next(), cause=message.id, rows=rows, at=now.elapsed, marked=True))
    return Outcome.APPLIED


def extended_claim(stock: ItemStock, reservation: int, until: Elapsed) -> ItemStock:
    """Return the record with a soft claim kept until `until`."""
    claims = [
        SoftClaim(claim.reservation, claim.site, claim.quantity, until, claim.order)
        if claim.reservation == reservation
        else claim
        for claim in stock.claims
    ]
    return stock.changed(claims=tuple(claims))


def without_claim(stock: ItemStock, reservation: int, units: int) -> ItemStock:
    """Return the record with at most so many units less under a soft claim, which goes when none are left."""
    claims = []
    for claim in stock.claims:
        if claim.reservation != reservation:
            claims.append(claim)
        elif claim.quantity > units:
            kept = claim.quantity - units
            claims.append(SoftClaim(claim.reservation, claim.site, kept, claim.expires_at, claim.order))
    return stock.changed(claims=tuple(claims))
