"""One synchronous pass over the outbox rows that a store has to hand out to partners.

It delivers at least once. A row is taken off only after its receiver has returned, so a process that dies between the
two hands it over again with the same id, and the receiver's inbox knows it. A pass does not take up what appears while
it runs, so it ends, whatever its receiver writes.
"""

from collections.abc import Callable

from twin.live.store import LiveStore
from twin.middleware.delivery.relay import Relay
from twin.model.message import Event


def relay(store: LiveStore, deliver: Callable[[Event], bool], settle: Callable[[], object] | None = None) -> int:
    """Hand the unacknowledged rows to `deliver` in commit order; return how many it acknowledged by True.

    A row that is not acknowledged keeps its aggregate closed for the rest of the pass: the rows behind it wait, and
    those of other aggregates go on. `settle` is called before a page of rows is marked as taken: a receiver that
    gathers what it is given makes it last then. What `deliver` raises ends the pass; its row stays.
    """
    order = Relay()
    delivered, last, end = 0, 0, store.last_event()
    while True:
        with store.claimed(last, end) as claim:
            if not claim.rows:
                return delivered
            taken = []
            try:
                for place, event in claim.rows:
                    if order.offer(event) and deliver(event):
                        taken.append(place)
                        order.acknowledged(event)
            finally:
                if settle is not None:
                    settle()
                claim.taken.extend(taken)
            delivered += len(taken)
            last = claim.last
