"""One synchronous pass over what a store has to hand out: outbox rows to partners, due timers to procedures.

Both deliver at least once. A row is taken off only after its receiver has returned, so a process that dies between
the two hands it over again with the same id, and the receiver's inbox knows it. Neither pass takes up what appears
while it runs, so each ends, whatever its receiver writes.
"""

from collections.abc import Callable

from twin.live.sqlite import SqliteStore
from twin.middleware.delivery.relay import Relay
from twin.model.instant import Elapsed
from twin.model.message import Event, Message


def relay(store: SqliteStore, deliver: Callable[[Event], bool]) -> int:
    """Hand the unacknowledged rows to `deliver` in commit order; return how many it acknowledged by True.

    A row that is not acknowledged keeps its aggregate closed for the rest of the pass: the rows behind it wait, and
    those of other aggregates go on. What `deliver` raises ends the pass; its row stays.
    """
    order = Relay()
    delivered = 0
    for event in store.outbox():
        if order.offer(event) and deliver(event):
            store.acknowledge(event)
            order.acknowledged(event)
            delivered += 1
    return delivered


def run_due(store: SqliteStore, until: Elapsed, handle: Callable[[Message], object]) -> int:
    """Hand every timer that is due at `until` to `handle`, the oldest first; return how many there were.

    A message that `handle` schedules anew under its own id stays scheduled. What `handle` raises ends the pass; its
    timer stays.
    """
    last = store.last_timer()
    handled = 0
    while due := store.due(until, last):
        for timer in due:
            handle(timer.message)
            store.done(timer)
        handled += len(due)
    return handled
