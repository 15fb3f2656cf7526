"""What can still be promised: of one item's stock now (`LookAhead`), and of a ladder of dated supply and demand.

Theory of operation. A ladder has buckets t = 1, 2, ...; supply S_t (S_1 includes what is sellable) and demand D_t (D_1
includes claims, undated backorders and everything past due). Its balance is bal_t = sum of S_i - D_i up to t, and the
look-ahead quantity is CA_t = max(0, min of bal_u over u >= t). When nothing is short already, granting q at t keeps
every later balance at 0 or above exactly when q <= CA_t; this is the only form that promises are made from. The period,
backward-consumed and cumulative forms are what ERP systems print on their screens, and are here to be compared with it:
accumulating without looking ahead promises one unit twice (V06 against V07).

What a sale may take now is A = max(0, min(F, CA_1)): no more than is free at the site, and nothing that a pledge counts
on. `LookAhead.available` finds it without building the ladder: only bal_1 and its lowest later value matter, and
without pledges and waiting demand that value is never below F, because supply only adds.

Waiting demand with a date is demand of that date, as a pledge is. Undated waiting demand has no site yet. It is charged
where sourcing would put it: to the sites in index order, first to what each could give at once, then to what each gets
within the current bucket; for promises of later dates, to what each has left in the end. What finds none of these
changes no answer, as by then nothing is available anywhere.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate as running
from typing import NamedTuple

from twin.model.instant import DAY, Elapsed
from twin.model.stock import ItemStock, Supply


def free(stock: ItemStock, site: int, now: Elapsed) -> int:
    """Return F = sellable - committed - live soft claims at `site`, in quanta; negative when facts overtook claims."""
    position = stock.positions[site]
    left = position.sellable - position.committed
    for claim in stock.claims:
        if claim.site == site and now < claim.expires_at:
            left -= claim.quantity
    return left


def shortage(stock: ItemStock, site: int, now: Elapsed) -> int:
    """Return the units claimed at `site` beyond what is there: max(0, -F); above 0 the position is OVERCOMMITTED."""
    return max(0, -free(stock, site, now))


@dataclass(frozen=True, slots=True)
class LookAhead:
    """Look-ahead cumulative availability of one item.

    Buckets are `bucket_us` long and start at multiples of it. Supply overdue by more than `past_due_supply_us` is not
    believed; less overdue supply counts in the current bucket. What is due later than `horizon_us` from now is not
    looked at, neither supply nor pledges.
    """

    past_due_supply_us: int = 2 * DAY
    horizon_us: int = 180 * DAY
    bucket_us: int = DAY

    def available(self, stock: ItemStock, now: Elapsed, order: int = -1) -> tuple[int, ...]:
        """Return A, the quanta that may be claimed at once, of each position; what `order` itself holds does not count.

        Units in dispute between the books are charged like waiting demand: nobody may have them.
        """
        if not (stock.claims or stock.pledges or stock.waiting or stock.disputed):
            return tuple([f if (f := p.sellable - p.committed) > 0 else 0 for p in stock.positions])
        free_now = [p.sellable - p.committed for p in stock.positions]
        for claim in stock.claims:
            if now < claim.expires_at and claim.order != order:
                free_now[claim.site] -= claim.quantity
        if not (stock.pledges or stock.waiting or stock.disputed) or max(free_now, default=0) <= 0:
            return tuple([max(0, f) for f in free_now])
        return self._behind_dated_demand(stock, now, free_now)

    def _behind_dated_demand(self, stock: ItemStock, now: Elapsed, free_now: list[int]) -> tuple[int, ...]:
        dated = bool(stock.pledges) or any(line.due for line in stock.waiting)
        if dated:
            lowest = [_lowest_balance(self, stock, site, now, f) for site, f in enumerate(free_now)]
        else:
            lowest = _current_balances(self, stock, now, free_now)
        waiting = stock.disputed + sum([line.quantity for line in stock.waiting if not line.due])
        for ceiling in (free_now, lowest):
            for site, most in enumerate(ceiling):
                charged = max(0, min(waiting, most, lowest[site]))
                lowest[site] -= charged
                waiting -= charged
        return tuple([max(0, min(f, low)) for f, low in zip(free_now, lowest, strict=True)])


def _current_balances(rule: LookAhead, stock: ItemStock, now: Elapsed, free_now: list[int]) -> list[int]:
    """Return the balance of the current bucket per site: the lowest one where no pledge lowers a later one."""
    ends = (now // rule.bucket_us + 1) * rule.bucket_us
    balances = list(free_now)
    for receipt in stock.supply:
        if receipt.due < ends and _believed(rule, receipt.due, now):
            balances[receipt.site] += _open(receipt)
    return balances


def _lowest_balance(rule: LookAhead, stock: ItemStock, site: int, now: Elapsed, start: int) -> int:
    """Return the lowest balance of the current bucket and all later ones, where `start` is free now."""
    first, later = _dated(rule, stock, site, now)
    level = lowest = start + first
    for bucket in sorted(later):
        level += later[bucket]
        lowest = min(lowest, level)
    return lowest


def _dated(rule: LookAhead, stock: ItemStock, site: int, now: Elapsed) -> tuple[int, dict[int, int]]:
    """Return supply less pledges at `site`: within the current bucket, and by later bucket number (1 = the next)."""
    current = now // rule.bucket_us
    last = now + rule.horizon_us
    first = 0
    later: dict[int, int] = {}
    changes = [(s.due, _open(s)) for s in stock.supply if s.site == site and _believed(rule, s.due, now)]
    changes += [(pledge.due, -pledge.quantity) for pledge in stock.pledges if pledge.site == site]
    changes += [(line.due, -line.quantity) for line in stock.waiting if line.due and line.site == site]
    for due, change in changes:
        bucket = due // rule.bucket_us - current
        if bucket <= 0:
            first += change
        elif due <= last:
            later[bucket] = later.get(bucket, 0) + change
    return first, later


def _believed(rule: LookAhead, due: Elapsed, now: Elapsed) -> bool:
    return now - due <= rule.past_due_supply_us


def _open(receipt: Supply) -> int:
    """Return what is still to come; a supplier that sent too much owes nothing and takes nothing back."""
    return max(0, receipt.ordered - receipt.received)


class Ladder(NamedTuple):
    """Supply and demand of one position by bucket; index 0 is bucket 1, the current one."""

    supply: tuple[int, ...]
    demand: tuple[int, ...]


def ladder(rule: LookAhead, stock: ItemStock, site: int, now: Elapsed, *, buckets: int, waiting: int = 0) -> Ladder:
    """Return the first `buckets` buckets of the position, for promises of later dates.

    `waiting` is how many undated backordered units are charged to this site. Whatever is due after the last bucket is
    left out. Overdue supply that is still believed counts in bucket 1, overdue pledges always do.
    """
    position = stock.positions[site]
    current = now // rule.bucket_us
    claimed = sum(c.quantity for c in stock.claims if c.site == site and now < c.expires_at)
    supply = [position.sellable] + [0] * (buckets - 1)
    demand = [position.committed + claimed + waiting] + [0] * (buckets - 1)
    for receipt in stock.supply:
        bucket = max(0, receipt.due // rule.bucket_us - current)
        if receipt.site == site and bucket < buckets and _believed(rule, receipt.due, now):
            supply[bucket] += _open(receipt)
    dated = [(pledge.site, pledge.due, pledge.quantity) for pledge in stock.pledges]
    dated += [(line.site, line.due, line.quantity) for line in stock.waiting if line.due]
    for place, due, quantity in dated:
        bucket = max(0, due // rule.bucket_us - current)
        if place == site and bucket < buckets:
            demand[bucket] += quantity
    return Ladder(tuple(supply), tuple(demand))


def waiting_by_site(rule: LookAhead, stock: ItemStock, now: Elapsed, buckets: int) -> tuple[int, ...]:
    """Return how many undated backordered and disputed units each site is charged with, by what it has left at last."""
    left = stock.disputed + sum([line.quantity for line in stock.waiting if not line.due])
    charged = []
    for site in range(len(stock.positions)):
        in_the_end = balance(*ladder(rule, stock, site, now, buckets=buckets))[-1] if left else 0
        part = max(0, min(left, in_the_end))
        charged.append(part)
        left -= part
    return tuple(charged)


def period(supply: Sequence[int], demand: Sequence[int]) -> tuple[int, ...]:
    """Return P_t = S_t - D_t."""
    return tuple(s - d for s, d in zip(supply, demand, strict=True))


def balance(supply: Sequence[int], demand: Sequence[int]) -> tuple[int, ...]:
    """Return bal_t, the running sum of P_t.

    >>> balance((6, 4, 2), (6, 2, 3))
    (0, 2, 1)
    """
    return tuple(running(period(supply, demand)))


def look_ahead(supply: Sequence[int], demand: Sequence[int]) -> tuple[int, ...]:
    """Return CA_t = max(0, lowest bal_u over u >= t): what can be promised for t without breaking a later promise.

    >>> look_ahead((100, 0, 0, 60, 0), (30, 0, 50, 0, 25))
    (20, 20, 20, 55, 55)
    """
    lowest = running(reversed(balance(supply, demand)), min)
    return tuple(max(0, low) for low in reversed(tuple(lowest)))


def backward_consumed(supply: Sequence[int], demand: Sequence[int]) -> tuple[int, ...]:
    """Return P_t after each negative period took from earlier positive ones, nearest first; the rest stays negative."""
    left = list(period(supply, demand))
    for t in range(len(left)):
        earlier = t - 1
        while left[t] < 0 and earlier >= 0:
            taken = max(0, min(-left[t], left[earlier]))
            left[earlier] -= taken
            left[t] += taken
            earlier -= 1
    return tuple(left)


def accumulate(supply: Sequence[int], demand: Sequence[int]) -> tuple[int, ...]:
    """Return the backward-consumed form with remaining positives carried forward, negatives not."""
    carried = 0
    result = []
    for left in backward_consumed(supply, demand):
        carried += max(0, left)
        result.append(left if left < 0 else carried)
    return tuple(result)


def discrete(supply: Sequence[int], demand: Sequence[int]) -> tuple[int, ...]:
    """Return what each bucket with supply has left after the demand until the next one; bucket 1 counts as supply."""
    result = [0] * len(supply)
    opened = 0
    for t, (s, d) in enumerate(zip(supply, demand, strict=True)):
        if s > 0:
            opened = t
        result[opened] += s - d
    return tuple(result)


def cumulative(supply: Sequence[int], demand: Sequence[int]) -> tuple[int, ...]:
    """Return the running sum of the discrete form, which does not look ahead."""
    return tuple(running(discrete(supply, demand)))


class Schedule(NamedTuple):
    """Confirmed `(bucket, quantity)` lines, bucket 1 being the current one, and what could not be confirmed.

    A line in bucket 1 becomes a claim on stock, a later one a pledge.
    """

    lines: tuple[tuple[int, int], ...]
    rest: int


def schedule_lines(
    supply: Sequence[int],
    demand: Sequence[int],
    wanted: int,
    quantity: int,
    *,
    ship_complete: bool = False,
    form: Callable[[Sequence[int], Sequence[int]], tuple[int, ...]] = look_ahead,
) -> Schedule:
    """Confirm `quantity` from bucket `wanted` on: what each bucket can give, or whole in the first that has it all.

    A grant lowers every later balance by itself, so the quantity granted so far is all that has to be remembered.
    `form` says what a bucket offers; only `look_ahead` keeps later promises.
    """
    lines = []
    granted = 0
    offered = form(supply, demand)
    for t in range(max(0, wanted - 1), len(offered)):
        part = min(quantity - granted, offered[t] - granted)
        if ship_complete and part < quantity:
            continue
        if part > 0:
            lines.append((t + 1, part))
            granted += part
        if granted == quantity:
            break
    return Schedule(tuple(lines), quantity - granted)
