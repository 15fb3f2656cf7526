"""A pyrate-limiter bucket as a limiter, asked with simulated timestamps in its own milliseconds (`PyrateLimit`)."""

from collections.abc import Callable
from typing import Literal, Protocol

from policies.throttle import NEVER, Admission, State
from twin.errors import MissingExtra

MILLISECOND = 1_000


class Bucket(Protocol):
    """What of the production object is used; an item is pyrate-limiter's `RateItem`."""

    def put(self, item: object) -> object:
        """Take an item in and return True, or return False."""

    def waiting(self, item: object) -> object:
        """Return the milliseconds until a refused item may be put again; -1: it never may."""

    def leak(self, current_timestamp: int | None = None) -> object:
        """Forget the items that no rate counts any more."""


class PyrateLimit:
    """Asks a production bucket, one for each process that begins; the state is its number."""

    kind: Literal["pyrate"] = "pyrate"

    def __init__(self, make: Callable[[], Bucket]) -> None:
        self.make = make
        self._buckets: list[Bucket] = []

    def initial(self) -> State:
        """Return the state of a process with a bucket of its own."""
        self._buckets.append(self.make())
        return (len(self._buckets) - 1,)

    def admit(self, state: State, now: int, cost: int = 1) -> Admission:
        """Put an item of this weight; a refused one comes back when the bucket says, at a whole millisecond.

        Raises:
            MissingExtra: pyrate-limiter is not installed.
        """
        try:
            from pyrate_limiter import RateItem
        except ImportError as error:
            raise MissingExtra("a limiter of pyrate-limiter", "policies") from error
        bucket, now_ms = self._buckets[state[0]], now // MILLISECOND
        bucket.leak(now_ms)
        item = RateItem("call", now_ms, weight=cost)
        if bucket.put(item):
            return Admission(state, True)
        wait = bucket.waiting(item)
        assert isinstance(wait, int)
        if wait < 0:
            return Admission(state, False, NEVER)
        return Admission(state, False, max(1, (now_ms + wait) * MILLISECOND - now))
