"""Recorded demand: a mapped file becomes the orders of a window and the daily demand of the weeks before it.

What the window plays and what the stock is estimated from never mix: the estimate ends where the window begins, and the
rule that leaves out extreme lines is applied to each of the two by itself, so that no figure of the window reaches the
opening stock.

Lines of one order that name the same item are summed, because a line of the twin is one item of one order; the price is
that of the first of them. The mapping itself keeps such lines apart, as the file has them. Returns and stock
adjustments of the window are counted and not played.
"""

from collections.abc import Iterator
from collections.abc import Mapping as Table
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from twin.connectivity import Container, Mapping, Reader, Report
from twin.errors import HistoryError
from twin.model.business import OrderPlaced, ReturnRegistered, StockAdjusted
from twin.model.chance import bits, stream_id
from twin.model.ids import business_id
from twin.model.instant import DAY

UNRECORDED_MAX_US = 7 * DAY
"""A longer silence at an end of the period asked for is taken for a part that the file does not hold."""


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One item of one order: number of the item in the history, pieces, price of a piece in minor units."""

    item: int
    quantity: int
    price_minor: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryOrder:
    """One recorded order; `at_us` counts from the begin of the window, `identity` is what its draws are keyed by."""

    order: str
    identity: int
    at_us: int
    customer: str | None
    country: str | None
    lines: tuple[OrderLine, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A line of the window that is not played, and the rule that left it out."""

    order: str
    item: str
    quantity: int
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class History:
    """The demand of a window, and what was sold on each of the days before it.

    `items` are all item codes sold in either period, sorted; every table by item is in this order. `past[i, d]` is what
    item `i` sold on day `d` of the estimate, the last day being the one before the window.
    """

    file: str
    digest: str
    mapping: str
    window_from_us: int
    window_us: int
    resolution_us: int
    items: tuple[str, ...]
    orders: tuple[HistoryOrder, ...]
    past: NDArray[np.int64]
    past_left_out: int
    left_out: tuple[LeftOut, ...]
    counts: tuple[tuple[str, int], ...]
    report: Report

    def explain(self) -> tuple[str, ...]:
        """Return what was read and what was left out as sentences, one a line."""
        lines = [f"{self.file}: {sentence}" for sentence in self.report.explain()]
        lines += [f"window: {count} {name}" for name, count in self.counts]
        lines += [f"left out ({out.rule}): {out.quantity} of {out.item} in order {out.order}" for out in self.left_out]
        return tuple(lines)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DailyDemand:
    """Mean and standard deviation of the demand of a day, by item, in pieces.

    Days count as they come: a day without a sale is a zero, and so is a day on which the firm was closed, because lead
    times and cover run over closed days too. `silent_days` says on how many days nothing at all was sold.
    """

    mean: NDArray[np.float64]
    sd: NDArray[np.float64]
    days: int
    silent_days: int


def read_history(
    container: Container,
    mapping: Mapping,
    *,
    joined: Table[str, Container] | None = None,
    digest: str = "",
    window_from_us: int,
    window_us: int,
    estimate_us: int = 28 * DAY,
    quantity_above: int | None = None,
    quantity_quantile: float | None = None,
) -> History:
    """Read the orders of a window, and the daily demand of the time before it, from a mapped file.

    Args:
        container: the file.
        mapping: how to read it.
        joined: the files of the mapping's joins.
        digest: of the file, kept in the history.
        window_from_us: wall time of the begin of the window, in microseconds UTC.
        window_us: length of the window.
        estimate_us: length of the time before it, whole days of 24 hours; 0 where nothing is estimated.
        quantity_above: lines with more pieces are left out; an order that loses all its lines is left out whole.
        quantity_quantile: the same limit as a quantile, between 0 and 1, of the lines of each period (linear between
            ranks); the lower limit counts where both are given.

    Raises:
        HistoryError: the file cannot be read under the mapping, does not hold the time asked for, or has no order in
            the window.
    """
    if estimate_us % DAY or estimate_us < 0 or window_us <= 0:
        raise HistoryError(f"the estimate needs whole days and the window a length (got {estimate_us}, {window_us} us)")
    begin_us, end_us = window_from_us - estimate_us, window_from_us + window_us
    file = container.name
    reader = Reader(container, mapping, joined=joined)
    placed, tally = _collect(reader, begin_us, window_from_us, end_us)
    _check_held(file, mapping, tally, begin_us, end_us)
    before = [order for order in placed if order[0] < window_from_us]
    inside = [order for order in placed if order[0] >= window_from_us]
    if not inside:
        raise HistoryError(f"{file}: no order in the window; the file runs from {_span(mapping, tally)}")
    merged_before, _ = _merge(before)
    merged, repeats = _merge(inside)
    kept_before, out_before = _leave_out(merged_before, _limit(merged_before, quantity_above, quantity_quantile))
    kept, out = _leave_out(merged, _limit(merged, quantity_above, quantity_quantile))
    items = tuple(sorted({item for _, lines in (*kept_before, *kept) for item in lines}))
    number = {item: place for place, item in enumerate(items)}
    counts = {
        "orders": len(kept),
        "lines": sum(len(lines) for _, lines in kept),
        "items": len({item for _, lines in kept for item in lines}),
        "lines summed into an earlier line of the same order and item": repeats,
        "lines left out because of their quantity": len(out),
        "orders left out with all their lines": len(inside) - len(kept),
        "returns left out": tally.returns,
        "stock adjustments left out": tally.adjustments,
    }
    return History(
        file=file,
        digest=digest,
        mapping=f"{mapping.id} {mapping.version}",
        window_from_us=window_from_us,
        window_us=window_us,
        resolution_us=mapping.clock.resolution_us,
        items=items,
        orders=tuple(_orders(kept, number, window_from_us)),
        past=_past(kept_before, number, begin_us, estimate_us // DAY),
        past_left_out=len(out_before),
        left_out=tuple(out),
        counts=tuple(counts.items()),
        report=reader.report(),
    )


def estimate(history: History, *, days: int | None = None) -> DailyDemand:
    """Return mean and standard deviation (of the sample) of the demand of a day, over the last days before the window.

    Args:
        history: read with at least that many days of estimate.
        days: how many of them to use; None for all.

    Raises:
        HistoryError: the history holds fewer days, or one day only, which has no spread.
    """
    held = history.past.shape[1]
    used = held if days is None else days
    if not 2 <= used <= held:
        raise HistoryError(
            f"{history.file}: an estimate takes at least 2 days before the window (asked for {used}, {held} were read)"
        )
    sold = history.past[:, held - used :]
    return DailyDemand(
        mean=sold.mean(axis=1),
        sd=sold.std(axis=1, ddof=1),
        days=used,
        silent_days=int((sold.sum(axis=0) == 0).sum()),
    )


def jittered(history: History, *, seed: int, within_us: int) -> History:
    """Return the history with every order moved later by less than `within_us`, drawn by order.

    For stamps that are coarser than the world: the draw depends on the seed and the order alone, so that an order
    comes at the same instant in every design. Orders are sorted again.
    """
    if within_us <= 0:
        return history
    stream = stream_id("history.jitter")
    moved = [
        replace(order, at_us=order.at_us + bits(seed, stream, order.identity) % within_us) for order in history.orders
    ]
    return replace(history, orders=tuple(sorted(moved, key=_by_time)))


@dataclass(slots=True)
class _Tally:
    """What was seen besides the orders that are kept."""

    first_us: int | None = None
    last_us: int | None = None
    returns: int = 0
    adjustments: int = 0


_Lines = dict[str, tuple[int, int | None]]
_Placed = tuple[int, OrderPlaced]
_Merged = tuple[_Placed, _Lines]


def _collect(reader: Reader, begin_us: int, window_from_us: int, end_us: int) -> tuple[list[_Placed], _Tally]:
    placed: list[_Placed] = []
    tally = _Tally()
    for made in reader:
        at_us, fact = made.at_us, made.fact
        tally.first_us = at_us if tally.first_us is None else min(tally.first_us, at_us)
        tally.last_us = at_us if tally.last_us is None else max(tally.last_us, at_us)
        if isinstance(fact, OrderPlaced):
            if begin_us <= at_us < end_us:
                placed.append((at_us, fact))
        elif window_from_us <= at_us < end_us:
            tally.returns += isinstance(fact, ReturnRegistered)
            tally.adjustments += isinstance(fact, StockAdjusted)
    return placed, tally


def _check_held(file: str, mapping: Mapping, tally: _Tally, begin_us: int, end_us: int) -> None:
    if tally.first_us is None or tally.last_us is None:
        raise HistoryError(f"{file}: the mapping {mapping.id} finds no event in it")
    if tally.first_us > begin_us + UNRECORDED_MAX_US or tally.last_us < end_us - UNRECORDED_MAX_US:
        raise HistoryError(
            f"{file}: estimate and window need {_day(mapping, begin_us)} to {_day(mapping, end_us)}; "
            f"the file runs from {_span(mapping, tally)}"
        )


def _span(mapping: Mapping, tally: _Tally) -> str:
    return f"{_day(mapping, tally.first_us or 0)} to {_day(mapping, tally.last_us or 0)}"


def _day(mapping: Mapping, at_us: int) -> str:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us)
    return at.astimezone(mapping.clock.zone).strftime("%Y-%m-%d %H:%M")


def _merge(orders: list[_Placed]) -> tuple[list[_Merged], int]:
    merged: list[_Merged] = []
    repeats = 0
    for order in orders:
        lines: _Lines = {}
        for line in order[1].lines:
            if line.item in lines:
                repeats += 1
                lines[line.item] = (lines[line.item][0] + line.quantity, lines[line.item][1])
            else:
                lines[line.item] = (line.quantity, line.price)
        merged.append((order, lines))
    return merged, repeats


def _limit(orders: list[_Merged], above: int | None, quantile: float | None) -> tuple[float, str]:
    """Return the most pieces that a line may have, and the words for it."""
    limits = [] if above is None else [(float(above), f"more than {above} pieces")]
    quantities = [quantity for _, lines in orders for quantity, _ in lines.values()]
    if quantile is not None and quantities:
        most = float(np.quantile(np.array(quantities), quantile))
        limits.append((most, f"above q{quantile * 100:g} = {most:g} pieces"))
    return min(limits, default=(float("inf"), ""))


def _leave_out(orders: list[_Merged], limit: tuple[float, str]) -> tuple[list[_Merged], list[LeftOut]]:
    most, rule = limit
    kept: list[_Merged] = []
    out: list[LeftOut] = []
    for order, lines in orders:
        small = {item: line for item, line in lines.items() if line[0] <= most}
        out += [LeftOut(order[1].order, item, line[0], rule) for item, line in lines.items() if line[0] > most]
        if small:
            kept.append((order, small))
    return kept, out


def _orders(kept: list[_Merged], number: dict[str, int], window_from_us: int) -> Iterator[HistoryOrder]:
    orders = (
        HistoryOrder(
            order=order.order,
            identity=business_id("order", order.order),
            at_us=at_us - window_from_us,
            customer=order.customer,
            country=(order.ship_to or {}).get("country"),
            lines=tuple(OrderLine(number[item], quantity, price) for item, (quantity, price) in lines.items()),
        )
        for (at_us, order), lines in kept
    )
    yield from sorted(orders, key=_by_time)


def _by_time(order: HistoryOrder) -> tuple[int, str]:
    return order.at_us, order.order


def _past(kept: list[_Merged], number: dict[str, int], begin_us: int, days: int) -> NDArray[np.int64]:
    past = np.zeros((len(number), days), dtype=np.int64)
    for order, lines in kept:
        day = (order[0] - begin_us) // DAY
        for item, (quantity, _) in lines.items():
            past[number[item], day] += quantity
    return past
