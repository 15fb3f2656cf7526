"""Claims of an order that is not accepted yet: kept until a moment, and made hard when it is accepted before."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from policies.stock_buffer import drawn, given_back
from twin.middleware.inventory.movements import moved, replaced
from twin.middleware.inventory.reservation import Commit, EntryCode, Expire, apply, grant
from twin.middleware.inventory.soft_claims import without_claim
from twin.middleware.orders.effects import KeepClaims
from twin.model.commands import ReservationLapsed
from twin.model.instant import Elapsed
from twin.model.order import OrderClaim
from twin.model.stock import Reservation, SoftClaim

if TYPE_CHECKING:
    from twin.middleware.orders.work import Work


def keep_for(
    work: "Work", order: int, channel: int, line: int, item: int, site: int, quantity: int, until: Elapsed
) -> int:
    """Claim units for a line of an order that is not accepted yet, until `until`; return the claim's id."""
    id = work.ids.next()
    work.put(grant(id, order=order, line=line, item=item, site=site, quantity=quantity, expires_at=until))
    claim = OrderClaim(line, site, id)
    work.claims.append(claim)
    work.by_line.setdefault(line, []).append(claim)
    stock = work.touch(item)
    claims = (*stock.claims, SoftClaim(id, site, quantity, until, order))
    quotas = drawn(stock.quotas, channel, quantity, work.now.elapsed) if stock.quotas else stock.quotas
    work.stocks[item] = stock.changed(claims=claims, quotas=quotas)
    return id


def adopt(work: "Work", claims: Sequence[OrderClaim], held: Sequence[Reservation | None]) -> None:
    """Make what was kept for a basket the claims of its order, which has just come; write down what has lapsed."""
    now, mine = work.now.elapsed, []
    for claim, reservation in zip(claims, held, strict=True):
        if reservation is None:
            continue
        work.reservations[reservation.id] = reservation
        if reservation.live(now):
            mine.append(claim)
            lapse = ReservationLapsed(
                id=work.ids.next(), cause=work.cause.id, case=work.known().id, reservation=reservation.id
            )
            work.unit.schedule(reservation.expires_at, lapse)
        else:
            after, _ = apply(reservation, Expire(work.ids.next()), now)
            work.put(after)
            stock = without_claim(work.touch(after.item), after.id, after.granted)
            quotas = given_back(stock.quotas, work.known().channel, after.expired, now)
            work.stocks[after.item] = stock.changed(quotas=quotas)
    work.claims += mine
    for claim in mine:
        work.by_line.setdefault(claim.line, []).append(claim)
    work.order = work.known().amid(claims=tuple(mine))


def harden(work: "Work") -> list[tuple[int, int, int]]:
    """Commit what is kept for the order and has not lapsed; return it as (line, site, units).

    What is kept for a line that has been changed meanwhile is given up: it is promised anew.
    """
    order, now = work.known(), work.now.elapsed
    for number, claims in work.by_line.items():
        held = [work.reservations[claim.reservation] for claim in claims]
        line = order.lines[number - 1] if number <= len(order.lines) else None
        units = sum([each.live(now) for each in held])
        if line is None or units > line.pending or any(each.item != line.item for each in held):
            work.keep(KeepClaims(number, 0))
    hard = []
    for claim in work.claims:
        reservation = work.reservations[claim.reservation]
        units = reservation.live(work.now.elapsed)
        if not units or reservation.committed:
            continue
        after, code = apply(reservation, Commit(work.ids.next()), work.now.elapsed)
        assert code is EntryCode.OK
        work.put(after)
        stock = without_claim(work.touch(reservation.item), reservation.id, units)
        positions = moved(stock.positions, claim.site, committed=units)
        work.stocks[reservation.item] = replaced(stock, positions=positions)
        hard.append((claim.line, claim.site, units))
    return hard
