"""What a step does to item records and books beside claims: demand, goods that move, what the ERP is to book."""

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from twin.middleware.delivery.exceptions import notice
from twin.middleware.inventory.movements import moved, replaced
from twin.middleware.inventory.posting import follow
from twin.middleware.inventory.weights import weigh_out, weights_of
from twin.middleware.orders.effects import ChangeDemand, Grade, Reallocate, TakeIn
from twin.middleware.orders.occasions import AllocatedShort
from twin.middleware.unit import MOVEMENTS
from twin.model.commands import ItemQuantity, LineQuantity, PledgeDue, ReturnDisposed, ReturnReceived, ShipmentConfirmed
from twin.model.events import FulfilmentRecorded, ShipmentAdvised
from twin.model.instant import Elapsed
from twin.model.posting import ToPost
from twin.model.stock import Bucket, Movement, Pledge, Waiting

if TYPE_CHECKING:
    from twin.middleware.orders.work import Work

D = TypeVar("D", Waiting, Pledge)


class Shipped(NamedTuple):
    """What left of one line: units out of stock, units of the order, and the movement in the ledger."""

    site: int
    line: int
    item: int
    out: int
    units: int
    movement: int


def demand(work: "Work", effect: ChangeDemand) -> None:
    """Add to, or take from, the demand that waits for an item or is pledged."""
    assert work.order is not None
    item = work.order.lines[effect.line - 1].item
    stock = work.touch(item)
    order, now = work.order, work.now.elapsed
    waiting, pledges = stock.waiting, stock.pledges
    home = work.rules.channels[order.channel].sites_for(order.id, order.sites)[0].position
    if effect.waiting > 0:
        since = order.accepted_at if effect.pledged < 0 else now
        due = work.dated.get(effect.line, 0)
        waiting = (*waiting, Waiting(order.id, effect.line, effect.waiting, since, order.channel, due, home))
    elif effect.waiting < 0:
        waiting = _less(waiting, order.id, effect.line, -effect.waiting)
    if effect.pledged > 0:
        for site, units, due in work.schedules.get(effect.line, ((home, effect.pledged, order.promise),)):
            pledges = (*pledges, Pledge(order.id, effect.line, site, units, due, order.channel))
            timer = PledgeDue(id=work.ids.next(), cause=work.cause.id, case=order.id, line=effect.line, item=item)
            work.unit.schedule(due, timer)
    elif effect.pledged < 0:
        pledges = _less(pledges, order.id, effect.line, -effect.pledged)
    work.stocks[item] = replaced(stock, waiting=waiting, pledges=pledges)


def reallocate(work: "Work", effect: Reallocate) -> None:
    """Claim what a warehouse came up short of wherever it is free; the rest waits."""
    assert work.order is not None
    item = work.order.lines[effect.line - 1].item
    rest = work.allocate(effect.line, item, effect.quantity)
    if rest:
        work.move(AllocatedShort(work.cause.id, (LineQuantity(effect.line, rest),)))


def take_in_returned(work: "Work", effect: TakeIn) -> None:
    """Book the goods of a line that came back."""
    take_in(work, work.known().lines[effect.line - 1].item, effect.site, effect.quantity)


def grade(work: "Work", effect: Grade) -> None:
    """Move returned goods to where they were found to belong."""
    item = work.known().lines[effect.line - 1].item
    move_between(work, item, effect.site, Bucket.QUALITY, effect.target, effect.quantity, "disposal")


def take_in(work: "Work", item: int, site: int, quantity: int) -> None:
    """Book goods that came back: they are there, and not sellable."""
    move_between(work, item, site, Bucket.OUTSIDE, Bucket.QUALITY, quantity, "return")


def move_between(
    work: "Work", item: int, site: int, source: Bucket, target: Bucket, quantity: int, reason: str
) -> None:
    """Move returned units between buckets, in the ledger and, where the books change, in the ERP."""
    stock = work.touch(item)
    quality = (target is Bucket.QUALITY) - (source is Bucket.QUALITY)
    sellable, damaged = target is Bucket.SELLABLE, target is Bucket.DAMAGED
    positions = moved(
        stock.positions,
        site,
        quality=quality * quantity,
        sellable=sellable * quantity,
        damaged=damaged * quantity,
    )
    work.stocks[item] = replaced(stock, positions=positions)
    movement, now = work.ids.next(), work.now.elapsed
    work.unit.save(
        MOVEMENTS,
        movement,
        Movement(movement, work.cause.id, item, site, source, target, quantity, reason, now, now),
    )
    change = (source is Bucket.OUTSIDE) - (target is Bucket.OUTSIDE)
    blocked = (quality + damaged) * quantity
    if change or blocked:
        document, at = work.cause.case, happened(work)
        work.posted.append(ToPost(movement, reason, item, site, reason, document, change * quantity, blocked, at))


def post_shipment(work: "Work") -> None:
    """Tell the ERP what left, in one document a site, and keep its movements for a reconciliation."""
    order = work.known()
    followed = work.rules.reconciliation is not None
    at = happened(work)
    wall = work.now.wall - work.now.elapsed + at
    on = work.rules.posting.booked(wall)
    shifted = on.reason == "PERIOD_SHIFTED"
    if shifted:
        told = f"shipment of order {order.number}"
        notice(work.cause, "PERIOD_SHIFTED", work.cause.id, told, work.now, work.rules, work.unit)
    weights = weights_of(work.cause)
    weighed: tuple[LineQuantity, ...] = ()
    if weights:
        weighed = weigh_out([(each.site, each.line, each.item) for each in work.shipped], weights, work.unit)
    for site in dict.fromkeys(each.site for each in work.shipped):
        here = [each for each in work.shipped if each.site == site]
        work.unit.emit(
            FulfilmentRecorded(
                id=work.ids.next(),
                cause=work.cause.id,
                case=order.id,
                key=work.ids.next(),
                site=site,
                lines=tuple([LineQuantity(each.line, each.units) for each in here if each.units]),
                items=tuple([ItemQuantity(each.item, each.out) for each in here]),
                movements=tuple([each.movement for each in here]) if followed else (),
                weights=weighed,
                book_on=on.at if shifted else 0,
                happened_at=wall if shifted else 0,
                receipt=followed,
            )
        )
    if followed:
        rows = [
            ToPost(each.movement, "fulfilment", each.item, each.site, "shipment", order.id, -each.out, 0, at)
            for each in work.shipped
        ]
        follow(rows, work.now, work.rules, work.unit)


def advise(work: "Work") -> None:
    """Send the ship notice of a shipment to a partner who takes documents."""
    order, cause = work.known(), work.cause
    assert isinstance(cause, ShipmentConfirmed)
    work.unit.emit(
        ShipmentAdvised(
            id=work.ids.next(),
            cause=cause.id,
            case=order.id,
            channel=order.channel,
            number=order.number,
            key=cause.key,
            site=cause.site,
            lines=cause.lines,
            tracking=cause.tracking,
            at=cause.at,
        )
    )


def happened(work: "Work") -> Elapsed:
    """Return when the fact at hand took place, now where it does not say."""
    cause = work.cause
    if isinstance(cause, ShipmentConfirmed | ReturnReceived | ReturnDisposed):
        return cause.at
    return work.now.elapsed


def _less(owed: tuple[D, ...], order: int, line: int, quantity: int) -> tuple[D, ...]:
    """Return what waits or is pledged without so many units of one line, from the first entry on."""
    rest: list[D] = []
    for entry in owed:
        if quantity and entry.order == order and entry.line == line:
            taken = min(quantity, entry.quantity)
            quantity -= taken
            if entry.quantity > taken:
                rest.append(entry.of(entry.quantity - taken))
        else:
            rest.append(entry)
    return tuple(rest)
