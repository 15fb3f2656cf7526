"""By when a call with all of its attempts must have succeeded (`Deadline`)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deadline:
    """`within` ticks from the begin of a call; no attempt starts at or after it (P-7).

    An attempt that is under way is not cut: its answer comes, and comes too late. As in gRPC one deadline spans all
    attempts and their waits (grpc/proposal A6-client-retries.md; POLICIES 2 and 4).
    """

    within: int

    def left(self, begun_at: int, now: int) -> int:
        """Return how many ticks are left for attempts to begin in; 0: none may begin any more.

        >>> [Deadline(1_000).left(500, now) for now in (500, 1_499, 1_500, 9_000)]
        [1000, 1, 0, 0]
        """
        return max(0, begun_at + self.within - now)
