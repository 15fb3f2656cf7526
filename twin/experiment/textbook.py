"""The yardstick of `twin bench`: an order flow as a SimPy textbook would write it, with none of our logic in it.

Duplicates, ATP, checked states, a polled outbox, an ERP with retry, back-off and a 30 s guard, picking, shipping,
invoicing: 31.5 kernel events, 20.1 records, 3 lines an order. With gc off an event costs 4.0 bare SimPy timeouts of the
same run (`twin bench --only textbook_cost`; at most 4.5, lest it grow slack). It is frozen: leave it alone.
"""

from collections.abc import Generator
from dataclasses import dataclass
from itertools import pairwise
from random import Random

import simpy

Steps = Generator[simpy.Event, object, None]
NORMAL = ("new", "received", "accepted", "booked", "picking", "picked", "shipped", "invoiced", "closed")
ALLOWED = {*pairwise(NORMAL), ("received", "refused"), ("accepted", "parked")}
ARRIVALS_PER_S, ITEMS, REORDER_POINT, LOT = 10.0, 1_000, 200, 1_000
DUPLICATED, ERP_FAILS, ERP_SILENT, ATTEMPTS_MAX, GUARD_S, BACKOFF_S, POLL_S = 0.02, 0.03, 0.005, 6, 30.0, 0.5, 1.0


@dataclass(slots=True)
class Order:
    """One order: its lines as (item, quantity), and the state it is in."""

    number: int
    lines: list[tuple[int, int]]
    state: str = "new"


class Flow:
    """A channel, a middleware, an ERP, a warehouse and a carrier in one environment; times in seconds."""

    def __init__(self, orders: int, seed: int) -> None:
        self.env, self.random = simpy.Environment(), Random(seed)
        self.trace: list[tuple[float, str, str, str, int, int]] = []
        self.seen, self.booked, self.outbox = set[int](), set[int](), list[simpy.Event]()
        self.open, self.lines, self.stock = orders, 0, [LOT] * ITEMS
        self.gateway, self.erp, self.pickers, self.carrier = (simpy.Resource(self.env, n) for n in (4, 50, 400, 20))

    def note(self, kind: str, source: str, target: str, order: Order, quantity: int = 0) -> None:
        self.trace.append((self.env.now, kind, source, target, order.number, quantity))

    def move(self, order: Order, state: str) -> None:
        if (order.state, state) not in ALLOWED:
            raise ValueError(f"order {order.number} cannot go from {order.state} to {state}")
        order.state = state
        self.note(state, "middleware", "middleware", order)

    def hop(self) -> simpy.Event:
        return self.env.timeout(self.random.lognormvariate(-3.9, 0.8))

    def serve(self, resource: simpy.Resource, seconds: float) -> Steps:
        with resource.request() as slot:
            yield slot
            yield self.env.timeout(seconds)

    def arrivals(self, orders: int) -> Steps:
        for number in range(orders):
            yield self.env.timeout(self.random.expovariate(ARRIVALS_PER_S))
            order = Order(
                number, [(int(self.random.random() * ITEMS), 1 + int(self.random.random() * 3)) for _ in range(3)]
            )
            for _ in range(2 if self.random.random() < DUPLICATED else 1):
                self.env.process(self.life(order))

    def relay(self) -> Steps:
        while self.open:
            yield self.env.timeout(POLL_S)
            waiting, self.outbox = self.outbox, []
            for sent in waiting:
                sent.succeed()

    def life(self, order: Order) -> Steps:
        self.note("order", "channel", "middleware", order)
        yield self.hop()
        yield from self.serve(self.gateway, self.random.expovariate(25.0))
        if order.number in self.seen:
            return self.note("repeated", "middleware", "channel", order)
        self.seen.add(order.number)
        self.move(order, "received")
        self.move(order, "accepted" if self.promise(order) else "refused")
        yield self.hop()
        self.note("answer", "middleware", "channel", order)
        if order.state == "accepted":
            yield from self.book(order)
        self.open -= 1

    def promise(self, order: Order) -> bool:
        self.lines += len(order.lines)
        if any(self.stock[item] < quantity for item, quantity in order.lines):
            return False
        for item, quantity in order.lines:
            self.stock[item] -= quantity
            self.note("reserved", "middleware", "middleware", order, quantity)
            self.stock[item] += LOT if self.stock[item] < REORDER_POINT else 0
        return True

    def publish(self, order: Order, kind: str, target: str) -> Steps:
        self.outbox.append(self.env.event())
        yield self.outbox[-1]
        self.note(kind, "middleware", target, order)
        yield self.hop()

    def book(self, order: Order) -> Steps:
        yield from self.publish(order, "book", "erp")
        for attempt in range(ATTEMPTS_MAX):
            self.note("asked", "middleware", "erp", order)
            reply = self.env.process(self.erp_books(order))
            yield reply | self.env.timeout(GUARD_S)
            if reply.triggered and reply.value:
                self.move(order, "booked")
                return (yield from self.fulfil(order))
            self.note("failed", "erp", "middleware", order)
            yield self.env.timeout(self.random.random() * BACKOFF_S * 2**attempt)
        self.move(order, "parked")

    def erp_books(self, order: Order) -> Generator[simpy.Event, object, bool]:
        yield from self.serve(self.erp, self.random.lognormvariate(0.18, 0.8155))
        if self.random.random() < ERP_FAILS:
            return False
        if order.number not in self.booked:
            self.booked.add(order.number)
            self.note("document", "erp", "erp", order)
        yield self.env.timeout(2 * GUARD_S) if self.random.random() < ERP_SILENT else self.hop()
        self.note("answer", "erp", "middleware", order)
        return True

    def fulfil(self, order: Order) -> Steps:
        yield from self.publish(order, "release", "warehouse")
        self.move(order, "picking")
        yield from self.serve(self.pickers, self.random.expovariate(1 / 30.0))
        self.move(order, "picked")
        yield from self.serve(self.carrier, self.random.lognormvariate(0.18, 0.692))
        self.note("label", "carrier", "warehouse", order)
        self.move(order, "shipped")
        yield from self.publish(order, "invoice", "erp")
        yield from self.serve(self.erp, self.random.lognormvariate(0.18, 0.8155))
        self.move(order, "invoiced")
        self.move(order, "closed")


def run(orders: int, seed: int = 1) -> dict[str, int]:
    """Run the flow until every one of `orders` has ended; return what was done, the same for the same seed."""
    flow = Flow(orders, seed)
    flow.env.process(flow.arrivals(orders))
    flow.env.process(flow.relay())
    flow.env.run()
    counts = (orders - flow.open, next(flow.env._eid), len(flow.trace), flow.lines)
    return dict(zip(("orders", "events", "records", "lines"), counts, strict=True))
